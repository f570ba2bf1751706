"""Members and departments: what an app may read, and what only the contact assistant may list."""

import httpx2
import pytest

from bot.simulator.platform import Platform
from tests.simulator.platform.conftest import AGENT, CORP, Call


@pytest.fixture
def assistant(platform: Platform, web: httpx2.Client) -> str:
    """The token of the contact assistant."""
    platform.add_contact_assistant("contact-secret")
    query = {"corpid": CORP, "corpsecret": "contact-secret"}
    return str(web.get("/cgi-bin/gettoken", params=query).json()["access_token"])


def test_a_member_without_what_is_withheld(call: Call) -> None:
    member = call("user/get", userid="zhangsan")
    assert (member["name"], member["department"]) == ("张三", [1])
    assert not {"mobile", "email", "biz_mail", "avatar", "gender", "address"} & set(member)


def test_unknown_gone_and_out_of_sight(call: Call, platform: Platform) -> None:
    platform.state.corp.members["lisi"].left = True
    platform.state.corp.apps[AGENT].visible = {"zhangsan"}
    codes = [call("user/get", userid=userid)["errcode"] for userid in ("nobody", "lisi", "wangwu", "zhangsan")]
    assert codes == [60111, 60111, 60011, 0]


def test_departments_and_their_members(call: Call, platform: Platform) -> None:
    platform.add_department(2, "幸福社区", 1)
    platform.add_department(3, "第一网格", 2)
    platform.add_member("zhaoliu", "赵六", [3])
    assert [d["id"] for d in call("department/list")["department"]] == [1, 2, 3]
    assert [d["id"] for d in call("department/simplelist", id="2")["department_id"]] == [2, 3]
    assert call("user/simplelist", department_id="2")["userlist"] == []
    found = call("user/list", department_id="2", fetch_child="1")["userlist"]
    assert [member["userid"] for member in found] == ["zhaoliu"]
    assert call("user/list", department_id="9")["errcode"] == 60003
    assert call("user/list", department_id="x")["errcode"] == 40058


def test_ids_come_page_by_page_for_the_assistant_only(call: Call, assistant: str) -> None:
    assert call("user/list_id", {})["errcode"] == 48002
    first = call("user/list_id", {"limit": 2}, access_token=assistant)
    second = call("user/list_id", {"limit": 2, "cursor": first["next_cursor"]}, access_token=assistant)
    listed = [one["userid"] for page in (first, second) for one in page["dept_user"]]
    assert (listed, second["next_cursor"]) == (["zhangsan", "lisi", "wangwu"], "")
    assert call("user/list_id", {"cursor": "x"}, access_token=assistant)["errcode"] == 40058


def test_the_assistant_reads_no_details_and_sends_nothing(call: Call, assistant: str) -> None:
    assert call("user/get", userid="zhangsan", access_token=assistant)["errcode"] == 48009
    body = {"touser": "lisi", "msgtype": "text", "agentid": -1, "text": {"content": "x"}}
    assert call("message/send", body, access_token=assistant)["errcode"] == 301002


def test_encrypted_ids_become_real_ones(call: Call, platform: Platform) -> None:
    opened = platform.state.corp.members["lisi"].open_userid
    answer = call("batch/openuserid_to_userid", {"open_userid_list": [opened, "wo-x"], "source_agentid": AGENT})
    assert answer["userid_list"] == [{"open_userid": opened, "userid": "lisi"}]
    assert answer["invalid_open_userid_list"] == ["wo-x"]
    many = [opened] * 1001
    assert call("batch/openuserid_to_userid", {"open_userid_list": many})["errcode"] == 40058
