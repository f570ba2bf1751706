"""WeCom's envelope: the platform's examples, wechatpy as a second opinion, and everything bad as a BadCallback."""

import base64
import json
import warnings
from typing import Any
from urllib.parse import parse_qsl

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given
from hypothesis import strategies as st
from wechatpy.work.crypto import WeChatCrypto

from bot.channels import BadCallback
from bot.channels.wecom.crypto import LARGEST_BYTES, WINDOW_SECONDS, WecomCrypto, signature
from bot.channels.wecom.xml import parse
from tests.bot.channels.wecom_vectors import VECTORS, crypto_cases, needs_vectors

NOW = 1_788_746_400.0
KEY = base64.b64encode(b"k" * 32).decode().rstrip("=")
OTHER_KEY = base64.b64encode(b"x" * 32).decode().rstrip("=")
WORDS = "<xml><Content>3号楼2单元🙂</Content></xml>".encode()
Query = dict[str, str]

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the SDK still asks websockets for its old interface
    from aibot.crypto_utils import decrypt_file


@pytest.fixture
def crypto() -> WecomCrypto:
    return WecomCrypto("token", KEY, "ww1")


def _query(encrypted: str, timestamp: str = str(int(NOW)), nonce: str = "n1", token: str = "token") -> Query:
    """What the platform would put into the address for this text."""
    signed = signature(token, timestamp, nonce, encrypted)
    return {"timestamp": timestamp, "nonce": nonce, "msg_signature": signed}


def _sealed(crypto: WecomCrypto, plain: bytes = WORDS) -> tuple[str, Query]:
    encrypted, signed, timestamp, nonce = crypto.seal(plain, NOW)
    return encrypted, {"timestamp": timestamp, "nonce": nonce, "msg_signature": signed}


def _aes(content: bytes, key: bytes = b"k" * 32) -> bytes:
    encryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return encryptor.update(content) + encryptor.finalize()


def _padded(content: bytes) -> bytes:
    size = 32 - len(content) % 32
    return content + bytes([size]) * size


def _refused(crypto: WecomCrypto, encrypted: str, query: Query, now: float = NOW) -> str:
    with pytest.raises(BadCallback) as caught:
        crypto.open(encrypted, query, now)
    return str(caught.value)


def _of(case: dict[str, Any], receive_id: str | None = None) -> WecomCrypto:
    return WecomCrypto(case["token"], case["encoding_aes_key"], receive_id or case["receive_id"])


def _query_of(case: dict[str, Any]) -> Query:
    return {"timestamp": case["timestamp"], "nonce": case["nonce"], "msg_signature": case["signature"]}


@needs_vectors
def test_the_examples_are_all_there() -> None:
    kinds = ("message_xml", "message_json", "verify_url", "encrypt_exact", "sha1_sorted", "bad_key")
    assert len(crypto_cases(*kinds)) == len(json.loads((VECTORS / "crypto" / "vectors.json").read_text("utf-8"))) == 16


@needs_vectors
@pytest.mark.parametrize("case", crypto_cases("message_xml", "message_json"))
def test_an_example_of_a_message(case: dict[str, Any]) -> None:
    plain = _of(case).open(case["encrypt"], _query_of(case), float(case["timestamp"]))
    expected = case["expect"]
    assert plain.decode() == expected.get("plaintext", plain.decode())
    if case["kind"] == "message_json":
        assert json.loads(case["body"])["encrypt"] == case["encrypt"]
        with pytest.raises(ValueError, match="Expecting value"):
            json.loads(plain)
    else:
        assert parse(case["body"].encode())["Encrypt"] == case["encrypt"]
        assert parse(plain).items() >= expected.get("fields", {}).items()


@needs_vectors
@pytest.mark.parametrize("case", crypto_cases("message_xml", "message_json", "verify_url"))
def test_an_example_opens_as_in_wechatpy(case: dict[str, Any]) -> None:
    theirs = WeChatCrypto(case["token"], case["encoding_aes_key"], case["receive_id"]).decrypt_message(
        {"Encrypt": case["encrypt"]}, case["signature"], case["timestamp"], case["nonce"]
    )
    assert _of(case).open(case["encrypt"], _query_of(case), float(case["timestamp"])).decode() == theirs


@needs_vectors
@pytest.mark.parametrize("case", crypto_cases("verify_url"))
def test_an_example_of_the_check_of_the_address(case: dict[str, Any]) -> None:
    query = dict(parse_qsl(case["query"])) if "query" in case else _query_of(case) | {"echostr": case["encrypt"]}
    now = float(case["timestamp"])
    assert _of(case).verify_echo(query, now).decode() == case["expect"]["plaintext"]
    with pytest.raises(BadCallback):
        _of(case).verify_echo(query | {"nonce": "437374424"}, now)


