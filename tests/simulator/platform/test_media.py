"""Temporary files: checked when they come, gone after three days, and an error that looks like a file."""

from typing import Any

import httpx2
import pytest

from bot.simulator.platform import Fault, Platform
from tests.simulator.platform.conftest import AGENT, KEY, Call, token_of

JPEG = b"\xff\xd8\xff\xe0 a picture"


def upload(web: httpx2.Client, content: bytes, kind: str = "image", name: str = "电梯.jpg") -> dict[str, Any]:
    query = {"access_token": token_of(web), "type": kind}
    return dict(web.post("/cgi-bin/media/upload", params=query, files={"media": (name, content)}).json())


def get(web: httpx2.Client, media_id: str) -> httpx2.Response:
    return web.get("/cgi-bin/media/get", params={"access_token": token_of(web), "media_id": media_id})


def test_what_goes_up_comes_down_with_its_name(web: httpx2.Client) -> None:
    answer = upload(web, JPEG)
    assert (answer["type"], answer["errcode"]) == ("image", 0)
    response = get(web, answer["media_id"])
    assert (response.content, response.headers["content-type"]) == (JPEG, "image/jpeg")
    assert "filename*=UTF-8''%E7%94%B5" in response.headers["content-disposition"]


@pytest.mark.parametrize(
    ("content", "kind", "errcode"),
    [
        (b"12345", "file", 44001),
        (b"GIF89a not taken", "image", 40004),
        (b"\xff\xd8\xff" + bytes(10 * 1024 * 1024), "image", 45001),
        (b"RIFF a sound", "voice", 40004),
        (JPEG, "poem", 40004),
    ],
)
def test_what_is_not_taken(web: httpx2.Client, content: bytes, kind: str, errcode: int) -> None:
    assert upload(web, content, kind)["errcode"] == errcode


def test_after_three_days_json_comes_where_a_file_was(web: httpx2.Client, call: Call, platform: Platform) -> None:
    media_id = upload(web, JPEG)["media_id"]
    image = {"touser": "zhangsan", "msgtype": "image", "agentid": AGENT, "image": {"media_id": media_id}}
    assert call("message/send", image)["errcode"] == 0
    platform.clock.advance(3 * 86400 + 1)
    late = get(web, media_id)
    assert (late.status_code, late.json()["errcode"]) == (200, 40007)
    assert call("message/send", image)["errcode"] == 40007


def test_expired_by_a_fault_or_by_hand(web: httpx2.Client, platform: Platform) -> None:
    media_id = upload(web, JPEG)["media_id"]
    platform.faults.set(Fault.MEDIA_EXPIRED, times=1)
    assert get(web, media_id).json()["errcode"] == 40007
    assert get(web, media_id).content == JPEG
    platform.expire_media()
    assert get(web, media_id).json()["errcode"] == 40007


def test_a_file_of_the_webhook_is_of_no_use_to_the_app(web: httpx2.Client, call: Call) -> None:
    query = {"key": KEY, "type": "file"}
    answer = web.post("/cgi-bin/webhook/upload_media", params=query, files={"media": ("a.txt", b"a list")}).json()
    mine = {"msgtype": "file", "file": {"media_id": answer["media_id"]}}
    assert web.post("/cgi-bin/webhook/send", params={"key": KEY}, json=mine).json()["errcode"] == 0
    assert call("message/send", {"touser": "zhangsan", "agentid": AGENT, **mine})["errcode"] == 40007


def test_an_upload_without_its_part(web: httpx2.Client) -> None:
    query = {"access_token": token_of(web), "type": "file"}
    assert web.post("/cgi-bin/media/upload", params=query, content=b"raw").json()["errcode"] == 44001
