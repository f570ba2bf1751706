"""What a leader decides: to whom, not at all, together, apart; and that nobody else may."""

import pytest

from data.models import Case, CaseReporter, CaseStatus, StatusChange, Task, TaskStatus
from handlers import replies, staff_replies
from handlers.message import Reach
from tests.handlers.scenes import (
    COLLEAGUE,
    FIRST,
    HEAD,
    LEADER,
    MEMBER,
    NEIGHBOUR,
    NO_WATER,
    PASSER_BY,
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
ORDERS = {
    "派": "派 {} 钱小雨",
    "不受理": "不受理 {} 不在本街道",
    "并": "并 {} 1002",
    "拆": "拆 {}",
    "转纪检": "转纪检 {}",
}
every_order = pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)


def two(talk: Talk) -> tuple[int, int]:
    """Two cases of two residents; what was told so far is delivered."""
    numbers = report(talk), report(talk, NO_WATER, NEIGHBOUR)
    heard(talk)
    return numbers


def test_dispatching_to_a_named_colleague(sqlite_talk: Talk) -> None:
    number = report(sqlite_talk)
    heard(sqlite_talk)
    assert private(sqlite_talk, LEADER, f"派 {number} 钱小雨") == f"{number} 已派单。"
    assert f"新任务 {number}" in heard(sqlite_talk)[COLLEAGUE][0]
    assert "抢先" in private(sqlite_talk, MEMBER, f"接 {number}")
    assert "已接单" in private(sqlite_talk, COLLEAGUE, f"接 {number}")


def test_dispatching_to_somebody_of_the_community(sqlite_talk: Talk) -> None:
    number = report(sqlite_talk)
    private(sqlite_talk, HEAD, f"派 {number} 刘婷")
    assert "已接单" in private(sqlite_talk, "liu.ting", f"接 {number}")


def test_dispatching_without_a_name_goes_by_the_roster(sqlite_talk: Talk) -> None:
    number = report(sqlite_talk)
    sqlite_talk.later(days=1)
    heard(sqlite_talk)
    private(sqlite_talk, LEADER, f"派 {number}")
    assert f"新任务 {number}" in heard(sqlite_talk)[COLLEAGUE][0]


@pytest.mark.parametrize("name", ["张三丰", "邓丽华", "汤玉珊", "陈志远"])
def test_a_name_that_is_not_in_post_here(sqlite_talk: Talk, name: str) -> None:
    """A stranger, somebody of another community, somebody whose post has ended, and the street above."""
    number = report(sqlite_talk)
    answer = private(sqlite_talk, LEADER, f"派 {number} {name}")
    assert answer == "没有找到这个人，请写本网格或社区在岗人员的姓名。"
    assert steps(sqlite_talk) == ["system dispatch"]


def test_a_task_may_be_taken_out_of_idle_hands(sqlite_talk: Talk) -> None:
    number = accepted(sqlite_talk)
    private(sqlite_talk, LEADER, f"派 {number} 钱小雨")
    assert sqlite_talk.case().status is CaseStatus.DISPATCHED
    assert "抢先" in private(sqlite_talk, MEMBER, f"办结 {number}")
    assert "已接单" in private(sqlite_talk, COLLEAGUE, f"接 {number}")


def test_after_a_return_the_leader_decides(sqlite_talk: Talk) -> None:
    number = accepted(sqlite_talk)
    private(sqlite_talk, MEMBER, f"退 {number} 不归我管")
    assert private(sqlite_talk, LEADER, f"转 {number} 供电 是线路") == f"{number} 已转 清荷供电所。"
    assert "已接单" in private(sqlite_talk, "yi.min", f"接 {number}")


def test_declining_tells_the_reporter_why(sqlite_talk: Talk) -> None:
    number = report(sqlite_talk)
    heard(sqlite_talk)
    answer = private(sqlite_talk, LEADER, f"不受理 {number} 不在本街道，请找13812345678")
    assert answer == f"{number} 已登记为不受理，已告知上报人。"
    told = [f"您上报的 {number} 未能受理：不在本街道，请找[电话]。如有疑问请联系社区。"]
    assert heard(sqlite_talk)[RESIDENT] == told
    assert sqlite_talk.case().status is CaseStatus.DECLINED
    assert [task.status for task in sqlite_talk.rows(Task)] == [TaskStatus.REVOKED]


