"""The handles by HTTP: who plays with the stand-in from a shell sees and does the same as a test."""

import base64
from typing import Any

import httpx2
import pytest

from bot.simulator.platform import Platform
from tests.simulator.platform.conftest import GROUP, ROBOT, Call, card_to
from tests.simulator.platform.listening import ListeningBot


def post(web: httpx2.Client, path: str, **body: Any) -> httpx2.Response:
    return web.post(f"/_stand-in/{path}", json=body)


def test_a_report_a_card_and_a_press(web: httpx2.Client, call: Call, bot: ListeningBot) -> None:
    photo = base64.b64encode(b"\xff\xd8\xff\xe0").decode()
    said = post(web, "say-to-robot", userid="zhangsan", chatid=GROUP, text="电梯停了", image=photo).json()
    assert (said["fate"], bot.heard[-1]["msgtype"]) == ("taken", "mixed")
    call("message/send", card_to("lisi"))
    (card,) = web.get("/_stand-in/members/lisi").json()
    assert card["buttons"] == [{"text": "接 ", "key": "接 1001"}, {"text": "退 ", "key": "退 1001"}]
    pressed = post(web, "click", userid="lisi", message=card["id"], key="接 1001").json()
    assert (pressed["fate"], bot.heard[-1]._data["EventKey"]) == ("taken", "接 1001")
    assert [shown["text"] for shown in web.get(f"/_stand-in/groups/{GROUP}").json()] == ["电梯停了"]


def test_a_place_and_words_to_the_app(web: httpx2.Client, bot: ListeningBot) -> None:
    post(web, "say-to-app", userid="lisi", text="你好")
    post(web, "say-to-app", userid="lisi", label="三号楼", latitude=39.9, longitude=116.4)
    assert [message.type for message in bot.heard] == ["text", "location"]


def test_time_and_faults(web: httpx2.Client, platform: Platform) -> None:
    before = platform.clock.now()
    assert web.post("/_stand-in/clock", params={"seconds": 3600}).json() == {"now": before + 3600}
    assert post(web, "faults", fault="loss", times=1).json() == {"on": "loss"}
    post(web, "say-to-app", userid="lisi", text="没人听见")
    overview = web.get("/_stand-in").json()
    assert (overview["counters"]["lost"], overview["happened"]) == (1, {"loss": 1})
    web.request("DELETE", "/_stand-in/faults", params={"fault": "loss"})
    assert web.get("/_stand-in").json()["faults"] == []


def test_tokens_lines_and_addresses(web: httpx2.Client, call: Call, platform: Platform) -> None:
    call("user/get", userid="lisi")
    web.post("/_stand-in/revoke-tokens")
    assert platform.state.tokens == {}
    for path in ("kick", "drop"):
        assert web.post(f"/_stand-in/{path}", params={"robot": ROBOT}).json() == {"done": True}
    assert all(web.get("/_stand-in/addresses").json().values())


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("say-to-app", {"userid": "nobody", "text": "x"}, 404),
        ("say-to-app", {"userid": "lisi", "image": "***"}, 400),
        ("click", {"userid": "lisi", "message": 99, "key": "x"}, 404),
        ("faults", {"fault": "no-such"}, 422),
    ],
)
def test_what_does_not_exist(web: httpx2.Client, path: str, body: dict[str, Any], status: int) -> None:
    assert post(web, path, **body).status_code == status


def test_a_sent_picture_can_be_looked_at(web: httpx2.Client, platform: Platform) -> None:
    shown = platform.say_to_app("lisi", image=b"\x89PNG a picture").shown
    assert shown is not None
    assert web.get(f"/_picture/{shown.media}").content == b"\x89PNG a picture"
    assert web.get("/_picture/no-such").status_code == 404
