"""What the platform remembers between two requests: tokens, media, sent messages, codes and running talks."""

from dataclasses import dataclass, field
from enum import StrEnum

from bot.simulator.platform.screens import Shown


@dataclass
class Token:
    """`life` ends it; a revoked one is unknown to the platform from then on."""

    value: str
    agentid: int
    expires_at: float


@dataclass(frozen=True)
class Media:
    """A temporary file. `owner` is empty for the apps' own, else the webhook or robot that alone may use it."""

    id: str
    kind: str
    content: bytes
    filename: str
    at: float
    owner: str = ""


@dataclass(frozen=True)
class Sealed:
    """A file behind a link of a robot callback: encrypted, and gone after five minutes."""

    content: bytes
    filename: str
    at: float


@dataclass
class Sent:
    """A message of the app and the screens it is on."""

    msgid: str
    agentid: int
    at: float
    shown: dict[str, Shown] = field(default_factory=dict)


@dataclass
class CardCode:
    """A response_code: changes the cards of one sent message, once."""

    sent: Sent
    at: float
    used: bool = False


class TalkKind(StrEnum):
    MESSAGE = "message"
    WELCOME = "enter_chat"
    CARD = "template_card_event"


@dataclass
class Talk:
    """One callback to a robot and what may still be answered to it."""

    id: str
    robot_id: str
    userid: str
    chatid: str | None
    kind: TalkKind
    at: float
    card: Shown | None = None
    task_id: str = ""
    response_code: str = ""
    response_used: bool = False
    answer: Shown | None = None
    stream_id: str = ""
    streaming: bool = False
    waiting: bool = True
    """The callback itself has no answer yet."""


@dataclass
class Upload:
    """A chunked upload over the long connection."""

    robot_id: str
    kind: str
    filename: str
    size: int
    chunks: int
    at: float
    parts: dict[int, bytes] = field(default_factory=dict)
