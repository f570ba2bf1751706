"""A platform that fails is left alone and tried again by itself; what only a person mends is shown to one."""

import datetime as dt
import threading
from dataclasses import dataclass
from typing import Any

import pytest

from bot.channels import (
    ChannelBusy,
    ChannelError,
    ChannelMisconfigured,
    ChannelUnsure,
    CutOff,
    NotAsked,
    Outgoing,
    Receipt,
    RecipientGone,
)
from bot.outbox import MOST_CLAIMED, Outbox, breaker
from bot.outbox.breaker import FAILURES_IN_A_ROW
from data.database import Database
from data.models import ChannelState, OutboxMessage, OutboxStatus
from tests.talking import RecordingChannel, Talk

UNTRUSTED = "errcode 60020: not allow to access from your ip (from ip: 203.0.113.7)"
SECONDS = dt.timedelta(seconds=1)


def _queue(talk: Talk, count: int, *, channel: str = "console", first: int = 0) -> None:
    """One message each to so many people."""
    with talk.bot.database.writing() as session:
        for number in range(first, first + count):
            to = f"r{number:03}"
            values: dict[str, Any] = {"channel": channel, "conversation": f"{channel}:u:{to}"}
            row = OutboxMessage(**values, account_platform_id=to, text=to, created_at=talk.now, not_before=talk.now)
            session.add(row)
            session.flush()
        session.commit()


def _state(talk: Talk) -> ChannelState:
    (state,) = talk.rows(ChannelState)
    assert isinstance(state, ChannelState)
    return state


def _tried(talk: Talk) -> int:
    """How many sends the platform refused or took in one go."""
    before = len(talk.channel.failures) + 0
    sent = len(talk.deliver())
    return before - len(talk.channel.failures) + sent


def _down(channel: RecordingChannel, error: ChannelError | None = None, count: int = 1000) -> None:
    channel.failures[:] = [error or ChannelBusy("status 503")] * count


@pytest.mark.parametrize("checks", [True, False])
@pytest.mark.parametrize("error", [ChannelBusy("status 503"), ChannelUnsure("ReadTimeout")], ids=["busy", "unsure"])
def test_a_platform_that_fails_is_left_alone(sqlite_talk: Talk, error: ChannelError, checks: bool) -> None:
    talk, channel = sqlite_talk, sqlite_talk.channel
    channel.checks_duplicates = checks
    _queue(talk, 30)
    _down(channel, error)
    assert _tried(talk) == FAILURES_IN_A_ROW
    assert _tried(talk) == 0
    state = _state(talk)
    assert (state.failures, state.error, state.needs_person) == (FAILURES_IN_A_ROW, str(error), False)
    assert state.retry_at > talk.now


def test_another_platform_is_not(sqlite_talk: Talk) -> None:
    talk, other = sqlite_talk, RecordingChannel(name="other")
    talk.bot.channels["other"] = other
    _queue(talk, 9)
    _queue(talk, 3, channel="other")
    _down(talk.channel)
    talk.deliver()
    del talk.bot.channels["other"]
    assert len(other.sent) == 3


def test_it_is_tried_with_one_message_at_a_time_and_ever_later(sqlite_talk: Talk) -> None:
    talk = sqlite_talk
    _queue(talk, 30)
    _down(talk.channel)
    talk.deliver()
    pauses = []
    for _ in range(8):
        pauses.append((_state(talk).retry_at - talk.now).total_seconds())
        talk.now = _state(talk).retry_at + SECONDS
        assert _tried(talk) == 1
    assert all(15 <= pause <= 365 for pause in pauses)
    assert pauses[0] < pauses[2] < pauses[4]
    assert pauses[-1] >= 300


def test_it_works_again_after_the_first_success(talk: Talk) -> None:
    _queue(talk, 30)
    _down(talk.channel, count=FAILURES_IN_A_ROW)
    talk.deliver()
    talk.now += dt.timedelta(minutes=2)
    assert len(talk.deliver()) == 30
    assert talk.rows(ChannelState) == []


