"""The long connection, spoken to by a bare WebSocket client: one line for each robot, limits, and every kind of end."""

import base64
import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, ConnectionClosedError, ConnectionClosedOK
from websockets.sync.client import ClientConnection, connect

from bot.simulator.platform import Fate, Fault, Platform, served
from tests.simulator.platform.conftest import GROUP, button_card

BOT, SECRET = "aib-long", "long-secret"
PATIENCE = 5.0


class Client:
    """A robot's end of one connection."""

    def __init__(self, wire: ClientConnection) -> None:
        self.wire = wire
        self.count = 0

    def ask(self, cmd: str, body: dict[str, Any] | None = None, req_id: str = "") -> dict[str, Any]:
        self.tell(cmd, body, req_id)
        return self.hear()

    def tell(self, cmd: str, body: dict[str, Any] | None = None, req_id: str = "") -> None:
        self.count += 1
        frame = {"cmd": cmd, "headers": {"req_id": req_id or f"{cmd}-{self.count}"}}
        self.wire.send(json.dumps(frame | ({} if body is None else {"body": body})))

    def hear(self) -> dict[str, Any]:
        return dict(json.loads(self.wire.recv(PATIENCE)))

    def subscribe(self, secret: str = SECRET) -> int:
        return int(self.ask("aibot_subscribe", {"bot_id": BOT, "secret": secret})["errcode"])


@pytest.fixture
def lines(platform: Platform) -> Iterator[Any]:
    """Opens connections: `lines()`, subscribed unless told otherwise."""
    robot = platform.add_robot(BOT, SECRET)
    platform.state.corp.groups[GROUP].robots = {robot.id}
    with served(platform) as url, ExitStack() as stack:

        def opened(*, subscribed: bool = True) -> Client:
            wire = connect(url.replace("http", "ws"), proxy=None, open_timeout=PATIENCE, close_timeout=PATIENCE)
            client = Client(stack.enter_context(wire))
            assert not subscribed or client.subscribe() == 0
            return client

        yield opened


def say(platform: Platform, text: str = "电梯停了", chatid: str | None = GROUP, **more: Any) -> Fate:
    return platform.say_to_robot("zhangsan", chatid, text, robot_id=BOT, **more).fate


def markdown(content: str = "已派单") -> dict[str, Any]:
    return {"msgtype": "markdown", "markdown": {"content": content}}


def stream(content: str, *, finish: bool = True) -> dict[str, Any]:
    return {"msgtype": "stream", "stream": {"id": "s1", "finish": finish, "content": content}}


def from_bot(platform: Platform) -> list[str]:
    return [shown.text for shown in platform.seen_in(GROUP) if shown.from_bot]


def test_nothing_before_the_right_secret(lines: Any) -> None:
    client = lines(subscribed=False)
    assert client.ask("ping")["errcode"] == 846609
    assert client.subscribe("wrong") == 40001
    assert client.subscribe() == 0
    pong = client.ask("ping", req_id="p-1")
    assert pong == {"headers": {"req_id": "p-1"}, "errcode": 0, "errmsg": "ok"}


def test_a_message_and_its_streamed_answer(lines: Any, platform: Platform) -> None:
    client = lines()
    assert say(platform) is Fate.TAKEN
    frame = client.hear()
    req_id = frame["headers"]["req_id"]
    assert (frame["cmd"], frame["body"]["text"]["content"]) == ("aibot_msg_callback", "@随手拍 电梯停了")
    for reply, errcode in ((stream("正在查", finish=False), 0), (stream("查好了"), 0), (stream("再来"), 846608)):
        assert client.ask("aibot_respond_msg", reply, req_id)["errcode"] == errcode
    assert from_bot(platform) == ["查好了"]


def test_a_photo_has_a_key_of_its_own(lines: Any, platform: Platform) -> None:
    client = lines()
    for _ in range(2):
        say(platform, image=b"\xff\xd8\xff\xe0")
    keys = {client.hear()["body"]["mixed"]["msg_item"][1]["image"]["aeskey"] for _ in range(2)}
    assert [len(key) for key in keys] == [43, 43]


