"""Every example of the robot's documents that lies beside the repository: what we understand, and that what we say has
the same shape.
"""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest

from bot.channels import Outgoing
from bot.channels.cards import button_card, task_id
from bot.channels.wecom_robot import WecomRobot
from bot.channels.wecom_robot.answers import ROBOT_CARD
from bot.channels.wecom_robot.long_connection import LongConnection
from bot.channels.wecom_robot.session import Timing
from bot.leases import LeaseHolder
from data.database import Database
from handlers.message import IncomingMessage, Kind
from tests.bot.channels.robot_office import API, opened, robot_on, sealed, unsealed
from tests.bot.channels.robot_platform import PATIENCE_SECONDS, RobotPlatform, Visit
from tests.bot.channels.wecom_vectors import VECTORS, needs_vectors
from tests.talking import MONDAY

pytestmark = needs_vectors

FAST = Timing(ack=PATIENCE_SECONDS, look_for_lease=0.02, first_pause=0.01, first_pause_kicked=0.01)
SAMPLE = "https://ww-aibot-img-1258476243.cos.ap-guangzhou.myqcloud.com/BHoPdA3/7571665296904772241?sign=REDACTED"
MESSAGES: dict[str, dict[str, Any]] = {
    "msg_text_group": {"group": "CHATID", "text": "hello robot", "quoted_text": "这是今日的测试情况"},
    "msg_mixed_group": {
        "group": "CHATID",
        "text": "这是今日的测试情况",
        "quoted_text": "这是今日的测试情况",
        "media": (SAMPLE,),
    },
    "msg_image_single": {"kind": Kind.IMAGE, "media": (SAMPLE,)},
    "msg_voice_single": {"kind": Kind.VOICE, "text": "这是语音转成文本的内容"},
    "msg_file_single": {"kind": Kind.OTHER},
}
CLICKS = [
    f"event_template_card{suffix}" for suffix in ("", "_button", "_menu", "_multiple", "_vote")
]  # whatever was clicked, the key is what counts
QUIET = ["event_feedback", "event_generic", "msg_stream_refresh_group"]
CARDS = [f"card_{kind}" for kind in ("multiple_interaction", "news_notice", "text_notice", "vote_interaction")]
OFFER = Outgoing("out-7", "新任务 1001\n3号楼灯坏了 https://e.test/t/1", account="u1", orders=("接 1001", "退 1001"))


def example(name: str, folder: str = "aibot") -> Any:
    return json.loads((VECTORS / folder / f"{name}.json").read_text("utf-8"))


def shape(value: Any) -> Any:
    """Names and types, without what they hold."""
    if isinstance(value, dict):
        return {name: shape(part) for name, part in value.items()}
    return [shape(part) for part in value[:1]] if isinstance(value, list) else type(value).__name__


