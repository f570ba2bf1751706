"""Week by week: how many came in, were resolved and closed, and how many were overdue when the week ended.

Each number is a range of an index, so a year costs little: who asks for a week pays for its cases only.
"""

import datetime as dt
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from data.models import Case, StatusChange
from data.models.cases import COUNTED, EVER_LATE
from handlers.cases.lifecycle import Action
from handlers.cases.measures import reopened
from handlers.cases.scope import Condition, Scope, days_between
from handlers.directory import Directory
from handlers.local_time import Period, local_day

MOST_WEEKS = 53
WEEK = dt.timedelta(days=7)
LONG_AGO = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Week:
    """A local week, Monday to Sunday; `overdue` is as it was at its end, or is now in a week that still runs."""

    monday: dt.date
    received: int
    resolved: int
    closed: int
    overdue: int

    @property
    def sunday(self) -> dt.date:
        return self.monday + dt.timedelta(days=6)


def weekly(session: Session, directory: Directory, scope: Scope, now: dt.datetime) -> list[Week]:
    """The weeks the period touches, at most the last year of them, none in the future."""
    mondays = _mondays(scope.period, now)
    if not mondays:
        return []
    periods = [days_between(monday, monday + WEEK - dt.timedelta(days=1)) for monday in mondays]
    places = scope.places(directory)
    early = _resolved_before(session, periods, places)
    counts = session.execute(_counts(periods, places, now)).all()
    overdue = accumulate(row.late_from - row.late_until for row in counts)
    return [
        Week(monday, row.received, row.resolved + again, row.closed, late)
        for monday, row, again, late in zip(mondays, counts[1:], early, list(overdue)[1:], strict=True)
    ]


def _mondays(period: Period, now: dt.datetime) -> list[dt.date]:
    if period.end <= period.start or period.start > now:
        return []
    last = local_day(min(period.end - dt.timedelta(microseconds=1), now))
    first = max(local_day(period.start), last - MOST_WEEKS * WEEK)
    first, last = (day - dt.timedelta(days=day.weekday()) for day in (first, last))
    return [first + WEEK * i for i in range((last - first).days // 7 + 1)][-MOST_WEEKS:]


def _counts(periods: Sequence[Period], places: Sequence[Condition], now: dt.datetime) -> Any:
    """A row a week, after one for all that came before: overdue are those that became late minus those that ended."""
    looks = [periods[0].start, *(min(period.end, now) for period in periods)]
    spans = [Period(LONG_AGO, LONG_AGO), *periods]
    rows = [
        (number, span.start, span.end, before, look)
        for number, (span, before, look) in enumerate(zip(spans, [LONG_AGO, *looks], looks, strict=False))
    ]
    moments = (sa.column(name, MOMENT) for name in ("start", "stop", "before", "look"))
    week = sa.values(sa.column("number", sa.Integer), *moments, name="rows").data(rows).cte("weeks")

    def count(*conditions: Any) -> Any:
        counted = select(sa.func.count()).select_from(Case).where(sa.text(COUNTED), *conditions, *places)
        return counted.correlate(week).scalar_subquery()

    def happened(column: Any) -> Any:
        return count(column >= week.c.start, column < week.c.stop)

    def late(column: Any) -> Any:
        return count(sa.text(EVER_LATE), column > week.c.before, column <= week.c.look)

    columns = (
        happened(Case.received_at).label("received"),
        happened(Case.resolved_at).label("resolved"),
        happened(Case.closed_at).label("closed"),
        late(col(Case.due_at)).label("late_from"),
        late(col(Case.ended_at)).label("late_until"),
    )
    return sa.select(*columns).select_from(week).order_by(week.c.number)


def _resolved_before(session: Session, periods: Sequence[Period], places: Sequence[Condition]) -> list[int]:
    """By week, the cases resolved in it that were reopened and whose last resolution is not of that week."""
    statement = (
        select(StatusChange.case_id, StatusChange.at, Case.resolved_at)
        .join(Case)
        .where(col(StatusChange.action) == Action.RESOLVE, col(StatusChange.case_id).in_(reopened()))
        .where(col(StatusChange.at) >= periods[0].start, col(StatusChange.at) < periods[-1].end)
        .where(sa.text(COUNTED), *places)
    )
    starts = [period.start for period in periods]
    found = set()
    for case_id, at, last in session.exec(statement).all():
        period = periods[bisect_right(starts, at) - 1]
        if last is None or not period.start <= last < period.end:
            found.add((case_id, period.start))
    weeks = [start for _case, start in found]
    return [weeks.count(start) for start in starts]


MOMENT = Case.__table__.c.received_at.type  # type: ignore[attr-defined]
