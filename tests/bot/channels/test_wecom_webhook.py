"""The webhook channel: what it sends, what the platform's answers mean, and that its key is seen nowhere."""

import hashlib
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest

from bot.channels import (
    BadCallback,
    ChannelBusy,
    ChannelError,
    ChannelUnsure,
    MediaGone,
    NotAsked,
    Outgoing,
    RecipientGone,
)
from bot.channels import wecom_webhook as webhook
from bot.channels.wecom_webhook import Article, WecomWebhookChannel
from data.models import ChatGroup
from handlers.message import Reach
from tests.talking import Talk

KEY = "5a473ac5-secret-of-the-robot"
GROUP = "wr001"
OUT = Outgoing("out-1", "案件 1001 快到期了。", group=GROUP)
GOLDEN = Path(__file__).parents[4] / "shared/wechat/vectors/api_golden/corp__message__message.json"
Answers = Callable[[httpx2.Request], httpx2.Response]


def _channel(answers: Answers) -> WecomWebhookChannel:
    return WecomWebhookChannel({GROUP: KEY}.get, transport=httpx2.MockTransport(answers))


def _answering(**content: Any) -> Answers:
    return lambda request: httpx2.Response(200, json=content)


def _raising(error: Exception) -> Answers:
    def answer(request: httpx2.Request) -> httpx2.Response:
        raise error

    return answer


def test_a_reminder_is_posted_as_text_with_the_key_of_its_group() -> None:
    seen: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(200, json={"errcode": 0, "errmsg": "ok"})

    assert _channel(answer).send(OUT).message_id == ""
    request = seen[0]
    assert (request.method, request.url.path) == ("POST", "/cgi-bin/webhook/send")
    assert dict(request.url.params) == {"key": KEY}
    assert json.loads(request.content) == {"msgtype": "text", "text": {"content": OUT.text}}
    assert "快到期".encode() in request.content  # the platform refuses escapes


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (93000, RecipientGone),
        (93004, RecipientGone),
        (93008, RecipientGone),
        (-1, ChannelBusy),
        (40058, ChannelError),
        (45002, ChannelError),
    ],
)
def test_what_the_codes_mean(code: int, error: type[ChannelError]) -> None:
    with pytest.raises(ChannelError) as found:
        _channel(_answering(errcode=code, errmsg=f"invalid key {KEY}")).send(OUT)
    assert type(found.value) is error
    assert KEY not in str(found.value)


def test_too_many_wait_for_the_end_of_the_window() -> None:
    with pytest.raises(ChannelBusy) as found:
        _channel(_answering(errcode=45009, errmsg="api freq out of limit")).send(OUT)
    assert found.value.retry_after == 60


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        (_raising(httpx2.ConnectError("no route")), ChannelBusy),
        (_raising(httpx2.ReadTimeout("slow")), ChannelUnsure),
        (_raising(httpx2.RemoteProtocolError("closed")), ChannelUnsure),
        (lambda request: httpx2.Response(502, text="<html>"), ChannelUnsure),
        (lambda request: httpx2.Response(200, text="<html>"), ChannelUnsure),
        (lambda request: httpx2.Response(200, json=["errcode", 0]), ChannelUnsure),
        (lambda request: httpx2.Response(200, json={"errmsg": "ok"}), ChannelUnsure),
    ],
)
def test_a_broken_exchange_never_counts_as_sent(answers: Answers, error: type[ChannelError]) -> None:
    with pytest.raises(ChannelError) as found:
        _channel(answers).send(OUT)
    assert type(found.value) is error
    assert KEY not in str(found.value)


def test_the_key_is_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        _channel(_answering(errcode=0)).send(OUT)
    assert "webhook/send" in caplog.text
    assert KEY not in caplog.text


@pytest.mark.parametrize("outgoing", [Outgoing("out-1", "你好", group="wr002"), Outgoing("out-1", "你好", account="a")])
def test_without_a_key_nobody_is_there(outgoing: Outgoing) -> None:
    with pytest.raises(NotAsked):
        _channel(_answering(errcode=0)).send(outgoing)


@pytest.mark.parametrize(
    ("make", "body"),
    [
        (
            lambda: webhook.text("灯坏了", ["zhangsan", "@all"], ["13800000000"]),
            {
                "msgtype": "text",
                "text": {
                    "content": "灯坏了",
                    "mentioned_list": ["zhangsan", "@all"],
                    "mentioned_mobile_list": ["13800000000"],
                },
            },
        ),
        (lambda: webhook.markdown("**周报**"), {"msgtype": "markdown", "markdown": {"content": "**周报**"}}),
        (lambda: webhook.file("3a8asd892asd8asd"), {"msgtype": "file", "file": {"media_id": "3a8asd892asd8asd"}}),
        (
            lambda: webhook.news([Article("周报", "https://a.cn/1", picurl="https://a.cn/1.png")]),
            {
                "msgtype": "news",
                "news": {"articles": [{"title": "周报", "url": "https://a.cn/1", "picurl": "https://a.cn/1.png"}]},
            },
        ),
    ],
    ids=["text", "markdown", "file", "news"],
)
def test_the_other_types(make: Callable[[], dict[str, Any]], body: dict[str, Any]) -> None:
    assert make() == body


