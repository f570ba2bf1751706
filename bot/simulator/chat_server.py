"""The stand-in of WeCom with the demo's chat page on top: one server for the bot, its people and their browsers."""

import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles
from pydantic import BaseModel, Field

from bot.simulator import platform
from bot.simulator.cast import NotAllowed, NotInCast
from bot.simulator.chats import Chats, Row
from bot.simulator.photos import LARGEST_PHOTO_BYTES, PhotoTooLarge, media_type
from bot.simulator.platform import NotThere
from bot.simulator.stage import Stage

PAGE = Path(__file__).parent / "page"
STATUS = {NotInCast: 404, NotThere: 404, NotAllowed: 400, PhotoTooLarge: 413}
MessageId = Annotated[int, Field(ge=1, le=2**53)]


class _Say(BaseModel):
    person: str
    chat: str
    text: str = Field(default="", max_length=20_000)
    photo: str | None = Field(default=None, pattern="^/media/[A-Za-z0-9._-]{1,64}$")
    quote: MessageId | None = None
    mention: bool = True
    voice: bool = False


class _Press(BaseModel):
    person: str
    message: MessageId
    key: str = Field(max_length=1024)
    chosen: dict[str, list[str]] = Field(default_factory=dict)


def chat_app(stage: Stage) -> FastAPI:
    """The stand-in's application, and the page from which people are played."""
    app = platform.app_of(stage.platform)
    for kind, status in STATUS.items():
        app.add_exception_handler(kind, _refusal(status))
    app.include_router(_watching(stage))
    app.include_router(_acting(stage))
    app.mount("/", StaticFiles(directory=PAGE, html=True))
    return app


def _watching(stage: Stage) -> APIRouter:
    router, chats = APIRouter(), Chats(stage)
    started = secrets.token_hex(4)
    sample = stage.photos.pin("sample-lift.jpg", stage.sample_photo)

    @router.get("/api/cast")
    def cast() -> dict[str, Any]:
        """Who there is; a private conversation is called by its prefix and the person."""
        known, prefixes = stage.cast, {"robot": stage.with_robot(""), "app": stage.with_app("")}
        return {"bot": known.bot_name, "groups": known.groups, "people": known.people, "sample": sample, **prefixes}

    @router.get("/api/conversations")
    def conversations() -> dict[str, Any]:
        """All chats in one line each; `started` changes when the server was started anew."""
        return {"started": started, "now": stage.platform.clock.now(), "conversations": chats.summaries()}

    @router.get("/api/conversations/{chat}/messages")
    def messages(chat: str, after: int = 0) -> list[Row]:
        return chats.messages(chat, after)

    @router.get("/media/{name}")
    def media(name: str) -> Response:
        content = stage.photos.get(f"/media/{name}")
        if content is None:
            return Response(status_code=404)
        headers = {"x-content-type-options": "nosniff", "content-security-policy": "sandbox"}
        return Response(content, media_type=media_type(content), headers=headers)

    return router


def _acting(stage: Stage) -> APIRouter:
    router = APIRouter(prefix="/api")

    @router.post("/say")
    def say(said: _Say) -> dict[str, Any]:
        """`fate` is how far the message came; what the bot answers is seen in the conversation."""
        photo = stage.photos.get(said.photo) if said.photo else None
        if said.photo and photo is None:
            raise NotAllowed("the photo is gone")
        rest = said.model_dump(include={"mention", "voice", "quote"})
        return {"fate": stage.say(said.person, said.chat, said.text, photo=photo, **rest).fate}

    @router.post("/press")
    def press(pressed: _Press) -> dict[str, Any]:
        return {"fate": stage.press(pressed.person, pressed.message, pressed.key, pressed.chosen).fate}

    @router.post("/photo")
    async def photo(request: Request) -> dict[str, str]:
        content = bytearray()
        async for chunk in request.stream():
            content += chunk
            if len(content) > LARGEST_PHOTO_BYTES:
                raise PhotoTooLarge("the upload goes on and on")
        return {"photo": stage.photos.keep(bytes(content))}

    return router


def _refusal(status: int) -> Callable[[Request, Exception], Response]:
    def refuse(_: Request, error: Exception) -> Response:
        return JSONResponse({"error": str(error)}, status_code=status)

    return refuse
