"""The cases behind a number of the office's pages: whatever is counted can be listed, by the same conditions.

Pages of a list are found by the last case seen, so the thousandth costs what the first costs.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy.orm import defer
from sqlmodel import Session, col, select

from data.models import Case, CaseStatus, EscalationLevel, Post, Role
from data.models.cases import FIRST_NUMBER
from handlers.cases import measures, statistics
from handlers.cases.actors import LEADING
from handlers.cases.measures import SOON, Measure
from handlers.cases.scope import Condition, Scope
from handlers.cases.steps import Step, took
from handlers.directory import Directory

# SQLModel types a column as its value.
UNREAD = [defer(column, raiseload=True) for column in (Case.text, Case.room)]  # type: ignore[arg-type]


class Due(StrEnum):
    """How an open case stands to its limit."""

    OVERDUE = "overdue"
    SOON = "soon"
    LATER = "later"


@dataclass(frozen=True)
class Filter:
    """What is counted and where, and what else is asked of the cases; a number typed in is just that case."""

    measure: Measure
    scope: Scope
    status: CaseStatus | None = None
    level: EscalationLevel | None = None
    due: Due | None = None
    step: Step | None = None
    bucket: int | None = None
    number: int | None = None


def find(
    session: Session, directory: Directory, filter: Filter, now: dt.datetime, *, after: int | None = None, limit: int
) -> list[Case]:
    """The newest cases, or those older than the case with the id `after`; a resident's own words stay unread."""
    ids = _ids(session, directory, filter, now, after=after, limit=limit)
    found = session.exec(select(Case).options(*UNREAD).where(col(Case.id).in_(ids))).all()
    return sorted(found, key=lambda case: (case.received_at, case.id or 0), reverse=True)


def count(session: Session, directory: Directory, filter: Filter, now: dt.datetime) -> int:
    if filter.number is None:
        more = _asked_besides(filter, now)
        return statistics.number_of(session, directory, filter.measure, filter.scope, now, *more)
    return len(find(session, directory, filter, now, limit=1))


def visible_units(directory: Directory, posts: Iterable[Post]) -> frozenset[int] | None:
    """The units whose cases somebody with these posts may look at: those they lead; None is all of them."""
    leading = [post for post in posts if post.role in LEADING]
    if any(post.role is Role.ADMINISTRATOR for post in leading):
        return None
    led = {post.unit_id for post in leading}
    return frozenset(key for key in directory.units if any(unit.id in led for unit in directory.lineage(key)))


def _ids(
    session: Session, directory: Directory, filter: Filter, now: dt.datetime, *, after: int | None, limit: int
) -> list[int]:
    """Found in the index alone; the cases themselves are only read for the page that is shown."""
    moment, key = col(Case.received_at), col(Case.id)
    conditions = _conditions(directory, filter, now)
    if after is not None:
        seen = session.exec(select(Case.received_at).where(key == after)).first()
        if seen is None:
            return []
        # The first one alone says where in the index to begin.
        conditions = [moment <= seen, (moment < seen) | (key < after), *conditions]
    statement = select(Case.id).where(*conditions).order_by(moment.desc(), key.desc()).limit(limit)
    return [found for found in session.exec(statement).all() if found is not None]


def _conditions(directory: Directory, filter: Filter, now: dt.datetime) -> list[Condition]:
    scope = filter.scope
    if filter.number is not None:
        found: list[Condition] = [col(Case.id) == filter.number - FIRST_NUMBER]
        return found if scope.units is None else [*found, col(Case.unit_id).in_(scope.units)]
    counted = measures.conditions(filter.measure, scope.period, now)
    return [*counted, *scope.places(directory), *_asked_besides(filter, now)]


def _asked_besides(filter: Filter, now: dt.datetime) -> list[Condition]:
    found: list[Condition] = []
    if filter.status is not None:
        found.append(col(Case.status) == filter.status)
    if filter.level is not None:
        found.append(col(Case.level) == filter.level)
    if filter.step is not None:
        found.append(took(filter.step, filter.bucket))
    if filter.due is not None:
        limit = col(Case.due_at)
        how = {
            Due.OVERDUE: limit <= now,
            Due.SOON: (limit > now) & (limit <= now + SOON),
            Due.LATER: limit > now + SOON,
        }
        found += [col(Case.ended_at).is_(None), how[filter.due]]
    return found
