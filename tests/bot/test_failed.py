"""Our own code fails, or the database does: the message is kept and retried, or the platform delivers it again."""

import datetime as dt
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from bot import failed
from bot.inbox import Inbox
from bot.running import Bot
from classifiers import Understanding
from data.models import Case, FailedMessage, Media, Message, OutboxMessage, Outcome, PendingMessage
from handlers import replies
from handlers.message import Kind, Location, Reach, Understand
from tests.talking import Talk

LAMP = "3号楼2单元楼道灯坏了三天了"


@dataclass
class Stumbling:
    """Understands like the real one, after failing `times` times."""

    understand: Understand
    times: int = 10**6
    asked: list[str] = field(default_factory=list)

    def __call__(self, text: str, **more: Any) -> Understanding:
        self.asked.append(text)
        if len(self.asked) <= self.times:
            raise ZeroDivisionError("a bug of ours")
        return self.understand(text, **more)


def _broken(talk: Talk, times: int = 10**6) -> Bot:
    inbox = replace(talk.bot.inbox, understand=Stumbling(talk.bot.inbox.understand, times))
    return replace(talk.bot, inbox=inbox)


def _due(talk: Talk) -> list[FailedMessage]:
    return talk.rows(FailedMessage)


def test_it_is_kept_whole_and_nothing_else_is(talk: Talk) -> None:
    message = talk.message(
        "r001", LAMP, media=("/media/a.jpg",), nickname="老李", quoted_text="编号 1001", addressed=False
    )
    assert _broken(talk).inbox.receive(message, talk.now) is None
    kept = _due(talk)[0]
    assert failed.from_json(kept.payload) == message
    assert (kept.error, kept.attempts) == ("ZeroDivisionError", 1)
    assert [(row.outcome, row.text) for row in talk.rows(Message)] == [(Outcome.FAILED, None)]
    assert [media.reference for media in talk.rows(Media)] == ["/media/a.jpg"]
    assert (talk.rows(Case), talk.rows(PendingMessage), talk.rows(OutboxMessage)) == ([], [], [])


def test_an_apology_only_for_whom_the_bot_was_meant(sqlite_talk: Talk) -> None:
    talk = sqlite_talk
    inbox = _broken(talk).inbox
    overheard, addressed = talk.message("r001", LAMP), talk.message("r001", LAMP, at=True)
    assert inbox.receive(overheard, talk.now) is None
    assert [inbox.receive(addressed, talk.now) for _ in range(3)] == [replies.APOLOGY] * 3
    assert len(_due(talk)) == 2


def test_the_next_try_answers_by_itself(talk: Talk) -> None:
    bot = _broken(talk, times=1)
    bot.inbox.receive(talk.message("r001", LAMP), talk.now)
    assert bot.retry_failed(talk.now + dt.timedelta(seconds=59)) == 0
    talk.now += dt.timedelta(seconds=60)
    assert bot.retry_failed(talk.now) == 1
    assert _due(talk) == []
    assert talk.case().text == LAMP
    assert "已登记，编号 1001" in next(sent.text for sent in talk.deliver() if sent.group == "g001")
    assert bot.inbox.receive(talk.message("r001", LAMP, platform_id="m1"), talk.now) is None
    assert len(talk.rows(Case)) == 1


def test_the_photo_is_fetched_once_the_words_are_understood(sqlite_talk: Talk) -> None:
    bot = _broken(sqlite_talk, times=1)
    bot.inbox.receive(sqlite_talk.message("r001", LAMP, media=("/media/a.jpg",)), sqlite_talk.now)
    bot.retry_failed(sqlite_talk.now + dt.timedelta(minutes=1))
    assert [media.reference for media in sqlite_talk.rows(Media)] == ["/media/a.jpg"]
    assert sqlite_talk.outcome() == "registered"


def test_five_times_ever_later_then_a_person(sqlite_talk: Talk) -> None:
    talk = sqlite_talk
    bot, pauses = _broken(talk), []
    bot.inbox.receive(talk.message("r001", LAMP, at=True), talk.now)
    while (due := _due(talk)[0].next_attempt_at) is not None:
        pauses.append((due - talk.now).total_seconds())
        talk.now = due
        assert bot.retry_failed(talk.now) == 0
    assert pauses == [60, 240, 480, 960]
    assert _due(talk)[0].attempts == failed.MOST_ATTEMPTS
    assert bot.retry_failed(talk.now + dt.timedelta(days=1)) == 0
    assert talk.rows(Case) == []
    assert talk.outcome() == "failed"


