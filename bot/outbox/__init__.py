"""Sends what was queued, after the commit: in order within a conversation, within limits, and gives up visibly.

A row is claimed (`sending`) and committed before the channel is called. If the process dies in between, the claim
runs out: where the platform drops duplicates the row is sent again under the same key, elsewhere it is marked
`unknown` and never sent twice.
"""

import datetime as dt
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.channels import (
    Channel,
    ChannelBusy,
    ChannelError,
    ChannelMisconfigured,
    ChannelUnsure,
    CutOff,
    NotAsked,
    Outgoing,
    Receipt,
)
from bot.outbox.claims import CLAIM, Claimed, any_lost, claim, nothing_to_do, release_lost
from bot.outbox.pieces import pieces
from bot.outbox.results import Results
from data.database import Database

log = structlog.get_logger("outbox")

MOST_CLAIMED = 10
# No send begins so late that its claim could run out before it ends.
LONGEST_SEND = dt.timedelta(seconds=75)


@dataclass(frozen=True)
class _Round:
    """A round from `start` on, the channels that failed in it the last time, and those it leaves alone."""

    start: dt.datetime
    stopping: Callable[[], bool]
    began: float = field(default_factory=time.monotonic)
    shut: set[str] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)

    def now(self) -> dt.datetime:
        """Limits are kept by the moment a send has ended, however long the round takes."""
        return self.start + dt.timedelta(seconds=time.monotonic() - self.began)

    def may_begin(self, claimed: Claimed) -> bool:
        in_time = self.now() + LONGEST_SEND <= self.start + CLAIM
        return in_time and claimed.row.channel not in self.shut and not self.stopping()


@dataclass(frozen=True)
class Outbox:
    database: Database
    channels: Mapping[str, Channel]

    def deliver(
        self, now: dt.datetime, *, limit: int = MOST_CLAIMED, stopping: Callable[[], bool] = lambda: False
    ) -> int:
        """One round: the oldest waiting message of each conversation; returns how many were tried."""
        round_ = _Round(now, stopping)
        return sum(self._try(claimed, round_) for claimed in self._claimed(now, limit))

    def _try(self, claimed: Claimed, round_: _Round) -> bool:
        """Whether the message was tried; its result may be lost, but not the messages behind it."""
        tried = round_.may_begin(claimed)
        try:
            if tried:
                self._send(claimed, round_)
            else:
                Results(self.database, claimed, round_.now()).put_back()
        except SQLAlchemyError as error:
            log.exception("result not written", outbox_id=claimed.row.id, tried=tried, error=type(error).__name__)
        return tried

    def _claimed(self, now: dt.datetime, limit: int) -> Sequence[Claimed]:
        with self.database.reading() as session:
            lost, idle = any_lost(session, now), nothing_to_do(session, self.channels, now)
        if idle and not lost:
            return ()
        with self.database.writing() as session:
            if lost:
                release_lost(session, self.channels, now)
            claims = claim(session, self.channels, now, limit)
            session.commit()
        return claims

    def _send(self, claimed: Claimed, round_: _Round) -> None:
        """Hand one message to its channel and write down what became of it."""
        channel = self.channels.get(claimed.row.channel)
        if channel is None:
            Results(self.database, claimed, round_.now()).not_asked(f"渠道「{claimed.row.channel}」没有启用")
            return
        parts = pieces(claimed.text, channel.longest_text_bytes)
        receipt, error = self._hand_over(channel, claimed, parts)
        results = Results(self.database, claimed, round_.now())
        if error is None:
            results.sent(receipt, pieces=len(parts), troubled=claimed.troubled or channel.name in round_.failed)
            round_.failed.discard(channel.name)
            return
        round_.failed.add(channel.name)
        if _failed(results, channel, error):
            round_.shut.add(channel.name)

    def _hand_over(
        self, channel: Channel, claimed: Claimed, parts: list[str]
    ) -> tuple[Receipt, None] | tuple[Receipt, ChannelError]:
        """The next piece; the buttons hang on the last one."""
        row, part = claimed.row, min(claimed.row.parts_sent, len(parts) - 1)
        outgoing = Outgoing(
            key=f"out-{row.id}-{part}" if part else f"out-{row.id}",
            text=parts[part],
            group=row.group_platform_id,
            account=row.account_platform_id,
            orders=tuple(row.orders) if part == len(parts) - 1 else (),
        )
        try:
            return channel.send(outgoing), None
        except ChannelError as error:
            return Receipt(), error
        except Exception as error:
            # A bug of the channel must not take the rest of the round with it.
            log.exception("channel failed unforeseen", outbox_id=row.id, error=type(error).__name__)
            return Receipt(), ChannelUnsure(f"程序出错（{type(error).__name__}）")


def _failed(results: Results, channel: Channel, error: ChannelError) -> bool:
    """Write down why the message did not go out; True if its channel is left alone now."""
    match error:
        case ChannelMisconfigured():
            return results.needs_person(str(error))
        case ChannelBusy():
            return results.postponed(str(error), retry_after=error.retry_after or 0.0)
        case ChannelUnsure() if channel.checks_duplicates and not isinstance(error, CutOff):  # a second is dropped
            return results.postponed(str(error))
        case ChannelUnsure():
            return results.unknown(str(error))
        case NotAsked():
            return results.not_asked(str(error))
        case _:
            return results.dead(str(error))
