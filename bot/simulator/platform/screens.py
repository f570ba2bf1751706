"""What people see: every conversation with its messages, cards with the buttons they have at the moment."""

import copy
import itertools
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Button:
    text: str
    key: str


@dataclass
class Card:
    """A template card as one person sees it; `replaced` stands where its buttons were."""

    content: dict[str, Any]
    replaced: str = ""

    @property
    def title(self) -> str:
        return str(_object(self.content.get("main_title")).get("title", ""))

    @property
    def task_id(self) -> str:
        return str(self.content.get("task_id", ""))

    @property
    def card_type(self) -> str:
        return str(self.content.get("card_type", ""))

    @property
    def buttons(self) -> tuple[Button, ...]:
        """What can be pressed now."""
        if self.replaced:
            return ()
        found = [b for b in self.content.get("button_list", ()) if b.get("key")]
        found += [b for b in (self.content.get("submit_button"),) if b]
        return tuple(Button(str(b.get("text", "")), str(b.get("key", ""))) for b in found)


@dataclass
class Shown:
    """A message on a screen. `cards` are the versions of single members where they differ."""

    id: int
    chat: str
    sender: str
    kind: str
    text: str
    at: float
    from_bot: bool = False
    message_id: str = ""
    robot_id: str = ""
    media: str = ""
    card: Card | None = None
    cards: dict[str, Card] = field(default_factory=dict)
    missed_by: set[str] = field(default_factory=set)
    recalled: bool = False

    def card_of(self, userid: str) -> Card | None:
        return self.cards.get(userid, self.card)

    def change_card(self, card: Card, userids: list[str] | None = None) -> None:
        """A new face of the card, for these members or for all."""
        if userids is None:
            self.card, self.cards = card, {}
        else:
            self.cards |= {userid: copy.deepcopy(card) for userid in userids}


def app_chat(agentid: int, userid: str) -> str:
    return f"app:{agentid}:{userid}"


def robot_chat(robot_id: str, userid: str) -> str:
    return f"robot:{robot_id}:{userid}"


def group_chat(chatid: str) -> str:
    return f"group:{chatid}"


class Screens:
    """All conversations. Safe for threads; whoever waits is woken by every change."""

    def __init__(self) -> None:
        self._shown: dict[int, Shown] = {}
        self._by_chat: dict[str, list[Shown]] = {}
        self._ids = itertools.count(1)
        self._changed = threading.Condition()

    def show(self, chat: str, sender: str, kind: str, text: str, at: float, **more: Any) -> Shown:
        with self._changed:
            shown = Shown(next(self._ids), chat, sender, kind, text, at, **more)
            self._shown[shown.id] = shown
            self._by_chat.setdefault(chat, []).append(shown)
            self._changed.notify_all()
            return shown

    def touched(self) -> None:
        """Wake who waits: a message or a card was changed in place."""
        with self._changed:
            self._changed.notify_all()

    def get(self, shown_id: int) -> Shown | None:
        return self._shown.get(shown_id)

    def chat(self, chat: str) -> list[Shown]:
        with self._changed:
            return list(self._by_chat.get(chat, ()))

    def newest(self) -> int:
        """The id of the last message anywhere."""
        with self._changed:
            return max(self._shown, default=0)

    def chats(self) -> list[str]:
        with self._changed:
            return list(self._by_chat)

    def of_member(self, userid: str) -> list[Shown]:
        """Everything in this member's private chats with the app and the robots, oldest first."""
        with self._changed:
            private = [m for c, ms in self._by_chat.items() if _private_of(c, userid) for m in ms]
        return sorted(private, key=lambda message: message.id)

    def wait(self, read: Callable[[], Shown | None], timeout: float) -> Shown | None:
        """The message that `read` finds, now or within `timeout` real seconds."""
        with self._changed:
            self._changed.wait_for(lambda: read() is not None, timeout)
            return read()

    def doubles(self) -> int:
        """Messages of the bot that repeat, word for word, what was said in the same conversation before."""
        with self._changed:
            said = Counter(
                (m.chat, m.kind, m.text, m.card.task_id if m.card else "", m.media)
                for m in self._shown.values()
                if m.from_bot and not m.recalled
            )
        return sum(count - 1 for count in said.values())


def _private_of(chat: str, userid: str) -> bool:
    kind, _, rest = chat.partition(":")
    return kind in ("app", "robot") and rest.partition(":")[2] == userid


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