@needs_vectors
@pytest.mark.parametrize("case", crypto_cases("encrypt_exact"))
def test_an_example_is_encrypted_byte_for_byte(case: dict[str, Any]) -> None:
    encrypted = _of(case).encrypt(case["expect"]["plaintext"].encode(), case["random16"].encode())
    assert encrypted == case["encrypt"]
    if case["signature"]:
        assert signature(case["token"], case["timestamp"], case["nonce"], encrypted) == case["signature"]


@needs_vectors
@pytest.mark.parametrize("case", crypto_cases("sha1_sorted"))
def test_an_example_of_a_signature(case: dict[str, Any]) -> None:
    assert signature(*case["values"]) == case["signature"]


@needs_vectors
@pytest.mark.parametrize("case", crypto_cases("bad_key"))
def test_an_example_of_a_bad_key(case: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="aes_key"):
        WecomCrypto("token", case["encoding_aes_key"], "ww1")


@needs_vectors
@pytest.mark.parametrize("case", crypto_cases("message_xml", "message_json", "verify_url"))
def test_an_example_for_another_receiver_or_with_another_signature_is_refused(case: dict[str, Any]) -> None:
    now, query = float(case["timestamp"]), _query_of(case)
    assert "another receiver" in _refused(_of(case, "ww-somebody-else"), case["encrypt"], query, now)
    assert "wrong signature" in _refused(_of(case), case["encrypt"], query | {"msg_signature": "0" * 40}, now)
    assert "window" in _refused(_of(case), case["encrypt"], query)


@pytest.mark.parametrize("receive_id", ["ww1", ""])
@pytest.mark.parametrize("plain", [b"", b"a", WORDS, b"x" * 20_480])
def test_what_is_sealed_is_opened_by_us_and_by_wechatpy(receive_id: str, plain: bytes) -> None:
    crypto = WecomCrypto("token", KEY, receive_id)
    encrypted, query = _sealed(crypto, plain)
    assert crypto.open(encrypted, query, NOW) == plain
    theirs = WeChatCrypto("token", KEY, receive_id)
    sealed = {"Encrypt": encrypted}
    text = theirs.decrypt_message(sealed, query["msg_signature"], query["timestamp"], query["nonce"])
    assert text.encode() == plain


def test_a_robots_answer_takes_over_the_nonce(crypto: WecomCrypto) -> None:
    encrypted, signed, timestamp, nonce = crypto.seal(WORDS, NOW + 0.9, "of-the-callback")
    assert (timestamp, nonce) == (str(int(NOW)), "of-the-callback")
    assert signed == signature("token", timestamp, nonce, encrypted)


def test_the_same_words_are_never_sealed_the_same(crypto: WecomCrypto) -> None:
    (first, query), (second, other) = _sealed(crypto), _sealed(crypto)
    assert first[:20] != second[:20]
    assert query["nonce"] != other["nonce"]


@pytest.mark.parametrize("position", [0, 30, -5])
def test_a_changed_text_is_refused(crypto: WecomCrypto, position: int) -> None:
    encrypted, query = _sealed(crypto)
    letters = list(encrypted)
    letters[position] = "A" if letters[position] != "A" else "B"
    assert "wrong signature" in _refused(crypto, "".join(letters), query)


@pytest.mark.parametrize("missing", ["timestamp", "nonce", "msg_signature"])
def test_a_missing_parameter_is_named(crypto: WecomCrypto, missing: str) -> None:
    encrypted, query = _sealed(crypto)
    del query[missing]
    assert missing in _refused(crypto, encrypted, query)


def test_a_check_of_the_address_without_echo_is_refused(crypto: WecomCrypto) -> None:
    with pytest.raises(BadCallback, match="echostr"):
        crypto.verify_echo(_query(""), NOW)


@pytest.mark.parametrize("other", [WecomCrypto("x", KEY, "ww1"), WecomCrypto("token", OTHER_KEY, "ww1")])
def test_another_token_or_key_is_refused(crypto: WecomCrypto, other: WecomCrypto) -> None:
    assert _refused(other, *_sealed(crypto))


@pytest.mark.parametrize("receive_id", ["", "ww", "ww12", "WW1"])
def test_another_receiver_is_refused(crypto: WecomCrypto, receive_id: str) -> None:
    assert "another receiver" in _refused(WecomCrypto("token", KEY, receive_id), *_sealed(crypto))


