"""The console channel's platform over HTTP: where the bot sends to, and where it fetches photos."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response

from bot.channels import BadCallback
from bot.simulator.cast import NotInCast
from bot.simulator.photos import media_type
from bot.simulator.simulator import Simulator


def app_of(simulator: Simulator) -> FastAPI:
    """The application around a simulator that a script also drives by hand."""

    @asynccontextmanager
    async def closing(_: FastAPI) -> AsyncIterator[None]:
        yield
        simulator.close()

    # FastAPI's own documentation pages load scripts from a CDN, so there are none.
    app = FastAPI(title="simulator", lifespan=closing, openapi_url=None)
    app.include_router(_for_the_bot(simulator))
    return app


def _for_the_bot(simulator: Simulator) -> APIRouter:
    router = APIRouter()

    @router.post("/api/send")
    async def send(request: Request) -> dict[str, Any]:
        try:
            content = simulator.envelope.open(await request.body(), dict(request.query_params), time.time())
            return _received(simulator, content)
        except BadCallback as error:
            simulator.refuse_send()
            return {"errcode": 40001, "errmsg": f"invalid signature or body: {error}", "duplicate": False}

    @router.get("/media/{name}")
    async def media(name: str) -> Response:
        content = simulator.photos.get(f"/media/{name}")
        if content is None:
            return Response(status_code=404)
        headers = {"x-content-type-options": "nosniff", "content-security-policy": "sandbox"}
        return Response(content, media_type=media_type(content), headers=headers)

    return router


def _received(simulator: Simulator, content: dict[str, Any]) -> dict[str, Any]:
    """Show what the bot sent, and answer in the platform's codes."""
    key, to, text = content.get("id"), content.get("to"), content.get("text")
    if not (isinstance(key, str) and key and isinstance(to, dict) and isinstance(text, str)):
        simulator.refuse_send()
        return {"errcode": 40058, "errmsg": "invalid parameter", "duplicate": False}
    if not text.strip():
        simulator.refuse_send()
        return {"errcode": 44004, "errmsg": "empty content", "duplicate": False}
    group, person = to.get("group"), to.get("user")
    try:
        fresh = simulator.receive(key, text, group=group, person=person)
    except NotInCast as error:
        return {"errcode": 86003 if group else 40003, "errmsg": str(error), "duplicate": False}
    return {"errcode": 0, "errmsg": "ok", "duplicate": not fresh}
