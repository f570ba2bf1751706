"""How long each step of a case took, as a distribution: half of the cases says more than a mean of a few slow ones."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate, pairwise
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import FunctionElement
from sqlmodel import Session, col, select

from data.models import Case
from handlers.cases.measures import cohort
from handlers.cases.scope import EVERY, Scope
from handlers.directory import Directory

HOUR, DAY = 3_600, 86_400
# The longest that is still in each bucket, in seconds; the last bucket has no end.
BUCKETS: tuple[int | None, ...] = (HOUR, 4 * HOUR, DAY, 3 * DAY, 7 * DAY, None)


class Step(StrEnum):
    ACCEPT = "accept"
    WORK = "work"
    CONFIRM = "confirm"
    ALL = "all"


# From which moment of a case to which.
BETWEEN: dict[Step, tuple[str, str]] = {
    Step.ACCEPT: ("dispatched_at", "accepted_at"),
    Step.WORK: ("accepted_at", "resolved_at"),
    Step.CONFIRM: ("resolved_at", "closed_at"),
    Step.ALL: ("received_at", "closed_at"),
}
MOMENTS = sorted({moment for between in BETWEEN.values() for moment in between})


class day_number(FunctionElement[float]):
    """A moment as a number of days, of which only differences mean something."""

    name = "day_number"
    type = sa.Float()
    inherit_cache = True


@compiles(day_number)
def _on_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    return f"julianday({compiler.process(element.clauses, **options)})"


@compiles(day_number, "postgresql")
def _on_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    return f"(date_part('epoch', {compiler.process(element.clauses, **options)}) / {DAY})"


@dataclass(frozen=True)
class Times:
    """How many cases needed how long for a step: one number a bucket."""

    step: Step
    counts: tuple[int, ...]

    @property
    def total(self) -> int:
        return sum(self.counts)

    @property
    def median(self) -> int | None:
        """The bucket up to which at least half of the cases were done."""
        sums = enumerate(accumulate(self.counts))
        return next((bucket for bucket, done in sums if done and 2 * done >= self.total), None)


def times(session: Session, directory: Directory, scope: Scope) -> list[Times]:
    """Of the cohort, by step; a case counts in the steps it has finished.

    Counted is how many were done within each limit; a bucket is what a limit adds to the one before it.
    """
    moments = {key: day_number(col(getattr(Case, key))).label(key) for key in MOMENTS}
    conditions = (*cohort(scope.period), *scope.places(directory))
    read = select(*moments.values()).where(*conditions).limit(EVERY).subquery()
    spans = [(read.c[end] - read.c[start]).label(step) for step, (start, end) in BETWEEN.items()]
    spent = sa.select(*spans).limit(EVERY).subquery()
    numbers = [number for step in Step for number in _within_limits(spent.c[step])]
    found = iter(session.execute(sa.select(*numbers).select_from(spent)).one())
    return [Times(step, _differences([next(found) for _ in BUCKETS])) for step in Step]


def _within_limits(span: ColumnElement[float]) -> list[ColumnElement[int]]:
    every: ColumnElement[int] = sa.func.count(span)
    limits = [limit for limit in BUCKETS if limit is not None]
    return [*(sa.func.count().filter(span <= _days(limit)) for limit in limits), every]


def _differences(sums: list[int]) -> tuple[int, ...]:
    return tuple(later - earlier for earlier, later in pairwise([0, *sums]))


def took(step: Step, bucket: int | None) -> ColumnElement[bool]:
    """The cases whose step fell into the bucket, or that have finished it at all."""
    start, end = (col(getattr(Case, moment)) for moment in BETWEEN[step])
    if bucket is None:
        return sa.and_(start.is_not(None), end.is_not(None))
    return _in_bucket(day_number(end) - day_number(start), bucket)


def _in_bucket(span: ColumnElement[float], bucket: int) -> ColumnElement[bool]:
    """To the second: half a second more still counts as the limit, on either database."""
    limit = BUCKETS[bucket]
    found = [] if limit is None else [span <= _days(limit)]
    if bucket:
        found.append(span > _days(BUCKETS[bucket - 1] or 0))
    return sa.and_(*found)


def _days(seconds: int) -> float:
    return dt.timedelta(seconds=seconds + 0.5) / dt.timedelta(days=1)
