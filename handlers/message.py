"""What a handler gets and gives, with no platform in it: the message, who sent it, the context, the reply."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Protocol

from sqlmodel import Session

from classifiers import PlaceNames, Understanding
from classifiers.thresholds import DEFAULT_THRESHOLDS
from data.models import Account, ChatGroup, Message, Person, Post, Source
from handlers.command import Command
from handlers.directory import Directory


class Kind(StrEnum):
    TEXT = "text"
    IMAGE = "image"
    VOICE = "voice"
    LOCATION = "location"
    RECALL = "recall"
    OTHER = "other"


@dataclass(frozen=True)
class Location:
    """A place that somebody sent from a map, degrees WGS-84 or GCJ-02 as the platform has it."""

    name: str
    address: str
    latitude: float
    longitude: float


@dataclass(frozen=True)
class IncomingMessage:
    """One message of a platform in our words.

    `text` holds typed words, a voice transcript or a caption; `media` are references the channel can download;
    `addressed` is true for a private message, a mention of the bot or a quote of its words.
    """

    channel: str
    platform_id: str
    sender: str
    sent_at: dt.datetime
    text: str = ""
    kind: Kind = Kind.TEXT
    group: str | None = None
    nickname: str = ""
    media: tuple[str, ...] = ()
    addressed: bool = False
    quoted_text: str = ""
    recalls: str | None = None
    location: Location | None = None
    quotes: str | None = None
    """The platform's id of the message this one quotes, where the platform tells it."""

    @property
    def private(self) -> bool:
        return self.group is None


class Reach(StrEnum):
    """By which way a channel can reach one person (decision 5)."""

    PRIVATE = "private"
    AFTER_SPEAKING = "after_speaking"
    """Privately, but only to whoever has spoken to us in private before."""
    STAFF_CONFIRMED = "staff_confirmed"
    GROUP_ONLY = "group_only"
    NONE = "none"


class Understand(Protocol):
    """The classifiers' one question, with model and thresholds already given."""

    def __call__(
        self, text: str, *, names: PlaceNames, nickname: str, addressed: bool, has_photo: bool
    ) -> Understanding: ...


@dataclass(frozen=True)
class Policy:
    """What the office decided, in hours and days, and what its channels can do."""

    reach: Callable[[str, str], Reach]
    public_url: str = ""
    sign_link: Callable[[str], str] = str
    pending_minutes: int = 15
    photo_after_minutes: int = 10
    silence_closes_days: int = 14
    emergency_accept_minutes: int = 5
    same_matter_hours: int = 72
    longest_extension_days: int = 5
    service_target_hours: int = 24
    service_cap_hours: int = 8
    unsure_category: float = DEFAULT_THRESHOLDS.category
    """Below it a category is a guess that a person should look at."""
    source: Source = Source.CHAT
    quiet: bool = False


@dataclass(frozen=True)
class Sender:
    """Who speaks: a resident (no person), a member of staff, or the clock (no account)."""

    account: Account | None = None
    person: Person | None = None
    posts: tuple[Post, ...] = ()
    group: ChatGroup | None = None

    @property
    def account_id(self) -> int:
        """The account of a speaker; the clock has none and must not ask."""
        if self.account is None or self.account.id is None:
            raise LookupError("the clock has no account")
        return self.account.id


@dataclass(frozen=True)
class Context:
    """Everything a handler may use. It never commits; time is `now`, an aware UTC datetime."""

    session: Session
    now: dt.datetime
    directory: Directory
    policy: Policy
    sender: Sender = field(default_factory=Sender)
    record: Message | None = None
    understand: Understand | None = None
    subject: Command | Understanding | None = None

    @property
    def command(self) -> Command:
        if not isinstance(self.subject, Command):
            raise TypeError("this message is no command")
        return self.subject

    @property
    def understanding(self) -> Understanding:
        if not isinstance(self.subject, Understanding):
            raise TypeError("this message was not given to the classifiers")
        return self.subject

    @property
    def message_row(self) -> Message:
        if self.record is None:
            raise LookupError("the clock has no message")
        return self.record

    def about(self, subject: Command | Understanding) -> "Context":
        return replace(self, subject=subject)


@dataclass(frozen=True)
class Reply:
    """One answer into the conversation the message came from; `private` moves it to the sender alone.

    `instead` is what the group hears where there is no way to the sender alone and the bot was spoken to; by default
    nothing, because even that there is an answer may be a hint.

    `orders` are typed orders the sender may give next, shown as buttons where the answer is a message of its own.
    """

    text: str
    private: bool = False
    instead: str = ""
    case_id: int | None = None
    orders: tuple[str, ...] = ()


SILENCE = Reply("")
"""The message was taken care of and nothing is said."""
