"""Rates that carry formula, numerator and denominator (design decision 11).

Cohort: the cases *received* in the period, whatever became of them until now. Flow: what was received, resolved
and closed *in* the period. Inquiries, suggestions and praise are counted apart; merged cases leave the
denominators; silence is shown apart and is never satisfaction.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement
from sqlmodel import Session, col, select

from data.models import Case, CaseStatus, ClosedBy, Evaluation, RequestKind, UnitLevel
from handlers.directory import Directory
from handlers.local_time import SHANGHAI

CASE_KINDS = (RequestKind.COMPLAINT, RequestKind.ASSISTANCE, RequestKind.IRREGULARITY)
SECONDS_PER_WEEK = 604_800
# The epoch was a Thursday at 00:00 UTC; weeks start on Monday, Asia/Shanghai.
MONDAY_OFFSET_SECONDS = 3 * 86_400 + 8 * 3_600


class By(StrEnum):
    COMMUNITY = "community"
    GRID = "grid"
    DEPARTMENT = "department"
    CATEGORY = "category"
    WEEK = "week"


@dataclass(frozen=True)
class Rate:
    """A share that never hides what it was made of; None where the denominator is zero."""

    numerator: int
    denominator: int

    @property
    def value(self) -> float | None:
        return self.numerator / self.denominator if self.denominator else None

    def __str__(self) -> str:
        percent = "–" if self.value is None else f"{self.value:.1%}"
        return f"{percent} ({self.numerator}/{self.denominator})"


@dataclass(frozen=True)
class Counts:
    """Counts over a cohort of cases; `due` are those whose time is up, ended or not."""

    received: int = 0
    handled: int = 0
    closed: int = 0
    closed_by_silence: int = 0
    closed_on_time: int = 0
    due: int = 0
    due_closed: int = 0
    postponed: int = 0
    overdue_open: int = 0
    withdrawn: int = 0
    declined: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    @property
    def handled_rate(self) -> Rate:
        return Rate(self.handled, self.received)

    @property
    def closure_rate(self) -> Rate:
        return Rate(self.closed, self.received)

    @property
    def on_time_closure_rate(self) -> Rate:
        return Rate(self.closed_on_time, self.received)

    @property
    def net_closure_rate(self) -> Rate:
        return Rate(self.due_closed, self.due - self.postponed)


FORMULAS = {
    "办结率": "(已办结 + 已结案) ÷ 期内受理",
    "结案率": "已结案 ÷ 期内受理",
    "按期结案率": "时限内结案 ÷ 期内受理",
    "净结案率": "到期且结案 ÷ (到期 − 延期)",
}


@dataclass(frozen=True)
class Period:
    """From `start` up to and without `end`."""

    start: dt.datetime
    end: dt.datetime


@dataclass(frozen=True)
class Flow:
    """What happened in the period, whenever the case was received."""

    received: int
    resolved: int
    closed: int


@dataclass(frozen=True)
class Verdicts:
    """What reporters answered about the cohort; those who said nothing are in neither numerator."""

    resolution_rate: Rate
    satisfaction_rate: Rate
    silent: int


def closure_table(
    session: Session, directory: Directory, by: By, period: Period, now: dt.datetime
) -> dict[str, Counts]:
    """Counts of the cohort by the chosen dimension, in the order of their labels."""
    column, label = dimension(directory, by)
    conditions = measures(now)
    sums = [sa.func.sum(sa.case((condition, 1), else_=0)) for condition in conditions.values()]
    table: dict[str, Counts] = defaultdict(Counts)
    for key, *counts in session.exec(select(column, *sums).where(*cohort(period)).group_by(column)).all():
        table[label(key)] += Counts(**dict(zip(conditions, map(int, counts), strict=True)))
    return dict(sorted(table.items()))


def total(table: dict[str, Counts]) -> Counts:
    return sum(table.values(), Counts())


def counted_apart(session: Session, period: Period) -> dict[RequestKind, int]:
    """Inquiries, suggestions and praise received in the period."""
    statement = (
        select(Case.kind, sa.func.count())
        .where(*within(Case.received_at, period), col(Case.kind).not_in(CASE_KINDS))
        .group_by(col(Case.kind))
    )
    found = dict(session.exec(statement).all())
    return {kind: found.get(kind, 0) for kind in RequestKind if kind not in CASE_KINDS}


def flow(session: Session, period: Period) -> Flow:
    def count(column: Any) -> int:
        inside = (*within(column, period), *counted())
        return session.exec(select(sa.func.count()).select_from(Case).where(*inside)).one()

    return Flow(count(Case.received_at), count(Case.resolved_at), count(Case.closed_at))


def verdicts(session: Session, period: Period) -> Verdicts:
    """The reporters' own answers about the cohort, also where a "no" has set the case to work again."""
    cases = select(Case.id).where(*cohort(period))
    statement = select(Evaluation.resolved, Evaluation.satisfied).where(col(Evaluation.case_id).in_(cases))
    rows = session.exec(statement).all()
    resolved = [r for r, _s in rows if r is not None]
    satisfied = [s for _r, s in rows if s is not None]
    silent = session.exec(select(sa.func.count()).select_from(Case).where(*cohort(period), unanswered())).one()
    return Verdicts(Rate(sum(resolved), len(resolved)), Rate(sum(satisfied), len(satisfied)), silent)