def fits(ours: Any, theirs: Any) -> bool:
    """Whether ours holds nothing that theirs has not, with the same types; a document shows all that is possible."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return all(name in theirs and fits(part, theirs[name]) for name, part in ours.items())
    if isinstance(ours, list) and isinstance(theirs, list):
        return all(fits(part, theirs[0]) for part in ours)
    return type(ours) is type(theirs)


@pytest.mark.parametrize("name", MESSAGES)
def test_messages(robot: WecomRobot, name: str) -> None:
    content = example(name)
    wanted = IncomingMessage(
        **{
            "channel": "wecom_robot",
            "platform_id": content["msgid"],
            "sender": "USERID",
            "sent_at": MONDAY,
            "addressed": True,
            **MESSAGES[name],
        }
    )
    assert opened(robot, content).message == wanted


@pytest.mark.parametrize("name", CLICKS)
def test_pressed_buttons(robot: WecomRobot, name: str) -> None:
    received = opened(robot, example(name))
    assert received.message is not None
    assert (received.message.text, received.message.sender) == ("button_replace_text", "USERID")
    assert (received.message.group, received.message.sent_at.timestamp()) == (None, 1_700_000_000)
    assert (received.passive, received.respond(None)) == (False, b"")


@pytest.mark.parametrize("name", QUIET)
def test_what_is_only_acknowledged(robot: WecomRobot, name: str) -> None:
    received = opened(robot, example(name))
    assert (received.message, received.respond(None)) == (None, b"")


def test_a_welcome(robot: WecomRobot) -> None:
    welcome = unsealed(opened(robot, example("event_enter_chat")).respond(None))
    assert shape(welcome) == shape(example("reply_text_welcome"))


def test_quotes(robot: WecomRobot) -> None:
    """The document's structure names every kind of quote at once; only the one of its type is sent."""
    whole = example("struct_quote_all")
    found = {}
    for kind in ("text", "image", "mixed", "voice", "file"):
        quote = {"msgtype": kind, kind: whole[kind]}
        message = opened(robot, example("msg_text_group") | {"quote": quote}).message
        assert message is not None
        found[kind] = (message.quoted_text, message.media)
    assert found == {
        "text": ("这是今日的测试情况", ()),
        "image": ("", ("URL",)),
        "mixed": ("@机器人 这是今日的测试情况", ("URL",)),
        "voice": ("这是语音转成文本的内容", ()),
        "file": ("", ()),
    }
    assert opened(robot, example("msg_text_group") | {"quote": whole}).message is not None


def test_envelopes(robot: WecomRobot) -> None:
    body, query = sealed(example("msg_text_group"))
    assert shape(json.loads(body)) == shape(example("envelope_in"))
    answer = json.loads(robot.open(body, query).respond("已登记"))
    assert list(answer) == list(example("envelope_out"))
    assert shape(answer) == shape(example("envelope_out"))


def test_answers(robot: WecomRobot) -> None:
    answer = unsealed(opened(robot, example("msg_text_group")).respond("已登记"))
    assert fits(answer, example("reply_stream"))
    assert fits(answer["stream"], example("reply_stream_with_template_card")["stream"])


def test_later_answers(robot_database: Database) -> None:
    said = []

    def platform(request: httpx2.Request) -> httpx2.Response:
        said.append(json.loads(request.content))
        return httpx2.Response(200, json={"errcode": 0})

    robot = robot_on(robot_database, httpx2.MockTransport(platform))
    for name in ("msg_text_group", "msg_image_single"):
        ticket = {"response_url": f"{API}/cgi-bin/aibot/response?response_code=CODE{name}"}
        opened(robot, example(name) | ticket)
    robot.send(Outgoing("out-1", "已登记", group="CHATID"))
    robot.send(Outgoing("out-2", OFFER.text, account="USERID", orders=OFFER.orders))
    assert fits(said[0], example("response_url_markdown"))
    assert list(said[1]) == list(example("reply_template_card"))
    assert fits(said[1]["template_card"], example("card_button_interaction"))
    click = example("event_template_card_button") | {"chattype": "single"}
    click["event"]["template_card_event"] |= {"event_key": "接 1001", "task_id": task_id("out-2", OFFER.text)}
    update = unsealed(opened(robot, click).respond(None))
    assert set(update) <= set(example("reply_update_template_card"))
    assert update["response_type"] == example("reply_update_template_card")["response_type"]
    assert fits(update["template_card"], example("card_button_interaction"))


@pytest.mark.parametrize("name", CARDS)
def test_cards_of_other_kinds(robot: WecomRobot, name: str) -> None:
    """We send none of them; our card shares their parts, and whatever is pressed on them is understood."""
    theirs = example(name)
    ours = button_card("out-7", OFFER.text, OFFER.orders, ROBOT_CARD)
    assert ours is not None
    shared = set(ours) & set(theirs)
    assert {"card_type", "main_title", "task_id"} <= shared
    assert all(fits(ours[part], theirs[part]) for part in shared)
    key = theirs.get("submit_button", {}).get("key") or theirs["action_menu"]["action_list"][0]["key"]
    click = example("event_template_card_menu")
    click["event"]["template_card_event"] |= {"event_key": key, "task_id": theirs["task_id"]}
    message = opened(robot, click).message
    assert message is not None
    assert message.text == key


