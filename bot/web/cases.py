"""From a number to the cases behind it, and from a case to its whole course, for those who lead its unit."""

import datetime as dt
from dataclasses import replace
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import AwareDatetime, Field
from sqlmodel import Session

from bot.running import Bot
from bot.web.console import BY, LONGEST_PERIOD_DAYS, last_days
from bot.web.pages import render
from bot.web.sign_in import Staff, StaffDep
from data.models import Case
from data.models.cases import FIRST_NUMBER
from handlers import labels
from handlers.cases import dossier, listing
from handlers.cases.discipline import log_access
from handlers.cases.lifecycle import OPEN
from handlers.cases.listing import Filter, Measure
from handlers.cases.statistics import By, Period

router = APIRouter(prefix="/console/cases")

PAGE = 50
MEASURES = {
    Measure.RECEIVED: "受理",
    Measure.HANDLED: "已办结(含已结案)",
    Measure.CLOSED: "已结案",
    Measure.CLOSED_ON_TIME: "时限内结案",
    Measure.CLOSED_BY_SILENCE: "沉默结案",
    Measure.DUE: "到期",
    Measure.DUE_NOT_POSTPONED: "到期(不含延期)",
    Measure.DUE_CLOSED: "到期且结案",
    Measure.POSTPONED: "延期",
    Measure.OVERDUE_OPEN: "超期未办结",
    Measure.WITHDRAWN: "已撤回",
    Measure.DECLINED: "不受理",
    Measure.UNANSWERED: "办结后居民未回答",
    Measure.FLOW_RESOLVED: "期内办结(不论何时受理)",
    Measure.FLOW_CLOSED: "期内结案(不论何时受理)",
    Measure.INQUIRY: "咨询",
    Measure.SUGGESTION: "建议",
    Measure.PRAISE: "表扬",
}
# The label the reporter reads says "you".
STATUS = labels.STATUS | {"resolved": "已办结,待居民确认"}
TASK = {"offered": "待接单", "accepted": "已接单", "done": "已办完", "returned": "已退回", "revoked": "已收回"}
CLOSED_BY = {"reporter": "居民确认", "silence": "居民未回应(沉默结案)", "staff": "工作人员结案"}
WORDS = {"status_names": STATUS, "task_names": TASK, "closed_by_names": CLOSED_BY}

Id = Annotated[int, Field(ge=1, le=2**31 - 1)]  # what the databases take
# Years in which every calendar and both databases are at home.
EARLIEST, LATEST = dt.datetime(2000, 1, 1, tzinfo=dt.UTC), dt.datetime(2100, 1, 1, tzinfo=dt.UTC)
Moment = Annotated[AwareDatetime, Field(ge=EARLIEST, le=LATEST)]


def asked(
    measure: Measure = Measure.RECEIVED,
    by: By | None = None,
    value: Annotated[str, Query(max_length=128)] = "",
    start: Moment | None = None,
    end: Moment | None = None,
    days: Annotated[int, Query(ge=1, le=LONGEST_PERIOD_DAYS)] = 30,
) -> Filter:
    """The filter in the address; without a start and an end it is about the last days."""
    recent = last_days(days, dt.datetime.now(dt.UTC))
    return Filter(measure, Period(start or recent.start, end or recent.end), by, value)


@router.get("")
def cases(
    request: Request,
    staff: StaffDep,
    wanted: Annotated[Filter, Depends(asked)],
    after: Id | None = None,
) -> Response:
    """The cases a number counts, newest first, as far as this person leads them; how many are left out is told."""
    bot: Bot = request.app.state.bot
    directory, now = bot.directory(), dt.datetime.now(dt.UTC)
    units = listing.visible_units(directory, staff.posts)
    if units is not None and not units:
        return _denied(staff)
    seen = replace(wanted, units=units)
    with bot.database.reading() as session:
        found = listing.find(session, directory, seen, now, after=after, limit=PAGE + 1)
        total = listing.count(session, directory, wanted, now)
        visible = total if units is None else listing.count(session, directory, seen, now)
    shown = found[:PAGE]
    page = render(
        "cases.html",
        staff=staff,
        wanted=wanted,
        measures=MEASURES,
        by_names=BY,
        cases=shown,
        total=total,
        visible=visible,
        after=after,
        further=_address(wanted, after=shown[-1].id or 0) if len(found) > PAGE else None,
        first=_address(wanted),
        all_lines=_address(replace(wanted, by=None)),
        directory=directory,
        overdue={case.id for case in shown if _is_overdue(case, now)},
        moved_out={case.id for case in shown if dossier.is_moved_out(case)},
        **WORDS,
    )
    return HTMLResponse(page)


@router.get("/{number}")
def case(request: Request, staff: StaffDep, number: Id) -> Response:
    """One case with its course and its reasons; every look is logged."""
    bot: Bot = request.app.state.bot
    now = dt.datetime.now(dt.UTC)
    with bot.database.writing() as session:
        found = _case(session, bot, staff, number)
        if isinstance(found, Response):
            return found
        context = bot.context(session, now)
        told = dossier.read(context, found)
        log_access(context, staff.person.id, "case_page", found.id or 0)
        session.commit()
    page = render(
        "case.html", staff=staff, told=told, directory=bot.directory(), overdue=_is_overdue(found, now), **WORDS
    )
    return HTMLResponse(page)


@router.get("/{number}/photo/{photo_id}")
def photo(request: Request, staff: StaffDep, number: Id, photo_id: Id) -> Response:
    bot: Bot = request.app.state.bot
    with bot.database.reading() as session:
        found = _case(session, bot, staff, number)
        if isinstance(found, Response):
            return found
        photos = dossier.stored_photos(bot.context(session, dt.datetime.now(dt.UTC)), found)
    path = next((photo.path for photo in photos if photo.id == photo_id), None)
    if path is None or dossier.is_moved_out(found):
        return Response(status_code=404)
    return Response(bot.photos.read(path), media_type="image/jpeg")


def _case(session: Session, bot: Bot, staff: Staff, number: int) -> Case | Response:
    """The case, or the refusal; somebody who leads nothing does not learn which numbers exist."""
    units = listing.visible_units(bot.directory(), staff.posts)
    if units is not None and not units:
        return _denied(staff)
    found = session.get(Case, number - FIRST_NUMBER)
    if found is None:
        return HTMLResponse(render("case_unknown.html", staff=staff, number=number), status_code=404)
    return found if units is None or found.unit_id in units else _denied(staff)


def _is_overdue(case: Case, now: dt.datetime) -> bool:
    return case.status in OPEN and case.due_at <= now


def _address(wanted: Filter, **more: int) -> str:
    """This list again; with its moments written out, so that turning pages does not move the period."""
    line = {"by": wanted.by.value, "value": wanted.value} if wanted.by else {}
    period = {"start": wanted.period.start.isoformat(), "end": wanted.period.end.isoformat()}
    return "/console/cases?" + urlencode({"measure": wanted.measure.value, **line, **period, **more})


def _denied(staff: Staff) -> Response:
    return HTMLResponse(render("denied.html", staff=staff), status_code=403)
