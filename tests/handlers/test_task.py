"""What the holder of a task types: every order on its good path, by the wrong person, too late and incomplete."""

import pytest

from data.models import CaseStatus, EscalationLevel, Media, Message, StatusChange, Task, TaskStatus
from handlers.message import Reach
from handlers.replies import PRIVATE_ONLY
from tests.handlers.scenes import (
    COLLEAGUE,
    DEPUTY,
    FIRST,
    HEAD,
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
ORDERS = {
    "接": "接 {}",
    "到场": "到场 {}",
    "办结": "办结 {} 已清理",
    "退": "退 {} 不归我管",
    "转": "转 {} 供电 是线路",
    "延期": "延期 {} 2天 缺配件",
    "上报": "上报 {} 我管不了",
}
every_order = pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)


def test_accepting(sqlite_talk: Talk) -> None:
    number = report(sqlite_talk)
    heard(sqlite_talk)
    answer = private(sqlite_talk, MEMBER, f"接 {number}")
    assert answer == f"已接单 {number}，请在 9月8日18:00 前办结。到了现场可发「到场 {number}」。"
    assert heard(sqlite_talk) == {RESIDENT: [f"您上报的 {number} 已有人接单。"]}
    task = sqlite_talk.rows(Task)[0]
    assert (task.person_id, task.status, task.accepted_at) == (22, TaskStatus.ACCEPTED, sqlite_talk.now)


@pytest.mark.parametrize("who", [COLLEAGUE, LEADER])
def test_a_colleague_of_the_same_grid_may_accept_too(sqlite_talk: Talk, who: str) -> None:
    number = report(sqlite_talk)
    assert "已接单" in private(sqlite_talk, who, f"接 {number}")
    assert "抢先" in private(sqlite_talk, MEMBER, f"接 {number}")


def test_a_task_in_hand_carries_the_orders_that_come_next(sqlite_talk: Talk) -> None:
    """As buttons, where the answer is a message of its own; each is taken, or answered with what is missing."""
    number = report(sqlite_talk)
    heard(sqlite_talk)
    inbox = sqlite_talk.bot.inbox
    buttons = {}
    for order in (f"接 {number}", f"到场 {number}"):
        inbox.receive(sqlite_talk.message(MEMBER, order, group=None), sqlite_talk.now, passive=False)
        buttons[order] = [out.orders for out in sqlite_talk.deliver() if out.account == MEMBER]
    next_orders = (f"办结 {number} 已处理", f"退 {number}", f"转 {number}")
    assert buttons == {f"接 {number}": [(f"到场 {number}", *next_orders)], f"到场 {number}": [next_orders]}
    assert private(sqlite_talk, MEMBER, f"退 {number}").startswith("请写明原因")
    assert private(sqlite_talk, MEMBER, f"转 {number}").startswith("请写明部门和原因")
    assert "已办结" in private(sqlite_talk, MEMBER, f"办结 {number}")


def test_a_group_sees_no_buttons(sqlite_talk: Talk) -> None:
    number = report(sqlite_talk)
    heard(sqlite_talk)
    order = sqlite_talk.message(MEMBER, f"接 {number}", group="g001", at=True)
    sqlite_talk.bot.inbox.receive(order, sqlite_talk.now, passive=False)
    assert [out.orders for out in sqlite_talk.deliver() if out.group == "g001"] == [()]


def test_accepting_twice(sqlite_talk: Talk) -> None:
    number = accepted(sqlite_talk)
    assert private(sqlite_talk, MEMBER, f"接 {number}") == f"{number} 现在是「办理中」，不能接单。"


def test_arriving(sqlite_talk: Talk) -> None:
    number = report(sqlite_talk)
    assert private(sqlite_talk, MEMBER, f"到场 {number}") == f"{number} 现在是「已派单」，不能到场。"
    private(sqlite_talk, MEMBER, f"接 {number}")
    assert private(sqlite_talk, MEMBER, f"到场 {number}").startswith(f"{number} 已记录到场。")
    assert sqlite_talk.rows(Task)[0].arrived_at == sqlite_talk.now
    assert sqlite_talk.case().status is CaseStatus.ACCEPTED


def test_resolving_tells_and_asks_the_reporter(sqlite_talk: Talk) -> None:
    number = accepted(sqlite_talk)
    heard(sqlite_talk)
    answer = private(sqlite_talk, MEMBER, f"办结 {number} 已清理，联系电话13812345678")
    assert answer == f"{number} 已办结，已告知上报人，等待确认。"
    asked = f"解决了请回「解决了 {number}」，没有请回「没解决 {number}」。"
    assert heard(sqlite_talk) == {RESIDENT: [f"您上报的 {number} 已办结：已清理，联系电话[电话]。{asked}"]}
    case, task = sqlite_talk.case(), sqlite_talk.rows(Task)[0]
    assert (case.status, case.resolved_at) == (CaseStatus.RESOLVED, sqlite_talk.now)
    assert (task.status, task.ended_at) == (TaskStatus.DONE, sqlite_talk.now)


