"""The board of an office: all numbers of one look, each with the scope of the list behind it."""

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any

from sqlmodel import Session

from data.models import RequestKind
from handlers.cases import statistics, steps, trend
from handlers.cases.counts import Counts
from handlers.cases.scope import LEVELS, By, Scope, days_between
from handlers.cases.statistics import Flow, Line, Present, Verdicts
from handlers.cases.steps import Times
from handlers.cases.trend import Week
from handlers.directory import Directory
from handlers.local_time import Period


@dataclass(frozen=True)
class Overview:
    """The numbers of one look; those `before` are of the same length of time right before."""

    lines: list[Line]
    total: Counts
    total_before: Counts
    flow: Flow
    flow_before: Flow
    verdicts: Verdicts
    apart: dict[RequestKind, int]
    present: Present
    weeks: list[Week]
    times: list[Times]


def overview(session: Session, directory: Directory, by: By, scope: Scope, now: dt.datetime) -> Overview:
    before = scope.previous()
    lines = statistics.closure_table(session, directory, by, scope, now)
    lines_before = statistics.closure_table(session, directory, By.COMMUNITY, before, now)
    return Overview(
        lines=lines,
        total=statistics.total(lines),
        total_before=statistics.total(lines_before),
        flow=statistics.flow(session, directory, scope, now),
        flow_before=statistics.flow(session, directory, before, now),
        verdicts=statistics.verdicts(session, directory, scope),
        apart=statistics.counted_apart(session, directory, scope),
        present=statistics.present(session, directory, scope, now),
        weeks=trend.weekly(session, directory, scope, now),
        times=steps.times(session, directory, scope),
    )


def line_scope(directory: Directory, scope: Scope, by: By, key: Any) -> Scope:
    """What is counted in one line of the table."""
    if by is By.CATEGORY:
        return replace(scope, category=key)
    if by is By.DEPARTMENT:
        return replace(scope, department=key)
    if by is By.WEEK:
        week, period = (
            days_between(statistics.monday(key), statistics.monday(key + 1) - dt.timedelta(days=1)),
            scope.period,
        )
        return replace(scope, period=Period(max(week.start, period.start), min(week.end, period.end)))
    if scope.unit is not None and scope.unit != key and key in {unit.id for unit in directory.lineage(scope.unit)}:
        return scope  # the unit asked for lies within this line
    level = directory.units[key].level
    return replace(scope, unit=key, line=None if level is LEVELS[by] else by)


def week_scope(scope: Scope, week: Week) -> Scope:
    """A whole week, also where the period begins or ends within it."""
    return replace(scope, period=days_between(week.monday, week.sunday))