def test_one_that_fails_does_not_stop_the_others(sqlite_talk: Talk) -> None:
    talk = sqlite_talk
    _broken(talk).inbox.receive(talk.message("r001", LAMP), talk.now)
    _broken(talk).inbox.receive(talk.message("r002", "5号楼电梯坏了"), talk.now)
    assert _broken(talk, times=1).retry_failed(talk.now + dt.timedelta(minutes=1)) == 1
    assert len(_due(talk)) == 1


def test_what_has_become_a_wrong_order_is_answered_so(talk: Talk) -> None:
    """Between failure and retry the reporter took the case back: that is no bug, and no fifth try helps."""
    talk.say("r001", LAMP)

    def reach(channel: str, account: str) -> Reach:
        raise ZeroDivisionError("a bug of ours")

    broken = replace(talk.bot.inbox, policy=replace(talk.bot.policy, reach=reach))
    assert broken.receive(talk.message("zhao.haitao", "办结 1001 换了灯泡", group=None), talk.now)
    assert talk.say("r001", "撤回 1001 灯自己好了", group=None)
    talk.now += dt.timedelta(minutes=1)
    assert talk.bot.retry_failed(talk.now) == 1
    assert _due(talk) == []
    assert talk.outcome("m2") == "refused"
    assert "1001" in talk.told("zhao.haitao")[-1]


def test_two_replicas_retry_at_once(talk: Talk) -> None:
    """Whoever comes second leaves it alone."""
    _broken(talk).inbox.receive(talk.message("r001", LAMP), talk.now)
    meet = threading.Barrier(2)

    def understand(text: str, **more: Any) -> Understanding:
        if not talk.bot.database.is_sqlite:
            with _ignoring(threading.BrokenBarrierError):
                meet.wait(0.3)
        return talk.bot.inbox.understand(text, **more)

    inbox, due, done = replace(talk.bot.inbox, understand=understand), talk.now + dt.timedelta(minutes=1), []
    threads = [threading.Thread(target=lambda: done.append(failed.retry(inbox, due))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(done) == 1
    assert len(talk.rows(Case)) == 1
    assert _due(talk) == []


@contextmanager
def _ignoring(error: type[Exception]) -> Iterator[None]:
    try:
        yield
    except error:
        return


@contextmanager
def _pragma(inbox: Inbox, pragma: str) -> Iterator[None]:
    """New connections of this database get the pragma."""

    def prepare(connection: Any, _record: Any) -> None:
        connection.execute(f"PRAGMA {pragma}")

    engine = inbox.database.engine
    event.listen(engine, "connect", prepare)
    engine.dispose()
    yield
    event.remove(engine, "connect", prepare)
    engine.dispose()


def test_a_locked_database_lets_the_platform_deliver_again(sqlite_talk: Talk) -> None:
    inbox, message = sqlite_talk.bot.inbox, sqlite_talk.message("r001", LAMP, at=True)
    path = make_url(str(inbox.database.engine.url)).database or ""
    with _pragma(inbox, "busy_timeout=1"):
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(OperationalError, match="locked"):
            inbox.receive(message, sqlite_talk.now)
        other.execute("ROLLBACK")
        other.close()
    assert sqlite_talk.rows(Message) == []
    assert "1001" in (inbox.receive(message, sqlite_talk.now) or "")


def test_a_full_disk_lets_the_platform_deliver_again(sqlite_talk: Talk) -> None:
    inbox, message = sqlite_talk.bot.inbox, sqlite_talk.message("r001", LAMP + "请尽快修" * 4_000, at=True)
    with _pragma(inbox, "max_page_count=1"):  # no page more than there are
        with pytest.raises(OperationalError, match="full"):
            inbox.receive(message, sqlite_talk.now)
        assert sqlite_talk.rows(Message) == []
    assert "1001" in (inbox.receive(message, sqlite_talk.now) or "")
    assert len(sqlite_talk.rows(Case)) == 1


def test_every_field_of_a_message_survives(sqlite_talk: Talk) -> None:
    message = sqlite_talk.message(
        "r001", "词\n🙂", nickname="老李", media=("/a", "/b"), quoted_text="引用", recalls="m0", at=True
    )
    assert failed.from_json(failed.to_json(message)) == message
    placed = sqlite_talk.message("r001", kind=Kind.LOCATION, location=Location("东门", "清荷路18号", 39.1, 116.6))
    assert failed.from_json(failed.to_json(placed)) == placed
