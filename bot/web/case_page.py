"""One case with its course, its photos and its reasons, for those who lead its unit; every look is logged."""

import datetime as dt
from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import Field
from sqlmodel import Session

from bot.running import Bot
from bot.web import orders
from bot.web.orders import Done, Filled
from bot.web.pages import render
from bot.web.permissions import Area
from bot.web.sign_in import OWN_FORM, Denied, Staff, staff_in
from data.models import Case, Media
from data.models.cases import FIRST_NUMBER
from handlers import labels
from handlers.cases import dossier, doubts, duplicates, listing
from handlers.cases.discipline import log_access
from handlers.cases.duplicates import Candidate
from handlers.cases.lifecycle import OPEN
from handlers.message import Context

router = APIRouter(prefix="/console/cases")

# The label the reporter reads says "you".
STATUS = labels.STATUS | {"resolved": "已办结，待居民确认"}
TASK = {"offered": "待接单", "accepted": "已接单", "done": "已办完", "returned": "已退回", "revoked": "已收回"}
CLOSED_BY = {"reporter": "居民确认", "silence": "居民未回应（沉默结案）", "staff": "工作人员结案"}
WORDS = {"status_names": STATUS, "task_names": TASK, "closed_by_names": CLOSED_BY}

InCases = Annotated[Staff, Depends(staff_in(Area.CASES))]
InOriginals = Annotated[Staff, Depends(staff_in(Area.ORIGINALS))]
Id = Annotated[int, Field(ge=1, le=2**31 - 1)]  # what the databases take


@router.get("/{number}")
def case(request: Request, staff: InCases, number: Id, done: Done = "") -> Response:
    """One case with its course, its reasons and what may be done now; every look is logged."""
    return _page(request, staff, number, done=done)


@router.post("/{number}/orders", dependencies=[OWN_FORM])
def order(request: Request, staff: InCases, number: Id, filled: Annotated[Filled, Depends()]) -> Response:
    """Do one thing with the case, in the person's own name; the page then shows what the bot answered."""
    bot: Bot = request.app.state.bot
    with bot.database.reading() as session:
        found = _case(session, bot, staff, number)
    if isinstance(found, Response):
        return found
    try:
        orders.give(bot, staff.person, found, filled)
    except orders.TooLong:
        return _page(request, staff, number, problem=orders.TOO_LONG, status=422)
    return RedirectResponse(f"/console/cases/{number}?done={filled.mark}", status_code=303)


@router.get("/{number}/photo/{photo_id}")
def photo(request: Request, staff: InCases, number: Id, photo_id: Id) -> Response:
    bot: Bot = request.app.state.bot
    found = _photo(bot, staff, number, photo_id, "case_photo")
    return found if isinstance(found, Response) else kept_photo(bot.photos.read, found.path)


@router.get("/{number}/photo/{photo_id}/small")
def thumbnail(request: Request, staff: InCases, number: Id, photo_id: Id) -> Response:
    """Older photos have none and are shown as they are."""
    bot: Bot = request.app.state.bot
    found = _photo(bot, staff, number, photo_id, "case_photo")
    return found if isinstance(found, Response) else kept_photo(bot.photos.read, found.thumbnail_path or found.path)


@router.get("/{number}/photo/{photo_id}/original")
def original(request: Request, staff: InOriginals, number: Id, photo_id: Id) -> Response:
    """As large as it came: it may show faces and number plates, so few may look, and it is logged apart."""
    bot: Bot = request.app.state.bot
    found = _photo(bot, staff, number, photo_id, "case_photo_original")
    return found if isinstance(found, Response) else kept_photo(bot.photos.read_original, found.original_path)


def kept_photo(read: Callable[[str], bytes], path: str | None) -> Response:
    """The file, or nothing where it was deleted meanwhile."""
    try:
        return Response(read(path), media_type="image/jpeg") if path else Response(status_code=404)
    except FileNotFoundError:
        return Response(status_code=404)


def _photo(bot: Bot, staff: Staff, number: int, photo_id: int, what: str) -> Media | Response:
    """The photo, if it belongs to a case the person may see; the look is logged."""
    with bot.database.writing() as session:
        found = _case(session, bot, staff, number)
        if isinstance(found, Response):
            return found
        context = bot.context(session, bot.clock())
        photos = dossier.stored_photos(context, found)
        photo = next((photo for photo in photos if photo.id == photo_id), None)
        if photo is None or dossier.is_moved_out(found):
            return Response(status_code=404)
        log_access(context, staff.person.id, what, found.id or 0)
        session.commit()
        return photo


def _page(
    request: Request, staff: Staff, number: int, *, done: str = "", problem: str = "", status: int = 200
) -> Response:
    bot: Bot = request.app.state.bot
    with bot.database.writing() as session:
        found = _case(session, bot, staff, number)
        if isinstance(found, Response):
            return found
        context = orders.acting(bot, session, staff.person)
        log_access(context, staff.person.id, "case_page", found.id or 0)
        page = render(
            "case.html",
            staff=staff,
            told=dossier.read(context, found),
            directory=bot.directory(),
            overdue=is_overdue(found, context.now),
            answer=orders.answer(bot, session, staff.person, done),
            problem=problem,
            desk=orders.desk(context, found),
            decisions=doubts.decisions(context, found),
            similar=_similar(context, staff, found),
            **WORDS,
        )
        session.commit()
    return HTMLResponse(page, status_code=status)


def _similar(context: Context, staff: Staff, found: Case) -> list[Candidate]:
    """What may be the same matter among the cases the person may look at; a case that is over needs no partner."""
    if found.status not in OPEN:
        return []
    units = listing.visible_units(context.directory, staff.posts)
    return [one for one in duplicates.candidates(context, found) if units is None or one.unit_id in units]


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
