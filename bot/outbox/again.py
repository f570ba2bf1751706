"""Something is sent once more: what a person decides, or an answer that could not go back with its message."""

import datetime as dt
from collections.abc import Collection

import sqlalchemy as sa
from sqlmodel import Session, col

from bot.outbox import breaker
from bot.outbox.rows import unmerged
from data.models import Message, OutboxMessage, OutboxStatus


def send_again(session: Session, outbox_id: int, now: dt.datetime, ended: Collection[OutboxStatus]) -> bool:
    """Back into its place with fresh attempts, with what was merged into it; False if it has not ended like this."""
    row = session.get(OutboxMessage, outbox_id, with_for_update=True)
    if row is None or row.status not in ended or row.merged_into_id is not None:
        return False
    if row.afterwards is not None:  # what it said is gone, or out of date
        return False
    merged = sa.update(OutboxMessage).where(
        col(OutboxMessage.conversation) == row.conversation,
        col(OutboxMessage.status) == row.status,
        sa.or_(col(OutboxMessage.id) == row.id, col(OutboxMessage.merged_into_id) == row.id),
    )
    fresh = {"status": OutboxStatus.QUEUED, "attempts": 0, "not_before": now, "error": ""}
    session.connection().execute(merged.values(**fresh))
    return True


def queue_answer(session: Session, channel: str, platform_id: str) -> bool:
    """The answer to this message surely did not get there and becomes a message of its own; False if there is none."""
    answered = sa.select(col(Message.id)).where(
        col(Message.channel) == channel, col(Message.platform_id) == platform_id
    )
    answer = sa.update(OutboxMessage).where(
        col(OutboxMessage.passive_for_id).in_(answered),
        col(OutboxMessage.status) == OutboxStatus.SENT,
        col(OutboxMessage.attempts) == 0,
        col(OutboxMessage.afterwards).is_(None),
    )
    queued = answer.values(status=OutboxStatus.QUEUED, sent_at=None)
    return session.connection().execute(queued).rowcount > 0


def try_channel_now(session: Session, channel: str, now: dt.datetime) -> None:
    """A person has mended what was wrong with the platform: nothing waits for its next trial."""
    breaker.try_now(session, channel, now)
    failed = sa.update(OutboxMessage).where(
        col(OutboxMessage.status) == OutboxStatus.QUEUED,
        col(OutboxMessage.channel) == channel,
        col(OutboxMessage.error) != "",
        unmerged(),
    )
    session.connection().execute(failed.values(not_before=now))
