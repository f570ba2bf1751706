"""WeCom's envelope: the signature over a callback, and AES around its content and around a robot's media."""

import binascii
import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from bot.channels import BadCallback

WINDOW_SECONDS = 600
LARGEST_BYTES = 1_000_000
KEY = re.compile("[A-Za-z0-9+/]{43}")
TIMESTAMP = re.compile("[0-9]{1,12}")
PREFIX_BYTES, LENGTH_BYTES = 16, 4
# The platform pads to 32 bytes, twice the block of AES.
BLOCK = 32
PADDINGS = [bytes([size]) * size for size in range(BLOCK + 1)]


class WecomCrypto:
    """Opens and seals what one callback address exchanges with the platform.

    `receive_id` is the corporation's id for an app and empty for a robot.
    """

    def __init__(self, token: str, aes_key: str, receive_id: str) -> None:
        self._token = token
        self._receive_id = receive_id.encode()
        self._cipher = _cipher(_key(aes_key))

    def verify_echo(self, query: Mapping[str, str], now: float) -> bytes:
        """What the check of the address must be answered with."""
        if "echostr" not in query:
            raise BadCallback("no echostr")
        return self.open(query["echostr"], query, now)

    def open(self, encrypted: str, query: Mapping[str, str], now: float) -> bytes:
        """The content of an envelope; raises BadCallback for every kind of bad one.

        The same envelope may come twice, because the platform repeats what it thinks lost; whoever takes the message
        knows it again by its id.
        """
        self._check(encrypted, query, now)
        try:
            decryptor = self._cipher.decryptor()
            plain = decryptor.update(binascii.a2b_base64(encrypted)) + decryptor.finalize()
        except ValueError as error:
            raise BadCallback("the envelope is not whole") from error
        end = len(plain) - _padding(plain)
        start = PREFIX_BYTES + LENGTH_BYTES
        stop = start + int.from_bytes(plain[PREFIX_BYTES:start], "big")
        if stop > end:
            raise BadCallback("the envelope is shorter than it says")
        if not hmac.compare_digest(plain[stop:end], self._receive_id):
            raise BadCallback("the envelope is meant for another receiver")
        return plain[start:stop]

    def seal(self, plain: bytes, now: float, nonce: str | None = None) -> tuple[str, str, str, str]:
        """Encrypted text, signature, timestamp and nonce; a robot's answer takes over the nonce of the callback."""
        nonce = secrets.token_hex(8) if nonce is None else nonce
        timestamp = str(int(now))
        encrypted = self.encrypt(plain, secrets.token_urlsafe(12).encode())
        return encrypted, signature(self._token, timestamp, nonce, encrypted), timestamp, nonce

    def encrypt(self, plain: bytes, prefix: bytes) -> str:
        """The text of an envelope behind 16 bytes of `prefix`, which must never be the same twice."""
        content = prefix + len(plain).to_bytes(LENGTH_BYTES, "big") + plain + self._receive_id
        content += PADDINGS[BLOCK - len(content) % BLOCK]
        encryptor = self._cipher.encryptor()
        return binascii.b2a_base64(encryptor.update(content) + encryptor.finalize(), newline=False).decode()

    @staticmethod
    def decrypt_media(content: bytes, aes_key: str) -> bytes:
        """The bytes of a robot's photo or file; `aes_key` is the address's own or the one that came with the link."""
        try:
            decryptor = _cipher(_key(aes_key.rstrip("="))).decryptor()
            plain = decryptor.update(content) + decryptor.finalize()
        except ValueError as error:
            raise BadCallback("the media are not encrypted as they should be") from error
        return plain[: len(plain) - _padding(plain)]

    def _check(self, encrypted: str, query: Mapping[str, str], now: float) -> None:
        """Signature first: only who knows the token learns what else is wrong."""
        try:
            timestamp, nonce, given = query["timestamp"], query["nonce"], query["msg_signature"]
        except KeyError as error:
            raise BadCallback(f"no {error.args[0]}") from error
        if len(encrypted) + len(nonce) > LARGEST_BYTES:
            raise BadCallback("the envelope is too large")
        try:
            right = hmac.compare_digest(signature(self._token, timestamp, nonce, encrypted).encode(), given.encode())
        except UnicodeEncodeError as error:
            raise BadCallback("half a character in the envelope") from error
        if not right:
            raise BadCallback("wrong signature")
        if not TIMESTAMP.fullmatch(timestamp) or abs(now - int(timestamp)) > WINDOW_SECONDS:
            raise BadCallback("timestamp outside the window: a replay, or a wrong clock on one side")


def signature(*values: str) -> str:
    """The platform's signature: SHA-1 over the sorted values."""
    return hashlib.sha1("".join(sorted(values)).encode(), usedforsecurity=False).hexdigest()


def _key(aes_key: str) -> bytes:
    """The 32 bytes of a key as the platform shows it."""
    if not KEY.fullmatch(aes_key):
        raise ValueError("aes_key: must be 43 letters, digits, + or /")
    return binascii.a2b_base64(aes_key + "=")


def _cipher(key: bytes) -> Cipher[modes.CBC]:
    return Cipher(algorithms.AES(key), modes.CBC(key[:PREFIX_BYTES]))


def _padding(plain: bytes) -> int:
    """How many bytes at the end are padding; every one of them is looked at."""
    size = plain[-1] if plain else 0
    if not 0 < size <= BLOCK or not plain.endswith(PADDINGS[size]):
        raise BadCallback("wrong padding")
    return size
