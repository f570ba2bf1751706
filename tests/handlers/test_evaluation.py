"""The reporter's verdict: two separate questions, closing, reopening with a new clock, and nobody else's opinion."""

from collections.abc import Callable

import pytest

from data.models import CaseStatus, ClosedBy, Evaluation, Task, TaskStatus
from handlers import replies, staff_replies
from handlers.message import Reach
from tests.handlers.scenes import (
    COLLEAGUE,
    FIRST,
    LEADER,
    MEMBER,
    NEIGHBOUR,
    NO_WATER,
    RESIDENT,
    RUBBISH,
    accepted,
    closed,
    heard,
    private,
    report,
    resolved,
    steps,
)
from tests.talking import Talk

ORDERS = {"解决了": "解决了 {}", "没解决": "没解决 {} 还在", "满意": "满意 {}", "不满意": "不满意 {} 太慢"}
every_verdict = pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)


def verdict(talk: Talk) -> tuple[bool | None, bool | None, str]:
    """The one evaluation there is."""
    (found,) = talk.rows(Evaluation)
    return found.resolved, found.satisfied, found.note


def test_solved_closes_the_case(sqlite_talk: Talk) -> None:
    number = resolved(sqlite_talk)
    answer = private(sqlite_talk, RESIDENT, f"解决了 {number}")
    assert answer == f"谢谢确认，{number} 已结案。是否满意？请回「满意 {number}」或「不满意 {number} 原因」。"
    case = sqlite_talk.case()
    assert (case.status, case.closed_by, case.closed_at) == (CaseStatus.CLOSED, ClosedBy.REPORTER, sqlite_talk.now)
    assert verdict(sqlite_talk) == (True, None, "")
    assert steps(sqlite_talk)[-1] == "reporter close"


def test_not_solved_starts_again_with_a_new_clock(sqlite_talk: Talk) -> None:
    number = resolved(sqlite_talk)
    sqlite_talk.later(days=3)  # Thursday
    assert private(sqlite_talk, RESIDENT, f"没解决 {number} 还在") == f"{number} 重新办理，9月11日18:00前给您答复。"
    case = sqlite_talk.case()
    assert (case.status, case.resolved_at, case.closed_at) == (CaseStatus.DISPATCHED, None, None)
    assert case.due_at == case.original_due_at
    assert verdict(sqlite_talk) == (False, None, "还在")
    assert f"新任务 {number}" in heard(sqlite_talk)[COLLEAGUE][0]
    assert [task.status for task in sqlite_talk.rows(Task)] == [TaskStatus.DONE, TaskStatus.OFFERED]
    assert "快到期" in heard(sqlite_talk.later(days=1))[MEMBER][0]


def test_a_case_closed_long_ago_may_be_reopened(sqlite_talk: Talk) -> None:
    number = resolved(sqlite_talk)
    sqlite_talk.later(days=14)
    assert sqlite_talk.case().closed_by is ClosedBy.SILENCE
    assert "重新办理" in private(sqlite_talk, RESIDENT, f"没解决 {number}")
    assert sqlite_talk.case().closed_by is None


def test_satisfied_says_that_it_is_solved_as_well(sqlite_talk: Talk) -> None:
    number = resolved(sqlite_talk)
    assert private(sqlite_talk, RESIDENT, f"满意 {number}") == f"谢谢您的评价（{number}）。"
    assert sqlite_talk.case().closed_by is ClosedBy.REPORTER
    assert verdict(sqlite_talk) == (None, True, "")


def test_not_satisfied_leaves_the_case_to_its_reporter(sqlite_talk: Talk) -> None:
    number = resolved(sqlite_talk)
    answer = private(sqlite_talk, RESIDENT, f"不满意 {number} 太慢")
    assert answer == f"已记下您的意见（{number}）。要重新办理请回「没解决 {number}」。"
    assert sqlite_talk.case().status is CaseStatus.RESOLVED
    assert verdict(sqlite_talk) == (None, False, "太慢")


def test_both_questions_and_a_change_of_mind_are_one_row(sqlite_talk: Talk) -> None:
    number = resolved(sqlite_talk)
    for order in ("解决了 {}", "不满意 {} 太慢", "满意 {}"):
        private(sqlite_talk, RESIDENT, order.format(number))
    assert verdict(sqlite_talk) == (True, True, "太慢")
    assert sqlite_talk.rows(Evaluation)[0].at == sqlite_talk.now


def test_two_reporters_have_a_verdict_each(sqlite_talk: Talk) -> None:
    number = report(sqlite_talk)
    sqlite_talk.say(NEIGHBOUR, "+1")
    private(sqlite_talk, MEMBER, f"办结 {number}")
    private(sqlite_talk, RESIDENT, f"解决了 {number}")
    assert "已结案" in private(sqlite_talk, NEIGHBOUR, f"解决了 {number}")
    private(sqlite_talk, NEIGHBOUR, f"不满意 {number}")
    assert [(e.resolved, e.satisfied) for e in sqlite_talk.rows(Evaluation)] == [(True, None), (True, False)]


