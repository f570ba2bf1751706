"""`suishoupai demo`: the bot and the stand-in of WeCom side by side, to play with or to watch once."""

import datetime as dt
import os
import sys
import threading
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.progress import Progress

from bot.commands.demo_running import DATABASE, HOST, Demo, PortTaken, free_port, running
from bot.commands.demo_story import tell
from bot.commands.prepare import first_logins, log_to_stderr
from bot.commands.simulate import simulate
from bot.commands.tables import cases_table, closure_table
from bot.running import wall_clock
from handlers.cases.scope import By, last_days
from handlers.local_time import local_day, when

__all__ = ["HOST", "PLATFORM_PORT", "PORT", "PortTaken", "console", "free_port", "play_once", "serve"]

PORT, PLATFORM_PORT = 8000, 8001
PAST_DAYS = 30
HALF_HOUR = dt.timedelta(minutes=30)
SKIPS = {"h": dt.timedelta(hours=1), "d": dt.timedelta(days=1)}
# Where nobody looks through a terminal, tables keep their full width.
console = Console() if sys.stdout.isatty() else Console(width=140)


def serve(port: int = PORT, platform_port: int = PLATFORM_PORT) -> None:
    """Serve the demo until Ctrl-C; its database stays in var/, and begins with a month that was lived."""
    log_to_stderr("WARNING")
    _live_a_month(Path("var") / DATABASE)
    with ExitStack() as stack:
        with console.status("机器人正在连接（上次没有正常退出的话，要等半分钟）…"):
            demo = stack.enter_context(running(Path("var"), port, platform_port))
        _say_hello(demo, port, platform_port)
        try:
            for line in sys.stdin:
                _let_pass(demo, SKIPS.get(line.strip(), dt.timedelta()))
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


def _let_pass(demo: Demo, span: dt.timedelta) -> None:
    """Time jumps in half hours."""
    for _ in range(int(span / HALF_HOUR)):
        demo.skip(HALF_HOUR)
    if span:
        console.print(f"现在是 {when(demo.clock())}")


def play_once() -> None:
    """Play the story to the end on a fresh database and print what came of it."""
    log_to_stderr("ERROR")
    with TemporaryDirectory() as folder, running(Path(folder), free_port(), free_port()) as demo:
        tell(demo, console)
        now, directory = demo.clock(), demo.bot.directory()
        with demo.bot.database.reading() as session:
            console.print(cases_table(session, directory))
            console.print(closure_table(session, directory, By.COMMUNITY, last_days(30, now), now))


def _say_hello(demo: Demo, port: int, platform_port: int) -> None:
    passwords = first_logins(demo.bot.database, demo.clock(), renew=True)
    console.print(f"\n[bold]随手拍演示已启动[/bold]（Ctrl-C 结束，进程号 {os.getpid()}）")
    console.print(f"  聊天页面  http://{HOST}:{platform_port}/  （照企业微信的规矩演示，没有连接真的企业微信）")
    console.print(f"  管理后台  http://{HOST}:{port}/console")
    for username, password in passwords.items():
        console.print(f"  登录      用户名 {username}  密码 {password}", highlight=False)
    if demo.clock.ahead:
        console.print(f"夜里不打扰人，演示的时钟从 {when(demo.clock())} 走起。")
    console.print("试三件事：")
    console.print("  1. 在「清荷家园3号楼邻里群」以居民身份 @随手拍 说：3号楼2单元电梯又停了（照片和话在同一条里）")
    console.print("  2. 在网格员的私聊里点卡片上的「接单」，再回：办结 编号 已重启")
    console.print("  3. 在居民和随手拍的私聊里回：解决了 编号，再到管理后台看结案率")
    console.print("群里没有 @随手拍 的话，企业微信不会送给机器人，随手拍听不到。")
    console.print("让时间往前走，看提醒、升级和每天早上的汇总：在这里输入 h（一小时）或 d（一天）再回车。\n")
