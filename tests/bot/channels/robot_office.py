"""What tests of the robot channel share: a robot with a callback, and callbacks sealed by wechatpy alone."""

import json
import re
from typing import Any

import httpx2
from wechatpy.crypto import WeChatCrypto

from bot.channels import Received
from bot.channels.wecom_robot import WecomRobot
from bot.channels.wecom_robot.reply_tickets import TicketStore
from data.database import Database
from tests.bot.channels.sealing import KEY, TOKEN
from tests.talking import MONDAY

API = "https://qyapi.weixin.qq.com"
NONCE = "nonce-of-the-callback"
STAMP = str(int(MONDAY.timestamp()))


def robot_on(database: Database, transport: httpx2.BaseTransport | None = None, **more: Any) -> WecomRobot:
    """A robot at ten o'clock on Monday; by default with a callback."""
    tickets = TicketStore(database, "wecom_robot", lambda: MONDAY)
    options = {"token": TOKEN, "aes_key": KEY, "transport": transport, "clock": lambda: MONDAY}
    return WecomRobot(tickets, **(options | more))


def sealed(content: Any, nonce: str = NONCE) -> tuple[bytes, dict[str, str]]:
    """Body and query of a callback; a robot's envelope names no receiver."""
    text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    xml = WeChatCrypto(TOKEN, KEY, "").encrypt_message(text, nonce, STAMP)
    parts = dict(re.findall(r"<(Encrypt|MsgSignature)><!\[CDATA\[(.*?)\]\]>", xml))
    query = {"timestamp": STAMP, "nonce": nonce, "msg_signature": parts["MsgSignature"]}
    return json.dumps({"encrypt": parts["Encrypt"]}).encode(), query


def opened(robot: WecomRobot, content: Any) -> Received:
    return robot.open(*sealed(content))


def unsealed(body: bytes) -> Any:
    """What an answer says, read by wechatpy alone."""
    answer = json.loads(body)
    assert answer["nonce"] == NONCE
    assert isinstance(answer["timestamp"], int)
    text = WeChatCrypto(TOKEN, KEY, "").decrypt_message(
        {"Encrypt": answer["encrypt"]}, answer["msgsignature"], str(answer["timestamp"]), answer["nonce"]
    )
    return json.loads(text)
