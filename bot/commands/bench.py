"""`suishoupai bench`: measured speeds, one flat object, keys with units. Nothing here is asserted anywhere."""

import datetime as dt
import os
import secrets
import statistics
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlmodel import select

from bot.app import build
from bot.commands import bench_board as bench_the_board
from bot.commands import bench_callbacks
from bot.commands import bench_understand as bench_the_model
from bot.commands.bench_clock import clock_figures
from bot.commands.bench_load import time_each
from bot.commands.prepare import log_to_stderr, ready_database, ready_model
from bot.running import Bot
from bot.settings import Settings
from data.models import Case
from handlers import task
from handlers.cases.dispatch import holders
from handlers.command import parse
from handlers.local_time import local_day
from handlers.message import IncomingMessage, Sender

Figures = dict[str, float]
REPORTS = 1500
GROUP = "g001"
# A database that is given by the environment may hold the messages of an earlier run.
RUN = secrets.token_hex(3)


def run(groups: list[str]) -> Figures:
    """The figures of the chosen groups."""
    if unknown := set(groups) - set(GROUPS):
        raise ValueError(f"没有这些组:{'、'.join(sorted(unknown))}")
    log_to_stderr("ERROR")
    figures: Figures = {}
    for group in groups:
        with TemporaryDirectory() as folder:
            settings = _settings(Path(folder))
            ready_model(settings)
            figures |= GROUPS[group](settings)
    return figures


def bench_understand(settings: Settings) -> Figures:
    """One message, and what the model costs."""
    return bench_the_model.measure(settings.model_path)


def bench_report(settings: Settings) -> Figures:
    """Message to committed case with queued answers, without HTTP."""
    bot = _fresh_bot(settings)
    times = time_each(lambda m: bot.inbox.receive(m, m.sent_at), _reports(REPORTS))
    orders = list(_accepts(bot, REPORTS // 3))
    transitions = time_each(lambda o: _accept(bot, *o), orders[::2])
    typed = time_each(lambda o: bot.inbox.receive(o[0], o[0].sent_at), orders[1::2])
    return {
        "report_to_case_per_s": round(len(times) / sum(times), 1),
        "report_to_case_p99_ms": round(_percentile(times, 0.99) * 1000, 2),
        "transition_ms": round(statistics.median(transitions) * 1000, 2),
        "typed_order_ms": round(statistics.median(typed) * 1000, 2),
    }


def bench_clock(settings: Settings) -> Figures:
    """One round of the clock on a working morning."""
    return clock_figures(_fresh_bot(settings), dt.datetime(2026, 9, 9, 2, 0, tzinfo=dt.UTC))


def bench_board(settings: Settings) -> Figures:
    """The board and the list of cases over a year of them."""
    return bench_the_board.measure(_fresh_bot(settings))


GROUPS: dict[str, Callable[[Settings], Figures]] = {
    "understand": bench_understand,
    "report": bench_report,
    "callback": bench_callbacks.measure,
    "envelope": bench_callbacks.envelope,
    "board": bench_board,
    "clock": bench_clock,
}


def _settings(folder: Path) -> Settings:
    url = os.environ.get("SUISHOUPAI_DATABASE_URL", f"sqlite:///{folder / 'bench.db'}")
    return Settings(env="test", database_url=url, media_dir=folder / "media", console_url="http://127.0.0.1:9")


def _fresh_bot(settings: Settings) -> Bot:
    ready_database(settings).close()
    return build(settings)


def _reports(count: int, run_name: str = "r") -> Iterator[IncomingMessage]:
    """Distinct reports of different people and places, in one group."""
    faults = ("楼道灯坏了", "楼道里堆满杂物", "下水道堵了往外冒水", "门禁坏了谁都能进", "垃圾好几天没人收")
    for i in range(count):
        text = f"{i % 8 + 1}号楼{i % 2 + 1}单元{i % 6 + 1}楼{faults[i % len(faults)]},第{i}次说了"
        yield _message(f"{run_name}-{RUN}-{i}", f"r{i}", text, GROUP)


def _accepts(bot: Bot, count: int) -> Iterator[tuple[IncomingMessage, Sender]]:
    """The order to accept, by whoever was offered the case."""
    with bot.database.reading() as session:
        context = bot.context(session, bot.clock())
        for case in session.exec(select(Case).limit(count)).all():
            person = holders(context, case)[0]
            account = context.directory.staff_accounts[person][0]
            posts = context.directory.posts_of(person, local_day(context.now))
            sender = Sender(account=account, person=context.directory.people[person], posts=posts)
            yield _message(f"a-{RUN}-{case.id}", account.platform_id, f"接 {case.number}", None), sender


def _accept(bot: Bot, message: IncomingMessage, sender: Sender) -> None:
    """One step of a case, with its history, its clock and those it tells, up to and with the commit."""
    with bot.database.writing() as session:
        context = replace(bot.context(session, message.sent_at), sender=sender, subject=parse(message.text))
        task.accept(message, context)
        session.commit()


def _message(message_id: str, sender: str, text: str, group: str | None) -> IncomingMessage:
    return IncomingMessage(
        channel="console",
        platform_id=f"bench-{message_id}",
        sender=sender,
        sent_at=dt.datetime.now(dt.UTC),
        text=text,
        group=group,
        addressed=group is None,
    )


def _percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(int(len(values) * share), len(values) - 1)]
