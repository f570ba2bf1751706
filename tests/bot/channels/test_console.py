"""The console channel: which callbacks become messages, and what every answer of the platform means."""

import datetime as dt
import json
import time
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from bot.channels import BadCallback, ChannelBusy, ChannelError, ChannelUnsure, MediaGone, Outgoing
from bot.channels.console import LARGEST_PHOTO_BYTES, ConsoleChannel
from bot.channels.envelope import Envelope
from handlers.message import Kind, Reach
from tests.bot.channels.sealing import KEY, TOKEN, sealed_text

MESSAGE: dict[str, Any] = {
    "msgid": "m1",
    "msgtype": "text",
    "chat": {"type": "group", "id": "g001"},
    "from": {"userid": "r001", "nick": "老李"},
    "create_time": 1_788_746_400,
    "text": "楼道灯坏了",
}
OUT = Outgoing("out-1", "已登记", group="g001")
Answers = Callable[[httpx2.Request], httpx2.Response]


def _channel(answers: Answers | None = None) -> ConsoleChannel:
    transport = httpx2.MockTransport(answers) if answers else None
    return ConsoleChannel("http://platform.test", TOKEN, KEY, transport)


def _parse(content: dict[str, Any]) -> Any:
    return _channel().open(*sealed_text(json.dumps(content), time.time())).message


def _raising(error: Exception) -> Answers:
    def answer(request: httpx2.Request) -> httpx2.Response:
        raise error

    return answer


def test_a_message_in_a_group() -> None:
    message = _parse(MESSAGE | {"images": ["/media/a.jpg"]})
    assert (message.channel, message.platform_id, message.sender, message.nickname) == ("console", "m1", "r001", "老李")
    assert (message.group, message.text, message.media) == ("g001", "楼道灯坏了", ("/media/a.jpg",))
    assert message.sent_at == dt.datetime.fromtimestamp(1_788_746_400, dt.UTC)
    assert (message.addressed, message.kind, message.private) == (False, Kind.TEXT, False)


def test_who_is_meant() -> None:
    private = {"chat": {"type": "single", "id": "whatever"}}
    assert [_parse(MESSAGE | more).addressed for more in (private, {"mentions_bot": True})] == [True, True]
    assert _parse(MESSAGE | private).group is None
    bots, others = ({"quote": {"from_bot": from_bot, "text": "编号 1001"}} for from_bot in (True, False))
    assert (_parse(MESSAGE | bots).addressed, _parse(MESSAGE | bots).quoted_text) == (True, "编号 1001")
    assert (_parse(MESSAGE | others).addressed, _parse(MESSAGE | others).quoted_text) == (False, "")


@pytest.mark.parametrize("said", ["@随手拍 楼道灯坏了", "@随手拍，楼道灯坏了", "@随手拍楼道灯坏了"])
def test_the_mention_is_no_part_of_the_words(said: str) -> None:
    assert _parse(MESSAGE | {"text": said, "mentions_bot": True}).text == "楼道灯坏了"
    assert _parse(MESSAGE | {"text": said}).text == said


@pytest.mark.parametrize(
    ("msgtype", "kind"),
    [("text", Kind.TEXT), ("mixed", Kind.TEXT), ("image", Kind.IMAGE), ("voice", Kind.VOICE), ("hologram", Kind.OTHER)],
)
def test_kinds(msgtype: str, kind: Kind) -> None:
    assert _parse(MESSAGE | {"msgtype": msgtype}).kind is kind


def test_a_recall() -> None:
    message = _parse(MESSAGE | {"recall_msgid": "m0", "text": ""})
    assert (message.kind, message.recalls) == (Kind.RECALL, "m0")


def test_fields_of_the_future_are_ignored() -> None:
    future = {"mood": "happy", "chat": MESSAGE["chat"] | {"topic": 5}, "from": MESSAGE["from"] | {"age": 70}}
    assert _parse(MESSAGE | future) == _parse(MESSAGE)


@pytest.mark.parametrize("field", ["msgid", "msgtype", "chat", "from", "create_time"])
def test_a_missing_field_is_named(field: str) -> None:
    with pytest.raises(BadCallback, match=field):
        _parse({name: value for name, value in MESSAGE.items() if name != field})


@pytest.mark.parametrize(
    "wrong",
    [
        {"msgid": ""},
        {"msgid": 5},
        {"msgid": "m" * 129},
        {"create_time": "yesterday"},
        {"create_time": -1},
        {"create_time": 10**15},
        {"create_time": 1.5},
        {"chat": {"type": "channel", "id": "g001"}},
        {"chat": {"type": "group", "id": "g" * 129}},
        {"chat": {"type": "group", "id": ""}},
        {"chat": {"type": "group"}},
        {"chat": "g001"},
        {"from": {"userid": ""}},
        {"from": {"userid": "r" * 129}},
        {"from": None},
        {"text": None},
        {"text": ["a"]},
        {"images": "/media/a.jpg"},
        {"images": ["/a"] * 10},
        {"images": [5]},
        {"quote": "编号"},
        {"recall_msgid": "m" * 129},
        {"mentions_bot": "perhaps"},
    ],
    ids=str,
)
def test_a_wrong_field_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadCallback, match=next(iter(wrong))):
        _parse(MESSAGE | wrong)


