"""A resident asks about, adds to, urges and withdraws what they reported; and what neighbours may know of it."""

import pytest

from data.models import Case, CaseStatus, Media, Message, Task, TaskStatus
from data.taxonomy import Urgency
from handlers import replies, staff_replies
from handlers.message import Kind
from tests.handlers.scenes import (
    FIRST,
    LEADER,
    MEMBER,
    NEIGHBOUR,
    RESIDENT,
    STRANGER,
    accepted,
    closed,
    heard,
    private,
    report,
    resolved,
    steps,
)
from tests.talking import Talk

NOT_YOURS = f"{FIRST} 不是您的案件，不能这样操作。"
ORDERS = {"补充": "补充 {} 二单元也是", "催": "催 {}", "撤回": "撤回 {}"}
every_order = pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)


def test_asking_after_a_case_along_its_way(sqlite_talk: Talk) -> None:
    number = report(sqlite_talk)
    for who, order, answer in [
        ("", "", "已派单（绿色·网格），时限 9月8日18:00。"),
        (MEMBER, "接 {}", "办理中（绿色·网格），时限 9月8日18:00。"),
        (MEMBER, "上报 {} 管不了", "办理中（黄色·社区），时限 9月8日18:00。"),
        (MEMBER, "延期 {} 1天 缺车", "办理中（黄色·社区），时限 9月9日18:00。"),
        (MEMBER, "办结 {}", "已办结，待您确认（黄色·社区），时限 9月9日18:00。"),
        (RESIDENT, "解决了 {}", "已结案。"),
        (RESIDENT, "没解决 {}", "已派单（黄色·社区），时限 9月8日18:00。"),
        (RESIDENT, "撤回 {}", "已撤回。"),
    ]:
        if who:
            private(sqlite_talk, who, order.format(number))
        assert sqlite_talk.say(RESIDENT, f"查 {number}") == f"{number}：{answer}"


def test_neighbours_of_the_group_may_ask_in_the_group_and_nowhere_else(sqlite_talk: Talk) -> None:
    number = report(sqlite_talk)
    assert (sqlite_talk.say(NEIGHBOUR, f"查 {number}") or "").startswith(f"{number}：已派单")
    assert private(sqlite_talk, NEIGHBOUR, f"查 {number}") == NOT_YOURS
    assert sqlite_talk.say(NEIGHBOUR, f"查 {number}", "g002", at=True) == NOT_YOURS
    assert sqlite_talk.say(NEIGHBOUR, f"查 {number}", "g002") is None


def test_who_reported_or_works_on_it_may_ask_anywhere(sqlite_talk: Talk) -> None:
    number = report(sqlite_talk)
    for who in (RESIDENT, MEMBER, LEADER, "ke.yuhang"):
        assert private(sqlite_talk, who, f"查 {number}").startswith(f"{number}：已派单")
    assert private(sqlite_talk, STRANGER, f"查 {number}") == NOT_YOURS


def test_what_was_said_in_private_is_nobody_elses_business(sqlite_talk: Talk) -> None:
    number = report(sqlite_talk, group=None)
    assert private(sqlite_talk, NEIGHBOUR, f"查 {number}") == NOT_YOURS
    assert sqlite_talk.say(NEIGHBOUR, f"查 {number}", at=True) == NOT_YOURS


def test_my_reports_come_privately_newest_first(sqlite_talk: Talk) -> None:
    first = closed(sqlite_talk)
    second = report(sqlite_talk, "3号楼停水了，没人管，电话13812345678")
    report(sqlite_talk, "3号楼消防通道被堵死了", NEIGHBOUR)
    heard(sqlite_talk)
    expected = f"{second} 已派单 3号楼停水了，没人管，电话[电话\n{first} 已结案 3号楼垃圾成堆没人清理"
    assert private(sqlite_talk, RESIDENT, "我的上报") == expected
    assert sqlite_talk.say(RESIDENT, "我的上报", at=True) is None
    assert heard(sqlite_talk) == {RESIDENT: [expected]}
    assert private(sqlite_talk, "r004", "我的上报") == "您还没有上报过。"


def test_supplementing_tells_whoever_has_the_task(sqlite_talk: Talk) -> None:
    number = report(sqlite_talk)
    heard(sqlite_talk)
    answer = private(sqlite_talk, RESIDENT, f"补充 {number} 二单元也是，电话13812345678", media=("photo",))
    assert answer == f"已补充到 {number}。"
    assert heard(sqlite_talk) == {MEMBER: [f"{number} 有补充：二单元也是，电话[电话]"]}
    message = sqlite_talk.rows(Message)[-1]
    assert (message.case_id, message.outcome) == (1, "attached")
    assert [media.message_id for media in sqlite_talk.rows(Media)] == [message.id]


