"""The reporter's verdict: two separate questions, closing, reopening with a new clock, and nobody else's opinion."""

from collections.abc import Callable

import pytest

from data.models import CaseStatus, ClosedBy, Evaluation, Task, TaskStatus
from tests.handlers.scenes import (
    COLLEAGUE,
    FIRST,
    LEADER,
    MEMBER,
    NEIGHBOUR,
    NO_WATER,
    RESIDENT,
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
