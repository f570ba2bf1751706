"""The robot's long connection over real sockets: whatever ends it, it comes back; one process holds it at a time."""

import itertools
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from bot.channels import ChannelBusy, ChannelError, ChannelMisconfigured, ChannelUnsure, RecipientGone
from bot.channels.wecom_robot.long_connection import LongConnection
from bot.channels.wecom_robot.pauses import Pauses
from bot.channels.wecom_robot.session import Frame, Timing
from bot.leases import LeaseHolder
from data.database import Database
from tests.bot.channels.robot_platform import PATIENCE_SECONDS, RobotPlatform, Visit
from tests.databases import SqliteDatabases

FAST = Timing(
    ack=PATIENCE_SECONDS,
    look_for_lease=0.02,
    first_pause=0.01,
    first_pause_refused=0.01,
    first_pause_kicked=0.01,
    longest_pause=0.05,
)
TEXT = {"msgid": "m1", "msgtype": "text", "chattype": "single", "from": {"userid": "u1"}, "text": {"content": "在吗"}}
KICK = {"msgtype": "event", "event": {"eventtype": "disconnected_event"}}


@pytest.fixture
def database(sqlite_databases: SqliteDatabases) -> Iterator[Database]:
    with sqlite_databases.seeded() as url:
        database = Database(url)
        yield database
        database.close()


@pytest.fixture
def platform() -> Iterator[RobotPlatform]:
    with RobotPlatform().open() as platform:
        yield platform


class Ours:
    """Our end, and what it was told."""

    def __init__(self, platform: RobotPlatform, database: Database, timing: Timing, seconds: float) -> None:
        lease = LeaseHolder(database, "robot", seconds=seconds)
        self.connection = LongConnection(platform.url, "BOT", "the-secret", lease, timing)
        self.frames: queue.Queue[Frame] = queue.Queue()

    def next_frame(self) -> Frame:
        return self.frames.get(timeout=PATIENCE_SECONDS)

    def ready(self) -> bool:
        return self.connection.wait_until_ready(PATIENCE_SECONDS)


@contextmanager
def _started(
    platform: RobotPlatform, database: Database, timing: Timing = FAST, lease_seconds: float = 30.0
) -> Iterator[Ours]:
    ours = Ours(platform, database, timing, lease_seconds)
    ours.connection.start(ours.frames.put)
    yield ours
    ours.connection.close()


def _callback(body: dict[str, Any], request_id: str = "r1") -> dict[str, Any]:
    return {"cmd": "aibot_msg_callback", "headers": {"req_id": request_id}, "body": body}


def _problem(ours: Ours, kind: type[ChannelError]) -> ChannelError:
    """Why nothing can be sent; known a moment after the connection is over."""
    for _look in range(500):
        with pytest.raises(ChannelError) as caught:
            ours.connection.request("aibot_send_msg", {})
        if isinstance(caught.value, kind):
            break
        ours.connection.rest(0.01)
    return caught.value


def test_it_shows_who_it_is_and_takes_frames_in_order(platform: RobotPlatform, database: Database) -> None:
    with _started(platform, database) as ours:
        visit = platform.arrival()
        hello = visit.frame("aibot_subscribe")
        assert hello["body"] == {"bot_id": "BOT", "secret": "the-secret"}
        assert not ours.connection.ready
        visit.acknowledge(hello)
        for number in range(20):
            visit.say(_callback(TEXT, f"r{number}"))
        assert [ours.next_frame().request_id for _ in range(20)] == [f"r{number}" for number in range(20)]
        assert ours.connection.ready


