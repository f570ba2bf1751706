"""Envelopes as a platform seals them: right token, right key, any content, also such as ours never write."""

import base64
import json
import re

from wechatpy.crypto import WeChatCrypto

TOKEN = "token-of-the-test"
KEY = base64.b64encode(b"k" * 32).decode().rstrip("=")
Sealed = tuple[bytes, dict[str, str]]


def sealed_text(text: str, now: float, token: str = TOKEN, key: str = KEY) -> Sealed:
    """Body and query around any text, made by wechatpy alone."""
    xml = WeChatCrypto(token, key, "suishoupai").encrypt_message(text, "nonce", str(int(now)))
    parts = dict(re.findall(r"<(Encrypt|MsgSignature)><!\[CDATA\[(.*?)\]\]>", xml))
    query = {"timestamp": str(int(now)), "nonce": "nonce", "msg_signature": parts["MsgSignature"]}
    return json.dumps({"encrypt": parts["Encrypt"]}).encode(), query
