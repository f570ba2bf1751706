"""A report becomes a case, and its answer says in one line what the reporter needs to know."""

import pytest

from data.models import Case, CaseReporter, Outcome
from handlers.message import Reach
from tests.handlers.scenes import (
    FIRST,
    LEADER,
    MEMBER,
    NEIGHBOUR,
    NO_WATER,
    RESIDENT,
    RUBBISH,
    STUCK,
    heard,
    private,
    report,
)
from tests.talking import Talk


def test_an_ordinary_report(sqlite_talk: Talk) -> None:
    answer = f"已登记，编号 {FIRST}：3号楼 环境卫生，9月8日18:00前办理。发「查 {FIRST}」看进度。"
    assert sqlite_talk.say(RESIDENT, RUBBISH) == answer
    assert sqlite_talk.outcome() == Outcome.REGISTERED
    case = sqlite_talk.case()
    assert (case.text, case.masked_text, case.received_at) == (RUBBISH, RUBBISH, sqlite_talk.now)
    assert (case.category_code, case.kind, case.urgency, case.source) == ("M10", "complaint", "normal", "chat")
    assert [row.case_id for row in sqlite_talk.rows(CaseReporter)] == [1]


@pytest.mark.parametrize(
    ("words", "hotline"),
    [
        (STUCK, "119"),
        ("3号楼着火了，快来人", "119"),
        ("3号楼有老人晕倒了，快来人救命", "120"),
        ("3号楼有人要跳楼", "110"),
    ],
)
def test_in_an_emergency_the_number_to_call_comes_first(sqlite_talk: Talk, words: str, hotline: str) -> None:
    answer = sqlite_talk.say(RESIDENT, words) or ""
    assert answer.startswith(f"危险请先打{hotline}！已登记 {FIRST}：")
    assert answer.endswith("已通知网格员和社区负责人。")


def test_where_is_asked_only_where_it_is_not_known(sqlite_talk: Talk) -> None:
    where = "已登记，编号 {}：供电照明。请回一句是几号楼几单元。"
    assert sqlite_talk.say(RESIDENT, "楼道灯坏了三天了", "g009") == where.format(FIRST)
    assert "3号楼 供电照明" in (sqlite_talk.say(RESIDENT, "楼道灯坏了三天了", "g001") or "")  # a group of one building


def test_the_nickname_tells_building_and_room_and_the_room_stays_out_of_sight(sqlite_talk: Talk) -> None:
    answer = sqlite_talk.say(RESIDENT, "楼道灯坏了三天了", "g009", nickname="3-2-501 老李") or ""
    assert "3号楼2单元 供电照明" in answer
    assert "501" not in answer
    assert (sqlite_talk.case().room, sqlite_talk.case().place_text) == ("501", "3号楼2单元")


def test_what_is_personal_is_masked_in_the_copy_for_lists(sqlite_talk: Talk) -> None:
    sqlite_talk.say(RESIDENT, f"{RUBBISH}，电话13812345678，3-2-501")
    case = sqlite_talk.case()
    assert "13812345678" in case.text
    assert "13812345678" not in case.masked_text
    assert "501" not in case.masked_text
    assert "13812345678" not in "".join(sum_of(heard(sqlite_talk)))


def test_the_second_report_of_the_same_matter_hears_that_it_is_known(sqlite_talk: Talk) -> None:
    report(sqlite_talk)
    sqlite_talk.later(hours=71)
    answer = sqlite_talk.say(NEIGHBOUR, RUBBISH)
    assert answer == f"已登记，编号 {FIRST + 1}：3号楼 环境卫生。这件事邻居也报过，正在办理。"


def test_who_reports_the_same_again_is_no_neighbour_of_their_own(sqlite_talk: Talk) -> None:
    report(sqlite_talk)
    sqlite_talk.later(hours=5)
    answer = sqlite_talk.say(RESIDENT, RUBBISH) or ""
    assert answer.startswith(f"已登记，编号 {FIRST + 1}：3号楼 环境卫生")
    assert "前办理" in answer
    assert "邻居" not in answer
    assert len(sqlite_talk.rows(Case)) == 2  # people decide whether it is the same


@pytest.mark.parametrize(
    ("words", "hours"),
    [(RUBBISH.replace("3号楼", "4号楼"), 1), (NO_WATER, 1), (RUBBISH.replace("3号楼", "3号楼2单元"), 1), (RUBBISH, 73)],
    ids=["别的楼", "别的事", "说得更细", "三天以后"],
)
def test_another_matter_is_not_the_same(sqlite_talk: Talk, words: str, hours: int) -> None:
    report(sqlite_talk)
    sqlite_talk.later(hours=hours)
    assert "邻居也报过" not in (sqlite_talk.say(NEIGHBOUR, words) or "")


def test_a_matter_that_was_closed_is_new_again(sqlite_talk: Talk) -> None:
    private(sqlite_talk, MEMBER, f"办结 {report(sqlite_talk)}")
    assert "前办理" in (sqlite_talk.say(NEIGHBOUR, RUBBISH) or "")


def test_a_private_report_belongs_to_the_street_until_somebody_knows_better(sqlite_talk: Talk) -> None:
    number = report(sqlite_talk, group=None)
    assert sorted(heard(sqlite_talk)) == ["chen.zhiyuan", "luo.xiaobei"]
    assert sqlite_talk.case(number).level == "subdistrict"


@pytest.mark.parametrize(("who", "group"), [(MEMBER, "g001"), (LEADER, "g001"), (RESIDENT, "g041")])
def test_staff_and_groups_that_are_only_listened_to(sqlite_talk: Talk, who: str, group: str) -> None:
    assert sqlite_talk.say(who, "13号楼垃圾成堆没人清理", group) is None
    assert sqlite_talk.rows(Case) == []
    assert heard(sqlite_talk) == {}


def test_a_group_that_is_only_listened_to_gets_no_notice(sqlite_talk: Talk) -> None:
    sqlite_talk.channel.reaches[RESIDENT] = Reach.GROUP_ONLY
    sqlite_talk.say(RESIDENT, "13号楼垃圾成堆没人清理", "g041", at=True)
    holder = next(iter(heard(sqlite_talk)))
    private(sqlite_talk, holder, f"办结 {FIRST}")
    assert heard(sqlite_talk) == {holder: [f"{FIRST} 的上报人无法私信通知，请您当面或电话告知结果。"]}


def sum_of(told: dict[str, list[str]]) -> list[str]:
    return [text for texts in told.values() for text in texts]
