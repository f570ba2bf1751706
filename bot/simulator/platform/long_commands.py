"""What a robot may say over its long connection, one function for each command."""

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import Any

from bot.simulator.platform.answers import PlatformError
from bot.simulator.platform.calls import File, object_of, text_of
from bot.simulator.platform.corp import Robot
from bot.simulator.platform.faults import Fault
from bot.simulator.platform.media import LARGEST, SMALLEST, keep
from bot.simulator.platform.rates import ROBOT_CHAT, ROBOT_UPLOAD
from bot.simulator.platform.records import Talk, TalkKind, Upload
from bot.simulator.platform.robot_replies import EVENT_SECONDS, PUSHED, Way, apply, show
from bot.simulator.platform.state import State, new_id

REPLY_SECONDS = 86400
UPLOAD_SECONDS = 1800
LARGEST_CHUNK = 512 * 1024
MOST_CHUNKS = 100
SINGLE, GROUP = 1, 2

Body = dict[str, Any]
Command = Callable[[State, Robot, str, Body], Body | None]


def respond(state: State, robot: Robot, req_id: str, body: Body) -> None:
    """aibot_respond_msg"""
    talk = _talk(state, robot, req_id, TalkKind.MESSAGE, REPLY_SECONDS)
    _count(state, robot, talk.chatid or talk.userid)
    apply(state, talk, body, Way.LONG)


def welcome(state: State, robot: Robot, req_id: str, body: Body) -> None:
    """aibot_respond_welcome_msg"""
    talk = _talk(state, robot, req_id, TalkKind.WELCOME, EVENT_SECONDS)
    if talk.answer is not None:
        raise PlatformError(846605)
    apply(state, talk, body, Way.LONG)


def update(state: State, robot: Robot, req_id: str, body: Body) -> None:
    """aibot_respond_update_msg"""
    apply(state, _talk(state, robot, req_id, TalkKind.CARD, EVENT_SECONDS), body, Way.LONG)


def _talk(state: State, robot: Robot, req_id: str, kind: TalkKind, seconds: int) -> Talk:
    """The callback that is answered; raises 846605 when there is none of this kind, or no more."""
    talk = state.talks.get(req_id)
    if talk is None or talk.robot_id != robot.id or talk.kind is not kind or state.now() - talk.at > seconds:
        raise PlatformError(846605)
    return talk


def push(state: State, robot: Robot, _req_id: str, body: Body) -> None:
    """aibot_send_msg"""
    userid, chatid = _addressee(state, robot, body)
    if body.get("msgtype") not in PUSHED:
        raise PlatformError(40008)
    _count(state, robot, chatid or userid)
    if state.faults.draw(Fault.SILENT_DROP, "aibot_send_msg"):
        state.counters.dropped += 1
        return
    show(state, robot, userid, chatid, body)


def _addressee(state: State, robot: Robot, body: Body) -> tuple[str, str | None]:
    """A member or a group who has spoken to the robot before. Without chat_type a group goes first."""
    chat, kind = text_of(body, "chatid", 93006), body.get("chat_type", 0)
    if kind not in (0, SINGLE, GROUP):
        raise PlatformError(40058, "invalid chat_type")
    opened = {member.open_userid: userid for userid, member in state.corp.members.items()}
    group = state.corp.group(chat) if kind != SINGLE else None
    if group is not None and robot.id in group.robots and (robot.id, chat) in state.spoken:
        return "", chat
    userid = opened.get(chat, chat)
    if kind != GROUP and state.corp.present(userid) and (robot.id, userid) in state.spoken:
        return userid, None
    raise PlatformError(93006)


def _count(state: State, robot: Robot, chat: str) -> None:
    """Answers and pushes count together."""
    if not state.rates.take_or_block(("robot", robot.id, chat), ROBOT_CHAT, state.now()):
        state.counters.over_limit += 1
        raise PlatformError(45009)


def begin_upload(state: State, robot: Robot, _req_id: str, body: Body) -> Body:
    """aibot_upload_media_init"""
    kind, size, chunks = body.get("type"), body.get("total_size"), body.get("total_chunks")
    if kind not in LARGEST or not isinstance(size, int) or not isinstance(chunks, int):
        raise PlatformError(40058, "invalid upload")
    if size < SMALLEST:
        raise PlatformError(44001)
    if size > LARGEST[kind] or not 1 <= chunks <= MOST_CHUNKS:
        raise PlatformError(45001)
    if not state.rates.take_or_block(("upload", robot.id), ROBOT_UPLOAD, state.now()):
        state.counters.over_limit += 1
        raise PlatformError(45009)
    upload_id = new_id(32)
    state.uploads[upload_id] = Upload(robot.id, kind, text_of(body, "filename"), size, chunks, state.now())
    return {"upload_id": upload_id}


def add_chunk(state: State, robot: Robot, _req_id: str, body: Body) -> None:
    """aibot_upload_media_chunk. Sources differ whether the first has the number 0 or 1; both are taken."""
    upload, index = _upload(state, robot, body), body.get("chunk_index")
    try:
        part = base64.b64decode(text_of(body, "base64_data"), validate=True)
    except binascii.Error:
        raise PlatformError(40058, "invalid base64_data") from None
    if not isinstance(index, int) or not 0 <= index <= upload.chunks or len(part) > LARGEST_CHUNK:
        raise PlatformError(40058, "invalid chunk")
    upload.parts[index] = part


def end_upload(state: State, robot: Robot, _req_id: str, body: Body) -> Body:
    """aibot_upload_media_finish"""
    upload = _upload(state, robot, body)
    content = b"".join(part for _index, part in sorted(upload.parts.items()))
    if len(upload.parts) != upload.chunks or len(content) != upload.size:
        raise PlatformError(40058, "the upload is not whole")
    media = keep(state, upload.kind, File(content, upload.filename), owner=robot.id)
    del state.uploads[body["upload_id"]]
    return {"type": media.kind, "media_id": media.id, "created_at": str(int(media.at))}


def _upload(state: State, robot: Robot, body: Body) -> Upload:
    upload = state.uploads.get(text_of(body, "upload_id"))
    if upload is None or upload.robot_id != robot.id or state.now() - upload.at > UPLOAD_SECONDS:
        raise PlatformError(40058, "invalid upload_id")
    return upload


COMMANDS: Mapping[str, Command] = {
    "aibot_respond_msg": respond,
    "aibot_respond_welcome_msg": welcome,
    "aibot_respond_update_msg": update,
    "aibot_send_msg": push,
    "aibot_upload_media_init": begin_upload,
    "aibot_upload_media_chunk": add_chunk,
    "aibot_upload_media_finish": end_upload,
}


def run(state: State, robot: Robot, cmd: str, req_id: str, frame: Mapping[str, Any]) -> Body | None:
    """Do what a frame asks for; raises PlatformError."""
    if cmd not in COMMANDS:
        raise PlatformError(40058, "unknown cmd")
    return COMMANDS[cmd](state, robot, req_id, object_of(frame, "body"))