def test_half_a_character_is_no_reason_to_lose_a_message() -> None:
    """Such text reaches us as escapes inside the JSON; a refusal would drop the report for good."""
    message = _parse(MESSAGE | {"text": "楼道灯\ud83d坏了", "from": {"userid": "r001", "nick": "老\ud83d李"}})
    assert "楼道灯" in message.text
    assert message.text.encode()


def test_the_answer_is_sealed_and_silence_is_empty() -> None:
    received = _channel().open(*sealed_text(json.dumps(MESSAGE), time.time()))
    assert received.respond(None) == b""
    body = json.loads(received.respond("已登记"))
    assert set(body) == {"encrypt"}


def test_everybody_is_reached_privately() -> None:
    assert (_channel().reach("r001"), _channel().checks_duplicates) == (Reach.PRIVATE, True)


def test_what_is_sent() -> None:
    seen = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        content = Envelope(TOKEN, KEY).open(request.content, dict(request.url.params), time.time())
        seen.append((request.url.path, content))
        return httpx2.Response(200, json={"errcode": 0})

    _channel(answer).send(OUT)
    _channel(answer).send(Outgoing("out-2", "请接单", account="zhao"))
    assert seen == [
        ("/api/send", {"id": "out-1", "to": {"group": "g001"}, "text": "已登记"}),
        ("/api/send", {"id": "out-2", "to": {"user": "zhao"}, "text": "请接单"}),
    ]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (_raising(httpx2.ConnectError("refused")), ChannelBusy),
        (_raising(httpx2.ConnectTimeout("slow")), ChannelBusy),
        (lambda _: httpx2.Response(503), ChannelBusy),
        (lambda _: httpx2.Response(302, headers={"location": "/login"}), ChannelBusy),
        (_raising(httpx2.ReadTimeout("cut off")), ChannelUnsure),
        (_raising(httpx2.RemoteProtocolError("cut off")), ChannelUnsure),
        (_raising(httpx2.DecodingError("torn gzip")), ChannelUnsure),
        (lambda _: httpx2.Response(200, content=b"<html>"), ChannelUnsure),
        (lambda _: httpx2.Response(200, content=b"[" * 100_000), ChannelUnsure),
        (lambda _: httpx2.Response(200, json=[1]), ChannelUnsure),
        (lambda _: httpx2.Response(200, json={}), ChannelUnsure),
        (lambda _: httpx2.Response(200, json={"errcode": 40003, "errmsg": "no such user"}), ChannelError),
    ],
)
def test_what_an_answer_to_a_send_means(answer: Answers, error: type[ChannelError]) -> None:
    with pytest.raises(ChannelError) as caught:
        _channel(answer).send(OUT)
    assert type(caught.value) is error


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (lambda _: httpx2.Response(404), MediaGone),
        (lambda _: httpx2.Response(410), MediaGone),
        (lambda _: httpx2.Response(500), ChannelBusy),
        (lambda _: httpx2.Response(200, content=bytes(LARGEST_PHOTO_BYTES + 1)), ChannelError),
        (_raising(httpx2.ReadTimeout("slow")), ChannelBusy),
        (_raising(httpx2.ConnectError("refused")), ChannelBusy),
        (_raising(httpx2.DecodingError("torn gzip")), ChannelBusy),
    ],
)
def test_what_an_answer_to_a_download_means(answer: Answers, error: type[ChannelError]) -> None:
    with pytest.raises(ChannelError) as caught:
        _channel(answer).download("/media/a.jpg")
    assert type(caught.value) is error


@pytest.mark.parametrize(
    "reference",
    [
        "http://169.254.169.254/latest",
        "https://platform.test/a.jpg",
        "//evil.test/a.jpg",
        "a.jpg",
        "",
        "file:///etc/passwd",
        "/\\evil.test/a.jpg",
    ],
)
def test_a_photo_of_another_place_is_not_fetched(reference: str) -> None:
    seen: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request.url.host)
        return httpx2.Response(404)

    with pytest.raises(ChannelError):
        _channel(answer).download(reference)
    assert set(seen) <= {"platform.test"}


@pytest.mark.parametrize("reference", ["/media/\x00.jpg", "/media/\n.jpg", "/" + "a" * 100_000, "/media/[.jpg"])
def test_a_reference_no_address_can_hold_is_refused(reference: str) -> None:
    with pytest.raises(ChannelError):
        _channel(lambda _: httpx2.Response(404)).download(reference)


def test_the_bytes_of_a_photo() -> None:
    assert _channel(lambda _: httpx2.Response(200, content=b"\xff\xd8")).download("/media/a.jpg") == b"\xff\xd8"
