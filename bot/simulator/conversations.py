"""What was said in every chat, kept in memory and safe to use from several threads."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from threading import Condition
from typing import Any

from bot.simulator.cast import NotInCast


def chat_of(group: str | None, person: str) -> str:
    """The id of a conversation: a group's, or a person's private one with the bot."""
    return f"group:{group}" if group else f"single:{person}"


class MessageKind(StrEnum):
    TEXT = "text"
    IMAGE = "image"
    MIXED = "mixed"
    VOICE = "voice"


class Delivery(StrEnum):
    """How far a person's message came on its way to the bot."""

    SENDING = "sending"
    TAKEN = "taken"
    REFUSED = "refused"
    LOST = "lost"


@dataclass(frozen=True)
class Quote:
    """The earlier words a message answers to."""

    message_id: str
    nick: str
    text: str
    from_bot: bool


@dataclass(frozen=True)
class Message:
    """One bubble. `revision` rises with every change of anything, so that one can wait for what is new."""

    id: str
    conversation: str
    sent_at: float
    sender: str = ""
    nick: str = ""
    from_bot: bool = False
    kind: MessageKind = MessageKind.TEXT
    text: str = ""
    photo: str | None = None
    quote: Quote | None = None
    mentions_bot: bool = False
    recalled: bool = False
    delivery: Delivery = Delivery.SENDING
    revision: int = 0

    @property
    def preview(self) -> str:
        """One line for a quote."""
        words = " ".join(self.text.split())
        if self.recalled:
            return "[已撤回]"
        return {MessageKind.VOICE: f"[语音] {words}", MessageKind.IMAGE: "[图片]"}.get(self.kind, words)


class Conversations:
    """All messages in the order they were said."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._changed = Condition()
        self._messages: dict[str, Message] = {}
        self._chats: dict[str, list[str]] = {}
        self._revision = 0
        self._shown: set[str] = set()

    def add(self, conversation: str, **fields: Any) -> Message:
        """A new message under a fresh id."""
        message = Message(id=secrets.token_hex(8), conversation=conversation, sent_at=self._clock(), **fields)
        with self._changed:
            self._chats.setdefault(conversation, []).append(message.id)
            return self._store(message)

    def add_from_bot(self, conversation: str, nick: str, text: str, key: str) -> Message | None:
        """The bot's words, shown once: None when something with this key was shown before."""
        with self._changed:
            if key in self._shown:
                return None
            self._shown.add(key)
            return self.add(conversation, nick=nick, text=text, from_bot=True, delivery=Delivery.TAKEN)

    def change(self, message_id: str, **fields: Any) -> Message:
        with self._changed:
            return self._store(replace(self._messages[message_id], **fields))

    def get(self, conversation: str, message_id: str) -> Message:
        with self._changed:
            message = self._messages.get(message_id)
        if message is None or message.conversation != conversation:
            raise NotInCast(f"no message {message_id!r} in {conversation}")
        return message

    def messages(self, conversation: str, after: int = 0) -> list[Message]:
        """What was said or changed later than the revision `after`, in the order it was said."""
        with self._changed:
            said = [self._messages[message_id] for message_id in self._chats.get(conversation, [])]
        return [message for message in said if message.revision > after]

    def wait_for(
        self, conversation: str, wanted: Callable[[Message], bool], after: int, timeout: float
    ) -> Message | None:
        """The first message later than `after` that is wanted; None when it does not come in time."""
        until = time.monotonic() + timeout
        with self._changed:
            while True:
                for message in self.messages(conversation, after):
                    if wanted(message):
                        return message
                left = until - time.monotonic()
                if left <= 0 or not self._changed.wait(left):
                    return None

    def _store(self, message: Message) -> Message:
        self._revision += 1
        stored = replace(message, revision=self._revision)
        self._messages[message.id] = stored
        self._changed.notify_all()
        return stored
