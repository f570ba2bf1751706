"""The simulated platform over HTTP: what the bot calls, what the browser calls, and the chat page itself."""

import secrets
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles
from pydantic import BaseModel, Field

from bot.channels import BadCallback
from bot.simulator.cast import Cast, NotAllowed, NotInCast
from bot.simulator.conversations import Message, Summary
from bot.simulator.photos import LARGEST_PHOTO_BYTES, PhotoTooLarge, media_type
from bot.simulator.simulator import Simulator

PAGE = Path(__file__).parent / "page"
STATUS = {NotInCast: 404, NotAllowed: 400, PhotoTooLarge: 413}


class _Say(BaseModel):
    person: str
    text: str = Field(default="", max_length=20_000)
    group: str | None = None
    photo: str | None = Field(default=None, pattern="^/media/[A-Za-z0-9._-]{1,64}$")
    quote: str | None = None
    mention: bool = False
    voice: bool = False


class _Recall(BaseModel):
    person: str
    message_id: str
    group: str | None = None


def create_app(
    cast: Cast,
    bot_url: str,
    token: str,
    aes_key: str,
    *,
    transport: httpx2.BaseTransport | None = None,
    clock: Callable[[], float] = time.time,
) -> FastAPI:
    """The whole platform as one application; the simulator itself is `app.state.simulator`."""
    return app_of(Simulator(cast, bot_url, token, aes_key, transport=transport, clock=clock))


def app_of(simulator: Simulator) -> FastAPI:
    """The application around a simulator that a script also drives by hand."""

    @asynccontextmanager
    async def closing(_: FastAPI) -> AsyncIterator[None]:
        yield
        simulator.close()

    # FastAPI's own documentation pages load scripts from a CDN, so there are none.
    app = FastAPI(title="随手拍模拟群聊", lifespan=closing, openapi_url=None)
    app.state.simulator = simulator
    for kind, status in STATUS.items():
        app.add_exception_handler(kind, _refusal(status))
    app.include_router(_for_the_bot(simulator))
    app.include_router(_for_the_browser(simulator))
    app.mount("/", StaticFiles(directory=PAGE, html=True))
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


def _for_the_browser(simulator: Simulator) -> APIRouter:
    router = APIRouter(prefix="/api")
    started = secrets.token_hex(4)
    sample = simulator.photos.pin("sample-lift.jpg", simulator.sample_photo)

    @router.get("/cast")
    def cast() -> dict[str, Any]:
        known = simulator.cast
        return {"bot": known.bot_name, "groups": known.groups, "people": known.people, "sample": sample}

    @router.get("/conversations")
    def conversations() -> dict[str, Any]:
        """All chats in one line each; `started` changes when the server was started anew."""
        chats: list[Summary] = simulator.conversations.summaries()
        return {"started": started, "conversations": chats}

    @router.get("/conversations/{chat}/messages")
    def messages(chat: str, after: int = 0) -> list[Message]:
        return simulator.conversations.messages(chat, after)

    @router.post("/say")
    def say(said: _Say) -> dict[str, Any]:
        return {"reply": simulator.say(**said.model_dump())}

    @router.post("/recall")
    def recall(recalled: _Recall) -> dict[str, Any]:
        return {"reply": simulator.recall(**recalled.model_dump())}

    @router.post("/photo")
    async def photo(request: Request) -> dict[str, str]:
        content = bytearray()
        async for chunk in request.stream():
            content += chunk
            if len(content) > LARGEST_PHOTO_BYTES:
                raise PhotoTooLarge("the upload goes on and on")
        return {"photo": simulator.photos.keep(bytes(content))}

    return router


def _refusal(status: int) -> Callable[[Request, Exception], Response]:
    def refuse(_: Request, error: Exception) -> Response:
        return JSONResponse({"error": str(error)}, status_code=status)

    return refuse
