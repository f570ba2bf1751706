"""Photos to and from the platform: nothing else is taken for one, nothing empty is handed in."""

import httpx2
import pytest

from bot.channels import (
    ChannelBusy,
    ChannelError,
    MediaGone,
)
from bot.channels.wecom.client import MEBIBYTE, WecomClient
from bot.channels.wecom.tokens import TokenStore
from tests.bot.channels.wecom_server import OK, Answer, Fault, Page, Request
from tests.bot.channels.wecom_talking import (
    CORP,
    HTML,
    PHOTO,
    SECRET,
    T1,
    T2,
    error_of_asking,
    hand_in,
    refusing,
    talking,
)


def test_an_upload_keeps_its_bytes_when_it_is_repeated(store: TokenStore) -> None:
    answer = refusing(42001, {T1})
    with talking(store, answer) as (client, platform):
        hand_in(client)
    first, second = platform.calls
    assert PHOTO in first.body
    assert PHOTO in second.body
    assert b'name="media"; filename="a.jpg"' in second.body
    assert second.query["type"] == "image"
    assert second.content_type.startswith("multipart/form-data; boundary=")


@pytest.mark.parametrize(
    ("kind", "size", "taken"),
    [
        ("image", 5, False),
        ("image", 6, True),
        ("image", 10 * MEBIBYTE + 1, False),
        ("voice", 2 * MEBIBYTE + 1, False),
        ("file", 2 * MEBIBYTE + 1, True),
        ("file", 20 * MEBIBYTE + 1, False),
    ],
)
def test_sizes_the_platform_refuses_are_not_sent(store: TokenStore, kind: str, size: int, taken: bool) -> None:
    sent: list[int] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        sent.append(len(request.content))
        return httpx2.Response(200, json=OK | {"access_token": T1, "media_id": "m1"})  # type: ignore[operator]

    client = WecomClient(CORP, SECRET, store, transport=httpx2.MockTransport(answer))
    if taken:
        assert client.media.upload(kind, ("a", b"x" * size))["media_id"] == "m1"
        assert sent[-1] > size
    else:
        with pytest.raises(ChannelError, match=str(size)):
            client.media.upload(kind, ("a", b"x" * size))
        assert sent == []


def test_media_are_downloaded(store: TokenStore) -> None:
    answer = refusing(42001, {T1})

    def photo(request: Request) -> Answer:
        refused = answer(request)
        return Page(PHOTO, "image/jpeg") if refused is OK else refused

    with talking(store, photo) as (client, platform):
        assert client.media.download("m1") == client.download("m1") == PHOTO
    assert [call.query["access_token"] for call in platform.calls] == [T1, T2, T2]
    assert {(call.method, call.endpoint, call.query["media_id"]) for call in platform.calls} == {
        ("GET", "media/get", "m1")
    }


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"errcode": 40007, "errmsg": "invalid media_id"}, MediaGone),
        (Page(b'{"errcode":40007,"errmsg":"invalid media_id"}', "text/plain"), MediaGone),
        (Page(b' {"errcode":40007}', "application/octet-stream"), MediaGone),
        (Page(b'{"errcode":40007}', "image/jpeg"), MediaGone),
        ({"errcode": -1, "errmsg": "busy"}, ChannelBusy),
        ({"errcode": 0, "errmsg": "ok"}, ChannelBusy),
        (HTML, ChannelBusy),
        (Page(b"<html>", status=502), ChannelBusy),
        (Fault.HANG, ChannelBusy),
        (Fault.CUT, ChannelBusy),
        (Fault.DRIP, ChannelBusy),
    ],
)
def test_what_is_no_photo_is_never_taken_for_one(store: TokenStore, answer: Answer, error: type[ChannelError]) -> None:
    assert type(error_of_asking(store, answer, lambda client: client.download("m1"))) is error


def test_no_media_id_is_no_media(store: TokenStore) -> None:
    assert type(error_of_asking(store, OK, lambda client: client.download(""))) is MediaGone
