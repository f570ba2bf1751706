"""`suishoupai demo`: the bot and the simulated platform side by side, to play with or to watch once."""

import datetime as dt
import os
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import uvicorn
from rich.console import Console
from rich.progress import Progress

from bot.app import build, build_app
from bot.commands.prepare import first_logins, log_to_stderr, ready_database, ready_model
from bot.commands.simulate import simulate
from bot.commands.tables import cases_table, closure_table
from bot.running import Bot, wall_clock
from bot.scheduler import Clock
from bot.settings import Environment, Settings
from bot.simulator import Cast, Group, Person, PersonKind, Simulator, app_of
from data.models import Role
from data.seed import STREET, read_lines
from handlers.cases.scope import By, last_days
from handlers.directory import Directory
from handlers.local_time import local_day, when

HOST = "127.0.0.1"
PORT, PLATFORM_PORT = 8000, 8001
PAST_DAYS = 30
HALF_HOUR = dt.timedelta(minutes=30)
SKIPS = {"h": dt.timedelta(hours=1), "d": dt.timedelta(days=1)}
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
# The head of the community to which the first group belongs.
HEAD_OF_COMMUNITY = "wang.xiuzhen"
# Where nobody looks through a terminal, tables keep their full width.
console = Console() if sys.stdout.isatty() else Console(width=140)


class PortTaken(RuntimeError):
    """Another program listens there already."""


@dataclass
class ShiftedClock:
    """The time on the wall, and what was skipped."""

    ahead: dt.timedelta = dt.timedelta()

    def __call__(self) -> dt.datetime:
        return wall_clock() + self.ahead


def serve(port: int = PORT, platform_port: int = PLATFORM_PORT) -> None:
    """Serve the demo until Ctrl-C; its database stays in var/demo.db, and begins with a month that was lived."""
    log_to_stderr("WARNING")
    settings, clock = _settings(Path("var"), port, platform_port), ShiftedClock()
    _live_a_month(Path("var") / "demo.db")
    with _running(settings, port, platform_port, clock) as (bot, _platform):
        _say_hello(bot, port, platform_port)
        try:
            for line in sys.stdin:
                _let_pass(bot, clock, SKIPS.get(line.strip(), dt.timedelta()))
            threading.Event().wait()
        except KeyboardInterrupt:
            console.print("再见")


def _live_a_month(file: Path) -> None:
    """A board without cases shows nothing, so a new demo starts with a past."""
    if file.exists():
        return
    with Progress(console=console) as progress:
        task = progress.add_task(f"示例街道先过 {PAST_DAYS} 天…", total=PAST_DAYS)
        yesterday = local_day(wall_clock()) - dt.timedelta(days=1)
        simulate(
            yesterday,
            PAST_DAYS,
            reports_a_day=8,
            seed=1,
            keep=file,
            tell=lambda day: progress.update(task, completed=day),
        )


def _let_pass(bot: Bot, clock: ShiftedClock, time_span: dt.timedelta) -> None:
    """Time jumps in half hours, and the clock does at each what is due."""
    for _ in range(int(time_span / HALF_HOUR)):
        clock.ahead += HALF_HOUR
        bot.sweep(clock())
        bot.send_scheduled(clock())
    if time_span:
        console.print(f"现在是 {when(clock())}")


def play_once() -> None:
    """Play the story to the end on a fresh database and print what came of it."""
    log_to_stderr("ERROR")
    port, platform_port = free_port(), free_port()
    with TemporaryDirectory() as folder:
        settings = _settings(Path(folder), port, platform_port)
        with _running(settings, port, platform_port) as (bot, platform):
            now = _story(bot, platform)
            with bot.database.reading() as session:
                console.print(cases_table(session, bot.directory()))
                console.print(closure_table(session, bot.directory(), By.COMMUNITY, last_days(30, now), now))


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
        database_url=f"sqlite:///{folder / 'demo.db'}",
        media_dir=folder / "demo-media",
        host=HOST,
        port=port,
        public_url=f"http://{HOST}:{port}",
        console_url=f"http://{HOST}:{platform_port}",
    )


@contextmanager
def _running(
    settings: Settings, port: int, platform_port: int, clock: Clock = wall_clock
) -> Iterator[tuple[Bot, Simulator]]:
    """Bot and platform, each behind its own port, until the block ends."""
    ready_model(settings)
    ready_database(settings).close()
    bot = replace(build(settings), clock=clock)
    token, key = settings.console_token.get_secret_value(), settings.console_aes_key.get_secret_value()
    cast = cast_of(bot.directory(), local_day(bot.clock()))
    platform = Simulator(cast, f"http://{HOST}:{port}", token, key)
    with _served(app_of(platform), platform_port), _served(build_app(bot), port):
        yield bot, platform
    bot.close()


