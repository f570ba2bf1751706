"""No conversation and no channel gets more than its platform takes; what waits for that is merged, not dropped."""

import datetime as dt
import threading
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlmodel import col, select

from bot.channels import ChannelBusy, ChannelMisconfigured, ChannelUnsure, Limit, Outgoing, Receipt, Scope
from bot.outbox import Outbox
from bot.outbox.claims import CLAIM
from data.database import Database
from data.models import Case, OutboxMessage, OutboxStatus
from data.taxonomy import Urgency
from tests.handlers.scenes import report
from tests.talking import RecordingChannel, Talk

LI, WANG = "r001", "r002"
MINUTE = dt.timedelta(seconds=61)


def _queue(talk: Talk, *texts: str, to: str = LI, **more: Any) -> None:
    values = {"channel": "console", "conversation": f"console:u:{to}", "account_platform_id": to}
    with talk.bot.database.writing() as session:
        for text in texts:
            row = OutboxMessage(**values, text=text, created_at=talk.now, not_before=talk.now, **more)
            session.add(row)
            session.flush()
        session.commit()


def _limited(talk: Talk, *limits: Limit, longest: int = 20_000) -> RecordingChannel:
    talk.channel.limits, talk.channel.longest_text_bytes = limits, longest
    return talk.channel


def _texts(outgoing: list[Outgoing]) -> list[str]:
    return [message.text for message in outgoing]


def _statuses(talk: Talk) -> list[OutboxStatus]:
    return [row.status for row in sorted(talk.rows(OutboxMessage), key=lambda row: row.id)]


def test_a_conversation_waits_until_its_window_frees(talk: Talk) -> None:
    _limited(talk, Limit(2, 60))
    _queue(talk, "一", "二", "三", "四", orders=["接 1001"])
    _queue(talk, "甲", to=WANG)
    assert sorted(_texts(talk.deliver())) == sorted(["一", "二", "甲"])
    assert talk.deliver() == []
    talk.now += dt.timedelta(seconds=50)
    assert talk.deliver() == []
    talk.now += dt.timedelta(seconds=11)
    assert _texts(talk.deliver()) == ["三", "四"]
    assert set(_statuses(talk)) == {OutboxStatus.SENT}


def test_the_longer_window_holds_too(sqlite_talk: Talk) -> None:
    _limited(sqlite_talk, Limit(2, 60), Limit(3, 3600))
    _queue(sqlite_talk, *"一二三四五", orders=["接 1001"])
    sent = []
    for _ in range(58):
        sent.append(len(sqlite_talk.deliver()))
        sqlite_talk.now += MINUTE
    assert (sent[:2], sum(sent)) == ([2, 1], 3)
    sqlite_talk.now += 3 * MINUTE
    assert len(sqlite_talk.deliver()) == 2


def test_an_answer_in_a_response_counts(sqlite_talk: Talk) -> None:
    _limited(sqlite_talk, Limit(2, 60))
    _queue(sqlite_talk, "答", status=OutboxStatus.SENT, sent_at=sqlite_talk.now)
    _queue(sqlite_talk, "一", "二", orders=["接 1001"])
    assert _texts(sqlite_talk.deliver()) == ["一"]


@pytest.mark.parametrize("checks", [True, False])
def test_an_attempt_that_was_cut_off_counts(sqlite_talk: Talk, checks: bool) -> None:
    """The platform may have counted it."""
    channel = _limited(sqlite_talk, Limit(2, 60))
    channel.checks_duplicates = checks
    channel.failures.append(ChannelUnsure("ReadTimeout"))
    _queue(sqlite_talk, "一", "二", "三", orders=["接 1001"])
    sqlite_talk.deliver()
    sqlite_talk.now += dt.timedelta(seconds=5)
    sqlite_talk.deliver()
    assert _texts(channel.sent) == (["一"] if checks else ["二"])


def test_a_message_under_way_counts(sqlite_talk: Talk) -> None:
    """Another replica has it in hand."""
    limit = Limit(1, 60, Scope.CHANNEL)
    _limited(sqlite_talk, limit)
    _queue(sqlite_talk, "一", status=OutboxStatus.SENDING, attempts=1, claimed_until=sqlite_talk.now + CLAIM)
    _queue(sqlite_talk, "甲", to=WANG)
    assert sqlite_talk.deliver() == []


def test_a_channel_as_a_whole_has_its_limit(sqlite_talk: Talk) -> None:
    _limited(sqlite_talk, Limit(3, 60, Scope.CHANNEL))
    for number in range(15):
        _queue(sqlite_talk, f"第{number}条", to=f"r{number:03}")
    sent = []
    for _ in range(5):
        sent.append(_texts(sqlite_talk.deliver()))
        sqlite_talk.now += MINUTE
    assert [len(texts) for texts in sent] == [3, 3, 3, 3, 3]
    assert len({text for texts in sent for text in texts}) == 15