def test_supplementing_danger_makes_an_emergency_of_the_case(sqlite_talk: Talk) -> None:
    number = report(sqlite_talk, "3号楼2单元电梯坏了没人修")
    heard(sqlite_talk)
    assert "119" in private(sqlite_talk, RESIDENT, f"补充 {number} 里面有人困住了")
    told = heard(sqlite_talk)
    assert MEMBER in told
    assert len(told) > 1  # and the community
    assert all(text.startswith(f"【紧急】{number}") for texts in told.values() for text in texts)
    assert sqlite_talk.rows(Case)[0].urgency is Urgency.EMERGENCY


@pytest.mark.parametrize("words", ["没有人被困，已经修好了", "旁边还有一袋垃圾"])
def test_supplementing_what_is_no_danger_raises_nothing(sqlite_talk: Talk, words: str) -> None:
    number = report(sqlite_talk, "3号楼2单元电梯坏了没人修")
    before = sqlite_talk.rows(Case)[0].urgency
    assert private(sqlite_talk, RESIDENT, f"补充 {number} {words}") == f"已补充到 {number}。"
    assert sqlite_talk.rows(Case)[0].urgency is before


def test_supplementing_with_a_photo_alone_and_with_nothing(sqlite_talk: Talk) -> None:
    number = report(sqlite_talk)
    assert "已补充" in private(sqlite_talk, RESIDENT, f"补充 {number}", media=("photo",))
    assert private(sqlite_talk, RESIDENT, f"补充 {number}") == "请写明补充的内容，例如：补充 1027 补充的内容。"


def test_supplementing_what_waits_for_the_verdict_reaches_the_leader(sqlite_talk: Talk) -> None:
    number = resolved(sqlite_talk)
    private(sqlite_talk, RESIDENT, f"补充 {number} 角落还有")
    assert heard(sqlite_talk) == {LEADER: [f"{number} 有补充：角落还有"]}


def test_urging_what_somebody_took_and_what_nobody_took(sqlite_talk: Talk) -> None:
    number = report(sqlite_talk)
    heard(sqlite_talk)
    assert private(sqlite_talk, RESIDENT, f"催 {number}") == f"已催办 {number}，会尽快给您答复。"
    notice = f"居民催办 {number}，请尽快处理并回复进展。"
    assert heard(sqlite_talk) == {MEMBER: [notice], LEADER: [notice]}
    private(sqlite_talk, MEMBER, f"接 {number}")
    sqlite_talk.later(hours=24)
    heard(sqlite_talk)
    private(sqlite_talk, RESIDENT, f"催 {number}")
    assert heard(sqlite_talk) == {MEMBER: [notice]}


def test_urging_once_a_day(sqlite_talk: Talk) -> None:
    number = report(sqlite_talk)
    private(sqlite_talk, RESIDENT, f"催 {number}")
    sqlite_talk.later(hours=23, minutes=59)
    heard(sqlite_talk)
    assert private(sqlite_talk, RESIDENT, f"催 {number}") == f"{number} 今天已催办过，我们在跟进。"
    assert heard(sqlite_talk) == {}
    sqlite_talk.later(minutes=1)
    assert "会尽快" in private(sqlite_talk, RESIDENT, f"催 {number}")
    assert steps(sqlite_talk).count("reporter urge") == 2


def test_urging_after_a_return_tells_the_leader_once(sqlite_talk: Talk) -> None:
    number = accepted(sqlite_talk)
    private(sqlite_talk, MEMBER, f"退 {number} 不归我管")
    heard(sqlite_talk)
    private(sqlite_talk, RESIDENT, f"催 {number}")
    assert heard(sqlite_talk) == {LEADER: [f"居民催办 {number}，请尽快处理并回复进展。"]}


@pytest.mark.parametrize("taken", [True, False])
def test_withdrawing_takes_the_task_back(sqlite_talk: Talk, taken: bool) -> None:
    number = accepted(sqlite_talk) if taken else report(sqlite_talk)
    heard(sqlite_talk)
    assert private(sqlite_talk, RESIDENT, f"撤回 {number} 已经自己收拾了") == f"{number} 已撤回。"
    assert heard(sqlite_talk) == {MEMBER: [f"{number} 已撤回。"]}
    case = sqlite_talk.case()
    assert (case.status, case.next_action_at) == (CaseStatus.WITHDRAWN, None)
    assert [task.status for task in sqlite_talk.rows(Task)] == [TaskStatus.REVOKED]
    assert "已撤回" in private(sqlite_talk, RESIDENT, f"撤回 {number}")


