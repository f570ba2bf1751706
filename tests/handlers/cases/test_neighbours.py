"""What a neighbour says under somebody's report: their part in it, or a matter of their own; nothing is swallowed."""

import pytest

from data.models import Case, CaseReporter, PendingMessage
from handlers.message import Kind
from tests.handlers.scenes import FIRST, NEIGHBOUR, NO_WATER, PASSER_BY, RESIDENT, RUBBISH, report, stored
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


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("健身区旁边垃圾成堆没人清理", "2号楼2单元楼道垃圾成堆没人清理"),
        ("小区里垃圾成堆没人清理", "2号楼2单元楼道垃圾成堆没人清理"),
        ("凉亭旁边垃圾成堆没人清理", "儿童滑梯那边的垃圾桶满了没人清理"),
        ("停车场的垃圾成堆没人清理", "小广场的垃圾桶满了没人清理"),
    ],
)
def test_a_full_report_of_another_spot_is_its_own_case(talk: Talk, first: str, second: str) -> None:
    report(talk, first, group="g009")
    before = talk.case().unit_id, talk.case().place_text
    assert f"编号 {FIRST + 1}" in (talk.say(NEIGHBOUR, second, "g009") or "")
    assert (talk.case().unit_id, talk.case().place_text) == before
    assert [case.text for case in talk.rows(Case)] == [first, second]


def test_who_names_the_building_of_another_emergency_is_told_whom_to_call(sqlite_talk: Talk) -> None:
    report(sqlite_talk, "电梯困人了，快来人", group="g009")
    answer = sqlite_talk.say(NEIGHBOUR, "2号楼电梯困人了，快来人", "g009") or ""
    assert answer.startswith(f"危险请先打119！已登记 {FIRST + 1}")


def test_the_same_spot_named_more_fully_is_the_same_case(sqlite_talk: Talk) -> None:
    report(sqlite_talk, "地下车库的灯坏了好几天没人修", group="g009")
    assert sqlite_talk.say(NEIGHBOUR, "2号楼地下车库进水了，车都泡了没人管", "g009") is None
    assert (len(sqlite_talk.rows(Case)), reporters(sqlite_talk)) == (1, 2)
    assert sqlite_talk.case().place_text == "2号楼地下车库"


def test_the_reporter_who_says_it_again_with_its_place_has_one_case(sqlite_talk: Talk) -> None:
    report(sqlite_talk, "小区里垃圾成堆没人清理", group="g009")
    assert sqlite_talk.say(RESIDENT, "2号楼2单元楼道垃圾成堆没人清理", "g009") is None
    assert len(sqlite_talk.rows(Case)) == 1
    assert sqlite_talk.case().place_text == "2号楼2单元"
