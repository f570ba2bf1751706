"""The signed and encrypted JSON envelope of the console channel, the same scheme as WeCom's callbacks."""

import base64
import binascii
import json
import secrets
import struct
from collections.abc import Mapping
from typing import Any

from wechatpy.crypto import PrpCrypto, WeChatCrypto
from wechatpy.exceptions import WeChatException
from wechatpy.utils import WeChatSigner

from bot.channels import BadCallback

WINDOW_SECONDS = 600


class Envelope:
    """Seals and opens JSON objects under a token and a 43-character AES key."""

    def __init__(self, token: str, aes_key: str, receiver: str = "suishoupai") -> None:
        self._token = token
        self._receiver = receiver
        self._cipher = PrpCrypto(base64.b64decode(aes_key + "="))
        self._crypto = WeChatCrypto(token, aes_key, receiver)

    def seal(self, content: Mapping[str, Any], now: float) -> tuple[bytes, dict[str, str]]:
        """The body and the query parameters that carry `content`."""
        text = json.dumps(content, ensure_ascii=False)
        encrypted = self._cipher.encrypt(text, self._receiver).decode()
        query = {"timestamp": str(int(now)), "nonce": secrets.token_hex(8)}
        signer = WeChatSigner()
        signer.add_data(self._token, query["timestamp"], query["nonce"], encrypted)
        return json.dumps({"encrypt": encrypted}).encode(), {**query, "msg_signature": signer.signature}

    def open(self, body: bytes, query: Mapping[str, str], now: float) -> dict[str, Any]:
        """The JSON object inside; raises BadCallback for every kind of bad envelope."""
        try:
            timestamp, nonce = query["timestamp"], query["nonce"]
            if abs(now - int(timestamp)) > WINDOW_SECONDS:
                raise BadCallback("timestamp outside the window: a replay, or a wrong clock on one side")
            message = {"Encrypt": json.loads(body)["encrypt"]}
            text = self._crypto.decrypt_message(message, query["msg_signature"], timestamp, nonce)
            content = json.loads(text)
        except WeChatException as error:
            raise BadCallback("wrong signature or receiver") from error
        except (KeyError, TypeError, ValueError, IndexError, RecursionError, struct.error, binascii.Error) as error:
            raise BadCallback(f"malformed envelope ({type(error).__name__})") from error
        if not isinstance(content, dict):
            raise BadCallback("the envelope holds no object")
        return content