@contextmanager
def _served(app: Any, port: int) -> Iterator[None]:
    try:
        listener = socket.create_server((HOST, port))
    except OSError as error:
        raise PortTaken(f"端口 {port} 已被占用,请先关掉占用它的程序,或用 --port 换一个") from error
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
    with socket.create_server((HOST, 0)) as listener:
        return int(listener.getsockname()[1])


def _say_hello(bot: Bot, port: int, platform_port: int) -> None:
    passwords = first_logins(bot.database, bot.clock(), renew=True)
    console.print(f"\n[bold]随手拍演示已启动[/bold](Ctrl-C 结束,进程号 {os.getpid()})")
    console.print(f"  聊天页面  http://{HOST}:{platform_port}/")
    console.print(f"  管理后台  http://{HOST}:{port}/console")
    for username, password in passwords.items():
        console.print(f"  登录      用户名 {username}  密码 {password}", highlight=False)
    console.print("试三件事:")
    console.print("  1. 在「清荷家园3号楼邻里群」以居民身份发:3号楼2单元电梯又停了(可附照片)")
    console.print("  2. 在网格员的私聊里按机器人给的编号回:接 编号,再回:办结 编号 已重启,并附一张照片")
    console.print("  3. 以居民身份回:解决了 编号,再到管理后台看结案率")
    console.print("让时间往前走,看提醒、升级和每天早上的汇总:在这里输入 h(一小时)或 d(一天)再回车。\n")


def _story(bot: Bot, platform: Simulator) -> dt.datetime:
    """Three threads of the story; returns the moment up to which the clock was driven."""
    _closed_case(platform)
    _discipline_matter(platform)
    return _overdue_case(bot, platform)


def _closed_case(platform: Simulator) -> None:
    """Report with a photo, dispatch, accept, resolve, evaluate, closed."""
    _show("居民 r001(群里,附照片)", "3号楼2单元电梯又停了")
    _show("随手拍(群里)", platform.say("r001", "3号楼2单元电梯又停了", group="g001", photo=platform.sample_photo))
    offered = _first_offer(platform, "1001")
    _show(f"随手拍 → 网格员 {offered}(私聊)", platform.wait_for("1001", person=offered).text)
    for words in ("接 1001", "办结 1001 已重启电梯,维保查过"):
        _show(f"网格员 {offered}(私聊)", words)
        _show("随手拍", platform.say(offered, words))
    _show("随手拍 → 居民(私聊)", platform.wait_for("已办结", person="r001").text)
    for words in ("解决了 1001", "满意 1001"):
        _show("居民 r001(私聊)", words)
        _show("随手拍", platform.say("r001", words))


def _discipline_matter(platform: Simulator) -> None:
    """Nothing in the group; a neutral private note, consent, sealed."""
    words = "低保名额都给了主任的亲戚,真困难的一户没有"
    _show("居民 r002(群里)", words)
    _show("随手拍(群里)", platform.say("r002", words, group="g001"))
    _show("随手拍 → 居民(私聊)", platform.wait_for("12388", person="r002").text)
    for words in ("同意", "去年社区低保公示里有三户是主任亲戚"):
        _show("居民 r002(私聊)", words)
        _show("随手拍", platform.say("r002", words))


def _overdue_case(bot: Bot, platform: Simulator) -> dt.datetime:
    """A case nobody works on: the clock is driven on until it has gone up a level."""
    _show("居民 r003(群里)", "3号楼一楼的楼道灯坏了,晚上看不见路")
    _show("随手拍(群里)", platform.say("r003", "3号楼一楼的楼道灯坏了,晚上看不见路", group="g001"))
    now = dt.datetime.now(dt.UTC)
    hours = 0
    while "黄色" not in _last_words(platform, HEAD_OF_COMMUNITY):
        hours += 1
        bot.sweep(now + dt.timedelta(hours=hours))
        bot.deliver_all(now + dt.timedelta(hours=hours))
    _show(f"({hours}小时后)随手拍 → 社区负责人", _last_words(platform, HEAD_OF_COMMUNITY))
    return now + dt.timedelta(hours=hours)


def _last_words(platform: Simulator, person: str) -> str:
    said = platform.conversation(person=person)
    return said[-1].text if said else ""


def _first_offer(platform: Simulator, number: str) -> str:
    """Who was offered the case first: a grid member of the group's building."""
    for _attempt in range(100):
        for person in platform.cast.people:
            if person.title == "网格员" and any(number in m.text for m in platform.conversation(person=person.id)):
                return person.id
        time.sleep(0.05)
    raise TimeoutError(f"nobody was offered {number}")


def _show(who: str, words: str | None) -> None:
    console.print(f"[dim]{who}[/dim]  {words if words is not None else '(不作声)'}", highlight=False, soft_wrap=True)