def test_a_picture_carries_the_digest_of_its_bytes() -> None:
    content = b"\x89PNG\r\n\x1a\n" + b"pixels"
    assert webhook.image(content) == {
        "msgtype": "image",
        "image": {"base64": "iVBORw0KGgpwaXhlbHM=", "md5": hashlib.md5(content).hexdigest()},
    }


@pytest.mark.parametrize(
    "make",
    [
        lambda: webhook.text(""),
        lambda: webhook.text("灯" * 683),
        lambda: webhook.markdown("灯" * 1366),
        lambda: webhook.image(b"GIF89a"),
        lambda: webhook.image(b"\xff\xd8\xff" + bytes(2 * 1024 * 1024)),
        lambda: webhook.news([]),
        lambda: webhook.news([Article("周报", "https://a.cn")] * 9),
        lambda: webhook.news([Article("周报", "")]),
    ],
)
def test_what_the_platform_would_refuse_is_not_sent(make: Callable[[], Any]) -> None:
    with pytest.raises(ChannelError):
        make()


def test_the_largest_that_fits() -> None:
    assert len(webhook.text("灯" * 682 + "ab")["text"]["content"].encode()) == 2048
    assert len(webhook.markdown("灯" * 1365 + "a")["markdown"]["content"].encode()) == 4096
    assert len(webhook.news([Article("周报", "https://a.cn")] * 8)["news"]["articles"]) == 8


def test_a_file_is_uploaded_for_its_group() -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        assert request.url.path == "/cgi-bin/webhook/upload_media"
        assert dict(request.url.params) == {"key": KEY, "type": "file"}
        assert b'name="media"; filename="week.csv"' in request.read()
        assert b"1,2,3,4" in request.content
        return httpx2.Response(200, json={"errcode": 0, "media_id": "m1"})

    assert _channel(answer).upload(GROUP, "week.csv", b"1,2,3,4") == "m1"


@pytest.mark.parametrize("content", [b"12345", bytes(20 * 1024 * 1024 + 1)])
def test_a_file_of_a_wrong_size_is_not_uploaded(content: bytes) -> None:
    with pytest.raises(ChannelError, match="字节"):
        _channel(_raising(AssertionError("asked"))).upload(GROUP, "week.csv", content)


def test_an_upload_without_a_media_id() -> None:
    with pytest.raises(ChannelError):
        _channel(_answering(errcode=0)).upload(GROUP, "week.csv", b"1,2,3,4")


def test_it_hears_nothing() -> None:
    channel = _channel(_answering(errcode=0))
    for call in (lambda: channel.open(b"{}", {}), lambda: channel.verify({"echostr": "1"})):
        with pytest.raises(BadCallback):
            call()
    with pytest.raises(MediaGone):
        channel.download("m1")
    assert channel.reach("anybody") is Reach.GROUP_ONLY
    channel.close()


def test_keys_are_those_the_office_entered(sqlite_talk: Talk) -> None:
    with sqlite_talk.bot.database.writing() as session:
        for number, key in ((9001, KEY), (9002, None)):
            session.add(
                ChatGroup(id=number, channel="wecom_app", platform_id=f"wr{number}", name="群", webhook_key=key)
            )
        session.commit()
    sqlite_talk.bot.directory.reload()
    keys = sqlite_talk.bot.directory().webhook_key
    assert (keys("wr9001"), keys("wr9002"), keys("elsewhere")) == (KEY, None, None)


@pytest.mark.skipif(not GOLDEN.exists(), reason="../shared with the published examples is not here")
def test_the_published_examples() -> None:
    """The webhook has no golden requests of its own; these types have the same content as the app's."""
    pairs = next(value for value in json.loads(GOLDEN.read_text("utf-8")).values() if isinstance(value, list))
    content = {pair["request"]["msgtype"]: pair["request"] for pair in pairs if "msgtype" in pair["request"]}
    made = {
        "text": webhook.text(content["text"]["text"]["content"]),
        "markdown": webhook.markdown(content["markdown"]["markdown"]["content"]),
        "file": webhook.file(content["file"]["file"]["media_id"]),
    }
    for kind, body in made.items():
        assert body == {"msgtype": kind, kind: content[kind][kind]}
    article = content["news"]["news"]["articles"][0]
    ours = {name: article[name] for name in ("title", "description", "url", "picurl")}
    assert webhook.news([Article(**ours)]) == {"msgtype": "news", "news": {"articles": [ours]}}
