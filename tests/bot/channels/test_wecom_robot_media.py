"""A robot's photos: decrypted with the right key, fetched from Tencent only, and never an error page."""

import base64
from collections.abc import Callable

import httpx2
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from bot.channels import ChannelBusy, ChannelError, MediaGone
from bot.channels.wecom_robot.media import LARGEST_BYTES, RobotMedia
from tests.bot.channels.sealing import KEY

ADDRESS = "https://ww-aibot-img-1258476243.cos.ap-guangzhou.myqcloud.com/a/1?sign=x"
OTHER_KEY = base64.b64encode(b"o" * 32).decode()
PHOTO = b"\xff\xd8\xff" + bytes(range(256)) * 9
OWN = ("http://127.0.0.1:8099", "wss://openws.work.weixin.qq.com", "ws://127.0.0.1:8098/robot")
Answers = Callable[[httpx2.Request], httpx2.Response]


def _encrypted(content: bytes, key: str = KEY) -> bytes:
    """As the platform does it, with `cryptography` alone: padded to 32 bytes."""
    raw = base64.b64decode(key.rstrip("=") + "=")
    encryptor = Cipher(algorithms.AES(raw), modes.CBC(raw[:16])).encryptor()
    size = 32 - len(content) % 32
    return encryptor.update(content + bytes([size]) * size) + encryptor.finalize()


def _media(answer: Answers) -> RobotMedia:
    return RobotMedia(KEY, OWN, httpx2.MockTransport(answer))


def _answering(*arguments: object, **options: object) -> Answers:
    return lambda request: httpx2.Response(*arguments, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [0, 1, 15, 16, 31, 32, 33, len(PHOTO)])
def test_a_photo_behind_the_key_of_the_callback(size: int) -> None:
    assert _media(_answering(200, content=_encrypted(PHOTO[:size]))).download(ADDRESS) == PHOTO[:size]


@pytest.mark.parametrize("key", [OTHER_KEY, OTHER_KEY.rstrip("=")])
def test_a_photo_behind_its_own_key(key: str) -> None:
    seen = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(str(request.url))
        return httpx2.Response(200, content=_encrypted(PHOTO, OTHER_KEY))

    assert _media(answer).download(f"{key}|{ADDRESS}") == PHOTO
    assert seen == [ADDRESS]


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:8099/media/1", "http://127.0.0.1:8098/media/1", "https://openws.work.weixin.qq.com/1"]
)
def test_addresses_the_settings_name_are_trusted(address: str) -> None:
    assert _media(_answering(200, content=_encrypted(PHOTO))).download(address) == PHOTO


@pytest.mark.parametrize(
    "reference",
    [
        "http://a.myqcloud.com/1",
        "https://a.myqcloud.com.evil.test/1",
        "https://evilmyqcloud.com/1",
        "https://myqcloud.com/1",
        "https://a.myqcloud.com@evil.test/1",
        "https://user:word@a.myqcloud.com/1",
        "https://a.myqcloud.com:8443/1",
        "http://127.0.0.1:8097/1",
        "https://127.0.0.1:8099/1",
        "http://169.254.169.254/latest/meta-data",
        "http://[::1]/1",
        "file:///etc/passwd",
        "ftp://a.myqcloud.com/1",
        "https://",
        "https://[",
        "/media/1",
        "",
        f"{OTHER_KEY}|",
        f"{OTHER_KEY}|http://localhost/",
        f"|{OTHER_KEY}|{ADDRESS}",
    ],
)
def test_no_other_address_is_asked(reference: str) -> None:
    asked = []
    media = _media(lambda request: asked.append(request) or httpx2.Response(200))  # type: ignore[func-returns-value]
    with pytest.raises(ChannelError) as caught:
        media.download(reference)
    assert type(caught.value) is ChannelError
    assert asked == []


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (_answering(403, text="<Error><Code>AccessDenied</Code></Error>"), MediaGone),
        (_answering(404), MediaGone),
        (_answering(410), MediaGone),
        (_answering(302, headers={"location": "http://169.254.169.254/"}), ChannelError),
        (_answering(500), ChannelBusy),
        (_answering(200, html="<html>busy</html>"), ChannelBusy),
        (_answering(200, json={"errcode": -1}), ChannelBusy),
        (_answering(200, content=b"<Error/>", headers={"content-type": "application/xml"}), ChannelBusy),
        (_answering(200, content=b"<html>claims to be a file</html>"), ChannelError),
        (_answering(200, content=b""), ChannelError),
        (_answering(200, content=_encrypted(PHOTO, OTHER_KEY)), ChannelError),
        (_answering(200, content=_encrypted(PHOTO)[:-1]), ChannelError),
        (_answering(200, content=b"0" * (LARGEST_BYTES + 1)), ChannelError),
    ],
)
def test_what_is_no_photo(answer: Answers, kind: type[ChannelError]) -> None:
    with pytest.raises(ChannelError) as caught:
        _media(answer).download(ADDRESS)
    assert type(caught.value) is kind
    assert "sign" not in str(caught.value)


@pytest.mark.parametrize("error", [httpx2.ConnectError("x"), httpx2.ReadTimeout("x"), httpx2.RemoteProtocolError("x")])
def test_a_broken_line_is_tried_again(error: Exception) -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        raise error

    with pytest.raises(ChannelBusy):
        _media(answer).download(ADDRESS)


@pytest.mark.parametrize("key", ["", "short", "!" * 43, "a" * 44])
def test_a_key_that_is_none(key: str) -> None:
    with pytest.raises(ChannelError):
        _media(_answering(200, content=_encrypted(PHOTO))).download(f"{key or '|'}|{ADDRESS}")
