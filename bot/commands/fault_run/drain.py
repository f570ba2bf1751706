"""After the last kill: all that is left goes out while time passes at once, for bot and platform alike."""

import datetime as dt
import time
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select

from bot.app import build
from bot.commands.fault_run.office import ROBOT
from bot.outbox.rows import not_held
from bot.running import Bot, wall_clock
from bot.settings import Settings
from bot.simulator.platform import Platform
from data.models import FailedMessage, OutboxMessage, OutboxStatus
from handlers.message import IncomingMessage

STEP_SECONDS = 20.0
# Longer than any back-off, claim and breaker together; and below the hour in which a robot may still answer.
LONGEST_SECONDS = 3000.0
LEASE_SECONDS = 60.0
WAITING = (OutboxStatus.QUEUED, OutboxStatus.SENDING)


def drained(values: dict[str, Any], platform: Platform) -> tuple[Bot, float]:
    """A bot on the same database that has sent all it could, and how many seconds had to pass for that."""
    bot = build(Settings(**values))
    _listen(bot, platform)
    passed = 0.0
    while True:
        now = wall_clock() + dt.timedelta(seconds=passed)
        bot.retry_failed(now)
        while bot.fetch_photos(now):
            pass
        bot.deliver_all(now)
        if not waiting(bot, now) or passed >= LONGEST_SECONDS:
            return bot, passed
        passed += STEP_SECONDS
        platform.clock.advance(STEP_SECONDS)


def waiting(bot: Bot, now: dt.datetime) -> int:
    """Messages that are still to go out today, and messages of people that are to be handled again."""
    with bot.database.reading() as session:
        left = select(sa.func.count()).where(col(OutboxMessage.status).in_(WAITING), not_held(now))
        again = select(sa.func.count()).where(col(FailedMessage.next_attempt_at).is_not(None))
        return session.exec(left).one() + session.exec(again).one()


def _listen(bot: Bot, platform: Platform) -> None:
    """Over the long connection only who holds it may send; the lease of the one who was killed must run out first."""

    def receive(message: IncomingMessage, passive: bool) -> str | None:
        return bot.inbox.receive(message, bot.clock(), passive=passive)

    for channel in bot.channels.values():
        channel.start(receive)
    over = time.monotonic() + LEASE_SECONDS
    while not all(channel.can_send_now for channel in bot.channels.values()) and time.monotonic() < over:
        time.sleep(0.1)
    if platform.state.corp.robots[ROBOT].long and not platform.lines.live(ROBOT):
        raise RuntimeError("机器人的长连接没有恢复")
