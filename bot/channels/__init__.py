"""The one seam to chat platforms: what every channel can do, and what it declares about itself.

One file a platform; only these know the platform's formats.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, runtime_checkable

from handlers.message import IncomingMessage, Reach


@dataclass(frozen=True)
class Outgoing:
    """One message to hand over. `key` is the same at every attempt, so that a platform can drop a duplicate.

    `orders` are typed orders such as `接 1001`, shown as buttons where the platform has them.
    """

    key: str
    text: str
    group: str | None = None
    account: str | None = None
    orders: tuple[str, ...] = ()


@dataclass(frozen=True)
class Receipt:
    """What the platform gave for a message it took: to recall it, and to change its card once."""

    message_id: str = ""
    response_code: str = ""


@dataclass(frozen=True)
class Received:
    """A callback, opened: the message in it, or None for what is only acknowledged.

    `respond` makes the response's body; its argument is the answer, None is silence. Where the answer cannot ride
    in the response (`passive` is false), it is sent as a message of its own.
    """

    message: IncomingMessage | None
    respond: Callable[[str | None], bytes]
    passive: bool = True
    media_type: str = "application/json"


Receive = Callable[[IncomingMessage, bool], str | None]
"""Takes one message in; the flag says whether the answer can go back with it."""


class Scope(StrEnum):
    """Whose messages a limit counts."""

    CONVERSATION = "conversation"
    CHANNEL = "channel"


@dataclass(frozen=True)
class Limit:
    """At most `count` messages in `seconds`."""

    count: int
    seconds: int
    scope: Scope = Scope.CONVERSATION


class ChannelError(Exception):
    """The platform refused for good; it makes no sense to try again."""


class ChannelBusy(ChannelError):
    """The platform did not take the message, surely: try again later, after `retry_after` seconds if it said so."""

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class ChannelMisconfigured(ChannelError):
    """Nothing gets through until an administrator acts; the text says what to do."""


class RecipientGone(ChannelError):
    """This person or group cannot be reached here any more; others can."""


class NotAsked(RecipientGone):
    """There was no way to them, so nothing was handed over and it says nothing about the platform."""


class ChannelUnsure(ChannelError):
    """The send was cut off: nobody knows whether the platform has it."""


class CutOff(ChannelUnsure):
    """And here it would not notice a second one, whatever the channel says of its other messages."""


class MediaGone(ChannelError):
    """The platform no longer offers this photo."""


class BadCallback(ChannelError):
    """A callback with a wrong signature, key or shape; answered with 4xx, never with a stack trace."""


class Channel(Protocol):
    """A platform. Methods are synchronous and are called from worker threads."""

    name: str
    checks_duplicates: bool
    """Whether the platform drops a second send with the same key."""
    longest_text_bytes: int
    """UTF-8 bytes of one message; longer texts are sent in pieces."""
    limits: tuple[Limit, ...]
    """How much the platform takes; the outbox keeps to it."""

    def reach(self, account: str) -> Reach:
        """By which way this person can be reached, as far as the platform decides it."""
        ...

    @property
    def can_send_now(self) -> bool:
        """Whether this process may hand messages over; over a connection only the one that holds it."""
        ...

    def start(self, receive: Receive) -> None:
        """Begin to take messages in, where they do not come by callback; `receive` gives the answer."""
        ...

    def verify(self, query: Mapping[str, str]) -> bytes:
        """The answer to the platform's check that this address is ours; raises BadCallback."""
        ...

    def open(self, body: bytes, query: Mapping[str, str]) -> Received:
        """What is in a callback; raises BadCallback."""
        ...

    def send(self, outgoing: Outgoing) -> Receipt:
        """Hand one message over; raises ChannelError or one of its kinds."""
        ...

    def download(self, reference: str) -> bytes:
        """The bytes of a photo; raises MediaGone, ChannelBusy or ChannelError."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...


@runtime_checkable
class ChangesSent(Protocol):
    """What some platforms let us do with a private message after it was sent; both raise ChannelError or its kinds."""

    recall_within: dt.timedelta
    settle_within: dt.timedelta

    def recall(self, message_id: str) -> None:
        """Take the message back from everybody who got it."""
        ...

    def settle_card(self, account: str, response_code: str, words: str) -> None:
        """Put `words` where the buttons of this person's card were; once for each code."""
        ...
