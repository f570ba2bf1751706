"""The platform's own book of callbacks: which the bot acknowledged, by the ids under which it must have stored them."""

import json
import threading
import time
from collections import Counter
from typing import Any

import httpx2

from bot.channels.wecom_app import incoming
from bot.channels.wecom_robot.frames import NOT_STORED
from bot.commands.fault_run.office import AES_KEY, APP_PATH, CORP
from bot.simulator.platform import Platform
from bot.simulator.platform.callback_xml import read
from bot.simulator.platform.envelope import decrypt
from bot.simulator.platform.records import TalkKind

Known = tuple[str, str]
"""Channel and the platform's id of a message."""


class Ledger(httpx2.BaseTransport):
    """Lets the platform's requests through and notes which were answered with 200, whole and in time."""

    def __init__(self) -> None:
        self._wire = httpx2.HTTPTransport(limits=httpx2.Limits(max_connections=None), trust_env=False)
        self._lock = threading.Lock()
        self._taken: set[tuple[str, bytes]] = set()
        self.statuses: Counter[int] = Counter()

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        response = self._wire.handle_request(request)
        body = response.read()
        with self._lock:
            self.statuses[response.status_code] += 1
            if response.status_code == 200 and request.method == "POST":
                self._taken.add((request.url.path, request.content))
        return httpx2.Response(response.status_code, headers=response.headers, content=body)

    def close(self) -> None:
        self._wire.close()

    def acknowledged(self, platform: Platform) -> dict[Known, str]:
        """What the bot has promised to have, with the words of what was said to the app.

        Over the long connection an answer is the promise, save for an apology. By callback it is not: another
        message's later answer may go out with the address that came in a callback which was never acknowledged.
        """
        robots, talks = platform.state.corp.robots, platform.state.talks.values()
        said = [talk for talk in talks if talk.kind is TalkKind.MESSAGE and robots[talk.robot_id].long]
        answered = {("wecom_robot", talk.id): "" for talk in said if talk.answer and talk.answer.text != NOT_STORED}
        return answered | dict(_known(path, body) for path, body in self._taken)


def _known(path: str, body: bytes) -> tuple[Known, str]:
    if path == APP_PATH:
        content = read(decrypt(read(body)["Encrypt"], AES_KEY, CORP))
        return ("wecom_app", _app_id(content)), content.get("Content", "")
    callback = json.loads(decrypt(json.loads(body)["encrypt"], AES_KEY, ""))
    return ("wecom_robot", str(callback["msgid"])), ""


def _app_id(content: dict[str, Any]) -> str:
    """Members' messages are numbered; for an event the bot's own rule is asked."""
    if "MsgId" in content:
        return f"{content['FromUserName']}:{content['MsgId']}"
    message = incoming(content, int(time.time()))
    return message.platform_id if message else ""
