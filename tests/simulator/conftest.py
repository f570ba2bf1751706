"""The console's simulator with a tiny bot that answers as it is told; and the stage on the stand-in of WeCom."""

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
from bot.simulator import Cast, Group, Person, PersonKind, Simulator, Stage, app_of, chat_app
from bot.simulator.platform import Platform
from tests.serving import served
from tests.simulator.platform import listening
from tests.simulator.platform.listening import ListeningBot

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


AGENT, APP_SECRET, ROBOT = 1000002, "app-secret", "aib-sample"


@pytest.fixture(scope="session")
def ear() -> Iterator[tuple[Door, str]]:
    """Where the callbacks of the stand-in go."""
    door = Door()
    with served(door) as url:
        yield door, url


@pytest.fixture
def hearing(ear: tuple[Door, str]) -> ListeningBot:
    """The bot's end of the callbacks, opened by wechatpy."""
    bot = ListeningBot(ear[1])
    ear[0].app = bot.app()
    return bot


@pytest.fixture
def stage(cast: Cast, hearing: ListeningBot) -> Iterator[Stage]:
    with Platform(listening.CORP, timeout=20, pause=0) as platform:
        app_url, robot_url = f"{hearing.url}/callback/wecom_app", f"{hearing.url}/callback/wecom_robot"
        platform.add_app(AGENT, APP_SECRET, token=listening.TOKEN, aes_key=listening.AES_KEY, callback=app_url)
        robot = {"token": listening.ROBOT_TOKEN, "aes_key": listening.ROBOT_KEY, "callback": robot_url}
        platform.add_robot(ROBOT, **robot)
        yield Stage(cast, platform)


@pytest.fixture
def chats(stage: Stage, door: tuple[Door, str]) -> Iterator[httpx2.Client]:
    """A client of the server with the chat page."""
    door[0].app = chat_app(stage)
    with httpx2.Client(base_url=door[1], trust_env=False) as client:
        yield client


@pytest.fixture
def call(chats: httpx2.Client) -> Callable[..., dict[str, Any]]:
    """What the bot does as the app: `call("message/send", {...})`."""

    def post(path: str, body: dict[str, Any]) -> dict[str, Any]:
        who = {"corpid": listening.CORP, "corpsecret": APP_SECRET}
        token = chats.get("/cgi-bin/gettoken", params=who).json()["access_token"]
        answer: dict[str, Any] = chats.post(f"/cgi-bin/{path}", params={"access_token": token}, json=body).json()
        assert answer["errcode"] == 0, answer
        return answer

    return post


def task_card(number: int = 1027) -> dict[str, Any]:
    """A task for zhao, as a card with two buttons and a choice."""
    options = [{"id": "far", "text": "不属于本网格"}, {"id": "full", "text": "缺少人手"}]
    card = {
        "card_type": "button_interaction",
        "task_id": f"task-{number}",
        "main_title": {"title": f"新任务 {number}"},
        "sub_title_text": "3号楼2单元电梯又停了",
        "horizontal_content_list": [{"keyname": "时限", "value": "11月23日18:00"}],
        "card_action": {"type": 1, "url": "http://127.0.0.1:9/task/x"},
        "button_selection": {"question_key": "reason", "title": "退回原因", "option_list": options},
        "button_list": [{"text": "接单", "style": 1, "key": f"接 {number}"}, {"text": "退回", "key": f"退 {number}"}],
    }
    return {"touser": "zhao", "msgtype": "template_card", "agentid": AGENT, "template_card": card}


PRESSED = "<xml><MsgType>update_button</MsgType><Button><ReplaceName>已提交</ReplaceName></Button></xml>"
