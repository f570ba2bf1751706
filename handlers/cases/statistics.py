"""Rates that carry formula, numerator and denominator (design decision 11).

Cohort: the cases *received* in the period, whatever became of them until now. Flow: what was received, resolved
and closed *in* the period. Inquiries, suggestions and praise are counted apart; merged cases leave the
denominators; silence is shown apart and is never satisfaction.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement
from sqlmodel import Session, col, select

from data.models import Case, CaseStatus, ClosedBy, EscalationLevel, Evaluation, RequestKind
from data.models.cases import APART, COUNTED
from handlers.cases import measures
from handlers.cases.measures import CASE_KINDS, Measure
from handlers.cases.scope import LEVELS, By, Scope, within
from handlers.directory import Directory
from handlers.local_time import SHANGHAI

SECONDS_PER_WEEK = 604_800
# The epoch was a Thursday at 00:00 UTC; weeks start on Monday, Asia/Shanghai.
MONDAY_OFFSET_SECONDS = 3 * 86_400 + 8 * 3_600


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
    "办结率": "（已办结 + 已结案）÷ 期内受理",
    "结案率": "已结案 ÷ 期内受理",
    "按期结案率": "时限内结案 ÷ 期内受理",
    "净结案率": "到期且结案 ÷（到期 − 延期）",
}


@dataclass(frozen=True)
class Line:
    """One line of the table: what it is about, how it is called, its counts."""

    key: Any
    name: str
    counts: Counts


@dataclass(frozen=True)
class Flow:
    """What happened in the period, whenever the case was received."""

    received: int
    resolved: int
    closed: int


@dataclass(frozen=True)
class Verdicts:
    """Of how many cases of the cohort the reporters said what; those who said nothing are in neither rate."""

    resolution_rate: Rate
    satisfaction_rate: Rate
    silent: int


@dataclass(frozen=True)
class Present:
    """How it stands now, whatever the period."""

    numbers: dict[Measure, int]
    levels: dict[EscalationLevel, int]


def closure_table(session: Session, directory: Directory, by: By, scope: Scope, now: dt.datetime) -> list[Line]:
    """Counts of the cohort by the chosen dimension, in the order of their names."""
    column = _dimension(by)
    statement = select(column, *_sums(now)).where(*measures.cohort(scope.period), *scope.places(directory))
    found: dict[Any, Counts] = {}
    for value, *sums in session.exec(statement.group_by(column)).all():
        key = line_of(directory, by, value)
        found[key] = found.get(key, Counts()) + _counts(sums)
    lines = [Line(key, line_name(directory, by, key), counts) for key, counts in found.items()]
    return sorted(lines, key=lambda line: (line.name, str(line.key)))


def whole(session: Session, directory: Directory, scope: Scope, now: dt.datetime) -> Counts:
    """The counts of the cohort without a table."""
    statement = select(*_sums(now)).where(*measures.cohort(scope.period), *scope.places(directory))
    return _counts(session.exec(statement).one())


def total(lines: Iterable[Line]) -> Counts:
    return sum((line.counts for line in lines), Counts())


def counted_apart(session: Session, directory: Directory, scope: Scope) -> dict[RequestKind, int]:
    """Inquiries, suggestions and praise received in the period."""
    conditions = (*within(Case.received_at, scope.period), sa.text(APART), *scope.places(directory))
    statement = select(Case.kind, sa.func.count()).where(*conditions).group_by(col(Case.kind))
    found = dict(session.exec(statement).all())
    return {kind: found.get(kind, 0) for kind in RequestKind if kind not in CASE_KINDS}


def flow(session: Session, directory: Directory, scope: Scope) -> Flow:
    def count(*conditions: Any) -> int:
        inside = (sa.text(COUNTED), *conditions, *scope.places(directory))
        return session.exec(select(sa.func.count()).select_from(Case).where(*inside)).one()

    period = scope.period
    again = col(Case.id).in_(measures.resolved_before(period))
    outside = col(Case.resolved_at).is_(None) | sa.not_(sa.and_(*within(Case.resolved_at, period)))
    resolved = count(*within(Case.resolved_at, period)) + count(again, outside)
    return Flow(count(*within(Case.received_at, period)), resolved, count(*within(Case.closed_at, period)))


def verdicts(session: Session, directory: Directory, scope: Scope) -> Verdicts:
    """What the reporters answered, also where a "no" has set the case to work again."""
    conditions = (*measures.cohort(scope.period), *scope.places(directory))
    resolved = col(Case.resolved_at).is_not(None)
    finished = session.exec(select(sa.func.count()).select_from(Case).where(*conditions, resolved)).one()
    answers = _answers_by_case(conditions)
    solved, satisfied = answers.c.solved, answers.c.satisfied
    spoken = (solved.is_not(None) | satisfied.is_not(None)) & answers.c.finished
    numbers = (solved == 1, solved.is_not(None), satisfied == 1, satisfied.is_not(None), spoken)
    yes, asked, happy, asked_too, heard = session.exec(select(*map(_count, numbers)).select_from(answers)).one()
    return Verdicts(Rate(yes, asked), Rate(happy, asked_too), finished - heard)


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


def _sums(now: dt.datetime) -> list[Any]:
    """Counts in one scan, the rare test first in each, because a year of cases is looked at while somebody waits."""
    status, first_due, due = col(Case.status), col(Case.original_due_at), col(Case.due_at)
    closed, refused = status == CaseStatus.CLOSED, status.in_((CaseStatus.WITHDRAWN, CaseStatus.DECLINED))
    return [
        sa.func.count(),
        _count(closed),
        _count(status == CaseStatus.RESOLVED),
        _count((col(Case.closed_by) == ClosedBy.SILENCE) & closed),
        _count((col(Case.closed_at) <= due) & closed),
        _count((first_due > now) & ~refused),
        _count((first_due > now) & closed),
        _count((due > now) & (first_due <= now) & ~refused & ~closed),
        _count(col(Case.ended_at).is_(None) & (due <= now)),
        _count(status == CaseStatus.WITHDRAWN),
        _count(status == CaseStatus.DECLINED),
    ]


def _counts(sums: Iterable[int]) -> Counts:
    received, closed, resolved, silence, on_time, not_due, early, postponed, overdue, withdrawn, declined = sums
    return Counts(
        received=received,
        handled=resolved + closed,
        closed=closed,
        closed_by_silence=silence,
        closed_on_time=on_time,
        due=received - withdrawn - declined - not_due,
        due_closed=closed - early,
        postponed=postponed,
        overdue_open=overdue,
        withdrawn=withdrawn,
        declined=declined,
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
