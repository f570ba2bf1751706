"""Every number of the tables, computed a second time slowly and obviously from the same three hundred cases."""

import datetime as dt
import random
from collections import defaultdict
from collections.abc import Iterator
from itertools import cycle

import pytest
from sqlmodel import Session, select

from data.database import Database
from data.models import (
    Account,
    Case,
    CaseStatus,
    ClosedBy,
    EscalationLevel,
    Evaluation,
    RequestKind,
    UnitLevel,
)
from data.taxonomy import CaseClass, Urgency
from handlers.cases import statistics
from handlers.cases.statistics import By, Counts, Flow, Rate, Verdicts, closure_table, total
from handlers.directory import Directory
from handlers.local_time import SHANGHAI, Period
from tests.conftest import BACKENDS

PERIOD = Period(dt.datetime(2026, 8, 1, tzinfo=SHANGHAI), dt.datetime(2026, 10, 1, tzinfo=SHANGHAI))
NOW = dt.datetime(2026, 9, 20, 15, 30, tzinfo=SHANGHAI)
COUNTED = ("complaint", "assistance", "irregularity")
# Where a day, a week or the period begins and ends.
EDGES = (
    PERIOD.start,
    PERIOD.start - dt.timedelta(microseconds=1),
    PERIOD.end,
    PERIOD.end - dt.timedelta(microseconds=1),
    dt.datetime(2026, 9, 7, 0, 0, tzinfo=SHANGHAI),
    dt.datetime(2026, 9, 6, 23, 59, 59, 999_000, tzinfo=SHANGHAI),
)


class Street:
    """Three hundred random cases in a database, and the same cases as a list."""

    def __init__(self, session: Session) -> None:
        self.session, self.directory = session, Directory.load(session)
        self.cases = _cases(session, self.directory, random.Random(20260907))
        self.evaluations = list(session.exec(select(Evaluation)).all())

    def counted(self) -> list[Case]:
        """Received in the period, of a kind that has rates, not merged."""
        return [c for c in self.cases if _inside(c.received_at) and c.kind in COUNTED and c.status != "merged"]


@pytest.fixture(scope="module", params=BACKENDS)
def street(request: pytest.FixtureRequest) -> Iterator[Street]:
    """On each backend in turn, once for all tests, which only read."""
    databases = request.getfixturevalue(f"{request.param}_databases")
    with databases.seeded() as url:
        database = Database(url)
        with database.writing() as session:
            yield Street(session)
        database.close()


def test_the_random_cases_leave_nothing_out(street: Street) -> None:
    assert len(street.cases) == 300
    for column, values in [("status", CaseStatus), ("kind", RequestKind), ("urgency", Urgency), ("class_", CaseClass)]:
        assert {getattr(case, column) for case in street.cases} == set(values)
    levels = {street.directory.units[case.unit_id].level for case in street.counted()}
    assert levels == {UnitLevel.SUBDISTRICT, UnitLevel.COMMUNITY, UnitLevel.GRID, UnitLevel.MICRO_GRID}
    assert all(getattr(counts_of(street.counted()), name) > 3 for name in Counts.__dataclass_fields__)


@pytest.mark.parametrize("by", By)
def test_every_number_of_the_closure_table(street: Street, by: By) -> None:
    groups: dict[str, list[Case]] = defaultdict(list)
    for case in street.counted():
        groups[label(street.directory, case, by)].append(case)
    table = closure_table(street.session, street.directory, by, PERIOD, NOW)
    assert table == {name: counts_of(cases) for name, cases in groups.items()}
    assert list(table) == sorted(table)
    assert total(table) == counts_of(street.counted())


