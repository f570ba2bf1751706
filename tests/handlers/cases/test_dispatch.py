"""Whose task it becomes: the roster first, upwards where a post is vacant, and a leader where nobody is left."""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

import pytest

from data.models import Role, Task, TaskStatus
from handlers.cases.dispatch import choose, heads, offer_text
from handlers.directory import Directory
from handlers.local_time import SHANGHAI
from handlers.message import Reach
from tests.handlers.scenes import (
    DEPUTY,
    HEAD,
    LEADER,
    MEMBER,
    STUCK,
    accepted,
    heard,
    private,
    report,
)
from tests.talking import Talk

MONDAY, TUESDAY, SUNDAY = dt.date(2026, 9, 7), dt.date(2026, 9, 8), dt.date(2026, 9, 13)


@pytest.mark.parametrize(
    ("unit", "day", "time", "chosen_unit", "people"),
    [
        pytest.param("HX-01", MONDAY, "10:00", "HX-01", ["p022"], id="周一值班"),
        pytest.param("HX-01", TUESDAY, "00:00", "HX-01", ["p023"], id="周二零点换班"),
        pytest.param("HX-01", SUNDAY, "11:59", "HX-01", ["p022"], id="周日上午"),
        pytest.param("HX-01", SUNDAY, "12:00", "HX-01", ["p023"], id="周日中午换班"),
        pytest.param("HX-01", SUNDAY, "23:59", "HX-01", ["p023"], id="周日夜里"),
        pytest.param("HX-03", MONDAY, "10:00", "HX-03", ["p028", "p029"], id="没有值班表，都派"),
        pytest.param("HX-02-A", MONDAY, "10:00", "HX-02", ["p025"], id="微网格没有岗位，上一级网格"),
        pytest.param("SK-02", MONDAY, "10:00", "SK-02", ["p045", "p046"], id="网格长空缺，网格员还在"),
        pytest.param("HX", MONDAY, "10:00", "HX", ["p007", "p008"], id="社区的事给社区工作人员"),
        pytest.param("QH", MONDAY, "10:00", "QH", ["p003", "p004"], id="街道的事给街道负责人"),
    ],
)
def test_who_gets_it(
    directory: Directory, unit: str, day: dt.date, time: str, chosen_unit: str, people: list[str]
) -> None:
    assert chosen(directory, unit, day, time) == (chosen_unit, people)


def without(*roles_at: tuple[str, Role]) -> Callable[[Directory], Directory]:
    """The street with these posts vacant."""

    def vacate(directory: Directory) -> Directory:
        gone = {(next(u.id for u in directory.units.values() if u.code == code), role) for code, role in roles_at}
        return replace(
            directory, posts=tuple(post for post in directory.posts if (post.unit_id, post.role) not in gone)
        )

    return vacate


NO_MEMBER = ("HX-01", Role.GRID_MEMBER)
NO_LEADER = ("HX-01", Role.GRID_LEADER)
NO_STAFF = ("HX", Role.COMMUNITY_STAFF)
NO_HEAD = [("HX", Role.HEAD), ("HX", Role.DEPUTY)]


@pytest.mark.parametrize(
    ("vacate", "chosen_unit", "people"),
    [
        pytest.param(without(NO_MEMBER), "HX-01", ["p021"], id="没有网格员，给网格长"),
        pytest.param(without(NO_MEMBER, NO_LEADER), "HX", ["p007", "p008"], id="网格没人，给社区"),
        pytest.param(without(NO_MEMBER, NO_LEADER, NO_STAFF), "HX", ["p005", "p006"], id="没有工作人员，给书记"),
        pytest.param(without(NO_MEMBER, NO_LEADER, NO_STAFF, *NO_HEAD), "QH", ["p003", "p004"], id="社区没人，给街道"),
    ],
)
def test_a_vacancy_walks_up(
    directory: Directory, vacate: Callable[[Directory], Directory], chosen_unit: str, people: list[str]
) -> None:
    assert chosen(vacate(directory), "HX-01", MONDAY, "10:00") == (chosen_unit, people)


def test_nobody_at_all_is_an_empty_choice_at_the_street(directory: Directory) -> None:
    assert chosen(replace(directory, posts=()), "HX-01", MONDAY, "10:00") == ("QH", [])


