"""What a robot may answer, and by which way: in the response, by the response_url, or over the long connection."""

import copy
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from bot.simulator.platform.answers import PlatformError, ok
from bot.simulator.platform.calls import Answer, Call, list_of, object_of, text_of
from bot.simulator.platform.cards import INTERACTIONS, check_card
from bot.simulator.platform.contents import check_text
from bot.simulator.platform.corp import Robot
from bot.simulator.platform.media import usable
from bot.simulator.platform.records import Talk, TalkKind
from bot.simulator.platform.robot import STREAM_SECONDS, chat_of
from bot.simulator.platform.screens import Card, Shown
from bot.simulator.platform.state import State

LONGEST_BYTES = 20480
MOST_PICTURES = 10
RESPONSE_URL_SECONDS = 3600
EVENT_SECONDS = 5


class Way(StrEnum):
    PASSIVE = "passive"
    RESPONSE_URL = "response_url"
    LONG = "long"


STREAMS = ("stream", "stream_with_template_card")
PUSHED = ("markdown", "template_card", "file", "image", "voice", "video")
ALLOWED = {
    (Way.PASSIVE, TalkKind.MESSAGE): ("template_card", *STREAMS),
    (Way.PASSIVE, TalkKind.WELCOME): ("text", "template_card"),
    (Way.PASSIVE, TalkKind.CARD): (),
    (Way.RESPONSE_URL, TalkKind.MESSAGE): ("markdown", "template_card"),
    (Way.RESPONSE_URL, TalkKind.CARD): ("markdown", "template_card"),
    (Way.LONG, TalkKind.MESSAGE): ("text", *PUSHED, *STREAMS),
    (Way.LONG, TalkKind.WELCOME): ("text", "template_card"),
    (Way.LONG, TalkKind.CARD): (),
}


def response(state: State, call: Call) -> Answer:
    """POST aibot/response: once, within the hour, without a token; in groups no card."""
    talk = state.response_urls.get(call.query.get("response_code", ""))
    if talk is None or talk.response_used or state.now() - talk.at > RESPONSE_URL_SECONDS:
        raise PlatformError(40058, "invalid response_code")
    body = call.json()
    if talk.chatid and body.get("msgtype") == "template_card":
        raise PlatformError(40008, "no template_card in groups")
    apply(state, talk, body, Way.RESPONSE_URL)
    talk.response_used = True
    return ok()


def apply(state: State, talk: Talk, reply: Mapping[str, Any], way: Way) -> None:
    """Show an answer to a callback, or change the card that was pressed; raises PlatformError."""
    if reply.get("response_type") == "update_template_card" and way is not Way.RESPONSE_URL:
        _change_card(state, talk, reply)
        return
    kind = reply.get("msgtype")
    if kind not in ALLOWED.get((way, talk.kind), ()):
        raise PlatformError(40008)
    robot = state.corp.robots[talk.robot_id]
    if kind in STREAMS:
        _stream(state, robot, talk, object_of(reply, "stream"), way)
        if kind == "stream_with_template_card" and reply.get("template_card"):
            show(state, robot, talk.userid, talk.chatid, {**reply, "msgtype": "template_card"})
        return
    talk.answer = show(state, robot, talk.userid, talk.chatid, reply)


def show(state: State, robot: Robot, userid: str, chatid: str | None, reply: Mapping[str, Any]) -> Shown:
    """A new message of the robot."""
    kind, text, card, media = str(reply["msgtype"]), "", None, ""
    if kind in ("text", "markdown"):
        text = check_text(reply, kind, LONGEST_BYTES)
    elif kind == "template_card":
        card = _new_card(state, robot, object_of(reply, kind))
        text = card.title
    else:
        media = usable(state, object_of(reply, kind).get("media_id"), kind, owner=robot.id).id
    state.counters.shown += 1
    chat = chat_of(robot, userid, chatid)
    return state.screens.show(
        chat, robot.name, kind, text, state.now(), from_bot=True, card=card, media=media, robot_id=robot.id
    )


def _new_card(state: State, robot: Robot, content: dict[str, Any]) -> Card:
    check_card(content)
    if content["card_type"] in INTERACTIONS and not (robot.callback or robot.long):
        raise PlatformError(40058, "the robot has no callback for this card")
    if content.get("task_id"):
        task = (f"robot:{robot.id}", content["task_id"])
        if task in state.tasks:
            raise PlatformError(42014)
        state.tasks.add(task)
    return Card(copy.deepcopy(content))


def _stream(state: State, robot: Robot, talk: Talk, stream: dict[str, Any], way: Way) -> None:
    """The first piece makes a message, the next ones with the same id replace its text."""
    stream_id, content, finish = text_of(stream, "id"), stream.get("content", ""), stream.get("finish", False)
    if not isinstance(content, str) or not isinstance(finish, bool):
        raise PlatformError(40058, "invalid stream")
    if len(content.encode(errors="replace")) > LONGEST_BYTES:
        raise PlatformError(45002)
    _check_pictures(stream, finish=finish, way=way)
    if state.now() - talk.at > STREAM_SECONDS or (talk.stream_id == stream_id and not talk.streaming):
        raise PlatformError(846608)
    if talk.stream_id != stream_id or talk.answer is None:
        chat = chat_of(robot, talk.userid, talk.chatid)
        talk.answer = state.screens.show(chat, robot.name, "stream", content, state.now(), from_bot=True)
        state.counters.shown += 1
    talk.stream_id, talk.streaming = stream_id, not finish
    talk.answer.text = content
    state.screens.touched()


def _check_pictures(stream: dict[str, Any], *, finish: bool, way: Way) -> None:
    pictures = list_of(stream, "msg_item")
    if pictures and (way is Way.LONG or not finish or len(pictures) > MOST_PICTURES):
        raise PlatformError(40058, "invalid msg_item")


def _change_card(state: State, talk: Talk, reply: Mapping[str, Any]) -> None:
    """Another face for the pressed card: for the listed members, or for all who see it."""
    if talk.kind is not TalkKind.CARD or talk.card is None:
        raise PlatformError(40058, "no card was pressed")
    if state.now() - talk.at > EVENT_SECONDS:
        raise PlatformError(846608, "too late")
    content = object_of(reply, "template_card")
    check_card(content, with_task=False)
    if content.get("task_id") != talk.task_id:
        raise PlatformError(42014)
    userids = _real_ids(state, [str(one) for one in list_of(reply, "userids")])
    talk.card.change_card(Card(copy.deepcopy(content)), userids or None)
    state.screens.touched()


def _real_ids(state: State, ids: list[str]) -> list[str]:
    opened = {member.open_userid: member.userid for member in state.corp.members.values()}
    return [opened.get(one, one) for one in ids]