def test_a_neighbour_takes_back_only_their_own_part(sqlite_talk: Talk) -> None:
    number = report(sqlite_talk)
    sqlite_talk.say(NEIGHBOUR, "+1")
    private(sqlite_talk, MEMBER, f"接 {number}")
    heard(sqlite_talk)
    assert private(sqlite_talk, NEIGHBOUR, f"撤回 {number}") == replies.own_part_withdrawn(number)
    assert sqlite_talk.case().status is CaseStatus.ACCEPTED
    assert heard(sqlite_talk) == {MEMBER: [staff_replies.reporter_left(number, "")]}
    private(sqlite_talk, MEMBER, f"办结 {number}")
    assert list(heard(sqlite_talk)) == [RESIDENT]
    assert private(sqlite_talk, NEIGHBOUR, f"撤回 {number}") == NOT_YOURS


def test_a_case_ends_with_the_last_who_reported_it(sqlite_talk: Talk) -> None:
    """The matter may be over for who reported it first, and not for the neighbours."""
    number = report(sqlite_talk)
    sqlite_talk.say(NEIGHBOUR, "+1")
    heard(sqlite_talk)
    answer = private(sqlite_talk, RESIDENT, f"撤回 {number} 已经自己收拾了，电话13812345678")
    assert answer == f"已撤回您的上报。{number} 还有邻居报过，会继续办理。"
    left = f"{number} 有一位上报人撤回（已经自己收拾了，电话[电话]），还有邻居报过，请继续办理。"
    assert heard(sqlite_talk) == {MEMBER: [left]}
    assert private(sqlite_talk, NEIGHBOUR, f"撤回 {number}") == f"{number} 已撤回。"
    assert sqlite_talk.case().status is CaseStatus.WITHDRAWN


@pytest.mark.parametrize("taken_back", ["撤回 1001", "m1"])
def test_a_report_that_was_merged_into_it_is_not_taken_away(talk: Talk, taken_back: str) -> None:
    """Neither by the order nor by recalling the message."""
    first, second = report(talk), report(talk, "3号楼停水了，没人管", NEIGHBOUR)
    private(talk, LEADER, f"并 {second} {first}")
    if taken_back == "m1":
        talk.say(RESIDENT, kind=Kind.RECALL, recalls="m1")
    else:
        private(talk, RESIDENT, taken_back)
    assert talk.case(first).status is CaseStatus.DISPATCHED
    heard(talk)
    private(talk, MEMBER, f"办结 {first}")
    assert list(heard(talk)) == [NEIGHBOUR]


def test_nothing_is_taken_back_from_a_case_that_is_over(sqlite_talk: Talk) -> None:
    number = report(sqlite_talk)
    sqlite_talk.say(NEIGHBOUR, "+1")
    private(sqlite_talk, MEMBER, f"办结 {number}")
    assert "不能撤回" in private(sqlite_talk, NEIGHBOUR, f"撤回 {number}")
    assert "已结案" in private(sqlite_talk, NEIGHBOUR, f"解决了 {number}")


@every_order
@pytest.mark.parametrize("who", [NEIGHBOUR, STRANGER])
def test_somebody_without_a_part_in_it(sqlite_talk: Talk, order: str, who: str) -> None:
    number = report(sqlite_talk)
    assert private(sqlite_talk, who, order.format(number)) == NOT_YOURS
    assert steps(sqlite_talk) == ["system dispatch"]


@pytest.mark.parametrize("order", ["催 {}", "撤回 {}"])
def test_the_holder_does_not_speak_for_the_reporter(sqlite_talk: Talk, order: str) -> None:
    number = accepted(sqlite_talk)
    assert private(sqlite_talk, MEMBER, order.format(number)) == NOT_YOURS


@every_order
def test_a_closed_case(sqlite_talk: Talk, order: str) -> None:
    number = closed(sqlite_talk)
    before = steps(sqlite_talk)
    assert f"{number} 现在是「已结案」" in private(sqlite_talk, RESIDENT, order.format(number))
    assert steps(sqlite_talk) == before


def test_a_case_that_was_urged_and_then_closed_is_not_urged_again(sqlite_talk: Talk) -> None:
    number = accepted(sqlite_talk)
    private(sqlite_talk, RESIDENT, f"催 {number}")
    private(sqlite_talk, MEMBER, f"办结 {number}")
    assert "不能催办" in private(sqlite_talk, RESIDENT, f"催 {number}")


@pytest.mark.parametrize("order", ["查 {}", *ORDERS.values()])
def test_no_such_case_and_no_number(sqlite_talk: Talk, order: str) -> None:
    assert private(sqlite_talk, RESIDENT, order.format(9999)) == "没有找到编号 9999。"
    verb = order.split()[0]
    assert private(sqlite_talk, RESIDENT, verb) == f"请带上编号，例如：{verb} 1027。"
    assert sqlite_talk.rows(Case) == []
