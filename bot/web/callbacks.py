"""Where platforms deliver messages: one route for all channels, answered after the commit."""

import datetime as dt
from collections.abc import Mapping

import structlog
from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from bot.channels import BadCallback, Channel
from bot.running import Bot

log = structlog.get_logger("callbacks")
router = APIRouter()

LARGEST_BODY_BYTES = 1_000_000


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
    return await run_in_threadpool(_handle, bot, channel, body, request.query_params)


def _handle(bot: Bot, channel: Channel, body: bytes, query: Mapping[str, str]) -> Response:
    try:
        message = channel.parse(body, query)
    except BadCallback as error:
        log.warning("callback refused", channel=channel.name, why=str(error))
        return Response(status_code=403)
    answer = bot.inbox.receive(message, dt.datetime.now(dt.UTC))
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