def test_resolving_without_having_accepted_makes_up_for_it(sqlite_talk: Talk) -> None:
    number = report(sqlite_talk)
    private(sqlite_talk, MEMBER, f"办结 {number}")
    assert steps(sqlite_talk) == ["system dispatch", "holder accept", "holder resolve"]
    assert [line.note for line in sqlite_talk.rows(StatusChange)][-1] == "已处理"
    assert sqlite_talk.rows(Task)[0].person_id == 22


def test_resolving_where_the_reporter_can_only_be_reached_in_the_group(sqlite_talk: Talk) -> None:
    sqlite_talk.channel.reaches[RESIDENT] = Reach.GROUP_ONLY
    number = accepted(sqlite_talk)
    heard(sqlite_talk)
    private(sqlite_talk, MEMBER, f"办结 {number} 已清理")
    line = f"{number} 已办结。上报的邻居请回「解决了 {number}」或「没解决 {number}」。"
    assert heard(sqlite_talk) == {"g001": [line]}


def test_resolving_where_the_reporter_must_have_spoken_to_us_alone(sqlite_talk: Talk) -> None:
    sqlite_talk.channel.reaches[RESIDENT] = Reach.AFTER_SPEAKING
    for told in ("g001", RESIDENT):
        if told == RESIDENT:
            private(sqlite_talk, RESIDENT, "帮助")
        number = accepted(sqlite_talk)
        heard(sqlite_talk)
        private(sqlite_talk, MEMBER, f"办结 {number} 已清理")
        assert list(heard(sqlite_talk)) == [told]


def test_resolving_where_the_reporter_cannot_be_reached_is_a_task_for_a_person(sqlite_talk: Talk) -> None:
    sqlite_talk.channel.reaches[RESIDENT] = Reach.NONE
    number = report(sqlite_talk, who=RESIDENT, group=None)
    heard(sqlite_talk)
    assert "已接单" in private(sqlite_talk, "chen.zhiyuan", f"接 {number}")
    assert private(sqlite_talk, "chen.zhiyuan", f"办结 {number} 已清理") == f"{number} 已办结，等待确认。"
    assert heard(sqlite_talk) == {"chen.zhiyuan": [f"{number} 的上报人无法私信通知，请您当面或电话告知结果。"]}


def test_the_photo_that_comes_with_the_result_belongs_to_the_case(sqlite_talk: Talk) -> None:
    number = accepted(sqlite_talk)
    private(sqlite_talk, MEMBER, f"办结 {number} 已清理", media=("after",))
    private(sqlite_talk, MEMBER, media=("later",))
    of_case = {message.id for message in sqlite_talk.rows(Message) if message.case_id == 1}
    assert {media.reference for media in sqlite_talk.rows(Media) if media.message_id in of_case} == {"after", "later"}


def test_returning_goes_back_to_the_leader(sqlite_talk: Talk) -> None:
    number = accepted(sqlite_talk)
    heard(sqlite_talk)
    assert private(sqlite_talk, MEMBER, f"退 {number} 不归我管") == f"{number} 已退回，由负责人重新派单。"
    choices = f"「派 {number} 姓名」「转 {number} 部门 原因」或「不受理 {number} 原因」"
    assert heard(sqlite_talk) == {LEADER: [f"{number} 被退回：不归我管。请回{choices}。"]}
    assert sqlite_talk.rows(Task)[0].status is TaskStatus.RETURNED
    assert "不是您的案件" in private(sqlite_talk, MEMBER, f"接 {number}")


def test_handing_on_to_a_department(sqlite_talk: Talk) -> None:
    number = accepted(sqlite_talk)
    assert private(sqlite_talk, MEMBER, f"转 {number} power 是线路") == f"{number} 已转 清荷供电所。"
    assert [task.status for task in sqlite_talk.rows(Task)] == [TaskStatus.REVOKED, TaskStatus.OFFERED]
    assert sqlite_talk.case().status is CaseStatus.DISPATCHED