@pytest.mark.parametrize(
    ("seconds", "cmd", "body", "errcode"),
    [
        (0, "aibot_respond_update_msg", {"response_type": "update_template_card", "template_card": {}}, 846605),
        (0, "aibot_respond_welcome_msg", {"msgtype": "text", "text": {"content": "x"}}, 846605),
        (361, "aibot_respond_msg", stream("x"), 846608),
        (361, "aibot_respond_msg", markdown(), 0),
        (86401, "aibot_respond_msg", markdown(), 846605),
        (0, "aibot_dance", {}, 40058),
    ],
)
def test_answers_have_their_time_and_their_kind(
    lines: Any, platform: Platform, seconds: int, cmd: str, body: dict[str, Any], errcode: int
) -> None:
    client = lines()
    say(platform)
    req_id = client.hear()["headers"]["req_id"]
    platform.clock.advance(seconds)
    assert client.ask(cmd, body, req_id)["errcode"] == errcode
    assert client.ask("aibot_respond_msg", markdown(), "no-such")["errcode"] == 846605


def test_a_card_changes_within_five_seconds_of_the_press(lines: Any, platform: Platform) -> None:
    client = lines()
    say(platform)
    reply = {"msgtype": "template_card", "template_card": button_card()}
    client.ask("aibot_respond_msg", reply, client.hear()["headers"]["req_id"])
    card = platform.seen_in(GROUP)[-1]
    change = {"response_type": "update_template_card", "template_card": button_card("case-1001", "办结 1001")}
    for seconds, errcode in ((6, 846605), (5, 0)):
        platform.click("lisi", card, "接 1001")
        frame = client.hear()
        platform.clock.advance(seconds)
        answer = client.ask("aibot_respond_update_msg", change, frame["headers"]["req_id"])
        assert (frame["cmd"], answer["errcode"]) == ("aibot_event_callback", errcode)
    shown = card.card_of("lisi")
    assert shown is not None
    assert [button.key for button in shown.buttons] == ["办结 1001"]


def test_the_welcome_within_five_seconds_once(lines: Any, platform: Platform) -> None:
    client = lines()
    platform.enter_chat("lisi", BOT)
    req_id = client.hear()["headers"]["req_id"]
    hello = {"msgtype": "text", "text": {"content": "您好"}}
    assert [client.ask("aibot_respond_welcome_msg", hello, req_id)["errcode"] for _ in range(2)] == [0, 846605]


def push(client: Client, chatid: str, chat_type: int | None = None) -> int:
    kind = {} if chat_type is None else {"chat_type": chat_type}
    return int(client.ask("aibot_send_msg", {"chatid": chatid, **kind, **markdown()})["errcode"])


def test_a_push_needs_a_chat_in_which_somebody_spoke(lines: Any, platform: Platform) -> None:
    client = lines()
    assert [push(client, chat) for chat in (GROUP, "zhangsan", "no-such")] == [93006] * 3
    say(platform)
    say(platform, chatid=None)
    assert [client.hear()["cmd"] for _ in range(2)] == ["aibot_msg_callback"] * 2
    assert (push(client, GROUP, 2), push(client, GROUP), push(client, "zhangsan", 1)) == (0, 0, 0)
    assert (push(client, GROUP.lower(), 2), push(client, GROUP, 1), push(client, "zhangsan", 2)) == (93006,) * 3


def test_thirty_a_minute_answers_and_pushes_together(lines: Any, platform: Platform) -> None:
    client = lines()
    say(platform)
    req_id = client.hear()["headers"]["req_id"]
    assert client.ask("aibot_respond_msg", stream("好"), req_id)["errcode"] == 0
    assert [push(client, GROUP) for _ in range(30)] == [0] * 29 + [45009]
    assert platform.counters.over_limit == 1
    platform.clock.advance(60)
    assert push(client, GROUP) == 0


def test_the_newer_connection_puts_the_older_out(lines: Any, platform: Platform) -> None:
    older, newer = lines(), lines()
    event = older.hear()
    assert event["body"]["event"] == {"eventtype": "disconnected_event"}
    with pytest.raises(ConnectionClosedOK):
        older.hear()
    say(platform)
    assert newer.hear()["cmd"] == "aibot_msg_callback"
    assert platform.counters.kicked == 1


