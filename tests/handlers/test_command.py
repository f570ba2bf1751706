"""Typed orders as people type them, and talk that must not become an order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.command import SERVICE_ORDERS, Command, Verb, number_in_quote, parse, tidy
from tests.handlers.scenes import FIRST, RESIDENT, heard, private, report, resolved
from tests.talking import Talk

# typed | the order | the number | what follows it
ORDERS = """
查 1027 | 查 | 1027 |
查1027 | 查 | 1027 |
查１０２７ | 查 | 1027 |
查 #1027 | 查 | 1027 |
查＃1027 | 查 | 1027 |
查：1027 | 查 | 1027 |
查 1027。 | 查 | 1027 |
查1027号 | 查 | 1027 |
查编号1027 | 查 | 1027 |
查询 编号：1027 | 查 | 1027 |
1027 查 | 查 | 1027 |
#1027 进度 | 查 | 1027 |
1027进度 | 查 | 1027 |
查进度 1027 | 查 | 1027 |
@随手拍 查 1027 | 查 | 1027 |
@随手拍 查1027 | 查 | 1027 |
@随手拍 @物业 催1027 | 催 | 1027 |
催1027 @随手拍 | 催 | 1027 |
查100270 | 查 | 100270 |
1027解决了吗 | 查 | 1027 |
1027 好了没有? | 查 | 1027 |
解决了1027吗? | 查 | 1027 |
补充 1027 二单元也没水 | 补充 | 1027 | 二单元也没水
补充1027：二单元也没水 | 补充 | 1027 | 二单元也没水
补充1027二单元也没水 | 补充 | 1027 | 二单元也没水
1027补充二单元也没水 | 补充 | 1027 | 二单元也没水
撤回 1027 | 撤回 | 1027 |
取消1027 | 撤回 | 1027 |
催 1027 | 催 | 1027 |
催办1027！ | 催 | 1027 |
催一下 1027 | 催 | 1027 |
解决了 1027 | 解决了 | 1027 |
1027 解决了 | 解决了 | 1027 |
1027解决了! | 解决了 | 1027 |
已解决1027 | 解决了 | 1027 |
1027好了 | 解决了 | 1027 |
没解决 1027 灯还是不亮 | 没解决 | 1027 | 灯还是不亮
还没解决1027 | 没解决 | 1027 |
1027 没有解决 | 没解决 | 1027 |
满意 1027 | 满意 | 1027 |
非常满意1027 | 满意 | 1027 |
不满意 1027 太慢 | 不满意 | 1027 | 太慢
1027 不满意,太慢 | 不满意 | 1027 | 太慢
接 1027 | 接 | 1027 |
接1027 | 接 | 1027 |
接单 1027 | 接 | 1027 |
签收1027 | 接 | 1027 |
1027 接 | 接 | 1027 |
1027接 | 接 | 1027 |
到场 1027 | 到场 | 1027 |
到1027 | 到场 | 1027 |
1027到 | 到场 | 1027 |
办结 1027 已换灯泡 | 办结 | 1027 | 已换灯泡
办结1027已换灯泡 | 办结 | 1027 | 已换灯泡
办结，1027，已换灯泡 | 办结 | 1027 | 已换灯泡
1027办结已换灯泡 | 办结 | 1027 | 已换灯泡
办结　１０２７　换了灯泡，正常（已试） | 办结 | 1027 | 换了灯泡，正常（已试）
1027 完成 已换灯泡 | 办结 | 1027 | 已换灯泡
办结1027路灯换好了 | 办结 | 1027 | 路灯换好了
办结1027号楼道灯换好了 | 办结 | 1027 | 楼道灯换好了
办结1027人都救出来了 | 办结 | 1027 | 人都救出来了
退 1027 不归我管 | 退 | 1027 | 不归我管
退1027不归我管 | 退 | 1027 | 不归我管
退单1027 我在外地 | 退 | 1027 | 我在外地
转 1027　供电　是线路 | 转 | 1027 | 供电　是线路
转 1027 供电 是线路 | 转 | 1027 | 供电 是线路
转1027供电 是线路 | 转 | 1027 | 供电 是线路
转派 1027 供电 是线路 | 转 | 1027 | 供电 是线路
延期 1027 2天 缺配件 | 延期 | 1027 | 2天 缺配件
1027延期2天 缺配件 | 延期 | 1027 | 2天 缺配件
上报 1027 我管不了 | 上报 | 1027 | 我管不了
派 1027 钱小雨 | 派 | 1027 | 钱小雨
派1027万里程 | 派 | 1027 | 万里程
不受理 1027 不在本街道 | 不受理 | 1027 | 不在本街道
并 1028 1027 | 并 | 1028 | 1027
合并1028，1027 | 并 | 1028 | 1027
拆 1028 | 拆 | 1028 |
转纪检 1027 | 转纪检 | 1027 |
我的上报 | 我的上报 | |
我的待办 | 我的待办 | |
待办 | 我的待办 | |
帮助 | 帮助 | |
怎么用 | 帮助 | |
？ | 帮助 | |
@随手拍 HELP | | |
@随手拍 help | 帮助 | |
同意 | 同意 | |
同意，去年三月的事（两次） | 同意 | | 去年三月的事（两次）
＠随手拍　同意 | 同意 | |
不同意 | 不同意 | |
满意 | 满意 | |
没解决 还是漏 | 没解决 | | 还是漏
报名 | 报名 | |
@随手拍 报名 2 | 报名 | | 2
报名2 | 报名 | | 2
报名：２ | 报名 | | ２
报名第2号岗 | 报名 | | 第2号岗
报名 12月12日 2 | 报名 | | 12月12日 2
报名12月12日 荷香社区 2。 | 报名 | | 12月12日 荷香社区 2
我要报名 12/12 2 | 报名 | | 12/12 2
请假 | 请假 | |
请假，家里有事（12月） | 请假 | | 家里有事（12月）
取消报名 | 请假 | |
我的服务 | 我的服务 | |
签到！ | 签到 | |
签退 | 签退 | |
确认 张三 | 确认 | | 张三
确认 买买提·艾力 | 确认 | | 买买提·艾力
确认 | 确认 | |
"""

# Said to nobody in particular, and not even to the bot an order.
TALK = """
报名 老年大学怎么报
报名2026年春季班
报名 1027
请假条怎么开
签到表在哪
签到1027
确认 三号楼停水了
确认 <b>张三</b>
确认1027解决了
确认 2号楼没水
我的服务态度好吗
接孩子 3点
接1001路公交就能到
接到电话了
1027接不了
退1000块给我
退1050元押金一直没到账
转1000给你了
1000转给你了
转发1027人看过
转1027元给你,查收一下
转一下:明天停水
到2026年底还没修好电梯
2026到现在都没修
到1203室看看吧
到1027号楼集合
到了到了
查2023年的物业账目
查 13812345678
查一下谁家水管漏了
1203查一下水表
10086查话费
催2024年的暖气费退费
取消2025年的停车费
解决1000户居民的停车问题
12345上报过了,没用
12345解决不了
1500退了没退
2000好了吧
1027完成多少了
办结1027件群众诉求,点赞社区
上报1203室漏水
上报 3号楼灯坏了
帮助2000户家庭
不同意2000块的价格
好了吗?
解决了吗
派 孩子去拿
并 排停车不行
拆 快递的时候小心
延期 到下周
补充 一句,明天也停
1027
#接龙 1027
电梯解决了
"""


def _orders() -> list[tuple[str, Command | None]]:
    rows = []
    for line in filter(None, ORDERS.splitlines()):
        typed, verb, number, *rest = (cell.strip() for cell in line.split("|"))
        expected = Command(Verb(verb), int(number) if number else None, "".join(rest), bool(number)) if verb else None
        rows.append((typed, expected))
    return rows


@pytest.mark.parametrize(("typed", "expected"), _orders(), ids=[typed for typed, _ in _orders()])
def test_what_people_type(typed: str, expected: Command | None) -> None:
    assert parse(typed) == expected


@pytest.mark.parametrize("said", list(filter(None, TALK.splitlines())))
def test_talk_is_no_order(said: str) -> None:
    assert parse(said) is None


def test_the_tables_are_as_long_as_promised() -> None:
    assert len(_orders()) >= 60
    assert len(list(filter(None, TALK.splitlines()))) >= 25


@pytest.mark.parametrize("verb", sorted(set(Verb) - set(SERVICE_ORDERS) - {Verb.BIND}))
def test_every_order_is_understood_as_it_is_written_in_the_help(verb: Verb) -> None:
    assert parse(f"{verb} 1027") == Command(verb, 1027)
    assert parse(f"{verb}1027") == Command(verb, 1027)
    assert parse(verb.value) == Command(verb, None, explicit=False)


@pytest.mark.parametrize(
    ("quoted", "number"),
    [
        ("已登记，编号 1027：3号楼 供电照明，9月8日10:00前办理。发「查 1027」看进度。", 1027),
        ("新任务 1027|供电照明|3号楼\n3号楼1单元灯坏了,2023年就坏过\n时限 9月8日10:00。接单请回「接 1027」", 1027),
        ("【紧急】新任务 1027|电梯|3号楼\n快来人", 1027),
        ("危险请先打119！已登记 1027：3号楼 已通知网格员和社区负责人。", 1027),
        ("您上报的 1027 已办结：已换灯泡。解决了请回「解决了 1027」", 1027),
        ("【黄色·社区】1027 3号楼 供电照明：超过时限未办结，请牵头办理。", 1027),
        ("提醒：1027 将在 9月8日10:00 到期。", 1027),
        ("有一件密封材料 J0001 待您转交", None),
        ("1028 办理中 灯坏了\n1027 已结案 停水", None),
        ("我是随手拍。", None),
        ("", None),
    ],
)
def test_the_number_in_what_the_bot_said(quoted: str, number: int | None) -> None:
    assert number_in_quote(quoted) == number


@pytest.mark.parametrize(
    ("typed", "verb", "rest"),
    [("接", "接", ""), ("@随手拍 接", "接", ""), ("办结 已换灯泡", "办结", "已换灯泡"), ("接 @随手拍", "接", "")],
)
def test_a_quote_stands_for_the_number(typed: str, verb: str, rest: str) -> None:
    assert parse(typed, "新任务 1027|供电照明|3号楼") == Command(Verb(verb), 1027, rest, explicit=False)


def test_a_number_that_is_typed_wins_over_the_quote() -> None:
    assert parse("接 1028", "新任务 1027|供电照明|3号楼") == Command(Verb.ACCEPT, 1028)


@given(st.text(alphabet=st.characters(codec="utf-8")) | st.from_regex(r"[查接退转到#@ \d号室]{1,30}"))
def test_whatever_is_typed_nothing_breaks(typed: str) -> None:
    found = parse(typed, typed)
    assert found is None or found.number is None or 1000 <= found.number < 10**9 or str(found.number) in tidy(typed)


def test_overheard_an_order_needs_its_number(sqlite_talk: Talk) -> None:
    number = resolved(sqlite_talk)
    assert sqlite_talk.say(RESIDENT, "解决了") is None
    assert sqlite_talk.say(RESIDENT, "满意") is None
    assert sqlite_talk.case(number).status == "resolved"
    assert sqlite_talk.say(RESIDENT, f"解决了{number}") == (
        f"谢谢确认，{number} 已结案。是否满意？请回「满意 {number}」或「不满意 {number} 原因」。"
    )


def test_who_asks_whether_it_is_solved_has_not_said_so(sqlite_talk: Talk) -> None:
    number = resolved(sqlite_talk)
    assert (sqlite_talk.say(RESIDENT, f"{number}解决了吗?") or "").startswith(f"{number}：已办结")
    assert sqlite_talk.case(number).status == "resolved"


def test_a_resident_who_only_seems_to_order_is_not_disturbed(sqlite_talk: Talk) -> None:
    report(sqlite_talk)
    heard(sqlite_talk)
    assert sqlite_talk.say(RESIDENT, f"接{FIRST}") is None  # not theirs to take, and perhaps no order at all
    assert heard(sqlite_talk) == {}
    assert "不是您的案件" in private(sqlite_talk, RESIDENT, f"接{FIRST}")


@pytest.mark.parametrize("verb", sorted(SERVICE_ORDERS))
def test_orders_about_service_days_never_name_a_case_and_are_only_for_the_bot(verb: Verb) -> None:
    assert parse(verb.value) == Command(verb, None, explicit=False)
    assert parse(verb.value, "新任务 1027|供电照明|3号楼") == Command(verb, None, explicit=False)
    for typed in (f"{verb} 1027", f"{verb}1027", f"1027 {verb}", f"1027{verb}"):
        found = parse(typed)
        assert found is None or (found.verb, found.number, found.explicit) == (Verb.LEAVE, None, False)