def test_no_message_dies_of_an_outage(sqlite_talk: Talk) -> None:
    """However many of its attempts fall into it."""
    talk = sqlite_talk
    _queue(talk, 3)
    _down(talk.channel)
    for _ in range(100):
        talk.deliver()
        talk.now += dt.timedelta(minutes=6)
    assert {row.status for row in talk.rows(OutboxMessage)} == {OutboxStatus.QUEUED}
    talk.channel.failures.clear()
    talk.deliver()
    talk.now += dt.timedelta(minutes=6)
    talk.deliver()
    assert sorted(sent.text for sent in talk.channel.sent) == ["r000", "r001", "r002"]


def test_failures_with_success_between_them_are_no_outage(sqlite_talk: Talk) -> None:
    talk = sqlite_talk
    for number in range(2 * FAILURES_IN_A_ROW):
        _queue(talk, 2, first=2 * number)
        _down(talk.channel, count=1)
        talk.deliver()
    assert talk.rows(ChannelState) == []


def test_as_long_as_the_platform_says(sqlite_talk: Talk) -> None:
    talk = sqlite_talk
    _queue(talk, 1)
    _down(talk.channel, ChannelBusy("errcode 45009", 60.0), count=1)
    talk.deliver()
    (row,) = talk.rows(OutboxMessage)
    assert row.not_before - talk.now >= dt.timedelta(seconds=60)
    talk.now += dt.timedelta(seconds=59)
    assert talk.deliver() == []
    talk.now += dt.timedelta(seconds=11)
    assert len(talk.deliver()) == 1


def test_a_wrong_setting_waits_for_a_person_and_loses_nothing(talk: Talk) -> None:
    _queue(talk, 3)
    _down(talk.channel, ChannelMisconfigured(UNTRUSTED))
    assert _tried(talk) == 1
    state = _state(talk)
    assert (state.needs_person, state.error) == (True, UNTRUSTED)
    tried = 0
    for _ in range(60):
        talk.now += dt.timedelta(minutes=1)
        tried += _tried(talk)
    assert 10 <= tried <= 20
    assert {row.status for row in talk.rows(OutboxMessage)} == {OutboxStatus.QUEUED}
    talk.channel.failures.clear()
    talk.now += dt.timedelta(hours=1)
    assert len(talk.deliver()) == 3
    assert talk.rows(ChannelState) == []


def test_a_person_who_mended_it_need_not_wait(sqlite_talk: Talk) -> None:
    talk = sqlite_talk
    _queue(talk, 3)
    _down(talk.channel, ChannelMisconfigured(UNTRUSTED), count=1)
    talk.deliver()
    with talk.bot.database.writing() as session:
        breaker.try_now(session, "console", talk.now)
        session.commit()
    assert len(talk.deliver()) == 2  # the first has its own pause


def test_one_message_that_is_refused_does_not_keep_the_others_for_long(sqlite_talk: Talk) -> None:
    """The same code may mean the one person, and the trial belongs to somebody else."""
    talk = sqlite_talk
    _queue(talk, 3)
    _down(talk.channel, ChannelMisconfigured("errcode 60011"), count=1)
    talk.deliver()
    talk.now += dt.timedelta(minutes=4)
    assert [sent.text for sent in talk.deliver()] == ["r001", "r002"]


def test_a_later_failure_does_not_hide_what_a_person_must_do(sqlite_talk: Talk) -> None:
    talk = sqlite_talk
    _queue(talk, 3)
    talk.channel.failures[:] = [ChannelMisconfigured(UNTRUSTED), ChannelBusy("status 503")]
    talk.deliver()
    talk.now += dt.timedelta(minutes=4)
    talk.deliver()
    assert (_state(talk).needs_person, _state(talk).error) == (True, UNTRUSTED)


def test_somebody_who_is_gone_is_dead_and_nobody_else(sqlite_talk: Talk) -> None:
    talk = sqlite_talk
    _queue(talk, 4)
    talk.channel.failures[:] = [ChannelBusy("status 503"), RecipientGone("errcode 93000: the robot was removed")]
    assert len(talk.deliver()) == 2
    rows = sorted(talk.rows(OutboxMessage), key=lambda row: row.id)
    assert (rows[1].status, rows[1].error) == (OutboxStatus.DEAD, "errcode 93000: the robot was removed")
    talk.now += dt.timedelta(minutes=1)
    assert [sent.text for sent in talk.deliver()] == ["r000"]
    assert talk.rows(ChannelState) == []


