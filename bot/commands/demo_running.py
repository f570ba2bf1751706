"""The demo while it runs: bot and platform behind their ports, the sample street in between, and their common clock."""

import datetime as dt
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import uvicorn
from sqlalchemy import update
from sqlmodel import col

from bot.app import build, build_app
from bot.commands.prepare import ready_database, ready_model
from bot.commands.sample_corp import AGENT_ID, APP_SECRET, CORP_ID, GROUPS, ROBOT_ID, ROBOT_SECRET, STAFF, sample_corp
from bot.running import Bot, wall_clock
from bot.seen import UNIQUE
from bot.settings import SAMPLE_AES_KEY, SAMPLE_TOKEN, Environment, Settings
from bot.simulator import Cast, Group, Person, PersonKind, Stage, chat_app
from bot.simulator.platform import Platform
from data.models import Account, Role
from data.rows import append_once
from data.seed import STREET, load_street, read_lines
from handlers.directory import Directory
from handlers.local_time import local_day
from handlers.notices import quiet_until

HOST = "127.0.0.1"
# Below those that Linux and macOS hand out to whoever wants any port.
PORTS = range(20_000, 32_768)
# Not the name of earlier versions, whose groups and people were on another channel.
DATABASE = "demo-wecom.db"
# At night tasks are held until the morning; a demo that begins then, or just before, begins a while after it.
BEFORE_THE_NIGHT, AFTER_THE_NIGHT = dt.timedelta(minutes=15), dt.timedelta(hours=2)
# A demo that was killed a moment ago still has the lease of the connection.
CONNECT_SECONDS = 60
TITLES = {
    Role.GRID_MEMBER: "网格员",
    Role.GRID_LEADER: "网格长",
    Role.COMMUNITY_STAFF: "社区工作人员",
    Role.HEAD: "负责人",
    Role.DEPUTY: "副职",
    Role.DEPARTMENT_STAFF: "部门经办",
    Role.DISCIPLINE_READER: "纪检专人",
    Role.ADMINISTRATOR: "管理员",
}


class PortTaken(RuntimeError):
    """Another program listens there already."""


class NoConnection(RuntimeError):
    """The robot did not get its long connection."""


@dataclass
class ShiftedClock:
    """The time on the wall, and what was skipped."""

    ahead: dt.timedelta = dt.timedelta()

    def __call__(self) -> dt.datetime:
        return wall_clock() + self.ahead


@dataclass(frozen=True)
class Demo:
    """The running demo; time passes for the bot and for the platform together."""

    bot: Bot
    stage: Stage
    clock: ShiftedClock

    def skip(self, span: dt.timedelta) -> None:
        """Let time jump, and let the clock do what is due then."""
        self.clock.ahead += span
        self.stage.pass_time(span)
        self.bot.sweep(self.clock())
        self.bot.send_scheduled(self.clock())


def cast_of(directory: Directory, today: dt.date) -> Cast:
    """The sample street's people as users of the simulated platform."""
    members: dict[str, list[str]] = {}
    people = []
    for line in read_lines(STREET, "residents.csv"):
        people.append(Person(line["account"], line["nick"], PersonKind.RESIDENT, "居民", (line["group"],)))
        members.setdefault(line["group"], []).append(line["account"])
    people += list(_staff(directory, today))
    groups = tuple(
        Group(group.platform_id, group.name, tuple(members.get(group.platform_id, ())))
        for group in directory.groups.values()
    )
    return Cast(groups, tuple(people))


def _staff(directory: Directory, today: dt.date) -> Iterator[Person]:
    """Everybody in post, with the groups of the buildings they answer for."""
    for person_id, accounts in directory.staff_accounts.items():
        posts = directory.posts_of(person_id, today)
        if posts:
            units = {post.unit_id for post in posts}
            groups = tuple(
                group.platform_id for group in directory.groups.values() if _serves(directory, group.id or 0, units)
            )
            name = directory.people[person_id].name
            yield Person(accounts[0].platform_id, name, PersonKind.STAFF, TITLES[posts[0].role], groups)


