"""How much a conversation or a channel may still be sent, counted from the outbox rows themselves.

Every attempt counts, also one the platform refused or that was cut off, because the platform may count it too; so
does an answer that rode in a response. Whoever counts must be the only one who claims.
"""

import datetime as dt
from collections.abc import Collection, Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Mapped
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import Session, col

from bot.channels import Channel, Limit, Scope
from bot.outbox.rows import unmerged
from data.models import OutboxMessage, OutboxStatus

Key = str
# Where the moment at which the window frees is not in the rows, it is asked for again after this.
ASK_AGAIN = dt.timedelta(seconds=1)
CUT_OFF = (OutboxStatus.QUEUED, OutboxStatus.UNKNOWN)
CONVERSATION, CHANNEL = col(OutboxMessage.conversation), col(OutboxMessage.channel)


def room_in_channel(session: Session, channel: Channel, now: dt.datetime) -> int | None:
    """How many messages the platform takes from us now; None is any number."""
    limits = _of(channel, Scope.CHANNEL)
    return _room(session, CHANNEL, [channel.name], limits, now)[channel.name] if limits else None


def room_in_conversations(
    session: Session, channels: Mapping[str, Channel], heads: Collection[OutboxMessage], now: dt.datetime
) -> dict[Key, int]:
    """How many messages each conversation takes now; one without limits is not in it."""
    found: dict[Key, int] = {}
    for name in {row.channel for row in heads} & channels.keys():
        keys = [row.conversation for row in heads if row.channel == name]
        found |= _room(session, CONVERSATION, keys, _of(channels[name], Scope.CONVERSATION), now)
    return found


def free_at(session: Session, channel: Channel, conversation: Key, now: dt.datetime) -> dt.datetime:
    """When a conversation that is at its limit may be sent to again; always later than now."""
    moments = [now + ASK_AGAIN]
    for limit in _of(channel, Scope.CONVERSATION):
        in_window = CONVERSATION.in_([conversation]), _sent(), col(OutboxMessage.sent_at) > _start(limit, now)
        newest_first = col(OutboxMessage.sent_at).desc()
        blocking = sa.select(col(OutboxMessage.sent_at)).where(*in_window).order_by(newest_first)
        if (oldest := session.scalar(blocking.offset(limit.count - 1).limit(1))) is not None:
            moments.append(oldest + dt.timedelta(seconds=limit.seconds))
    return max(moments)


def _of(channel: Channel, scope: Scope) -> list[Limit]:
    return [limit for limit in channel.limits if limit.scope is scope]


def _room(
    session: Session, column: Mapped[str], keys: list[Key], limits: list[Limit], now: dt.datetime
) -> dict[Key, int]:
    if not limits:
        return {}
    starts = [_start(limit, now) for limit in limits]
    settled, under_way = _settled(session, column, keys, starts), _under_way(session, column, keys, starts)
    nothing = [0] * len(limits)
    return {
        key: min(
            limit.count - done - going
            for limit, done, going in zip(limits, settled.get(key, nothing), under_way.get(key, nothing), strict=True)
        )
        for key in keys
    }


def _settled(session: Session, column: Mapped[str], keys: list[Key], starts: list[dt.datetime]) -> dict[Key, list[int]]:
    """What was handed over within each window; of a text under way the pieces so far."""
    sent_at, attempts, parts = col(OutboxMessage.sent_at), col(OutboxMessage.attempts), col(OutboxMessage.parts_sent)
    of_sent = sa.case((attempts == 0, 1), (parts > 0, parts + attempts - 1), else_=attempts)
    weight = sa.case((col(OutboxMessage.status) == OutboxStatus.SENT, of_sent), else_=parts)
    sums = [sa.func.sum(sa.case((sent_at > start, weight), else_=0)) for start in starts]
    statement = sa.select(column, *sums).where(column.in_(keys), sent_at > min(starts), unmerged()).group_by(column)
    return {key: [int(n) for n in used] for key, *used in session.execute(statement)}


def _under_way(
    session: Session, column: Mapped[str], keys: list[Key], starts: list[dt.datetime]
) -> dict[Key, list[int]]:
    """Attempts that go on, failed or were cut off: `not_before` is never earlier than the last of them."""
    status, not_before = col(OutboxMessage.status), col(OutboxMessage.not_before)
    going = status == OutboxStatus.SENDING
    weight = col(OutboxMessage.attempts)
    sums = [sa.func.sum(sa.case((sa.or_(going, not_before > start), weight), else_=0)) for start in starts]
    tried = sa.or_(going, status.in_(CUT_OFF)), weight > 0
    statement = sa.select(column, *sums).where(column.in_(keys), *tried, unmerged()).group_by(column)
    return {key: [int(n) for n in used] for key, *used in session.execute(statement)}


def _start(limit: Limit, now: dt.datetime) -> dt.datetime:
    return now - dt.timedelta(seconds=limit.seconds)


def _sent() -> ColumnElement[bool]:
    return (col(OutboxMessage.status) == OutboxStatus.SENT) & unmerged()