def test_a_request_waits_for_its_own_acknowledgement(platform: RobotPlatform, database: Database) -> None:
    with _started(platform, database) as ours:
        visit = platform.visit()
        assert ours.ready()
        answers: queue.Queue[tuple[str, Any]] = queue.Queue()
        for name in ("first", "second"):
            body = {"text": name}
            threading.Thread(
                target=lambda name=name, body=body: answers.put(
                    (name, ours.connection.request("aibot_send_msg", body)["name"])
                )
            ).start()
        frames = [visit.frame("aibot_send_msg") for _ in range(2)]
        visit.acknowledge({"headers": {"req_id": "of nobody"}}, 93006)
        for frame in reversed(frames):
            visit.acknowledge(frame, name=frame["body"]["text"])
        got = [answers.get(timeout=PATIENCE_SECONDS) for _ in frames]
        assert sorted(got) == [("first", "first"), ("second", "second")]


@pytest.mark.parametrize(
    ("code", "kind"),
    [(93006, RecipientGone), (-1, ChannelBusy), (45009, ChannelBusy), (846605, ChannelError), ("x", ChannelUnsure)],
)
def test_a_refused_request(platform: RobotPlatform, database: Database, code: Any, kind: type[ChannelError]) -> None:
    with _started(platform, database) as ours:
        visit = platform.visit()
        assert ours.ready()
        answer = threading.Thread(target=lambda: visit.acknowledge(visit.frame("aibot_send_msg"), code))
        answer.start()
        with pytest.raises(ChannelError) as caught:
            ours.connection.request("aibot_send_msg", {})
        answer.join()
        assert type(caught.value) is kind


def test_without_an_acknowledgement_nobody_knows(platform: RobotPlatform, database: Database) -> None:
    with _started(platform, database, Timing(ack=0.05)) as ours:
        visit = platform.visit()
        assert ours.ready()
        with pytest.raises(ChannelUnsure):
            ours.connection.request("aibot_send_msg", {})
        # An answer that comes too late harms nobody.
        visit.acknowledge(visit.frame("aibot_send_msg"))
        visit.say(_callback(TEXT))
        assert ours.next_frame().body == TEXT


def test_cut_off_while_waiting_nobody_knows(platform: RobotPlatform, database: Database) -> None:
    with _started(platform, database) as ours:
        visit = platform.visit()
        assert ours.ready()
        cut = threading.Thread(target=lambda: (visit.frame("aibot_send_msg"), visit.cut()))
        cut.start()
        with pytest.raises(ChannelUnsure):
            ours.connection.request("aibot_send_msg", {})
        cut.join()


def test_before_it_is_connected_nothing_is_sent(platform: RobotPlatform, database: Database) -> None:
    ours = Ours(platform, database, FAST, 30)
    for _again in range(2):
        with pytest.raises(ChannelBusy):
            ours.connection.request("aibot_send_msg", {})
    ours.connection.close()
    assert platform.visits.empty()


@pytest.mark.parametrize("end", [Visit.close, Visit.cut], ids=["clean close", "unclean close"])
def test_it_comes_back_after_every_end(platform: RobotPlatform, database: Database, end: Any) -> None:
    with _started(platform, database) as ours:
        for number in range(3):
            visit = platform.visit()
            visit.say(_callback(TEXT, f"r{number}"))
            assert ours.next_frame().request_id == f"r{number}"
            end(visit)
            assert visit.over.wait(PATIENCE_SECONDS)


def test_it_comes_back_when_it_is_let_in_and_thrown_out_at_once(platform: RobotPlatform, database: Database) -> None:
    with _started(platform, database) as ours:
        for _ in range(3):
            platform.arrival().close()
        platform.visit()
        assert ours.ready()


def test_a_platform_that_does_not_answer_the_greeting(platform: RobotPlatform, database: Database) -> None:
    with _started(platform, database, Timing(opening=0.1, first_pause=0.01)) as ours:
        platform.arrival().frame("aibot_subscribe")
        platform.visit()
        assert ours.ready()


def test_a_missing_pong_ends_the_connection(platform: RobotPlatform, database: Database) -> None:
    platform.answers_pings = False
    with _started(platform, database, Timing(ping=0.05, pong=0.1, look_for_lease=0.02, first_pause=0.01)) as ours:
        silent = platform.visit()
        silent.frame("ping")
        # Whatever else arrives is no pong.
        silent.say(_callback(TEXT))
        assert ours.next_frame().body == TEXT
        assert silent.over.wait(PATIENCE_SECONDS)
        assert platform.arrival().frame("aibot_subscribe")