@dataclass
class Ticketed(RecordingChannel):
    """A platform that is down; only with r000 could it speak at all."""

    name: str = "console"
    down: bool = True

    def send(self, outgoing: Outgoing) -> Receipt:
        if outgoing.account != "r000":
            raise NotAsked("nobody spoke to the robot")
        if self.down:
            raise ChannelBusy("status 503")
        return super().send(outgoing)


def test_who_cannot_be_asked_says_nothing_about_the_platform(sqlite_talk: Talk) -> None:
    """Messages to others end during the outage, and the one that could be sent outlives it all the same."""
    talk = sqlite_talk
    talk.bot.channels["console"] = channel = Ticketed()
    _queue(talk, 1)
    for number in range(1, 91):
        talk.now += dt.timedelta(seconds=10)
        _queue(talk, 1, first=number)
        talk.deliver()
    rows = sorted(talk.rows(OutboxMessage), key=lambda row: row.id)
    assert {row.status for row in rows[1:]} == {OutboxStatus.QUEUED, OutboxStatus.DEAD}
    assert (rows[0].status, _state(talk).failures >= FAILURES_IN_A_ROW) == (OutboxStatus.QUEUED, True)
    channel.down = False
    talk.now += dt.timedelta(minutes=6)
    talk.deliver()
    assert [sent.account for sent in channel.sent] == ["r000"]
    assert talk.rows(ChannelState) == []


def test_who_cannot_be_asked_does_not_use_up_the_trial(talk: Talk) -> None:
    _queue(talk, FAILURES_IN_A_ROW + 3)
    _down(talk.channel, count=FAILURES_IN_A_ROW)
    talk.deliver()
    talk.now = _state(talk).retry_at + SECONDS
    talk.channel.failures[:] = [NotAsked("nobody spoke to the robot")] * 3
    assert len(talk.deliver()) == FAILURES_IN_A_ROW
    assert talk.rows(ChannelState) == []


def test_a_trial_that_was_not_made_is_made_by_the_next(talk: Talk) -> None:
    _queue(talk, 30)
    _down(talk.channel, count=FAILURES_IN_A_ROW)
    talk.deliver()
    talk.now = _state(talk).retry_at + SECONDS
    answers = iter([False, True, True])
    assert talk.bot.deliver_all(talk.now, stopping=lambda: next(answers)) == 0  # stopped when it had just claimed
    talk.now += SECONDS
    assert len(talk.deliver()) == 30


def test_cut_off_where_a_second_one_would_be_read_is_unknown_and_counts(sqlite_talk: Talk) -> None:
    """Also where the channel drops other duplicates."""
    talk = sqlite_talk
    assert talk.channel.checks_duplicates
    _queue(talk, 6)
    _down(talk.channel, CutOff("ReadTimeout"))
    assert _tried(talk) == FAILURES_IN_A_ROW
    statuses = [row.status for row in sorted(talk.rows(OutboxMessage), key=lambda row: row.id)]
    assert statuses == [OutboxStatus.UNKNOWN] * FAILURES_IN_A_ROW + [OutboxStatus.QUEUED]
    assert _state(talk).failures == FAILURES_IN_A_ROW


def test_replicas_share_what_they_know(talk: Talk) -> None:
    _queue(talk, 40)
    _down(talk.channel)
    second = Database(talk.bot.settings.database_url)
    replicas = [Outbox(database, talk.bot.channels) for database in (talk.bot.database, second)]
    start = threading.Barrier(len(replicas))

    def deliver(outbox: Outbox) -> None:
        start.wait()
        for _ in range(10):
            outbox.deliver(talk.now)

    threads = [threading.Thread(target=deliver, args=(outbox,)) for outbox in replicas]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tried = 1000 - len(talk.channel.failures)
    assert FAILURES_IN_A_ROW <= tried <= 2 * MOST_CLAIMED
    before = len(talk.channel.failures)
    talk.now = _state(talk).retry_at + SECONDS
    for outbox in replicas:
        outbox.deliver(talk.now)
    second.close()
    assert before - len(talk.channel.failures) == 1
