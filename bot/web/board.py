"""The board: rates with their parts, the week's trend, the time each step takes; every number leads to its cases."""

from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse

from bot.running import Bot
from bot.web import filters
from bot.web.console import waiting
from bot.web.filters import Asked
from bot.web.pages import render
from bot.web.permissions import Area
from bot.web.sign_in import Staff, staff_in
from data.taxonomy import CaseClass
from handlers import labels
from handlers.cases import board, listing
from handlers.cases.board import Overview
from handlers.cases.counts import FORMULAS, Rate
from handlers.cases.measures import Measure
from handlers.cases.scope import By, Scope
from handlers.cases.steps import BUCKETS, Step
from handlers.directory import Directory

router = APIRouter(prefix="/console")

BY = {By.COMMUNITY: "社区", By.GRID: "网格", By.DEPARTMENT: "部门", By.CATEGORY: "类别", By.WEEK: "周"}
STEPS = {Step.ACCEPT: "接单", Step.WORK: "办理", Step.CONFIRM: "确认", Step.ALL: "全程"}
STEP_WORDS = {
    Step.ACCEPT: "派单到接单",
    Step.WORK: "接单到办结",
    Step.CONFIRM: "办结到结案",
    Step.ALL: "受理到结案",
}
BUCKET_NAMES = ("1小时内", "4小时内", "1天内", "3天内", "7天内", "超过7天")
PERIODS = (7, 30, 90, 366)
ECHARTS = Path(__file__).with_name("static") / "vendor" / "echarts.simple.min.js"
InBoard = Annotated[Staff, Depends(staff_in(Area.BOARD))]


@router.get("")
def overview(
    request: Request, staff: InBoard, asked: Annotated[Asked, Depends(filters.asked_scope)], by: By = By.COMMUNITY
) -> Response:
    """All numbers of one look, as far as this person leads the units."""
    bot: Bot = request.app.state.bot
    directory, now = bot.directory(), bot.clock()
    asked = filters.within_units(asked, listing.visible_units(directory, staff.posts))
    with bot.database.reading() as session:
        found = board.overview(session, directory, by, asked.scope, now)
        attention = waiting(session) if Area.ATTENTION in staff.areas else 0
    page = render(
        "board.html",
        staff=staff,
        by=by,
        asked=asked,
        scope=asked.scope,
        before=asked.scope.previous(),
        found=found,
        now=now,
        attention=attention,
        charts=_charts(found, asked.scope) if request.app.state.charts.exists() else None,
        rows=[(line, board.line_scope(directory, asked.scope, by, line.key)) for line in found.lines],
        weeks=[(week, board.week_scope(asked.scope, week)) for week in found.weeks],
        chosen=chosen(directory, asked.scope),
        **choices(directory, asked),
        **WORDS,
    )
    return HTMLResponse(page)


def chosen(directory: Directory, scope: Scope) -> list[str]:
    """What the numbers are limited to, in words."""
    found = ["只看您负责的范围"] if scope.units is not None else []
    if scope.unit is not None:
        found.append(directory.units[scope.unit].name if scope.unit in directory.units else "没有这个范围")
    if scope.department is not None:
        known = scope.department in directory.departments
        found.append(directory.departments[scope.department].name if known else "没有这个部门")
    if scope.category is not None:
        known = scope.category in directory.categories
        found.append(directory.categories[scope.category].name if known else "没有这个类别")
    return [*found, scope.class_.value] if scope.class_ is not None else found


def choices(directory: Directory, asked: Asked) -> dict[str, Any]:
    """What can be chosen in the filters of the board and of the list."""
    return {
        "units": filters.units_to_choose(directory, asked.scope.units),
        "departments": sorted((unit.id, unit.name) for unit in directory.departments.values()),
        "categories": [(code, f"{code} {directory.categories[code].name}") for code in sorted(directory.categories)],
        "classes": [(class_.value, class_.value) for class_ in CaseClass],
        "periods": PERIODS,
        "dates": filters.dates(asked.scope.period),
    }


def percent(rate: Rate) -> str:
    return "–" if rate.value is None else f"{rate.value:.1%}"


def change(now: Rate, before: Rate) -> str:
    """Against the period before, in percentage points; empty where one of them has no rate."""
    if now.value is None or before.value is None:
        return ""
    points = round((now.value - before.value) * 100, 1)
    return f"{points:+.1f}".replace("-", "−") if points else "0.0"


def median_words(bucket: int | None) -> str:
    """How long half of the cases took at most."""
    if bucket is None:
        return "还没有"
    return "一半超过7天" if BUCKETS[bucket] is None else f"一半在{BUCKET_NAMES[bucket]}"


def _charts(found: Overview, scope: Scope) -> dict[str, Any]:
    """What board.js draws, with the address behind every bar and point."""
    weeks = [(week, board.week_scope(scope, week)) for week in found.weeks]
    series = (
        ("受理", "received", Measure.RECEIVED),
        ("办结", "resolved", Measure.FLOW_RESOLVED),
        ("周末超期", "overdue", Measure.LATE_THEN),
    )
    trend = [
        {
            "name": name,
            "values": [getattr(week, field) for week, _ in weeks],
            "links": [filters.list_address(whole, measure) for _, whole in weeks],
        }
        for name, field, measure in series
    ]
    steps = [
        {
            "name": name,
            "values": [times.counts[bucket] for times in found.times],
            "links": [step_address(scope, times.step, bucket) for times in found.times],
        }
        for bucket, name in enumerate(BUCKET_NAMES)
    ]
    names = [f"{week.monday.month}月{week.monday.day}日" for week, _ in weeks]
    return {"weeks": names, "trend": trend, "step_names": [STEPS[t.step] for t in found.times], "steps": steps}


def step_address(scope: Scope, step: Step, bucket: int | None = None) -> str:
    return filters.list_address(scope, Measure.RECEIVED, step=step, bucket=bucket)


WORDS: dict[str, Any] = {
    "by_names": BY,
    "formulas": FORMULAS,
    "steps": STEPS,
    "step_words": STEP_WORDS,
    "bucket_names": BUCKET_NAMES,
    "percent": percent,
    "change": change,
    "median_words": median_words,
    "list_address": filters.list_address,
    "step_address": step_address,
    "board_address": filters.board_address,
    "level_names": labels.LEVEL,
}
