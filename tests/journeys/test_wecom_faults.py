"""Everything the platform is known to do wrong, once for each way in and out: nothing is lost or said twice."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from bot.channels.wecom_robot.session import Timing
from bot.simulator.platform import Fate, Fault
from data.models import Case, ChannelState, Media, MediaState, Message, OutboxMessage, OutboxStatus
from tests.databases import SqliteDatabases
from tests.journeys.test_over_http import photo_with_position
from tests.journeys.wecom import (
    FAST,
    GROUP,
    PATIENCE,
    RESIDENT,
    ROBOT,
    System,
    eventually,
    still_system,
)

WORDS, OTHER = "3号楼2单元楼道灯坏了三天了", "3号楼1单元垃圾好几天没人收"
LINE, ON_DUTY = "1001 已办结。", "zhao.haitao"
# Longer than the client waits for an answer.
SECONDS = 2.5
# The platform has done its work, or nobody can know whether it has.
DONE = {Fault.LOST_ANSWER, Fault.CUT, Fault.LATENCY}
UNSURE = {Fault.LOST_ANSWER, Fault.CUT, Fault.HANG, Fault.SERVER_ERROR, Fault.HTML}
AT_CALLS = [
    Fault.LATENCY,
    Fault.HANG,
    Fault.LOST_ANSWER,
    Fault.CUT,
    Fault.SERVER_ERROR,
    Fault.HTML,
    Fault.BUSY,
    Fault.RATE,
    Fault.PARALLEL,
]
WAYS = {"webhook/send": "wecom_webhook", "aibot/response": "wecom_robot", "aibot_send_msg": "wecom_robot"}
# What a WebSocket knows of them; the rest is of HTTP.
OVER_THE_LINE = {Fault.LATENCY, Fault.HANG, Fault.LOST_ANSWER, Fault.BUSY, Fault.RATE, Fault.PARALLEL}
Start = Callable[..., System]


@pytest.fixture
def start(sqlite_databases: SqliteDatabases, model_path: Path, tmp_path: Path) -> Iterator[Start]:
    """Makes the one system of a test, with the robot by callback or over the long connection."""
    with ExitStack() as stack:

        def started(*, long: bool = False, timing: Timing = FAST) -> System:
            url = stack.enter_context(sqlite_databases.seeded())
            return stack.enter_context(still_system(url, model_path, tmp_path, long=long, timing=timing))

        yield started


@pytest.fixture
def system(start: Start) -> System:
    return start()


@pytest.fixture(params=["app", "callback", "long"])
def way_in(start: Start, request: pytest.FixtureRequest) -> tuple[System, Callable[[str], Fate]]:
    """A system, and how a resident says something to it."""
    system = start(long=request.param == "long")

    def say(words: str) -> Fate:
        if request.param == "app":
            return system.platform.say_to_app(RESIDENT, words).fate
        return system.platform.say_to_robot(RESIDENT, GROUP, words).fate

    return system, say


def _some_minutes(system: System) -> None:
    for _minute in range(8):
        system.pass_time(60)


def _answers(system: System) -> list[str]:
    return [line for line in [*system.screen(RESIDENT), *system.group()] if line.startswith("已登记")]


@pytest.mark.parametrize("fault", [*AT_CALLS, Fault.TOKEN_REVOKED])
def test_a_card_arrives_once(system: System, fault: Fault) -> None:
    seconds = 0.2 if fault is Fault.LATENCY else SECONDS
    system.platform.faults.set(fault, endpoint="message/send", times=1, seconds=seconds)
    system.platform.say_to_robot(RESIDENT, GROUP, WORDS)
    _some_minutes(system)
    assert system.platform.faults.happened[fault] == 1
    assert len(system.cards(ON_DUTY)) == 1
    assert {row.status for row in system.rows(OutboxMessage)} == {OutboxStatus.SENT}
    assert system.platform.counters.duplicates_refused == int(fault in DONE and fault is not Fault.LATENCY)


@pytest.mark.parametrize(
    ("endpoint", "fault"),
    [(way, f) for way in WAYS for f in AT_CALLS if way != "aibot_send_msg" or f in OVER_THE_LINE],
)
def test_where_nobody_checks_a_line_is_said_at_most_once(start: Start, endpoint: str, fault: Fault) -> None:
    """What was cut off is marked as unknown instead of being said again; a plain refusal is tried again."""
    system = start(long=endpoint == "aibot_send_msg")
    system.platform.say_to_robot(RESIDENT, GROUP, WORDS)
    eventually(lambda: system.rows(Case))
    seconds = 0.2 if fault is Fault.LATENCY else SECONDS
    system.platform.faults.set(fault, endpoint=endpoint, times=1, seconds=seconds)
    system.queue(LINE, channel=WAYS[endpoint], group=GROUP)
    _some_minutes(system)
    assert system.platform.faults.happened[fault] == 1
    [row] = [row for row in system.rows(OutboxMessage) if row.text == LINE]
    assert row.status is (OutboxStatus.UNKNOWN if fault in UNSURE else OutboxStatus.SENT)
    assert system.group().count(LINE) == int(fault not in UNSURE or fault in DONE)


@pytest.mark.parametrize(
    ("channel", "group", "number"), [("wecom_app", None, 80), ("wecom_webhook", GROUP, 60), ("wecom_robot", GROUP, 80)]
)
def test_too_many_at_once_are_spread_and_merged(start: Start, channel: str, group: str | None, number: int) -> None:
    """Beyond its limits the platform refuses, or drops without a word."""
    system = start(long=channel == "wecom_robot")
    system.platform.say_to_robot(RESIDENT, GROUP, "帮助")
    eventually(lambda: system.rows(Message))
    lines = [f"第 {n} 条提醒" for n in range(number)]
    system.queue(*lines, channel=channel, group=group, account=None if group else ON_DUTY)
    for _round in range(30):
        system.pass_time(10)
    counters = system.platform.counters
    assert (counters.dropped, counters.over_limit) == (0, 0)
    shown = "\n".join(system.group() if group else system.screen(ON_DUTY)).splitlines()
    assert [line for line in shown if line in lines] == lines
    assert {row.status for row in system.rows(OutboxMessage)} == {OutboxStatus.SENT}


def test_a_callback_that_comes_twice_is_one_case_and_one_answer(way_in: tuple[System, Callable[[str], Fate]]) -> None:
    system, say = way_in
    system.platform.faults.set(Fault.DUPLICATE, times=1)
    say(WORDS)
    say("查 1001")  # over the line it is handled after both
    eventually(lambda: [line for line in [*system.screen(RESIDENT), *system.group()] if line.startswith("1001：")])
    assert system.platform.faults.happened[Fault.DUPLICATE] == 1
    assert len(system.rows(Case)) == 1
    assert len(system.rows(Message)) == 2
    assert len(_answers(system)) == 1


def test_a_callback_that_is_overtaken_is_not_lost(way_in: tuple[System, Callable[[str], Fate]]) -> None:
    system, say = way_in
    system.platform.faults.set(Fault.REORDER, times=1)
    assert say(WORDS) is Fate.HELD
    say(OTHER)
    eventually(lambda: len(_answers(system)) == 2)
    assert sorted(case.text for case in system.rows(Case)) == sorted([WORDS, OTHER])


def test_what_never_arrived_can_be_said_again(way_in: tuple[System, Callable[[str], Fate]]) -> None:
    system, say = way_in
    system.platform.faults.set(Fault.LOSS, times=1)
    assert say(WORDS) is Fate.LOST
    assert not system.rows(Message)
    say(WORDS)
    eventually(lambda: _answers(system))
    assert len(system.rows(Case)) == 1


@pytest.mark.parametrize("way", ["app", "callback", "long"])
def test_a_photo_that_is_gone_leaves_its_case_standing(start: Start, way: str) -> None:
    system = start(long=way == "long")
    _report_with_photo(system, way)
    system.platform.expire_media()
    system.bot.fetch_photos(system.bot.clock())
    [photo] = system.rows(Media)
    assert (photo.state, photo.refusal) == (MediaState.REFUSED, "gone")
    assert len(system.rows(Case)) == 1
    system.pass_time()
    told = [line for line in system.screen(RESIDENT) if "照片已过期" in line]
    assert len(told) == int(way != "callback")  # a robot by callback has no private way


@pytest.mark.parametrize("fault", [Fault.HTML, Fault.SERVER_ERROR, Fault.HANG, Fault.CUT, Fault.TOKEN_REVOKED])
@pytest.mark.parametrize("way", ["app", "callback"])
def test_a_photo_is_fetched_again(start: Start, way: str, fault: Fault) -> None:
    if way == "callback" and fault in (Fault.CUT, Fault.TOKEN_REVOKED):
        fault = Fault.LATENCY  # an open link has neither
    system = start()
    _report_with_photo(system, way)
    endpoint, seconds = "media/get" if way == "app" else "_media", 0.2 if fault is Fault.LATENCY else SECONDS
    system.platform.faults.set(fault, endpoint=endpoint, times=1, seconds=seconds)
    for _attempt in range(2):
        system.bot.fetch_photos(system.bot.clock())
        system.pass_time(60)
    assert system.platform.faults.happened[fault] == 1
    assert [photo.state for photo in system.rows(Media)] == [MediaState.STORED]


def _report_with_photo(system: System, way: str) -> None:
    photo = photo_with_position()
    if way == "app":
        system.platform.say_to_app(RESIDENT, image=photo)
        system.platform.say_to_app(RESIDENT, f"清荷家园{WORDS}")
    else:
        system.platform.say_to_robot(RESIDENT, text="帮助")
        system.platform.say_to_robot(RESIDENT, GROUP, WORDS, image=photo)
    eventually(lambda: system.rows(Case))


def test_an_answer_the_platform_was_too_busy_for_comes_later(start: Start) -> None:
    """Refused where it belongs, and then once more as a message of its own."""
    system = start(long=True)
    for command in ("aibot_respond_msg", "aibot_send_msg"):
        system.platform.faults.set(Fault.BUSY, endpoint=command, times=1)
    system.platform.say_to_robot(RESIDENT, GROUP, WORDS)
    eventually(lambda: [row for row in system.rows(OutboxMessage) if row.status is OutboxStatus.QUEUED])
    for _try in range(4):
        system.pass_time(60)
    assert system.platform.faults.happened[Fault.BUSY] == 2
    assert len([line for line in system.group() if line.startswith("已登记")]) == 1
    assert {row.status for row in system.rows(OutboxMessage) if row.passive_for_id} == {OutboxStatus.SENT}


@pytest.mark.parametrize("end", ["kicked", "closed", "cut", "silent"])
def test_the_long_connection_comes_back(start: Start, end: str) -> None:
    timing = Timing(**{**FAST.__dict__, "ping": 0.2, "pong": 1.0}) if end == "silent" else FAST
    system = start(long=True, timing=timing)
    platform, robot = system.platform, system.bot.channels["wecom_robot"]
    platform.say_to_robot(RESIDENT, GROUP, WORDS)
    eventually(lambda: _answers(system))
    _end(system, end)
    system.queue(LINE, channel="wecom_robot", group=GROUP)
    eventually(lambda: platform.lines.live(ROBOT) and robot.can_send_now)
    system.pass_time(60)
    assert system.group().count(LINE) == 1
    assert platform.say_to_robot(RESIDENT, GROUP, OTHER).fate is Fate.TAKEN
    platform.wait_for("1002", chatid=GROUP, timeout=PATIENCE)


def _end(system: System, how: str) -> None:
    """End the connection, and wait until the bot knows."""
    platform, robot = system.platform, system.bot.channels["wecom_robot"]
    if how == "silent":
        platform.faults.set(Fault.NO_PONG, times=1)
        eventually(lambda: platform.faults.happened[Fault.NO_PONG])
    elif how == "kicked":
        platform.kick(ROBOT)
    else:
        platform.drop(ROBOT, clean=how == "closed")
    subscribed = platform.counters.calls
    eventually(lambda: not robot.can_send_now or platform.counters.calls > subscribed)


def test_an_untrusted_address_is_shown_and_nothing_is_lost(system: System) -> None:
    system.platform.trust_only("192.0.2.1")
    system.platform.say_to_robot(RESIDENT, GROUP, WORDS)
    system.pass_time(30)
    [state] = system.rows(ChannelState)
    assert state.needs_person
    assert "127.0.0.1" in state.error
    assert not system.cards(ON_DUTY)
    system.platform.trust_only("127.0.0.1")
    for _minute in range(15):
        system.pass_time(60)
    assert len(system.cards(ON_DUTY)) == 1
    assert not system.rows(ChannelState)


def test_all_tokens_revoked_at_once(system: System) -> None:
    system.platform.say_to_robot(RESIDENT, GROUP, WORDS)
    system.pass_time()
    system.platform.revoke_tokens()
    system.platform.say_to_robot(RESIDENT, GROUP, OTHER)
    system.pass_time()
    assert len(system.cards(ON_DUTY)) == 2
    assert system.platform.counters.tokens_fetched == 2
