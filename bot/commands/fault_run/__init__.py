"""`suishoupai fault-run`: a real bot process is killed again and again while the platform misbehaves in every way.

At the end nothing that was acknowledged may be missing and nothing said twice; the command fails if it is.
"""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from bot.commands.demo import free_port
from bot.commands.fault_run.course import KILL_EVERY_SECONDS, Course, Plan
from bot.commands.fault_run.crowd import Crowd
from bot.commands.fault_run.drain import drained, waiting
from bot.commands.fault_run.ledger import Ledger
from bot.commands.fault_run.office import Office, furnished, platform_of
from bot.commands.fault_run.process import MortalBot
from bot.commands.fault_run.verdict import Figures, Promises, Seen, as_json, judge
from bot.commands.prepare import log_to_stderr, ready_model
from bot.running import wall_clock
from bot.settings import Settings
from bot.simulator.platform import served

__all__ = ["PROMISES", "Plan", "Run", "fault_run", "run"]

console = Console(stderr=True)
# A killed holder's lease of the long connection must run out before another process may connect.
KILL_EVERY_SECONDS_LONG = 60.0


@dataclass(frozen=True)
class Run:
    """What a run was, what became of it, and where its log and database lie."""

    seed: int
    long_connection: bool
    database: str
    seconds: float
    drained_in_virtual_seconds: float
    kills: int
    kept: list[str]
    broken: Promises
    figures: Figures

    def as_json(self) -> str:
        return as_json(asdict(self))


def run(plan: Plan, folder: Path, tell: Callable[[int], None] = lambda _: None) -> Run:
    """One run in a folder of its own; `tell` hears how many messages were said."""
    started = time.monotonic()
    url = plan.database_url or f"sqlite:///{folder / 'bot.db'}"
    office = furnished(Office(folder, url, free_port(), plan.long_connection, plan.model_path))
    ledger = Ledger()
    with platform_of(office, plan.seed, ledger) as platform, served(platform) as platform_url:
        values = office.values(platform_url)
        ready_model(Settings(**values))
        bot = MortalBot(values, office.bot_url, folder / "bot.log")
        crowd = Crowd(platform, office, plan.messages, plan.seed)
        try:
            Course(plan, platform, bot, crowd, tell).run()
        finally:
            bot.kill()
        last, passed = drained(values, platform)
        try:
            promises, figures = judge(Seen(last, platform, crowd, ledger), waiting(last, wall_clock()))
        finally:
            last.close()
    seconds = round(time.monotonic() - started, 1)
    files = [str(folder / name) for name in ("bot.log", "bot.db", "run.json")]
    dialect = url.partition(":")[0]
    found = Run(plan.seed, plan.long_connection, dialect, seconds, passed, bot.kills, files, promises, figures)
    (folder / "run.json").write_text(found.as_json(), encoding="utf-8")
    return found


def fault_run(
    messages: Annotated[int, typer.Option(min=1, help="人们一共说多少句、点多少次")] = 10_000,
    seed: Annotated[int, typer.Option(help="随机种子")] = 1,
    kill_every: Annotated[float | None, typer.Option(min=0.5, help="每隔多少秒杀一次进程")] = None,
    long_connection: Annotated[bool, typer.Option("--long-connection", help="机器人走长连接，不走回调")] = False,
    database_url: Annotated[str, typer.Option(help="一个空数据库；不填就用临时的 SQLite 文件")] = "",
    folder: Annotated[Path | None, typer.Option(help="日志、数据库和结果放在这里")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """平台百般出错、进程每几秒被杀一次，再核对：确认过的消息一条不丢，案件不重，回答不重，发送不超限。"""
    log_to_stderr("CRITICAL")
    usual = KILL_EVERY_SECONDS_LONG if long_connection else KILL_EVERY_SECONDS
    plan = Plan(messages, seed, kill_every or usual, long_connection, database_url)
    folder = folder or Path(mkdtemp(prefix="suishoupai-fault-run-"))
    folder.mkdir(parents=True, exist_ok=True)
    with Progress(console=console) as progress:
        task = progress.add_task("故障演练", total=messages)
        found = run(plan, folder, lambda said: progress.update(task, completed=said))
    if as_json:
        typer.echo(found.as_json())
    else:
        _show(found)
    raise typer.Exit(1 if found.broken.broken else 0)


PROMISES = {
    "acknowledged_lost": "确认过却丢了的消息",
    "reports_without_case": "确认过却没有成案的上报",
    "cases_double": "重复的案件",
    "answers_double": "重复的回答（平台会查重的渠道）",
    "said_twice": "说了两遍的话（平台不查重的渠道）",
    "over_limit": "超过平台限额的发送",
    "sent_but_never_shown": "记为已发、却没人看见的消息",
    "unreadable_answers": "平台看不懂的回答",
    "not_drained": "到最后还没发出的消息",
}


def _show(found: Run) -> None:
    promises = Table("承诺（都应为 0）", "条数", "哪些")
    for name, words in PROMISES.items():
        broken: list[str] = getattr(found.broken, name)
        promises.add_row(words, str(len(broken)), "\n".join(broken[:5]))
    figures = Table("经过", "")
    for name, value in _told(found).items():
        figures.add_row(name, _words(value))
    Console().print(promises, figures)


def _words(value: Any) -> str:
    if not isinstance(value, dict):
        return str(value)
    deep = any(isinstance(inner, dict) for inner in value.values())
    return ("\n" if deep else "，").join(f"{name} {_words(inner)}" for name, inner in value.items())


def _told(found: Run) -> dict[str, Any]:
    figures = found.figures
    return {
        "用时（秒）": found.seconds,
        "杀进程次数": found.kills,
        "人们说的话和点的按钮": figures.said,
        "确认过的": figures.acknowledged,
        "存下的": figures.stored,
        "案件": figures.cases,
        "发出的": figures.outbound,
        "不知是否送达": figures.unknown_because,
        "死信": figures.dead_because,
        "出过的错": figures.faults,
        "日志和数据": "，".join(found.kept),
    }
