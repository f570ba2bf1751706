"""One message, once: delivered twice or at the same time, odd, huge or too early; always one effect, one answer."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from bot.platforms import give_back
from bot.seen import sender_of
from data.models import (
    Account,
    Case,
    CaseStatus,
    FailedMessage,
    Media,
    Message,
    OutboxMessage,
    OutboxStatus,
    Outcome,
    PendingMessage,
)
from handlers import replies
from handlers.message import IncomingMessage, Kind
from tests.talking import Talk

LAMP = "3号楼2单元楼道灯坏了三天了"
ODD = {
    "empty": "",
    "blank": " \n\t\u3000",
    "long": "楼" * 20_000,
    "emoji": "😀👍🙏🏠" * 20,
    "control": "\x01\x02\x7f\x1b[31m",
    "nul": "你好\x00你好",
    "half a character": "\ud83d\ud83d",
    "right to left": "\u202e灯坏了\u202c",
    "joined": "e\u0301" * 500,
    "sql": "'; DROP TABLE cases; --",
    "html": "<script>alert(1)</script>{{7*7}}",
    "numbers": "9" * 4000,
}


def _at_once(count: int, work: Callable[[int], Any]) -> list[Any]:
    """What `work` returns in as many threads, all started at the same moment."""
    start, results = threading.Barrier(count), [None] * count

    def run(index: int) -> None:
        start.wait()
        results[index] = work(index)

    threads = [threading.Thread(target=run, args=(index,)) for index in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_delivered_again_it_is_one_case_and_one_answer(talk: Talk) -> None:
    message = talk.message("r001", LAMP)
    first = talk.bot.inbox.receive(message, talk.now)
    assert first is not None
    assert "1001" in first
    for _ in range(2):
        assert talk.bot.inbox.receive(message, talk.now) == first
        assert (len(talk.rows(Case)), len(talk.rows(Message))) == (1, 1)
        assert len([row for row in talk.rows(OutboxMessage) if row.passive_for_id]) == 1


def test_an_answer_given_back_goes_out_as_a_message_of_its_own_once(talk: Talk) -> None:
    message = talk.message("r001", LAMP)
    answer = talk.bot.inbox.receive(message, talk.now)
    assert [give_back(talk.bot.database, message) for _ in range(2)] == [True, False]
    assert talk.bot.inbox.receive(message, talk.now) is None  # it comes otherwise
    assert [outgoing.text for outgoing in talk.deliver() if outgoing.group] == [answer]
    assert not give_back(talk.bot.database, message)
    assert talk.bot.inbox.receive(message, talk.now) is None
    assert len([row for row in talk.rows(OutboxMessage) if row.passive_for_id]) == 1


def test_only_the_answer_to_this_very_message_is_given_back(sqlite_talk: Talk) -> None:
    talk = sqlite_talk
    talk.say("r001", LAMP)
    assert not give_back(talk.bot.database, talk.message("r001", LAMP))
    assert not give_back(talk.bot.database, IncomingMessage("wecom_robot", "m1", "r001", talk.now))
    assert {row.status for row in talk.rows(OutboxMessage) if row.passive_for_id} == {OutboxStatus.SENT}


def test_who_spoke_alone_is_remembered(talk: Talk) -> None:
    """It outlives the message, is known at once to whoever handles it, and is not forgotten by words in a group."""
    for who, group in (("r901", None), ("r902", "g001")):
        talk.say(who, "你好", group)
        talk.say(who, "你好", "g001")
    talk.say("zhao.haitao", "任务", group=None)
    talk.later(days=2)
    spoke = {account.platform_id for account in talk.rows(Account) if account.spoke_alone}
    assert spoke == {"r901", "zhao.haitao"}


def test_who_first_spoke_in_the_group_and_then_alone(talk: Talk) -> None:
    for group, spoke in (("g001", False), ("g001", False), (None, True), ("g001", True)):
        talk.say("r901", "你好", group)
        with talk.bot.database.writing() as session:
            message = talk.message("r901", "你好", "g001")
            seen = sender_of(session, talk.bot.directory(), message, talk.now).account
        assert seen is not None
        assert seen.spoke_alone is spoke


def test_first_words_alone_at_the_same_time(talk: Talk) -> None:
    talk.say("r901", "你好", "g001")
    messages = [talk.message("r901", "你好", group=None, nickname=f"邻居{n % 2}") for n in range(6)]
    assert all(_at_once(6, lambda n: talk.bot.inbox.receive(messages[n], talk.now)))
    assert talk.rows(FailedMessage) == []
    assert [account.spoke_alone for account in talk.rows(Account) if account.platform_id == "r901"] == [True]


def test_delivered_at_the_same_time_it_is_one_case_and_one_answer(talk: Talk) -> None:
    message = talk.message("r001", LAMP)
    answers = _at_once(8, lambda _: talk.bot.inbox.receive(message, talk.now))
    assert answers[0] is not None
    assert answers == [answers[0]] * 8
    assert (len(talk.rows(Case)), len(talk.rows(Message)), talk.rows(FailedMessage)) == (1, 1, [])


def test_a_newcomer_who_says_many_things_at_once_is_one_account(talk: Talk) -> None:
    messages = [talk.message("r900", f"{n}号楼2单元楼道灯坏了", nickname="新邻居") for n in range(1, 9)]
    answers = _at_once(8, lambda n: talk.bot.inbox.receive(messages[n], talk.now))
    assert all(answers)
    assert talk.rows(FailedMessage) == []
    assert len(talk.rows(Case)) == 8
    assert [account.nickname for account in talk.rows(Account) if account.platform_id == "r900"] == ["新邻居"]


def test_another_process_stores_the_newcomer_first(talk: Talk) -> None:
    with talk.bot.database.writing() as other:
        other.add(Account(channel="console", platform_id="r900"))
        other.flush()
        thread = threading.Thread(target=talk.say, args=("r900", LAMP))
        thread.start()
        thread.join(0.2)
        other.commit()
    thread.join()
    assert talk.rows(FailedMessage) == []
    assert len(talk.rows(Case)) == 1


def test_two_who_take_the_same_task_at_once(talk: Talk) -> None:
    """One gets it, the other is told; nobody meets an error."""
    talk.say("r001", LAMP)
    orders = [talk.message(who, "接1001", group=None) for who in ("zhao.haitao", "qian.lirong")]
    answers = _at_once(2, lambda n: talk.bot.inbox.receive(orders[n], talk.now))
    assert all(answers)
    assert len([answer for answer in answers if "已接单" in answer]) <= 1
    assert talk.rows(FailedMessage) == []


def test_the_same_id_on_another_channel_is_another_message(sqlite_talk: Talk) -> None:
    talk = sqlite_talk
    talk.say("r001", LAMP)
    other = IncomingMessage("wecom", "m1", "r001", talk.now, "你好", addressed=True)
    assert talk.bot.inbox.receive(other, talk.now) is not None
    assert len(talk.rows(Message)) == 2


def test_odd_words_get_one_answer_when_the_bot_is_meant(talk: Talk) -> None:
    for name, text in ODD.items():
        assert talk.say("r001", text, group=None, nickname=text[:64]), name
    assert talk.rows(FailedMessage) == []


def test_odd_words_overheard_get_silence(sqlite_talk: Talk) -> None:
    for name, text in ODD.items():
        assert sqlite_talk.say("r001", text) is None, name
    assert sqlite_talk.rows(FailedMessage) == []
    assert sqlite_talk.rows(Case) == []


def test_a_report_with_what_no_database_takes_is_still_a_case(talk: Talk) -> None:
    answer = talk.say("r001", "3号楼2单元\x00楼道灯\ud83d坏了三天了", media=("/media/\x00a.jpg",), nickname="老\x00李")
    assert answer is not None
    assert "1001" in answer
    assert "楼道灯" in talk.case().masked_text
    assert "\x00" not in talk.rows(Media)[0].reference


def test_odd_ids_are_taken_too(talk: Talk) -> None:
    """From a group we know, by somebody we do not."""
    talk.say("r\x00\ud83d", LAMP, platform_id="m\x00\ud83d", recalls="x\x00")
    assert talk.rows(FailedMessage) == []
    assert len(talk.rows(Case)) == 1


def test_a_very_long_report_is_cut_and_kept(sqlite_talk: Talk) -> None:
    talk = sqlite_talk
    assert talk.say("r001", LAMP + "请尽快修" * 5_000)
    assert 1_000 <= len(talk.case().text) <= 2_000


def test_more_photos_than_a_message_holds(sqlite_talk: Talk) -> None:
    sqlite_talk.say("r001", LAMP, media=tuple(f"/media/{n}.jpg" for n in range(30)))
    assert len(sqlite_talk.rows(Media)) == 9


@pytest.mark.parametrize("kind", [Kind.VOICE, Kind.LOCATION, Kind.OTHER, Kind.IMAGE])
def test_what_has_no_words(sqlite_talk: Talk, kind: Kind) -> None:
    assert sqlite_talk.say("r001", "", kind=kind) is None
    assert sqlite_talk.say("r001", "", kind=kind, group=None)


def test_an_unknown_group_is_told_only_when_it_asks(sqlite_talk: Talk) -> None:
    talk = sqlite_talk
    assert talk.say("r001", LAMP, group="g999") is None
    assert talk.say("r001", LAMP, group="g999", at=True) == replies.GROUP_UNKNOWN
    assert talk.say("r001", LAMP, group="", at=True) == replies.GROUP_UNKNOWN
    assert (talk.rows(Case), talk.rows(PendingMessage)) == ([], [])
    assert {row.text for row in talk.rows(Message)} == {None}


def test_an_unknown_person_is_a_resident(sqlite_talk: Talk) -> None:
    talk = sqlite_talk
    assert talk.say("somebody", LAMP, group=None, nickname="路人") is not None
    account = next(account for account in talk.rows(Account) if account.platform_id == "somebody")
    assert (account.person_id, account.nickname, talk.case().account_id) == (None, "路人", account.id)


def test_a_new_nickname_is_kept_but_staff_keep_their_name(sqlite_talk: Talk) -> None:
    talk = sqlite_talk
    talk.say("r001", "早", nickname="老李")
    talk.say("r001", "早", nickname="老李头")
    talk.say("zhao.haitao", "早", nickname="海涛哥")
    names = {account.platform_id: account.nickname for account in talk.rows(Account)}
    assert (names["r001"], names["zhao.haitao"]) == ("老李头", "赵海涛")


def test_talk_is_not_kept(sqlite_talk: Talk) -> None:
    talk = sqlite_talk
    assert talk.say("r001", "今天天气不错,一起去公园吧") is None
    assert [(row.text, row.outcome) for row in talk.rows(Message)] == [(None, Outcome.IGNORED)]
    assert talk.rows(PendingMessage) == []


def test_a_recall_that_overtakes_its_message(talk: Talk) -> None:
    """What the person took back must not become a case, in whatever order we hear of it."""
    assert talk.say("r001", kind=Kind.RECALL, platform_id="m-recall", recalls="m-late") is None
    assert talk.say("r001", LAMP, platform_id="m-late") is None
    assert talk.rows(Case) == []


def test_a_recall_in_order_takes_the_case_back(sqlite_talk: Talk) -> None:
    talk = sqlite_talk
    talk.say("r001", LAMP, platform_id="m-first", media=("/media/a.jpg",))
    for _ in range(2):
        assert talk.say("r001", kind=Kind.RECALL, platform_id="m-recall", recalls="m-first") is None
    assert talk.case().status is CaseStatus.WITHDRAWN
    assert talk.rows(Media) == []
    assert {row.text for row in talk.rows(Message)} == {None}


def test_nobody_recalls_for_another(sqlite_talk: Talk) -> None:
    talk = sqlite_talk
    talk.say("r001", LAMP, platform_id="m-first")
    talk.say("r003", kind=Kind.RECALL, recalls="m-first")
    assert talk.case().status is CaseStatus.DISPATCHED


def test_a_wrong_order_changes_nothing_and_is_answered_once(sqlite_talk: Talk) -> None:
    talk = sqlite_talk
    talk.say("r001", LAMP)
    order = talk.message("r003", "撤回 1001 不要了", group=None)
    answers = [talk.bot.inbox.receive(order, talk.now) for _ in range(2)]
    assert answers[0]
    assert answers[0] == answers[1]
    assert talk.case().status is CaseStatus.DISPATCHED
    assert talk.outcome() == "refused"
