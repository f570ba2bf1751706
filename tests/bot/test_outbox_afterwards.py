"""What was sent is recalled or settled once, later where the platform is busy, and visibly not where it is too late."""

import datetime as dt
from typing import Any

import pytest
from sqlmodel import col, select

from bot.channels import ChannelBusy, ChannelError, ChannelMisconfigured, ChannelUnsure, RecipientGone
from bot.outbox import again, breaker
from bot.outbox.afterwards import LONGEST_PAUSE, SHORTEST_PAUSE, SentMessages
from bot.outbox.claims import CLAIM
from data.models import Afterwards, ChannelState, OutboxMessage, OutboxStatus
from tests.sent_messages import ChangingChannel, changing
from tests.talking import RecordingChannel, Talk

ZHAO, QIAN = "zhao.haitao", "qian.xiaoyu"
RECALL, SETTLE, DONE, LEFT = Afterwards.RECALL, Afterwards.SETTLE, Afterwards.DONE, Afterwards.LEFT


def _queue(talk: Talk, text: str, to: str = ZHAO, **more: Any) -> int:
    values: dict[str, Any] = {"channel": "console", "conversation": f"console:u:{to}", "account_platform_id": to}
    with talk.bot.database.writing() as session:
        row = OutboxMessage(**(values | {"text": text, "created_at": talk.now, "not_before": talk.now} | more))
        session.add(row)
        session.commit()
        return row.id or 0


def _want(talk: Talk, what: Afterwards, words: str = "") -> None:
    """For every message that nothing is wanted of yet."""
    with talk.bot.database.writing() as session:
        for row in session.exec(select(OutboxMessage).where(col(OutboxMessage.afterwards).is_(None))).all():
            row.afterwards, row.card_words = what, words
        session.commit()


def _sent(talk: Talk, what: Afterwards = RECALL) -> ChangingChannel:
    """One card has been sent, and something is wanted of it."""
    channel = changing(talk)
    _queue(talk, "新任务 1001", orders=["接 1001"])
    talk.deliver()
    _want(talk, what, "已收回")
    return channel


def _row(talk: Talk) -> OutboxMessage:
    row: OutboxMessage = talk.rows(OutboxMessage)[0]
    return row


def _change(talk: Talk) -> int:
    return talk.bot.change_sent(talk.now)


def test_a_message_is_recalled_once(talk: Talk) -> None:
    channel = _sent(talk)
    assert (_change(talk), _change(talk)) == (1, 0)
    assert channel.recalled == ["m-1"]
    assert (_row(talk).afterwards, _row(talk).status, _row(talk).error) == (DONE, OutboxStatus.SENT, "")


def test_a_card_is_settled_once_and_its_code_is_gone(talk: Talk) -> None:
    channel = _sent(talk, SETTLE)
    assert (_change(talk), _change(talk)) == (1, 0)
    assert channel.settled == [(ZHAO, "code-1", "已收回")]
    assert (_row(talk).afterwards, _row(talk).response_code) == (DONE, None)


def test_nothing_is_wanted_of_most_messages(sqlite_talk: Talk) -> None:
    changing(sqlite_talk)
    _queue(sqlite_talk, "一")
    sqlite_talk.deliver()
    assert _change(sqlite_talk) == 0


@pytest.mark.parametrize(
    "error", [ChannelBusy("status 503"), ChannelUnsure("ReadTimeout"), ChannelMisconfigured("60020"), ValueError("bug")]
)
def test_what_may_succeed_later_is_tried_again(sqlite_talk: Talk, error: Exception) -> None:
    talk, channel = sqlite_talk, _sent(sqlite_talk)
    channel.refusals.append(error)
    assert (_change(talk), _change(talk)) == (1, 0)
    assert (_row(talk).afterwards, bool(_row(talk).error)) == (RECALL, True)
    talk.now += SHORTEST_PAUSE * 2
    assert _change(talk) == 1
    assert (_row(talk).afterwards, _row(talk).error, channel.recalled) == (DONE, "", ["m-1"])


