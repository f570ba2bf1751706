"""What is said a moment after a report may tell of danger: it is never joined in silence."""

import datetime as dt
from typing import Any

import pytest

from data.models import Case, ClockAction, StatusChange
from data.taxonomy import Urgency
from handlers import replies
from tests.handlers.scenes import FIRST, HEAD, MEMBER, NEIGHBOUR, NO_WATER, RESIDENT, STUCK, heard, private, report
from tests.talking import Talk

LIFT = "3号楼2单元电梯坏了没人修"
TRAPPED = "里面有人困住了"
DANGER = (TRAPPED, "我妈困在里面了，出不来", "电梯掉下去了人还在里面", "老人摔倒了昏迷不醒", "我妈已经晕了")
ALONE = "里面还关着一个老人，喘不上气"  # an emergency, and too little for a case
ANSWER = replies.registered_emergency(FIRST, "3号楼2单元", "119")


def lift(talk: Talk, group: str | None = "g001") -> None:
    """Reported a minute ago; what was told of it is delivered."""
    report(talk, LIFT, group=group)
    talk.deliver()
    talk.now += dt.timedelta(minutes=1)


@pytest.mark.parametrize("said", [*DANGER, ALONE])
@pytest.mark.parametrize("way", [{}, {"at": True}, {"group": None}], ids=["group", "addressed", "private"])
def test_danger_that_the_reporter_adds_is_answered_and_told(sqlite_talk: Talk, way: dict[str, Any], said: str) -> None:
    lift(sqlite_talk, way.get("group", "g001"))
    answer = sqlite_talk.say(RESIDENT, said, **way) or ""
    assert answer.startswith("危险请先打1")
    assert sqlite_talk.rows(Case)[-1].urgency is Urgency.EMERGENCY
    told = heard(sqlite_talk)
    if way.get("group", "g001"):
        assert any("【紧急】" in text and said in text for text in told[HEAD])


def test_everybody_hears_the_words_and_the_clock_is_that_of_an_emergency(talk: Talk) -> None:
    lift(talk)
    assert talk.say(RESIDENT, TRAPPED) == ANSWER
    told = heard(talk)
    assert {MEMBER, HEAD} <= set(told)
    assert all(text.startswith("【紧急】1001|3号楼2单元\n里面有人困住了") for texts in told.values() for text in texts)
    case = talk.case()
    assert case.text == f"{LIFT}\n{TRAPPED}"
    assert case.due_at == case.original_due_at == talk.now + dt.timedelta(hours=1)
    assert (case.next_action, case.next_action_at) == (ClockAction.ACCEPT_CHECK, talk.now + dt.timedelta(minutes=5))
    assert talk.rows(StatusChange)[-1].action == "supplement"
    assert "已接单" in private(talk, MEMBER, f"接 {FIRST}")


def test_who_has_taken_the_task_keeps_it_and_hears_of_the_danger(talk: Talk) -> None:
    lift(talk)
    private(talk, MEMBER, f"接 {FIRST}")
    talk.deliver()
    talk.say(RESIDENT, TRAPPED)
    told = heard(talk)
    assert [len(told[MEMBER]), len(told[HEAD])] == [1, 1]
    assert "已办结" in private(talk, MEMBER, f"办结 {FIRST} 人已救出")


def test_a_limit_that_ends_sooner_stays(sqlite_talk: Talk) -> None:
    lift(sqlite_talk)
    due = sqlite_talk.now + dt.timedelta(minutes=20)
    with sqlite_talk.bot.database.writing() as session:
        session.get_one(Case, 1).due_at = due
        session.commit()
    sqlite_talk.say(RESIDENT, TRAPPED)
    assert sqlite_talk.case().due_at == due


@pytest.mark.parametrize("said", [TRAPPED, "人出不来了", ALONE])
def test_danger_that_a_neighbour_adds(talk: Talk, said: str) -> None:
    lift(talk)
    assert talk.say(NEIGHBOUR, said) == ANSWER
    assert talk.case().urgency is Urgency.EMERGENCY
    assert HEAD in heard(talk)


@pytest.mark.parametrize("said", ["没有人被困", "困死了", "人已经救出来了", "谢谢大家"])
def test_words_without_danger_raise_no_alarm(sqlite_talk: Talk, said: str) -> None:
    lift(sqlite_talk)
    assert sqlite_talk.say(RESIDENT, said) is None
    assert sqlite_talk.case().urgency is Urgency.NORMAL
    assert heard(sqlite_talk) == {}


def test_danger_said_with_the_place_that_was_asked_for(sqlite_talk: Talk) -> None:
    report(sqlite_talk, "电梯坏了没人修", group="g009")
    answer = sqlite_talk.say(RESIDENT, "2号楼困人了", "g009")
    assert answer == replies.registered_emergency(FIRST, "2号楼", "119")


def test_danger_in_another_building_is_another_case(sqlite_talk: Talk) -> None:
    lift(sqlite_talk)
    assert "1002" in (sqlite_talk.say(RESIDENT, "5号楼有人被困电梯里，快来人") or "")
    assert sqlite_talk.case().urgency is Urgency.NORMAL


def test_more_words_for_an_emergency_are_told_and_answered_once(sqlite_talk: Talk) -> None:
    report(sqlite_talk, STUCK)
    sqlite_talk.deliver()
    assert sqlite_talk.say(RESIDENT, "人出不来了，喘不上气") is None
    assert any("喘不上气" in text for text in heard(sqlite_talk)[MEMBER])
    assert sqlite_talk.say(RESIDENT, TRAPPED, at=True) == replies.supplemented(FIRST)


def test_who_holds_the_case_hears_what_its_reporter_adds(talk: Talk) -> None:
    report(talk, NO_WATER)
    talk.deliver()
    assert talk.say(RESIDENT, "老人在家连口热饭都吃不上") is None
    assert f"{FIRST} 有补充：老人在家连口热饭都吃不上" in heard(talk)[MEMBER]


def test_words_with_the_place_are_told_once(sqlite_talk: Talk) -> None:
    report(sqlite_talk, "电梯坏了没人修", group="g009")
    sqlite_talk.deliver()
    sqlite_talk.say(RESIDENT, "2号楼2单元的电梯，门一直关不上", "g009")
    assert sqlite_talk.case().place_text == "2号楼2单元"
    told = [text for texts in heard(sqlite_talk).values() for text in texts]
    assert all("门一直关不上" in text or "不用再办" in text for text in told)
    assert told
