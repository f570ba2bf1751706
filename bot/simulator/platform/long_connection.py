"""The WebSocket end of the long connection: one live line for each robot, the newer puts the older out."""

import asyncio
import json
from contextlib import suppress
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from bot.simulator.platform import long_commands
from bot.simulator.platform.answers import PlatformError, refusal
from bot.simulator.platform.calls import object_of
from bot.simulator.platform.corp import Robot
from bot.simulator.platform.faults import Fault
from bot.simulator.platform.postman import Fate
from bot.simulator.platform.rates import SUBSCRIBE
from bot.simulator.platform.state import State, new_id

Frame = dict[str, Any]
CLOSE, ABORT = "close", "abort"


class Line:
    """One connection. Frames may be put on it from any thread; they leave in that order."""

    def __init__(self, websocket: WebSocket) -> None:
        self.websocket = websocket
        self.robot: Robot | None = None
        self.ip = websocket.client.host if websocket.client else ""
        self._loop = asyncio.get_running_loop()
        self._out: asyncio.Queue[Frame | str] = asyncio.Queue()

    def put(self, what: Frame | str) -> None:
        with suppress(RuntimeError):  # the server is being stopped
            self._loop.call_soon_threadsafe(self._out.put_nowait, what)

    async def write(self) -> None:
        """Send until somebody ends it: CLOSE says goodbye, ABORT leaves the other side in the dark."""
        while True:
            what = await self._out.get()
            if what == CLOSE:
                await self.websocket.close()
            if isinstance(what, str):
                return
            await self.websocket.send_text(json.dumps(what, ensure_ascii=False))


class Lines:
    """All long connections of the platform."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._live: dict[str, Line] = {}
        self._held: list[tuple[str, Frame]] = []

    def live(self, robot_id: str) -> bool:
        return robot_id in self._live

    def push(self, robot_id: str, frame: Frame) -> Fate:
        """Hand a frame to the bot, as the faults will have it. What finds no line is gone for good."""
        faults, line = self._state.faults, self._live.get(robot_id)
        if line is None or faults.draw(Fault.LOSS):
            self._state.counters.lost += 1
            return Fate.LOST
        if faults.draw(Fault.REORDER):
            self._held.append((robot_id, frame))
            return Fate.HELD
        for _ in range(2 if faults.draw(Fault.DUPLICATE) else 1):
            line.put(frame)
            self._state.counters.callbacks += 1
        self._state.counters.taken += 1
        self.flush()
        return Fate.TAKEN

    def flush(self) -> None:
        """Send what was held back."""
        held, self._held = self._held, []
        for robot_id, frame in held:
            if robot_id in self._live:
                self._live[robot_id].put(frame)

    def kick(self, robot_id: str) -> None:
        """Put a line out as a newer one would: the event, then the end."""
        line = self._live.pop(robot_id, None)
        if line is None:
            return
        self._state.counters.kicked += 1
        event = {"msgtype": "event", "event": {"eventtype": "disconnected_event"}}
        head = {"msgid": new_id(32), "create_time": int(self._state.now()), "aibotid": robot_id}
        line.put({"cmd": "aibot_event_callback", "headers": {"req_id": new_id(32)}, "body": head | event})
        line.put(CLOSE)

    def drop(self, robot_id: str, *, clean: bool) -> None:
        """End a line without a word, with a proper close or by cutting the wire."""
        line = self._live.pop(robot_id, None)
        if line is not None:
            line.put(CLOSE if clean else ABORT)

    async def serve(self, websocket: WebSocket) -> None:
        """One connection from its beginning to its end. Returning without a close cuts the wire."""
        await websocket.accept()
        line = Line(websocket)
        tasks = {asyncio.create_task(line.write()), asyncio.create_task(self._read(line))}
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            if line.robot and self._live.get(line.robot.id) is line:
                del self._live[line.robot.id]

    async def _read(self, line: Line) -> None:
        with suppress(WebSocketDisconnect):
            while True:
                await self._received(line, await line.websocket.receive_text())

    async def _received(self, line: Line, text: str) -> None:
        try:
            frame = json.loads(text)
            cmd, req_id = frame["cmd"], frame["headers"]["req_id"]
        except (ValueError, KeyError, TypeError):
            line.put({"headers": {"req_id": ""}, **refusal(PlatformError(47001), self._state.now(), line.ip)})
            return
        faults = self._state.faults
        slow = faults.draw(Fault.LATENCY, cmd)
        if slow:
            await asyncio.sleep(slow.seconds)
        if faults.draw(Fault.HANG, cmd) or (cmd == "ping" and faults.draw(Fault.NO_PONG)):
            return
        with self._state.lock:
            ack = self._ack(line, cmd, req_id, frame)
        if not faults.draw(Fault.LOST_ANSWER, cmd):
            line.put(ack)
        if line.robot and cmd != "aibot_subscribe" and faults.draw(Fault.KICK, cmd):
            self.kick(line.robot.id)

    def _ack(self, line: Line, cmd: str, req_id: str, frame: Frame) -> Frame:
        headers, more = {"headers": {"req_id": req_id}}, None
        self._state.counters.calls += 1
        try:
            if cmd == "aibot_subscribe":
                self._subscribe(line, object_of(frame, "body"))
            elif line.robot is None:
                raise PlatformError(846609)
            elif cmd != "ping":
                self._maybe_refuse(cmd)
                more = long_commands.run(self._state, line.robot, cmd, req_id, frame)
        except PlatformError as error:
            self._state.counters.refused_calls += 1
            return headers | refusal(error, self._state.now(), line.ip)
        return headers | ({"body": more} if more else {}) | {"errcode": 0, "errmsg": "ok"}

    def _maybe_refuse(self, cmd: str) -> None:
        for fault, code in ((Fault.BUSY, -1), (Fault.RATE, 45009), (Fault.PARALLEL, 45033)):
            if self._state.faults.draw(fault, cmd):
                raise PlatformError(code)

    def _subscribe(self, line: Line, body: Frame) -> None:
        robot_id = body.get("bot_id")
        robot = self._state.corp.robots.get(robot_id) if isinstance(robot_id, str) else None
        if not self._state.rates.take_or_block(("subscribe", robot_id), SUBSCRIBE, self._state.now()):
            self._state.counters.over_limit += 1
            raise PlatformError(45009)
        if robot is None or not robot.secret or body.get("secret") != robot.secret:
            raise PlatformError(40001)
        older = self._live.get(robot.id)
        if older is not None and older is not line:
            self.kick(robot.id)
        line.robot = robot
        self._live[robot.id] = line