def test_the_rates_of_the_whole(street: Street) -> None:
    table = total(closure_table(street.session, street.directory, By.WEEK, PERIOD, NOW))
    cases = street.counted()
    closed = [case for case in cases if case.status == "closed"]
    resolved = [case for case in cases if case.status == "resolved"]
    over = [case for case in cases if first_limit_is_over(case)]
    extended = [case for case in over if case.due_at > NOW and case.status != "closed"]
    assert table.closure_rate == Rate(len(closed), len(cases))
    assert table.handled_rate == Rate(len(closed) + len(resolved), len(cases))
    assert table.on_time_closure_rate == Rate(sum(c.closed_at <= c.due_at for c in closed if c.closed_at), len(cases))
    assert table.net_closure_rate == Rate(sum(c.status == "closed" for c in over), len(over) - len(extended))
    assert 0 < (table.net_closure_rate.value or 0) <= 1


def test_flow_counts_what_happened_in_the_period_whenever_it_began(street: Street) -> None:
    counted = [c for c in street.cases if c.kind in COUNTED and c.status != "merged"]
    moments = zip(*((c.received_at, c.resolved_at, c.closed_at) for c in counted), strict=True)
    assert statistics.flow(street.session, PERIOD) == Flow(*(sum(map(_inside, column)) for column in moments))


def test_verdicts_are_the_reporters_own_words(street: Street) -> None:
    ids = {case.id for case in street.counted()}
    answers = [e for e in street.evaluations if e.case_id in ids]
    resolved = [e.resolved for e in answers if e.resolved is not None]
    satisfied = [e.satisfied for e in answers if e.satisfied is not None]
    spoken = {e.case_id for e in answers if e.resolved is not None or e.satisfied is not None}
    silent = [case for case in street.counted() if case.resolved_at is not None and case.id not in spoken]
    assert statistics.verdicts(street.session, PERIOD) == Verdicts(
        Rate(resolved.count(True), len(resolved)), Rate(satisfied.count(True), len(satisfied)), len(silent)
    )
    assert 0 < resolved.count(True) < len(resolved)
    assert silent


def test_a_no_counts_although_the_case_is_being_worked_on_again(street: Street) -> None:
    """没解决 reopens the case; its verdict must not vanish until the case is resolved once more."""
    reopened = [c for c in street.counted() if c.status == "dispatched" and c.resolved_at is None]
    before = statistics.verdicts(street.session, PERIOD).resolution_rate
    with street.session.begin_nested() as undone:
        street.session.add(Evaluation(case_id=reopened[0].id or 0, account_id=1, at=NOW, resolved=False))
        after = statistics.verdicts(street.session, PERIOD).resolution_rate
        undone.rollback()
    assert after == Rate(before.numerator, before.denominator + 1)


def test_inquiries_suggestions_and_praise_are_counted_apart(street: Street) -> None:
    inside = [case.kind for case in street.cases if _inside(case.received_at)]
    found = statistics.counted_apart(street.session, PERIOD)
    assert found == {kind: inside.count(kind) for kind in RequestKind if kind not in COUNTED}
    assert all(found.values())


def test_an_empty_period(street: Street) -> None:
    never = Period(dt.datetime(2020, 1, 1, tzinfo=dt.UTC), dt.datetime(2020, 2, 1, tzinfo=dt.UTC))
    assert closure_table(street.session, street.directory, By.GRID, never, NOW) == {}
    assert total({}) == Counts()
    assert set(statistics.counted_apart(street.session, never).values()) == {0}
    assert statistics.flow(street.session, never) == Flow(0, 0, 0)
    assert statistics.verdicts(street.session, never) == Verdicts(Rate(0, 0), Rate(0, 0), 0)


@pytest.mark.parametrize(
    ("numerator", "denominator", "printed"),
    [(1, 3, "33.3% (1/3)"), (2, 2, "100.0% (2/2)"), (0, 7, "0.0% (0/7)"), (0, 0, "– (0/0)")],
)
def test_a_rate_never_hides_what_it_is_made_of(numerator: int, denominator: int, printed: str) -> None:
    assert str(Rate(numerator, denominator)) == printed
    assert (Rate(numerator, denominator).value is None) == (denominator == 0)


