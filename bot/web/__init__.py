"""Everything people and platforms reach over HTTP: callbacks, console pages, phone pages, health."""

from pathlib import Path

from fastapi import FastAPI, Response
from fastapi.responses import RedirectResponse
from fastapi.staticfiles import StaticFiles
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.running import Bot
from bot.web import (
    board,
    callbacks,
    case_page,
    cases,
    console,
    groups,
    model_page,
    outbox_page,
    schedule,
    service,
    session_page,
    sign_in,
    task_page,
    triage,
)
from bot.web.limits import LimitedForms

STATIC = Path(__file__).with_name("static")
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'self'; style-src 'self'; img-src 'self' data:; "
        "frame-ancestors 'none'; form-action 'self'; base-uri 'none'"
    ),
}
# Files hold nothing personal and are the same for everybody: kept by the browser, asked about at each page.
OF_FILES = {"Cache-Control": "no-cache"}


def add_routes(app: FastAPI, bot: Bot) -> None:
    """All routes of one bot, and the headers every answer carries."""
    app.state.bot = bot
    app.state.charts = board.ECHARTS
    app.state.callback_workers = callbacks.callback_workers(bot)
    app.add_middleware(LimitedForms)
    app.add_middleware(SecurityHeaders)
    app.include_router(callbacks.router)
    app.include_router(sign_in.router)
    app.include_router(board.router)
    app.include_router(console.router)
    app.include_router(groups.router)
    app.include_router(outbox_page.router)
    app.include_router(model_page.router)
    app.include_router(cases.router)
    app.include_router(case_page.router)
    app.include_router(session_page.router)
    app.include_router(schedule.router)
    app.include_router(service.router)
    app.include_router(task_page.router)
    app.include_router(triage.router)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.add_exception_handler(sign_in.NotSignedIn, sign_in.ask_to_sign_in)
    app.add_exception_handler(sign_in.Denied, sign_in.say_denied)

    @app.get("/healthz")
    def health() -> dict[str, str]:
        with bot.database.reading() as session:
            session.connection().exec_driver_sql("SELECT 1")
        return {"status": "ok"}

    @app.get("/")
    def root() -> Response:
        return RedirectResponse("/console")


class SecurityHeaders:
    """Adds the headers to every answer of a page; a plain ASGI layer, because every callback passes it too."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, respond: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith("/callback"):
            await self.app(scope, receive, respond)
            return

        headers = HEADERS | OF_FILES if scope["path"].startswith("/static/") else HEADERS

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(headers)
            await respond(message)

        await self.app(scope, receive, with_headers)
