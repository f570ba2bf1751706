"""What is queued goes out once, in order, or ends where a person sees it."""

import datetime as dt
import threading
from dataclasses import dataclass, field, replace
from itertools import pairwise

import pytest
from sqlmodel import col, select

from bot.channels import ChannelBusy, ChannelError, ChannelUnsure, Outgoing, Receipt
from bot.outbox import MOST_CLAIMED, Outbox
from bot.outbox.claims import CLAIM, SENDER_DIED
from bot.outbox.results import MOST_ATTEMPTS
from data.database import Database
from data.models import ChannelState, OutboxMessage, OutboxStatus
from tests.talking import RecordingChannel, Talk

LI, WANG = "r001", "r002"


@pytest.fixture
def channel(talk: Talk) -> RecordingChannel:
    return talk.channel


def _queue(talk: Talk, *texts: str, to: str = LI, channel: str = "console") -> None:
    """Queue texts to one person, in this order."""
    with talk.bot.database.writing() as session:
        for text in texts:
            session.add(
                OutboxMessage(
                    channel=channel,
                    conversation=f"{channel}:u:{to}",
                    account_platform_id=to,
                    text=text,
                    created_at=talk.now,
                    not_before=talk.now,
                )
            )
            session.flush()
        session.commit()


def _row(talk: Talk, text: str) -> OutboxMessage:
    rows: list[OutboxMessage] = talk.rows(OutboxMessage)
    return next(row for row in rows if row.text == text)


def _status(talk: Talk, text: str) -> OutboxStatus:
    return _row(talk, text).status


def _sent(channel: RecordingChannel) -> list[str]:
    return [outgoing.text for outgoing in channel.sent]


def _claim_and_die(talk: Talk) -> None:
    """What a process leaves that dies between claim and result."""
    with talk.bot.database.writing() as session:
        row = session.exec(select(OutboxMessage).order_by(col(OutboxMessage.id))).first()
        assert row is not None
        row.status, row.claimed_until, row.attempts = OutboxStatus.SENDING, talk.now + CLAIM, 1
        session.commit()


def test_order_holds_within_a_conversation(talk: Talk, channel: RecordingChannel) -> None:
    _queue(talk, "一", "二", "三")
    _queue(talk, "甲", "乙", to=WANG)
    talk.deliver()
    assert [text for text in _sent(channel) if text in "一二三"] == ["一", "二", "三"]
    assert [text for text in _sent(channel) if text in "甲乙"] == ["甲", "乙"]
    assert {row.status for row in talk.rows(OutboxMessage)} == {OutboxStatus.SENT}
    assert {row.sent_at is not None for row in talk.rows(OutboxMessage)} == {True}


def test_a_busy_conversation_keeps_its_order_and_blocks_nobody(talk: Talk, channel: RecordingChannel) -> None:
    _queue(talk, "一", "二")
    _queue(talk, "甲", "乙", to=WANG)
    channel.failures.append(ChannelBusy("status 503"))
    talk.deliver()
    assert _sent(channel) == ["甲", "乙"]
    assert (_status(talk, "一"), _status(talk, "二")) == (OutboxStatus.QUEUED, OutboxStatus.QUEUED)
    talk.now += dt.timedelta(seconds=3)
    talk.deliver()
    assert _sent(channel)[2:] == ["一", "二"]


def test_each_pause_is_longer_and_after_the_last_one_it_is_dead(sqlite_talk: Talk) -> None:
    """Of a message that the platform never takes, while it takes others."""
    talk, channel = sqlite_talk, sqlite_talk.channel
    _queue(talk, "一", "二")
    pauses = []
    for number in range(MOST_ATTEMPTS):
        channel.failures.append(ChannelBusy("status 503"))
        _queue(talk, f"甲{number}", to=WANG)
        talk.deliver()
        row = _row(talk, "一")
        pauses.append((row.not_before - talk.now).total_seconds())
        talk.now = max(talk.now, row.not_before)
    assert (row.status, row.attempts, row.error) == (OutboxStatus.DEAD, MOST_ATTEMPTS, "status 503")
    growing = pauses[: MOST_ATTEMPTS - 1]
    assert all(shorter < longer for shorter, longer in pairwise(growing))
    assert growing[0] >= 1.6
    talk.deliver()
    assert _sent(channel)[-1] == "二"
    assert talk.rows(ChannelState) == []


