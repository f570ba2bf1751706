"""The robot over its long connection: stored, answered under the same request, given back where that is refused."""

import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from bot.channels import ChannelBusy, ChannelUnsure, Outgoing, RecipientGone
from bot.channels.cards import task_id
from bot.channels.wecom_robot import WecomRobot
from bot.channels.wecom_robot.answers import Cards
from bot.channels.wecom_robot.frames import NOT_STORED, FrameHandler
from bot.channels.wecom_robot.long_connection import LongConnection
from bot.channels.wecom_robot.session import Timing
from bot.leases import LeaseHolder
from data.database import Database
from data.models import Message
from handlers import replies
from handlers.message import IncomingMessage, Reach
from tests.bot.channels.robot_office import robot_on
from tests.bot.channels.robot_platform import PATIENCE_SECONDS, RobotPlatform, Visit
from tests.databases import SqliteDatabases
from tests.talking import MONDAY, Talk

FAST = Timing(ack=PATIENCE_SECONDS, look_for_lease=0.02, first_pause=0.01, longest_pause=0.05)
GROUP = {"msgid": "m1", "chattype": "group", "chatid": "c1", "from": {"userid": "u1"}}
TEXT = GROUP | {"msgtype": "text", "text": {"content": "@随手拍 3号楼灯坏了"}}
OFFER = Outgoing("out-7", "新任务 1001\n3号楼灯坏了", account="u1", orders=("接 1001", "退 1001"))


@pytest.fixture
def database(sqlite_databases: SqliteDatabases) -> Iterator[Database]:
    with sqlite_databases.seeded() as url:
        database = Database(url)
        yield database
        database.close()


class Scene:
    """A robot that is connected; `answers` are what our side says, in turn, or raises. It takes answers back."""

    def __init__(self, platform: RobotPlatform, database: Database, timing: Timing = FAST) -> None:
        lease = LeaseHolder(database, "wecom_robot")
        self.connection = LongConnection(platform.url, "BOT", "the-secret", lease, timing)
        self.robot: WecomRobot = robot_on(database, connection=self.connection, give_back=self.give_back)
        self.given_back: queue.Queue[str] = queue.Queue()
        self.knows_answers = True
        self.received: queue.Queue[tuple[IncomingMessage, bool]] = queue.Queue()
        self.answers: queue.Queue[str | Exception | None] = queue.Queue()
        self.robot.start(self.receive)
        self.visit: Visit = platform.visit()
        assert self.connection.wait_until_ready(PATIENCE_SECONDS)

    def receive(self, message: IncomingMessage, passive: bool) -> str | None:
        self.received.put((message, passive))
        answer = self.answers.get(timeout=PATIENCE_SECONDS)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def give_back(self, message: IncomingMessage) -> bool:
        self.given_back.put(message.platform_id)
        return self.knows_answers

    def told(self, body: dict[str, Any], request_id: str = "r1", kind: str = "msg") -> None:
        self.visit.say({"cmd": f"aibot_{kind}_callback", "headers": {"req_id": request_id}, "body": body})

    def next_received(self) -> tuple[IncomingMessage, bool]:
        return self.received.get(timeout=PATIENCE_SECONDS)


@pytest.fixture
def platform() -> Iterator[RobotPlatform]:
    with RobotPlatform().open() as platform:
        yield platform


@pytest.fixture
def scene(platform: RobotPlatform, database: Database) -> Iterator[Scene]:
    scene = Scene(platform, database)
    yield scene
    scene.robot.close()


def test_an_answer_under_the_same_request(scene: Scene) -> None:
    scene.answers.put("已登记 1001")
    scene.told(TEXT)
    answer = scene.visit.frame("aibot_respond_msg")
    scene.visit.acknowledge(answer)
    message, passive = scene.next_received()
    assert (message.text, message.group, message.sent_at, passive) == ("3号楼灯坏了", "c1", MONDAY, True)
    assert answer["headers"] == {"req_id": "r1"}
    assert answer["body"]["stream"] | {"id": ""} == {"id": "", "finish": True, "content": "已登记 1001"}


def test_silence_says_nothing(scene: Scene) -> None:
    for request_id, answer in (("r1", None), ("r2", "已登记")):
        scene.answers.put(answer)
        scene.told(TEXT | {"msgid": request_id}, request_id)
    answer_frame = scene.visit.frame("aibot_respond_msg")
    scene.visit.acknowledge(answer_frame)
    assert answer_frame["headers"] == {"req_id": "r2"}


