"""The cases behind a number of the office's pages: whatever is counted can be listed, by the same conditions.

Pages of a list are found by the id of the last case seen, so the thousandth costs what the first costs.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement
from sqlalchemy.orm import defer
from sqlmodel import Session, col, select

from data.models import Case, Post, RequestKind, Role
from handlers.cases import statistics
from handlers.cases.actors import LEADING
from handlers.cases.statistics import By, Period
from handlers.directory import Directory


class Measure(StrEnum):
    """What can be counted and listed: the fields of `Counts`, then what stands beside the table."""

    RECEIVED = "received"
    HANDLED = "handled"
    CLOSED = "closed"
    CLOSED_BY_SILENCE = "closed_by_silence"
    CLOSED_ON_TIME = "closed_on_time"
    DUE = "due"
    DUE_CLOSED = "due_closed"
    POSTPONED = "postponed"
    OVERDUE_OPEN = "overdue_open"
    WITHDRAWN = "withdrawn"
    DECLINED = "declined"
    DUE_NOT_POSTPONED = "due_not_postponed"
    FLOW_RESOLVED = "flow_resolved"
    FLOW_CLOSED = "flow_closed"
    UNANSWERED = "unanswered"
    INQUIRY = "inquiry"
    SUGGESTION = "suggestion"
    PRAISE = "praise"


FLOW: dict[Measure, Any] = {Measure.FLOW_RESOLVED: Case.resolved_at, Measure.FLOW_CLOSED: Case.closed_at}
BEYOND_ALL = 2**31 - 1
# SQLModel types a column as its value.
UNREAD = [defer(column, raiseload=True) for column in (Case.text, Case.room)]  # type: ignore[arg-type]
APART = {Measure(kind.value): kind for kind in RequestKind if kind not in statistics.CASE_KINDS}


@dataclass(frozen=True)
class Filter:
    """One number: what it counts, when, in which line of the table (`value` is the line's name), in which units."""

    measure: Measure
    period: Period
    by: By | None = None
    value: str = ""
    units: frozenset[int] | None = None


def find(
    session: Session, directory: Directory, filter: Filter, now: dt.datetime, *, after: int | None = None, limit: int
) -> list[Case]:
    """The newest cases, or those older than the case with the id `after`; a resident's own words stay unread."""
    # The bound is always there: without it SQLite gathers and sorts the whole period for the first page.
    conditions = (col(Case.id) < (after or BEYOND_ALL), *_conditions(directory, filter, now))
    statement = select(Case).options(*UNREAD).where(*conditions).order_by(col(Case.id).desc()).limit(limit)
    return list(session.exec(statement).all())


def count(session: Session, directory: Directory, filter: Filter, now: dt.datetime) -> int:
    statement = select(sa.func.count()).select_from(Case).where(*_conditions(directory, filter, now))
    return session.exec(statement).one()


def visible_units(directory: Directory, posts: Iterable[Post]) -> frozenset[int] | None:
    """The units whose cases somebody with these posts may look at: those they lead; None is all of them."""
    leading = [post for post in posts if post.role in LEADING]
    if any(post.role is Role.ADMINISTRATOR for post in leading):
        return None
    led = {post.unit_id for post in leading}
    return frozenset(key for key in directory.units if any(unit.id in led for unit in directory.lineage(key)))


def _conditions(directory: Directory, filter: Filter, now: dt.datetime) -> list[ColumnElement[bool]]:
    found = [*_measured(filter, now)]
    if filter.by is not None:
        found.append(_line(directory, filter.by, filter.value, filter.period))
    if filter.units is not None:
        found.append(col(Case.unit_id).in_(filter.units))
    return found


def _measured(filter: Filter, now: dt.datetime) -> tuple[ColumnElement[bool], ...]:
    if filter.measure in FLOW:
        return (*statistics.within(FLOW[filter.measure], filter.period), *statistics.counted())
    if filter.measure in APART:
        kind = col(Case.kind) == APART[filter.measure]
        return (*statistics.within(Case.received_at, filter.period), kind)
    return (*statistics.cohort(filter.period), _of_cohort(filter.measure, now))


def _of_cohort(measure: Measure, now: dt.datetime) -> ColumnElement[bool]:
    conditions = statistics.measures(now)
    if measure is Measure.DUE_NOT_POSTPONED:
        return conditions[Measure.DUE] & ~conditions[Measure.POSTPONED]
    return statistics.unanswered() if measure is Measure.UNANSWERED else conditions[measure]


def _line(directory: Directory, by: By, value: str, period: Period) -> ColumnElement[bool]:
    """What the table counts in the line called `value`: units of the same name share a line there."""
    column, label = statistics.dimension(directory, by)
    keys: dict[By, Iterable[Any]] = {
        By.CATEGORY: directory.categories,
        By.DEPARTMENT: directory.departments,
        By.WEEK: statistics.weeks(period),
    }
    condition: ColumnElement[bool] = column.in_([key for key in keys.get(by, directory.units) if label(key) == value])
    return condition