@pytest.mark.parametrize("seconds", [-WINDOW_SECONDS, 0, WINDOW_SECONDS])
def test_clocks_may_differ_a_little(crypto: WecomCrypto, seconds: int) -> None:
    assert crypto.open(*_sealed(crypto), NOW + seconds) == WORDS


@pytest.mark.parametrize("seconds", [-WINDOW_SECONDS - 1, WINDOW_SECONDS + 1, 10**9])
def test_an_old_or_early_timestamp_is_refused(crypto: WecomCrypto, seconds: int) -> None:
    assert "outside the window" in _refused(crypto, *_sealed(crypto), NOW + seconds)


@pytest.mark.parametrize(
    "timestamp", ["", "soon", "1e9", "9" * 400, "-1", "nan", "１７８８７４６４００", " 1", "\ud83d"]
)
def test_any_other_timestamp_is_refused_also_when_signed(crypto: WecomCrypto, timestamp: str) -> None:
    encrypted, query = _sealed(crypto)
    if timestamp.isprintable():
        query = _query(encrypted, timestamp)
    assert _refused(crypto, encrypted, query | {"timestamp": timestamp})


@pytest.mark.parametrize("value", ["", "楼", "\ud83d", "\x00", "n" * LARGEST_BYTES, "0" * 40])
def test_any_other_nonce_or_signature_is_refused(crypto: WecomCrypto, value: str) -> None:
    encrypted, query = _sealed(crypto)
    assert _refused(crypto, encrypted, query | {"nonce": value})
    assert _refused(crypto, encrypted, query | {"msg_signature": value})


def test_ten_megabytes_are_refused(crypto: WecomCrypto) -> None:
    encrypted = "A" * 10_000_000
    assert "too large" in _refused(crypto, encrypted, _query(encrypted))


def _signed(content: bytes) -> tuple[str, Query]:
    encrypted = base64.b64encode(_aes(content)).decode()
    return encrypted, _query(encrypted)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        _padded(b""),
        _padded(b"r" * 16),
        _padded(b"r" * 16 + b"\x00\x00\x00\x05abcd"),
        _padded(b"r" * 16 + b"\xff\xff\xff\xffabcdww1"),
        b"r" * 16 + b"\x00\x00\x00\x04abcdww1".ljust(48, b"\x00"),
        b"r" * 16 + b"\x00\x00\x00\x04abcdww1".ljust(48, b"\x21"),
        b"r" * 16 + b"\x00\x00\x00\x04abcdww1".ljust(47, b"\x05") + b"\x25",
        b"\x10" * 16,
    ],
)
def test_rightly_signed_but_wrongly_built_is_refused(crypto: WecomCrypto, content: bytes) -> None:
    assert _refused(crypto, *_signed(content))


@pytest.mark.parametrize("text", ["", "=", "A", "AAAA", "楼道", "<xml>", "A" * 21, "====", "\x00"])
def test_rightly_signed_but_not_encrypted_is_refused(crypto: WecomCrypto, text: str) -> None:
    assert _refused(crypto, text, _query(text))


@given(st.binary(max_size=6).map(lambda junk: junk * 16))
def test_nothing_signed_makes_another_error(content: bytes) -> None:
    assert _refused(WecomCrypto("token", KEY, "ww1"), *_signed(content))


@given(st.text(max_size=60), st.text(max_size=20), st.text(max_size=20))
def test_nothing_unsigned_makes_another_error(encrypted: str, timestamp: str, nonce: str) -> None:
    query = {"timestamp": timestamp, "nonce": nonce, "msg_signature": "0" * 40}
    assert _refused(WecomCrypto("token", KEY, "ww1"), encrypted, query)


@pytest.mark.parametrize("key", [KEY, KEY + "="])
@pytest.mark.parametrize("size", [1, 16, 31, 32, 100_003])
def test_media_are_decrypted_as_in_tencents_own_sdk(key: str, size: int) -> None:
    photo = bytes(range(256)) * (size // 256) + b"p" * (size % 256)
    encrypted = _aes(_padded(photo))
    assert WecomCrypto.decrypt_media(encrypted, key) == photo == decrypt_file(encrypted, key)


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (b"", KEY),
        (b"<html></html>", KEY),
        (b"x" * 64, KEY),
        (_aes(_padded(b"photo")), OTHER_KEY),
        (_aes(_padded(b"photo"))[:-1], KEY),
        (_aes(_padded(b"photo")), ""),
        (_aes(_padded(b"photo")), "楼" * 43),
    ],
)
def test_other_media_are_refused(content: bytes, key: str) -> None:
    with pytest.raises(BadCallback):
        WecomCrypto.decrypt_media(content, key)
