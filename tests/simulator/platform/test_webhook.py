"""The group robot that can only send."""

import base64
import hashlib
from typing import Any

import httpx2
import pytest

from bot.simulator.platform import Fault, Platform
from tests.simulator.platform.conftest import GROUP, KEY

PNG = b"\x89PNG a picture"
TEXT = {"msgtype": "text", "text": {"content": "三件待办"}}


def send(web: httpx2.Client, body: dict[str, Any] = TEXT, key: str = KEY) -> int:
    return int(web.post("/cgi-bin/webhook/send", params={"key": key}, json=body).json()["errcode"])


def picture(content: bytes, md5: str = "") -> dict[str, Any]:
    md5 = md5 or hashlib.md5(content).hexdigest()
    return {"msgtype": "image", "image": {"base64": base64.b64encode(content).decode(), "md5": md5}}


def test_the_group_sees_it(web: httpx2.Client, platform: Platform) -> None:
    assert send(web) == 0
    assert [(shown.text, shown.from_bot) for shown in platform.seen_in(GROUP)] == [("三件待办", True)]


def test_twenty_a_minute_then_the_window_has_to_pass(web: httpx2.Client, platform: Platform) -> None:
    assert [send(web) for _ in range(22)] == [0] * 20 + [45009] * 2
    assert platform.counters.over_limit == 2
    platform.clock.advance(60)
    assert send(web) == 0


@pytest.mark.parametrize(
    ("body", "errcode"),
    [
        ({"msgtype": "text", "text": {"content": "汉" * 683}}, 45002),
        ({"msgtype": "markdown", "markdown": {"content": "汉" * 1366}}, 45002),
        ({"msgtype": "markdown_v2", "markdown_v2": {"content": ""}}, 44004),
        ({"msgtype": "video", "video": {}}, 40008),
        (picture(PNG, "0" * 32), 301019),
        (picture(b"GIF89a"), 40004),
        ({"msgtype": "image", "image": {"base64": "***", "md5": ""}}, 40058),
        ({"msgtype": "news", "news": {"articles": [{"title": "x"}]}}, 40058),
        ({"msgtype": "template_card", "template_card": {"card_type": "button_interaction"}}, 40058),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_it_does_not_take(web: httpx2.Client, body: dict[str, Any], errcode: int) -> None:
    assert send(web, body) == errcode


def test_a_picture_and_an_article(web: httpx2.Client) -> None:
    assert send(web, picture(PNG)) == 0
    assert send(web, {"msgtype": "news", "news": {"articles": [{"title": "通知", "url": "https://x"}]}}) == 0


def test_unknown_removed_disabled_and_without_a_group(web: httpx2.Client, platform: Platform) -> None:
    assert send(web, key="no-such") == 93000
    webhook = platform.state.corp.webhooks[KEY]
    webhook.disabled = True
    assert send(web) == 93004
    webhook.disabled, platform.state.corp.groups[GROUP].dissolved = False, True
    assert send(web) == 93008
    webhook.removed = True
    assert send(web) == 93000


def test_an_empty_file_is_noticed_before_a_wrong_key(web: httpx2.Client) -> None:
    for content, errcode in ((b"", 44001), (b"long enough", 93000)):
        query = {"key": "no-such", "type": "file"}
        answer = web.post("/cgi-bin/webhook/upload_media", params=query, files={"media": ("a", content)})
        assert answer.json()["errcode"] == errcode


def test_silent_drop(web: httpx2.Client, platform: Platform) -> None:
    platform.faults.set(Fault.SILENT_DROP)
    assert (send(web), platform.seen_in(GROUP), platform.counters.dropped) == (0, [], 1)