def test_without_a_number_the_latest_answered_case_is_meant(sqlite_talk: Talk) -> None:
    first = resolved(sqlite_talk)
    sqlite_talk.later(hours=1)
    second = resolved(sqlite_talk, NO_WATER)
    assert str(second) in private(sqlite_talk, RESIDENT, "没解决")
    assert str(first) in private(sqlite_talk, RESIDENT, "解决了")
    assert sqlite_talk.case(second).status is CaseStatus.DISPATCHED


def test_praise_is_not_what_a_verdict_without_a_number_means(talk: Talk) -> None:
    """Praise is closed at once and was never resolved; databases differ in where they sort what is empty."""
    number = resolved(talk)
    talk.say(RESIDENT, "表扬物业师傅，电梯修得又快又好", at=True)
    assert talk.case(number + 1).kind == "praise"
    assert str(number) in private(talk, RESIDENT, "满意")
    assert talk.case(number).status is CaseStatus.CLOSED


@every_verdict
def test_a_verdict_on_nothing(sqlite_talk: Talk, order: str) -> None:
    verb = order.split()[0]
    assert private(sqlite_talk, RESIDENT, verb) == f"请带上编号，例如：{verb} 1027。"
    assert private(sqlite_talk, RESIDENT, order.format(9999)) == "没有找到编号 9999。"


@every_verdict
def test_before_there_is_an_answer_there_is_no_verdict(sqlite_talk: Talk, order: str) -> None:
    number = accepted(sqlite_talk)
    assert "「办理中」" in private(sqlite_talk, RESIDENT, order.format(number))
    assert sqlite_talk.rows(Evaluation) == []


@every_verdict
@pytest.mark.parametrize("end", [resolved, closed])
@pytest.mark.parametrize("who", [NEIGHBOUR, MEMBER])
def test_a_neighbour_and_who_worked_on_it_have_no_verdict(
    sqlite_talk: Talk, order: str, end: Callable[[Talk], int], who: str
) -> None:
    number = end(sqlite_talk)
    before = sqlite_talk.rows(Evaluation)
    assert private(sqlite_talk, who, order.format(number)) == f"{FIRST} 不是您的案件，不能这样操作。"
    assert sqlite_talk.rows(Evaluation) == before


@pytest.mark.parametrize("order", [ORDERS["解决了"], ORDERS["满意"], ORDERS["不满意"]])
@pytest.mark.parametrize("end", [resolved, closed])
def test_a_leader_does_not_judge_for_the_reporter(sqlite_talk: Talk, order: str, end: Callable[[Talk], int]) -> None:
    number = end(sqlite_talk)
    before = sqlite_talk.rows(Evaluation)
    assert private(sqlite_talk, LEADER, order.format(number)) == f"{FIRST} 不是您的案件，不能这样操作。"
    assert sqlite_talk.rows(Evaluation) == before


def test_without_a_number_what_still_waits_comes_first(sqlite_talk: Talk) -> None:
    first = resolved(sqlite_talk)
    sqlite_talk.later(hours=1)
    second = resolved(sqlite_talk, NO_WATER)
    assert str(second) in private(sqlite_talk, RESIDENT, "解决了")
    assert str(second) in private(sqlite_talk, RESIDENT, "满意")
    assert str(first) in private(sqlite_talk, RESIDENT, "解决了")


def test_a_leader_may_reopen_and_that_is_no_verdict(sqlite_talk: Talk) -> None:
    number = closed(sqlite_talk)
    assert "重新办理" in private(sqlite_talk, LEADER, f"没解决 {number} 我看过了")
    assert verdict(sqlite_talk) == (True, None, "")
    assert steps(sqlite_talk)[-2:] == ["leader reopen", "system dispatch"]


def test_the_old_limit_may_be_extended_again_after_reopening(sqlite_talk: Talk) -> None:
    number = accepted(sqlite_talk)
    private(sqlite_talk, MEMBER, f"延期 {number} 1天 缺车")
    private(sqlite_talk, MEMBER, f"办结 {number}")
    private(sqlite_talk, RESIDENT, f"没解决 {number}")
    private(sqlite_talk, MEMBER, f"接 {number}")
    assert "时限延到" in private(sqlite_talk, MEMBER, f"延期 {number} 1天 缺车")


def shared(talk: Talk) -> int:
    """A resolved case that a neighbour had joined; what was told so far is delivered."""
    number = report(talk)
    talk.say(NEIGHBOUR, "+1")
    private(talk, MEMBER, f"办结 {number}")
    heard(talk)
    return number