@pytest.mark.parametrize(
    ("order", "answer"),
    [
        ("转 {} 火星局 不知道", "没有找到这个部门，请写部门名称，例如：供电。"),
        ("转 {} 供电", "请写明部门和原因，例如：转 1027 部门和原因。"),
        ("转 {}", "请写明部门和原因，例如：转 1027 部门和原因。"),
        ("退 {}", "请写明原因，例如：退 1027 原因。"),
        ("上报 {}", "请写明原因，例如：上报 1027 原因。"),
        ("延期 {}", f"请这样写：延期 {FIRST} 2天 原因。只能延一次，最多5个工作日。"),
        ("延期 {} 2天", f"请这样写：延期 {FIRST} 2天 原因。只能延一次，最多5个工作日。"),
        ("延期 {} 6天 缺配件", f"请这样写：延期 {FIRST} 2天 原因。只能延一次，最多5个工作日。"),
        ("延期 {} 0天 缺配件", f"请这样写：延期 {FIRST} 2天 原因。只能延一次，最多5个工作日。"),
    ],
)
def test_what_is_missing_is_asked_for_and_nothing_changes(sqlite_talk: Talk, order: str, answer: str) -> None:
    number = accepted(sqlite_talk)
    assert private(sqlite_talk, MEMBER, order.format(number)) == answer
    assert steps(sqlite_talk) == ["system dispatch", "holder accept"]


def test_the_discipline_body_is_no_department_to_hand_on_to(sqlite_talk: Talk) -> None:
    """Said in the group, the answer would name it; 转纪检 is the way."""
    number = accepted(sqlite_talk)
    answer = sqlite_talk.say(MEMBER, f"转 {number} 纪委 收钱了", at=True) or ""
    assert "纪" not in answer
    assert steps(sqlite_talk) == ["system dispatch", "holder accept"]


def test_extending_once(sqlite_talk: Talk) -> None:
    number = accepted(sqlite_talk)
    heard(sqlite_talk)
    assert private(sqlite_talk, MEMBER, f"延期 {number} 2个工作日 缺配件") == f"{number} 时限延到 9月10日18:00。"
    assert heard(sqlite_talk) == {
        RESIDENT: [f"您上报的 {number} 需要多一些时间，新的时限是 9月10日18:00。"],
        LEADER: [f"{number} 延期到 9月10日18:00：缺配件"],
    }
    assert "只能延一次" in private(sqlite_talk, MEMBER, f"延期 {number} 1天 还缺")
    case = sqlite_talk.case()
    assert case.original_due_at < case.due_at


def test_an_extension_counts_from_now_when_the_limit_is_over(sqlite_talk: Talk) -> None:
    """A new limit that lies in the past would help nobody."""
    number = accepted(sqlite_talk)
    sqlite_talk.later(days=7)
    assert private(sqlite_talk, MEMBER, f"延期 {number} 1天 缺配件") == f"{number} 时限延到 9月15日18:00。"


def test_an_extension_into_a_year_without_calendar_is_provisional(sqlite_talk: Talk) -> None:
    sqlite_talk.later(days=114)  # 30 December 2026
    number = accepted(sqlite_talk)
    assert not sqlite_talk.case().due_provisional
    private(sqlite_talk, MEMBER, f"延期 {number} 3天 缺配件")
    assert sqlite_talk.case().due_provisional


def test_passing_up(sqlite_talk: Talk) -> None:
    number = accepted(sqlite_talk)
    heard(sqlite_talk)
    assert private(sqlite_talk, MEMBER, f"上报 {number} 我管不了") == f"{number} 已上报，现由黄色·社区牵头。"
    notice = f"【黄色·社区】{number} 3号楼 环境卫生：我管不了，请牵头办理。"
    assert heard(sqlite_talk) == {HEAD: [notice], DEPUTY: [notice]}
    for colour in ("蓝色·街道", "红色·区"):
        assert private(sqlite_talk, MEMBER, f"上报 {number} 还是不行") == f"{number} 已上报，现由{colour}牵头。"
    assert private(sqlite_talk, MEMBER, f"上报 {number} 再上") == f"{number} 已在最高一级（红色·区）。"
    assert sqlite_talk.case().level is EscalationLevel.DISTRICT


def test_who_leads_next_reads_the_reason_without_what_is_personal(sqlite_talk: Talk) -> None:
    number = accepted(sqlite_talk)
    heard(sqlite_talk)
    private(sqlite_talk, MEMBER, f"上报 {number} 户主不开门，电话13812345678")
    assert heard(sqlite_talk)[HEAD] == [f"【黄色·社区】{number} 3号楼 环境卫生：户主不开门，电话[电话]，请牵头办理。"]