def test_declining_needs_a_reason(sqlite_talk: Talk) -> None:
    number = report(sqlite_talk)
    assert private(sqlite_talk, LEADER, f"不受理 {number}") == "请写明原因，例如：不受理 1027 原因。"


def test_who_was_offered_a_declined_case_hears_that_it_is_gone(sqlite_talk: Talk) -> None:
    number = report(sqlite_talk)
    heard(sqlite_talk)
    private(sqlite_talk, HEAD, f"不受理 {number} 不在本街道")
    assert heard(sqlite_talk)[MEMBER] == [f"{number} 不用再办了。"]


def test_merging_keeps_every_reporter_and_tells_them(sqlite_talk: Talk) -> None:
    first, second = two(sqlite_talk)
    assert private(sqlite_talk, LEADER, f"并 {second} {first}") == f"{second} 已并入 {first}。"
    told = heard(sqlite_talk)
    assert told[NEIGHBOUR] == [f"您上报的 {second} 与 {first} 是同一件事，已合并办理，结果一并告知。"]
    assert RESIDENT not in told
    merged = sqlite_talk.case(second)
    assert (merged.status, merged.merged_into_id, merged.next_action_at) == (CaseStatus.MERGED, 1, None)
    private(sqlite_talk, MEMBER, f"接 {first}")
    private(sqlite_talk, MEMBER, f"办结 {first} 已修好")
    assert all(f"{first} 已办结：已修好" in heard_by[-1] for heard_by in map(sqlite_talk.told, (RESIDENT, NEIGHBOUR)))
    assert "已结案" in private(sqlite_talk, NEIGHBOUR, f"解决了 {first}")


def test_a_common_reporter_is_kept_once(sqlite_talk: Talk) -> None:
    first, second = report(sqlite_talk), report(sqlite_talk, NO_WATER, RESIDENT)
    sqlite_talk.say(NEIGHBOUR, "+1")
    private(sqlite_talk, LEADER, f"并 {second} {first}")
    reporters = [row.account_id for row in sqlite_talk.rows(CaseReporter) if row.case_id == 1]
    assert len(reporters) == len(set(reporters)) == 2


def test_merging_needs_a_reason_no_more_than_two_numbers(sqlite_talk: Talk) -> None:
    first, second = two(sqlite_talk)
    assert private(sqlite_talk, LEADER, f"并 {second} {first} 同一栋3号楼") == f"{second} 已并入 {first}。"


@pytest.mark.parametrize(
    ("order", "answer"),
    [
        ("并 1001", "请写明两个编号，例如：并 1027 两个编号。"),
        ("并 1001 同一件", "请写明两个编号，例如：并 1027 两个编号。"),
        ("并 1001 1001", "请写明两个不同的编号，例如：并 1027 两个不同的编号。"),
        ("并 1001 9999", "没有找到编号 9999。"),
        ("并 1003 1001", "1003 现在是「已办结」，不能并案。"),
        ("并 1001 1003", "1003 现在是「已办结」，不能并案。"),  # its reporters would wait for ever
        ("并 1001 1004", "1004 现在是「不受理」，不能并案。"),
    ],
)
def test_what_cannot_be_merged(sqlite_talk: Talk, order: str, answer: str) -> None:
    two(sqlite_talk)
    third, fourth = resolved(sqlite_talk, "3号楼消防通道被堵死了"), report(sqlite_talk, "3号楼电梯坏了", PASSER_BY)
    private(sqlite_talk, LEADER, f"不受理 {fourth} 不在本街道")
    assert (third, fourth) == (1003, 1004)
    assert private(sqlite_talk, LEADER, order) == answer
    assert all(case.merged_into_id is None for case in sqlite_talk.rows(Case))


