"""A platform with three members, an app, a robot, a group and a webhook; and a bot that opens callbacks by wechatpy."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest

from bot.simulator.platform import Platform, app_of
from tests.serving import served as serving
from tests.simulator.conftest import Door
from tests.simulator.platform.listening import AES_KEY, ROBOT_KEY, ROBOT_TOKEN, TOKEN, ListeningBot

CORP, SECRET, AGENT = "wwsample", "app-secret", 1000002
ROBOT, ROBOT_SECRET, GROUP, KEY = "aib-sample", "robot-secret", "wrGroup1", "hook-key"
START = 1_795_000_000.0


class Wall:
    """A clock on the wall that stands still, so that nothing passes but what a test lets pass."""

    def __call__(self) -> float:
        return START


@pytest.fixture(scope="session")
def server() -> Iterator[tuple[Door, str]]:
    """One server for all tests; behind it stands the platform of the test that runs."""
    door = Door()
    with serving(door) as url:
        yield door, url


@pytest.fixture(scope="session")
def ear() -> Iterator[tuple[Door, str]]:
    door = Door()
    with serving(door) as url:
        yield door, url


@pytest.fixture
def bot(ear: tuple[Door, str]) -> ListeningBot:
    """The bot's end of the callbacks."""
    listening = ListeningBot(ear[1])
    ear[0].app = listening.app()
    return listening


@pytest.fixture
def platform(bot: ListeningBot) -> Iterator[Platform]:
    with Platform(CORP, timeout=20, check_timeout=20, pause=0, wall=Wall()) as platform:
        for userid, name in (("zhangsan", "张三"), ("lisi", "李四"), ("wangwu", "王五")):
            platform.add_member(userid, name)
        platform.add_app(AGENT, SECRET, token=TOKEN, aes_key=AES_KEY, callback=f"{bot.url}/callback/wecom_app")
        robot_url = f"{bot.url}/callback/wecom_robot"
        platform.add_robot(ROBOT, ROBOT_SECRET, token=ROBOT_TOKEN, aes_key=ROBOT_KEY, callback=robot_url)
        platform.add_group(GROUP, ["zhangsan", "lisi"], "一号楼", robots=[ROBOT])
        platform.add_webhook(GROUP, KEY)
        yield platform


@pytest.fixture
def web(platform: Platform, server: tuple[Door, str]) -> Iterator[httpx2.Client]:
    """A client that knows nothing of tokens."""
    server[0].app = app_of(platform)
    platform.base_url = server[1]
    with httpx2.Client(base_url=server[1], trust_env=False) as client:
        yield client


Call = Callable[..., dict[str, Any]]


@pytest.fixture
def call(web: httpx2.Client, platform: Platform) -> Call:
    """`call("message/send", {...})`: POST with a token if there is a body, else GET."""

    tokens: list[str] = []

    def answer(path: str, body: dict[str, Any] | None = None, **query: str) -> dict[str, Any]:
        if "access_token" not in query:
            now, known = platform.clock.now(), platform.state.tokens
            tokens[:] = [t for t in tokens if t in known and known[t].expires_at > now] or [token_of(web)]
            query = {**query, "access_token": tokens[0]}
        content = None if body is None else json.dumps(body).encode()
        response = web.request("GET" if body is None else "POST", f"/cgi-bin/{path}", params=query, content=content)
        assert response.status_code == 200
        return dict(response.json())

    return answer


def token_of(web: httpx2.Client) -> str:
    answer = web.get("/cgi-bin/gettoken", params={"corpid": CORP, "corpsecret": SECRET}).json()
    return str(answer["access_token"])


def text_to(userid: str, content: str = "请接单", **more: Any) -> dict[str, Any]:
    return {"touser": userid, "msgtype": "text", "agentid": AGENT, "text": {"content": content}, **more}


def button_card(task_id: str = "case-1001", *keys: str) -> dict[str, Any]:
    """A card with a button for every key."""
    buttons = [{"text": key[:2], "key": key} for key in keys or ("接 1001", "退 1001")]
    title = {"title": "新任务 1001", "desc": "二单元电梯停了"}
    return {"card_type": "button_interaction", "main_title": title, "button_list": buttons, "task_id": task_id}


def card_to(userid: str, card: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    card = card or button_card()
    return {"touser": userid, "msgtype": "template_card", "agentid": AGENT, "template_card": card, **more}