def test_what_fails_here_does_not_keep_messages_waiting(sqlite_talk: Talk) -> None:
    talk, channel = sqlite_talk, _sent(sqlite_talk)
    for _time in range(breaker.FAILURES_IN_A_ROW + 1):
        channel.refusals.append(ChannelBusy("status 503"))
        _change(talk)
        talk.now += LONGEST_PAUSE
    assert talk.rows(ChannelState) == []


def test_a_busy_platform_is_asked_once_a_round(sqlite_talk: Talk) -> None:
    talk, channel = sqlite_talk, changing(sqlite_talk)
    for text in "一二三":
        _queue(talk, text)
    talk.deliver()
    _want(talk, RECALL)
    channel.refusals.append(ChannelBusy("status 503"))
    assert (_change(talk), channel.recalled) == (1, [])
    assert (_change(talk), channel.recalled) == (2, ["m-2", "m-3"])


def test_a_platform_that_is_left_alone_is_left_alone_here_too(talk: Talk) -> None:
    channel = _sent(talk)
    with talk.bot.database.writing() as session:
        breaker.needs_person(session, "console", talk.now, "60020")
        session.commit()
    assert (_change(talk), channel.recalled) == (0, [])
    talk.now += dt.timedelta(seconds=breaker.PERSON_PAUSE_SECONDS * 2)
    assert (_change(talk), channel.recalled) == (1, ["m-1"])


@pytest.mark.parametrize(("what", "end"), [(RECALL, LEFT), (SETTLE, DONE)])
def test_a_refusal_for_good_is_seen_where_words_stay_on_a_phone(
    sqlite_talk: Talk, what: Afterwards, end: Afterwards
) -> None:
    channel = _sent(sqlite_talk, what)
    channel.refusals.append(RecipientGone("errcode 60111"))
    assert (_change(sqlite_talk), _change(sqlite_talk)) == (1, 0)
    assert (_row(sqlite_talk).afterwards, _row(sqlite_talk).error) == (end, "errcode 60111")


@pytest.mark.parametrize(("what", "hours", "end"), [(RECALL, 24, LEFT), (SETTLE, 72, DONE)])
def test_after_the_platforms_time_it_is_given_up(
    sqlite_talk: Talk, what: Afterwards, hours: int, end: Afterwards
) -> None:
    talk, channel = sqlite_talk, _sent(sqlite_talk, what)
    sent_at = _row(talk).sent_at
    assert sent_at is not None
    talk.now = sent_at + dt.timedelta(hours=hours)
    _change(talk)
    assert (_row(talk).afterwards, channel.recalled, channel.settled) == (end, [], [])
    assert _row(talk).error == "已经超过平台允许的时间。"


def test_just_before_that_it_still_works(sqlite_talk: Talk) -> None:
    talk, channel = sqlite_talk, _sent(sqlite_talk)
    talk.now += dt.timedelta(hours=23, minutes=59)
    _change(talk)
    assert channel.recalled == ["m-1"]


def test_a_channel_that_cannot_says_so(sqlite_talk: Talk) -> None:
    talk = sqlite_talk
    _sent(talk)
    talk.bot.channels["console"] = RecordingChannel()
    _change(talk)
    assert (_row(talk).afterwards, _row(talk).error) == (LEFT, "这个渠道不能收回已发的消息")


