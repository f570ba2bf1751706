"""What people do in their WeCom: write to the app, call the robot, press a button; the bot is told as Tencent tells."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.simulator.platform import app_callbacks, robot, robot_letters
from bot.simulator.platform.calls import File
from bot.simulator.platform.cards import option_ids
from bot.simulator.platform.corp import App, Member, Robot
from bot.simulator.platform.long_connection import Lines
from bot.simulator.platform.media import keep, type_of
from bot.simulator.platform.postman import Fate, Postman
from bot.simulator.platform.records import Media, Talk, TalkKind
from bot.simulator.platform.robot import Said
from bot.simulator.platform.screens import Card, Shown, app_chat, group_chat
from bot.simulator.platform.state import State

Chosen = Mapping[str, Sequence[str]]


class NotThere(LookupError):
    """Nobody, no group, no card or no button like that is on this screen."""


@dataclass(frozen=True)
class Location:
    latitude: float
    longitude: float
    label: str


@dataclass(frozen=True)
class Told:
    """What became of something a person did; `shown` is their own message, `answer` what came back at once."""

    fate: Fate
    shown: Shown | None = None
    answer: Shown | None = None
    talk: Talk | None = None


class People:
    """Methods block until the bot has answered, or the platform has given up; any thread may call them."""

    def __init__(self, state: State, postman: Postman, lines: Lines, wall: Callable[[], float] = time.time) -> None:
        self.state, self.postman, self.lines, self._wall = state, postman, lines, wall

    def say_to_app(
        self,
        userid: str,
        text: str = "",
        *,
        image: bytes | None = None,
        voice: bytes | None = None,
        location: Location | None = None,
        agentid: int | None = None,
    ) -> Told:
        """A message in the private chat with the app: words, or a picture, or a voice, or a place."""
        with self.state.lock:
            member, app = self._member(userid), self._app(agentid)
            media = self._kept("image", image) or self._kept("voice", voice)
            kind, fields = _as_xml(self.state, text, media, location)
            words = location.label if location else text
            shown = self._own(app_chat(app.agentid, userid), userid, kind, words, media)
            content = app_callbacks.spoken(self.state, app, member, kind, fields)
        return self._tell_app(app, member, content, shown)

    def enter_app(self, userid: str, event: str = "enter_agent", agentid: int | None = None) -> Told:
        """An event that carries nothing but its name."""
        with self.state.lock:
            member, app = self._member(userid), self._app(agentid)
            content = app_callbacks.happened(self.state, app, member, event, {"EventKey": ""})
        return self._tell_app(app, member, content, None)

    def say_in_group(
        self, userid: str, chatid: str, text: str = "", *, image: bytes | None = None, file: bytes | None = None
    ) -> Shown:
        """Talk among people: no robot hears it, but it can be quoted."""
        with self.state.lock:
            self._place(self._member(userid), chatid)
            media = self._kept("image", image) or self._kept("file", file)
            return self._own(group_chat(chatid), userid, media.kind if media else "text", text, media)

    def say_to_robot(
        self,
        userid: str,
        chatid: str | None = None,
        text: str = "",
        *,
        image: bytes | None = None,
        file: bytes | None = None,
        video: bytes | None = None,
        voice: bool = False,
        quote: Shown | None = None,
        mention: bool = True,
        robot_id: str | None = None,
    ) -> Told:
        """A message in the private chat, or in a group with or without the @."""
        with self.state.lock:
            self._place(self._member(userid), chatid)
            known = self._robot(robot_id, chatid)
            media = self._kept("image", image) or self._kept("file", file) or self._kept("video", video)
            said = Said(text, media, voice, quote)
            kind = "voice" if voice else media.kind if media else "text"
            shown = self._own(robot.chat_of(known, userid, chatid), userid, kind, text, media)
            if not robot.heard(said, in_group=bool(chatid), mention=mention) or robot.too_many(
                self.state, known, userid
            ):
                self.state.counters.not_delivered += 1
                return Told(Fate.NOT_DELIVERED, shown)
            talk = robot.begin(self.state, known, userid, chatid, TalkKind.MESSAGE)
            body = robot.said_body(self.state, known, talk, said)
        return self._tell_robot(known, talk, body, shown)

    def enter_chat(self, userid: str, robot_id: str | None = None) -> Told:
        """The first look of the day into the private chat with the robot."""
        with self.state.lock:
            self._member(userid)
            known = self._robot(robot_id, None)
            talk = robot.begin(self.state, known, userid, None, TalkKind.WELCOME)
            body = robot.welcome_body(self.state, known, talk)
        return self._tell_robot(known, talk, body, None)

    def click(self, userid: str, shown: Shown | int, key: str, selections: Chosen | None = None) -> Told:
        """Press a button that is on this member's screen now."""
        with self.state.lock:
            member, seen = self._member(userid), self._seen(shown)
            chosen = _checked(seen.card_of(userid), key, selections or {})
            self.state.counters.said += 1
            if not seen.robot_id:
                return_to = self._app_of(seen, userid)
                content = app_callbacks.clicked(self.state, return_to, member, seen, key, chosen)
            else:
                known = self.state.corp.robots[seen.robot_id]
                chatid = _group_of(seen)
                self._place(member, chatid)
                talk = robot.begin(self.state, known, userid, chatid, TalkKind.CARD, seen)
                body = robot.card_body(self.state, known, talk, key, chosen)
        if seen.robot_id:
            return self._tell_robot(known, talk, body, seen)
        return self._tell_app(return_to, member, content, seen)

    def poll_streams(self) -> int:
        """Ask for the rest of every unfinished stream, as the platform does every now and then."""
        with self.state.lock:
            oldest = self.state.now() - robot.STREAM_SECONDS
            asked = [
                (r, talk)
                for talk in self.state.talks.values()
                if talk.streaming and talk.at > oldest and not (r := self.state.corp.robots[talk.robot_id]).long
            ]
        for known, talk in asked:
            body = robot.refresh_body(self.state, known, talk)
            self.postman.deliver(robot_letters.letter(self.state, known, talk, body, self._wall()))
        return len(asked)

    def _tell_app(self, app: App, member: Member, content: dict[str, Any], shown: Shown | None) -> Told:
        if not app.callback:
            return Told(Fate.NOT_DELIVERED, shown)
        letter = app_callbacks.letter(self.state, app, member, content, self._wall(), shown)
        newest = self.state.screens.newest()
        fate = self.postman.deliver(letter)
        said = self.state.screens.chat(app_chat(app.agentid, member.userid))
        return Told(fate, shown, next((m for m in said if m.from_bot and m.id > newest), None))

    def _tell_robot(self, known: Robot, talk: Talk, body: dict[str, Any], shown: Shown | None) -> Told:
        if known.long:
            cmd = "aibot_msg_callback" if talk.kind is TalkKind.MESSAGE else "aibot_event_callback"
            with self.state.lock:
                fate = self.lines.push(known.id, {"cmd": cmd, "headers": {"req_id": talk.id}, "body": body})
        elif known.callback:
            fate = self.postman.deliver(robot_letters.letter(self.state, known, talk, body, self._wall()))
        else:
            fate = Fate.NOT_DELIVERED
        if fate is not Fate.HELD:
            talk.waiting = False
        return Told(fate, shown, talk.answer, talk)

    def _own(self, chat: str, userid: str, kind: str, text: str, media: Media | None) -> Shown:
        self.state.counters.said += 1
        name = media.id if media else ""
        return self.state.screens.show(chat, userid, kind, text, self.state.now(), media=name)

    def _kept(self, kind: str, content: bytes | None) -> Media | None:
        if content is None:
            return None
        ending = type_of(content).rpartition("/")[2]
        return keep(self.state, kind, File(content, f"{kind}.{ending}"))

    def _member(self, userid: str) -> Member:
        member = self.state.corp.present(userid)
        if member is None:
            raise NotThere(f"no member {userid!r}")
        return member

    def _place(self, member: Member, chatid: str | None) -> None:
        group = self.state.corp.group(chatid) if chatid else None
        if chatid and (group is None or member.userid not in group.members):
            raise NotThere(f"{member.userid} is not in {chatid}")

    def _app(self, agentid: int | None) -> App:
        apps = [a for a in self.state.corp.apps.values() if not a.contacts_only and agentid in (None, a.agentid)]
        if not apps:
            raise NotThere(f"no app {agentid}")
        return apps[0]

    def _robot(self, robot_id: str | None, chatid: str | None) -> Robot:
        group = self.state.corp.group(chatid)
        there = [r for r in self.state.corp.robots.values() if group is None or r.id in group.robots]
        found = [r for r in there if robot_id in (None, r.id)]
        if not found:
            raise NotThere(f"no robot {robot_id or ''} here")
        return found[0]

    def _seen(self, shown: Shown | int) -> Shown:
        found = self.state.screens.get(shown.id if isinstance(shown, Shown) else shown)
        if found is None or found.recalled:
            raise NotThere("no such message")
        return found

    def _app_of(self, seen: Shown, userid: str) -> App:
        kind, _, rest = seen.chat.partition(":")
        agentid, _, owner = rest.partition(":")
        if kind != "app" or owner != userid:
            raise NotThere(f"{userid} does not see this card, or nobody hears of it")
        return self.state.corp.apps[int(agentid)]


