"""The state table, checked in both directions against one that people can read; its history, and who wins a race."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from threading import Barrier

import pytest
from sqlalchemy import update
from sqlmodel import Session, col, select

from data.models import Case, CaseStatus, StatusChange, Task, TaskStatus
from handlers.cases.actors import find_case
from handlers.cases.escalation import raise_level
from handlers.cases.lifecycle import Action, ActorRole, advance, step
from handlers.errors import NotAllowedNow, NotYourCase, Overtaken
from handlers.message import IncomingMessage
from tests.handlers.scenes import COLLEAGUE, LEADER, MEMBER, RESIDENT, accepted, private, report, resolved, steps
from tests.talking import Talk

HOLDER = frozenset({ActorRole.HOLDER})

# What stands here may happen, and nothing else. An empty last column: the state stays.
TABLE = """
已登记 | 派单 | 负责人 系统 | 已派单
已登记 | 致谢 | 系统 | 已结案
已登记 | 上报 | 承办人 负责人 系统 |
已登记 | 催办 | 上报人 |
已登记 | 补充 | 上报人 承办人 负责人 |
已登记 | 撤回 | 上报人 | 已撤回
已登记 | 不受理 | 负责人 | 不受理
已登记 | 并案 | 负责人 | 已并案
已登记 | 移出 | 承办人 负责人 | 不受理

已派单 | 派单 | 负责人 系统 | 已派单
已派单 | 接单 | 承办人 | 办理中
已派单 | 退单 | 承办人 | 已退回
已派单 | 转派 | 承办人 负责人 | 已派单
已派单 | 上报 | 承办人 负责人 系统 |
已派单 | 催办 | 上报人 |
已派单 | 补充 | 上报人 承办人 负责人 |
已派单 | 撤回 | 上报人 | 已撤回
已派单 | 不受理 | 负责人 | 不受理
已派单 | 并案 | 负责人 | 已并案
已派单 | 移出 | 承办人 负责人 | 不受理

办理中 | 派单 | 负责人 | 已派单
办理中 | 到场 | 承办人 |
办理中 | 办结 | 承办人 | 已办结
办理中 | 退单 | 承办人 | 已退回
办理中 | 转派 | 承办人 负责人 | 已派单
办理中 | 延期 | 承办人 |
办理中 | 上报 | 承办人 负责人 系统 |
办理中 | 催办 | 上报人 |
办理中 | 补充 | 上报人 承办人 负责人 |
办理中 | 撤回 | 上报人 | 已撤回
办理中 | 并案 | 负责人 | 已并案
办理中 | 移出 | 承办人 负责人 | 不受理

已退回 | 派单 | 负责人 系统 | 已派单
已退回 | 转派 | 承办人 负责人 | 已派单
已退回 | 上报 | 承办人 负责人 系统 |
已退回 | 催办 | 上报人 |
已退回 | 补充 | 上报人 承办人 负责人 |
已退回 | 撤回 | 上报人 | 已撤回
已退回 | 不受理 | 负责人 | 不受理
已退回 | 并案 | 负责人 | 已并案
已退回 | 移出 | 承办人 负责人 | 不受理

已办结 | 结案 | 上报人 系统 | 已结案
已办结 | 补充 | 上报人 承办人 负责人 |
已办结 | 评价 | 上报人 |
已办结 | 重新办理 | 上报人 负责人 | 重新办理
已办结 | 移出 | 承办人 负责人 | 不受理

已结案 | 评价 | 上报人 |
已结案 | 重新办理 | 上报人 负责人 | 重新办理
已结案 | 移出 | 承办人 负责人 | 不受理

重新办理 | 派单 | 负责人 系统 | 已派单
重新办理 | 上报 | 承办人 负责人 系统 |
重新办理 | 催办 | 上报人 |
重新办理 | 补充 | 上报人 承办人 负责人 |
重新办理 | 撤回 | 上报人 | 已撤回
重新办理 | 不受理 | 负责人 | 不受理
重新办理 | 并案 | 负责人 | 已并案
重新办理 | 移出 | 承办人 负责人 | 不受理

不受理 | 重新办理 | 负责人 | 重新办理
已并案 | 拆分 | 负责人 | 重新办理

