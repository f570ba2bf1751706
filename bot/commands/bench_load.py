"""A server on one core and the load on the other: what `suishoupai bench` measures over HTTP."""

import http.client
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlencode, urlsplit

from bot.commands.demo import HOST, free_port

T = TypeVar("T")
CLIENTS = 8
LONGEST_ANSWER_SECONDS = 30.0
_of_thread = threading.local()


@dataclass(frozen=True)
class Request:
    """One callback, ready to be posted."""

    path: str
    query: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Server:
    """A process that answers at `url`; `start_seconds` from its start to its first answer."""

    url: str
    pid: int
    start_seconds: float

    @property
    def rss_mib(self) -> float:
        """Resident memory, from the kernel's own figures."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024
        raise RuntimeError("no VmRSS")


@contextmanager
def serving(command: Sequence[str], environment: dict[str, str], first: Request) -> Iterator[Server]:
    """A server in a process of its own; where there are two cores it has one, and we take the other."""
    port, own = free_port(), os.sched_getaffinity(0)
    given = [part.replace("PORT", str(port)) for part in command]
    started = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-m", *given],
        env=os.environ | environment | {"SUISHOUPAI_PORT": str(port)},
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            _wait_for_answer(f"http://{HOST}:{port}", first)
            answered = time.perf_counter() - started
            _one_core_each(process.pid, own)
            yield Server(f"http://{HOST}:{port}", process.pid, answered)
        finally:
            os.sched_setaffinity(0, own)
            process.terminate()


def closed_loop(url: str, requests: Sequence[Request]) -> float:
    """Requests per second of a few clients that each wait for their answer."""
    started = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(lambda request: post(url, request), requests))
    return len(requests) / (time.perf_counter() - started)


def open_loop(url: str, requests: Sequence[Request], per_second: float) -> list[float]:
    """Seconds from the moment each request was due to its answer, at a steady rate."""
    start = time.perf_counter() + 0.1

    def send(numbered: tuple[int, Request]) -> float:
        due = start + numbered[0] / per_second
        time.sleep(max(0.0, due - time.perf_counter()))
        post(url, numbered[1])
        return time.perf_counter() - due

    with ThreadPoolExecutor(CLIENTS * 4) as pool:
        return list(pool.map(send, enumerate(requests)))


def post(url: str, request: Request) -> bytes:
    """The answer's body; a thread keeps its connection, as a platform does."""
    connection = _connection(url)
    headers = {"Content-Type": "application/json"}
    connection.request("POST", f"{request.path}?{urlencode(request.query)}", request.body, headers)
    response = connection.getresponse()
    body = response.read()
    if response.status != 200:
        raise RuntimeError(f"the server answered {response.status}")
    return body


def time_each(work: Callable[[T], object], items: Iterable[T]) -> list[float]:
    """The seconds `work` takes on each item."""
    times = []
    for item in items:
        started = time.perf_counter()
        work(item)
        times.append(time.perf_counter() - started)
    return times


def _connection(url: str) -> http.client.HTTPConnection:
    open_ones: dict[str, http.client.HTTPConnection] = _of_thread.__dict__.setdefault("open", {})
    address = urlsplit(url).netloc
    if address not in open_ones:
        open_ones[address] = http.client.HTTPConnection(address, timeout=LONGEST_ANSWER_SECONDS)
    return open_ones[address]


def _wait_for_answer(url: str, first: Request) -> None:
    for _attempt in range(1500):
        try:
            post(url, first)
            return
        except (OSError, http.client.HTTPException):
            _of_thread.__dict__.clear()
            time.sleep(0.02)
    raise RuntimeError("the server does not answer")


def _one_core_each(pid: int, cores: set[int]) -> None:
    """Every thread of the server on the first core; we and the load on the others."""
    first, *others = sorted(cores)
    if not others:
        return
    for task in Path(f"/proc/{pid}/task").iterdir():
        os.sched_setaffinity(int(task.name), {first})
    os.sched_setaffinity(0, set(others))