def _as_xml(state: State, text: str, media: Media | None, place: Location | None) -> tuple[str, dict[str, Any]]:
    if place is not None:
        where = {"Location_X": place.latitude, "Location_Y": place.longitude}
        return "location", {**where, "Scale": 16, "Label": place.label, "AppType": "wxwork"}
    if media is None:
        return "text", {"Content": text}
    if media.kind == "voice":
        return "voice", {"MediaId": media.id, "Format": "amr"}
    return "image", {"PicUrl": f"{state.base_url}/_picture/{media.id}", "MediaId": media.id}


def _checked(card: Card | None, key: str, selections: Chosen) -> dict[str, list[str]]:
    """What is pressed and chosen must be on the card."""
    if card is None or key not in [*(b.key for b in card.buttons), *_menu(card)]:
        raise NotThere(f"no button {key!r} on this card")
    options = option_ids(card.content)
    for question, ids in selections.items():
        if not set(ids) <= options.get(question, set()):
            raise NotThere(f"no such choice for {question!r}")
    return {question: list(ids) for question, ids in selections.items()}


def _menu(card: Card) -> list[str]:
    return [action["key"] for action in (card.content.get("action_menu") or {}).get("action_list", ())]


def _group_of(seen: Shown) -> str | None:
    kind, _, rest = seen.chat.partition(":")
    return rest if kind == "group" else None