def test_one_after_the_other_and_twice_the_same_is_answered_once(scene: Scene) -> None:
    for number in (1, 1, 2):
        scene.answers.put(f"回答 {number}")
        scene.told(TEXT | {"msgid": f"m{number}"}, f"r{number}")
    first, second = (_acknowledged(scene.visit, "aibot_respond_msg") for _ in range(2))
    assert [frame["body"]["stream"]["content"] for frame in (first, second)] == ["回答 1", "回答 2"]
    assert [scene.next_received()[0].platform_id for _ in range(3)] == ["m1", "m1", "m2"]
    assert scene.visit.nothing_more()


def _acknowledged(visit: Visit, command: str, code: int = 0) -> dict[str, Any]:
    frame = visit.frame(command)
    visit.acknowledge(frame, code)
    return frame


@pytest.mark.parametrize("code", [-1, 45009, 846605, 846607, 846608, 600039])
def test_an_answer_refused_is_given_back(scene: Scene, code: int) -> None:
    scene.answers.put("已登记 1001")
    scene.told(TEXT)
    _acknowledged(scene.visit, "aibot_respond_msg", code)
    assert scene.given_back.get(timeout=PATIENCE_SECONDS) == "m1"
    scene.answers.put(None)
    scene.told(TEXT | {"msgid": "m2"}, "r2")
    assert [scene.next_received()[0].platform_id for _ in range(2)] == ["m1", "m2"]
    assert scene.visit.nothing_more()


def test_a_refused_answer_that_is_not_ours_any_more_is_given_up(scene: Scene) -> None:
    """Its row was deleted meanwhile, and so nobody may be told what it said."""
    scene.knows_answers = False
    scene.answers.put("已登记 1001")
    scene.told(TEXT)
    _acknowledged(scene.visit, "aibot_respond_msg", 846605)
    scene.answers.put("好")
    scene.told(TEXT | {"msgid": "m2"}, "r2")
    assert _acknowledged(scene.visit, "aibot_respond_msg")["headers"] == {"req_id": "r2"}


def test_what_may_have_arrived_is_not_said_again(platform: RobotPlatform, database: Database) -> None:
    scene = Scene(platform, database, Timing(ack=0.05))
    scene.answers.put("已登记 1001")
    scene.told(TEXT)
    scene.visit.frame("aibot_respond_msg")
    scene.answers.put("好")
    scene.told(TEXT | {"msgid": "m2"}, "r2")
    assert scene.visit.frame("aibot_respond_msg")["headers"] == {"req_id": "r2"}
    scene.robot.close()


def test_an_answer_the_connection_did_not_live_to_take_is_given_back(platform: RobotPlatform, scene: Scene) -> None:
    scene.told(TEXT)
    scene.next_received()
    scene.visit.close()
    assert scene.visit.over.wait(PATIENCE_SECONDS)
    visit = platform.visit()
    assert scene.connection.wait_until_ready(PATIENCE_SECONDS)
    # Only now our side is done: the request belongs to a connection of the past.
    scene.answers.put("已登记 1001")
    _acknowledged(visit, "aibot_respond_msg", 846605)
    assert scene.given_back.get(timeout=PATIENCE_SECONDS) == "m1"


def test_what_came_before_the_end_is_stored_and_answered_through_the_outbox(
    platform: RobotPlatform, scene: Scene
) -> None:
    scene.told(TEXT)
    scene.told(TEXT | {"msgid": "m2"}, "r2")
    scene.next_received()
    scene.visit.close()
    arrival = platform.arrival()  # not yet let in
    hello = arrival.frame("aibot_subscribe")
    scene.answers.put(None)
    message, passive = scene.next_received()
    assert (message.platform_id, passive) == ("m2", False)
    scene.answers.put(None)
    arrival.acknowledge(hello)


def test_who_comes_in_is_welcomed(scene: Scene) -> None:
    event = {"msgid": "m1", "msgtype": "event", "from": {"userid": "u1"}, "event": {"eventtype": "enter_chat"}}
    scene.told(event, "r9", "event")
    welcome = _acknowledged(scene.visit, "aibot_respond_welcome_msg")
    assert (welcome["headers"]["req_id"], welcome["body"]["text"]["content"]) == ("r9", replies.HELP_RESIDENT)


