"""A month of the sample street in three processes that are killed at random: everything due is said, once, in time."""

import datetime as dt
import multiprocessing
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from sqlmodel import select

from data.models import (
    Account,
    OnHoliday,
    OutboxMessage,
    Repeat,
    ScheduledMessage,
    ServiceDay,
    ServiceDayState,
    ServicePost,
    SignUp,
)
from data.models.cases import FIRST_NUMBER
from handlers.cases.working_days import WorkingDays
from handlers.local_time import SHANGHAI, local_day
from tests.bot.replica import live, read_time, work, write_time
from tests.databases import PostgresqlDatabases, SqliteDatabases
from tests.talking import MONDAY, Talk, talk_on

pytestmark = pytest.mark.long

TICK = dt.timedelta(hours=1)
TICKS_A_DAY = 24
DAYS = 31  # from 7 September over the National Day holidays of 2026 to 8 October
WORDS = (
    "{}号楼垃圾成堆没人清理",
    "{}号楼停水了，没人管",
    "{}号楼2单元楼道灯坏了三天了",
    "{}号楼2单元电梯困人了，快来人",
)
SLACK = dt.timedelta(minutes=5)
PATIENCE_SECONDS = 60


@dataclass(frozen=True)
class Said:
    """One thing a resident or a member of staff says at a tick."""

    who: str
    text: str
    group: str | None


def script(seed: int) -> dict[int, list[Said]]:
    """Who says what at which tick of the month: three reports a day by day, some of them taken and done."""
    chance, lines, number = random.Random(seed), {}, FIRST_NUMBER
    for tick in sorted(chance.sample(range(TICKS_A_DAY * (DAYS - 3)), 45)):
        number += 1
        building = chance.choice((1, 2, 3, 4))
        words = chance.choices(WORDS, (8, 5, 8, 1))[0].format(building)
        lines.setdefault(tick, []).append(Said(f"r{number - FIRST_NUMBER:03d}", words, f"g00{building}"))
        if chance.random() < 0.5:
            taken = tick + chance.randrange(1, 30)
            lines.setdefault(taken, []).append(Said("zhao.haitao", f"接 {number}", None))
            lines.setdefault(taken + chance.randrange(1, 45), []).append(
                Said("zhao.haitao", f"办结 {number} 好了", None)
            )
    return lines


def prepare(talk: Talk) -> None:
    """What an administrator has defined: two messages at set times and a service day with people signed up."""
    with talk.bot.database.writing() as session:
        directory = talk.bot.directory()
        unit = next(unit.id for unit in directory.units.values() if unit.code == "HX") or 0
        person = session.exec(select(Account).where(Account.platform_id == "zhao.haitao")).one().person_id or 0
        session.add_all(
            [
                _message("例会提醒", Repeat.WEEKLY, weekdays=["0", "4"], on_holiday=OnHoliday.NEXT),
                _message(
                    "月报截止", Repeat.MONTHLY, day=25, days_before=["3", "1", "0"], on_holiday=OnHoliday.PREVIOUS
                ),
                _message("夜里的话", Repeat.DAILY, at_minute=23 * 60 + 30),
            ]
        )
        day = ServiceDay(
            unit_id=unit,
            day=dt.date(2026, 9, 26),
            theme="清洁家园",
            state=ServiceDayState.ANNOUNCED,
            announced_at=talk.now,
        )
        session.add(day)
        session.flush()
        post = ServicePost(service_day_id=day.id or 0, number=1, name="楼道清洁", place="3号楼", capacity=5)
        session.add(post)
        session.flush()
        session.add(SignUp(service_day_id=day.id or 0, post_id=post.id, person_id=person, at=talk.now))
        session.commit()


def _message(name: str, repeat: Repeat, **more: object) -> ScheduledMessage:
    values = {"text": f"{name}：今天请准时", "audience": ["role:grid_leader"], "days_before": ["0"], **more}
    return ScheduledMessage(name=name, repeat=repeat, active_since=MONDAY, **values)


def act(talk: Talk, lines: dict[int, list[Said]], tick: int) -> None:
    talk.now = MONDAY + tick * TICK
    for line in lines.get(tick, ()):
        talk.say(line.who, line.text, line.group)