def test_with_pongs_it_goes_on(platform: RobotPlatform, database: Database) -> None:
    platform.answers_pings = False
    with _started(platform, database, Timing(ping=0.02, pong=PATIENCE_SECONDS, look_for_lease=0.02)) as ours:
        visit = platform.visit()
        for _ in range(5):
            visit.acknowledge(visit.frame("ping"))
        assert ours.connection.ready
        assert platform.visits.empty()


@pytest.mark.parametrize(
    "garbage",
    [
        "",
        "no JSON",
        "[" * 100_000,
        "[]",
        "null",
        "5",
        b"\xff\x00",
        "{}",
        '{"cmd": 5, "headers": 5, "body": 5}',
        '{"cmd": "aibot_msg_callback"}',
        '{"cmd": "aibot_msg_callback", "headers": {"req_id": 5}, "body": []}',
        '{"cmd": "aibot_event_callback", "headers": null, "body": "event"}',
        '{"cmd": "of_the_future", "headers": {"req_id": "r"}, "body": {}}',
        '{"headers": {"req_id": "unknown"}, "errcode": 93006}',
        '{"headers": {"req_id": ["x"]}, "errcode": 0}',
    ],
    ids=lambda garbage: str(garbage[:40]),
)
def test_garbage_changes_nothing(platform: RobotPlatform, database: Database, garbage: str | bytes) -> None:
    with _started(platform, database) as ours:
        visit = platform.visit()
        visit.say(garbage)
        visit.say(_callback(TEXT))
        assert ours.next_frame().body == TEXT
        assert platform.visits.empty()


def test_a_frame_that_makes_the_handler_fail_does_not_stop_the_next(
    platform: RobotPlatform, database: Database
) -> None:
    ours = Ours(platform, database, FAST, 30)

    def handle(frame: Frame) -> None:
        ours.frames.put(frame)
        raise RuntimeError("a bug")

    ours.connection.start(handle)
    visit = platform.visit()
    for request_id in ("r1", "r2"):
        visit.say(_callback(TEXT, request_id))
        assert ours.next_frame().request_id == request_id
    ours.connection.close()


def test_a_wrong_secret_is_a_matter_for_a_person(platform: RobotPlatform, database: Database) -> None:
    with _started(platform, database) as ours:
        visit = platform.arrival()
        visit.acknowledge(visit.frame("aibot_subscribe"), 40001)
        # It tries again, later and later, and is well as soon as somebody has mended it.
        again = platform.arrival()
        hello = again.frame("aibot_subscribe")
        assert isinstance(_problem(ours, ChannelBusy), ChannelBusy)  # a try is under way
        again.acknowledge(hello)
        assert ours.ready()


def test_a_wrong_secret_is_not_tried_again_and_again(platform: RobotPlatform, database: Database) -> None:
    with _started(platform, database, Timing(first_pause_refused=3600, longest_pause=3600)) as ours:
        visit = platform.arrival()
        visit.acknowledge(visit.frame("aibot_subscribe"), 40001)
        assert visit.over.wait(PATIENCE_SECONDS)
        refused = _problem(ours, ChannelMisconfigured)
        assert "密钥" in str(refused)
        assert "the-secret" not in str(refused)
        assert platform.visits.empty()


def test_pauses_grow_up_to_a_limit() -> None:
    pauses = Pauses(900)
    grown = [pauses.next(60) for _ in range(100)]
    middle = [60 * 2**n for n in range(4)] + [900] * 96
    assert all(0.8 * exact <= pause <= 1.2 * exact for pause, exact in zip(grown, middle, strict=True))
    assert all(one < other for one, other in itertools.pairwise(grown[:4]))
    assert len(set(grown)) > 90  # with jitter, so that replicas do not come together
    pauses.reset()
    assert pauses.next(1) <= 1.2