def unanswered() -> ColumnElement[bool]:
    """Resolved, and no reporter has answered either question."""
    answer = col(Evaluation.resolved).is_not(None) | col(Evaluation.satisfied).is_not(None)
    return col(Case.resolved_at).is_not(None) & col(Case.id).not_in(select(Evaluation.case_id).where(answer))


def within(column: Any, period: Period) -> tuple[ColumnElement[bool], ...]:
    return (column >= period.start, column < period.end)


def counted() -> tuple[ColumnElement[bool], ...]:
    """Cases that have rates."""
    return (col(Case.kind).in_(CASE_KINDS), col(Case.status) != CaseStatus.MERGED)


def cohort(period: Period) -> tuple[ColumnElement[bool], ...]:
    return (*within(Case.received_at, period), *counted())


def measures(now: dt.datetime) -> dict[str, ColumnElement[bool]]:
    """For every field of `Counts`, which cases of the cohort it counts."""
    status, closed = col(Case.status), col(Case.status) == CaseStatus.CLOSED
    ended = status.in_((CaseStatus.WITHDRAWN, CaseStatus.DECLINED))
    handled = status.in_((CaseStatus.RESOLVED, CaseStatus.CLOSED))
    due = (col(Case.original_due_at) <= now) & ~ended
    return {
        "received": sa.true(),
        "handled": handled,
        "closed": closed,
        "closed_by_silence": closed & (col(Case.closed_by) == ClosedBy.SILENCE),
        "closed_on_time": closed & (col(Case.closed_at) <= col(Case.due_at)),
        "due": due,
        "due_closed": due & closed,
        "postponed": (col(Case.due_at) > now) & due & ~closed,
        "overdue_open": (col(Case.due_at) <= now) & ~ended & ~handled,
        "withdrawn": status == CaseStatus.WITHDRAWN,
        "declined": status == CaseStatus.DECLINED,
    }


def dimension(directory: Directory, by: By) -> tuple[Any, Callable[[Any], str]]:
    """The column to group by and how its values are called."""
    if by is By.CATEGORY:
        return Case.category_code, lambda code: f"{code} {directory.categories[code].name}"
    if by is By.DEPARTMENT:
        return Case.lead_department_id, lambda key: directory.departments[key].name
    if by is By.WEEK:
        epoch = sa.extract("epoch", col(Case.received_at))
        seconds = sa.cast(epoch - epoch % 1, sa.BigInteger)  # a plain cast would round up on PostgreSQL
        return _week_index(seconds), _week
    level = UnitLevel.COMMUNITY if by is By.COMMUNITY else UnitLevel.GRID
    return Case.unit_id, lambda key: directory.ancestor(key, level).name


def weeks(period: Period) -> range:
    """The keys of the weeks a period touches."""
    first, last = (_week_index(int(moment.timestamp())) for moment in (period.start, period.end))
    return range(first, last + 1)


def _week_index(seconds: Any) -> Any:
    return (seconds + MONDAY_OFFSET_SECONDS) // SECONDS_PER_WEEK


def _week(index: int) -> str:
    """The Monday a week starts on."""
    seconds = int(index) * SECONDS_PER_WEEK - MONDAY_OFFSET_SECONDS
    return f"{dt.datetime.fromtimestamp(seconds, SHANGHAI):%Y-%m-%d} 周"
