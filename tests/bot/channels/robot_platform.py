"""The far end of a robot's long connection, played by hand over real sockets: a test says what comes and looks at
what was sent.
"""

import json
import queue
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

PATIENCE_SECONDS = 5.0
Frame = dict[str, Any]


class Visit:
    """One connection of the bot's."""

    def __init__(self, connection: ServerConnection) -> None:
        self._connection = connection
        self._frames: queue.Queue[Frame] = queue.Queue()
        self.over = threading.Event()

    def frame(self, command: str) -> Frame:
        """The next frame the bot sends, which must be of this kind."""
        frame = self._frames.get(timeout=PATIENCE_SECONDS)
        assert frame["cmd"] == command
        return frame

    def nothing_more(self) -> bool:
        """Whether all frames that came were looked at."""
        return self._frames.empty()

    def say(self, content: Frame | str | bytes) -> None:
        self._connection.send(json.dumps(content) if isinstance(content, dict) else content)

    def acknowledge(self, frame: Frame, code: int = 0, **more: Any) -> None:
        self.say({"headers": frame["headers"], "errcode": code, "errmsg": "ok" if code == 0 else "refused", **more})

    def close(self) -> None:
        """A clean end."""
        self._connection.close()

    def cut(self) -> None:
        """An unclean end: no farewell."""
        self._connection.socket.shutdown(socket.SHUT_RDWR)

    def listen(self, *, answers_pings: bool) -> None:
        try:
            for content in self._connection:
                frame = json.loads(content)
                if frame["cmd"] == "ping" and answers_pings:
                    self.acknowledge(frame)
                else:
                    self._frames.put(frame)
        except ConnectionClosed:
            pass
        finally:
            self.over.set()


class RobotPlatform:
    """Waits for the bot; every connection is a visit."""

    def __init__(self) -> None:
        self.answers_pings = True
        self.visits: queue.Queue[Visit] = queue.Queue()
        self._server = serve(self._serve, "127.0.0.1", 0)

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self._server.socket.getsockname()[1]}"

    def arrival(self) -> Visit:
        return self.visits.get(timeout=PATIENCE_SECONDS)

    def visit(self) -> Visit:
        """The next visit, once the bot has shown who it is and was let in."""
        visit = self.arrival()
        visit.acknowledge(visit.frame("aibot_subscribe"))
        return visit

    @contextmanager
    def open(self) -> Iterator["RobotPlatform"]:
        thread = threading.Thread(target=self._server.serve_forever)
        thread.start()
        yield self
        self._server.shutdown()
        thread.join()

    def _serve(self, connection: ServerConnection) -> None:
        visit = Visit(connection)
        self.visits.put(visit)
        visit.listen(answers_pings=self.answers_pings)
