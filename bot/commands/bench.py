"""`suishoupai bench`: measured speeds, one flat object, keys with units. Nothing here is asserted anywhere.

The server runs in a process of its own, so that the load generator does not share its core.
"""

import datetime as dt
import os
import secrets
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx2
from sqlmodel import select

from bot.app import build
from bot.channels.console import ConsoleChannel
from bot.channels.envelope import Envelope
from bot.commands import bench_board as bench_the_board
from bot.commands import bench_understand as bench_the_model
from bot.commands.bench_clock import clock_figures
from bot.commands.demo import HOST, free_port
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
REPORTS, CHATTER, CLIENTS = 1500, 3000, 8
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
    times = _time_each(lambda m: bot.inbox.receive(m, m.sent_at), _reports(REPORTS))
    orders = list(_accepts(bot, REPORTS // 3))
    transitions = _time_each(lambda o: _accept(bot, *o), orders[::2])
    typed = _time_each(lambda o: bot.inbox.receive(o[0], o[0].sent_at), orders[1::2])
    return {
        "report_to_case_per_s": round(len(times) / sum(times), 1),
        "report_to_case_p99_ms": round(_percentile(times, 0.99) * 1000, 2),
        "transition_ms": round(statistics.median(transitions) * 1000, 2),
        "typed_order_ms": round(statistics.median(typed) * 1000, 2),
    }


def bench_callback(settings: Settings) -> Figures:
    """Signed and encrypted callbacks over HTTP into one server process."""
    figures: Figures = {}
    with _server(settings) as (url, start_seconds, pid):
        figures["start_to_first_answer_s"] = round(start_seconds, 2)
        reports = [_sealed(settings, message) for message in _reports(REPORTS)]
        figures["report_callback_per_s"] = round(_closed_loop(url, reports), 1)
        half = figures["report_callback_per_s"] / 2
        latencies = _open_loop(url, [_sealed(settings, m) for m in _reports(int(half * 8), "half")], half)
        figures["report_callback_half_load_per_s"] = round(half, 1)
        figures["report_callback_p99_ms"] = round(_percentile(latencies, 0.99) * 1000, 2)
        chatter = [_sealed(settings, message) for message in _chatter(CHATTER)]
        figures["chatter_callback_per_s"] = round(_closed_loop(url, chatter), 1)
        figures["rss_mib"] = round(_rss_mib(pid), 1)
    return figures


def bench_envelope(settings: Settings) -> Figures:
    channel = ConsoleChannel("http://127.0.0.1:9", *_secrets(settings))
    sealed = [_sealed(settings, message) for message in _reports(500)]
    times = _time_each(lambda envelope: channel.parse(*envelope), sealed)
    return {"decrypt_parse_us": round(statistics.median(times) * 1e6, 1)}


def bench_clock(settings: Settings) -> Figures:
    """One round of the clock on a working morning."""
    return clock_figures(_fresh_bot(settings), dt.datetime(2026, 9, 9, 2, 0, tzinfo=dt.UTC))


def bench_board(settings: Settings) -> Figures:
    """The board and the list of cases over a year of them."""
    return bench_the_board.measure(_fresh_bot(settings))


GROUPS: dict[str, Callable[[Settings], Figures]] = {
    "understand": bench_understand,
    "report": bench_report,
    "callback": bench_callback,
    "envelope": bench_envelope,
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
        yield _message(f"{run_name}-{RUN}-{i}", f"r{i % 100 + 1:03d}", text, GROUP)


def _chatter(count: int) -> Iterator[IncomingMessage]:
    for i in range(count):
        yield _message(f"c-{RUN}-{i}", f"r{i % 100 + 1:03d}", f"今天晚上吃什么呀,要不去吃火锅{i}", GROUP)


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


def _sealed(settings: Settings, message: IncomingMessage) -> tuple[bytes, dict[str, str]]:
    content = {
        "msgid": message.platform_id,
        "msgtype": "text",
        "chat": {"type": "group", "id": message.group},
        "from": {"userid": message.sender, "nick": ""},
        "create_time": int(message.sent_at.timestamp()),
        "text": message.text,
    }
    return Envelope(*_secrets(settings)).seal(content, time.time())


def _secrets(settings: Settings) -> tuple[str, str]:
    return settings.console_token.get_secret_value(), settings.console_aes_key.get_secret_value()


@contextmanager
def _server(settings: Settings) -> Iterator[tuple[str, float, int]]:
    """A served bot: its address, the seconds from start to the first answered callback, its process."""
    ready_database(settings).close()
    port = free_port()
    environment = os.environ | {
        "SUISHOUPAI_ENV": "test",
        "SUISHOUPAI_DATABASE_URL": settings.database_url,
        "SUISHOUPAI_MODEL_PATH": str(settings.model_path),
        "SUISHOUPAI_MEDIA_DIR": str(settings.media_dir),
        "SUISHOUPAI_CONSOLE_URL": settings.console_url,
        "SUISHOUPAI_PORT": str(port),
    }
    started = time.perf_counter()
    command = [sys.executable, "-m", "bot", "serve"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:
        url = f"http://{HOST}:{port}/callback/console"
        try:
            _wait_for_answer(url, _sealed(settings, next(_chatter(1))))
            yield url, time.perf_counter() - started, process.pid
        finally:
            process.terminate()


def _wait_for_answer(url: str, sealed: tuple[bytes, dict[str, str]]) -> None:
    for _attempt in range(1000):
        try:
            if httpx2.post(url, content=sealed[0], params=sealed[1], timeout=10).status_code == 200:
                return
        except httpx2.TransportError:
            time.sleep(0.02)
    raise RuntimeError("the server does not answer")


def _closed_loop(url: str, sealed: list[tuple[bytes, dict[str, str]]]) -> float:
    """Requests per second of a few clients that each wait for their answer."""
    with httpx2.Client(limits=httpx2.Limits(max_connections=CLIENTS)) as client:
        started = time.perf_counter()
        with ThreadPoolExecutor(CLIENTS) as pool:
            list(pool.map(lambda s: _post(client, url, s), sealed))
        return len(sealed) / (time.perf_counter() - started)


def _open_loop(url: str, sealed: list[tuple[bytes, dict[str, str]]], per_second: float) -> list[float]:
    """Seconds from the moment each request was due to its answer, at a steady rate."""
    with httpx2.Client(limits=httpx2.Limits(max_connections=CLIENTS * 4)) as client:
        start = time.perf_counter() + 0.1

        def send(numbered: tuple[int, tuple[bytes, dict[str, str]]]) -> float:
            due = start + numbered[0] / per_second
            time.sleep(max(0.0, due - time.perf_counter()))
            _post(client, url, numbered[1])
            return time.perf_counter() - due

        with ThreadPoolExecutor(CLIENTS * 4) as pool:
            return list(pool.map(send, enumerate(sealed)))


def _post(client: httpx2.Client, url: str, sealed: tuple[bytes, dict[str, str]]) -> None:
    client.post(url, content=sealed[0], params=sealed[1], timeout=30).raise_for_status()


def _time_each(work: Callable[[Any], Any], items: Iterable[Any]) -> list[float]:
    """The seconds `work` takes on each item."""
    times = []
    for item in items:
        started = time.perf_counter()
        work(item)
        times.append(time.perf_counter() - started)
    return times


def _percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(int(len(values) * share), len(values) - 1)]


def _rss_mib(pid: int) -> float:
    """Resident memory of a process, from the kernel's own figures."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("no VmRSS")
