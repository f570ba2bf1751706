"""What a page offers is what the bot takes, and nothing more: each order of the list is tried in every state."""

import pytest

from data.models import DepartmentKind, Outcome, Task
from handlers.cases.orders import ORDERS, Need, Order, allowed_now, colleagues, departments
from handlers.command import Verb
from tests.handlers.scenes import (
    FIRST,
    HEAD,
    LEADER,
    MEMBER,
    NO_WATER,
    RESIDENT,
    STRANGER,
    accepted,
    closed,
    private,
    report,
    resolved,
)
from tests.talking import Talk

WORDS = {
    Need.REASON: "要等配件",
    Need.NOTE: "已清理",
    Need.DAYS: "2天",
    Need.DEPARTMENT: "供电",
    Need.PERSON: "钱小雨",
}
# 办结 makes up for a forgotten 接, and arriving twice does no harm; pages offer the plain way.
FORGIVEN = (Verb.RESOLVE, Verb.ARRIVE)
# A member on duty leads nobody, and what a colleague has taken is no longer a leader's to do.
NEVER = {
    MEMBER: (Verb.DISPATCH, Verb.MERGE, Verb.SPLIT, Verb.DECLINE, Verb.NOT_SOLVED),
    LEADER: (Verb.ARRIVE, Verb.RESOLVE, Verb.EXTEND),
}
SCENES = {
    "dispatched": lambda talk: report(talk),
    "accepted": accepted,
    "arrived": lambda talk: (accepted(talk), private(talk, MEMBER, f"到场 {FIRST}")),
    "extended": lambda talk: (accepted(talk), private(talk, MEMBER, f"延期 {FIRST} 2天 等配件")),
    "resolved": resolved,
    "closed": closed,
    "returned": lambda talk: (accepted(talk), private(talk, MEMBER, f"退 {FIRST} 不归我")),
    "reopened": lambda talk: (resolved(talk), private(talk, RESIDENT, f"没解决 {FIRST}")),
    "declined": lambda talk: (report(talk), private(talk, LEADER, f"不受理 {FIRST} 不归我们")),
    "withdrawn": lambda talk: (report(talk), private(talk, RESIDENT, f"撤回 {FIRST}")),
    "merged": lambda talk: (report(talk), report(talk, NO_WATER), private(talk, LEADER, f"并 {FIRST} {FIRST + 1}")),
}


def offered(talk: Talk, who: str) -> list[Order]:
    with talk.bot.database.reading() as session:
        return allowed_now(talk.context(session, who), talk.case())


def typed(talk: Talk, order: Order) -> str:
    words = [WORDS[need] for need in order.needs if need is not Need.INTO]
    other = [str(report(talk, NO_WATER))] if Need.INTO in order.needs else []
    return " ".join([order.verb.value, str(FIRST), *other, *words])


@pytest.mark.parametrize("who", [MEMBER, LEADER, HEAD])
@pytest.mark.parametrize("scene", SCENES)
def test_what_is_offered_is_taken_and_the_rest_refused(sqlite_talk: Talk, scene: str, who: str) -> None:
    """Where more than one order is offered, each is tried on a scene of its own."""
    SCENES[scene](sqlite_talk)
    now = {order.verb for order in offered(sqlite_talk, who)}
    refused = [order for order in ORDERS if order.verb not in now and order.verb not in FORGIVEN]
    for order in refused:
        before = sqlite_talk.case()
        private(sqlite_talk, who, typed(sqlite_talk, order))
        after = sqlite_talk.case()
        unchanged = (before.status, before.level, before.due_at) == (after.status, after.level, after.due_at)
        assert unchanged, order.verb


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: order.verb.name)
@pytest.mark.parametrize("who", [MEMBER, LEADER])
def test_an_order_that_is_offered_is_carried_out(sqlite_talk: Talk, order: Order, who: str) -> None:
    """In the first scene in which it is offered to this person at all."""
    taken = _first_scene(sqlite_talk, order, who)
    if taken is None:
        assert order.verb in NEVER[who]
        return
    private(sqlite_talk, who, typed(sqlite_talk, order))
    assert sqlite_talk.outcome() in (Outcome.COMMAND, Outcome.ATTACHED)


def _first_scene(talk: Talk, order: Order, who: str) -> str | None:
    for name in ("dispatched", "accepted", "resolved", "merged"):
        if name in ("accepted", "resolved"):
            private(talk, MEMBER, f"{'接' if name == 'accepted' else '办结'} {FIRST}")
        elif name == "merged":
            private(talk, LEADER, f"没解决 {FIRST}")
            private(talk, LEADER, f"并 {FIRST} {report(talk, NO_WATER)}")
        else:
            report(talk)
        if order in offered(talk, who):
            return name
    return None


@pytest.mark.parametrize("who", [STRANGER, RESIDENT])
def test_who_works_not_on_the_case_is_offered_nothing(sqlite_talk: Talk, who: str) -> None:
    """Neither a leader of another community, nor the reporter, who has the chat for that."""
    report(sqlite_talk)
    assert offered(sqlite_talk, who) == []


def test_a_case_that_was_moved_out_is_left_alone(sqlite_talk: Talk) -> None:
    report(sqlite_talk)
    private(sqlite_talk, LEADER, f"转纪检 {FIRST}")
    assert offered(sqlite_talk, LEADER) == []


def test_every_name_of_the_list_can_be_dispatched_to(sqlite_talk: Talk) -> None:
    report(sqlite_talk)
    with sqlite_talk.bot.database.reading() as session:
        names = colleagues(sqlite_talk.context(session, LEADER), sqlite_talk.case())
    assert {"赵海涛", "钱小雨", "李桂芳"} <= set(names)
    assert len(names) == len(set(names))
    for name in names:
        assert "已派单" in private(sqlite_talk, LEADER, f"派 {FIRST} {name}"), name
        task = sqlite_talk.rows(Task)[-1]
        assert sqlite_talk.bot.directory().people[task.person_id].name == name


def test_every_department_of_the_list_can_be_handed_to(sqlite_talk: Talk) -> None:
    report(sqlite_talk)
    directory = sqlite_talk.bot.directory()
    with sqlite_talk.bot.database.reading() as session:
        names = departments(sqlite_talk.context(session, LEADER))
    sealed = {d.name for d in directory.departments.values() if d.kind is DepartmentKind.DISCIPLINE}
    assert sealed
    assert not sealed & set(names)
    for name in names:
        private(sqlite_talk, LEADER, f"转 {FIRST} {name} 归他们管")
        assert directory.departments[sqlite_talk.rows(Task)[-1].department_id].name == name
