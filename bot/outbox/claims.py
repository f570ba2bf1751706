"""Which messages go out now: the first due one of each conversation, as far as its platform takes any.

All replicas claim one after the other, so that what they send together stays within the limits.
"""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import aliased
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import Session, col, select

from bot.channels import Channel
from bot.outbox import breaker, limits
from bot.outbox.merges import SEPARATOR, mergeable_with, merged_before, waiting_in
from bot.outbox.rows import due, not_held, unmerged
from data.models import Afterwards, ChannelState, OutboxMessage, OutboxStatus

log = structlog.get_logger("outbox")

CLAIM = dt.timedelta(seconds=120)
SENDER_DIED = "发送时进程中断，不知是否送达"
# PostgreSQL names such locks by number; this one means "somebody is claiming".
CLAIM_LOCK = 7_390_115


@dataclass(frozen=True)
class Claimed:
    """A message to hand over now, the texts merged into it, and whether its platform failed the last time."""

    row: OutboxMessage
    followers: tuple[OutboxMessage, ...] = ()
    troubled: bool = False

    @property
    def text(self) -> str:
        """Read from the rows themselves, because what was recalled or sealed is deleted there."""
        return SEPARATOR.join(row.text for row in self.rows)

    @property
    def rows(self) -> tuple[OutboxMessage, ...]:
        return (self.row, *self.followers)


def nothing_to_do(session: Session, channels: Mapping[str, Channel], now: dt.datetime) -> bool:
    """Asked once a second by every replica, without keeping a writer waiting; in an outage thousands of rows wait."""
    states = breaker.troubled(session)
    shut = [name for name, state in states.items() if breaker.messages_allowed(state, now) == 0]
    shut += [name for name, channel in channels.items() if not channel.can_send_now]
    waiting = select(OutboxMessage.id).where(due(now), col(OutboxMessage.channel).not_in(shut))
    return session.exec(waiting.limit(1)).first() is None


def claim(session: Session, channels: Mapping[str, Channel], now: dt.datetime, limit: int) -> list[Claimed]:
    """At most `limit` messages, none of them later than another one of its conversation; the caller commits."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(CLAIM_LOCK)))
    claims = _Claims(session, channels, now, breaker.troubled(session))
    while (wanted := limit - len(claims.taken)) > 0:
        heads = _heads(session, now, claims.shut, wanted)
        claims.take(heads)
        if len(heads) < wanted:
            break
    return claims.taken


class _Claims:
    """What one claiming transaction has taken so far, and what it may still take."""

    def __init__(
        self, session: Session, channels: Mapping[str, Channel], now: dt.datetime, states: dict[str, ChannelState]
    ) -> None:
        self.taken: list[Claimed] = []
        self._session, self._channels, self._now, self._states = session, channels, now, states
        allowed = {name: breaker.messages_allowed(state, now) for name, state in states.items()}
        self._left = {name: number for name, number in allowed.items() if number is not None}
        for name, channel in channels.items():
            # Over a connection only the process that holds it sends; the others leave its messages to it.
            room = limits.room_in_channel(session, channel, now) if channel.can_send_now else 0
            if room is not None:
                self._left[name] = min(room, self._left.get(name, room))

    @property
    def shut(self) -> list[str]:
        """Channels from which nothing more goes out in this round."""
        return [name for name, left in self._left.items() if left <= 0]

    def take(self, heads: Sequence[OutboxMessage]) -> None:
        rooms = limits.room_in_conversations(self._session, self._channels, heads, self._now)
        waiting, merged = waiting_in(self._session, rooms, self._now), merged_before(self._session, heads)
        for head in heads:
            if self._left.get(head.channel, 1) <= 0:
                continue
            room = rooms.get(head.conversation)
            if room is not None and room <= 0:
                channel = self._channels[head.channel]
                head.not_before = limits.free_at(self._session, channel, head.conversation, self._now)
                continue
            followers = merged.get(head.id or 0, [])
            if not followers and room is not None and room < waiting.get(head.conversation, 0):
                longest = self._channels[head.channel].longest_text_bytes
                followers = mergeable_with(self._session, head, self._now, longest)
            self._claim(head, followers)

    def _claim(self, head: OutboxMessage, followers: list[OutboxMessage]) -> None:
        state = self._states.get(head.channel)
        for row in (head, *followers):
            row.status, row.claimed_until, row.attempts = OutboxStatus.SENDING, self._now + CLAIM, row.attempts + 1
        for row in followers:
            row.merged_into_id = head.id
        head.merged_into_id = None
        if head.channel in self._left:
            self._left[head.channel] -= 1
        if state is not None:
            breaker.start_trial(state, self._now + CLAIM)
        self.taken.append(Claimed(head, tuple(followers), troubled=state is not None))


def release_lost(session: Session, channels: Mapping[str, Channel], now: dt.datetime) -> None:
    """Rows whose sender died between claim and result: again where a second send is dropped, else unknown."""
    for row in session.exec(select(OutboxMessage).where(*_lost(now)).with_for_update(skip_locked=True)).all():
        channel = channels.get(row.channel)
        again = channel is not None and channel.checks_duplicates and row.afterwards is not Afterwards.RECALL
        row.status = OutboxStatus.QUEUED if again else OutboxStatus.UNKNOWN
        if not again:
            row.error = SENDER_DIED
        # The attempt counts towards the limits from now on, because nobody knows when it was made.
        row.claimed_until, row.not_before = None, now
        log.warning("sender died, claim released", outbox_id=row.id, status=row.status.value)


def any_lost(session: Session, now: dt.datetime) -> bool:
    return session.exec(select(OutboxMessage.id).where(*_lost(now)).limit(1)).first() is not None


def _lost(now: dt.datetime) -> tuple[ColumnElement[bool], ...]:
    return col(OutboxMessage.status) == OutboxStatus.SENDING, col(OutboxMessage.claimed_until) <= now


def _heads(session: Session, now: dt.datetime, shut: Collection[str], limit: int) -> list[OutboxMessage]:
    """The oldest message of every conversation that is not being sent to, where it is due, locked."""
    first = (
        select(sa.func.min(OutboxMessage.id))
        .where(col(OutboxMessage.status) == OutboxStatus.QUEUED, not_held(now), _stands_alone())
        .group_by(col(OutboxMessage.conversation))
    )
    being_sent_to = select(OutboxMessage.conversation).where(OutboxMessage.status == OutboxStatus.SENDING)
    statement = (
        select(OutboxMessage)
        .where(
            col(OutboxMessage.id).in_(first),
            due(now),
            col(OutboxMessage.channel).not_in(shut),
            col(OutboxMessage.conversation).not_in(being_sent_to),
        )
        .order_by(col(OutboxMessage.id))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return list(session.exec(statement).all())


def _stands_alone() -> ColumnElement[bool]:
    """A message of its own, also where the one it was merged into was deleted meanwhile."""
    other = aliased(OutboxMessage)
    still_there = select(other.id).where(col(other.id) == col(OutboxMessage.merged_into_id))
    return sa.or_(unmerged(), ~still_there.exists())