class Line:
    """A robot on its long connection, with the platform played by hand."""

    def __init__(self, platform: RobotPlatform, robot_database: Database) -> None:
        self.platform = platform
        self.connection = LongConnection(platform.url, "BOTID", "SECRET", LeaseHolder(robot_database, "robot"), FAST)
        self.robot = robot_on(robot_database, connection=self.connection)
        self.received: list[IncomingMessage] = []
        self.robot.start(self._receive)
        self.visit: Visit = platform.arrival()
        self.hello = self.visit.frame("aibot_subscribe")
        self.visit.say(example("ack_ok", "aibot_ws") | {"headers": self.hello["headers"]})
        assert self.connection.wait_until_ready(PATIENCE_SECONDS)

    def _receive(self, message: IncomingMessage, passive: bool) -> str | None:
        self.received.append(message)
        return None if message.text == "接 1001" else "已登记"

    def exchange(self, work: Callable[[], Any], command: str, answer: str = "ack_ok") -> tuple[dict[str, Any], Any]:
        """The frame we send while doing something, answered by an example, and what came of it."""
        with ThreadPoolExecutor(1) as thread:
            working = thread.submit(work)
            frame = self.visit.frame(command)
            self.visit.say(example(answer, "aibot_ws") | {"headers": frame["headers"]})
            return frame, working.result(PATIENCE_SECONDS)


@pytest.fixture
def line(robot_database: Database) -> Iterator[Line]:
    with RobotPlatform().open() as platform:
        line = Line(platform, robot_database)
        yield line
        line.robot.close()


def _like(frame: dict[str, Any], name: str) -> bool:
    return fits(frame, example(name, "aibot_ws")) and list(frame) == list(example(name, "aibot_ws"))


def test_subscribing(line: Line) -> None:
    wanted = example("subscribe_request", "aibot_ws")
    assert line.hello | {"headers": wanted["headers"]} == wanted


def test_pings(robot_database: Database) -> None:
    with RobotPlatform().open() as platform:
        platform.answers_pings = False
        timing = Timing(ping=0.02, pong=PATIENCE_SECONDS, look_for_lease=0.02)
        connection = LongConnection(platform.url, "BOTID", "SECRET", LeaseHolder(robot_database, "robot"), timing)
        connection.start(lambda frame: None)
        ping = platform.visit().frame("ping")
        connection.close()
    wanted = example("ping_request", "aibot_ws")
    assert ping | {"headers": wanted["headers"]} == wanted


def test_a_message_over_the_connection_and_its_answer(line: Line) -> None:
    frame, _ = line.exchange(
        lambda: line.visit.say(example("msg_callback_text_group", "aibot_ws")), "aibot_respond_msg"
    )
    assert _like(frame, "respond_stream_request")
    assert frame["headers"] == {"req_id": "REQUEST_ID"}
    (message,) = line.received
    assert (message.text, message.group, message.sender, message.platform_id) == (
        "hello robot",
        "CHATID",
        "USERID",
        "MSGID",
    )


def test_somebody_comes_in_over_the_connection(line: Line) -> None:
    frame, _ = line.exchange(
        lambda: line.visit.say(example("event_callback_enter_chat", "aibot_ws")), "aibot_respond_welcome_msg"
    )
    assert shape(frame) == shape(example("respond_welcome_request", "aibot_ws"))


def test_being_kicked(line: Line) -> None:
    line.visit.say(example("event_callback_disconnected", "aibot_ws"))
    assert line.visit.over.wait(PATIENCE_SECONDS)
    line.platform.visit()
    assert line.connection.wait_until_ready(PATIENCE_SECONDS)


