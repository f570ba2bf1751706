"""A recalled message is forgotten, with all that quotes it; a case that stood on it alone is withdrawn."""

import datetime as dt
from dataclasses import replace

import pytest

from classifiers import Understanding
from data.models import Case, CaseStatus, FailedMessage, Media, Message, PendingMessage, StatusChange
from handlers.message import Kind
from tests.handlers.scenes import MEMBER, NEIGHBOUR, RESIDENT, RUBBISH, accepted, closed, heard, private, report, stored
from tests.talking import Talk

SUSPICION = "我怀疑是四楼老李家扔的"


def recall(talk: Talk, message_id: str, who: str = RESIDENT) -> str | None:
    return talk.say(who, kind=Kind.RECALL, recalls=message_id)


def test_the_case_of_a_recalled_report_is_withdrawn(sqlite_talk: Talk) -> None:
    number = accepted(sqlite_talk)
    heard(sqlite_talk)
    assert recall(sqlite_talk, "m1") is None
    assert sqlite_talk.outcome() == "recalled"
    assert sqlite_talk.case().status is CaseStatus.WITHDRAWN
    assert heard(sqlite_talk) == {MEMBER: [f"{number} 已撤回。"]}


def test_nothing_that_was_recalled_is_still_held(sqlite_talk: Talk) -> None:
    sqlite_talk.say(RESIDENT, RUBBISH, media=("photo",))
    recall(sqlite_talk, "m1")
    assert RUBBISH not in stored(sqlite_talk)
    assert sqlite_talk.rows(Media) == []
    sqlite_talk.deliver()
    assert not any(RUBBISH in outgoing.text for outgoing in sqlite_talk.channel.sent)


def test_only_the_recalled_words_go(sqlite_talk: Talk) -> None:
    number = report(sqlite_talk)
    private(sqlite_talk, RESIDENT, f"补充 {number} 电话13812345678", media=("photo",))
    recall(sqlite_talk, "m2")
    case = sqlite_talk.case()
    assert (case.status, case.text) == (CaseStatus.DISPATCHED, RUBBISH)
    assert [message.text for message in sqlite_talk.rows(Message)] == [RUBBISH, None, None]
    assert sqlite_talk.rows(Media) == []


@pytest.mark.parametrize("quoted", [False, True])
def test_an_order_is_forgotten_wherever_its_words_went(talk: Talk, quoted: bool) -> None:
    number = accepted(talk)
    order = f"补充 {SUSPICION}" if quoted else f"补充 {number} {SUSPICION}"
    private(talk, RESIDENT, order, quoted_text=f"{number} 已登记" if quoted else "")
    recall(talk, "m3")
    assert SUSPICION not in stored(talk)
    assert talk.case().text == RUBBISH
    assert SUSPICION not in "".join(heard(talk)[MEMBER])


def test_only_the_note_of_the_recalled_order_goes(sqlite_talk: Talk) -> None:
    number = report(sqlite_talk)
    for words in (SUSPICION, "二单元也是"):
        private(sqlite_talk, RESIDENT, f"补充 {number} {words}")
    recall(sqlite_talk, "m2")
    notes = [change.note for change in sqlite_talk.rows(StatusChange)]
    assert notes[-2:] == ["[已撤回]", "二单元也是"]


def test_words_that_the_report_has_too_stay_in_the_report(sqlite_talk: Talk) -> None:
    number = report(sqlite_talk)
    private(sqlite_talk, RESIDENT, f"补充 {number} 垃圾")
    recall(sqlite_talk, "m2")
    assert sqlite_talk.case().text == sqlite_talk.case().masked_text == RUBBISH
    assert "垃圾" not in [change.note for change in sqlite_talk.rows(StatusChange)]


def test_a_case_that_is_over_stays_over_but_forgets_the_words(sqlite_talk: Talk) -> None:
    closed(sqlite_talk)
    recall(sqlite_talk, "m1")
    case = sqlite_talk.case()
    assert (case.status, case.text, case.masked_text) == (CaseStatus.CLOSED, "[已撤回]", "[已撤回]")


def test_talk_that_waits_is_forgotten(sqlite_talk: Talk) -> None:
    sqlite_talk.say(RESIDENT, media=("photo",))
    recall(sqlite_talk, "m1")
    assert sqlite_talk.rows(PendingMessage) == sqlite_talk.rows(Media) == []


def test_nobody_recalls_for_somebody_else(sqlite_talk: Talk) -> None:
    report(sqlite_talk)
    assert recall(sqlite_talk, "m1", NEIGHBOUR) is None
    assert sqlite_talk.case().status is CaseStatus.DISPATCHED
    assert sqlite_talk.rows(Message)[0].text == RUBBISH


def test_nobody_makes_us_forget_what_somebody_else_added(sqlite_talk: Talk) -> None:
    number = report(sqlite_talk)
    private(sqlite_talk, RESIDENT, f"补充 {number} 二单元也是", media=("photo",))
    sqlite_talk.say(RESIDENT, media=("waiting",), group="g002")
    for message_id in ("m2", "m3"):
        recall(sqlite_talk, message_id, NEIGHBOUR)
    assert [media.reference for media in sqlite_talk.rows(Media)] == ["photo", "waiting"]
    assert len(sqlite_talk.rows(PendingMessage)) == 1


def test_an_unknown_message(sqlite_talk: Talk) -> None:
    assert recall(sqlite_talk, "never-seen") is None
    assert sqlite_talk.outcome() == "recalled"


def test_what_our_code_had_failed_on_is_not_tried_again(talk: Talk) -> None:
    understand = talk.bot.inbox.understand
    talk.bot = replace(talk.bot, inbox=replace(talk.bot.inbox, understand=broken))
    talk.say(RESIDENT, RUBBISH)
    assert talk.outcome() == "failed"
    recall(talk, "m1")
    talk.bot = replace(talk.bot, inbox=replace(talk.bot.inbox, understand=understand))
    talk.now += dt.timedelta(minutes=2)
    assert talk.bot.retry_failed(talk.now) == 0
    assert talk.rows(Case) == talk.rows(FailedMessage) == []
    assert RUBBISH not in stored(talk)


def broken(text: str, **_: object) -> Understanding:
    raise RuntimeError("a bug of ours")
