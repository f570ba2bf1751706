"""Three hundred random cases with histories that could have happened, and every number computed slowly from them."""

import datetime as dt
import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import fields
from itertools import cycle

from sqlmodel import Session, select

from data.models import (
    Account,
    Case,
    CaseStatus,
    ClosedBy,
    EscalationLevel,
    Evaluation,
    RequestKind,
    StatusChange,
    UnitLevel,
)
from data.taxonomy import CaseClass, Urgency
from handlers.cases.counts import Counts
from handlers.cases.measures import Measure
from handlers.cases.scope import By, Scope
from handlers.cases.steps import Step
from handlers.directory import Directory
from handlers.local_time import SHANGHAI, Period

PERIOD = Period(dt.datetime(2026, 8, 1, tzinfo=SHANGHAI), dt.datetime(2026, 10, 1, tzinfo=SHANGHAI))
NOW = dt.datetime(2026, 9, 20, 15, 30, tzinfo=SHANGHAI)
COUNTED = ("complaint", "assistance", "irregularity")
OPEN = ("received", "dispatched", "accepted", "returned", "reopened")
DAY, HOUR = dt.timedelta(days=1), dt.timedelta(hours=1)
LIMITS = (HOUR, 4 * HOUR, DAY, 3 * DAY, 7 * DAY)
# Where a day, a week or the period begins and ends.
EDGES = (
    PERIOD.start,
    PERIOD.start - dt.timedelta(microseconds=1),
    PERIOD.end - dt.timedelta(days=20),
    dt.datetime(2026, 9, 7, 0, 0, tzinfo=SHANGHAI),
    dt.datetime(2026, 9, 6, 23, 59, 59, 999_000, tzinfo=SHANGHAI),
    NOW,
)
# How long a step takes: also to the second what ends a bucket.
STEPS = (
    HOUR,
    HOUR + dt.timedelta(seconds=1),
    4 * HOUR,
    DAY,
    3 * DAY,
    dt.timedelta(minutes=7),
    5 * DAY,
    8 * DAY,
    2 * DAY,
)


