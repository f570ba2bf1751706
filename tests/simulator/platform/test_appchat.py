"""Groups that the app made itself."""

from typing import Any

import pytest

from bot.simulator.platform import Platform
from bot.simulator.platform.rates import APPCHAT_CREATE, APPCHAT_MEMBER
from tests.simulator.platform.conftest import GROUP, Call


def made(call: Call, **change: Any) -> dict[str, Any]:
    return call("appchat/create", {"name": "一号楼", "userlist": ["zhangsan", "lisi"], "chatid": "DUTY", **change})


def said(call: Call, chatid: str = "DUTY", content: str = "今晚停水") -> int:
    return int(call("appchat/send", {"chatid": chatid, "msgtype": "text", "text": {"content": content}})["errcode"])


def test_made_changed_read_and_spoken_in(call: Call, platform: Platform) -> None:
    assert made(call)["chatid"] == "DUTY"
    update = {"chatid": "DUTY", "owner": "wangwu", "add_user_list": ["wangwu"], "del_user_list": ["lisi"]}
    assert call("appchat/update", update)["errcode"] == 0
    info = call("appchat/get", chatid="DUTY")["chat_info"]
    assert info == {"chatid": "DUTY", "name": "一号楼", "owner": "wangwu", "userlist": ["zhangsan", "wangwu"]}
    assert said(call) == 0
    assert [shown.text for shown in platform.seen_in("DUTY")] == ["今晚停水"]


@pytest.mark.parametrize(
    ("change", "errcode"),
    [
        ({"chatid": "有字"}, 86001),
        ({"chatid": GROUP}, 86215),
        ({"userlist": ["zhangsan"]}, 86006),
        ({"userlist": ["zhangsan", "nobody"]}, 86216),
        ({"owner": "wangwu"}, 86005),
    ],
)
def test_what_cannot_be_made(call: Call, change: dict[str, Any], errcode: int) -> None:
    assert made(call, **change)["errcode"] == errcode


def test_a_group_of_others_an_unknown_one_and_no_name(call: Call) -> None:
    assert (said(call, GROUP), said(call, "NOPE"), said(call, "")) == (86008, 86003, 86001)


def test_an_app_that_not_everybody_sees_has_no_groups(call: Call, platform: Platform) -> None:
    made(call)
    platform.state.corp.apps[1000002].visible = {"zhangsan"}
    assert (made(call, chatid="B")["errcode"], said(call)) == (48002, 48002)


def test_beyond_two_hundred_a_minute_a_member_misses_it(call: Call, platform: Platform) -> None:
    made(call)
    platform.state.rates.take(("appchat", "lisi"), APPCHAT_MEMBER, platform.clock.now(), 199)
    assert [said(call, content=f"第{n}条") for n in range(2)] == [0, 0]
    assert [len(platform.seen_in("DUTY", userid)) for userid in ("zhangsan", "lisi")] == [2, 1]
    assert platform.counters.dropped == 1


def test_a_thousand_groups_a_day(call: Call, platform: Platform) -> None:
    platform.state.rates.take("appchat/create", APPCHAT_CREATE, platform.clock.now(), 999)
    assert [made(call, chatid=f"G{n}")["errcode"] for n in range(2)] == [0, 45009]
    platform.clock.advance(86400)
    assert made(call, chatid="TOMORROW")["errcode"] == 0