def _sent(scene: Scene, outgoing: Outgoing, code: int = 0) -> dict[str, Any]:
    with ThreadPoolExecutor(1) as thread:
        sending = thread.submit(scene.robot.send, outgoing)
        frame = _acknowledged(scene.visit, "aibot_send_msg", code)
        sending.result(PATIENCE_SECONDS)
    body: dict[str, Any] = frame["body"]
    return body


def test_pushes(scene: Scene) -> None:
    assert _sent(scene, Outgoing("out-1", "**进展** 1001", group="c1")) == {
        "chatid": "c1",
        "chat_type": 2,
        "msgtype": "markdown",
        "markdown": {"content": "＊＊进展＊＊ 1001"},
    }
    single = _sent(scene, OFFER)
    assert (single["chatid"], single["chat_type"], single["msgtype"]) == ("u1", 1, "template_card")
    with pytest.raises(RecipientGone):
        _sent(scene, OFFER, 93006)


def test_a_pressed_button(scene: Scene) -> None:
    _sent(scene, OFFER)
    click = {"event_key": "接 1001", "task_id": task_id(OFFER.key, OFFER.text)}
    event = {"eventtype": "template_card_event", "template_card_event": click}
    scene.answers.put(None)
    scene.told(
        {"msgid": "m5", "msgtype": "event", "chattype": "single", "from": {"userid": "u1"}, "event": event},
        kind="event",
    )
    update = _acknowledged(scene.visit, "aibot_respond_update_msg")
    message, passive = scene.next_received()
    assert (message.text, message.group, passive) == ("接 1001", None, False)
    assert list(update["body"]) == ["response_type", "template_card"]
    assert [button["text"] for button in update["body"]["template_card"]["button_list"]] == ["已提交"]


def test_a_button_whose_card_cannot_be_changed_still_counts(scene: Scene) -> None:
    _sent(scene, OFFER)
    click = {"event_key": "接 1001", "task_id": task_id(OFFER.key, OFFER.text)}
    event = {"eventtype": "template_card_event", "template_card_event": click}
    scene.answers.put(None)
    scene.told({"msgid": "m5", "msgtype": "event", "from": {"userid": "u1"}, "event": event}, kind="event")
    _acknowledged(scene.visit, "aibot_respond_update_msg", 846605)
    assert scene.next_received()[0].text == "接 1001"


def test_what_is_not_understood_is_passed_over(scene: Scene) -> None:
    for body in ({}, {"msgtype": "hologram"}, TEXT | {"from": None}, {"msgtype": "event"}):
        scene.told(body)
    scene.answers.put(None)
    scene.told(TEXT | {"msgid": "m2"})
    assert scene.next_received()[0].platform_id == "m2"
    assert scene.visit.nothing_more()


def test_what_it_declares(platform: RobotPlatform, scene: Scene, database: Database) -> None:
    assert (scene.robot.reach("u1"), scene.robot.can_send_now) == (Reach.AFTER_SPEAKING, True)
    assert scene.robot.problem == ""
    other = LongConnection(platform.url, "BOT", "x", LeaseHolder(database, "wecom_robot"), FAST)
    replica = robot_on(database, connection=other)
    with pytest.raises(ChannelBusy):
        replica.send(OFFER)
    assert not replica.can_send_now
    assert replica.problem


def test_the_whole_way_through_the_inbox(platform: RobotPlatform, database: Database, sqlite_talk: Talk) -> None:
    connection = LongConnection(platform.url, "BOT", "x", LeaseHolder(database, "robot"), FAST)
    robot = robot_on(database, connection=connection)
    robot.start(lambda message, passive: sqlite_talk.bot.inbox.receive(message, MONDAY, passive=passive))
    visit = platform.visit()
    assert connection.wait_until_ready(PATIENCE_SECONDS)
    said = []
    for number, body in enumerate((TEXT, TEXT | {"chattype": "single", "msgid": "m2"})):
        visit.say({"cmd": "aibot_msg_callback", "headers": {"req_id": f"r{number}"}, "body": body})
        said.append(_acknowledged(visit, "aibot_respond_msg")["body"]["stream"]["content"])
    robot.close()
    assert said[0] == replies.GROUP_UNKNOWN
    assert {row.channel for row in sqlite_talk.rows(Message)} == {"wecom_robot"}
    assert said[1]