class Street:
    """Random cases in a database, and the same cases, histories and verdicts as lists."""

    def __init__(self, session: Session, number: int = 300) -> None:
        self.session, self.directory = session, Directory.load(session)
        self.cases = _cases(session, self.directory, random.Random(20260907), number)
        self.said: dict[int, list[Evaluation]] = defaultdict(list)
        for verdict in session.exec(select(Evaluation)).all():
            self.said[verdict.case_id].append(verdict)
        self.resolved: dict[int, list[dt.datetime]] = defaultdict(list)
        for line in session.exec(select(StatusChange).where(StatusChange.action == "resolve")).all():
            self.resolved[line.case_id].append(line.at)

    def of(self, measure: Measure, scope: Scope) -> list[Case]:
        """The cases a number counts."""
        return [case for case in self.within(scope) if self.counts(measure, case, scope.period)]

    def within(self, scope: Scope) -> list[Case]:
        """The cases of the scope's places, whenever they were received."""
        return [case for case in self.cases if self._is_in(case, scope)]

    def total(self, scope: Scope) -> Counts:
        return Counts(**{field.name: len(self.of(Measure(field.name), scope)) for field in fields(Counts)})

    def label(self, case: Case, by: By) -> str:
        """The name of the line of the table a case is in."""
        if by is By.CATEGORY:
            return f"{case.category_code} {self.directory.categories[case.category_code].name}"
        if by is By.DEPARTMENT:
            return self.directory.departments[case.lead_department_id].name
        if by is By.WEEK:
            day = case.received_at.astimezone(SHANGHAI).date()
            return f"{day - dt.timedelta(days=day.weekday())} 周"
        unit = self.directory.units[case.unit_id]
        below = ("micro_grid",) if by is By.GRID else ("micro_grid", "grid")
        while unit.level in below:
            unit = self.directory.units[unit.parent_id or 0]
        return unit.name if unit.level == by.value else f"{unit.name}（本级）"

    def counts(self, measure: Measure, case: Case, period: Period) -> bool:
        """Whether a number counts the case, by its definition alone."""
        has_rate = case.kind in COUNTED and case.status != "merged"
        if measure == "everything":
            return _inside(case.received_at, period)
        if measure in ("inquiry", "suggestion", "praise"):
            return case.kind == measure.value and _inside(case.received_at, period)
        if measure == "flow_resolved":
            return has_rate and any(_inside(at, period) for at in self.resolved[case.id or 0])
        if measure == "flow_closed":
            return has_rate and _inside(case.closed_at, period)
        if measure == "late_then":
            return has_rate and self.late(case, min(period.end, NOW))
        if measure in ("open", "overdue", "due_soon", "untaken", "returned"):
            return has_rate and case.status in OPEN and self._now(measure, case)
        return has_rate and _inside(case.received_at, period) and self._of_cohort(measure, case)

    def late(self, case: Case, moment: dt.datetime) -> bool:
        return case.due_at <= moment and (case.ended_at is None or case.ended_at > moment)

    def _now(self, measure: Measure, case: Case) -> bool:
        return {
            "open": True,
            "overdue": case.due_at <= NOW,
            "due_soon": NOW < case.due_at <= NOW + DAY,
            "untaken": case.status in ("received", "dispatched", "reopened"),
            "returned": case.status == "returned",
        }[measure.value]

    def _of_cohort(self, measure: Measure, case: Case) -> bool:
        closed, refused = case.status == "closed", case.status in ("withdrawn", "declined")
        due = not refused and case.original_due_at <= NOW
        postponed = due and not closed and case.due_at > NOW
        said = self.said[case.id or 0]
        solved = [e.resolved for e in said if e.resolved is not None]
        happy = [e.satisfied for e in said if e.satisfied is not None]
        return {
            "received": True,
            "handled": case.status in ("resolved", "closed"),
            "closed": closed,
            "finished": case.resolved_at is not None,
            "closed_by_silence": closed and case.closed_by == "silence",
            "closed_on_time": closed and case.closed_at is not None and case.closed_at <= case.due_at,
            "due": due,
            "due_closed": due and closed,
            "postponed": postponed,
            "due_not_postponed": due and not postponed,
            "overdue_open": case.status in OPEN and case.due_at <= NOW,
            "withdrawn": case.status == "withdrawn",
            "declined": case.status == "declined",
            "asked_solved": bool(solved),
            "solved": bool(solved) and all(solved),
            "asked_satisfied": bool(happy),
            "satisfied": bool(happy) and all(happy),
            "unanswered": case.resolved_at is not None and not solved and not happy,
        }[measure.value]

    def _is_in(self, case: Case, scope: Scope) -> bool:
        lineage = [unit.id for unit in self.directory.lineage(case.unit_id)]
        return (
            (scope.units is None or case.unit_id in scope.units)
            and (scope.unit is None or scope.unit in lineage)
            and (scope.department is None or case.lead_department_id == scope.department)
            and (scope.category is None or case.category_code == scope.category)
            and (scope.class_ is None or case.class_ == scope.class_)
        )


def bucket_of(case: Case, step: Step) -> int | None:
    """Which bucket a step of the case is in; nothing where it has not been finished."""
    start, end = {
        Step.ACCEPT: (case.dispatched_at, case.accepted_at),
        Step.WORK: (case.accepted_at, case.resolved_at),
        Step.CONFIRM: (case.resolved_at, case.closed_at),
        Step.ALL: (case.received_at, case.closed_at),
    }[step]
    if start is None or end is None:
        return None
    return next((i for i, limit in enumerate(LIMITS) if end - start <= limit), len(LIMITS))


def scopes(street: Street) -> Iterator[Scope]:
    """The whole, each filter alone, all of them together, what a leader sees, and what there is not."""
    directory, counted = street.directory, street.of(Measure.RECEIVED, Scope(PERIOD))
    one = counted[0]
    by_level = {unit.level: unit.id for unit in directory.units.values()}
    units = frozenset(random.Random(3).sample(sorted(directory.units), 9))
    yield Scope(PERIOD)
    for level in (UnitLevel.SUBDISTRICT, UnitLevel.COMMUNITY, UnitLevel.GRID):
        yield Scope(PERIOD, unit=by_level[level])
    yield Scope(PERIOD, department=one.lead_department_id)
    yield Scope(PERIOD, category=one.category_code)
    yield Scope(PERIOD, class_=CaseClass.PARTY)
    yield Scope(PERIOD, units, one.unit_id, None, one.lead_department_id, one.category_code, one.class_)
    yield Scope(PERIOD, units=units)
    yield Scope(PERIOD, units=units, unit=by_level[UnitLevel.SUBDISTRICT])
    yield Scope(PERIOD, units=frozenset())
    yield Scope(PERIOD, unit=99_999)
    yield Scope(PERIOD, category="\x00")
    yield Scope(Period(PERIOD.end, PERIOD.start))
    yield Scope(Period(PERIOD.start + 9 * DAY, PERIOD.start + 20 * DAY))


