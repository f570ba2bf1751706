"""Rates that carry formula, numerator and denominator (design decision 11).

Cohort: the cases *received* in the period, whatever became of them until now. Flow: what was received, resolved
and closed *in* the period. Inquiries, suggestions and praise are counted apart; merged cases leave the
denominators; silence is shown apart and is never satisfaction.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntFlag
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement
from sqlmodel import Session, col, select

from data.models import Case, CaseStatus, ClosedBy, EscalationLevel, Evaluation, RequestKind
from data.models.cases import APART
from handlers.cases import measures
from handlers.cases.counts import Counts, Rate
from handlers.cases.measures import CASE_KINDS, Measure
from handlers.cases.scope import EVERY, LEVELS, By, Condition, Scope, within
from handlers.directory import Directory
from handlers.local_time import SHANGHAI

SECONDS_PER_WEEK = 604_800
# The epoch was a Thursday at 00:00 UTC; weeks start on Monday, Asia/Shanghai.
MONDAY_OFFSET_SECONDS = 3 * 86_400 + 8 * 3_600


class Mark(IntFlag):
    """What is counted of a case beside its status, which stands above these as a multiple of `EVERY_MARK`."""

    BY_SILENCE = 1
    ON_TIME = 2
    FINISHED = 4
    TIME_LEFT = 8
    FIRST_LIMIT_AHEAD = 16
    OPEN = 32


EVERY_MARK = 64
STATUSES = sorted(CaseStatus, key=lambda status: status is not CaseStatus.CLOSED)  # most cases are closed


@dataclass(frozen=True)
class Line:
    """One line of the table: what it is about, how it is called, its counts."""

    key: Any
    name: str
    counts: Counts


@dataclass(frozen=True)
class Flow:
    """What happened in the period, whenever the case was received."""

    resolved: int
    closed: int


@dataclass(frozen=True)
class Verdicts:
    """Of how many cases of the cohort the reporters said what; those who said nothing are in neither rate."""

    resolution_rate: Rate
    satisfaction_rate: Rate
    heard: int
    """Finished cases somebody answered about."""


@dataclass(frozen=True)
class Present:
    """How it stands now, whatever the period."""

    numbers: dict[Measure, int]
    levels: dict[EscalationLevel, int]


def closure_table(session: Session, directory: Directory, by: By, scope: Scope, now: dt.datetime) -> list[Line]:
    """Counts of the cohort by the chosen dimension, in the order of their names."""
    key, marks = _dimension(by), _marks(now).label("marks")
    same = (key.label("key"), marks)
    alike = select(*same).where(*measures.cohort(scope.period), *scope.places(directory)).limit(EVERY).subquery()
    statement = sa.select(alike, sa.func.count()).group_by(*alike.c)
    found: dict[Any, Counts] = {}
    for value, marked, number in session.execute(statement).all():
        line = line_of(directory, by, value)
        found[line] = found.get(line, Counts()) + _counts(marked, number)
    lines = [Line(key, line_name(directory, by, key), counts) for key, counts in found.items()]
    return sorted(lines, key=lambda line: (line.name, str(line.key)))


def total(lines: Iterable[Line]) -> Counts:
    return sum((line.counts for line in lines), Counts())


def counted_apart(session: Session, directory: Directory, scope: Scope) -> dict[RequestKind, int]:
    """Inquiries, suggestions and praise received in the period."""
    conditions = (*within(Case.received_at, scope.period), sa.text(APART), *scope.places(directory))
    statement = select(Case.kind, sa.func.count()).where(*conditions).group_by(col(Case.kind))
    found = dict(session.exec(statement).all())
    return {kind: found.get(kind, 0) for kind in RequestKind if kind not in CASE_KINDS}


def flow(session: Session, directory: Directory, scope: Scope, now: dt.datetime) -> Flow:
    measured = (Measure.FLOW_RESOLVED, Measure.FLOW_CLOSED)
    return Flow(*(number_of(session, directory, measure, scope, now) for measure in measured))


def number_of(
    session: Session, directory: Directory, measure: Measure, scope: Scope, now: dt.datetime, *more: Condition
) -> int:
    """How many cases a measure counts."""
    more = (*scope.places(directory), *more)
    found = measures.parts(measure, scope.period, now)
    counts = (select(sa.func.count()).select_from(Case).where(*part, *more) for part in found)
    return sum(session.exec(statement).one() for statement in counts)


def verdicts(session: Session, directory: Directory, scope: Scope) -> Verdicts:
    """What the reporters answered, also where a "no" has set the case to work again."""
    answers = _answers_by_case((*measures.cohort(scope.period), *scope.places(directory)))
    solved, satisfied = answers.c.solved, answers.c.satisfied
    spoken = (solved.is_not(None) | satisfied.is_not(None)) & answers.c.finished
    numbers = (solved == 1, solved.is_not(None), satisfied == 1, satisfied.is_not(None), spoken)
    yes, asked, happy, asked_too, heard = session.exec(select(*map(_count, numbers)).select_from(answers)).one()
    return Verdicts(Rate(yes, asked), Rate(happy, asked_too), heard)


def present(session: Session, directory: Directory, scope: Scope, now: dt.datetime) -> Present:
    """The open cases by what they wait for, and by the level that holds them."""
    conditions = measures.present(now)
    by_level = [col(Case.level) == level for level in EscalationLevel]
    statement = select(*map(_count, (*conditions.values(), *by_level)))
    found = list(session.exec(statement.where(*measures.still_open(), *scope.places(directory))).one())
    numbers = dict(zip(conditions, found, strict=False))
    return Present(numbers, dict(zip(EscalationLevel, found[len(conditions) :], strict=True)))


def line_of(directory: Directory, by: By, value: Any) -> Any:
    """The key of the line in which cases with this value of the dimension are counted."""
    return directory.ancestor(value, LEVELS[by]).id if by in LEVELS else value


def line_name(directory: Directory, by: By, key: Any) -> str:
    if by is By.CATEGORY:
        return f"{key} {directory.categories[key].name}"
    if by is By.DEPARTMENT:
        return directory.departments[key].name
    if by is By.WEEK:
        return f"{monday(key):%Y-%m-%d} 周"
    unit = directory.units[key]
    return unit.name if unit.level is LEVELS[by] else f"{unit.name}（本级）"


def monday(index: int) -> dt.date:
    """The day a week starts on."""
    seconds = int(index) * SECONDS_PER_WEEK - MONDAY_OFFSET_SECONDS
    return dt.datetime.fromtimestamp(seconds, SHANGHAI).date()


def _dimension(by: By) -> Any:
    if by is By.WEEK:
        epoch = sa.extract("epoch", col(Case.received_at))
        seconds = sa.cast(epoch - epoch % 1, sa.BigInteger)  # a plain cast would round up on PostgreSQL
        return (seconds + MONDAY_OFFSET_SECONDS) // SECONDS_PER_WEEK
    return {By.CATEGORY: Case.category_code, By.DEPARTMENT: Case.lead_department_id}.get(by, Case.unit_id)


def _marks(now: dt.datetime) -> Any:
    """What is counted of a case, as one number: cases alike in it are counted together, in one scan."""
    due, first_due = col(Case.due_at), col(Case.original_due_at)
    marks = {
        Mark.BY_SILENCE: col(Case.closed_by) == ClosedBy.SILENCE,
        Mark.ON_TIME: col(Case.closed_at) <= due,
        Mark.FINISHED: col(Case.resolved_at).is_not(None),
        Mark.TIME_LEFT: due > now,
        Mark.FIRST_LIMIT_AHEAD: first_due > now,
        Mark.OPEN: col(Case.ended_at).is_(None),
    }
    status = sa.case({status: place * EVERY_MARK for place, status in enumerate(STATUSES)}, value=col(Case.status))
    return sum((sa.case((condition, int(mark)), else_=0) for mark, condition in marks.items()), start=status)


def _counts(marked: int, number: int) -> Counts:
    """The counts of so many cases that are alike."""
    place, marks = divmod(marked, EVERY_MARK)
    status = STATUSES[place]
    closed, refused = status is CaseStatus.CLOSED, status in (CaseStatus.WITHDRAWN, CaseStatus.DECLINED)
    due = not marks & Mark.FIRST_LIMIT_AHEAD and not refused
    return Counts(
        received=number,
        handled=number * (closed or status is CaseStatus.RESOLVED),
        closed=number * closed,
        finished=number * bool(marks & Mark.FINISHED),
        closed_by_silence=number * (closed and bool(marks & Mark.BY_SILENCE)),
        closed_on_time=number * (closed and bool(marks & Mark.ON_TIME)),
        due=number * due,
        due_closed=number * (due and closed),
        postponed=number * (due and not closed and bool(marks & Mark.TIME_LEFT)),
        overdue_open=number * (bool(marks & Mark.OPEN) and not marks & Mark.TIME_LEFT),
        withdrawn=number * (status is CaseStatus.WITHDRAWN),
        declined=number * (status is CaseStatus.DECLINED),
    )


def _answers_by_case(conditions: Iterable[Any]) -> Any:
    """1 where all who answered said yes, 0 where somebody said no, empty where nobody answered."""

    def verdict(answer: Any) -> Any:
        return sa.func.min(sa.case((answer.is_(True), 1), (answer.is_(False), 0)))

    columns = (
        verdict(col(Evaluation.resolved)).label("solved"),
        verdict(col(Evaluation.satisfied)).label("satisfied"),
        col(Case.resolved_at).is_not(None).label("finished"),
    )
    answered = select(*columns).select_from(Case).join(Evaluation, col(Evaluation.case_id) == Case.id)
    return answered.where(*conditions).group_by(col(Case.id), col(Case.resolved_at)).subquery()


def _count(condition: ColumnElement[bool]) -> Any:
    return sa.func.count().filter(condition)