def test_who_is_on_no_platform_is_not_chosen(directory: Directory) -> None:
    silent = replace(directory, staff_accounts={k: v for k, v in directory.staff_accounts.items() if k != 22})
    assert chosen(silent, "HX-01", MONDAY, "10:00") == ("HX-01", ["p023"])


def test_a_post_counts_from_its_first_day_to_its_last(directory: Directory) -> None:
    assert "p087" in chosen(directory, "LD-02", dt.date(2025, 8, 31), "10:00")[1]
    assert "p087" not in chosen(directory, "LD-02", dt.date(2025, 9, 1), "10:00")[1]
    assert "p045" not in chosen(directory, "SK-02", dt.date(2026, 3, 1), "10:00")[1]
    assert "p045" in chosen(directory, "SK-02", dt.date(2026, 3, 2), "10:00")[1]


def test_heads_walk_up_past_a_vacant_post(sqlite_talk: Talk) -> None:
    directory = sqlite_talk.bot.directory()
    with sqlite_talk.bot.database.reading() as session:
        context = sqlite_talk.context(session)
        found = {code: codes(directory, heads(context, unit_id(directory, code))) for code in ("HX-01", "SK-02", "WT")}
    assert found == {"HX-01": ["p021"], "SK-02": ["p013", "p014"], "WT": ["p017", "p018"]}


def test_the_offer_reaches_whoever_has_duty_and_nobody_else(sqlite_talk: Talk) -> None:
    number = report(sqlite_talk)
    told = heard(sqlite_talk)
    assert list(told) == [MEMBER]
    assert told[MEMBER][0].startswith(f"新任务 {number}|环境卫生|3号楼\n")


def test_the_offer_carries_the_orders_that_may_be_given_for_it(sqlite_talk: Talk) -> None:
    """As buttons where the platform has them; pressed, each is taken like the typed one."""
    number = report(sqlite_talk)
    [offered] = sqlite_talk.deliver()
    assert offered.orders == (f"接 {number}", f"退 {number}")
    assert all(f"「{order}" in offered.text for order in offered.orders)  # and still in words for everybody else
    assert private(sqlite_talk, MEMBER, offered.orders[1]) == "请写明原因，例如：退 1027 原因。"
    assert private(sqlite_talk, MEMBER, offered.orders[0]).startswith(f"已接单 {number}")


def test_a_department_is_offered_the_same_orders(sqlite_talk: Talk) -> None:
    number = accepted(sqlite_talk)
    sqlite_talk.deliver()
    private(sqlite_talk, MEMBER, f"转 {number} 供电 是线路问题")
    offered = [outgoing for outgoing in sqlite_talk.deliver() if "新任务" in outgoing.text]
    assert len(offered) == 2
    assert {outgoing.orders for outgoing in offered} == {(f"接 {number}", f"退 {number}")}


def test_what_is_no_offer_has_no_buttons(sqlite_talk: Talk) -> None:
    report(sqlite_talk, STUCK)
    told = {outgoing.account: outgoing.orders for outgoing in sqlite_talk.deliver()}
    assert told[HEAD] == ()
    assert told[MEMBER] != ()


def test_an_emergency_alerts_grid_member_and_community_at_once(sqlite_talk: Talk) -> None:
    number = report(sqlite_talk, STUCK)
    told = heard(sqlite_talk)
    assert sorted(told) == sorted([MEMBER, HEAD, DEPUTY])
    assert told[MEMBER][0].startswith(f"【紧急】新任务 {number}|电梯|3号楼")
    assert told[HEAD][0] == told[DEPUTY][0]
    assert told[HEAD][0].startswith(f"【紧急】{number}|3号楼")


def test_nobody_reachable_tells_the_leader(sqlite_talk: Talk) -> None:
    sqlite_talk.channel.reaches[MEMBER] = Reach.NONE
    number = report(sqlite_talk)
    assert heard(sqlite_talk) == {LEADER: [f"{number} 找不到可派的人（岗位空缺），请回「派 {number} 姓名」。"]}


def test_a_leader_who_cannot_be_reached_is_passed_over_upwards(sqlite_talk: Talk) -> None:
    for who in (MEMBER, LEADER):
        sqlite_talk.channel.reaches[who] = Reach.NONE
    report(sqlite_talk)
    assert sorted(heard(sqlite_talk)) == sorted([HEAD, DEPUTY])


