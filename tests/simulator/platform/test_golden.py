"""The published request and answer pairs, replayed: every request is taken, and the answer has the same fields."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest

from bot.simulator.platform import Platform, app_of
from bot.simulator.platform.calls import File
from bot.simulator.platform.card_updates import new_code
from bot.simulator.platform.corp import App
from bot.simulator.platform.media import keep
from bot.simulator.platform.records import Sent
from bot.simulator.platform.tokens import plant
from tests.simulator.conftest import Door

VECTORS = Path(__file__).parents[4] / "shared" / "wechat" / "vectors"
pytestmark = pytest.mark.skipif(not VECTORS.exists(), reason="the shared test material is not on this machine")
FILES = ("corp__corp", "corp__message__message", "corp__message__template_card", "corp__message__appchat")
MEMBERS = ("UserID1", "UserID2", "UserID3", "userid1", "userid2", "userid3", "userid4", "zhangsan", "lisi", "USERID")
READ = ("/cgi-bin/user/get", "/cgi-bin/user/simplelist", "/cgi-bin/user/list", "/cgi-bin/get_api_domain_ip")
# What the platform no longer tells a self-built app, or a stand-in has no use for.
WITHHELD = {
    *("mobile", "email", "biz_mail", "avatar", "thumb_avatar", "gender", "address", "qr_code", "open_userid"),
    *("external_position", "external_profile", "hide_mobile", "english_name", "extattr"),
}


def pairs() -> list[dict[str, Any]]:
    found = [pair for name in FILES for pair in read(name)]
    more = [pair for name in ("corp__addrbook__user", "corp__oauth") for pair in read(name)]
    return found + [pair for pair in more if urlsplit(pair["url"]).path in READ]


def read(name: str) -> list[dict[str, Any]]:
    file = VECTORS / "api_golden" / f"{name}.json"
    return list(json.loads(file.read_text("utf-8"))["pairs"]) if file.exists() else []


@pytest.fixture
def golden(server: tuple[Door, str]) -> Platform:
    """A corporation in which the samples of the documents are true."""
    platform = Platform("CORPID")
    app = platform.add_app(1, "SECRET")
    for department in (2, 3):
        platform.add_department(department, f"部门{department}")
    for userid in MEMBERS:
        platform.add_member(userid, userid, [1, 2])
    platform.state.corp.tags = {"44": ["userid1"], "55": ["userid2"]}
    plant(platform.state, app, "ACCESS_TOKEN")
    server[0].app = app_of(platform)
    return platform


def prepare(platform: Platform, app: App, pair: dict[str, Any]) -> None:
    """The files, the card and the group that this request speaks of."""
    body = pair["request"] or {}
    kind = body.get("msgtype", "image")
    for media_id in ("MEDIA_ID", "MEDIAID", "1Yv-zXfHjSjU-7LH-GwtYqDGS-zz6w22KmWAT5COgP7o", "biz_get(image)"):
        keep(platform.state, "image" if kind == "mpnews" else kind, File(b"content", "name"), media_id=media_id)
    sent = Sent(str(body.get("msgid", "")), app.agentid, platform.clock.now())
    platform.state.sent[sent.msgid] = sent
    new_code(platform.state, sent, "response_code")
    if pair["test"] != "TestCreateAppchat":
        platform.add_group("CHATID", ["userid1", "userid2", "userid4"]).creator = app.agentid


@pytest.mark.parametrize("pair", pairs(), ids=lambda pair: str(pair["test"]))
def test_a_published_request_is_taken(golden: Platform, server: tuple[Door, str], pair: dict[str, Any]) -> None:
    prepare(golden, golden.state.corp.apps[1], pair)
    address = urlsplit(pair["url"])
    with httpx2.Client(base_url=server[1], trust_env=False) as client:
        answer = client.request(
            pair["method"], address.path, params=dict(parse_qsl(address.query)), json=pair["request"]
        ).json()
    assert answer["errcode"] == 0
    assert shape(answer) - WITHHELD == shape(pair["response"]) - WITHHELD


def shape(answer: Any) -> set[str]:
    """The names of fields, however deep."""
    if isinstance(answer, list):
        return {name for one in answer for name in shape(one)}
    if not isinstance(answer, dict):
        return set()
    return set(answer).union(*(shape(value) for name, value in answer.items() if name not in WITHHELD))


def test_the_material_is_there() -> None:
    assert len(pairs()) >= 30
