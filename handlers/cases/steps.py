"""How long each step of a case took, as a distribution: half of the cases says more than a mean of a few slow ones."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate
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


BETWEEN: dict[Step, tuple[Any, Any]] = {
    Step.ACCEPT: (Case.dispatched_at, Case.accepted_at),
    Step.WORK: (Case.accepted_at, Case.resolved_at),
    Step.CONFIRM: (Case.resolved_at, Case.closed_at),
    Step.ALL: (Case.received_at, Case.closed_at),
}


class days_between(FunctionElement[float]):
    """Days from the first moment to the second."""

    name = "days_between"
    type = sa.Float()
    inherit_cache = True


@compiles(days_between)
def _on_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    start, end = (compiler.process(clause, **options) for clause in element.clauses)
    return f"(julianday({end}) - julianday({start}))"


@compiles(days_between, "postgresql")
def _on_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    start, end = (compiler.process(clause, **options) for clause in element.clauses)
    return f"(date_part('epoch', {end} - {start}) / {DAY})"


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
    """Of the cohort, by step; a case counts in the steps it has finished."""
    spans = [days_between(*BETWEEN[step]).label(step) for step in Step]
    conditions = (*cohort(scope.period), *scope.places(directory))
    spent = select(*spans).where(*conditions).limit(EVERY).subquery()
    numbers = [sa.func.count().filter(_in_bucket(spent.c[step], b)) for step in Step for b in range(len(BUCKETS))]
    found = session.execute(sa.select(*numbers).select_from(spent)).one()
    size = len(BUCKETS)
    return [Times(step, tuple(found[i * size : (i + 1) * size])) for i, step in enumerate(Step)]


def took(step: Step, bucket: int | None) -> ColumnElement[bool]:
    """The cases whose step fell into the bucket, or that have finished it at all."""
    start, end = (col(moment) for moment in BETWEEN[step])
    if bucket is None:
        return sa.and_(start.is_not(None), end.is_not(None))
    return _in_bucket(days_between(start, end), bucket)


def _in_bucket(span: ColumnElement[float], bucket: int) -> ColumnElement[bool]:
    """To the second: half a second more still counts as the limit, on either database."""
    limit = BUCKETS[bucket]
    found = [] if limit is None else [span <= _days(limit)]
    if bucket:
        found.append(span > _days(BUCKETS[bucket - 1] or 0))
    return sa.and_(*found)


def _days(seconds: int) -> float:
    return dt.timedelta(seconds=seconds + 0.5) / dt.timedelta(days=1)
