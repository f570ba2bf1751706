"""What protects personal data: two key rings, the encrypted column types and the masking of text.

The open ring encrypts residents' words and contact data; the sealed ring belongs to discipline matters alone
and may be withheld from a process that has no business reading them.
"""

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from sqlalchemy import Dialect, LargeBinary
from sqlalchemy.types import TypeDecorator


class Ring(StrEnum):
    OPEN = "open"
    SEALED = "sealed"


class KeyMissing(RuntimeError):
    """No key of the ring can read or write this text; raised to the operator, never shown to a resident."""


_rings: dict[Ring, MultiFernet] = {}


def use_keys(ring: Ring, keys: Sequence[str]) -> None:
    """Install the keys of a ring, newest first: the first encrypts, all of them decrypt (rotation)."""
    _rings[ring] = MultiFernet([Fernet(key) for key in keys])


def forget_keys(ring: Ring) -> None:
    """Take a ring away from this process."""
    _rings.pop(ring, None)


def encrypt(ring: Ring, text: str) -> bytes:
    return encrypt_bytes(ring, text.encode("utf-8", "replace"))


def decrypt(ring: Ring, token: bytes) -> str:
    return decrypt_bytes(ring, token).decode()


def encrypt_bytes(ring: Ring, content: bytes) -> bytes:
    return _keys(ring).encrypt(content)


def decrypt_bytes(ring: Ring, token: bytes) -> bytes:
    try:
        return _keys(ring).decrypt(token)
    except InvalidToken as error:
        raise KeyMissing(f"no key of the {ring} ring decrypts this value: was a key dropped too early?") from error


def _keys(ring: Ring) -> MultiFernet:
    try:
        return _rings[ring]
    except KeyError:
        raise KeyMissing(f"the keys of the {ring} ring are not set in this process") from None


class EncryptedText(TypeDecorator[str]):
    """Text that lies encrypted in the database; it cannot be searched, which is why a masked copy may exist."""

    impl = LargeBinary
    cache_ok = True
    ring = Ring.OPEN

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        return None if value is None else encrypt(self.ring, value)

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else decrypt(self.ring, bytes(value))


class SealedText(EncryptedText):
    """Text of a discipline matter, under its own key (decision 7)."""

    cache_ok = True
    ring = Ring.SEALED


_NARROW = str.maketrans("０１２３４５６７８９", "0123456789")
# What follows a number that is an amount or a year, and no room.
_AMOUNT = "(?![\\d-]|元|块|米|个|人|年|天|次|分)"
# The order matters: an identity card number contains what looks like a phone number.
_MASKS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?<!\d)\d{6}[- ]?(?:19|20)\d{2}[01]\d[0-3]\d[- ]?\d{3}[\dXx](?!\d)|(?<!\d)\d{17}[Xx]"), "[证件号]"),
    (re.compile(r"(?<!\d)[1-9]\d{7}[01]\d[0-3]\d{4}(?!\d)"), "[证件号]"),
    (re.compile(r"(?<!\d)(?:\d{16,19}|[3-69]\d{3}(?:[- ]\d{4}){3}(?:[- ]\d{1,3})?)(?!\d)"), "[卡号]"),
    (re.compile(r"(?<!\d)(?:(?:\+|00)?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?!\d)"), "[电话]"),
    (re.compile(r"(?<!\d)[(（]?0\d{2,3}[)）]?[- ]?\d{7,8}(?!\d)"), "[电话]"),
    (
        re.compile(
            r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼] ?[A-Z][ ·•.-]?(?=[A-Z]{0,5}\d)"
            r"(?:[A-HJ-NP-Z0-9]{5,6}|[A-HJ-NP-Z0-9]{4}[警学挂港澳领使])",
            re.IGNORECASE,
        ),
        "[车牌]",
    ),
    (re.compile(r"(?<![\d-])(\d{1,2}-\d{1,2}-)\d{3,4}(?!\d)"), r"\1[室]"),
    (re.compile(r"(?<![\d:：-])(\d{1,2}[#-])\d{3,4}" + _AMOUNT), r"\1[室]"),
    (re.compile(r"(?<!\d)\d{3,4}(?= ?(?:室|房|住户|号房))"), "[室]"),
    (re.compile(r"((?:单元|栋|幢|座|楼|层|\d门)[ -]?)\d{3,4}" + _AMOUNT), r"\1[室]"),
)


def masked(text: str) -> str:
    """The text without phone, identity card, bank card and plate numbers and without room numbers."""
    text = text.translate(_NARROW)
    for pattern, substitute in _MASKS:
        text = pattern.sub(substitute, text)
    return text