def test_pushing_over_the_connection(line: Line) -> None:
    frame, _ = line.exchange(lambda: line.robot.send(Outgoing("out-1", "进展", account="u1")), "aibot_send_msg")
    assert shape(frame) == shape(example("send_msg_request", "aibot_ws"))
    assert frame["body"]["chat_type"] == 1


def test_changing_a_card_over_the_connection(line: Line) -> None:
    line.exchange(lambda: line.robot.send(OFFER), "aibot_send_msg")
    click = {"event_key": "接 1001", "task_id": task_id(OFFER.key, OFFER.text)}
    event = example("event_callback_enter_chat", "aibot_ws")
    event["body"]["event"] = {"eventtype": "template_card_event", "template_card_event": click}
    frame, _ = line.exchange(lambda: line.visit.say(event), "aibot_respond_update_msg")
    card = frame["body"].pop("template_card")
    assert _like(frame, "respond_update_card_request")
    assert fits(card, example("card_button_interaction"))
    # What the long connection's own example of a card has beside its feedback, ours has too.
    wanted = example("respond_update_card_request", "aibot_ws")["body"]["template_card"]
    assert set(wanted) - {"feedback"} <= set(card)


@pytest.mark.parametrize("kind", ["file", "image", "voice", "video"])
def test_other_bodies_travel_as_they_are(line: Line, kind: str) -> None:
    """We send none of them today; the connection takes any body."""
    body = example(f"body_{kind}", "aibot_ws")
    frame, answer = line.exchange(lambda: line.connection.request("aibot_send_msg", body), "aibot_send_msg")
    assert (frame["body"], answer["errcode"]) == (body, 0)


@pytest.mark.parametrize("step", ["init", "chunk", "finish"])
def test_uploads_travel_as_they_are(line: Line, step: str) -> None:
    """As the bodies above; what the platform gives in return comes back whole."""
    wanted = example(f"upload_{step}_request", "aibot_ws")
    answer = "ack_ok" if step == "chunk" else f"upload_{step}_response"
    frame, got = line.exchange(lambda: line.connection.request(wanted["cmd"], wanted["body"]), wanted["cmd"], answer)
    assert frame | {"headers": wanted["headers"]} == wanted
    assert got.get("body") == example(answer, "aibot_ws").get("body")


@pytest.mark.parametrize(("kind", "media"), [("image", ("AESKEY|URL",)), ("file", ()), ("video", ())])
def test_media_with_their_own_key(robot: WecomRobot, kind: str, media: tuple[str, ...]) -> None:
    content = example("msg_image_single") | {"msgtype": kind} | example(f"media_struct_{kind}", "aibot_ws")
    if kind != "image":
        del content["image"]
    message = opened(robot, content).message
    assert message is not None
    assert message.media == media


def test_no_example_is_left_out() -> None:
    """A new file in the folders must be looked at here."""
    callback = {*MESSAGES, *CLICKS, *QUIET, *CARDS, "event_enter_chat", "struct_quote_all"}
    callback |= {"envelope_in", "envelope_out", "card_button_interaction", "response_url_markdown"}
    callback |= {f"reply_{kind}" for kind in ("stream", "stream_with_template_card", "template_card", "text_welcome")}
    callback.add("reply_update_template_card")
    connection = {f"upload_{step}_request" for step in ("init", "chunk", "finish")}
    connection |= {"upload_init_response", "upload_finish_response", "ack_ok", "ping_request", "subscribe_request"}
    connection |= {f"body_{kind}" for kind in ("file", "image", "voice", "video")}
    connection |= {f"media_struct_{kind}" for kind in ("file", "image", "video")}
    connection |= {f"respond_{kind}_request" for kind in ("stream", "update_card", "welcome")}
    connection |= {"event_callback_disconnected", "event_callback_enter_chat"}
    connection |= {"msg_callback_text_group", "send_msg_request"}
    for folder, known in (("aibot", callback), ("aibot_ws", connection)):
        assert {path.stem for path in (VECTORS / folder).glob("*.json")} == known
