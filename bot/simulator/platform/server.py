"""The stand-in on the network: /cgi-bin as qyapi.weixin.qq.com, a WebSocket at / as openws.work.weixin.qq.com."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from fastapi import FastAPI, Response, WebSocket
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from bot.simulator.platform.admin import admin
from bot.simulator.platform.api import api
from bot.simulator.platform.media import type_of
from bot.simulator.platform.platform import Platform

HOST = "127.0.0.1"


def app_of(platform: Platform) -> FastAPI:
    """The application around a platform that a script also drives by hand."""
    # FastAPI's own documentation pages load scripts from a CDN, so there are none.
    app = FastAPI(title="stand-in", openapi_url=None)
    app.state.platform = platform
    app.include_router(api(platform.state))
    app.include_router(admin(platform))

    @app.get("/_picture/{name}")
    def picture(name: str) -> Response:
        """A picture that a member sent to the app, behind the PicUrl of the callback."""
        found = platform.state.media.get(name)
        if found is None:
            return Response(status_code=404)
        headers = {"x-content-type-options": "nosniff", "content-security-policy": "sandbox"}
        return Response(found.content, media_type=type_of(found.content), headers=headers)

    @app.websocket("/")
    async def long_connection(websocket: WebSocket) -> None:
        await platform.lines.serve(websocket)

    return app


@contextmanager
def served(platform: Platform, port: int = 0, *, certificate: tuple[str, str] | None = None) -> Iterator[str]:
    """The address of the platform, which runs in a thread of its own; `certificate` is (certificate, key) for TLS."""
    with socket.create_server((HOST, port)) as listener:
        scheme = "https" if certificate else "http"
        platform.base_url = f"{scheme}://{HOST}:{listener.getsockname()[1]}"
        server = uvicorn.Server(_config(platform, certificate))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield platform.base_url
        finally:
            server.should_exit = True
            thread.join(5)


class _Line(WebSocketsSansIOProtocol):
    """A WebSocket; uvicorn stumbles when it stops while the other end is just hanging up."""

    def shutdown(self) -> None:
        """Take leave of who is still there; the others are waited for anyway."""
        if not self.transport.is_closing():
            super().shutdown()


def _config(platform: Platform, certificate: tuple[str, str] | None) -> uvicorn.Config:
    tls: dict[str, Any] = {}
    if certificate:
        tls = {"ssl_certfile": certificate[0], "ssl_keyfile": certificate[1], "ssl_version": ssl.PROTOCOL_TLS_SERVER}
    # The answers that a fault cuts off would each leave a line in the log.
    return uvicorn.Config(app_of(platform), ws=_Line, log_level="critical", timeout_graceful_shutdown=1, **tls)
