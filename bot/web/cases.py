"""From a number to the cases behind it, as far as a person leads their units; and the list with its own filters."""

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import Field

from bot.running import Bot
from bot.web import filters
from bot.web.board import BUCKET_NAMES, STEPS, choices
from bot.web.case_page import STATUS, InCases, is_overdue
from bot.web.filters import BLANK, Asked, Id
from bot.web.pages import render
from data.models import CaseStatus, EscalationLevel
from handlers import labels
from handlers.cases import dossier, listing
from handlers.cases.listing import Due, Filter
from handlers.cases.measures import NOW, Measure
from handlers.cases.scope import By
from handlers.cases.steps import BUCKETS, Step
from handlers.directory import Directory

router = APIRouter(prefix="/console/cases")

PAGE = 50
MEASURES = {
    Measure.RECEIVED: "期内受理",
    Measure.HANDLED: "已办结（含已结案）",
    Measure.CLOSED: "已结案",
    Measure.CLOSED_ON_TIME: "时限内结案",
    Measure.CLOSED_BY_SILENCE: "沉默结案",
    Measure.OVERDUE_OPEN: "超期未办结",
    Measure.DUE: "到期",
    Measure.DUE_NOT_POSTPONED: "到期（不含延期）",
    Measure.DUE_CLOSED: "到期且结案",
    Measure.POSTPONED: "延期",
    Measure.WITHDRAWN: "已撤回",
    Measure.DECLINED: "不受理",
    Measure.FINISHED: "办结过",
    Measure.ASKED_SOLVED: "居民答了是否解决",
    Measure.SOLVED: "居民说解决了",
    Measure.ASKED_SATISFIED: "居民答了是否满意",
    Measure.SATISFIED: "居民说满意",
    Measure.UNANSWERED: "办结后居民未回答",
    Measure.FLOW_RESOLVED: "期内办结（不论何时受理）",
    Measure.FLOW_CLOSED: "期内结案（不论何时受理）",
    Measure.LATE_THEN: "期末超期（不论何时受理）",
    Measure.OPEN: "现在在办",
    Measure.OVERDUE: "现在超期",
    Measure.DUE_SOON: "24小时内到期",
    Measure.UNTAKEN: "现在待接单",
    Measure.RETURNED: "现在退回待派",
    Measure.INQUIRY: "咨询",
    Measure.SUGGESTION: "建议",
    Measure.PRAISE: "表扬",
    Measure.EVERYTHING: "全部（含并案、咨询等）",
}
DUE = {Due.OVERDUE: "已超期", Due.SOON: "24小时内到期", Due.LATER: "还有时间"}


def asked(
    about: Annotated[Asked, Depends(filters.asked_scope)],
    measure: Measure = Measure.RECEIVED,
    line: Annotated[By | None, Query(), BLANK] = None,
    status: Annotated[CaseStatus | None, Query(), BLANK] = None,
    level: Annotated[EscalationLevel | None, Query(), BLANK] = None,
    due: Annotated[Due | None, Query(), BLANK] = None,
    step: Annotated[Step | None, Query(), BLANK] = None,
    bucket: Annotated[Annotated[int, Field(ge=0, lt=len(BUCKETS))] | None, Query(), BLANK] = None,
    number: Annotated[Id | None, Query(), BLANK] = None,
) -> Filter:
    """The filter in the address."""
    scope = replace(about.scope, line=line)
    return Filter(measure, scope, status, level, due, step, bucket if step else None, number)


@router.get("")
def cases(
    request: Request,
    staff: InCases,
    wanted: Annotated[Filter, Depends(asked)],
    after: Annotated[Id | None, Query(), BLANK] = None,
) -> Response:
    """The cases a number counts, newest first, as far as this person leads them."""
    bot: Bot = request.app.state.bot
    directory, now = bot.directory(), bot.clock()
    wanted = replace(wanted, scope=replace(wanted.scope, units=listing.visible_units(directory, staff.posts)))
    with bot.database.reading() as session:
        found = listing.find(session, directory, wanted, now, after=after, limit=PAGE + 1)
        total = listing.count(session, directory, wanted, now)
    shown = found[:PAGE]
    page = render(
        "cases.html",
        staff=staff,
        wanted=wanted,
        scope=wanted.scope,
        without_period=wanted.measure in NOW,
        asked_besides=_besides(wanted, directory),
        cases=shown,
        total=total,
        after=after,
        further=_address(wanted, after=shown[-1].id) if len(found) > PAGE else None,
        first=_address(wanted),
        directory=directory,
        overdue={case.id for case in shown if is_overdue(case, now)},
        moved_out={case.id for case in shown if dossier.is_moved_out(case)},
        **choices(directory, Asked(wanted.scope, None)),
        **WORDS,
    )
    return HTMLResponse(page)


def _besides(wanted: Filter, directory: Directory) -> list[tuple[str, str]]:
    """What is asked by a link of the board and not by a field of the form: the words, and the address without it."""
    found = []
    if wanted.step is not None:
        long = "" if wanted.bucket is None else BUCKET_NAMES[wanted.bucket]
        found.append((f"{STEPS[wanted.step]}用时{long}", _address(replace(wanted, step=None, bucket=None))))
    if wanted.scope.line is not None and wanted.scope.unit in directory.units:
        name = directory.units[wanted.scope.unit].name
        found.append((f"只看{name}本级", _address(replace(wanted, scope=replace(wanted.scope, line=None)))))
    return found


def _address(wanted: Filter, **more: Any) -> str:
    """This list again."""
    besides: dict[str, Any] = {"status": wanted.status, "level": wanted.level, "due": wanted.due, "step": wanted.step}
    besides |= {"bucket": wanted.bucket, "number": wanted.number}
    return filters.list_address(wanted.scope, wanted.measure, **besides, **more)


WORDS: dict[str, Any] = {
    "measures": MEASURES,
    "due_names": DUE,
    "level_names": labels.LEVEL,
    "status_names": STATUS,
}