def test_a_full_conversation_does_not_hide_the_others_of_its_round(sqlite_talk: Talk) -> None:
    _limited(sqlite_talk, Limit(1, 60))
    for number in range(25):
        _queue(sqlite_talk, "早", status=OutboxStatus.SENT, sent_at=sqlite_talk.now, to=f"r{number:03}")
        _queue(sqlite_talk, "晚", to=f"r{number:03}")
    _queue(sqlite_talk, "甲", to="r900")
    assert sqlite_talk.bot.outbox.deliver(sqlite_talk.now) == 1


def test_more_than_fits_is_merged_in_order(talk: Talk) -> None:
    _limited(talk, Limit(2, 60))
    _queue(talk, "一", "二", "三", "四")
    assert _texts(talk.deliver()) == ["一\n\n二\n\n三\n\n四"]
    rows = sorted(talk.rows(OutboxMessage), key=lambda row: row.id)
    assert [row.status for row in rows] == [OutboxStatus.SENT] * 4
    assert [row.merged_into_id for row in rows] == [None] + [rows[0].id] * 3
    _queue(talk, "五")
    assert _texts(talk.deliver()) == ["五"]  # a merged text took nothing of the room


def test_what_fits_one_by_one_is_not_merged(sqlite_talk: Talk) -> None:
    _limited(sqlite_talk, Limit(3, 60))
    _queue(sqlite_talk, "一", "二", "三")
    assert _texts(sqlite_talk.deliver()) == ["一", "二", "三"]


def test_a_merged_message_is_no_longer_than_the_platform_takes(sqlite_talk: Talk) -> None:
    _limited(sqlite_talk, Limit(1, 60), longest=3 * 3 + 2 * 2)
    _queue(sqlite_talk, "一", "二", "三", "四")
    sqlite_talk.deliver()
    sqlite_talk.now += MINUTE
    sqlite_talk.deliver()
    assert _texts(sqlite_talk.channel.sent) == ["一\n\n二\n\n三", "四"]


def test_buttons_answers_and_emergencies_stay_alone(sqlite_talk: Talk) -> None:
    number = report(sqlite_talk)
    sqlite_talk.deliver()
    with sqlite_talk.bot.database.writing() as session:
        case = session.exec(select(Case)).one()
        case.urgency = Urgency.EMERGENCY
        session.commit()
    case_id = number - 1000
    _limited(sqlite_talk, Limit(1, 60))
    who = "r900"
    for texts, more in (
        (("一", "二"), {}),
        (("急",), {"case_id": case_id}),
        (("三",), {}),
        (("钮",), {"orders": ["接 1001"]}),
        (("答",), {"passive_for_id": 1}),
        (("四", "五"), {}),
    ):
        _queue(sqlite_talk, *texts, to=who, **more)
    sent = []
    for _ in range(7):
        sent += _texts(sqlite_talk.deliver())
        sqlite_talk.now += MINUTE
    assert sent == ["一\n\n二", "急", "三", "钮", "答", "四\n\n五"]


def test_what_was_merged_stays_merged_at_the_next_attempt(talk: Talk) -> None:
    """The platform knows a second attempt by its content."""
    channel = _limited(talk, Limit(3, 60))
    _queue(talk, *"一二三四")
    channel.failures.append(ChannelUnsure("ReadTimeout"))
    talk.deliver()
    assert set(_statuses(talk)) == {OutboxStatus.QUEUED}
    _queue(talk, "五")
    talk.now += dt.timedelta(seconds=5)
    assert next((sent.key, sent.text) for sent in talk.deliver()) == ("out-1", "一\n\n二\n\n三\n\n四")


def test_what_was_merged_survives_an_outage(sqlite_talk: Talk) -> None:
    """Also where the attempt does not count, because the platform as a whole was down."""
    channel = _limited(sqlite_talk, Limit(1, 60))
    channel.failures += [ChannelMisconfigured("errcode 60020")]
    _queue(sqlite_talk, "一", "二")
    sqlite_talk.deliver()
    assert [row.attempts for row in sqlite_talk.rows(OutboxMessage)] == [0, 0]
    sqlite_talk.now += 10 * MINUTE
    assert _texts(sqlite_talk.deliver()) == ["一\n\n二"]