def _inside(moment: dt.datetime | None, period: Period) -> bool:
    return moment is not None and period.start <= moment < period.end


def _cases(session: Session, directory: Directory, dice: random.Random, number: int) -> list[Case]:
    """Every state, kind and class in turn; places, times and deadlines by the dice."""
    accounts = [account.id or 0 for account in session.exec(select(Account)).all()]
    units = [unit.id or 0 for unit in directory.units.values() if unit.level is not UnitLevel.DISTRICT]
    codes, departments = sorted(directory.categories)[:9], sorted(directory.departments)[:6]
    states, kinds = cycle(CaseStatus), cycle([*(COUNTED * 5), *RequestKind])
    classes, edges = cycle(CaseClass), cycle(EDGES)
    cases = []
    for i in range(number):
        received = (
            next(edges) if i % 9 == 0 else PERIOD.start + dt.timedelta(seconds=dice.randint(-2_000_000, 4_300_000))
        )
        due = received + dt.timedelta(hours=dice.choice([2, 24, 80, 400]))
        status = next(states)
        cases.append(
            Case(
                kind=RequestKind(next(kinds)),
                class_=next(classes),
                category_code=dice.choice(codes),
                urgency=dice.choice(list(Urgency)),
                status=status,
                text="",
                masked_text="",
                account_id=dice.choice(accounts),
                unit_id=dice.choice(units),
                level=dice.choice(list(EscalationLevel)),
                lead_department_id=dice.choice(departments),
                received_at=received,
                original_due_at=due,
                due_at=NOW
                if i % 50 == 2 and received < NOW
                else due + dt.timedelta(days=dice.choice([0, 0, 0, 3, 40])),
                **_course(status, received, dice),
            )
        )
    session.add_all(cases)
    session.flush()
    _tell_histories(session, cases, dice)
    _evaluate(session, cases, accounts, dice)
    return cases


def _course(status: CaseStatus, received: dt.datetime, dice: random.Random) -> dict[str, object]:
    """The moments a case of that state has, each step after the other."""
    moments = [received + dt.timedelta(seconds=dice.randint(0, 60))]
    for _step in range(3):
        moments.append(moments[-1] + dice.choice(STEPS))
    dispatched, accepted, resolved, closed = (min(moment, NOW) for moment in moments)
    course: dict[str, object] = {"dispatched_at": dispatched}
    if status in ("accepted", "resolved", "closed"):
        course["accepted_at"] = accepted
    if status in ("resolved", "closed") or (status == "declined" and dice.random() < 0.3):  # sealed after it was done
        course["resolved_at"] = resolved
    if status == "closed":
        course |= {"closed_at": closed, "closed_by": dice.choice([ClosedBy.REPORTER, ClosedBy.SILENCE])}
    return course if status in OPEN else course | {"ended_at": resolved}


def _tell_histories(session: Session, cases: list[Case], dice: random.Random) -> None:
    """When somebody said 办结: the last time, and earlier ones of cases that were opened again."""
    for case in cases:
        said = [case.resolved_at] if case.resolved_at else []
        for _ in range(dice.choice([0, 0, 1, 2])):
            early = min(case.received_at + dt.timedelta(days=dice.randint(0, 9), seconds=dice.randint(0, 999)), NOW)
            if case.kind in COUNTED and (case.resolved_at is None or early < case.resolved_at):
                said.append(early)
                _note(session, case, "reopen", early + HOUR)
        for moment in said:
            _note(session, case, "resolve", moment)
    session.flush()


def _note(session: Session, case: Case, action: str, at: dt.datetime) -> None:
    to = CaseStatus.RESOLVED if action == "resolve" else CaseStatus.REOPENED
    session.add(StatusChange(case_id=case.id or 0, at=at, action=action, to_status=to, actor_role="holder"))


def _evaluate(session: Session, cases: list[Case], accounts: list[int], dice: random.Random) -> None:
    """Reporters of half the answered cases say something, some of two reporters of a case say different things."""
    for case in cases:
        for account in accounts[: dice.randint(0, 2)] if case.resolved_at and dice.random() < 0.5 else []:
            verdict = Evaluation(case_id=case.id or 0, account_id=account, at=NOW)
            verdict.resolved, verdict.satisfied = dice.choice([True, False, None]), dice.choice([True, False, None])
            session.add(verdict)
    session.flush()
