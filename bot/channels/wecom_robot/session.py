"""One WebSocket to the robot's platform, from showing who we are to its end: frames, acknowledgements, pings."""

import json
import logging
import secrets
import socket
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import structlog
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.protocol import State
from websockets.sync.client import ClientConnection, connect

from bot.channels import ChannelBusy, ChannelError, ChannelMisconfigured, ChannelUnsure
from bot.channels.wecom.errors import error_of

log = structlog.get_logger("long_connection")

# The library writes whole frames at the level of debugging, and the first one holds our secret.
FRAMES = logging.getLogger("suishoupai.frames")
FRAMES.setLevel(logging.WARNING)
CALLBACKS = ("aibot_msg_callback", "aibot_event_callback")


@dataclass(frozen=True)
class Timing:
    """Seconds. A refused secret and a connection taken by another program are no reason to hurry."""

    ping: float = 30.0
    pong: float = 10.0
    ack: float = 5.0
    opening: float = 10.0
    look_for_lease: float = 5.0
    first_pause: float = 1.0
    first_pause_refused: float = 60.0
    first_pause_kicked: float = 60.0
    longest_pause: float = 900.0
    stable: float = 60.0


@dataclass(frozen=True)
class Frame:
    """A callback of the platform; answers to it carry its request id."""

    request_id: str
    body: dict[str, Any]


class Ended(Exception):
    """A connection is over, or never began; `first_pause` begins the row of pauses before the next."""

    def __init__(self, reason: ChannelError, first_pause: float, *, keep_lease: bool = True) -> None:
        super().__init__(str(reason))
        self.reason = reason
        self.first_pause = first_pause
        self.keep_lease = keep_lease