def test_what_was_merged_is_unknown_together(sqlite_talk: Talk) -> None:
    channel = _limited(sqlite_talk, Limit(1, 60))
    channel.checks_duplicates = False
    channel.failures.append(ChannelUnsure("ReadTimeout"))
    _queue(sqlite_talk, "一", "二")
    sqlite_talk.deliver()
    assert _statuses(sqlite_talk) == [OutboxStatus.UNKNOWN] * 2


def test_a_merged_text_outlives_the_message_it_was_merged_into(sqlite_talk: Talk) -> None:
    """That one is deleted when its case is sealed."""
    channel = _limited(sqlite_talk, Limit(1, 60))
    channel.failures.append(ChannelBusy("status 503"))
    _queue(sqlite_talk, "一", "二")
    sqlite_talk.deliver()
    with sqlite_talk.bot.database.writing() as session:
        first = session.exec(select(OutboxMessage).order_by(col(OutboxMessage.id))).first()
        session.delete(first)
        session.commit()
    sqlite_talk.now += 3 * MINUTE
    assert _texts(sqlite_talk.deliver()) == ["二"]


def test_a_long_text_goes_out_in_pieces_that_count(talk: Talk) -> None:
    channel = _limited(talk, Limit(2, 60), longest=12)
    _queue(talk, "灯坏了。门开着。水漏了。", orders=["接 1001"])
    _queue(talk, "后", orders=["接 1001"])
    for _ in range(3):  # pieces are counted by the moment of the last one, so the next text waits its turn
        talk.deliver()
        talk.now += MINUTE
    assert [(sent.key, sent.text, sent.orders) for sent in channel.sent] == [
        ("out-1", "灯坏了。", ()),
        ("out-1-1", "门开着。", ()),
        ("out-1-2", "水漏了。", ("接 1001",)),
        ("out-2", "后", ("接 1001",)),
    ]
    first, _second = sorted(talk.rows(OutboxMessage), key=lambda row: row.id)
    assert (first.parts_sent, first.status) == (3, OutboxStatus.SENT)


@pytest.mark.parametrize("checks", [True, False])
def test_a_text_cut_off_between_its_pieces_goes_on_where_it_stopped(sqlite_talk: Talk, checks: bool) -> None:
    channel = _limited(sqlite_talk, longest=12)
    channel.checks_duplicates = checks
    _queue(sqlite_talk, "灯坏了。门开着。水漏了。")
    sqlite_talk.bot.outbox.deliver(sqlite_talk.now)
    second = Outbox(sqlite_talk.bot.database, sqlite_talk.bot.channels)  # the first process has died
    channel.failures.append(ChannelBusy("status 503"))
    second.deliver(sqlite_talk.now + dt.timedelta(seconds=1))
    for seconds in (60, 61):
        second.deliver(sqlite_talk.now + dt.timedelta(seconds=seconds))
    assert _texts(channel.sent) == ["灯坏了。", "门开着。", "水漏了。"]


@dataclass
class Strict(RecordingChannel):
    """A platform that counts by itself and notes what it should never have been given."""

    clock: list[dt.datetime] = field(default_factory=list)
    given: dict[str, list[dt.datetime]] = field(default_factory=dict)
    over: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self, outgoing: Outgoing) -> Receipt:
        with self.lock:
            now, who = self.clock[0], outgoing.account or ""
            recent = [moment for moment in self.given.get(who, []) if moment > now - dt.timedelta(seconds=60)]
            if len(recent) >= 5:
                self.over.append(outgoing.key)
            self.given[who] = [*recent, now]
            return super().send(outgoing)


def test_two_replicas_together_stay_within_the_limits(talk: Talk) -> None:
    people = ("r001", "r002", "r003")
    for who in people:
        _queue(talk, *(f"{who} {n}" for n in range(12)), to=who, orders=["接 1001"])
    platform = Strict(limits=(Limit(5, 60),), clock=[talk.now])
    second = Database(talk.bot.settings.database_url)
    replicas = [Outbox(database, {"console": platform}) for database in (talk.bot.database, second)]
    for minute in range(4):
        now = talk.now + minute * MINUTE
        platform.clock[0] = now
        _in_threads(replicas, now)
    second.close()
    assert platform.over == []
    assert len(platform.sent) == len({sent.key for sent in platform.sent}) == 36
    for who in people:
        assert _texts([sent for sent in platform.sent if sent.account == who]) == [f"{who} {n}" for n in range(12)]


def _in_threads(replicas: list[Outbox], now: dt.datetime) -> None:
    start = threading.Barrier(len(replicas))

    def deliver(outbox: Outbox) -> None:
        start.wait()
        for _ in range(30):
            outbox.deliver(now, limit=2)

    threads = [threading.Thread(target=deliver, args=(outbox,)) for outbox in replicas]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
