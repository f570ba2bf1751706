"""The platform's example requests, made by our client and by wechatpy's modules on it."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest

from bot.channels.wecom.client import DUPLICATE_CHECK, WecomClient
from bot.channels.wecom.tokens import TokenStore
from tests.bot.channels.wecom_server import Answer, Request
from tests.bot.channels.wecom_talking import PHOTO, T1, talking
from tests.bot.channels.wecom_vectors import VECTORS, golden_pairs, needs_vectors

GOLDEN = golden_pairs(
    "corp__message__message",
    "corp__message__template_card",
    "corp__message__appchat",
    "corp__addrbook__user",
    "corp__addrbook__tag",
)


@needs_vectors
@pytest.mark.parametrize("pair", GOLDEN)
def test_an_example_of_a_request(store: TokenStore, pair: dict[str, Any]) -> None:
    address = urlsplit(pair["url"])
    endpoint, query = address.path.removeprefix("/cgi-bin/"), dict(parse_qsl(address.query))
    del query["access_token"]
    with talking(store, pair["response"]) as (client, platform):
        client.agent_id = None
        result = _made(client, pair, endpoint, query)
    [sent] = platform.calls
    assert result == pair["response"]
    assert (sent.method, sent.endpoint, sent.query) == (pair["method"], endpoint, query | {"access_token": T1})
    if pair["request"] is None:
        assert sent.body == b""
    else:
        extra = DUPLICATE_CHECK if endpoint == "message/send" else {}
        assert sent.json == pair["request"] | extra
        assert (sent.content_type, b"\\u" in sent.body) == ("application/json", False)


def _made(client: WecomClient, pair: dict[str, Any], endpoint: str, query: dict[str, str]) -> Any:
    if pair["method"] == "GET":
        return client.get(endpoint, params=query)
    return client.post(endpoint, params=query, data=pair["request"])


@needs_vectors
def test_the_example_of_a_token(store: TokenStore) -> None:
    [pair] = [found.values[0] for found in golden_pairs("corp__corp") if found.values[0]["test"] == "TestAccessToken"]
    seen: list[httpx2.URL] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request.url)
        return httpx2.Response(200, json=pair["response"])

    client = WecomClient("CORPID", "SECRET", store, transport=httpx2.MockTransport(answer))
    assert client.access_token == client.fetch_access_token()["access_token"] == pair["response"]["access_token"]
    assert [str(url) for url in seen] == [pair["url"]]


def _pair(file: str, test: str) -> dict[str, Any]:
    found: dict[str, Any] = next(p.values[0] for p in golden_pairs(file) if p.values[0]["test"] == test)
    return found


@needs_vectors
@pytest.mark.parametrize(
    ("file", "test", "ask"),
    [
        (
            "corp__message__appchat",
            "TestCreateAppchat",
            lambda c: c.appchat.create("CHATID", "NAME", "userid1", ["userid1", "userid2", "userid3"]),
        ),
        (
            "corp__message__appchat",
            "TestUpdateAppchat",
            lambda c: c.appchat.update(
                "CHATID", "NAME", "userid2", ["userid1", "userid2", "userid3"], ["userid3", "userid4"]
            ),
        ),
        (
            "corp__message__message",
            "TestSendText",
            lambda c: c.message.send(
                1,
                ["UserID1", "UserID2", "UserID3"],
                ["PartyID1", "PartyID2"],
                "TagID1|TagID2",
                {key: _pair("corp__message__message", "TestSendText")["request"][key] for key in ("msgtype", "text")},
            ),
        ),
        (
            "corp__addrbook__user",
            "TestConvertToUserID",
            lambda c: c.user.convert_to_user_id("oDjGHs-1yCnGrRovBj2yHij5JAAA"),
        ),
    ],
)
def test_wechatpys_modules_make_the_examples(
    store: TokenStore, file: str, test: str, ask: Callable[[WecomClient], Any]
) -> None:
    pair = _pair(file, test)
    with talking(store, pair["response"]) as (client, platform):
        assert ask(client)
    [sent] = platform.calls
    expected = pair["request"] | (DUPLICATE_CHECK if sent.endpoint == "message/send" else {})
    assert {key: value for key, value in sent.json.items() if value != ""} == expected


@needs_vectors
def test_wechatpys_modules_read_the_examples(store: TokenStore) -> None:
    users, group = _pair("corp__addrbook__user", "TestListUser"), _pair("corp__message__appchat", "TestGetAppchat")

    def answer(request: Request) -> Answer:
        response: Answer = (users if request.endpoint == "user/list" else group)["response"]
        return response

    with talking(store, answer) as (client, platform):
        assert client.user.list(1) == users["response"]["userlist"]
        assert client.department.get_users(1, simple=False) == users["response"]["userlist"]
        assert client.appchat.get("CHATID") == group["response"]["chat_info"]
    asked = urlsplit(users["url"])
    wanted = dict(parse_qsl(asked.query)) | {"access_token": T1}
    assert all(sent.query.items() >= wanted.items() for sent in platform.calls[:2])


def test_departments_are_listed(store: TokenStore) -> None:
    departments = [{"id": 2, "name": "第一网格", "parentid": 1}]
    with talking(store, {"errcode": 0, "department": departments}) as (client, platform):
        assert client.department.list() == departments
    assert platform.calls[0].endpoint == "department/list"


def _fixture(name: str) -> Any:
    return json.loads((VECTORS / "api_json" / "work_wechatpy" / f"{name}.json").read_text("utf-8"))


@needs_vectors
def test_answers_of_older_days_without_an_errcode_are_understood(store: TokenStore) -> None:
    """Only a token and uploaded media prove themselves; any other object without an errcode is none of the platform."""
    seen: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request.url.path)
        return httpx2.Response(200, json=_fixture(request.url.path.removeprefix("/cgi-bin/").replace("/", "_")))

    client = WecomClient("CORPID", "SECRET", store, transport=httpx2.MockTransport(answer))
    assert client.media.upload("image", ("a.jpg", PHOTO))["media_id"] == _fixture("media_upload")["media_id"]
    assert client.access_token == _fixture("gettoken")["access_token"]
    assert client.user.list(1) == _fixture("user_list")["userlist"]
    assert client.user.list(1, simple=True) == _fixture("user_simplelist")["userlist"]
    assert client.department.list() == _fixture("department_list")["department"]
    assert seen[:2] == ["/cgi-bin/gettoken", "/cgi-bin/media/upload"]


@needs_vectors
def test_the_examples_are_all_there() -> None:
    """A folder that moved would make every test above pass by being empty."""
    assert len(GOLDEN) > 50