@dataclass
class Replicas:
    """Three of them; one has a slow clock. Whoever is killed is replaced at once."""

    processes: ForkServerContext
    url: str
    model_path: Path
    folder: Path
    chance: random.Random
    alive: dict[str, BaseProcess] = field(default_factory=dict)
    killed: int = 0

    def start(self, name: str) -> None:
        behind = TICK if name == "slow" else dt.timedelta()
        arguments = (self.url, self.model_path, self.folder, name, behind)
        self.alive[name] = self.processes.Process(target=live, args=arguments)
        self.alive[name].start()

    def tick(self, now: dt.datetime, *, kill: bool) -> None:
        """Time is published; perhaps one dies over it; somebody whose clock is right must get through."""
        write_time(self.folder / "now", now)
        if kill:
            time.sleep(self.chance.random() * 0.02)  # somewhere in the middle of its work
            self.kill(self.chance.choice(sorted(self.alive)))
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not any(read_time(self.folder / name) == now for name in ("first", "second")):
            assert time.monotonic() < deadline, f"no replica got through {now}"
            time.sleep(0.0005)

    def kill(self, name: str) -> None:
        process = self.alive[name]
        os.kill(process.pid or 0, signal.SIGKILL)
        process.join()
        assert process.exitcode == -signal.SIGKILL
        self.killed += 1
        self.start(name)

    def stop(self) -> None:
        for process in self.alive.values():
            process.kill()
            process.join()


@contextmanager
def replicas(url: str, model_path: Path, folder: Path) -> Iterator[Replicas]:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.bot.replica"])
    found = Replicas(context, url, model_path, folder, random.Random(7))
    for name in ("first", "second", "slow"):
        found.start(name)
    yield found
    found.stop()


@pytest.fixture(scope="module")
def calm(
    sqlite_databases: SqliteDatabases, model_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> list[OutboxMessage]:
    """The same month in one process that nobody kills."""
    with sqlite_databases.seeded() as url:
        talk, lines = talk_on(url, model_path, tmp_path_factory.mktemp("calm")), script(1)
        prepare(talk)
        for tick in range(TICKS_A_DAY * DAYS):
            act(talk, lines, tick)
            work(talk.bot, talk.now)
        rows = talk.rows(OutboxMessage)
        talk.bot.close()
    return rows


def _facts(rows: list[OutboxMessage]) -> Counter[tuple[str, str]]:
    return Counter((row.conversation, row.text) for row in rows)


def test_three_replicas_killed_at_random_say_everything_once(
    databases: SqliteDatabases | PostgresqlDatabases, model_path: Path, tmp_path: Path, calm: list[OutboxMessage]
) -> None:
    lines = script(1)
    with databases.seeded() as url:
        talk = talk_on(url, model_path, tmp_path)
        prepare(talk)
        with replicas(url, model_path, tmp_path) as running:
            for tick in range(TICKS_A_DAY * DAYS):
                act(talk, lines, tick)
                running.tick(talk.now, kill=running.chance.random() < 0.05)
            assert running.killed > 20
        rows = talk.rows(OutboxMessage)
        talk.bot.close()
    assert sorted(_facts(rows) - _facts(calm)) == []  # nothing twice, nothing unforeseen
    assert sorted(_facts(calm) - _facts(rows)) == []  # nothing lost
    assert outside_hours(rows) == []


def test_the_calm_month_is_one_worth_comparing_with(calm: list[OutboxMessage]) -> None:
    """Every kind of message is in it, each more than once."""
    starts = Counter(row.text[:2] for row in calm if row.passive_for_id is None)
    for start in ("早上", "提醒", "【黄", "【蓝", "【红", "例会", "月报", "夜里"):
        assert starts[start] >= 2, (start, starts)


def test_nothing_is_said_outside_its_hours(calm: list[OutboxMessage]) -> None:
    assert outside_hours(calm) == []


def outside_hours(rows: list[OutboxMessage]) -> list[str]:
    """Digests at nine on working days, reminders 07-22 (emergencies always), messages at set times by day."""
    days, found = WorkingDays(), []
    for row in rows:
        local, first = row.created_at.astimezone(SHANGHAI), row.text.splitlines()[0]
        if first.startswith("早上好"):
            fine = local.hour == 9 and days.is_working_day(local.date())
        elif first.startswith(("提醒", "【急】提醒", "【黄", "【蓝", "【红")) and "紧急" not in first:
            fine = 7 <= local.hour <= 22
        elif first.startswith(("例会", "月报", "夜里")):
            fine = 8 <= local.hour < 21
        else:
            fine = True
        found += [] if fine else [f"{local}: {first}"]
    return found


def test_every_working_morning_had_its_digest(calm: list[OutboxMessage]) -> None:
    """Somebody always had something to do, and nobody was greeted twice."""
    greeted = Counter((row.conversation, local_day(row.created_at)) for row in calm if row.text.startswith("早上好"))
    assert set(greeted.values()) == {1}
    month = [MONDAY.date() + dt.timedelta(days=n) for n in range(1, DAYS)]
    assert {day for _who, day in greeted} >= {day for day in month[3:] if WorkingDays().is_working_day(day)}
