"""The platform's half of the callback encryption, written from its description and on purpose not shared with the bot.

AES-256-CBC under base64(key + "="), the first 16 bytes of the key as IV; inside: 16 random bytes, the length of the
content in 4 bytes, the content, the receiver; padded to whole blocks of 32 bytes.
"""

import base64
import hashlib
import secrets
import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK = 32


class BadSeal(Exception):
    """What came back is not sealed with our key and token."""


def new_key() -> str:
    """43 letters that stand for 32 random bytes."""
    return base64.b64encode(secrets.token_bytes(32)).decode().rstrip("=")


def encrypt_file(content: bytes, aes_key: str) -> bytes:
    """A file as it lies behind a link in a robot callback."""
    padding = BLOCK - len(content) % BLOCK
    encryptor = _cipher(aes_key).encryptor()
    return encryptor.update(content + bytes([padding]) * padding) + encryptor.finalize()


def encrypt(content: bytes, aes_key: str, receiver: str) -> str:
    """The value of `Encrypt`."""
    plain = secrets.token_bytes(16) + struct.pack("!I", len(content)) + content + receiver.encode()
    return base64.b64encode(encrypt_file(plain, aes_key)).decode()


def decrypt(encrypted: str, aes_key: str, receiver: str) -> bytes:
    """The content of an answer of the bot; raises BadSeal."""
    try:
        decryptor = _cipher(aes_key).decryptor()
        padded = decryptor.update(base64.b64decode(encrypted, validate=True)) + decryptor.finalize()
    except ValueError as error:
        raise BadSeal("not encrypted") from error
    padding = padded[-1] if padded else 0
    if not 1 <= padding <= BLOCK or padded[-padding:] != bytes([padding]) * padding:
        raise BadSeal("wrong padding")
    plain = padded[:-padding]
    if len(plain) < 20:
        raise BadSeal("too short")
    end = 20 + struct.unpack("!I", plain[16:20])[0]
    if plain[end:].decode(errors="replace") != receiver or end > len(plain):
        raise BadSeal("wrong receiver or length")
    return plain[20:end]


def signature(token: str, timestamp: str, nonce: str, encrypted: str) -> str:
    parts = sorted([token, timestamp, nonce, encrypted])
    return hashlib.sha1("".join(parts).encode(), usedforsecurity=False).hexdigest()


def sealed_query(token: str, encrypted: str, now: float) -> dict[str, str]:
    """The three values in the address of a callback."""
    timestamp, nonce = str(int(now)), str(secrets.randbelow(10**10))
    signed = signature(token, timestamp, nonce, encrypted)
    return {"msg_signature": signed, "timestamp": timestamp, "nonce": nonce}


def _cipher(aes_key: str) -> Cipher[modes.CBC]:
    key = base64.b64decode(aes_key + "=" * (-len(aes_key) % 4))
    return Cipher(algorithms.AES(key), modes.CBC(key[:16]))
