"""Tickets: good for one answer within the hour, newest first, written down sparingly, on both databases."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from bot.channels.wecom_robot.reply_tickets import ENOUGH, TicketStore
from data.database import Database
from data.models import ReplyTicket
from tests.talking import MONDAY


class Clock:
    def __init__(self) -> None:
        self.minutes = 0.0

    def __call__(self) -> dt.datetime:
        return MONDAY + dt.timedelta(minutes=self.minutes)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tickets(database: Database, clock: Clock) -> TicketStore:
    return TicketStore(database, "robot", clock)


def _taken(tickets: TicketStore, conversation: str = "g") -> list[str]:
    found = []
    while ticket := tickets.take(conversation):
        found.append(ticket.address)
    return found


def _rows(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(ReplyTicket)) or 0


def test_newest_first_and_each_once(tickets: TicketStore) -> None:
    for address in ("one", "two", "three"):
        tickets.add("g", address)
    assert _taken(tickets) == ["three", "two", "one"]
    assert tickets.take("g") is None


def test_conversations_and_channels_have_their_own(database: Database, clock: Clock, tickets: TicketStore) -> None:
    tickets.add("g", "one")
    TicketStore(database, "another", clock).add("g", "two")
    assert (_taken(tickets, "h"), _taken(tickets)) == ([], ["one"])


def test_given_back_it_can_be_taken_again(tickets: TicketStore) -> None:
    tickets.add("g", "one")
    ticket = tickets.take("g")
    assert ticket is not None
    tickets.give_back(ticket)
    assert _taken(tickets) == ["one"]


def test_it_ends_before_the_hour_does(database: Database, clock: Clock, tickets: TicketStore) -> None:
    tickets.add("g", "one")
    clock.minutes = 58.9
    ticket = tickets.take("g")
    assert ticket is not None
    tickets.give_back(ticket)
    clock.minutes = 59
    assert tickets.take("g") is None
    tickets.add("h", "two")  # what is too old is cleared away with the next
    assert _rows(database) == 1


def test_a_message_that_comes_twice_brings_one_ticket(tickets: TicketStore) -> None:
    tickets.add("g", "one")
    tickets.add("g", "one")
    assert _taken(tickets) == ["one"]
    tickets.add("g", "one")  # used, and still known
    assert _taken(tickets) == []


def test_a_talkative_group_does_not_fill_the_table(database: Database, clock: Clock, tickets: TicketStore) -> None:
    for number in range(50):
        tickets.add("g", f"early {number}")
    assert _rows(database) == ENOUGH
    clock.minutes = 25  # those in hand grow old
    for number in range(50):
        tickets.add("g", f"late {number}")
    assert _rows(database) == 2 * ENOUGH
    assert _taken(tickets)[0] == f"late {ENOUGH - 1}"


def test_the_address_is_stored_encrypted(database: Database, tickets: TicketStore) -> None:
    tickets.add("g", "https://platform.test/?response_code=secret")
    with database.reading() as session:
        stored = session.connection().exec_driver_sql("SELECT address FROM reply_tickets").scalar_one()
    assert b"secret" not in bytes(stored)


def test_of_many_who_want_the_same_one_gets_it(database: Database, clock: Clock, tickets: TicketStore) -> None:
    tickets.add("g", "one")
    stores = [TicketStore(database, "robot", clock) for _ in range(8)]
    with ThreadPoolExecutor(8) as threads:
        taken = list(threads.map(lambda store: store.take("g"), stores))
    assert [ticket.address for ticket in taken if ticket] == ["one"]
