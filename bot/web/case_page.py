"""One case with its course, its photos and its reasons, for those who lead its unit; every look is logged."""

import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import Field
from sqlmodel import Session

from bot.running import Bot
from bot.web.pages import render
from bot.web.permissions import Area
from bot.web.sign_in import Denied, Staff, staff_in
from data.models import Case
from data.models.cases import FIRST_NUMBER
from handlers import labels
from handlers.cases import dossier, listing
from handlers.cases.discipline import log_access
from handlers.cases.lifecycle import OPEN

router = APIRouter(prefix="/console/cases")

# The label the reporter reads says "you".
STATUS = labels.STATUS | {"resolved": "已办结,待居民确认"}
TASK = {"offered": "待接单", "accepted": "已接单", "done": "已办完", "returned": "已退回", "revoked": "已收回"}
CLOSED_BY = {"reporter": "居民确认", "silence": "居民未回应(沉默结案)", "staff": "工作人员结案"}
WORDS = {"status_names": STATUS, "task_names": TASK, "closed_by_names": CLOSED_BY}

InCases = Annotated[Staff, Depends(staff_in(Area.CASES))]
Id = Annotated[int, Field(ge=1, le=2**31 - 1)]  # what the databases take


@router.get("/{number}")
def case(request: Request, staff: InCases, number: Id) -> Response:
    """One case with its course and its reasons; every look is logged."""
    bot: Bot = request.app.state.bot
    now = bot.clock()
    with bot.database.writing() as session:
        found = _case(session, bot, staff, number)
        if isinstance(found, Response):
            return found
        context = bot.context(session, now)
        told = dossier.read(context, found)
        log_access(context, staff.person.id, "case_page", found.id or 0)
        session.commit()
    page = render(
        "case.html", staff=staff, told=told, directory=bot.directory(), overdue=is_overdue(found, now), **WORDS
    )
    return HTMLResponse(page)


@router.get("/{number}/photo/{photo_id}")
def photo(request: Request, staff: InCases, number: Id, photo_id: Id) -> Response:
    bot: Bot = request.app.state.bot
    with bot.database.reading() as session:
        found = _case(session, bot, staff, number)
        if isinstance(found, Response):
            return found
        photos = dossier.stored_photos(bot.context(session, bot.clock()), found)
    path = next((photo.path for photo in photos if photo.id == photo_id), None)
    if path is None or dossier.is_moved_out(found):
        return Response(status_code=404)
    return Response(bot.photos.read(path), media_type="image/jpeg")


def _case(session: Session, bot: Bot, staff: Staff, number: int) -> Case | Response:
    """The case, or the refusal; somebody who leads nothing does not learn which numbers exist."""
    units = listing.visible_units(bot.directory(), staff.posts)
    found = session.get(Case, number - FIRST_NUMBER)
    if found is None:
        return HTMLResponse(render("case_unknown.html", staff=staff, number=number), status_code=404)
    if units is not None and found.unit_id not in units:
        raise Denied(staff)
    return found


def is_overdue(case: Case, now: dt.datetime) -> bool:
    return case.status in OPEN and case.due_at <= now
