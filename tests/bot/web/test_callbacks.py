"""The door for platforms: 200 after the commit, 403, 404 and 413 for strangers, and 500 only when nothing is stored."""

import base64
import json
import random
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from starlette.testclient import TestClient
from wechatpy.crypto import PrpCrypto

from bot.app import build_app
from bot.channels.console import ConsoleChannel
from bot.web.callbacks import LARGEST_BODY_BYTES
from data.models import Case, FailedMessage, Message
from tests.bot.channels.sealing import KEY, TOKEN, sealed_text
from tests.talking import Talk

URL = "/callback/console"
REPORT = {
    "msgid": "m1",
    "msgtype": "text",
    "chat": {"type": "group", "id": "g001"},
    "from": {"userid": "r001", "nick": "老李"},
    "create_time": 1_788_746_400,
    "text": "3号楼2单元楼道灯坏了三天了",
}
ODD: list[Any] = [None, True, -1, 10**30, 1.5, "", "楼" * 300, "\x00", "\ud83d", "/media/\x00", [], {}, ["/a"], "group"]


def _client(talk: Talk) -> TestClient:
    """The application of a bot whose console channel is the real one."""
    bot = replace(talk.bot, channels={"console": ConsoleChannel("http://platform.test", TOKEN, KEY)})
    return TestClient(build_app(bot), raise_server_exceptions=False)


@pytest.fixture
def client(sqlite_talk: Talk) -> TestClient:
    return _client(sqlite_talk)


def _deliver(client: TestClient, content: Any) -> Any:
    body, query = sealed_text(json.dumps(content), time.time())
    return client.post(URL, content=body, params=query)


def _answer(response: Any) -> str:
    """What rides in the response, opened by wechatpy."""
    text = PrpCrypto(base64.b64decode(KEY + "=")).decrypt(json.loads(response.content)["encrypt"], "suishoupai")
    return str(json.loads(text)["reply"]["text"])


def test_a_report_is_stored_before_it_is_answered(talk: Talk) -> None:
    client = _client(talk)
    answers = [_answer(_deliver(client, REPORT)) for _ in range(3)]
    assert "已登记，编号 1001" in answers[0]
    assert answers == [answers[0]] * 3
    assert (len(talk.rows(Case)), talk.case().text) == (1, REPORT["text"])
    assert talk.bot.wake.is_set()


def test_silence_is_an_empty_body(client: TestClient) -> None:
    response = _deliver(client, REPORT | {"text": "今天天气不错，一起去公园吧"})
    assert (response.status_code, response.content) == (200, b"")


def test_a_stranger_learns_nothing(client: TestClient, sqlite_talk: Talk) -> None:
    body, query = sealed_text(json.dumps(REPORT), time.time())
    for params in ({}, query | {"msg_signature": "0" * 40}, query | {"timestamp": "1"}):
        response = client.post(URL, content=body, params=params)
        assert (response.status_code, response.content) == (403, b"")
    assert sqlite_talk.rows(Message) == []


def test_an_unknown_channel_is_not_there(client: TestClient) -> None:
    assert client.post("/callback/wecom", content=b"{}").status_code == 404
    assert client.post("/callback/../sign-in", content=b"{}").status_code in (404, 422)


def test_only_post_is_taken(client: TestClient) -> None:
    assert {client.request(method, URL).status_code for method in ("PUT", "DELETE", "PATCH")} == {405}


def test_an_address_is_only_confirmed_to_its_platform(client: TestClient) -> None:
    """The console's is never asked for; without a signature nobody learns more."""
    assert client.get(URL).status_code == 403
    assert client.get(URL + "?msg_signature=x&timestamp=1&nonce=2&echostr=3").status_code == 403
    assert client.get("/callback/nobody").status_code == 404


def test_a_body_larger_than_any_message_is_refused(client: TestClient) -> None:
    assert client.post(URL, content=bytes(LARGEST_BODY_BYTES + 1)).status_code == 413
    assert client.post(URL, content=bytes(LARGEST_BODY_BYTES)).status_code == 403


def test_a_body_that_never_says_its_length_is_cut_off(client: TestClient) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(100):
            yield bytes(100_000)

    assert client.post(URL, content=endless()).status_code == 413


def test_no_field_makes_the_server_stumble(client: TestClient, sqlite_talk: Talk) -> None:
    for field in REPORT:
        for odd in ODD:
            assert _deliver(client, REPORT | {field: odd}).status_code in (200, 403), (field, odd)
    assert sqlite_talk.rows(FailedMessage) == []


def test_no_mixture_makes_the_server_stumble(talk: Talk) -> None:
    """Odd values in every field that may hold them, on each database."""
    client, dice = _client(talk), random.Random(7)
    words = ["", "\x00", "\ud83d灯坏了", "楼" * 3_000, "查 999999999", "接1001", "是", "+1", "3号楼", "😀", "同意"]
    for number in range(60):
        content = REPORT | {
            "msgid": f"m{number}",
            "text": dice.choice(words),
            "chat": dice.choice([{"type": "single"}, REPORT["chat"], {"type": "group", "id": "\x00g"}]),
            "from": {"userid": dice.choice(["r001", "zhao.haitao", "\x00x", "新"]), "nick": dice.choice(words)[:64]},
            "images": dice.choice([[], ["/media/\x00.jpg"], ["http://evil.test/" + "x" * 600]]),
            "recall_msgid": dice.choice([None, None, "m1", "\x00"]),
            "quote": dice.choice([None, {"from_bot": True, "text": dice.choice(words)}]),
        }
        assert _deliver(client, content).status_code in (200, 403)
    assert talk.rows(FailedMessage) == []


def test_no_stranger_makes_the_server_stumble(client: TestClient) -> None:
    for body in (b"", b"[" * 100_000, b"\xff\x00", b'{"encrypt": 5}'):
        for query in ("", "?timestamp=%FF&nonce=%00&msg_signature=%ED%A0%BD", "?" + "a=1&" * 2_000):
            assert client.post(URL + query, content=body).status_code == 403, (body[:20], query[:20])


def test_what_could_not_be_stored_is_not_acknowledged(client: TestClient, sqlite_talk: Talk) -> None:
    """The platform takes the 500 as "deliver again"; once the database is back, nothing is lost."""
    database = sqlite_talk.bot.database
    sqlite_talk.bot.directory.reload()
    with database.engine.connect() as connection:
        connection.exec_driver_sql("ALTER TABLE messages RENAME TO away")
        connection.exec_driver_sql("COMMIT")
        assert _deliver(client, REPORT).status_code == 500
        connection.exec_driver_sql("ALTER TABLE away RENAME TO messages")
        connection.exec_driver_sql("BEGIN")
    assert "1001" in _answer(_deliver(client, REPORT))