@every_order
@pytest.mark.parametrize("who", [NEIGHBOUR, STRANGER])
def test_somebody_without_a_part_in_it(sqlite_talk: Talk, order: str, who: str) -> None:
    number = accepted(sqlite_talk)
    assert private(sqlite_talk, who, order.format(number)) == NOT_YOURS
    assert steps(sqlite_talk) == ["system dispatch", "holder accept"]


@every_order
def test_its_reporter_is_not_its_holder(sqlite_talk: Talk, order: str) -> None:
    number = accepted(sqlite_talk)
    assert private(sqlite_talk, RESIDENT, order.format(number)) == NOT_YOURS


@every_order
def test_a_closed_case(sqlite_talk: Talk, order: str) -> None:
    number = closed(sqlite_talk)
    before = steps(sqlite_talk)
    assert private(sqlite_talk, MEMBER, order.format(number)) == NOT_YOURS  # the task has ended
    assert "不能" in private(sqlite_talk, LEADER, order.format(number))
    assert steps(sqlite_talk) == before


@every_order
def test_no_such_case_and_no_number(sqlite_talk: Talk, order: str) -> None:
    assert private(sqlite_talk, MEMBER, order.format(9999)) == "没有找到编号 9999。"
    verb = order.split()[0]
    assert private(sqlite_talk, MEMBER, verb) == f"请带上编号，例如：{verb} 1027。"


def test_an_overheard_colleague_is_corrected_in_private(sqlite_talk: Talk) -> None:
    number = accepted(sqlite_talk)
    heard(sqlite_talk)
    assert sqlite_talk.say(COLLEAGUE, f"接 {number}") is None
    assert heard(sqlite_talk) == {COLLEAGUE: [f"{number} 已被别人抢先处理，您不用再办。"]}


def test_the_list_of_tasks_is_private_and_the_most_urgent_comes_first(sqlite_talk: Talk) -> None:
    first, second = report(sqlite_talk), report(sqlite_talk, "3号楼停水了，没人管", NEIGHBOUR)
    third = resolved(sqlite_talk, "3号楼消防通道被堵死了")
    heard(sqlite_talk)
    expected = f"{second} 3号楼 供水排水，9月8日10:00前\n{first} 3号楼 环境卫生，9月8日18:00前"
    assert private(sqlite_talk, MEMBER, "我的待办") == expected
    assert str(third) not in expected
    assert sqlite_talk.say(MEMBER, "我的待办", at=True) is None
    assert heard(sqlite_talk) == {MEMBER: [expected]}


@pytest.mark.parametrize("words", ["我的待办", "我的上报"])
def test_where_nobody_can_be_told_alone_who_asks_the_bot_is_sent_there(sqlite_talk: Talk, words: str) -> None:
    number = report(sqlite_talk)
    heard(sqlite_talk)
    sqlite_talk.channel.reaches |= {MEMBER: Reach.GROUP_ONLY, RESIDENT: Reach.GROUP_ONLY}
    for who in (MEMBER, RESIDENT):
        assert sqlite_talk.say(who, words, at=True) == PRIVATE_ONLY
        assert sqlite_talk.say(who, words) is None  # overheard it is talk
        assert str(number) not in "".join(o.text for o in sqlite_talk.deliver())


def test_nobody_sees_the_tasks_of_others(sqlite_talk: Talk) -> None:
    report(sqlite_talk)
    for who in (RESIDENT, NEIGHBOUR, STRANGER, HEAD):
        assert private(sqlite_talk, who, "我的待办") == "现在没有待办。"
    private(sqlite_talk, MEMBER, f"接 {FIRST}")
    assert private(sqlite_talk, COLLEAGUE, "待办") == "现在没有待办。"
    assert str(FIRST) in private(sqlite_talk, MEMBER, "待办")


def test_a_task_of_a_department_is_on_the_list_of_its_people(sqlite_talk: Talk) -> None:
    number = accepted(sqlite_talk)
    private(sqlite_talk, MEMBER, f"转 {number} 供电 是线路")
    assert str(number) in private(sqlite_talk, "yi.min", "我的待办")
    assert private(sqlite_talk, MEMBER, "我的待办") == "现在没有待办。"
    assert private(sqlite_talk, "hong.dawei", "我的待办") == "现在没有待办。"


def test_a_task_at_the_street_is_not_listed_for_departments_that_sit_there(sqlite_talk: Talk) -> None:
    """Police and reader hold posts at the street too, but may not take its tasks."""
    number = report(sqlite_talk, who=RESIDENT, group=None)
    assert str(number) in private(sqlite_talk, "chen.zhiyuan", "我的待办")
    for who in ("niu.jianshe", "min.zhengqing", "ke.yuhang"):
        assert private(sqlite_talk, who, "我的待办") == "现在没有待办。"