@pytest.mark.parametrize(("clean", "error"), [(True, ConnectionClosedOK), (False, ConnectionClosedError)])
def test_dropped_and_nothing_is_said_again_after_coming_back(
    lines: Any, platform: Platform, clean: bool, error: type[ConnectionClosed]
) -> None:
    client = lines()
    platform.drop(BOT, clean=clean)
    with pytest.raises(error):
        client.hear()
    assert say(platform, "没人听见") is Fate.LOST
    again = lines()
    assert say(platform, "听见了") is Fate.TAKEN
    assert again.hear()["body"]["text"]["content"] == "@随手拍 听见了"


def test_kicked_by_a_fault_after_a_command(lines: Any, platform: Platform) -> None:
    client = lines()
    platform.faults.set(Fault.KICK, endpoint="ping", times=1)
    assert client.ask("ping")["errcode"] == 0
    assert client.hear()["body"]["event"]["eventtype"] == "disconnected_event"


def test_no_pong_no_answer_and_refusals_by_fault(lines: Any, platform: Platform) -> None:
    client = lines()
    say(platform)
    client.hear()
    platform.faults.set(Fault.NO_PONG, times=1)
    platform.faults.set(Fault.BUSY, endpoint="aibot_send_msg", times=1)
    client.tell("ping", req_id="unheard")
    assert push(client, GROUP) == -1
    platform.faults.set(Fault.LOST_ANSWER, endpoint="aibot_send_msg", times=1)
    client.tell("aibot_send_msg", {"chatid": GROUP, **markdown("送到了")})
    assert client.ask("ping", req_id="heard")["headers"]["req_id"] == "heard"
    assert from_bot(platform) == ["送到了"]


def test_duplicate_loss_and_reorder(lines: Any, platform: Platform) -> None:
    client = lines()
    for fault in (Fault.LOSS, Fault.REORDER, Fault.DUPLICATE):
        platform.faults.set(fault, times=1)
    fates = [say(platform, words) for words in ("一", "二", "三")]
    assert fates == [Fate.LOST, Fate.HELD, Fate.TAKEN]
    assert [client.hear()["body"]["text"]["content"][-1] for _ in range(3)] == ["三", "三", "二"]


def test_a_file_goes_up_in_pieces(lines: Any, platform: Platform) -> None:
    client, content = lines(), bytes(range(200)) * 5
    begin = {"type": "file", "filename": "台账.csv", "total_size": len(content), "total_chunks": 2, "md5": ""}
    upload_id = client.ask("aibot_upload_media_init", begin)["body"]["upload_id"]
    for index, part in ((1, content[:600]), (2, content[600:])):
        chunk = {"upload_id": upload_id, "chunk_index": index, "base64_data": base64.b64encode(part).decode()}
        assert client.ask("aibot_upload_media_chunk", chunk)["errcode"] == 0
    media_id = client.ask("aibot_upload_media_finish", {"upload_id": upload_id})["body"]["media_id"]
    assert platform.state.media[media_id].content == content
    say(platform)
    client.hear()
    file = {"chatid": GROUP, "msgtype": "file", "file": {"media_id": media_id}}
    assert client.ask("aibot_send_msg", file)["errcode"] == 0


def test_uploads_that_are_refused(lines: Any, platform: Platform) -> None:
    client = lines()
    begin = {"type": "file", "filename": "a", "total_size": 10, "total_chunks": 101}
    assert client.ask("aibot_upload_media_init", begin)["errcode"] == 45001
    upload_id = client.ask("aibot_upload_media_init", {**begin, "total_chunks": 1})["body"]["upload_id"]
    assert client.ask("aibot_upload_media_finish", {"upload_id": upload_id})["errcode"] == 40058
    platform.clock.advance(1801)
    assert client.ask("aibot_upload_media_finish", {"upload_id": upload_id})["errcode"] == 40058


def test_frames_that_are_none(lines: Any) -> None:
    client = lines()
    for text in ("not json", "[]", '{"cmd": "ping"}'):
        client.wire.send(text)
        assert client.hear()["errcode"] == 47001


def test_subscribing_too_often(lines: Any, platform: Platform) -> None:
    client = lines()
    assert {client.subscribe() for _ in range(29)} == {0}
    assert client.subscribe() == 45009
    platform.clock.advance(60)
    assert client.subscribe() == 0
