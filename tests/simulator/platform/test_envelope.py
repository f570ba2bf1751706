"""The platform's own cipher against published examples and against wechatpy, both ways."""

import json
from pathlib import Path
from typing import Any

import pytest
from wechatpy.work.crypto import PrpCrypto

from bot.simulator.platform.callback_xml import read, write
from bot.simulator.platform.envelope import BadSeal, decrypt, encrypt, sealed_query, signature
from tests.simulator.platform.keys import AES_KEY, ROBOT_KEY, decoded

VECTORS = Path(__file__).parents[4] / "shared" / "wechat" / "vectors" / "crypto" / "vectors.json"
needs_vectors = pytest.mark.skipif(not VECTORS.exists(), reason="the shared test material is not on this machine")


def sealed_cases() -> list[dict[str, Any]]:
    """The published cases with a whole WeCom envelope in them."""
    if not VECTORS.exists():
        return []
    content = json.loads(VECTORS.read_text("utf-8"))
    cases = content if isinstance(content, list) else content["cases"]
    whole = [case for case in cases if case.get("encrypt") and case.get("signature") and case.get("encoding_aes_key")]
    return [case for case in whole if not str(case["id"]).startswith("mp_")]


@needs_vectors
@pytest.mark.parametrize("case", sealed_cases(), ids=lambda case: str(case["id"]))
def test_published_envelopes_open(case: dict[str, Any]) -> None:
    signed = signature(case["token"], str(case["timestamp"]), str(case["nonce"]), case["encrypt"])
    assert signed == case["signature"]
    try:
        content = decrypt(case["encrypt"], case["encoding_aes_key"], case["receive_id"])
    except BadSeal:
        assert "malformed" in case["id"] or "refused" in json.dumps(case)
    else:
        assert len(content) > 0


@pytest.mark.parametrize("length", [0, 1, 11, 12, 13, 31, 32, 33, 5000])
def test_wechatpy_opens_ours_and_we_open_its(length: int) -> None:
    content = ("汉" * length)[:length]
    theirs = PrpCrypto(decoded(AES_KEY))
    assert theirs.decrypt(encrypt(content.encode(), AES_KEY, "wwsample"), "wwsample") == content
    assert decrypt(theirs.encrypt(content, "wwsample").decode(), AES_KEY, "wwsample") == content.encode()


@pytest.mark.parametrize("encrypted", ["", "x", "AAAA", encrypt(b"content", ROBOT_KEY, "wwsample")], ids=str.__len__)
def test_what_is_not_sealed_with_our_key(encrypted: str) -> None:
    with pytest.raises(BadSeal):
        decrypt(encrypted, AES_KEY, "wwsample")


def test_another_receiver() -> None:
    with pytest.raises(BadSeal):
        decrypt(encrypt(b"content", AES_KEY, "another"), AES_KEY, "wwsample")


def test_every_callback_has_a_nonce_of_its_own() -> None:
    assert len({sealed_query("token", "x", 1.0)["nonce"] for _ in range(20)}) == 20


@pytest.mark.parametrize("words", ["电梯停了", "a]]>b<c>&", "<xml>", "  "])
def test_words_cannot_leave_their_element(words: str) -> None:
    assert read(write({"Content": words, "Items": {"Item": ["1", "2"]}}).encode()) == {
        "Content": words,
        "Items": {"Item": ["1", "2"]},
    }


@pytest.mark.parametrize("body", [b"", b"<html></html>", b"<xml>", b"{}"])
def test_answers_that_are_no_xml(body: bytes) -> None:
    with pytest.raises(ValueError, match="answer"):
        read(body)
