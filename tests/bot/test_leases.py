"""A lease has one holder at a time, on both databases: renewed in time, given up, taken over when it has run out."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.leases import LONGEST_HOLDER, LeaseHolder, process_name
from data.database import Database
from data.models import Lease
from tests.talking import MONDAY


class Clock:
    """Both clocks of one machine, which move together when told."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> dt.datetime:
        return MONDAY + dt.timedelta(seconds=self.seconds)

    def ticks(self) -> float:
        return 1000.0 + self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


def _holder(database: Database, clock: Clock, name: str, lease: str = "robot") -> LeaseHolder:
    return LeaseHolder(database, lease, holder=name, seconds=30, clock=clock.now, ticks=clock.ticks)


def test_the_first_holds_and_renews(database: Database, clock: Clock) -> None:
    one, other = _holder(database, clock, "one"), _holder(database, clock, "other")
    assert [one.held, one.take(), one.held, other.take(), other.held] == [False, True, True, False, False]
    clock.seconds = 20
    assert one.take()
    clock.seconds = 40  # the first claim alone would have run out
    assert [other.take(), one.held] == [False, True]


def test_who_does_not_renew_has_lost_it(database: Database, clock: Clock) -> None:
    one, other = _holder(database, clock, "one"), _holder(database, clock, "other")
    one.take()
    clock.seconds = 29.9
    assert [one.held, other.take()] == [True, False]
    clock.seconds = 30
    assert [one.held, other.take(), one.take(), other.held] == [False, True, False, True]


def test_given_up_it_is_free_at_once(database: Database, clock: Clock) -> None:
    one, other = _holder(database, clock, "one"), _holder(database, clock, "other")
    one.take()
    one.give_up()
    assert [one.held, other.take(), one.take()] == [False, True, False]


def test_only_the_holder_can_give_it_up(database: Database, clock: Clock) -> None:
    one, other = _holder(database, clock, "one"), _holder(database, clock, "other")
    one.take()
    other.give_up()
    assert [other.take(), one.take()] == [False, True]


def test_leases_do_not_touch_each_other(database: Database, clock: Clock) -> None:
    one, other = _holder(database, clock, "one"), _holder(database, clock, "other", "archive")
    assert [one.take(), other.take()] == [True, True]
    other.give_up()
    assert one.take()


@pytest.mark.parametrize("run_out", [False, True], ids=["new", "run out"])
def test_of_many_who_ask_at_once_one_gets_it(database: Database, clock: Clock, run_out: bool) -> None:
    if run_out:
        _holder(database, clock, "dead").take()
        clock.seconds = 31
    holders = [_holder(database, clock, f"process {number}") for number in range(8)]
    with ThreadPoolExecutor(8) as threads:
        taken = list(threads.map(LeaseHolder.take, holders))
    assert taken.count(True) == 1
    with database.reading() as session:
        assert session.get_one(Lease, "robot").holder == holders[taken.index(True)].holder


def test_names_of_processes_differ_and_fit_the_table() -> None:
    names = {process_name() for _ in range(3)}
    assert len(names) == 3
    assert max(map(len, names)) <= LONGEST_HOLDER
