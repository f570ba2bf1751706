"""What an intelligent robot hears (JSON): messages that name it, its cards pressed, a chat opened."""

from dataclasses import dataclass
from typing import Any

from bot.simulator.platform.corp import Member, Robot
from bot.simulator.platform.envelope import encrypt_file, new_key
from bot.simulator.platform.media import link
from bot.simulator.platform.records import Media, Talk, TalkKind
from bot.simulator.platform.screens import Shown, group_chat, robot_chat
from bot.simulator.platform.state import State, new_id

STREAM_SECONDS = 360
MOST_IN_PROGRESS = 3


@dataclass(frozen=True)
class Said:
    """One message of a person. `media` is a picture, a file or a video; a voice message arrives as its transcript."""

    text: str = ""
    media: Media | None = None
    voice: bool = False
    quote: Shown | None = None


def heard(said: Said, *, in_group: bool, mention: bool) -> bool:
    """In a group a robot gets what names it, and no lone photo, file or voice."""
    return not in_group or (mention and bool(said.text) and not said.voice and _joinable(said.media))


def _joinable(media: Media | None) -> bool:
    return media is None or media.kind == "image"


def too_many(state: State, robot: Robot, userid: str) -> bool:
    """Whether three messages of this person wait for their answers."""
    oldest = state.now() - STREAM_SECONDS
    open_talks = [t for t in state.talks.values() if t.robot_id == robot.id and t.userid == userid and t.at > oldest]
    return sum(1 for talk in open_talks if talk.waiting or talk.streaming) >= MOST_IN_PROGRESS


def begin(
    state: State, robot: Robot, userid: str, chatid: str | None, kind: TalkKind, card: Shown | None = None
) -> Talk:
    """A new callback; its id is the msgid, and over the long connection the req_id too."""
    talk = Talk(new_id(32), robot.id, userid, chatid, kind, state.now(), card=card)
    talk.task_id = card.card.task_id if card and card.card else ""
    talk.waiting = kind is TalkKind.MESSAGE and not robot.long
    state.talks[talk.id] = talk
    state.spoken.add((robot.id, chatid or userid))
    if kind is not TalkKind.WELCOME:
        talk.response_code = new_id(40)
        state.response_urls[talk.response_code] = talk
    return talk


def said_body(state: State, robot: Robot, talk: Talk, said: Said) -> dict[str, Any]:
    """The callback for a message."""
    words = f"@{robot.name} {said.text}" if talk.chatid and said.text else said.text
    body = _head(state, robot, talk) | _content(state, robot, words, said)
    if said.quote is not None:
        body["quote"] = _quote(state, robot, said.quote)
    return body


def _content(state: State, robot: Robot, words: str, said: Said) -> dict[str, Any]:
    text = {"msgtype": "text", "text": {"content": words}}
    if said.voice:
        return {"msgtype": "voice", "voice": {"content": words}}
    if said.media is None:
        return text
    media = _media(state, robot, said.media)
    return {"msgtype": "mixed", "mixed": {"msg_item": [text, media]}} if words else media


def _media(state: State, robot: Robot, media: Media) -> dict[str, Any]:
    """A link for five minutes; over the long connection every link has a key of its own."""
    key = new_key() if robot.long else robot.aes_key
    name = link(state, encrypt_file(media.content, key), media.filename)
    where = {"url": f"{state.base_url}/_media/{name}?sign={new_id(24)}"} | ({"aeskey": key} if robot.long else {})
    return {"msgtype": media.kind, media.kind: where}


def _quote(state: State, robot: Robot, quoted: Shown) -> dict[str, Any]:
    media = state.media.get(quoted.media)
    if media is not None and media.kind in ("image", "file"):
        item = _media(state, robot, media)
        if not quoted.text:
            return item
        text = {"msgtype": "text", "text": {"content": quoted.text}}
        return {"msgtype": "mixed", "mixed": {"msg_item": [text, item]}}
    return {"msgtype": "text", "text": {"content": quoted.text}}


def card_body(state: State, robot: Robot, talk: Talk, key: str, chosen: dict[str, list[str]]) -> dict[str, Any]:
    """The callback for a pressed button."""
    card = talk.card.card_of(talk.userid) if talk.card else None
    event: dict[str, Any] = {"card_type": card.card_type if card else "", "event_key": key, "task_id": talk.task_id}
    if chosen:
        items = [{"question_key": q, "option_ids": {"option_id": list(ids)}} for q, ids in chosen.items()]
        event["selected_items"] = {"selected_item": items}
    body = _head(state, robot, talk) | {"create_time": int(talk.at)}
    return body | {"msgtype": "event", "event": {"eventtype": talk.kind.value, talk.kind.value: event}}


def welcome_body(state: State, robot: Robot, talk: Talk) -> dict[str, Any]:
    """The callback for the first look of the day into the private chat."""
    head = {name: value for name, value in _head(state, robot, talk).items() if name != "chattype"}
    head["create_time"] = int(talk.at)
    return head | {"msgtype": "event", "event": {"eventtype": talk.kind.value}}


def refresh_body(state: State, robot: Robot, talk: Talk) -> dict[str, Any]:
    """The callback that asks how a stream goes on."""
    head = {name: value for name, value in _head(state, robot, talk).items() if name != "response_url"}
    return head | {"msgtype": "stream", "stream": {"id": talk.stream_id}}


def _head(state: State, robot: Robot, talk: Talk) -> dict[str, Any]:
    head: dict[str, Any] = {"msgid": talk.id, "aibotid": robot.id}
    if talk.chatid:
        head["chatid"] = talk.chatid
    head |= {"chattype": "group" if talk.chatid else "single", "from": _from(state, robot, talk)}
    if talk.response_code and not robot.long:
        head["response_url"] = f"{state.base_url}/cgi-bin/aibot/response?response_code={talk.response_code}"
    return head


def _from(state: State, robot: Robot, talk: Talk) -> dict[str, str]:
    member = state.corp.members[talk.userid]
    who = {"userid": shown_id(robot, member)}
    return who if talk.kind is TalkKind.MESSAGE or robot.long else {"corpid": state.corp.corp_id, **who}


def shown_id(robot: Robot, member: Member) -> str:
    """A robot that no super-administrator made knows people by encrypted ids only."""
    return member.open_userid if robot.open_ids else member.userid


def chat_of(robot: Robot, userid: str, chatid: str | None) -> str:
    return group_chat(chatid) if chatid else robot_chat(robot.id, userid)
