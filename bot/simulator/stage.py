"""The cast as members of one corporation on the stand-in of WeCom: what they do there, and what became of it.

Residents talk to the robot, in their group or alone with it; staff have the app's private chat with its cards.
"""

import datetime as dt
import threading
from dataclasses import dataclass

from bot.simulator.cast import Cast, NotAllowed, Person
from bot.simulator.photos import Photos
from bot.simulator.platform import Fate, NotThere, Platform, Shown, Told
from bot.simulator.platform.screens import app_chat, group_chat, robot_chat
from bot.simulator.sample_photo import lift_out_of_order

# Nobody waits so long but on a machine with much else to do.
PATIENCE_SECONDS = 20.0


@dataclass(frozen=True)
class Note:
    """What a bubble shows beside its words: the @, the words it answers to, and how far it came."""

    mentioned: bool = False
    quoted: Shown | None = None
    fate: Fate = Fate.TAKEN


class Stage:
    """`platform` has one app and one robot. Methods block until the bot has the message; any thread may call them."""

    def __init__(self, cast: Cast, platform: Platform) -> None:
        self.cast, self.platform = cast, platform
        self.photos = Photos()
        self.sample_photo = lift_out_of_order()
        corp = platform.state.corp
        self._agent_id = next(app.agentid for app in corp.apps.values() if not app.contacts_only)
        self._robot_id = next(iter(corp.robots))
        self._notes: dict[int, Note] = {}
        self._lock = threading.Lock()
        self._fill()

    def _fill(self) -> None:
        """Members and groups. All have talked to the robot before: else it may not speak to them first."""
        for person in self.cast.people:
            self.platform.add_member(person.id, person.nick)
        for group in self.cast.groups:
            members = [person.id for person in self.cast.people if self.cast.may_speak(person, group)]
            self.platform.add_group(group.id, members, group.name, robots=[self._robot_id])
        talking = [person.id for person in self.cast.people] + [group.id for group in self.cast.groups]
        self.platform.state.spoken |= {(self._robot_id, one) for one in talking}

    def in_group(self, group: str) -> str:
        """The id of a group's conversation."""
        return group_chat(self.cast.group(group).id)

    def with_robot(self, person: str) -> str:
        """The id of a person's own conversation with the robot."""
        return robot_chat(self._robot_id, person)

    def with_app(self, person: str) -> str:
        """The id of a person's own conversation with the app."""
        return app_chat(self._agent_id, person)

    def say(
        self,
        person: str,
        chat: str,
        text: str = "",
        *,
        photo: bytes | None = None,
        mention: bool = True,
        voice: bool = False,
        quote: int | None = None,
    ) -> Told:
        """One message of a person, in a group with or without the @, or privately."""
        speaker, quoted = self.cast.person(person), self._quoted(chat, quote)
        if not text.strip() and photo is None:
            raise NotAllowed("an empty message")
        if chat == self.with_app(speaker.id):
            return self._say_to_app(speaker, text, photo)
        group = self._group(chat, speaker)
        told = self.platform.say_to_robot(
            speaker.id, group, text, image=photo, voice=voice, quote=quoted, mention=mention
        )
        return self._noted(told, Note(mention and bool(group), quoted, told.fate))

    def _noted(self, told: Told, note: Note) -> Told:
        if told.shown is not None:
            with self._lock:
                self._notes[told.shown.id] = note
        return told

    def _say_to_app(self, speaker: Person, text: str, photo: bytes | None) -> Told:
        """The app takes a picture or words, so both are two messages."""
        told = self.platform.say_to_app(speaker.id, text) if text.strip() else None
        if told is not None:
            self._noted(told, Note(fate=told.fate))
        if photo is None and told is not None:
            return told
        told = self.platform.say_to_app(speaker.id, image=photo)
        return self._noted(told, Note(fate=told.fate))

    def press(self, person: str, message: int, key: str, chosen: dict[str, list[str]] | None = None) -> Told:
        """Press a button of a card that is on this person's screen."""
        return self.platform.click(self.cast.person(person).id, message, key, chosen)

    def pass_time(self, span: dt.timedelta) -> None:
        """Let the platform's clock jump, as that of the bot does.

        Its signatures keep the time on the wall, by which the bot's channels check them.
        """
        self.platform.clock.advance(span.total_seconds())

    def note(self, message: Shown) -> Note:
        with self._lock:
            return self._notes.get(message.id, Note())

    def hears(self, person: str, words: str, after: int = 0) -> Shown:
        """The bot's first message with these words in one of this person's own chats; raises TimeoutError."""
        return self.platform.wait_for(words, userid=person, after=after, timeout=PATIENCE_SECONDS)

    def reply_to(self, told: Told, timeout: float = PATIENCE_SECONDS) -> Shown | None:
        """What the bot said next in the same conversation; None when nothing came in time."""
        own = told.shown
        if own is None:
            return told.answer

        def read() -> Shown | None:
            said = self.platform.screens.chat(own.chat)
            return next((m for m in said if m.from_bot and m.id > own.id), None)

        return self.platform.screens.wait(read, timeout)

    def _group(self, chat: str, speaker: Person) -> str | None:
        """The group of a conversation, None for the speaker's own chat with the robot."""
        if chat == self.with_robot(speaker.id):
            return None
        kind, _, group = chat.partition(":")
        if kind != "group" or not self.cast.may_speak(speaker, self.cast.group(group)):
            raise NotAllowed(f"{speaker.id} is not in {chat}")
        return group

    def _quoted(self, chat: str, message: int | None) -> Shown | None:
        if message is None:
            return None
        found = self.platform.screens.get(message)
        if found is None or found.chat != chat or found.recalled:
            raise NotThere("no such message to quote")
        return found


def words_of(message: Shown, person: str = "") -> str:
    """Everything that is written in a message, of a card too."""
    card = message.card_of(person)
    if card is None:
        return message.text
    return "\n".join(filter(None, (card.title, str(card.content.get("sub_title_text", "")))))
