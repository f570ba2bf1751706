"""The office: what needs a person, and the sealed matters for their one reader."""

from typing import Annotated

import structlog
from annotated_types import Interval
from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from bot import failed
from bot.outbox import again, breaker
from bot.outbox.rows import unmerged
from bot.running import Bot
from bot.web.channel_names import CHANNELS
from bot.web.pages import render
from bot.web.permissions import Area
from bot.web.sign_in import OWN_FORM, Denied, Staff, staff_in
from data.models import FailedMessage, Message, OutboxMessage, OutboxStatus
from handlers.cases import discipline, drift

log = structlog.get_logger("failed")
router = APIRouter(prefix="/console")

InAttention = Annotated[Staff, Depends(staff_in(Area.ATTENTION))]
InSealed = Annotated[Staff, Depends(staff_in(Area.SEALED))]
MOST_LISTED = 100
# What the databases take as an id; a larger number is a mistake of the caller, not of ours.
RowId = Interval(ge=1, le=2**31 - 1)


@router.get("/attention")
def attention(request: Request, staff: InAttention) -> Response:
    """What our code failed on, what could not be delivered, platforms that are down, a classifier that drifts."""
    bot: Bot = request.app.state.bot
    with bot.database.reading() as session:
        risen = drift.drifts(bot.context(session, bot.clock()))
        listed = select(FailedMessage, Message).join(Message).order_by(col(FailedMessage.message_id))
        stumbled = session.exec(listed.limit(MOST_LISTED)).all()
        undelivered = session.exec(_undelivered().order_by(col(OutboxMessage.id).desc()).limit(MOST_LISTED)).all()
        down = [state for state in breaker.troubled(session).values() if breaker.is_open(state)]
    lists = {"failed": stumbled, "undelivered": undelivered, "risen": risen, "down": down}
    return HTMLResponse(render("attention.html", staff=staff, CHANNELS=CHANNELS, **lists))


@router.post("/attention/{outbox_id}/again", dependencies=[OWN_FORM])
def send_again(request: Request, staff: InAttention, outbox_id: Annotated[int, RowId]) -> Response:
    """A person decides that a dead message is tried again."""
    bot: Bot = request.app.state.bot
    with bot.database.writing() as session:
        again.send_again(session, outbox_id, bot.clock(), (OutboxStatus.DEAD,))
        session.commit()
    bot.wake.set()
    return RedirectResponse("/console/attention", status_code=303)


@router.post("/attention/failed/{message_id}/again", dependencies=[OWN_FORM])
def try_failed_again(request: Request, staff: InAttention, message_id: Annotated[int, RowId]) -> Response:
    """A person says that what a message failed on is mended."""
    bot: Bot = request.app.state.bot
    with bot.database.writing() as session:
        done = failed.try_again(session, message_id, bot.clock())
        session.commit()
    if done:
        log.info("tried again by a person", message_id=message_id, by=staff.person.id)
    return RedirectResponse("/console/attention", status_code=303)


@router.post("/attention/failed/{message_id}/give-up", dependencies=[OWN_FORM])
def give_failed_up(request: Request, staff: InAttention, message_id: Annotated[int, RowId]) -> Response:
    """A person wants no more done about a message that failed; what was said is deleted."""
    bot: Bot = request.app.state.bot
    with bot.database.writing() as session:
        done = failed.give_up(session, message_id)
        session.commit()
    if done:
        log.info("given up by a person", message_id=message_id, by=staff.person.id)
    return RedirectResponse("/console/attention", status_code=303)


@router.get("/sealed")
def sealed(request: Request, staff: InSealed) -> Response:
    """The sealed matters of their named reader; every look is logged."""
    bot: Bot = request.app.state.bot
    with bot.database.writing() as session:
        matters = discipline.matters_for(bot.context(session, bot.clock()), staff.person)
        session.commit()
    return HTMLResponse(render("sealed.html", staff=staff, matters=matters))


@router.post("/sealed/hand-over", dependencies=[OWN_FORM])
def hand_over(request: Request, staff: InSealed, matter_id: Annotated[int, Form(), RowId]) -> Response:
    """The reader has passed the matter on."""
    bot: Bot = request.app.state.bot
    with bot.database.writing() as session:
        done = discipline.hand_over(bot.context(session, bot.clock()), staff.person, matter_id)
        session.commit()
    if not done:
        raise Denied(staff)
    return RedirectResponse("/console/sealed", status_code=303)


def _undelivered() -> SelectOfScalar[OutboxMessage]:
    lost = col(OutboxMessage.status).in_((OutboxStatus.DEAD, OutboxStatus.UNKNOWN))
    return select(OutboxMessage).where(lost, unmerged())


def waiting(session: Session) -> int:
    """How many messages need a person."""
    stumbled = len(session.exec(select(FailedMessage.message_id).limit(MOST_LISTED)).all())
    return stumbled + len(session.exec(_undelivered().limit(MOST_LISTED)).all())