def _serves(directory: Directory, group_id: int, units: set[int | None]) -> bool:
    buildings = directory.group_buildings.get(group_id, ())
    return any(unit.id in units for b in buildings for unit in directory.lineage(directory.buildings[b].unit_id))


def _settings(folder: Path, port: int, platform_port: int) -> Settings:
    return Settings(
        env=Environment.DEMO,
        database_url=f"sqlite:///{folder / DATABASE}",
        media_dir=folder / "demo-media",
        host=HOST,
        port=port,
        public_url=f"http://{HOST}:{port}",
        console_url="",
        **sample_corp(f"http://{HOST}:{platform_port}"),
    )


@contextmanager
def running(folder: Path, port: int, platform_port: int, *, model_path: Path | None = None) -> Iterator[Demo]:
    """Bot and platform, each behind its own port, until the block ends; data are kept in `folder`."""
    settings = _settings(folder, port, platform_port)
    if model_path:
        settings = settings.model_copy(update={"model_path": model_path})
    ready_model(settings)
    _ready_street(settings)
    clock = ShiftedClock(rest_of_the_night(wall_clock()))
    bot = replace(build(settings), clock=clock)
    stage = _stage(bot, port, platform_port)
    with _served(chat_app(stage), platform_port):
        try:
            with _served(build_app(bot), port):
                _wait_for_connection(bot)
                yield Demo(bot, stage, clock)
        finally:
            bot.close()
            stage.platform.close()


def _ready_street(settings: Settings) -> None:
    """The sample street, its groups with the robot, its staff with the app; residents have said hello to the robot."""
    database = ready_database(settings, sample_street=False)
    with database.writing() as session:
        load_street(session, channel=GROUPS, staff_channel=STAFF)
        for line in read_lines(STREET, "residents.csv"):
            append_once(session, Account, UNIQUE, channel=GROUPS, platform_id=line["account"], nickname=line["nick"])
        session.execute(update(Account).where(col(Account.channel) == GROUPS).values(spoke_alone=True))
        session.commit()
    database.close()


def rest_of_the_night(now: dt.datetime) -> dt.timedelta:
    """How far the demo's clock is ahead, so that people may be told of tasks."""
    morning = quiet_until(now) or quiet_until(now + BEFORE_THE_NIGHT)
    return morning - now + AFTER_THE_NIGHT if morning else dt.timedelta()


def _stage(bot: Bot, port: int, platform_port: int) -> Stage:
    """The platform as an administrator of the corporation would have set it up."""
    platform = Platform(CORP_ID)
    platform.base_url = f"http://{HOST}:{platform_port}"
    callback = f"http://{HOST}:{port}/callback/{STAFF}"
    platform.add_app(AGENT_ID, APP_SECRET, token=SAMPLE_TOKEN, aes_key=SAMPLE_AES_KEY, callback=callback)
    platform.add_robot(ROBOT_ID, ROBOT_SECRET)
    stage = Stage(cast_of(bot.directory(), local_day(bot.clock())), platform)
    stage.pass_time(bot.clock() - wall_clock())
    return stage


def _wait_for_connection(bot: Bot) -> None:
    until = time.monotonic() + CONNECT_SECONDS
    while not bot.channels[GROUPS].can_send_now:
        if time.monotonic() > until:
            raise NoConnection("机器人的长连接没有建立")
        time.sleep(0.02)


@contextmanager
def _served(app: Any, port: int) -> Iterator[None]:
    try:
        listener = socket.create_server((HOST, port))
    except OSError as error:
        raise PortTaken(f"端口 {port} 已被占用，请先关掉占用它的程序，或用 --port 换一个") from error
    with listener:
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield
        server.should_exit = True
        thread.join(5)


def free_port() -> int:
    """A port nobody listens on, and that nobody is given by chance while its server is down."""
    while True:
        with suppress(OSError), socket.create_server((HOST, port := secrets.choice(PORTS))):
            return port