class Session:
    """A connected WebSocket. One thread listens; any thread may make requests."""

    def __init__(self, url: str, secret: str, timing: Timing) -> None:
        self._secret = secret
        self._timing = timing
        self._waiting: dict[str, Future[dict[str, Any]]] = {}
        try:
            self._connection = _connect(url, timing.opening)
        except (OSError, WebSocketException) as error:
            reason = ChannelBusy(f"连不上机器人的长连接（{type(error).__name__}）")
            # Another machine may reach what this one cannot.
            raise Ended(reason, timing.first_pause, keep_lease=False) from error

    def subscribe(self, bot_id: str) -> None:
        """Show who we are; before that the platform exchanges nothing."""
        request_id = secrets.token_hex(16)
        self._write("aibot_subscribe", request_id, {"bot_id": bot_id, "secret": self._secret})
        try:
            self._raise_refusal(self._first_answer(request_id))
        except (ChannelBusy, ChannelUnsure) as error:
            raise Ended(ChannelBusy(str(error)), self._timing.first_pause) from error
        except ChannelError as error:
            reason = ChannelMisconfigured(f"机器人编号或长连接密钥不对：{error}")
            raise Ended(reason, self._timing.first_pause_refused) from error

    def listen(self, take: Callable[[Frame], None], still_ours: Callable[[], None]) -> None:
        """Take frames until the connection ends, always by raising Ended; `still_ours` may raise it too."""
        watch = _Watch(self._timing)
        while True:
            still_ours()
            frame = self._next_frame(watch.next_look())
            if frame.get("cmd") in CALLBACKS:
                self._take_callback(frame, take)
            elif not watch.answered(_request_id(frame)):
                self._acknowledged(frame)
            if watch.silent():
                self.hang_up()
                raise Ended(ChannelBusy("机器人的长连接没有回应"), self._timing.first_pause)
            if watch.ping_is_due():
                self._write("ping", watch.pinged(), None)

    def request(self, command: str, body: dict[str, Any], request_id: str = "") -> dict[str, Any]:
        """Say something and wait until the platform says it has it; raises the error of its answer."""
        if self._connection.state is not State.OPEN:
            raise ChannelBusy("机器人的长连接断了")
        request_id = request_id or secrets.token_hex(16)
        waiting: Future[dict[str, Any]] = Future()
        self._waiting[request_id] = waiting
        try:
            self._write(command, request_id, body)
            answer = waiting.result(self._timing.ack)
        except TimeoutError as error:
            raise ChannelUnsure("平台没有确认收到") from error
        except Ended as error:
            raise ChannelUnsure("发送时连接断了") from error
        finally:
            self._waiting.pop(request_id, None)
        self._raise_refusal(answer)
        return answer

    def hang_up(self) -> None:
        """End it from any thread; a thread stuck in writing to a dead peer is freed."""
        with suppress(OSError):
            self._connection.socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Let go of the socket; nobody knows what became of requests without an answer."""
        if self._connection.state is not State.OPEN:
            self.hang_up()
        self._connection.close()
        for waiting in list(self._waiting.values()):
            with suppress(Exception):  # answered at the last moment
                waiting.set_exception(ChannelUnsure("等待确认时连接断了"))

    def _write(self, command: str, request_id: str, body: dict[str, Any] | None) -> None:
        frame: dict[str, Any] = {"cmd": command, "headers": {"req_id": request_id}}
        if body is not None:
            frame["body"] = body
        write = self._connection.send
        try:
            write(json.dumps(frame, ensure_ascii=False).encode("utf-8", "replace"), text=True)
        except ConnectionClosed as error:
            raise Ended(ChannelBusy("机器人的长连接断了"), self._timing.first_pause) from error

    def _next_frame(self, seconds: float) -> dict[str, Any]:
        """The next frame as an object; empty for garbage, and when none came in time."""
        try:
            content = json.loads(self._connection.recv(timeout=max(0.0, seconds)))
        except TimeoutError:
            return {}
        except ConnectionClosed as error:
            raise Ended(ChannelBusy("机器人的长连接断了"), self._timing.first_pause) from error
        except (ValueError, RecursionError) as error:
            log.warning("frame is no JSON", error=type(error).__name__)
            return {}
        return content if isinstance(content, dict) else {}

    def _first_answer(self, request_id: str) -> dict[str, Any]:
        deadline = time.monotonic() + self._timing.opening
        while (left := deadline - time.monotonic()) > 0:
            frame = self._next_frame(left)
            if _request_id(frame) == request_id:
                return frame
        raise ChannelBusy("平台没有回应机器人的登录")

    def _take_callback(self, frame: dict[str, Any], take: Callable[[Frame], None]) -> None:
        body = frame.get("body")
        if not isinstance(body, dict):
            log.warning("callback without a body")
        elif _is_kick(body):
            reason = ChannelBusy("另有程序用这个机器人建立了长连接，本机被挤下线")
            raise Ended(reason, self._timing.first_pause_kicked, keep_lease=False)
        else:
            take(Frame(_request_id(frame), body))

    def _acknowledged(self, frame: dict[str, Any]) -> None:
        waiting = self._waiting.pop(_request_id(frame), None)
        if waiting is not None:
            waiting.set_result(frame)

    def _raise_refusal(self, answer: dict[str, Any]) -> None:
        code = answer.get("errcode")
        if not isinstance(code, int):
            raise ChannelUnsure("平台的回答看不懂")
        if code:
            raise error_of(code, str(answer.get("errmsg", "")), [self._secret])


class _Watch:
    """When to ping, and whether the platform has fallen silent."""

    def __init__(self, timing: Timing) -> None:
        self._timing = timing
        self._ping_at = time.monotonic() + timing.ping
        self._expected = ""

    def next_look(self) -> float:
        """Seconds until something may be due."""
        return min(self._ping_at - time.monotonic(), self._timing.look_for_lease)

    def ping_is_due(self) -> bool:
        return not self._expected and time.monotonic() >= self._ping_at

    def pinged(self) -> str:
        """The id of a ping that goes out now; its answer is expected in time."""
        self._expected = secrets.token_hex(16)
        self._ping_at = time.monotonic() + self._timing.pong
        return self._expected

    def answered(self, request_id: str) -> bool:
        """Whether this is the answer to the last ping; the next is due a while later."""
        if not request_id or request_id != self._expected:
            return False
        self._expected = ""
        self._ping_at = time.monotonic() + self._timing.ping
        return True

    def silent(self) -> bool:
        return bool(self._expected) and time.monotonic() >= self._ping_at


def _connect(url: str, seconds: float) -> ClientConnection:
    """The platform has pings of its own, so the library sends none."""
    return connect(url, open_timeout=seconds, close_timeout=2, ping_interval=None, logger=FRAMES, legacy=True)


def _request_id(frame: dict[str, Any]) -> str:
    headers = frame.get("headers")
    request_id = headers.get("req_id") if isinstance(headers, dict) else None
    return request_id if isinstance(request_id, str) else ""


def _is_kick(body: dict[str, Any]) -> bool:
    event = body.get("event")
    return isinstance(event, dict) and event.get("eventtype") == "disconnected_event"
