"""Where platforms deliver messages: one route for all channels, answered after the commit."""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import structlog
from fastapi import APIRouter, Request, Response

from bot.channels import BadCallback, Channel
from bot.running import Bot

log = structlog.get_logger("callbacks")
router = APIRouter()

LARGEST_BODY_BYTES = 1_000_000
POSTGRESQL_WORKERS = 8


def callback_workers(bot: Bot) -> ThreadPoolExecutor:
    """Threads that handle callbacks: one for SQLite, which has one writer, so that others do not fight for the CPU."""
    return ThreadPoolExecutor(1 if bot.database.is_sqlite else POSTGRESQL_WORKERS, thread_name_prefix="callback")


@router.get("/callback/{channel_name}")
def verify(channel_name: str, request: Request) -> Response:
    """The platform asks whether this address is ours, when an administrator enters it there."""
    bot: Bot = request.app.state.bot
    channel = bot.channels.get(channel_name)
    if channel is None:
        return Response(status_code=404)
    try:
        return Response(channel.verify(request.query_params), media_type="text/plain")
    except BadCallback as error:
        log.warning("check of the address refused", channel=channel_name, why=str(error))
        return Response(status_code=403)


async def callback(request: Request) -> Response:
    """Parse, handle, commit, then answer; a bad envelope gets a clean 4xx."""
    bot: Bot = request.app.state.bot
    channel = bot.channels.get(request.path_params["channel_name"])
    if channel is None:
        return Response(status_code=404)
    body = await _limited_body(request)
    if body is None:
        return Response(status_code=413)
    work = partial(_handle, bot, channel, body, request.query_params)
    return await asyncio.get_running_loop().run_in_executor(request.app.state.callback_workers, work)


def _handle(bot: Bot, channel: Channel, body: bytes, query: Mapping[str, str]) -> Response:
    try:
        received = channel.open(body, query)
    except BadCallback as error:
        log.warning("callback refused", channel=channel.name, why=str(error))
        return Response(status_code=403)
    answer = None
    if received.message is not None:
        answer = bot.inbox.receive(received.message, bot.clock(), passive=received.passive)
        bot.wake.set()
    return Response(received.respond(answer), media_type=received.media_type)


async def _limited_body(request: Request) -> bytes | None:
    """The body, or None as soon as it is larger than any message."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY_BYTES:
            return None
    return bytes(body)


# A plain route: there is nothing in a callback for FastAPI to convert, and every message passes here.
router.add_route("/callback/{channel_name}", callback, methods=["POST"])