不受理 | 移出 | 承办人 负责人 |
已撤回 | 移出 | 承办人 负责人 |
已并案 | 移出 | 承办人 负责人 |
"""
STATES = {
    "已登记": CaseStatus.RECEIVED,
    "已派单": CaseStatus.DISPATCHED,
    "办理中": CaseStatus.ACCEPTED,
    "已退回": CaseStatus.RETURNED,
    "已办结": CaseStatus.RESOLVED,
    "已结案": CaseStatus.CLOSED,
    "重新办理": CaseStatus.REOPENED,
    "不受理": CaseStatus.DECLINED,
    "已撤回": CaseStatus.WITHDRAWN,
    "已并案": CaseStatus.MERGED,
}
ACTIONS = {
    "登记": Action.REGISTER,
    "派单": Action.DISPATCH,
    "接单": Action.ACCEPT,
    "到场": Action.ARRIVE,
    "办结": Action.RESOLVE,
    "结案": Action.CLOSE,
    "致谢": Action.ACKNOWLEDGE,
    "退单": Action.RETURN,
    "转派": Action.REASSIGN,
    "延期": Action.EXTEND,
    "上报": Action.ESCALATE,
    "催办": Action.URGE,
    "补充": Action.SUPPLEMENT,
    "评价": Action.EVALUATE,
    "撤回": Action.WITHDRAW,
    "重新办理": Action.REOPEN,
    "不受理": Action.DECLINE,
    "并案": Action.MERGE,
    "拆分": Action.SPLIT,
    "移出": Action.SEAL,
}
ROLES = {
    "上报人": ActorRole.REPORTER,
    "承办人": ActorRole.HOLDER,
    "负责人": ActorRole.LEADER,
    "系统": ActorRole.SYSTEM,
}


def _rows() -> Iterator[tuple[str, str, list[str], str]]:
    for line in filter(None, TABLE.splitlines()):
        state, action, who, then = (cell.strip() for cell in line.split("|"))
        yield state, action, who.split(), then or state


ALLOWED = {(state, action, who): then for state, action, roles, then in _rows() for who in roles}


@pytest.mark.parametrize(("state", "action"), list(product(STATES, ACTIONS)))
def test_every_step_is_allowed_or_forbidden_as_the_table_says(state: str, action: str) -> None:
    for who, role in ROLES.items():
        case = _case(STATES[state])
        then = ALLOWED.get((state, action, who))
        if then is not None:
            assert step(case, ACTIONS[action], frozenset({role})) == (STATES[then], role)
            continue
        known = any((state, action, other) in ALLOWED for other in ROLES)
        with pytest.raises(NotYourCase if known else NotAllowedNow):
            step(case, ACTIONS[action], frozenset({role}))


def test_the_table_speaks_of_everything_there_is() -> None:
    assert set(STATES.values()) == set(CaseStatus)
    assert set(ACTIONS.values()) == set(Action)
    assert set(ROLES.values()) == set(ActorRole)


def test_who_has_several_roles_acts_in_one_that_may() -> None:
    everything = frozenset(ActorRole)
    assert step(_case(CaseStatus.DISPATCHED), Action.ACCEPT, everything)[1] is ActorRole.HOLDER
    assert step(_case(CaseStatus.RESOLVED), Action.CLOSE, everything)[1] is ActorRole.REPORTER
    with pytest.raises(NotYourCase):
        step(_case(CaseStatus.DISPATCHED), Action.ACCEPT, frozenset())


def test_every_allowed_step_appends_one_line_with_who_when_and_role(sqlite_talk: Talk) -> None:
    report(sqlite_talk)
    with sqlite_talk.bot.database.writing() as session:
        context = sqlite_talk.context(session, MEMBER)
        case = session.get_one(Case, 1)
        for (state, action, who), then in ALLOWED.items():
            _force(session, case, STATES[state])
            advance(context, case, ACTIONS[action], frozenset({ROLES[who]}), note="说明")
            line = session.exec(select(StatusChange).order_by(col(StatusChange.id).desc())).first()
            assert line is not None
            assert (line.case_id, line.at, line.account_id) == (1, sqlite_talk.now, context.sender.account_id)
            assert (line.action, line.actor_role, line.note) == (ACTIONS[action], ROLES[who], "说明")
            assert (line.from_status, line.to_status) == (STATES[state], STATES[then])
            assert case.status is STATES[then]
        assert len(session.exec(select(StatusChange)).all()) == 1 + len(ALLOWED)


def test_a_forbidden_step_changes_nothing_and_writes_nothing(sqlite_talk: Talk) -> None:
    number = resolved(sqlite_talk)
    before = sqlite_talk.rows(StatusChange)
    assert private(sqlite_talk, LEADER, f"不受理 {number} 不归我们管") == f"{number} 现在是「已办结」，不能不受理。"
    assert "不是您的案件" in private(sqlite_talk, MEMBER, f"办结 {number} 再办一次")
    assert sqlite_talk.rows(StatusChange) == before
    assert sqlite_talk.case().status is CaseStatus.RESOLVED


def test_the_history_only_grows(sqlite_talk: Talk) -> None:
    number = report(sqlite_talk)
    seen: list[StatusChange] = []
    for who, order in [
        (MEMBER, "接 {}"),
        (MEMBER, "到场 {}"),
        (RESIDENT, "补充 {} 还有纸箱"),
        (MEMBER, "办结 {} 已清走"),
        (RESIDENT, "没解决 {} 又堆上了"),
        (MEMBER, "退 {} 不归我管"),
        (RESIDENT, "撤回 {}"),
    ]:
        sqlite_talk.later(minutes=7)
        private(sqlite_talk, who, order.format(number))
        lines = sqlite_talk.rows(StatusChange)
        assert lines[: len(seen)] == seen
        assert all(line.at == sqlite_talk.now for line in lines[max(len(seen), 1) :])
        assert len(lines) > len(seen)
        seen = lines
    assert steps(sqlite_talk) == [
        "system dispatch",
        "holder accept",
        "holder arrive",
        "reporter supplement",
        "holder resolve",
        "reporter reopen",
        "system dispatch",
        "holder return",
        "reporter withdraw",
    ]


def test_only_one_of_two_who_accept_at_once_wins(talk: Talk) -> None:
    """Two threads through the real door: on PostgreSQL two transactions at once, on SQLite one after the other."""
    number = report(talk)
    messages = [talk.message(who, f"接 {number}", group=None) for who in (MEMBER, COLLEAGUE)]
    start = Barrier(len(messages), timeout=10)

    def accept(message: IncomingMessage) -> str | None:
        start.wait()
        return talk.bot.inbox.receive(message, talk.now)

    with ThreadPoolExecutor(len(messages)) as threads:
        answers = sorted(str(answer) for answer in threads.map(accept, messages))
    assert answers[0] == f"{number} 已被别人抢先处理，您不用再办。"
    assert "已接单" in answers[1]
    assert steps(talk) == ["system dispatch", "holder accept"]
    assert [task.status for task in talk.rows(Task)] == [TaskStatus.ACCEPTED]


def test_two_who_have_both_read_the_open_case_cannot_both_take_it(postgresql_talk: Talk) -> None:
    """The same race one floor lower: both sessions hold the case as dispatched before the first one writes."""
    report(postgresql_talk)
    start = Barrier(2, timeout=10)

    def accept(who: str) -> str:
        with postgresql_talk.bot.database.writing() as session:
            context, case = postgresql_talk.context(session, who), session.get_one(Case, 1)
            start.wait()
            try:
                advance(context, case, Action.ACCEPT, HOLDER)
            except Overtaken:
                return "overtaken"
            session.commit()
            return "accepted"

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(accept, (MEMBER, COLLEAGUE))) == ["accepted", "overtaken"]
    assert steps(postgresql_talk) == ["system dispatch", "holder accept"]


def test_orders_for_one_case_wait_for_each_other(postgresql_talk: Talk) -> None:
    """Otherwise both would read 绿色 and raise it to 黄色, and one step up would be lost."""
    number = accepted(postgresql_talk)
    order = postgresql_talk.message(MEMBER, f"上报 {number} 我管不了", group=None)
    with postgresql_talk.bot.database.writing() as session, ThreadPoolExecutor(1) as thread:
        context = postgresql_talk.context(session, LEADER)
        case, roles = find_case(context, number)
        answer = thread.submit(postgresql_talk.bot.inbox.receive, order, postgresql_talk.now)
        with pytest.raises(TimeoutError):
            answer.result(timeout=0.3)
        raise_level(context, case, roles, why="我也管不了")
        session.commit()
        assert answer.result(timeout=10) == f"{number} 已上报，现由蓝色·街道牵头。"


@pytest.mark.parametrize("action", [Action.REASSIGN, Action.DISPATCH])
def test_a_task_is_not_moved_under_somebody_who_just_took_it(postgresql_talk: Talk, action: Action) -> None:
    number = report(postgresql_talk)
    with postgresql_talk.bot.database.writing() as session:
        context, case = postgresql_talk.context(session, LEADER), session.get_one(Case, 1)
        private(postgresql_talk, MEMBER, f"接 {number}")
        with pytest.raises(Overtaken):
            advance(context, case, action, frozenset({ActorRole.LEADER}))


def _case(status: CaseStatus) -> Case:
    """Only what the state table looks at."""
    return Case(id=1, status=status)


def _force(session: Session, case: Case, status: CaseStatus) -> None:
    session.execute(update(Case).values(status=status))
    session.refresh(case)
