"""A round goes on past a result that could not be written, and ends early where the process is to stop."""

import datetime as dt
import sqlite3
import threading
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import make_url
from starlette.testclient import TestClient

from bot.app import build_app
from bot.channels import ChannelBusy, Outgoing, Receipt
from bot.outbox import Outbox
from bot.outbox.breaker import FAILURES_IN_A_ROW
from bot.outbox.claims import CLAIM
from data.database import Database
from data.models import OutboxMessage, OutboxStatus
from tests.talking import RecordingChannel, Talk

PATIENCE_SECONDS = 10
SENT, QUEUED, UNKNOWN = OutboxStatus.SENT, OutboxStatus.QUEUED, OutboxStatus.UNKNOWN


def _queue(talk: Talk, count: int) -> None:
    """One message each to so many people."""
    with talk.bot.database.writing() as session:
        for number in range(count):
            to: dict[str, Any] = {"channel": "console", "conversation": f"console:u:r{number}"}
            to |= {"account_platform_id": f"r{number}", "created_at": talk.now, "not_before": talk.now}
            session.add(OutboxMessage(**to, text=str(number)))
            session.flush()
        session.commit()


def _rows(talk: Talk) -> list[tuple[OutboxStatus, int]]:
    return [(row.status, row.attempts) for row in sorted(talk.rows(OutboxMessage), key=lambda row: row.id)]


@dataclass
class Disturbed(RecordingChannel):
    """While the first message is on its way, somebody takes the database for themselves; with the second they go."""

    other: sqlite3.Connection | None = None

    def send(self, outgoing: Outgoing) -> Receipt:
        assert self.other is not None
        receipt = super().send(outgoing)
        self.other.execute("ROLLBACK" if self.other.in_transaction else "BEGIN IMMEDIATE")
        return receipt


def test_a_result_that_cannot_be_written_costs_the_others_nothing(sqlite_talk: Talk) -> None:
    talk = sqlite_talk
    _queue(talk, 2)
    database = Database(talk.bot.settings.database_url)
    event.listen(database.engine, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout=1"))
    other = sqlite3.connect(make_url(talk.bot.settings.database_url).database or "", isolation_level=None)
    channel = Disturbed(checks_duplicates=False, other=other)
    outbox = Outbox(database, {"console": channel})
    assert outbox.deliver(talk.now) == 2
    assert [status for status, _attempts in _rows(talk)] == [OutboxStatus.SENDING, SENT]
    outbox.deliver(talk.now + CLAIM)
    assert [status for status, _attempts in _rows(talk)] == [UNKNOWN, SENT]
    assert [sent.text for sent in channel.sent] == ["0", "1"]
    other.close()
    database.close()


def test_what_waits_for_a_platform_that_is_left_alone_keeps_no_writer_waiting(sqlite_talk: Talk) -> None:
    talk = sqlite_talk
    _queue(talk, FAILURES_IN_A_ROW + 1)
    database = Database(talk.bot.settings.database_url)
    event.listen(database.engine, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout=1"))
    outbox = Outbox(database, {"console": RecordingChannel(failures=[ChannelBusy("503")] * FAILURES_IN_A_ROW)})
    assert outbox.deliver(talk.now) == FAILURES_IN_A_ROW
    other = sqlite3.connect(make_url(talk.bot.settings.database_url).database or "", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert outbox.deliver(talk.now) == 0
    other.close()
    assert outbox.deliver(talk.now + dt.timedelta(minutes=1)) == 1
    database.close()


def test_a_round_that_is_to_stop_puts_back_what_it_has_not_tried(talk: Talk) -> None:
    _queue(talk, 4)
    assert talk.bot.deliver_all(talk.now, stopping=lambda: len(talk.channel.sent) == 2) == 2
    assert _rows(talk) == [(SENT, 1), (SENT, 1), (QUEUED, 0), (QUEUED, 0)]
    assert [sent.text for sent in talk.deliver()] == ["2", "3"]


@dataclass
class Slow(RecordingChannel):
    """A platform that takes a message only when the application has begun to stop."""

    began: threading.Event = field(default_factory=threading.Event)
    stopping: threading.Event = field(default_factory=threading.Event)

    def send(self, outgoing: Outgoing) -> Receipt:
        self.began.set()
        assert self.stopping.wait(PATIENCE_SECONDS)
        return super().send(outgoing)


def test_the_application_stops_after_the_message_under_way(sqlite_talk: Talk) -> None:
    talk = sqlite_talk
    talk.now = talk.bot.clock()
    _queue(talk, 3)
    # The sender is woken once more when it is to stop.
    talk.bot.channels["console"] = channel = Slow(checks_duplicates=False, stopping=talk.bot.wake)
    with TestClient(build_app(talk.bot)):
        assert channel.began.wait(PATIENCE_SECONDS)
    assert [sent.text for sent in channel.sent] == ["0"]
    assert _rows(talk) == [(SENT, 1), (QUEUED, 0), (QUEUED, 0)]