@pytest.mark.parametrize("order", [ORDERS["解决了"], ORDERS["满意"]])
@pytest.mark.parametrize(("who", "other"), [(NEIGHBOUR, RESIDENT), (RESIDENT, NEIGHBOUR)])
def test_who_else_reported_it_hears_of_the_close(sqlite_talk: Talk, order: str, who: str, other: str) -> None:
    number = shared(sqlite_talk)
    private(sqlite_talk, who, order.format(number))
    assert heard(sqlite_talk) == {other: [f"{number} 已有上报的邻居确认解决，已结案。没解决请回「没解决 {number}」。"]}
    assert "已结案" in private(sqlite_talk, other, f"解决了 {number}")
    assert heard(sqlite_talk) == {}  # closed once, told once
    assert "重新办理" in private(sqlite_talk, other, f"没解决 {number}")


def test_who_reported_what_was_merged_hears_of_the_close(sqlite_talk: Talk) -> None:
    first, second = report(sqlite_talk), report(sqlite_talk, NO_WATER, NEIGHBOUR)
    private(sqlite_talk, LEADER, f"并 {second} {first}")
    private(sqlite_talk, MEMBER, f"办结 {first}")
    heard(sqlite_talk)
    private(sqlite_talk, RESIDENT, f"解决了 {first}")
    assert heard(sqlite_talk) == {NEIGHBOUR: [replies.closed_by_another(first)]}


@pytest.mark.parametrize("group", ["g001", None])
def test_who_cannot_be_told_alone_reads_of_the_close_in_the_group(sqlite_talk: Talk, group: str | None) -> None:
    """Once: where it was confirmed in that group, the answer stands there already."""
    sqlite_talk.channel.reaches[RESIDENT] = Reach.GROUP_ONLY
    number = shared(sqlite_talk)
    answer = sqlite_talk.say(NEIGHBOUR, f"解决了 {number}", group)
    assert answer == replies.thanks_closed(number)
    assert heard(sqlite_talk) == ({} if group else {"g001": [replies.closed_by_another(number)]})


def test_where_nobody_can_tell_them_a_leader_is_asked_to(sqlite_talk: Talk) -> None:
    first, second = report(sqlite_talk, group=None), report(sqlite_talk, NO_WATER, NEIGHBOUR)
    private(sqlite_talk, "chen.zhiyuan", f"并 {second} {first}")
    private(sqlite_talk, "chen.zhiyuan", f"办结 {first}")
    sqlite_talk.channel.reaches[RESIDENT] = Reach.NONE
    heard(sqlite_talk)
    private(sqlite_talk, NEIGHBOUR, f"解决了 {first}")
    told = heard(sqlite_talk)
    assert told.keys() <= {"chen.zhiyuan", "luo.xiaobei"}
    assert [staff_replies.tell_them(first)] in told.values()


@every_verdict
def test_who_worked_on_it_does_not_confirm_it_as_its_reporter(sqlite_talk: Talk, order: str) -> None:
    """They may live there, too; the close is then the neighbours' or silence's."""
    number = report(sqlite_talk)
    sqlite_talk.say(MEMBER, "+1", at=True)
    private(sqlite_talk, MEMBER, f"办结 {number}")
    assert private(sqlite_talk, MEMBER, order.format(number)) == f"{number} 是您办理的，不能由您自己确认和评价。"
    assert sqlite_talk.case().status is CaseStatus.RESOLVED
    assert sqlite_talk.rows(Evaluation) == []
    sqlite_talk.later(days=14)
    assert sqlite_talk.case().closed_by is ClosedBy.SILENCE


def addressed_report(talk: Talk, who: str) -> int:
    """What a member of staff reported and the grid's leader finished."""
    talk.say(who, RUBBISH, at=True)
    private(talk, LEADER, f"办结 {FIRST}")
    return FIRST


def test_a_leader_who_reported_and_did_it_may_open_it_again(sqlite_talk: Talk) -> None:
    number = addressed_report(sqlite_talk, LEADER)
    assert private(sqlite_talk, LEADER, f"解决了 {number}") == staff_replies.own_work(number)
    assert "重新办理" in private(sqlite_talk, LEADER, f"没解决 {number}")
    assert "leader reopen" in steps(sqlite_talk)
    assert sqlite_talk.rows(Evaluation) == []


def test_staff_who_reported_it_and_did_not_work_on_it_have_a_verdict(sqlite_talk: Talk) -> None:
    number = addressed_report(sqlite_talk, COLLEAGUE)
    assert "已结案" in private(sqlite_talk, COLLEAGUE, f"解决了 {number}")
    assert sqlite_talk.case().closed_by is ClosedBy.REPORTER
