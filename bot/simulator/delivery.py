"""Hands a person's message to the bot's callback as a platform does: signed, up to three times, same msgid."""

import base64
import json
import struct
import time
from dataclasses import dataclass
from typing import Any

import httpx2
from wechatpy.crypto import PrpCrypto
from wechatpy.exceptions import WeChatException

from bot.channels.envelope import Envelope
from bot.simulator.cast import Person
from bot.simulator.conversations import Delivery, Message

ATTEMPTS = 3
TIMEOUT_SECONDS = 5.0
PAUSE_SECONDS = 0.2
RECEIVER = "suishoupai"


class BadAnswer(Exception):
    """The bot's response is neither empty nor a sealed reply."""


@dataclass(frozen=True)
class Outcome:
    """What became of one callback; `reply` is the passive reply in the response."""

    delivery: Delivery
    attempts: int
    reply: str | None = None


class Callbacks:
    """The platform's side of the bot's callback address."""

    def __init__(
        self,
        bot_url: str,
        token: str,
        aes_key: str,
        *,
        timeout: float = TIMEOUT_SECONDS,
        pause: float = PAUSE_SECONDS,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        self.envelope = Envelope(token, aes_key, RECEIVER)
        self._cipher = PrpCrypto(base64.b64decode(aes_key + "="))
        self._pause = pause
        # A proxy named in the environment must not come between two servers on one machine.
        self._client = httpx2.Client(base_url=bot_url, timeout=timeout, transport=transport, trust_env=False)

    def close(self) -> None:
        self._client.close()

    def deliver(self, content: dict[str, Any]) -> Outcome:
        """Post until the bot answers; silence and 5xx are tried again, everything else is final."""
        for attempt in range(1, ATTEMPTS + 1):
            response = self._post(content)
            if response is not None and response.status_code < 500:
                return self._outcome(response, attempt)
            if attempt < ATTEMPTS:
                time.sleep(self._pause)
        return Outcome(Delivery.LOST, ATTEMPTS)

    def _post(self, content: dict[str, Any]) -> httpx2.Response | None:
        # Sealed anew each time: the signature's timestamp is the moment of sending, by the real clock.
        body, query = self.envelope.seal(content, time.time())
        headers = {"content-type": "application/json"}
        try:
            return self._client.post("/callback/console", content=body, params=query, headers=headers)
        except httpx2.TransportError:
            return None

    def _outcome(self, response: httpx2.Response, attempt: int) -> Outcome:
        if response.status_code != 200:
            return Outcome(Delivery.REFUSED, attempt)
        try:
            return Outcome(Delivery.TAKEN, attempt, self._opened(response.content))
        except BadAnswer:
            return Outcome(Delivery.REFUSED, attempt)

    def _opened(self, body: bytes) -> str | None:
        """The passive reply inside a response. A response carries no signature, the key alone seals it."""
        if not body.strip():
            return None
        try:
            text = json.loads(self._cipher.decrypt(json.loads(body)["encrypt"], RECEIVER))["reply"]["text"]
        except (WeChatException, ValueError, KeyError, TypeError, IndexError, struct.error) as error:
            raise BadAnswer(type(error).__name__) from error
        if not isinstance(text, str):
            raise BadAnswer("the reply is no text")
        return text


def spoken(message: Message, speaker: Person, group: str | None) -> dict[str, Any]:
    """The callback for something a person said."""
    content = _envelope_of(message.id, message.kind.value, message.sent_at, speaker, group)
    content |= {"text": message.text, "mentions_bot": message.mentions_bot}
    content["images"] = [message.photo] if message.photo else []
    if message.quote:
        quote = message.quote
        content["quote"] = {"msgid": quote.message_id, "from_bot": quote.from_bot, "text": quote.text}
    return content


def recalled(msgid: str, message: Message, speaker: Person, group: str | None, now: float) -> dict[str, Any]:
    """The callback for a message taken back."""
    return _envelope_of(msgid, "recall", now, speaker, group) | {"recall_msgid": message.id}


def _envelope_of(msgid: str, msgtype: str, moment: float, speaker: Person, group: str | None) -> dict[str, Any]:
    return {
        "msgid": msgid,
        "msgtype": msgtype,
        "chat": {"type": "group", "id": group} if group else {"type": "single", "id": speaker.id},
        "from": {"userid": speaker.id, "nick": speaker.nick},
        "create_time": int(moment),
    }