def test_a_process_that_dies_between_claim_and_result_leaves_it_to_the_next(talk: Talk) -> None:
    channel = _sent(talk)
    channel.refusals.append(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        _change(talk)
    assert _change(talk) == 0
    talk.now += CLAIM * 2
    assert (_change(talk), channel.recalled, _row(talk).afterwards) == (1, ["m-1"], DONE)


def test_two_processes_never_do_the_same(talk: Talk) -> None:
    channel, tried = _sent(talk), list[int]()
    other = SentMessages(talk.bot.database, talk.bot.channels)
    channel.meanwhile = lambda: tried.append(other.change(talk.now))
    assert (_change(talk), tried, channel.recalled) == (1, [0], ["m-1"])


def _during_the_send(talk: Talk, *failures: ChannelError, text: str = "新任务 1001") -> ChangingChannel:
    """It is wanted back while it is on its way."""
    channel = changing(talk)
    channel.failures.extend(failures)
    _queue(talk, text, orders=["接 1001"])
    channel.meanwhile = lambda: _want(talk, RECALL)
    talk.deliver()
    return channel


def test_a_message_on_its_way_is_recalled_when_it_has_arrived(talk: Talk) -> None:
    channel = _during_the_send(talk)
    assert (_row(talk).status, _change(talk), channel.recalled) == (OutboxStatus.SENT, 1, ["m-1"])


@pytest.mark.parametrize("error", [ChannelBusy("503"), ChannelMisconfigured("60020"), ChannelUnsure("ReadTimeout")])
def test_a_message_on_its_way_that_did_not_arrive_is_not_tried_again(talk: Talk, error: ChannelError) -> None:
    channel = _during_the_send(talk, error)
    assert _row(talk).status is OutboxStatus.DEAD
    talk.now += dt.timedelta(hours=1)
    talk.deliver()
    _change(talk)
    assert (channel.sent, channel.recalled, _row(talk).afterwards) == ([], [], DONE)
    assert _row(talk).error == str(error)


def test_when_its_sender_died_nobody_knows_and_it_is_left(talk: Talk) -> None:
    channel = changing(talk)
    _queue(talk, "[已移出]", status=OutboxStatus.SENDING, claimed_until=talk.now, attempts=1)
    _want(talk, RECALL)
    talk.deliver()
    _change(talk)
    assert (_row(talk).status, _row(talk).afterwards, channel.sent) == (OutboxStatus.UNKNOWN, LEFT, [])


def test_what_is_wanted_meanwhile_is_done_too(talk: Talk) -> None:
    channel = _sent(talk, SETTLE)

    def seal() -> None:
        with talk.bot.database.writing() as session:
            session.exec(select(OutboxMessage)).one().afterwards = RECALL
            session.commit()

    channel.meanwhile = seal
    _change(talk)
    talk.now += CLAIM * 2
    _change(talk)
    assert (channel.recalled, _row(talk).afterwards) == (["m-1"], DONE)


def test_texts_that_rode_in_a_recalled_message_go_out_once_more(talk: Talk) -> None:
    channel = changing(talk)
    more: dict[str, Any] = {
        "status": OutboxStatus.SENT,
        "platform_message_id": "m-9",
        "sent_at": talk.now,
        "attempts": 1,
    }
    head = _queue(talk, "1001 居民补充", **more)
    _want(talk, RECALL)
    _queue(talk, "1002 快到期了", **more, merged_into_id=head)
    _queue(talk, "1003 快到期了", QIAN, **more)
    _change(talk)
    talk.now += dt.timedelta(seconds=5)
    talk.deliver()
    assert (channel.recalled, [outgoing.text for outgoing in channel.sent]) == (["m-9"], ["1002 快到期了"])


def test_of_a_text_in_pieces_only_the_last_is_recalled_and_that_is_said(sqlite_talk: Talk) -> None:
    channel = changing(sqlite_talk)
    channel.longest_text_bytes = 30
    _queue(sqlite_talk, "一二三四五六七。八九十。" * 2)
    sqlite_talk.deliver()
    _want(sqlite_talk, RECALL)
    _change(sqlite_talk)
    assert len(channel.recalled) == 1
    assert (_row(sqlite_talk).afterwards, "只收回了最后一段" in _row(sqlite_talk).error) == (LEFT, True)


@pytest.mark.parametrize("what", [RECALL, LEFT])
def test_what_was_called_back_is_not_sent_again_by_anybody(sqlite_talk: Talk, what: Afterwards) -> None:
    number = _queue(sqlite_talk, "[已移出]", status=OutboxStatus.UNKNOWN, afterwards=what)
    with sqlite_talk.bot.database.writing() as session:
        assert not again.send_again(session, number, sqlite_talk.now, (OutboxStatus.UNKNOWN,))
