"""Messages of the app: who gets them, who is reported, what is dropped, what is refused."""

from typing import Any

import pytest

from bot.simulator.platform import Fault, Platform
from bot.simulator.platform.rates import DAY, Rate
from tests.simulator.platform.conftest import AGENT, Call, button_card, card_to, text_to


def seen_texts(platform: Platform, userid: str) -> list[str]:
    return [shown.text for shown in platform.seen(userid) if not shown.recalled]


def test_a_member_sees_it_and_the_unknown_one_is_reported_with_ok(call: Call, platform: Platform) -> None:
    answer = call("message/send", text_to("zhangsan|nobody|gone"))
    assert (answer["errcode"], answer["invaliduser"]) == (0, "nobody|gone")
    assert seen_texts(platform, "zhangsan") == ["请接单"]
    assert platform.counters.shown == 1


def test_departments_tags_and_everybody(call: Call, platform: Platform) -> None:
    platform.add_department(7, "网格一", 1)
    platform.add_member("zhaoliu", "赵六", [7])
    platform.state.corp.tags["3"] = ["lisi"]
    body = {**text_to("", "集合"), "toparty": "7|99", "totag": "3|4"}
    answer = call("message/send", body)
    assert (answer["invalidparty"], answer["invalidtag"]) == ("99", "4")
    assert seen_texts(platform, "zhaoliu") == seen_texts(platform, "lisi") == ["集合"]
    assert seen_texts(platform, "zhangsan") == []
    call("message/send", text_to("@all", "全体"))
    assert seen_texts(platform, "zhangsan") == ["全体"]


@pytest.mark.parametrize(
    ("change", "errcode"),
    [
        ({"touser": "nobody"}, 81013),
        ({"touser": ""}, 82001),
        ({"touser": "|".join(f"u{i}" for i in range(1001))}, 40032),
        ({"agentid": 999}, 301002),
        ({"agentid": "1000002"}, 40056),
        ({"msgtype": "poem"}, 40008),
        ({"text": {"content": ""}}, 44004),
        ({"text": {"content": "汉" * 683}}, 45002),
        ({"msgtype": "image", "image": {"media_id": "no-such"}}, 40007),
        ({"msgtype": "template_card", "template_card": {"card_type": "poster"}}, 40058),
        ({"msgtype": "template_card", "template_card": button_card("空 格")}, 42014),
        ({"msgtype": "template_card", "template_card": button_card("t", *(f"k{i}" for i in range(7)))}, 40058),
        ({"msgtype": "textcard", "textcard": {"title": "汉" * 43, "description": "x", "url": "u"}}, 45002),
        ({"enable_duplicate_check": 1, "duplicate_check_interval": 14401}, 40058),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_the_platform_does_not_take(call: Call, platform: Platform, change: dict[str, Any], errcode: int) -> None:
    answer = call("message/send", {**text_to("zhangsan"), **change})
    assert answer["errcode"] == errcode
    assert platform.seen("zhangsan") == []


def test_the_longest_text_is_taken(call: Call) -> None:
    assert call("message/send", text_to("zhangsan", "汉" * 682))["errcode"] == 0


def test_a_member_without_a_licence_gets_nothing(call: Call, platform: Platform) -> None:
    platform.state.corp.members["lisi"].licensed = False
    answer = call("message/send", text_to("zhangsan|lisi"))
    assert answer["unlicenseduser"] == "lisi"
    assert seen_texts(platform, "lisi") == []


def test_the_duplicate_check_shows_it_once_and_gives_the_same_answer(call: Call, platform: Platform) -> None:
    body = text_to("zhangsan", enable_duplicate_check=1, duplicate_check_interval=600)
    first, second = call("message/send", body), call("message/send", body)
    assert first == second
    assert seen_texts(platform, "zhangsan") == ["请接单"]
    platform.clock.advance(601)
    call("message/send", body)
    assert (len(platform.seen("zhangsan")), platform.screens.doubles()) == (2, 1)
    assert platform.counters.duplicates_refused == 1


def test_without_the_check_the_member_sees_it_twice(call: Call, platform: Platform) -> None:
    for _ in range(2):
        call("message/send", text_to("zhangsan"))
    assert seen_texts(platform, "zhangsan") == ["请接单", "请接单"]


def test_the_thirty_first_in_a_minute_is_answered_with_ok_and_shown_to_nobody(call: Call, platform: Platform) -> None:
    answers = [call("message/send", text_to("zhangsan", f"第{n}条"))["errcode"] for n in range(32)]
    assert answers == [0] * 32
    assert (len(platform.seen("zhangsan")), platform.counters.dropped) == (30, 2)
    platform.clock.advance(60)
    call("message/send", text_to("zhangsan", "又来"))
    assert seen_texts(platform, "zhangsan")[-1] == "又来"


def test_the_app_has_two_hundred_a_day_for_each_account(call: Call, platform: Platform) -> None:
    for member in range(97):
        platform.add_member(f"m{member}", "某人")
    everybody = [f"m{member}" for member in range(97)] + ["zhangsan", "lisi", "wangwu"]
    daily = (Rate(20_000, DAY),)
    platform.state.rates.take(("app", AGENT), daily, platform.clock.now(), 19_900)
    answers = [call("message/send", text_to("|".join(everybody), f"第{n}条"))["errcode"] for n in range(2)]
    assert (answers, platform.counters.over_limit) == ([0, 45009], 1)


def test_silent_drop_by_a_fault(call: Call, platform: Platform) -> None:
    platform.faults.set(Fault.SILENT_DROP, times=1)
    assert call("message/send", text_to("zhangsan"))["errcode"] == 0
    assert (platform.seen("zhangsan"), platform.counters.dropped) == ([], 1)


def test_recall_within_a_day(call: Call, platform: Platform) -> None:
    early = call("message/send", text_to("zhangsan", "早"))["msgid"]
    assert call("message/recall", {"msgid": early})["errcode"] == 0
    late = call("message/send", text_to("zhangsan", "晚"))["msgid"]
    platform.clock.advance(86401)
    assert call("message/recall", {"msgid": late})["errcode"] == 40058
    assert call("message/recall", {"msgid": "no-such"})["errcode"] == 40058
    assert seen_texts(platform, "zhangsan") == ["晚"]


def test_a_task_id_serves_one_card(call: Call) -> None:
    assert call("message/send", card_to("zhangsan"))["errcode"] == 0
    assert call("message/send", card_to("lisi"))["errcode"] == 42014
