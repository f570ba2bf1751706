"""What a neighbour says under somebody's report: their part in it, or a matter of their own; nothing is swallowed."""

import pytest

from data.models import Case, CaseReporter, PendingMessage
from handlers.message import Kind
from tests.handlers.scenes import FIRST, NEIGHBOUR, NO_WATER, PASSER_BY, RUBBISH, report, stored
from tests.talking import Talk


def reporters(talk: Talk) -> int:
    return len(talk.rows(CaseReporter))


@pytest.mark.parametrize("said", ["我家也是 一滴都没有", "可不是 厨房一滴都没有"])
def test_the_words_of_a_neighbour_are_shown_with_the_case(sqlite_talk: Talk, said: str) -> None:
    report(sqlite_talk, NO_WATER)
    sqlite_talk.say(NEIGHBOUR, said)
    assert sqlite_talk.case().text == f"{NO_WATER}\n{said}"
    assert sqlite_talk.case().masked_text == sqlite_talk.case().text
    sqlite_talk.say(PASSER_BY, "同问")
    assert "同问" not in sqlite_talk.case().text
    sqlite_talk.say(NEIGHBOUR, kind=Kind.RECALL, recalls="m2")
    assert said not in stored(sqlite_talk)


@pytest.mark.parametrize(
    "said", ["我家孩子也被楼上的狗咬了", "我们单元也有人在楼道里充电瓶车", "我们这栋也有人高空抛物"]
)
def test_another_matter_of_a_neighbour_is_a_case_although_they_say_too(talk: Talk, said: str) -> None:
    report(talk, RUBBISH)
    talk.later(minutes=2)
    assert f"编号 {FIRST + 1}" in (talk.say(NEIGHBOUR, said) or "")
    assert [case.text for case in talk.rows(Case)] == [RUBBISH, said]


def test_another_matter_of_a_neighbour_that_is_unsure_waits_for_a_person(sqlite_talk: Talk) -> None:
    report(sqlite_talk, RUBBISH)
    assert sqlite_talk.say(NEIGHBOUR, "我家也没暖气了") is None
    assert (reporters(sqlite_talk), sqlite_talk.outcome()) == (1, "candidate")
    assert [row.text for row in sqlite_talk.rows(PendingMessage)] == ["我家也没暖气了"]


@pytest.mark.parametrize("said", ["我家也堆着", "我们单元也没人管"])
def test_words_that_are_no_matter_of_their_own_agree_with_the_last_one(sqlite_talk: Talk, said: str) -> None:
    report(sqlite_talk, RUBBISH)
    assert sqlite_talk.say(NEIGHBOUR, said) is None
    assert reporters(sqlite_talk) == 2
