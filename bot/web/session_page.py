"""Who is signed in to the office since when, and the way to end it: for one browser or for a person everywhere."""

from itertools import groupby
from typing import Annotated

import structlog
from annotated_types import Interval
from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import Field

from bot.running import Bot
from bot.web import sessions
from bot.web.pages import render
from bot.web.permissions import Area
from bot.web.sign_in import OWN_FORM, Staff, staff_in

log = structlog.get_logger("sign_in")
router = APIRouter(prefix="/console/sessions")

InSessions = Annotated[Staff, Depends(staff_in(Area.SESSIONS))]
KeyHash = Annotated[str, Form(), Field(pattern="^[0-9a-f]{64}$")]
PersonId = Annotated[int, Form(), Interval(ge=1, le=2**31 - 1)]


@router.get("")
def signed_in_now(request: Request, staff: InSessions) -> Response:
    """Every session that still opens the office."""
    bot: Bot = request.app.state.bot
    with bot.database.reading() as session:
        rows = sessions.lasting(session, bot.clock())
    people = bot.directory().people
    groups = [(people[key], list(own)) for key, own in groupby(rows, key=lambda row: row.person_id) if key in people]
    return HTMLResponse(render("sessions.html", staff=staff, groups=groups))


@router.post("/end", dependencies=[OWN_FORM])
def end_one(request: Request, staff: InSessions, key_hash: KeyHash) -> Response:
    """One browser is out."""
    bot: Bot = request.app.state.bot
    with bot.database.writing() as session:
        sessions.revoke(session, key_hash, bot.clock())
        session.commit()
    log.info("session ended", by=staff.person.id)
    return RedirectResponse("/console/sessions", status_code=303)


@router.post("/end-all", dependencies=[OWN_FORM])
def end_all(request: Request, staff: InSessions, person_id: PersonId) -> Response:
    """A person is out everywhere, for instance after a phone was lost."""
    bot: Bot = request.app.state.bot
    with bot.database.writing() as session:
        sessions.revoke_all(session, person_id, bot.clock())
        session.commit()
    log.info("all sessions ended", by=staff.person.id, person_id=person_id)
    return RedirectResponse("/console/sessions", status_code=303)
