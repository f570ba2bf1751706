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


@router.post("/callback/{channel_name}")
async def callback(channel_name: str, request: Request) -> Response:
    """Parse, handle, commit, then answer; a bad envelope gets a clean 4xx."""
    bot: Bot = request.app.state.bot
    channel = bot.channels.get(channel_name)
    if channel is None:
        return Response(status_code=404)
    body = await _limited_body(request)
    if body is None:
        return Response(status_code=413)
    work = partial(_handle, bot, channel, body, request.query_params)
    return await asyncio.get_running_loop().run_in_executor(request.app.state.callback_workers, work)


def _handle(bot: Bot, channel: Channel, body: bytes, query: Mapping[str, str]) -> Response:
    try:
        message = channel.parse(body, query)
    except BadCallback as error:
        log.warning("callback refused", channel=channel.name, why=str(error))
        return Response(status_code=403)
    answer = bot.inbox.receive(message, bot.clock())
    bot.wake.set()
    return Response(channel.render(answer), media_type="application/json")


async def _limited_body(request: Request) -> bytes | None:
    """The body, or None as soon as it is larger than any message."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY_BYTES:
            return None
    return bytes(body)
