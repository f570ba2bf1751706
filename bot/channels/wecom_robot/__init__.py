"""The intelligent robot of WeCom: told by callback or over a long connection, answers there, pushes where it may.

By callback it only ever answers: at once, or once more within an hour. Over the long connection it may also speak
first, to whoever has spoken to it before.
"""

import datetime as dt
import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

import httpx2
import structlog

from bot.channels import (
    BadCallback,
    ChannelBusy,
    ChannelError,
    ChannelMisconfigured,
    ChannelUnsure,
    Limit,
    NotAsked,
    Outgoing,
    Receipt,
    Receive,
    Received,
    RecipientGone,
)
from bot.channels.wecom.client import API_URL
from bot.channels.wecom.crypto import WecomCrypto
from bot.channels.wecom.requests import Call, WecomRequests
from bot.channels.wecom_robot.answers import LONGEST_PLAIN_BYTES, Cards, stream
from bot.channels.wecom_robot.frames import FrameHandler, GiveBack
from bot.channels.wecom_robot.long_connection import LongConnection
from bot.channels.wecom_robot.media import RobotMedia
from bot.channels.wecom_robot.messages import CHANNEL, read
from bot.channels.wecom_robot.reply_tickets import TicketStore
from handlers.message import Reach
from handlers.notices import conversation_key

log = structlog.get_logger("wecom_robot")

RESPONSE_PATH = "/cgi-bin/aibot/response?"
# A ticket that the platform refuses was used or is too old; more than a few in a row mean something else.
MOST_TICKETS = 3


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


class WecomRobot:
    """One robot. With `connection` it uses the long connection, which the platform offers instead of the callback.

    `give_back` is for answers that the long connection did not take.
    """

    name = CHANNEL
    checks_duplicates = False
    """The platform takes no key with an answer or a push, so a second send would be read twice."""
    longest_text_bytes = LONGEST_PLAIN_BYTES
    limits: tuple[Limit, ...] = (Limit(30, 60), Limit(1000, 3600))
    """Of one chat, answers and pushes together."""

    def __init__(
        self,
        tickets: TicketStore,
        *,
        token: str = "",
        aes_key: str = "",
        api_url: str = API_URL,
        robot_url: str = "",
        connection: LongConnection | None = None,
        give_back: GiveBack = lambda _: False,
        transport: httpx2.BaseTransport | None = None,
        clock: Callable[[], dt.datetime] = _now,
    ) -> None:
        self._tickets = tickets
        self._crypto = WecomCrypto(token, aes_key, "") if token and aes_key else None
        self._response_address = api_url.rstrip("/") + RESPONSE_PATH
        self._requests = WecomRequests(api_url, transport)
        self._media = RobotMedia(aes_key, filter(None, (api_url, robot_url)), transport)
        self._clock = clock
        self._cards = Cards()
        self._connection = connection
        self._frames = FrameHandler(connection, self._cards, clock, give_back) if connection else None

    @property
    def can_send_now(self) -> bool:
        """Whether this process may hand messages over: over the long connection only the one that holds it."""
        return self._connection is None or self._connection.ready

    @property
    def problem(self) -> str:
        """Why nothing can be sent now, for people; empty while all is well."""
        return "" if self._connection is None or self._connection.ready else str(self._connection.problem)

    def reach(self, account: str) -> Reach:
        """By callback a private answer may still be allowed, but nobody can promise it."""
        return Reach.AFTER_SPEAKING if self._connection else Reach.GROUP_ONLY

    def start(self, receive: Receive) -> None:
        """Begin to take messages in; by callback they come through `open` and nothing begins."""
        if self._frames is not None:
            self._frames.start(receive)

    def verify(self, query: Mapping[str, str]) -> bytes:
        return self._callback_crypto().verify_echo(query, self._clock().timestamp())

    def open(self, body: bytes, query: Mapping[str, str]) -> Received:
        now = self._clock()
        plain = self._callback_crypto().open(_encrypted(body), query, now.timestamp())
        callback = read(_json(plain), now)
        if callback.message is not None and callback.response_url.startswith(self._response_address):
            conversation = conversation_key(CHANNEL, callback.group, callback.message.sender)
            self._tickets.add(conversation, callback.response_url)

        def respond(answer: str | None) -> bytes:
            content = self._cards.at_once(callback)
            if answer and callback.message and not callback.clicked:
                content = stream(callback.message.platform_id, answer)
            return b"" if content is None else self._sealed(content, query["nonce"])

        return Received(callback.message, respond, passive=not callback.clicked)

    def send(self, outgoing: Outgoing) -> Receipt:
        """Push over the long connection, else answer with a ticket; raises NotAsked when there is none."""
        if self._frames is not None:
            self._frames.push(outgoing)
        else:
            self._answer_later(outgoing)
        return Receipt()

    def download(self, reference: str) -> bytes:
        return self._media.download(reference)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._requests.close()
        self._media.close()

    def _callback_crypto(self) -> WecomCrypto:
        if self._crypto is None:
            raise BadCallback("this robot has no callback")
        return self._crypto

    def _sealed(self, content: dict[str, Any], nonce: str) -> bytes:
        plain = json.dumps(content, ensure_ascii=False).encode("utf-8", "replace")
        crypto, now = self._callback_crypto(), self._clock().timestamp()
        encrypted, signature, timestamp, nonce = crypto.seal(plain, now, nonce)
        return json.dumps(
            {"encrypt": encrypted, "msgsignature": signature, "timestamp": int(timestamp), "nonce": nonce}
        ).encode()

    def _answer_later(self, outgoing: Outgoing) -> None:
        conversation = conversation_key(CHANNEL, outgoing.group, outgoing.account)
        content = json.dumps(self._cards.message(outgoing), ensure_ascii=False).encode("utf-8", "replace")
        reason: type[ChannelError] = NotAsked
        for _attempt in range(MOST_TICKETS):
            ticket = self._tickets.take(conversation)
            if ticket is None:
                break
            try:
                return self._answer_with(ticket.address, content)
            except (ChannelBusy, ChannelMisconfigured):
                self._tickets.give_back(ticket)
                raise
            except (ChannelUnsure, RecipientGone):
                raise
            except ChannelError as error:
                log.warning("ticket refused, trying another", reason=str(error))
                reason = RecipientGone
        raise reason("回调方式下机器人不能主动发言：对方一小时内没有对它说过话，或回复机会已用完")

    def _answer_with(self, address: str, content: bytes) -> None:
        """The code in the address is as good as a password, so it travels among the secrets."""
        secrets = dict(parse_qsl(address.removeprefix(self._response_address)))
        self._requests.result(Call("POST", "aibot/response", visible=True, content=content), secrets)


def _encrypted(body: bytes) -> str:
    """The envelope's only field."""
    envelope = _json(body)
    encrypted = envelope.get("encrypt") if isinstance(envelope, dict) else None
    if not isinstance(encrypted, str):
        raise BadCallback("no envelope")
    return encrypted


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise BadCallback(f"no JSON ({type(error).__name__})") from error
