"""Every number of the table, of the flow, of the verdicts and of the present, computed a second time slowly."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import fields

import pytest

from data.database import Database
from data.models import Case, CaseStatus, EscalationLevel, Evaluation, RequestKind, UnitLevel
from data.taxonomy import CaseClass, Urgency
from handlers.cases import statistics
from handlers.cases.counts import Counts, Rate
from handlers.cases.measures import KINDS_APART, Measure
from handlers.cases.scope import By, Scope, last_days
from handlers.cases.statistics import Flow, Verdicts, closure_table, total
from handlers.local_time import SHANGHAI, Period
from tests.conftest import BACKENDS
from tests.handlers.cases.random_street import COUNTED, NOW, OPEN, PERIOD, Street, scopes

M = Measure


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
    levels = {street.directory.units[case.unit_id].level for case in street.of(M.RECEIVED, Scope(PERIOD))}
    assert levels == {UnitLevel.SUBDISTRICT, UnitLevel.COMMUNITY, UnitLevel.GRID, UnitLevel.MICRO_GRID}
    assert all(len(street.of(measure, Scope(PERIOD))) > 1 for measure in Measure)
    again = [case for case in street.of(M.FLOW_RESOLVED, Scope(PERIOD)) if case.status in OPEN]
    assert len(again) > 5
    assert any(case.due_at == NOW for case in street.of(M.OVERDUE, Scope(PERIOD)))


@pytest.mark.parametrize("by", By)
def test_every_number_of_the_closure_table_in_every_scope(street: Street, by: By) -> None:
    for scope in scopes(street):
        groups: dict[str, list[Case]] = defaultdict(list)
        for case in street.of(M.RECEIVED, scope):
            groups[street.label(case, by)].append(case)
        lines = closure_table(street.session, street.directory, by, scope, NOW)
        assert [line.name for line in lines] == sorted(groups)
        for line in lines:
            cases = groups[line.name]
            for field in fields(Counts):
                expected = sum(street.counts(Measure(field.name), case, scope.period) for case in cases)
                assert getattr(line.counts, field.name) == expected, (by, line.name, field.name)
        assert total(lines) == street.total(scope)


def test_the_rates_of_the_whole(street: Street) -> None:
    table = total(closure_table(street.session, street.directory, By.WEEK, Scope(PERIOD), NOW))
    received = street.of(M.RECEIVED, Scope(PERIOD))
    closed = [case for case in received if case.status == "closed"]
    resolved = [case for case in received if case.status == "resolved"]
    over = [case for case in received if street.counts(M.DUE, case, PERIOD)]
    extended = [case for case in over if case.due_at > NOW and case.status != "closed"]
    assert table.closure_rate == Rate(len(closed), len(received))
    assert table.handled_rate == Rate(len(closed) + len(resolved), len(received))
    on_time = sum(c.closed_at <= c.due_at for c in closed if c.closed_at)
    assert table.on_time_closure_rate == Rate(on_time, len(received))
    assert table.net_closure_rate == Rate(sum(c.status == "closed" for c in over), len(over) - len(extended))
    assert 0 < (table.net_closure_rate.value or 0) <= 1


def test_flow_counts_what_happened_in_the_period_whenever_it_began(street: Street) -> None:
    for scope in scopes(street):
        expected = Flow(len(street.of(M.FLOW_RESOLVED, scope)), len(street.of(M.FLOW_CLOSED, scope)))
        assert statistics.flow(street.session, street.directory, scope, NOW) == expected


def test_verdicts_are_the_reporters_own_words(street: Street) -> None:
    for scope in scopes(street):
        number = {measure: len(street.of(measure, scope)) for measure in Measure}
        assert statistics.verdicts(street.session, street.directory, scope) == Verdicts(
            Rate(number[M.SOLVED], number[M.ASKED_SOLVED]),
            Rate(number[M.SATISFIED], number[M.ASKED_SATISFIED]),
            number[M.FINISHED] - number[M.UNANSWERED],
        )


def test_a_no_counts_although_the_case_is_being_worked_on_again(street: Street) -> None:
    """没解决 reopens the case; its verdict must not vanish until the case is resolved once more."""
    reopened = [c for c in street.of(M.RECEIVED, Scope(PERIOD)) if c.status == "dispatched" and c.resolved_at is None]
    before = statistics.verdicts(street.session, street.directory, Scope(PERIOD))
    with street.session.begin_nested() as undone:
        street.session.add(Evaluation(case_id=reopened[0].id or 0, account_id=1, at=NOW, resolved=False))
        after = statistics.verdicts(street.session, street.directory, Scope(PERIOD))
        undone.rollback()
    asked = before.resolution_rate
    assert after.resolution_rate == Rate(asked.numerator, asked.denominator + 1)
    assert after.heard == before.heard


def test_inquiries_suggestions_and_praise_are_counted_apart(street: Street) -> None:
    for scope in scopes(street):
        found = statistics.counted_apart(street.session, street.directory, scope)
        assert found == {kind: len(street.of(measure, scope)) for measure, kind in KINDS_APART.items()}
    assert set(KINDS_APART.values()) == {kind for kind in RequestKind if kind not in COUNTED}


def test_the_present_is_the_same_in_every_period(street: Street) -> None:
    for scope in scopes(street):
        found = statistics.present(street.session, street.directory, scope, NOW)
        assert found.numbers == {measure: len(street.of(measure, scope)) for measure in found.numbers}
        levels = [case.level for case in street.of(M.OPEN, scope)]
        assert found.levels == {level: levels.count(level) for level in EscalationLevel}
    never = Scope(Period(dt.datetime(2020, 1, 1, tzinfo=dt.UTC), dt.datetime(2020, 2, 1, tzinfo=dt.UTC)))
    whole = statistics.present(street.session, street.directory, Scope(PERIOD), NOW)
    assert statistics.present(street.session, street.directory, never, NOW) == whole


def test_an_empty_period(street: Street) -> None:
    never = Scope(Period(dt.datetime(2020, 1, 1, tzinfo=dt.UTC), dt.datetime(2020, 2, 1, tzinfo=dt.UTC)))
    assert closure_table(street.session, street.directory, By.GRID, never, NOW) == []
    assert total([]) == Counts()
    assert set(statistics.counted_apart(street.session, street.directory, never).values()) == {0}
    assert statistics.flow(street.session, street.directory, never, NOW) == Flow(0, 0)
    assert statistics.verdicts(street.session, street.directory, never) == Verdicts(Rate(0, 0), Rate(0, 0), 0)


def test_the_period_before_is_as_long_and_ends_where_this_one_begins() -> None:
    scope = Scope(last_days(7, NOW), department=3)
    assert scope.period == Period(
        dt.datetime(2026, 9, 14, tzinfo=SHANGHAI).astimezone(dt.UTC),
        dt.datetime(2026, 9, 21, tzinfo=SHANGHAI).astimezone(dt.UTC),
    )
    before = scope.previous()
    assert before.period.end == scope.period.start
    assert before.period.end - before.period.start == dt.timedelta(days=7)
    assert before.department == 3


@pytest.mark.parametrize(
    ("numerator", "denominator", "printed"),
    [(1, 3, "33.3% (1/3)"), (2, 2, "100.0% (2/2)"), (0, 7, "0.0% (0/7)"), (0, 0, "– (0/0)")],
)
def test_a_rate_never_hides_what_it_is_made_of(numerator: int, denominator: int, printed: str) -> None:
    assert str(Rate(numerator, denominator)) == printed
    assert (Rate(numerator, denominator).value is None) == (denominator == 0)
