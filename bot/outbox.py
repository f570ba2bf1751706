"""Sends what was queued, after the commit: in order within a conversation, with retries, and gives up visibly.

A row is claimed (`sending`) and committed before the channel is called. If the process dies in between, the claim
runs out: where the platform drops duplicates the row is sent again under the same key, elsewhere it is marked
`unknown` and never sent twice.
"""

import datetime as dt
import random
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa
import structlog
from sqlmodel import Session, col, select

from bot.channels import Channel, ChannelBusy, ChannelError, ChannelUnsure, Outgoing
from data.database import Database
from data.models import OutboxMessage, OutboxStatus

log = structlog.get_logger("outbox")

CLAIM = dt.timedelta(seconds=60)
# Ten sends of at most five seconds end before the claim does.
MOST_CLAIMED = 10
MOST_ATTEMPTS = 8
FIRST_PAUSE_SECONDS = 2.0
WAITING = (OutboxStatus.QUEUED, OutboxStatus.SENDING)


@dataclass(frozen=True)
class Outbox:
    database: Database
    channels: Mapping[str, Channel]

    def deliver(self, now: dt.datetime, *, limit: int = MOST_CLAIMED) -> int:
        """One round: the oldest waiting message of each conversation; returns how many were handed over or ended."""
        self._release_lost_claims(now)
        with self.database.writing() as session:
            rows = _claim(session, now, limit)
            session.commit()
        return sum(self._send(row, now) for row in rows)

    def _send(self, row: OutboxMessage, now: dt.datetime) -> bool:
        """Hand one message to its channel and write down what became of it."""
        channel = self.channels.get(row.channel)
        if channel is None:
            return self._finish(row, OutboxStatus.DEAD, now, f"channel '{row.channel}' is switched off")
        try:
            channel.send(_outgoing(row))
        except ChannelBusy as error:
            return self._postpone(row, now, str(error))
        except ChannelUnsure as error:
            return self._unsure(channel, row, now, str(error))
        except ChannelError as error:
            return self._finish(row, OutboxStatus.DEAD, now, str(error))
        except Exception as error:
            # A bug of the channel must not take the rest of the round with it.
            log.exception("channel failed unforeseen", outbox_id=row.id, error=type(error).__name__)
            return self._unsure(channel, row, now, type(error).__name__)
        return self._finish(row, OutboxStatus.SENT, now, "")

    def _unsure(self, channel: Channel, row: OutboxMessage, now: dt.datetime, error: str) -> bool:
        """Nobody knows whether the platform has it: again only where a second send is dropped."""
        if channel.checks_duplicates:
            return self._postpone(row, now, error)
        return self._finish(row, OutboxStatus.UNKNOWN, now, error)

    def _finish(self, row: OutboxMessage, status: OutboxStatus, now: dt.datetime, error: str) -> bool:
        if status is not OutboxStatus.SENT:
            log.error("message not delivered", outbox_id=row.id, status=status.value, error=error)
        with self.database.writing() as session:
            kept = session.get_one(OutboxMessage, row.id)
            kept.status, kept.error, kept.claimed_until = status, error[:256], None
            kept.sent_at = now if status is OutboxStatus.SENT else None
            session.add(kept)
            session.commit()
        return True

    def _postpone(self, row: OutboxMessage, now: dt.datetime, error: str) -> bool:
        """Try again later, each time later, with jitter; after the last attempt it is dead and visible."""
        if row.attempts >= MOST_ATTEMPTS:
            return self._finish(row, OutboxStatus.DEAD, now, error)
        log.warning("platform busy, trying again", outbox_id=row.id, attempt=row.attempts, error=error)
        pause = FIRST_PAUSE_SECONDS * 2 ** (row.attempts - 1) * random.uniform(0.8, 1.2)
        with self.database.writing() as session:
            kept = session.get_one(OutboxMessage, row.id)
            kept.status, kept.error, kept.claimed_until = OutboxStatus.QUEUED, error[:256], None
            kept.not_before = now + dt.timedelta(seconds=pause)
            session.add(kept)
            session.commit()
        return False

    def _release_lost_claims(self, now: dt.datetime) -> None:
        """Rows whose sender died between claim and result."""
        lost = select(OutboxMessage).where(
            OutboxMessage.status == OutboxStatus.SENDING, col(OutboxMessage.claimed_until) <= now
        )
        with self.database.reading() as session:
            if session.exec(lost.limit(1)).first() is None:
                return
        with self.database.writing() as session:
            for row in session.exec(lost.with_for_update(skip_locked=True)).all():
                channel = self.channels.get(row.channel)
                again = channel is not None and channel.checks_duplicates
                row.status = OutboxStatus.QUEUED if again else OutboxStatus.UNKNOWN
                row.claimed_until = None
                log.warning("sender died, claim released", outbox_id=row.id, status=row.status.value)
                session.add(row)
            session.commit()


def _claim(session: Session, now: dt.datetime, limit: int) -> list[OutboxMessage]:
    """The head of every conversation that is free and due, claimed for us.

    The head is locked, so no other replica takes a later message of the same conversation meanwhile.
    """
    heads = (
        select(sa.func.min(OutboxMessage.id))
        .where(col(OutboxMessage.status).in_(WAITING))
        .group_by(col(OutboxMessage.conversation))
    )
    statement = (
        select(OutboxMessage)
        .where(
            col(OutboxMessage.id).in_(heads),
            OutboxMessage.status == OutboxStatus.QUEUED,
            col(OutboxMessage.not_before) <= now,
        )
        .order_by(col(OutboxMessage.id))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = list(session.exec(statement).all())
    for row in rows:
        row.status, row.claimed_until, row.attempts = OutboxStatus.SENDING, now + CLAIM, row.attempts + 1
        session.add(row)
    return rows


def _outgoing(row: OutboxMessage) -> Outgoing:
    return Outgoing(
        key=f"out-{row.id}",
        text=row.text,
        group=row.group_platform_id,
        account=row.account_platform_id,
        orders=tuple(row.orders),
    )