def test_a_merged_case_is_no_target(sqlite_talk: Talk) -> None:
    first, second = two(sqlite_talk)
    private(sqlite_talk, LEADER, f"并 {second} {first}")
    third = report(sqlite_talk, "3号楼消防通道被堵死了", PASSER_BY)
    assert "不能并案" in private(sqlite_talk, LEADER, f"并 {third} {second}")


def test_splitting_undoes_a_merge(sqlite_talk: Talk) -> None:
    first, second = two(sqlite_talk)
    private(sqlite_talk, LEADER, f"并 {second} {first}")
    heard(sqlite_talk)
    assert private(sqlite_talk, LEADER, f"拆 {second}") == f"{second} 已拆分出来，重新派单。"
    case = sqlite_talk.case(second)
    assert (case.status, case.merged_into_id) == (CaseStatus.DISPATCHED, None)
    assert f"新任务 {second}" in heard(sqlite_talk)[MEMBER][0]
    assert steps(sqlite_talk, second) == ["system dispatch", "leader merge", "leader split", "system dispatch"]
    assert "已撤回" in private(sqlite_talk, NEIGHBOUR, f"撤回 {second}")


def test_what_was_never_merged_cannot_be_split(sqlite_talk: Talk) -> None:
    number = report(sqlite_talk)
    assert private(sqlite_talk, LEADER, f"拆 {number}") == f"{number} 现在是「已派单」，不能拆分。"


def test_a_leader_may_reopen_what_was_declined(sqlite_talk: Talk) -> None:
    number = report(sqlite_talk)
    private(sqlite_talk, LEADER, f"不受理 {number} 不在本街道")
    sqlite_talk.later(days=1)
    assert private(sqlite_talk, HEAD, f"没解决 {number} 是我们的事") == f"{number} 重新办理，9月9日18:00前给您答复。"
    assert steps(sqlite_talk)[-2:] == ["leader reopen", "system dispatch"]


def test_moving_a_discipline_matter_out_is_answered_in_private(sqlite_talk: Talk) -> None:
    number = report(sqlite_talk)
    heard(sqlite_talk)
    assert sqlite_talk.say(LEADER, f"转纪检 {number}", at=True) is None
    assert heard(sqlite_talk)[LEADER] == [f"{number} 的内容已从普通案件中删除，已按规定私下告知上报人反映渠道。"]


@pytest.mark.parametrize("order", ["转纪检", "转纪检 9999", "转纪检 1001"])
def test_even_a_refusal_to_move_one_out_is_private(sqlite_talk: Talk, order: str) -> None:
    report(sqlite_talk)
    heard(sqlite_talk)
    assert sqlite_talk.say(STRANGER, order, at=True) is None
    assert list(heard(sqlite_talk)) == [STRANGER]


ALONE, UNTOLD = (
    f"{FIRST} 已登记为不受理，已告知上报人。",
    f"{FIRST} 已登记为不受理。有上报人无法私信通知，请您当面或电话告知。",
)


@pytest.mark.parametrize(
    ("reach", "group", "answer", "lines"),
    [
        (Reach.GROUP_ONLY, "g001", ALONE, [f"{FIRST} 未能受理。上报的邻居如有疑问请联系社区。"]),
        (Reach.GROUP_ONLY, None, UNTOLD, []),
        (Reach.NONE, None, UNTOLD, []),
    ],
)
def test_declining_says_that_the_reporter_was_told_only_where_they_were(
    sqlite_talk: Talk, reach: Reach, group: str | None, answer: str, lines: list[str]
) -> None:
    number = report(sqlite_talk, group=group)
    sqlite_talk.channel.reaches[RESIDENT] = reach
    heard(sqlite_talk)
    assert private(sqlite_talk, "chen.zhiyuan", f"不受理 {number} 不在本街道，请找13812345678") == answer
    told = heard(sqlite_talk)
    assert told.get("g001", []) == lines
    assert RESIDENT not in told


