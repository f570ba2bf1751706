"""The robot's long connection, held by one process at a time: connects, and connects again after every end.

Frames are handled one after the other. The platform repeats nothing: what came while no process was connected is
lost, and so is a frame whose process is killed before it was stored.
"""

import queue
import threading
import time
from collections.abc import Callable
from copy import copy
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.channels import ChannelBusy, ChannelError
from bot.channels.wecom_robot.pauses import Pauses
from bot.channels.wecom_robot.session import Ended, Frame, Session, Timing
from bot.leases import LeaseHolder

log = structlog.get_logger("long_connection")

LOOK_SECONDS = 0.2
CLOSED = "机器人的长连接已关闭"


class LongConnection:
    """Two threads: one connects and reads, one handles what came, so that acknowledgements never wait for handling."""

    def __init__(self, url: str, bot_id: str, secret: str, lease: LeaseHolder, timing: Timing | None = None) -> None:
        self._url, self._bot_id, self._secret = url, bot_id, secret
        self._lease = lease
        self._timing = timing or Timing()
        self._pauses = Pauses(self._timing.longest_pause)
        self._stop = threading.Event()
        self._ready = threading.Event()
        self._session: Session | None = None
        self._renew_at = 0.0
        self._frames: queue.SimpleQueue[Frame | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self.problem: ChannelError = ChannelBusy("机器人的长连接还没有建立")
        """Why nothing can be sent while the connection is not ready."""

    @property
    def ready(self) -> bool:
        """Whether a message could be handed over now: we hold the lease and the platform knows us."""
        return self._ready.is_set()

    def wait_until_ready(self, seconds: float) -> bool:
        """Whether it became ready in time; gives up at once when the connection is closed for good."""
        over = time.monotonic() + seconds
        while not self._stop.is_set() and (left := over - time.monotonic()) > 0:
            if self._ready.wait(min(left, LOOK_SECONDS)):
                return True
        return False

    def start(self, handle: Callable[[Frame], None]) -> None:
        """Connect in the background; `handle` gets every callback, in order, in a thread of its own."""
        self._threads = [
            threading.Thread(target=self._hold, name="robot", daemon=True),
            threading.Thread(target=self._work, args=(handle,), name="robot-frames", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def close(self, seconds: float = 10.0) -> None:
        """Disconnect, let what came in be handled to its end, and leave the lease to others."""
        self._stop.set()
        if (session := self._session) is not None:
            session.close()
        for thread in self._threads:
            thread.join(seconds)
        if self._threads:
            self._give_up_lease()

    def rest(self, seconds: float) -> None:
        """Wait, but not beyond the end of the connection."""
        self._stop.wait(seconds)

    def request(self, command: str, body: dict[str, Any], request_id: str = "") -> dict[str, Any]:
        """Say something and wait until the platform has it; raises `problem` while there is no connection."""
        session = self._session
        if session is None or not self.ready:
            raise copy(self.problem)  # an exception raised twice would carry both tracebacks
        return session.request(command, body, request_id)

    def _work(self, handle: Callable[[Frame], None]) -> None:
        while (frame := self._frames.get()) is not None:
            try:
                handle(frame)
            except Exception as error:
                log.exception("callback failed, the platform will not repeat it", error=type(error).__name__)

    def _hold(self) -> None:
        """Wait for the lease, connect, and begin again however it ended."""
        while not self._stop.is_set():
            if not self._take_lease():
                self.problem = ChannelBusy("机器人的长连接在另一个进程上", self._timing.look_for_lease)
                self._stop.wait(self._timing.look_for_lease)
                continue
            try:
                self._one_connection()
            except Ended as end:
                self._recover(end)
            except Exception as error:
                # A bug must not end the only thread that connects.
                log.exception("long connection failed unforeseen", error=type(error).__name__)
                self._recover(Ended(ChannelBusy(f"程序出错（{type(error).__name__}）"), self._timing.first_pause))
        self._frames.put(None)

    def _one_connection(self) -> None:
        self.problem = ChannelBusy("机器人的长连接正在建立")
        session = Session(self._url, self._secret, self._timing)
        began = time.monotonic()
        self._session = session
        try:
            if self._stop.is_set():  # close() may have come before there was a session to close
                raise Ended(ChannelBusy(CLOSED), 0.0)
            session.subscribe(self._bot_id)
            self._ready.set()
            log.info("long connection established")
            session.listen(self._frames.put, self._still_ours)
        finally:
            self._ready.clear()
            self._session = None
            session.close()
            if time.monotonic() - began >= self._timing.stable:
                self._pauses.reset()

    def _still_ours(self) -> None:
        """Called between frames: ends the connection when we stop or somebody else holds the lease."""
        if self._stop.is_set():
            raise Ended(ChannelBusy(CLOSED), 0.0)
        if time.monotonic() >= self._renew_at and not self._take_lease():
            raise Ended(ChannelBusy("机器人的长连接交给了另一个进程"), self._timing.first_pause)

    def _recover(self, end: Ended) -> None:
        """Rest before the next try. A broken connection stays our task, so that replicas do not multiply the tries."""
        self.problem = end.reason
        if self._stop.is_set():
            return
        if not end.keep_lease:
            self._give_up_lease()
        pause = self._pauses.next(end.first_pause)
        log.warning("long connection ended", reason=str(end.reason), pause_s=round(pause, 1))
        over = time.monotonic() + pause
        while (left := over - time.monotonic()) > 0 and not self._stop.wait(min(left, self._lease.seconds / 3)):
            if end.keep_lease and not self._take_lease():
                return

    def _take_lease(self) -> bool:
        """Take or renew; a holder cut off from the database goes on until its time is up, and not a moment longer."""
        self._renew_at = time.monotonic() + self._lease.seconds / 3
        try:
            return self._lease.take()
        except SQLAlchemyError as error:
            log.warning("lease not renewed", error=type(error).__name__)
            return self._lease.held

    def _give_up_lease(self) -> None:
        try:
            self._lease.give_up()
        except SQLAlchemyError as error:
            log.warning("lease not given up, it will run out", error=type(error).__name__)
