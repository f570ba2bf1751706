"""The console channel: JSON over HTTP to the simulator's chat page; for demo, tests and trying things out."""

import datetime as dt
import time
from collections.abc import Mapping
from typing import Annotated, Any, Self

import httpx2
from pydantic import BaseModel, BeforeValidator, Field, ValidationError, model_validator

from bot.channels import (
    BadCallback,
    ChannelBusy,
    ChannelError,
    ChannelUnsure,
    Limit,
    MediaGone,
    Outgoing,
    Receipt,
    Receive,
    Received,
)
from bot.channels.envelope import Envelope
from bot.channels.mentions import without_mentions
from handlers.message import IncomingMessage, Kind, Reach

TIMEOUT_SECONDS = 5.0
LARGEST_PHOTO_BYTES = 20_000_000
KINDS = {kind.value: kind for kind in Kind} | {"mixed": Kind.TEXT}


def _whole(value: Any) -> Any:
    """Half a character, as a cut-off emoji leaves it, must not cost the whole message."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


Words = Annotated[str, BeforeValidator(_whole)]


class _From(BaseModel):
    userid: str = Field(min_length=1, max_length=128)
    nick: Words = ""


class _Chat(BaseModel):
    type: str = Field(pattern="^(group|single)$")
    id: str = Field(default="", max_length=128)

    @model_validator(mode="after")
    def _a_group_has_an_id(self) -> Self:
        if self.type == "group" and not self.id:
            raise ValueError("a group without an id")
        return self


class _Quote(BaseModel):
    msgid: str | None = Field(default=None, max_length=128)
    from_bot: bool = False
    text: Words = ""


class _Callback(BaseModel):
    """The console's message as JSON."""

    msgid: str = Field(min_length=1, max_length=128)
    msgtype: str
    chat: _Chat
    sender: _From = Field(alias="from")
    create_time: int = Field(ge=0, le=4_102_444_800)
    text: Words = ""
    images: list[str] = Field(default_factory=list, max_length=9)
    mentions_bot: bool = False
    quote: _Quote | None = None
    recall_msgid: str | None = Field(default=None, max_length=128)


class ConsoleChannel:
    """Talks to the simulator at `url`; checks duplicates, reaches everybody privately."""

    name = "console"
    checks_duplicates = True
    longest_text_bytes = 20_000
    limits: tuple[Limit, ...] = ()
    can_send_now = True

    def __init__(self, url: str, token: str, aes_key: str, transport: httpx2.BaseTransport | None = None) -> None:
        self._envelope = Envelope(token, aes_key)
        self._client = httpx2.Client(base_url=url, timeout=TIMEOUT_SECONDS, transport=transport)

    def reach(self, account: str) -> Reach:
        return Reach.PRIVATE

    def start(self, receive: Receive) -> None:
        """Messages come by callback."""

    def verify(self, query: Mapping[str, str]) -> bytes:
        raise BadCallback("this channel's address is not checked")

    def open(self, body: bytes, query: Mapping[str, str]) -> Received:
        content = self._envelope.open(body, query, time.time())
        try:
            callback = _Callback.model_validate(content)
        except ValidationError as error:
            fields = ", ".join(".".join(map(str, e["loc"])) for e in error.errors())
            raise BadCallback(f"fields missing or wrong: {fields}") from error
        return Received(_incoming(callback), self._respond)

    def _respond(self, text: str | None) -> bytes:
        if text is None:
            return b""
        body, _query = self._envelope.seal({"reply": {"text": text}}, time.time())
        return body

    def send(self, outgoing: Outgoing) -> Receipt:
        to = {"group": outgoing.group} if outgoing.group else {"user": outgoing.account}
        body, query = self._envelope.seal({"id": outgoing.key, "to": to, "text": outgoing.text}, time.time())
        answer = self._post("/api/send", body, query)
        if answer.get("errcode") != 0:
            raise ChannelError(f"errcode {answer.get('errcode')}: {str(answer.get('errmsg'))[:100]}")
        return Receipt()

    def download(self, reference: str) -> bytes:
        if "://" in reference or not reference.startswith("/"):
            raise ChannelError("a photo outside the console")
        try:
            with self._client.stream("GET", reference) as response:
                if response.status_code in (404, 410):
                    raise MediaGone(reference)
                if response.status_code != 200:
                    raise ChannelBusy(f"status {response.status_code}")
                return _limited(response)
        except httpx2.RequestError as error:
            raise ChannelBusy(type(error).__name__) from error
        except httpx2.InvalidURL as error:
            raise ChannelError("a photo without a proper address") from error

    def close(self) -> None:
        self._client.close()

    def _post(self, path: str, body: bytes, query: dict[str, str]) -> dict[str, Any]:
        try:
            response = self._client.post(path, content=body, params=query)
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
            raise ChannelBusy(type(error).__name__) from error
        except httpx2.RequestError as error:
            raise ChannelUnsure(type(error).__name__) from error
        if response.status_code != 200:
            raise ChannelBusy(f"status {response.status_code}")
        try:
            answer = response.json()
        except (ValueError, RecursionError) as error:
            raise ChannelUnsure("the answer is no JSON") from error
        if not isinstance(answer, dict) or "errcode" not in answer:
            raise ChannelUnsure("the answer has no errcode")
        return answer


def _limited(response: httpx2.Response) -> bytes:
    """The body, given up as soon as it is larger than any photo we take."""
    content = bytearray()
    for chunk in response.iter_bytes():
        content += chunk
        if len(content) > LARGEST_PHOTO_BYTES:
            raise ChannelError("too_large")
    return bytes(content)


def _incoming(callback: _Callback) -> IncomingMessage:
    private = callback.chat.type == "single"
    quotes_bot = callback.quote is not None and callback.quote.from_bot
    return IncomingMessage(
        channel=ConsoleChannel.name,
        platform_id=callback.msgid,
        sender=callback.sender.userid,
        nickname=callback.sender.nick[:64],
        sent_at=dt.datetime.fromtimestamp(callback.create_time, dt.UTC),
        text=without_mentions(callback.text) if callback.mentions_bot else callback.text,
        kind=Kind.RECALL if callback.recall_msgid else KINDS.get(callback.msgtype, Kind.OTHER),
        group=None if private else callback.chat.id,
        media=tuple(callback.images),
        addressed=private or callback.mentions_bot or quotes_bot,
        quoted_text=callback.quote.text if callback.quote and quotes_bot else "",
        recalls=callback.recall_msgid,
        quotes=callback.quote.msgid if callback.quote else None,
    )
