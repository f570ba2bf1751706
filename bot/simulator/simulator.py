"""The console channel's platform: people speak, the bot is told; the bot sends, people see it. For tests."""

import secrets
import time
from collections.abc import Callable
from typing import Any, Self

import httpx2

from bot.simulator import delivery
from bot.simulator.cast import Cast, NotAllowed, NotInCast, Person
from bot.simulator.conversations import (
    Conversations,
    Delivery,
    Message,
    MessageKind,
    Quote,
    chat_of,
)
from bot.simulator.counters import Counters, Tally
from bot.simulator.photos import Photos

# What WeChat puts behind a chosen name.
MENTION_SPACE = "\u2005"


class Simulator:
    """People of the cast talk to the bot at `bot_url`. Methods block and may be called from any thread."""

    def __init__(
        self,
        cast: Cast,
        bot_url: str,
        token: str,
        aes_key: str,
        *,
        timeout: float = delivery.TIMEOUT_SECONDS,
        pause: float = delivery.PAUSE_SECONDS,
        transport: httpx2.BaseTransport | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.cast = cast
        self.conversations = Conversations(clock)
        self.photos = Photos()
        self._clock = clock
        self._tally = Tally()
        self._callbacks = delivery.Callbacks(bot_url, token, aes_key, timeout=timeout, pause=pause, transport=transport)
        self.envelope = self._callbacks.envelope

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._callbacks.close()

    @property
    def counters(self) -> Counters:
        return self._tally.read()

    def say(
        self,
        person: str,
        text: str = "",
        group: str | None = None,
        photo: bytes | str | None = None,
        quote: str | None = None,
        mention: bool = False,
        voice: bool = False,
    ) -> str | None:
        """One message of a person; the answer is what the bot said in the response, None for silence.

        `photo` is bytes to upload or the path of an uploaded one; `quote` is the id of a message of this chat.
        """
        speaker, chat = self._place(person, group)
        if not text.strip() and photo is None:
            raise NotAllowed("an empty message")
        path = self.photos.keep(photo) if isinstance(photo, bytes) else photo
        message = self.conversations.add(
            chat,
            sender=speaker.id,
            nick=speaker.nick,
            kind=_kind(text, path, voice),
            text=self._addressed(text) if mention else text,
            photo=path,
            quote=self._quote(chat, quote),
            mentions_bot=mention,
        )
        self._tally.add(said=1)
        return self._deliver(message, delivery.spoken(message, speaker, group))

    def recall(self, person: str, message_id: str | None = None, group: str | None = None) -> str | None:
        """Take back one's own message, by default the last one of this chat; the bot is told."""
        speaker, chat = self._place(person, group)
        message = self._own(speaker, chat, message_id)
        self.conversations.change(message.id, recalled=True, text="", photo=None, quote=None)
        event = delivery.recalled(secrets.token_hex(8), message, speaker, group, self._clock())
        return self._told(chat, event).reply

    def redeliver(self, message_id: str, person: str | None = None, group: str | None = None) -> str | None:
        """Post a message again under its own id, as a platform does that missed the answer."""
        chat = self._chat(person, group)
        message = self.conversations.get(chat, message_id)
        if message.from_bot or message.recalled:
            raise NotAllowed("only what a person said can be delivered again")
        return self._deliver(message, delivery.spoken(message, self.cast.person(message.sender), group))

    def conversation(self, person: str | None = None, group: str | None = None) -> list[Message]:
        """All messages of a group, or of a person's private chat with the bot."""
        return self.conversations.messages(self._chat(person, group))

    def wait_for(
        self,
        containing: str,
        *,
        person: str | None = None,
        group: str | None = None,
        after: int = 0,
        timeout: float = 5.0,
    ) -> Message:
        """The bot's first message with these words; `after` skips what was there up to that revision."""
        chat = self._chat(person, group)
        found = self.conversations.wait_for(
            chat, lambda message: message.from_bot and containing in message.text, after, timeout
        )
        if found is None:
            last = [f"{m.nick}: {m.preview} ({m.delivery})" for m in self.conversations.messages(chat)[-3:]]
            raise TimeoutError(f"no {containing!r} in {chat} within {timeout} s; last there: {last}")
        return found

    def receive(self, key: str, text: str, *, group: str | None = None, person: str | None = None) -> bool:
        """What the bot sends; False when this key was shown before. Raises NotInCast."""
        try:
            chat = self._chat(person, group)
        except NotInCast:
            self._tally.add(unknown_recipients=1)
            raise
        shown = self.conversations.add_from_bot(chat, self.cast.bot_name, text, f"send:{key}")
        self._tally.add(**({"sent": 1} if shown else {"duplicates": 1}))
        return shown is not None

    def refuse_send(self) -> None:
        """Count a send that could not be read."""
        self._tally.add(bad_sends=1)

    def _deliver(self, message: Message, content: dict[str, Any]) -> str | None:
        outcome = self._told(message.conversation, content)
        self.conversations.change(message.id, delivery=outcome.delivery)
        return outcome.reply

    def _told(self, chat: str, content: dict[str, Any]) -> delivery.Outcome:
        """Tell the bot and show its passive reply, once for each msgid."""
        outcome = self._callbacks.deliver(content)
        self._tally.add(attempts=outcome.attempts, retries=outcome.attempts - 1)
        if outcome.delivery in (Delivery.LOST, Delivery.REFUSED):
            self._tally.add(**{outcome.delivery.value: 1})
        if outcome.reply is not None:
            key = f"reply:{content['msgid']}"
            shown = self.conversations.add_from_bot(chat, self.cast.bot_name, outcome.reply, key)
            self._tally.add(**({"replies": 1} if shown else {"repeated_replies": 1}))
        return outcome

    def _place(self, person: str, group: str | None) -> tuple[Person, str]:
        """The speaker and the conversation; raises when the person is not in that group."""
        speaker = self.cast.person(person)
        if group and not self.cast.may_speak(speaker, self.cast.group(group)):
            raise NotAllowed(f"{person} is not in {group}")
        return speaker, chat_of(group, person)

    def _chat(self, person: str | None, group: str | None) -> str:
        if group:
            return chat_of(self.cast.group(group).id, "")
        return chat_of(None, self.cast.person(person or "").id)

    def _addressed(self, text: str) -> str:
        mention = f"@{self.cast.bot_name}"
        return text if text.startswith(mention) else f"{mention}{MENTION_SPACE}{text}"

    def _quote(self, chat: str, message_id: str | None) -> Quote | None:
        if message_id is None:
            return None
        quoted = self.conversations.get(chat, message_id)
        if quoted.recalled:
            raise NotAllowed("the quoted message was taken back")
        return Quote(quoted.id, quoted.nick, quoted.text or quoted.preview, quoted.from_bot)

    def _own(self, speaker: Person, chat: str, message_id: str | None) -> Message:
        said = [m for m in self.conversations.messages(chat) if m.sender == speaker.id and not m.recalled]
        own = [m for m in said if message_id in (None, m.id)]
        if not own:
            raise NotAllowed("only one's own message can be taken back, and only once")
        return own[-1]


def _kind(text: str, photo: str | None, voice: bool) -> MessageKind:
    if voice:
        return MessageKind.VOICE
    if photo is None:
        return MessageKind.TEXT
    return MessageKind.MIXED if text.strip() else MessageKind.IMAGE
