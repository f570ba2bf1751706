"""The numbers of each week and of each step, computed a second time case by case; and the lists behind them."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace

import pytest

from data.database import Database
from handlers.cases import listing, steps, trend
from handlers.cases.board import week_scope
from handlers.cases.listing import Filter
from handlers.cases.measures import Measure
from handlers.cases.scope import Scope, days_between, last_days
from handlers.cases.steps import Step, Times
from handlers.local_time import SHANGHAI, Period
from tests.conftest import BACKENDS
from tests.handlers.cases.random_street import DAY, NOW, PERIOD, Street, bucket_of, scopes
from tests.handlers.scenes import RESIDENT, private, resolved
from tests.talking import Talk

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


def _listed(street: Street, filter: Filter) -> set[int]:
    found = listing.find(street.session, street.directory, filter, NOW, limit=1_000)
    assert listing.count(street.session, street.directory, filter, NOW) == len(found)
    return {case.id or 0 for case in found}


def test_every_number_of_every_week_in_every_scope(street: Street) -> None:
    for scope in scopes(street):
        for week in trend.weekly(street.session, street.directory, scope, NOW):
            whole = week_scope(scope, week)
            assert week.received == len(street.of(M.RECEIVED, whole)), week
            assert week.resolved == len(street.of(M.FLOW_RESOLVED, whole)), week
            assert week.closed == len(street.of(M.FLOW_CLOSED, whole)), week
            assert week.overdue == len(street.of(M.LATE_THEN, whole)), week


def test_every_week_has_its_lists(street: Street) -> None:
    for week in trend.weekly(street.session, street.directory, Scope(PERIOD), NOW):
        whole = week_scope(Scope(PERIOD), week)
        for measure, number in (
            (M.RECEIVED, week.received),
            (M.FLOW_RESOLVED, week.resolved),
            (M.FLOW_CLOSED, week.closed),
            (M.LATE_THEN, week.overdue),
        ):
            assert len(_listed(street, Filter(measure, whole))) == number


def test_weeks_are_whole_ones_and_none_is_in_the_future(street: Street) -> None:
    weeks = trend.weekly(street.session, street.directory, Scope(PERIOD), NOW)
    assert weeks[0].monday == dt.date(2026, 7, 27)  # the period begins on the Saturday of that week
    assert weeks[-1].monday == dt.date(2026, 9, 14)  # NOW is the Sunday of that week
    assert [week.monday for week in weeks] == [weeks[0].monday + i * 7 * DAY for i in range(len(weeks))]
    assert max(week.overdue for week in weeks) > max(week.overdue for week in weeks[:2]) >= 0


@pytest.mark.parametrize(
    ("first", "last", "number"),
    [
        ("2026-09-14", "2026-09-20", 1),
        ("2026-09-13", "2026-09-14", 2),
        ("2026-09-20", "2026-09-19", 0),
        ("2026-09-21", "2026-09-30", 0),
        ("2000-01-01", "2100-01-01", 53),
    ],
)
def test_how_many_weeks_a_period_shows(street: Street, first: str, last: str, number: int) -> None:
    period = days_between(dt.date.fromisoformat(first), dt.date.fromisoformat(last))
    weeks = trend.weekly(street.session, street.directory, Scope(period), NOW)
    assert len(weeks) == number


def test_the_last_week_is_as_it_is_now(street: Street) -> None:
    week = trend.weekly(street.session, street.directory, Scope(last_days(7, NOW)), NOW)[-1]
    assert week.overdue == len(street.of(M.OVERDUE, Scope(PERIOD))) > 5


def test_every_bucket_of_every_step_in_every_scope(street: Street) -> None:
    for scope in scopes(street):
        for times in steps.times(street.session, street.directory, scope):
            found = [bucket_of(case, times.step) for case in street.of(M.RECEIVED, scope)]
            assert list(times.counts) == [found.count(bucket) for bucket in range(6)], times.step


def test_every_bucket_has_its_list(street: Street) -> None:
    scope = Scope(PERIOD)
    for times in steps.times(street.session, street.directory, scope):
        for bucket, number in enumerate(times.counts):
            ids = _listed(street, Filter(M.RECEIVED, scope, step=times.step, bucket=bucket))
            cases = [case for case in street.of(M.RECEIVED, scope) if case.id in ids]
            assert len(cases) == len(ids) == number
            assert {bucket_of(case, times.step) for case in cases} <= {bucket}
        assert len(_listed(street, Filter(M.RECEIVED, scope, step=times.step))) == times.total > 5
    accept = next(times for times in steps.times(street.session, street.directory, scope) if times.step is Step.ACCEPT)
    assert all(accept.counts)


@pytest.mark.parametrize(
    ("counts", "median"),
    [
        ((0, 0, 0, 0, 0, 0), None),
        ((1, 0, 0, 0, 0, 1), 0),
        ((0, 1, 0, 0, 1, 1), 4),
        ((0, 0, 0, 0, 0, 9), 5),
        ((3, 0, 4, 0, 0, 0), 2),
    ],
)
def test_half_of_the_cases_are_done_in_the_median_bucket(counts: tuple[int, ...], median: int | None) -> None:
    assert Times(Step.ALL, counts).median == median


def test_a_case_that_was_opened_again_was_still_resolved_that_week(sqlite_talk: Talk) -> None:
    """The way of a real case: what the bot writes is what the numbers are made of."""
    number = resolved(sqlite_talk)
    sqlite_talk.later(hours=2)
    private(sqlite_talk, RESIDENT, f"没解决 {number}")
    assert sqlite_talk.case(number).resolved_at is None
    now = sqlite_talk.later(days=7).now
    with sqlite_talk.bot.database.reading() as session:
        directory, scope = sqlite_talk.bot.directory(), Scope(last_days(14, now))
        weeks = trend.weekly(session, directory, scope, now)
        assert [week.resolved for week in weeks][-2:] == [1, 0]
        assert weeks[-1].overdue == 1
        found = listing.find(session, directory, Filter(M.FLOW_RESOLVED, week_scope(scope, weeks[-2])), now, limit=9)
        assert [case.number for case in found] == [number]
        assert found[0].ended_at is None


def test_a_step_counts_from_the_cohort_alone(street: Street) -> None:
    never = replace(Scope(PERIOD), period=Period(dt.datetime(2020, 1, 1, tzinfo=SHANGHAI), PERIOD.start - 90 * DAY))
    assert {times.total for times in steps.times(street.session, street.directory, never)} == {0}
