"""From a number to the cases behind it, as far as a person leads their units."""

import datetime as dt
from dataclasses import replace
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import AwareDatetime, Field

from bot.running import Bot
from bot.web.case_page import STATUS, Id, InCases, is_overdue
from bot.web.console import BY, LONGEST_PERIOD_DAYS, last_days
from bot.web.pages import render
from handlers.cases import dossier, listing
from handlers.cases.listing import Filter, Measure
from handlers.cases.statistics import By
from handlers.local_time import Period

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
# Years in which every calendar and both databases are at home.
EARLIEST, LATEST = dt.datetime(2000, 1, 1, tzinfo=dt.UTC), dt.datetime(2100, 1, 1, tzinfo=dt.UTC)
Moment = Annotated[AwareDatetime, Field(ge=EARLIEST, le=LATEST)]


def asked(
    request: Request,
    measure: Measure = Measure.RECEIVED,
    by: By | None = None,
    value: Annotated[str, Query(max_length=128)] = "",
    start: Moment | None = None,
    end: Moment | None = None,
    days: Annotated[int, Query(ge=1, le=LONGEST_PERIOD_DAYS)] = 30,
) -> Filter:
    """The filter in the address; without a start and an end it is about the last days."""
    bot: Bot = request.app.state.bot
    recent = last_days(days, bot.clock())
    return Filter(measure, Period(start or recent.start, end or recent.end), by, value)


@router.get("")
def cases(
    request: Request,
    staff: InCases,
    wanted: Annotated[Filter, Depends(asked)],
    after: Id | None = None,
) -> Response:
    """The cases a number counts, newest first, as far as this person leads them; how many are left out is told."""
    bot: Bot = request.app.state.bot
    directory, now = bot.directory(), bot.clock()
    units = listing.visible_units(directory, staff.posts)
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
        overdue={case.id for case in shown if is_overdue(case, now)},
        moved_out={case.id for case in shown if dossier.is_moved_out(case)},
        status_names=STATUS,
    )
    return HTMLResponse(page)


def _address(wanted: Filter, **more: int) -> str:
    """This list again; with its moments written out, so that turning pages does not move the period."""
    line = {"by": wanted.by.value, "value": wanted.value} if wanted.by else {}
    period = {"start": wanted.period.start.isoformat(), "end": wanted.period.end.isoformat()}
    return "/console/cases?" + urlencode({"measure": wanted.measure.value, **line, **period, **more})
