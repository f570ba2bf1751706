"""A simulator on a real port, and a tiny bot on another: it opens what comes in and answers as it is told."""

import asyncio
import base64
import json
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.channels.envelope import Envelope
from bot.simulator import Cast, Group, Person, PersonKind, Simulator, app_of
from tests.serving import served

TOKEN = "token-of-the-test"
AES_KEY = base64.b64encode(b"k" * 32).decode().rstrip("=")


@dataclass
class FakeBot:
    """Keeps the callbacks it opened; `answers` holds what it does next: words, silence, a status, or seconds asleep."""

    url: str = ""
    received: list[dict[str, Any]] = field(default_factory=list)
    answers: deque[str | int | float | bytes | None] = field(default_factory=deque)
    envelope: Envelope = field(default_factory=lambda: Envelope(TOKEN, AES_KEY))

    def app(self) -> Starlette:
        return Starlette(routes=[Route("/callback/console", self._callback, methods=["POST"])])

    async def _callback(self, request: Request) -> Response:
        content = self.envelope.open(await request.body(), dict(request.query_params), time.time())
        self.received.append(content)
        answer = self.answers.popleft() if self.answers else None
        if isinstance(answer, int):
            return Response(status_code=answer)
        if isinstance(answer, float):
            await asyncio.sleep(answer)
        if isinstance(answer, bytes):
            return Response(answer)
        if isinstance(answer, str):
            body, _query = self.envelope.seal({"reply": {"text": answer}}, time.time())
            return Response(body)
        return Response()


@pytest.fixture
def cast() -> Cast:
    li = Person("r001", "3-2-501 老李", PersonKind.RESIDENT, "居民", ("g001",))
    fang = Person("r003", "阿芳", PersonKind.RESIDENT, "居民", ("g001",))
    liu = Person("r007", "一号楼刘姐", PersonKind.RESIDENT, "居民", ("g002",))
    zhao = Person("zhao", "赵海涛", PersonKind.STAFF, "网格员", ("g001", "g002"))
    groups = (
        Group("g001", "清荷家园3号楼邻里群", ("r001", "r003")),
        Group("g002", "清荷家园1号楼邻里群", ("r007",)),
    )
    return Cast(groups, (li, fang, liu, zhao))


@pytest.fixture(scope="session")
def listening_bot() -> Iterator[FakeBot]:
    fake = FakeBot()
    with served(fake.app()) as url:
        fake.url = url
        yield fake


@pytest.fixture
def bot(listening_bot: FakeBot) -> FakeBot:
    listening_bot.received.clear()
    listening_bot.answers.clear()
    return listening_bot


@pytest.fixture
def simulator(cast: Cast, bot: FakeBot) -> Iterator[Simulator]:
    with Simulator(cast, bot.url, TOKEN, AES_KEY, timeout=0.4, pause=0) as simulator:
        yield simulator


@dataclass
class Door:
    """One server for all tests; behind it stands the application of the test that runs."""

    app: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app(scope, receive, send)


@pytest.fixture(scope="session")
def door() -> Iterator[tuple[Door, str]]:
    door = Door()
    with served(door) as url:
        yield door, url


@pytest.fixture
def browser(simulator: Simulator, door: tuple[Door, str]) -> Iterator[httpx2.Client]:
    """A client of the simulator's own server."""
    door[0].app = app_of(simulator)
    with httpx2.Client(base_url=door[1], trust_env=False) as client:
        yield client


@pytest.fixture
def send(browser: httpx2.Client) -> Callable[..., dict[str, Any]]:
    """What the bot does to send a message: `send({...})`, or `send({...}, token="wrong")`."""

    def post(content: dict[str, Any], token: str = TOKEN) -> dict[str, Any]:
        body, query = Envelope(token, AES_KEY).seal(content, time.time())
        answer: dict[str, Any] = json.loads(browser.post("/api/send", content=body, params=query).content)
        return answer

    return post
