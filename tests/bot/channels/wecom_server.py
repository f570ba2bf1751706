"""A tiny real HTTP server in the place of WeCom's, which answers as a test says, and may also hang, cut off or drip."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


class Fault(Enum):
    """What a server does instead of answering."""

    HANG = "hang"
    CUT = "cut"
    DRIP = "drip"


@dataclass(frozen=True)
class Request:
    """What came in."""

    method: str
    endpoint: str
    query: dict[str, str]
    body: bytes
    content_type: str

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Page:
    """An answer that is no JSON."""

    body: bytes
    content_type: str = "text/html"
    status: int = 200


Answer = dict[str, Any] | Page | Fault
OK: Answer = {"errcode": 0, "errmsg": "ok"}


def token(number: int) -> str:
    """The token given at this asking; as a word it appears nowhere else."""
    return f"token-number-{number}"


@dataclass
class Platform:
    """Gives the tokens of `token()` and for everything else what `answer` says."""

    answer: Callable[[Request], Answer] = lambda request: OK
    requests: list[Request] = field(default_factory=list)
    tokens: int = 0
    done: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, request: Request) -> Answer:
        with self._lock:
            self.requests.append(request)
            if request.endpoint != "gettoken":
                return self.answer(request)
            self.tokens += 1
            return {"errcode": 0, "errmsg": "ok", "access_token": token(self.tokens), "expires_in": 7200}

    @property
    def calls(self) -> list[Request]:
        """All but those for a token."""
        return [request for request in self.requests if request.endpoint != "gettoken"]


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # closing waits for what is still being answered
    # Twenty threads of a test may connect at once.
    request_queue_size = 64


@contextmanager
def serving(platform: Platform) -> Iterator[str]:
    """The address at which the platform answers."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = urlsplit(self.path)
            request = Request(
                self.command,
                address.path.removeprefix("/cgi-bin/"),
                {name: values[0] for name, values in parse_qs(address.query).items()},
                self.rfile.read(int(self.headers.get("content-length") or 0)),
                self.headers.get("content-type", ""),
            )
            _respond(self, platform.of(request), platform.done)

        do_POST = do_GET

        def log_message(self, *words: Any) -> None:
            """Silence."""

    server = _Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        platform.done.set()
        server.shutdown()
        server.server_close()
        thread.join()


def _respond(handler: BaseHTTPRequestHandler, answer: Answer, done: threading.Event) -> None:
    handler.close_connection = True
    if answer is Fault.HANG:
        done.wait(10)
    if answer in (Fault.HANG, Fault.CUT):
        return
    if isinstance(answer, dict):
        page = Page(json.dumps(answer, ensure_ascii=False).encode(), "application/json; charset=UTF-8")
    else:
        page = answer if isinstance(answer, Page) else Page(b" " * 1000)
    handler.send_response(page.status)
    handler.send_header("Content-Type", page.content_type)
    handler.send_header("Content-Length", str(len(page.body)))
    handler.end_headers()
    if answer is not Fault.DRIP:
        handler.wfile.write(page.body)
        return
    for _byte in range(1000):
        try:
            handler.wfile.write(b" ")
        except OSError:  # the client has gone
            return
        if done.wait(0.02):
            return