def first_limit_is_over(case: Case) -> bool:
    return case.status not in ("withdrawn", "declined") and case.original_due_at <= NOW


def counts_of(cases: list[Case]) -> Counts:
    """Case by case, with a line for each number."""
    n: dict[str, int] = defaultdict(int)
    for case in cases:
        closed, ended = case.status == "closed", case.status in ("withdrawn", "declined")
        n["received"] += 1
        n["handled"] += case.status in ("resolved", "closed")
        n["closed"] += closed
        n["closed_by_silence"] += closed and case.closed_by == "silence"
        n["closed_on_time"] += closed and case.closed_at is not None and case.closed_at <= case.due_at
        n["due"] += first_limit_is_over(case)
        n["due_closed"] += first_limit_is_over(case) and closed
        n["postponed"] += first_limit_is_over(case) and case.due_at > NOW and not closed
        n["overdue_open"] += case.due_at <= NOW and not ended and case.status not in ("resolved", "closed")
        n["withdrawn"] += case.status == "withdrawn"
        n["declined"] += case.status == "declined"
    return Counts(**n)


def label(directory: Directory, case: Case, by: By) -> str:
    if by is By.CATEGORY:
        return f"{case.category_code} {directory.categories[case.category_code].name}"
    if by is By.DEPARTMENT:
        return directory.departments[case.lead_department_id].name
    if by is By.WEEK:
        day = case.received_at.astimezone(SHANGHAI).date()
        return f"{day - dt.timedelta(days=day.weekday())} 周"
    wanted = ("grid",) if by is By.GRID else ("community",)
    unit = directory.units[case.unit_id]
    below = ("micro_grid",) if by is By.GRID else ("micro_grid", "grid")
    while unit.level not in wanted and unit.level in below:
        unit = directory.units[unit.parent_id or 0]
    return unit.name


def _inside(moment: dt.datetime | None) -> bool:
    return moment is not None and PERIOD.start <= moment < PERIOD.end


def _cases(session: Session, directory: Directory, dice: random.Random) -> list[Case]:
    """Every state, kind and class in turn; places, times and deadlines by the dice."""
    accounts = [account.id or 0 for account in session.exec(select(Account)).all()]
    units = [unit.id or 0 for unit in directory.units.values() if unit.level is not UnitLevel.DISTRICT]
    codes, departments = sorted(directory.categories), sorted(directory.departments)
    states, kinds = cycle(CaseStatus), cycle([*(COUNTED * 5), *RequestKind])
    classes, edges = cycle(CaseClass), iter(EDGES)
    cases = []
    for _ in range(300):
        status = next(states)
        received = next(edges, None) or PERIOD.start + dt.timedelta(seconds=dice.randint(-2_000_000, 4_800_000))
        due = received + dt.timedelta(hours=dice.choice([2, 24, 80, 400]))
        resolved = received + dt.timedelta(hours=dice.randint(1, 200)) if status in ("resolved", "closed") else None
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
                due_at=due + dt.timedelta(days=dice.choice([0, 0, 0, 3, 40])),
                resolved_at=resolved,
                closed_at=resolved + dt.timedelta(hours=dice.randint(1, 400))
                if resolved and status == "closed"
                else None,
                closed_by=dice.choice([ClosedBy.REPORTER, ClosedBy.SILENCE]) if status == "closed" else None,
            )
        )
    session.add_all(cases)
    session.flush()
    _evaluate(session, cases, accounts, dice)
    return cases


def _evaluate(session: Session, cases: list[Case], accounts: list[int], dice: random.Random) -> None:
    """Reporters of half the answered cases say something, some of two reporters of a case say different things."""
    for case in cases:
        for account in accounts[: dice.randint(0, 2)] if case.resolved_at and dice.random() < 0.5 else []:
            verdict = Evaluation(case_id=case.id or 0, account_id=account, at=NOW)
            verdict.resolved, verdict.satisfied = dice.choice([True, False, None]), dice.choice([True, False, None])
            session.add(verdict)
    session.flush()
