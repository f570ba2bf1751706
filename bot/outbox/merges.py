"""Several plain texts to one conversation as one message, where the platform would not take them one by one.

Only where a conversation may be sent fewer messages than wait for it: separate messages read better, and each says
when it came. An emergency and whatever has buttons or answers somebody always stays a message of its own; it does
not wait longer for that, because what stands before it goes out sooner.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection
from itertools import takewhile
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from bot.outbox.pieces import size_of
from bot.outbox.rows import due, unmerged
from data.models import Case, OutboxMessage, OutboxStatus
from data.taxonomy import Urgency

SEPARATOR = "\n\n"
MOST_MERGED = 20


def waiting_in(session: Session, conversations: Collection[str], now: dt.datetime) -> dict[str, int]:
    """How many messages wait for each of these conversations and are due."""
    if not conversations:
        return {}
    conversation = col(OutboxMessage.conversation)
    statement = (
        sa.select(conversation, sa.func.count())
        .where(conversation.in_(conversations), due(now), unmerged())
        .group_by(conversation)
    )
    return {key: int(number) for key, number in session.execute(statement)}


def merged_before(session: Session, heads: Collection[OutboxMessage]) -> dict[int, list[OutboxMessage]]:
    """What an earlier attempt merged into each of these; it stays so, because a platform may know the content."""
    statement = select(OutboxMessage).where(
        OutboxMessage.status == OutboxStatus.QUEUED,
        col(OutboxMessage.conversation).in_([head.conversation for head in heads]),
        col(OutboxMessage.merged_into_id).in_([head.id for head in heads]),
    )
    found: dict[int, list[OutboxMessage]] = defaultdict(list)
    for row in session.exec(statement.order_by(col(OutboxMessage.id))).all():
        found[row.merged_into_id or 0].append(row)
    return found


def mergeable_with(session: Session, head: OutboxMessage, now: dt.datetime, room_bytes: int) -> list[OutboxMessage]:
    """What goes out in the same message as `head` from now on; nothing where it was tried before."""
    rows = list(session.execute(_run_behind(head, now)).all())
    if not rows or not _mergeable(*rows[0]):
        return []
    plain = [row for row, _urgency in takewhile(lambda found: _mergeable(*found), rows)]
    return _fitting(plain, room_bytes)[1:]


def _run_behind(head: OutboxMessage, now: dt.datetime) -> Any:
    """The head and what waits behind it, each with the urgency of its case."""
    return (
        sa.select(OutboxMessage, col(Case.urgency))
        .join(Case, col(Case.id) == col(OutboxMessage.case_id), isouter=True)
        .where(
            col(OutboxMessage.conversation) == head.conversation, col(OutboxMessage.id) >= head.id, due(now), unmerged()
        )
        .order_by(col(OutboxMessage.id))
        .limit(MOST_MERGED)
        .with_for_update(skip_locked=True, of=OutboxMessage)
    )


def _mergeable(row: OutboxMessage, urgency: Urgency | None) -> bool:
    plain = not row.orders and row.passive_for_id is None and row.attempts == row.parts_sent == 0
    return plain and urgency is not Urgency.EMERGENCY


def _fitting(rows: list[OutboxMessage], room_bytes: int) -> list[OutboxMessage]:
    """As many from the first on as one message holds."""
    used, found = -len(SEPARATOR), []
    for row in rows:
        used += len(SEPARATOR) + size_of(row.text)
        if used > room_bytes:
            break
        found.append(row)
    return found
