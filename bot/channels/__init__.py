"""The one seam to chat platforms: what every channel can do, and what it declares about itself.

One file a platform; only these know the platform's formats.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from handlers.message import IncomingMessage, Reach


@dataclass(frozen=True)
class Outgoing:
    """One message to hand over. `key` is the same at every attempt, so that a platform can drop a duplicate."""

    key: str
    text: str
    group: str | None = None
    account: str | None = None


class ChannelError(Exception):
    """The platform refused for good; it makes no sense to try again."""


class ChannelBusy(ChannelError):
    """The platform did not take the message, surely: try again later."""


class ChannelUnsure(ChannelError):
    """The send was cut off: nobody knows whether the platform has it."""


class MediaGone(ChannelError):
    """The platform no longer offers this photo."""


class BadCallback(ChannelError):
    """A callback with a wrong signature, key or shape; answered with 4xx, never with a stack trace."""


class Channel(Protocol):
    """A platform. Methods are synchronous and are called from worker threads."""

    name: str
    checks_duplicates: bool
    """Whether the platform drops a second send with the same key."""

    def reach(self, account: str) -> Reach:
        """By which way this person can be reached."""
        ...

    def parse(self, body: bytes, query: Mapping[str, str]) -> IncomingMessage:
        """The message in a callback; raises BadCallback."""
        ...

    def render(self, text: str | None) -> bytes:
        """The body of the callback's response; `text` is the passive reply, None is silence."""
        ...

    def send(self, outgoing: Outgoing) -> None:
        """Hand one message over; raises ChannelBusy, ChannelUnsure or ChannelError."""
        ...

    def download(self, reference: str) -> bytes:
        """The bytes of a photo; raises MediaGone, ChannelBusy or ChannelError."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...
