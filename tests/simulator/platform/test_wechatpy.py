"""wechatpy's own client at our address: a client that nobody in the project wrote finds its platform."""

import io
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from wechatpy.exceptions import APILimitedException, WeChatClientException
from wechatpy.work import WeChatClient

from bot.simulator.platform import Fault, Platform
from tests.simulator.platform.conftest import AGENT, CORP, SECRET, button_card


class Client(WeChatClient):  # type: ignore[misc]
    """The only change: another host."""

    host = ""

    def fetch_access_token(self) -> Any:
        query = {"corpid": self.corp_id, "corpsecret": self.secret}
        return self._fetch_access_token(f"{self.host}/cgi-bin/gettoken", query)


@pytest.fixture
def client(web: httpx2.Client, platform: Platform) -> Iterator[Any]:
    Client.host, Client.API_BASE_URL = platform.base_url, f"{platform.base_url}/cgi-bin/"
    client = Client(CORP, SECRET)
    client._http.trust_env = False
    yield client
    client._http.close()


def test_a_message_and_a_card(client: Any, platform: Platform) -> None:
    assert client.message.send_text(AGENT, ["zhangsan", "nobody"], "请接单")["invaliduser"] == "nobody"
    card = {"msgtype": "template_card", "template_card": button_card()}
    sent = client.message.send(AGENT, ["zhangsan"], msg=card)
    change = {"agentid": AGENT, "userids": ["zhangsan"], "response_code": sent["response_code"]}
    client.post("message/update_template_card", data={**change, "button": {"replace_name": "已接单"}})
    text, card_shown = platform.seen("zhangsan")
    assert card_shown.card is not None
    assert (text.text, card_shown.card.replaced) == ("请接单", "已接单")


def test_files_go_up_and_come_down(client: Any, platform: Platform) -> None:
    answer = client.media.upload("image", ("lift.png", io.BytesIO(b"\x89PNG a picture")))
    path = client.media.get_url(answer["media_id"]).removeprefix("https://qyapi.weixin.qq.com")
    assert httpx2.get(f"{platform.base_url}{path}", trust_env=False).content == b"\x89PNG a picture"


def test_contacts(client: Any, platform: Platform) -> None:
    assert client.user.get("lisi")["name"] == "李四"
    assert [member["userid"] for member in client.user.list(1)] == ["zhangsan", "lisi", "wangwu"]
    assert [department["name"] for department in client.department.list()] == ["街道"]
    assert client.department.get(1)["name"] == "街道"
    assert [member["name"] for member in client.department.get_users(1)] == ["张三", "李四", "王五"]


def test_an_app_s_own_group(client: Any, platform: Platform) -> None:
    client.appchat.create("DUTY", "值班", "zhangsan", ["zhangsan", "lisi"])
    client.appchat.update("DUTY", add_user_list=["wangwu"])
    client.appchat.send_text("DUTY", "今晚停水")
    assert client.appchat.get("DUTY")["userlist"] == ["zhangsan", "lisi", "wangwu"]
    assert [shown.text for shown in platform.seen_in("DUTY")] == ["今晚停水"]


def test_it_understands_our_refusals(client: Any, platform: Platform) -> None:
    with pytest.raises(WeChatClientException) as refused:
        client.message.send_text(AGENT, ["nobody"], "请接单")
    assert refused.value.errcode == 81013
    platform.faults.set(Fault.RATE, endpoint="message/send", times=1)
    with pytest.raises(APILimitedException):
        client.message.send_text(AGENT, ["lisi"], "请接单")


@pytest.mark.parametrize("seconds", [0, 7300])
def test_it_fetches_another_token_when_ours_is_gone(client: Any, platform: Platform, seconds: int) -> None:
    client.message.send_text(AGENT, ["lisi"], "一")
    platform.clock.advance(seconds)
    if not seconds:
        platform.revoke_tokens()
    client.message.send_text(AGENT, ["lisi"], "二")
    assert ([shown.text for shown in platform.seen("lisi")], platform.counters.tokens_fetched) == (["一", "二"], 2)