@pytest.mark.parametrize("group", ["g001", None])
def test_merging_tells_who_cannot_be_told_alone_in_the_group_or_asks_the_leader(
    sqlite_talk: Talk, group: str | None
) -> None:
    first, second = report(sqlite_talk, NO_WATER, NEIGHBOUR), report(sqlite_talk, group=group)
    sqlite_talk.channel.reaches[RESIDENT] = Reach.GROUP_ONLY
    heard(sqlite_talk)
    answer = private(sqlite_talk, "chen.zhiyuan", f"并 {second} {first}")
    assert answer == (staff_replies.merged if group else staff_replies.merged_untold)(second, first)
    line = f"{second} 与 {first} 是同一件事，已合并办理，进度请发「查 {first}」。"
    assert heard(sqlite_talk).get("g001", []) == ([line] if group else [])


@pytest.mark.parametrize("reach", [Reach.GROUP_ONLY, Reach.NONE])
def test_without_a_private_way_nobody_is_told_of_a_discipline_matter(sqlite_talk: Talk, reach: Reach) -> None:
    number = report(sqlite_talk)
    sqlite_talk.say(NEIGHBOUR, "+1")
    sqlite_talk.channel.reaches |= {RESIDENT: reach, NEIGHBOUR: reach}
    heard(sqlite_talk)
    answer = f"{number} 的内容已从普通案件中删除。上报人无法私信，没有告知。"
    assert private(sqlite_talk, HEAD, f"转纪检 {number}") == answer
    assert heard(sqlite_talk).keys() <= {MEMBER}


def test_who_joined_a_case_that_is_moved_out_hears_that_it_ended_and_not_why(sqlite_talk: Talk) -> None:
    """They may know nothing of the accusation, which was made by somebody else."""
    number = report(sqlite_talk)
    sqlite_talk.say(NEIGHBOUR, "+1")
    heard(sqlite_talk)
    private(sqlite_talk, LEADER, f"转纪检 {number}")
    told = heard(sqlite_talk)
    assert told[RESIDENT] == [replies.DISCIPLINE_NOTE]
    assert told[NEIGHBOUR] == [f"您上报的 {number} 已结束，没有受理。如有疑问请联系社区。"]


def test_who_heard_already_that_it_is_closed_hears_nothing_of_the_move(sqlite_talk: Talk) -> None:
    number = report(sqlite_talk)
    sqlite_talk.say(NEIGHBOUR, "+1")
    private(sqlite_talk, MEMBER, f"办结 {number}")
    private(sqlite_talk, RESIDENT, f"解决了 {number}")
    heard(sqlite_talk)
    private(sqlite_talk, LEADER, f"转纪检 {number}")
    assert NEIGHBOUR not in heard(sqlite_talk)


@every_order
@pytest.mark.parametrize("who", [RESIDENT, NEIGHBOUR, STRANGER, "yi.min"])
def test_nobody_else_decides(sqlite_talk: Talk, order: str, who: str) -> None:
    two(sqlite_talk)
    before = sqlite_talk.rows(StatusChange)
    assert private(sqlite_talk, who, order.format(FIRST)) == NOT_YOURS
    assert sqlite_talk.rows(StatusChange) == before


@pytest.mark.parametrize("order", [ORDERS["派"], ORDERS["不受理"], ORDERS["并"], ORDERS["拆"]])
def test_the_holder_decides_nothing_of_this(sqlite_talk: Talk, order: str) -> None:
    two(sqlite_talk)
    private(sqlite_talk, MEMBER, f"接 {FIRST}")
    assert private(sqlite_talk, MEMBER, order.format(FIRST)) == NOT_YOURS


@pytest.mark.parametrize("order", [ORDERS["派"], ORDERS["不受理"], ORDERS["并"], ORDERS["拆"]])
def test_a_closed_case_stays_closed(sqlite_talk: Talk, order: str) -> None:
    number = closed(sqlite_talk)
    report(sqlite_talk, NO_WATER, NEIGHBOUR)
    assert "「已结案」" in private(sqlite_talk, LEADER, order.format(number))
    assert sqlite_talk.case().status is CaseStatus.CLOSED


@every_order
def test_no_such_case_and_no_number(sqlite_talk: Talk, order: str) -> None:
    assert private(sqlite_talk, LEADER, order.format(9999)) == "没有找到编号 9999。"
    verb = order.split()[0]
    assert private(sqlite_talk, LEADER, verb) == f"请带上编号，例如：{verb} 1027。"