class Failing:
    """Our own store, which fails so many times, whatever is asked of it."""

    def __init__(self, failures: int) -> None:
        self.calls = 0
        self.worked = threading.Event()
        self._failures = failures

    def __call__(self, message: IncomingMessage, passive: bool) -> str | None:
        self._try()
        return "已登记 1001"

    def give_back(self, message: IncomingMessage) -> bool:
        self._try()
        return True

    def _try(self) -> None:
        self.calls += 1
        if self.calls <= self._failures:
            raise OperationalError("INSERT", {}, Exception("disk full"))
        self.worked.set()


@pytest.mark.parametrize(("failures", "said"), [(1, "已登记 1001"), (2, "已登记 1001"), (3, NOT_STORED)])
def test_our_own_store_fails(platform: RobotPlatform, database: Database, failures: int, said: str) -> None:
    """The platform does not repeat: we try again, and in the end the sender is asked to."""
    connection = LongConnection(platform.url, "BOT", "x", LeaseHolder(database, "robot"), FAST)
    store = Failing(failures)
    FrameHandler(connection, Cards(), lambda: MONDAY, store.give_back, store_again=(0.01, 0.01)).start(store)
    visit = platform.visit()
    assert connection.wait_until_ready(PATIENCE_SECONDS)
    visit.say({"cmd": "aibot_msg_callback", "headers": {"req_id": "r1"}, "body": TEXT})
    assert _acknowledged(visit, "aibot_respond_msg")["body"]["stream"]["content"] == said
    assert store.calls == min(failures + 1, 3)
    connection.close()


def test_an_apology_refused_is_pushed(platform: RobotPlatform, database: Database) -> None:
    """Nothing of it is stored, so there is nothing to give back."""
    connection = LongConnection(platform.url, "BOT", "x", LeaseHolder(database, "robot"), FAST)
    store = Failing(1)
    FrameHandler(connection, Cards(), lambda: MONDAY, store.give_back, store_again=()).start(store)
    visit = platform.visit()
    assert connection.wait_until_ready(PATIENCE_SECONDS)
    visit.say({"cmd": "aibot_msg_callback", "headers": {"req_id": "r1"}, "body": TEXT})
    _acknowledged(visit, "aibot_respond_msg", 846605)
    push = _acknowledged(visit, "aibot_send_msg")
    connection.close()
    assert push["body"]["markdown"] == {"content": NOT_STORED}
    assert store.calls == 1


def test_our_own_store_fails_when_an_answer_is_given_back(platform: RobotPlatform, database: Database) -> None:
    connection = LongConnection(platform.url, "BOT", "x", LeaseHolder(database, "robot"), FAST)
    store = Failing(2)
    handler = FrameHandler(connection, Cards(), lambda: MONDAY, store.give_back, store_again=(0.01, 0.01))
    handler.start(lambda message, passive: "已登记 1001")
    visit = platform.visit()
    assert connection.wait_until_ready(PATIENCE_SECONDS)
    visit.say({"cmd": "aibot_msg_callback", "headers": {"req_id": "r1"}, "body": TEXT})
    _acknowledged(visit, "aibot_respond_msg", 846605)
    assert store.worked.wait(PATIENCE_SECONDS)
    connection.close()
    assert store.calls == 3


def test_cut_off_while_sending_nobody_knows(scene: Scene) -> None:
    with ThreadPoolExecutor(1) as thread:
        sending = thread.submit(scene.robot.send, OFFER)
        scene.visit.frame("aibot_send_msg")
        scene.visit.cut()
        with pytest.raises(ChannelUnsure):
            sending.result(PATIENCE_SECONDS)


def test_many_threads_send_while_messages_come_in(scene: Scene) -> None:
    """Acknowledgements find whoever waits for them, while the handler is busy."""
    taking: list[Callable[[], None]] = []
    for number in range(20):
        scene.answers.put(None)
        scene.told(TEXT | {"msgid": f"m{number}"}, f"r{number}")
        taking.append(lambda: scene.visit.acknowledge(scene.visit.frame("aibot_send_msg")))
    platform = threading.Thread(target=lambda: [take() for take in taking])
    platform.start()
    with ThreadPoolExecutor(5) as threads:
        texts = [Outgoing(f"out-{number}", f"进展 {number}", group="c1") for number in range(20)]
        assert len(list(threads.map(scene.robot.send, texts))) == 20
    platform.join()
    assert [scene.next_received()[0].platform_id for _ in range(20)] == [f"m{number}" for number in range(20)]