def test_an_emergency_reaches_the_street_where_the_community_cannot_be_reached(sqlite_talk: Talk) -> None:
    for who in (HEAD, DEPUTY):
        sqlite_talk.channel.reaches[who] = Reach.NONE
    report(sqlite_talk, STUCK)
    assert sorted(heard(sqlite_talk)) == ["chen.zhiyuan", "luo.xiaobei", MEMBER]


def test_a_department_with_staff_gets_the_task(sqlite_talk: Talk) -> None:
    number = accepted(sqlite_talk)
    heard(sqlite_talk)
    assert private(sqlite_talk, MEMBER, f"转 {number} 供电 是线路问题") == f"{number} 已转 清荷供电所。"
    told = heard(sqlite_talk)
    assert all(f"新任务 {number}" in told[who][0] for who in ("chang.qingshan", "yi.min"))
    assert "已接单" in private(sqlite_talk, "yi.min", f"接 {number}")
    assert "抢先" in private(sqlite_talk, "chang.qingshan", f"接 {number}")
    assert "不是您的案件" in private(sqlite_talk, MEMBER, f"办结 {number}")


def test_a_department_without_staff_is_a_matter_for_the_leader(sqlite_talk: Talk) -> None:
    number = accepted(sqlite_talk)
    heard(sqlite_talk)
    answer = private(sqlite_talk, MEMBER, f"转 {number} 生态环境 是废气")
    assert answer == f"{number} 已转 区生态环境分局，该单位没有登记人员，请负责人电话联系。"
    assert "找不到可派的人" in heard(sqlite_talk)[LEADER][0]
    directory = sqlite_talk.bot.directory()
    assert directory.departments[sqlite_talk.case().lead_department_id].code == "ecology"


def test_a_new_offer_ends_the_old_task_and_says_so_to_who_held_it(sqlite_talk: Talk) -> None:
    number = accepted(sqlite_talk)
    heard(sqlite_talk)
    private(sqlite_talk, LEADER, f"派 {number} 钱小雨")
    assert [task.status for task in sqlite_talk.rows(Task)] == [TaskStatus.REVOKED, TaskStatus.OFFERED]
    assert heard(sqlite_talk)[MEMBER] == [f"{number} 已改派，不用再办。"]


def test_who_hands_a_task_on_is_not_told_that_it_is_gone(sqlite_talk: Talk) -> None:
    number = accepted(sqlite_talk)
    heard(sqlite_talk)
    private(sqlite_talk, MEMBER, f"转 {number} 供电 是线路问题")
    assert MEMBER not in heard(sqlite_talk)


def test_the_offer_links_the_private_page_where_phones_reach_us(sqlite_talk: Talk) -> None:
    report(sqlite_talk)
    with sqlite_talk.bot.database.reading() as session:
        context = sqlite_talk.context(session)
        public = replace(context, policy=replace(context.policy, public_url="https://bot.example"))
        assert "房号和联系方式：https://bot.example/task/" in offer_text(public, sqlite_talk.case(), 1)
        assert "房号" not in offer_text(context, sqlite_talk.case(), 1)


def test_each_person_who_is_offered_a_task_gets_a_link_of_their_own(sqlite_talk: Talk) -> None:
    policy = replace(sqlite_talk.bot.policy, public_url="https://bot.example")
    inbox = replace(sqlite_talk.bot.inbox, policy=policy)
    # Grid SK-02 has no duty roster, so both of its members are offered the case.
    inbox.receive(sqlite_talk.message("r074", "楼道灯坏了三天了，晚上看不见路", "g038"), sqlite_talk.now)
    links = {who: texts[0].split("/task/")[1] for who, texts in heard(sqlite_talk).items() if "/task/" in texts[0]}
    assert set(links) == {"ren.jie", "yao.qiuju"}
    assert len(set(links.values())) == 2


def chosen(directory: Directory, unit: str, day: dt.date, time: str) -> tuple[str, list[str]]:
    """Unit and people by their codes."""
    now = dt.datetime.combine(day, dt.time.fromisoformat(time), SHANGHAI)
    choice = choose(directory, unit_id(directory, unit), now)
    return directory.units[choice.unit_id].code, codes(directory, choice.person_ids)


def codes(directory: Directory, person_ids: tuple[int, ...] | list[int]) -> list[str]:
    return [directory.people[person].code for person in person_ids]


def unit_id(directory: Directory, code: str) -> int:
    return next(unit.id or 0 for unit in directory.units.values() if unit.code == code)