def test_nothing_is_tried_before_its_time(sqlite_talk: Talk) -> None:
    talk, channel = sqlite_talk, sqlite_talk.channel
    _queue(talk, "一")
    channel.failures.append(ChannelBusy("status 503"))
    talk.deliver()
    assert (talk.deliver(), _row(talk, "一").attempts) == ([], 1)


def test_a_refusal_for_good_is_dead_at_once(sqlite_talk: Talk) -> None:
    talk, channel = sqlite_talk, sqlite_talk.channel
    _queue(talk, "一", "二")
    channel.failures.append(ChannelError("errcode 40003: " + "x" * 500))
    talk.deliver()
    assert (_status(talk, "一"), len(_row(talk, "一").error)) == (OutboxStatus.DEAD, 256)
    assert _sent(channel) == ["二"]


def test_unsure_is_tried_again_where_the_platform_drops_the_second(sqlite_talk: Talk) -> None:
    talk, channel = sqlite_talk, sqlite_talk.channel
    _queue(talk, "一")
    channel.failures.append(ChannelUnsure("ReadTimeout"))
    talk.deliver()
    talk.now += dt.timedelta(seconds=3)
    talk.deliver()
    assert _sent(channel) == ["一"]


def test_unsure_is_unknown_and_never_sent_twice_elsewhere(sqlite_talk: Talk) -> None:
    talk, channel = sqlite_talk, sqlite_talk.channel
    channel.checks_duplicates = False
    _queue(talk, "一", "二")
    channel.failures.append(ChannelUnsure("ReadTimeout"))
    talk.deliver()
    assert (_status(talk, "一"), _row(talk, "一").sent_at) == (OutboxStatus.UNKNOWN, None)
    talk.now += dt.timedelta(days=1)
    talk.deliver()
    assert _sent(channel) == ["二"]


@pytest.mark.parametrize("checks", [True, False])
def test_an_error_nobody_foresaw_counts_as_unsure(sqlite_talk: Talk, checks: bool) -> None:
    """It must not take the rest of the round with it."""
    talk, channel = sqlite_talk, sqlite_talk.channel
    channel.checks_duplicates = checks
    _queue(talk, "一")
    _queue(talk, "甲", to=WANG)
    channel.failures.append(ZeroDivisionError("a bug in the channel"))  # type: ignore[arg-type]
    talk.deliver()
    assert _sent(channel) == ["甲"]
    assert _status(talk, "一") is (OutboxStatus.QUEUED if checks else OutboxStatus.UNKNOWN)
    assert "ZeroDivisionError" in _row(talk, "一").error


def test_a_channel_that_is_switched_off(sqlite_talk: Talk) -> None:
    talk, channel = sqlite_talk, sqlite_talk.channel
    _queue(talk, "一", channel="wecom")
    _queue(talk, "甲", to=WANG)
    talk.deliver()
    assert (_status(talk, "一"), _row(talk, "一").error) == (OutboxStatus.DEAD, "渠道「wecom」没有启用")
    assert _sent(channel) == ["甲"]


def test_a_dead_message_is_sent_when_a_person_says_so(sqlite_talk: Talk) -> None:
    talk, channel = sqlite_talk, sqlite_talk.channel
    _queue(talk, "一")
    channel.failures.append(ChannelError("errcode 1"))
    talk.deliver()
    with talk.bot.database.writing() as session:
        row = session.get_one(OutboxMessage, _row(talk, "一").id)
        row.status, row.attempts, row.not_before = OutboxStatus.QUEUED, 0, talk.now
        session.commit()
    talk.deliver()
    assert _sent(channel) == ["一"]


def test_a_lost_claim_is_sent_again_under_the_same_key(talk: Talk, channel: RecordingChannel) -> None:
    _queue(talk, "一", "二")
    _claim_and_die(talk)
    assert talk.deliver() == []  # the claim may still be alive, and the second waits behind the first
    talk.now += CLAIM
    talk.deliver()
    assert [(outgoing.key, outgoing.text) for outgoing in channel.sent] == [("out-1", "一"), ("out-2", "二")]


def test_a_lost_claim_is_unknown_where_duplicates_are_not_dropped(talk: Talk, channel: RecordingChannel) -> None:
    channel.checks_duplicates = False
    _queue(talk, "一", "二")
    _claim_and_die(talk)
    talk.now += CLAIM
    talk.deliver()
    assert (_status(talk, "一"), _sent(channel)) == (OutboxStatus.UNKNOWN, ["二"])


