"""What a robot is told, by callback or over the long connection: the same JSON, understood here once.

Types and fields of the future are passed over quietly, and so is a quote we cannot read; what else we know must have
its shape.
"""

import datetime as dt
import re
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from bot.channels import BadCallback
from bot.channels.cards import order_of
from bot.channels.mentions import without_mentions
from handlers.message import IncomingMessage, Kind

CHANNEL = "wecom_robot"
EVENT, GROUP, SINGLE = "event", "group", "single"
KINDS = {
    "text": Kind.TEXT,
    "mixed": Kind.TEXT,
    "image": Kind.IMAGE,
    "voice": Kind.VOICE,
    "file": Kind.OTHER,
    "video": Kind.OTHER,
}
LAST_SECOND = 4_102_444_800
# What behind a number makes it one of a room, a house, a bus line, a year or an amount, and no case's.
NUMBER = re.compile(r"(?<![\dA-Za-z])\d{4,9}(?!\d)(\s?室|[路弄栋幢元块年户人]|号(?![案单]))?")


def _or_none(value: Any, validate: ValidatorFunctionWrapHandler) -> Any:
    """A quote we cannot read must not cost what is said about it."""
    try:
        return validate(value)
    except ValidationError:
        return None


def _whole(value: Any) -> Any:
    """Half a character, as a cut-off emoji leaves it, must not cost the whole message."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


class _Words(BaseModel):
    content: Annotated[str, BeforeValidator(_whole)] = ""


class _File(BaseModel):
    url: str = Field(min_length=1, max_length=4000)
    aeskey: str = Field(default="", max_length=64)


class _Item(BaseModel):
    text: _Words | None = None
    image: _File | None = None


class _Mixed(BaseModel):
    msg_item: list[_Item] = []


class _Content(_Item):
    """What is said, in a message or in the one it quotes."""

    mixed: _Mixed | None = None
    voice: _Words | None = None

    def items(self) -> list[_Item]:
        return [self, *(self.mixed.msg_item if self.mixed else [])]

    def words(self) -> str:
        said = [self.voice, *(item.text for item in self.items())]
        return "\n".join(words.content for words in said if words and words.content)

    def photos(self) -> list[str]:
        """References that the channel can download: the address, behind its own key where it has one."""
        found = [item.image for item in self.items() if item.image]
        return [f"{photo.aeskey}|{photo.url}" if photo.aeskey else photo.url for photo in found]


class _From(BaseModel):
    userid: str = Field(min_length=1, max_length=128)


class _Options(BaseModel):
    option_id: list[str] = []


class _Selected(BaseModel):
    option_ids: _Options = _Options()


class _Selection(BaseModel):
    selected_item: list[_Selected] = []


class _Click(BaseModel):
    event_key: str = Field(default="", max_length=1024)
    task_id: str = Field(default="", max_length=128)
    selected_items: _Selection = _Selection()

    def order(self) -> str:
        """The button's typed order, with what was chosen beside it."""
        chosen = [option for item in self.selected_items.selected_item for option in item.option_ids.option_id]
        return order_of(self.event_key, chosen)


class _Event(BaseModel):
    eventtype: str = ""
    template_card_event: _Click | None = None


class _Kind(BaseModel):
    msgtype: str = Field(min_length=1)
    chattype: str | None = None


class _Callback(_Content):
    msgid: str = Field(min_length=1, max_length=128)
    chatid: str = Field(default="", max_length=128)
    chattype: str | None = None
    sender: _From | None = Field(default=None, alias="from")
    msgtype: str
    create_time: int | None = Field(default=None, ge=0, le=LAST_SECOND)
    response_url: str = Field(default="", max_length=2000)
    quote: Annotated[_Content | None, WrapValidator(_or_none)] = None
    event: _Event | None = None


@dataclass(frozen=True)
class RobotCallback:
    """A callback understood; without a message there may still be somebody to welcome."""

    message: IncomingMessage | None = None
    group: str | None = None
    """Where it happened, which for a click in a group is not where its answer goes."""
    response_url: str = ""
    welcome: bool = False
    clicked: str = ""
    """The task id of the card whose button was pressed."""
    kicked: bool = False


QUIET = RobotCallback()


def read(content: Any, now: dt.datetime) -> RobotCallback:
    """What a callback says; raises BadCallback when a kind we know lacks its shape."""
    try:
        kind = _Kind.model_validate(content)
        if kind.msgtype not in {*KINDS, EVENT} or kind.chattype not in (GROUP, SINGLE, None):
            return QUIET
        callback = _Callback.model_validate(content)
    except ValidationError as error:
        fields = ", ".join(".".join(map(str, e["loc"])) for e in error.errors())
        raise BadCallback(f"fields missing or wrong: {fields}") from error
    if callback.chattype == GROUP and not callback.chatid:
        raise BadCallback("a group without an id")
    return _of_event(callback, now) if callback.msgtype == EVENT else _of_message(callback, now)


def _of_message(callback: _Callback, now: dt.datetime) -> RobotCallback:
    group = callback.chatid if callback.chattype == GROUP else None
    quote = callback.quote or _Content()
    words = callback.words()
    message = IncomingMessage(
        channel=CHANNEL,
        platform_id=callback.msgid,
        sender=_sender(callback),
        sent_at=_sent_at(callback, now),
        text=without_mentions(words) if group else words,
        kind=KINDS[callback.msgtype],
        group=group,
        media=tuple(dict.fromkeys(callback.photos() + quote.photos())),
        addressed=True,
        quoted_text=_of_a_case(quote.words()),
    )
    return RobotCallback(message, group, callback.response_url)


def _of_event(callback: _Callback, now: dt.datetime) -> RobotCallback:
    event = callback.event or _Event()
    if event.eventtype == "enter_chat":
        return RobotCallback(welcome=True)
    if event.eventtype == "disconnected_event":
        return RobotCallback(kicked=True)
    if event.eventtype != "template_card_event" or not (click := event.template_card_event) or not click.event_key:
        return QUIET
    message = IncomingMessage(
        channel=CHANNEL,
        platform_id=callback.msgid,
        sender=_sender(callback),
        sent_at=_sent_at(callback, now),
        text=click.order(),
        addressed=True,
    )
    group = callback.chatid if callback.chattype == GROUP else None
    return RobotCallback(message, group, callback.response_url, clicked=click.task_id or callback.msgid)


def _of_a_case(quoted: str) -> str:
    """The platform does not tell whose words are quoted: a neighbour's "1001室漏水" names no case as ours do."""
    first = NUMBER.search(quoted)
    return "" if first and first[1] else quoted


def _sender(callback: _Callback) -> str:
    if callback.sender is None:
        raise BadCallback("fields missing or wrong: from")
    return callback.sender.userid


def _sent_at(callback: _Callback, now: dt.datetime) -> dt.datetime:
    """Messages carry no time of their own; events do."""
    return now if callback.create_time is None else dt.datetime.fromtimestamp(callback.create_time, dt.UTC)