def test_kicked_it_leaves_the_lease_to_others_and_comes_back(platform: RobotPlatform, database: Database) -> None:
    timing = Timing(first_pause_kicked=3600, longest_pause=3600, look_for_lease=0.02)
    with _started(platform, database, timing) as kicked:
        visit = platform.visit()
        assert kicked.ready()
        visit.say({"cmd": "aibot_event_callback", "headers": {"req_id": "r1"}, "body": KICK})
        assert visit.over.wait(PATIENCE_SECONDS)
        with _started(platform, database) as other:
            platform.visit()
            assert other.ready()
        with pytest.raises(ChannelBusy, match="挤下线"):
            kicked.connection.request("aibot_send_msg", {})
        assert platform.visits.empty()


def test_after_a_kick_it_comes_back_by_itself(platform: RobotPlatform, database: Database) -> None:
    with _started(platform, database) as ours:
        platform.visit().say({"cmd": "aibot_event_callback", "headers": {"req_id": "r1"}, "body": KICK})
        platform.visit()
        assert ours.ready()


def test_of_two_replicas_one_connects_and_the_other_takes_over(platform: RobotPlatform, database: Database) -> None:
    with _started(platform, database) as first:
        platform.visit()
        assert first.ready()
        with _started(platform, database) as second:
            with pytest.raises(ChannelBusy):
                second.connection.request("aibot_send_msg", {})
            assert platform.visits.empty()
            first.connection.close()
            platform.visit()
            assert second.ready()
            assert not first.connection.ready
            assert platform.visits.empty()


def test_a_holder_that_lost_its_lease_hangs_up(platform: RobotPlatform, database: Database) -> None:
    """As after a long pause of the whole process: somebody else has taken over meanwhile."""
    with _started(platform, database, lease_seconds=0.06) as slow:
        visit = platform.visit()
        thief = LeaseHolder(database, "robot", seconds=3600)
        while not thief.take():
            slow.connection.rest(0.01)
            with database.writing() as session:  # time passes for everybody but the holder
                session.connection().exec_driver_sql("UPDATE leases SET until = '2000-01-01 00:00:00'")
                session.commit()
        assert visit.over.wait(PATIENCE_SECONDS)
        assert not slow.connection.wait_until_ready(0.1)


def test_a_holder_cut_off_from_the_database_stops_in_time(platform: RobotPlatform, database: Database) -> None:
    """Others may take over by then, so it must not go on for a moment longer."""
    with _started(platform, database, lease_seconds=0.2) as ours:
        visit = platform.visit()
        assert ours.ready()
        with database.writing() as session:
            session.connection().exec_driver_sql("ALTER TABLE leases RENAME TO lost")
            session.commit()
        assert visit.over.wait(PATIENCE_SECONDS)
        assert isinstance(_problem(ours, ChannelBusy), ChannelBusy)
        assert platform.visits.empty()
        with database.writing() as session:
            session.connection().exec_driver_sql("ALTER TABLE lost RENAME TO leases")
            session.commit()
        platform.visit()
        assert ours.ready()


def test_closed_it_handles_what_came_and_lets_go(platform: RobotPlatform, database: Database) -> None:
    ours = Ours(platform, database, FAST, 30)
    started, go_on = threading.Event(), threading.Event()

    def handle(frame: Frame) -> None:
        started.set()
        go_on.wait(PATIENCE_SECONDS)
        ours.frames.put(frame)

    ours.connection.start(handle)
    visit = platform.visit()
    for number in range(5):
        visit.say(_callback(TEXT, f"r{number}"))
    assert started.wait(PATIENCE_SECONDS)
    visit.close()  # what was said before the end has arrived before the end
    assert platform.arrival()
    closing = threading.Thread(target=ours.connection.close)
    closing.start()
    go_on.set()
    closing.join()
    assert [ours.next_frame().request_id for _ in range(5)] == [f"r{number}" for number in range(5)]
    assert LeaseHolder(database, "robot").take()