def test_what_an_earlier_attempt_met_is_not_the_reason_of_a_lost_claim(sqlite_talk: Talk) -> None:
    talk, channel = sqlite_talk, sqlite_talk.channel
    channel.checks_duplicates = False
    channel.failures.append(ChannelBusy("status 503"))
    _queue(talk, "一")
    talk.deliver()
    assert _row(talk, "一").error == "status 503"
    _claim_and_die(talk)
    talk.now += CLAIM
    talk.deliver()
    assert (_status(talk, "一"), _row(talk, "一").error) == (OutboxStatus.UNKNOWN, SENDER_DIED)


def test_a_lost_claim_of_a_channel_now_off_is_unknown(sqlite_talk: Talk) -> None:
    talk = sqlite_talk
    _queue(talk, "一", channel="wecom")
    _claim_and_die(talk)
    talk.now += CLAIM
    talk.deliver()
    assert _status(talk, "一") is OutboxStatus.UNKNOWN


def test_one_round_takes_one_message_a_conversation(sqlite_talk: Talk) -> None:
    talk, channel = sqlite_talk, sqlite_talk.channel
    for number in range(MOST_CLAIMED + 2):
        _queue(talk, "早", "晚", to=f"r{number:03}")
    assert talk.bot.outbox.deliver(talk.now) == MOST_CLAIMED
    assert _sent(channel) == ["早"] * MOST_CLAIMED
    talk.deliver()
    assert len(channel.sent) == 2 * (MOST_CLAIMED + 2)


@dataclass
class Watching(RecordingChannel):
    """Notes until when each message is claimed while it is being sent."""

    database: Database | None = None
    claims: list[dt.datetime] = field(default_factory=list)

    def send(self, outgoing: Outgoing) -> Receipt:
        assert self.database is not None
        with self.database.reading() as session:
            row = session.get_one(OutboxMessage, int(outgoing.key.removeprefix("out-")))
            assert row.claimed_until is not None
            self.claims.append(row.claimed_until)
        return super().send(outgoing)


def test_a_long_delivery_claims_each_round_from_its_own_moment(sqlite_talk: Talk) -> None:
    """Else the claims of the last rounds would have run out before the send, and another replica sends too."""
    channel = Watching(database=sqlite_talk.bot.database)
    outbox = Outbox(sqlite_talk.bot.database, {"console": channel})
    _queue(sqlite_talk, "一", "二", "三")
    replace(sqlite_talk.bot, outbox=outbox).deliver_all(sqlite_talk.now)
    first, second, third = channel.claims
    assert first < second < third


def test_two_replicas_at_once_send_each_message_once_and_in_order(talk: Talk, channel: RecordingChannel) -> None:
    for who in ("r001", "r002", "r003", "r004"):
        _queue(talk, *(f"{who} {n}" for n in range(6)), to=who)
    second = Database(talk.bot.settings.database_url)
    replicas = [talk.bot.outbox, Outbox(second, talk.bot.channels)]
    start = threading.Barrier(len(replicas))

    def deliver(outbox: Outbox) -> None:
        start.wait()
        while any(row.status in (OutboxStatus.QUEUED, OutboxStatus.SENDING) for row in talk.rows(OutboxMessage)):
            outbox.deliver(talk.now)

    threads = [threading.Thread(target=deliver, args=(outbox,)) for outbox in replicas]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    second.close()
    assert len(channel.sent) == len({outgoing.key for outgoing in channel.sent}) == 24
    for who in ("r001", "r002", "r003", "r004"):
        assert [text for text in _sent(channel) if text.startswith(who)] == [f"{who} {n}" for n in range(6)]


def test_a_process_that_does_not_hold_the_connection_leaves_it_to_the_one_that_does(sqlite_talk: Talk) -> None:
    talk = sqlite_talk
    talk.channel.can_send_now = False
    _queue(talk, "一")
    talk.bot.channels["other"] = other = RecordingChannel(name="other")
    _queue(talk, "甲", to=WANG, channel="other")
    assert (talk.deliver(), _sent(other), _status(talk, "一")) == ([], ["甲"], OutboxStatus.QUEUED)
    del talk.bot.channels["other"]
    talk.channel.can_send_now = True
    talk.deliver()
    assert (_sent(talk.channel), _row(talk, "一").attempts) == (["一"], 1)
