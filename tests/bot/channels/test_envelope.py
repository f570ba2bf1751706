"""The console's envelope: what we seal wechatpy opens and the other way round; anything else is a BadCallback."""

import base64
import json

import pytest
from wechatpy.crypto import WeChatCrypto
from wechatpy.exceptions import InvalidSignatureException

from bot.channels import BadCallback
from bot.channels.envelope import WINDOW_SECONDS, Envelope
from tests.bot.channels.sealing import KEY, TOKEN, Sealed, sealed_text

NOW = 1_788_746_400.0
OTHER_KEY = base64.b64encode(b"x" * 32).decode().rstrip("=")
WORDS = {"text": "3号楼2单元🙂", "n": 1}


@pytest.fixture
def envelope() -> Envelope:
    return Envelope(TOKEN, KEY)


@pytest.fixture
def sealed(envelope: Envelope) -> Sealed:
    return envelope.seal(WORDS, NOW)


def _refused(envelope: Envelope, body: bytes, query: dict[str, str], now: float = NOW) -> str:
    with pytest.raises(BadCallback) as caught:
        envelope.open(body, query, now)
    return str(caught.value)


def test_what_is_sealed_is_opened(envelope: Envelope, sealed: Sealed) -> None:
    assert envelope.open(*sealed, NOW) == WORDS


def test_wechatpy_opens_what_we_seal(sealed: Sealed) -> None:
    body, query = sealed
    crypto = WeChatCrypto(TOKEN, KEY, "suishoupai")
    message = {"Encrypt": json.loads(body)["encrypt"]}
    text = crypto.decrypt_message(message, query["msg_signature"], query["timestamp"], query["nonce"])
    assert json.loads(text) == WORDS


def test_we_open_what_wechatpy_seals(envelope: Envelope) -> None:
    assert envelope.open(*sealed_text(json.dumps(WORDS), NOW), NOW) == WORDS


def test_wechatpy_refuses_what_was_changed(sealed: Sealed) -> None:
    body, query = sealed
    message = {"Encrypt": json.loads(body)["encrypt"]}
    with pytest.raises(InvalidSignatureException):
        WeChatCrypto(TOKEN, KEY, "x").decrypt_message(message, "0" * 40, query["timestamp"], query["nonce"])


def test_the_same_content_is_never_sealed_the_same(envelope: Envelope) -> None:
    (first, query), (second, other) = envelope.seal(WORDS, NOW), envelope.seal(WORDS, NOW)
    assert first != second
    assert query["nonce"] != other["nonce"]


@pytest.mark.parametrize("changed", ["timestamp", "nonce", "msg_signature"])
def test_a_changed_query_is_refused(envelope: Envelope, sealed: Sealed, changed: str) -> None:
    body, query = sealed
    value = str(int(NOW) + 1) if changed == "timestamp" else "0" * 40
    assert "wrong signature" in _refused(envelope, body, query | {changed: value})


@pytest.mark.parametrize("position", [0, 30, -5])
def test_a_changed_body_is_refused(envelope: Envelope, sealed: Sealed, position: int) -> None:
    body, query = sealed
    text = list(json.loads(body)["encrypt"])
    text[position] = "A" if text[position] != "A" else "B"
    assert "wrong signature" in _refused(envelope, json.dumps({"encrypt": "".join(text)}).encode(), query)


@pytest.mark.parametrize("missing", ["timestamp", "nonce", "msg_signature"])
def test_a_missing_parameter_is_refused(envelope: Envelope, sealed: Sealed, missing: str) -> None:
    body, query = sealed
    del query[missing]
    assert "malformed" in _refused(envelope, body, query)


@pytest.mark.parametrize("seconds", [-WINDOW_SECONDS - 1, WINDOW_SECONDS + 1, 10**9])
def test_an_old_or_early_timestamp_is_refused(envelope: Envelope, sealed: Sealed, seconds: int) -> None:
    assert "outside the window" in _refused(envelope, *sealed, NOW + seconds)


@pytest.mark.parametrize("seconds", [-WINDOW_SECONDS, WINDOW_SECONDS])
def test_clocks_may_differ_a_little(envelope: Envelope, sealed: Sealed, seconds: int) -> None:
    assert envelope.open(*sealed, NOW + seconds) == WORDS


@pytest.mark.parametrize("other", [Envelope("another", KEY), Envelope(TOKEN, OTHER_KEY), Envelope(TOKEN, KEY, "them")])
def test_another_token_key_or_receiver_is_refused(sealed: Sealed, other: Envelope) -> None:
    assert _refused(other, *sealed)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"encrypt"',
        b"{}",
        b'{"encrypt": null}',
        b'{"encrypt": 5}',
        b'{"encrypt": []}',
        b'{"encrypt": {"a": 1}}',
        b'{"encrypt": ""}',
        b'{"encrypt": "\xe6\xa5\xbc"}',
        b'{"encrypt": "\\ud83d"}',
        b"\xff\xfe\x00",
        b"<xml></xml>",
        b"[" * 100_000,
        b'{"encrypt":' * 50_000,
        b'{"encrypt": ' + b"9" * 5_000 + b"}",
    ],
    ids=lambda body: body[:20],
)
def test_any_other_body_is_refused(envelope: Envelope, sealed: Sealed, body: bytes) -> None:
    assert _refused(envelope, body, sealed[1])


@pytest.mark.parametrize("timestamp", ["", "soon", "1e9", "9" * 30, "9" * 5_000, "\ud83d", "-1", "nan"])
def test_any_other_timestamp_is_refused(envelope: Envelope, sealed: Sealed, timestamp: str) -> None:
    assert _refused(envelope, sealed[0], sealed[1] | {"timestamp": timestamp})


@pytest.mark.parametrize("nonce", ["", "楼", "\ud83d", "\x00", "n" * 100_000])
def test_any_other_nonce_or_signature_is_refused(envelope: Envelope, sealed: Sealed, nonce: str) -> None:
    assert _refused(envelope, sealed[0], sealed[1] | {"nonce": nonce})
    assert _refused(envelope, sealed[0], sealed[1] | {"msg_signature": nonce})


@pytest.mark.parametrize("text", ["", "no json", "[1]", "5", "null", '"x"', "[" * 100_000, '{"a": NaN'])
def test_rightly_signed_but_no_object_is_refused(envelope: Envelope, text: str) -> None:
    assert _refused(envelope, *sealed_text(text, NOW))
