"""Leave to answer later: addresses a platform gives with a message, each good for one answer within an hour."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from data.database import Database
from data.models import ReplyTicket

LIFE = dt.timedelta(hours=1)
# The platform counts the hour from its own clock, and an answer takes a moment to arrive.
MARGIN = dt.timedelta(minutes=1)
# A talkative conversation brings a ticket with every message; with these in hand no more are written down, because
# that costs as much as storing the message itself.
ENOUGH = 5
STILL_FRESH = dt.timedelta(minutes=40)
# Built once, because every message asks it.
FRESH = sa.select(sa.func.count()).where(
    col(ReplyTicket.channel) == sa.bindparam("channel"),
    col(ReplyTicket.conversation) == sa.bindparam("conversation"),
    col(ReplyTicket.used_at).is_(None),
    col(ReplyTicket.expires_at) > sa.bindparam("fresh_until"),
)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@dataclass(frozen=True)
class Ticket:
    """A ticket that was taken, and is spent unless it is given back."""

    id: int
    address: str


class TicketStore:
    """The tickets of one channel, shared by all replicas."""

    def __init__(self, database: Database, channel: str, clock: Callable[[], dt.datetime] = _now) -> None:
        self._database = database
        self._channel = channel
        self._clock = clock

    def add(self, conversation: str, address: str) -> None:
        """Keep a ticket; one that is known already, because its message came twice, stays as it is."""
        now = self._clock()
        with self._database.reading() as session:
            if self._has_enough(session, conversation, now) or self._knows(session, conversation, now, address):
                return
        row = ReplyTicket(
            channel=self._channel, conversation=conversation, address=address, expires_at=now + LIFE - MARGIN
        )
        with self._database.writing() as session:
            session.execute(sa.delete(ReplyTicket).where(col(ReplyTicket.expires_at) <= now))
            session.add(row)
            session.commit()

    def take(self, conversation: str) -> Ticket | None:
        """The newest ticket nobody has used, marked as used before anything is said with it."""
        now = self._clock()
        with self._database.writing() as session:
            unused = self._alive(conversation, now).where(col(ReplyTicket.used_at).is_(None))
            for row in session.exec(unused.order_by(col(ReplyTicket.id).desc())).all():
                if self._mark(session, row.id, now):
                    session.commit()
                    return Ticket(row.id or 0, row.address)
        return None

    def give_back(self, ticket: Ticket) -> None:
        """The platform surely did not take what was said with it."""
        with self._database.writing() as session:
            session.execute(sa.update(ReplyTicket).where(col(ReplyTicket.id) == ticket.id).values(used_at=None))
            session.commit()

    def _has_enough(self, session: Session, conversation: str, now: dt.datetime) -> bool:
        who = {"channel": self._channel, "conversation": conversation, "fresh_until": now + STILL_FRESH}
        return (session.connection().execute(FRESH, who).scalar() or 0) >= ENOUGH

    def _knows(self, session: Session, conversation: str, now: dt.datetime, address: str) -> bool:
        return any(row.address == address for row in session.exec(self._alive(conversation, now)))

    def _alive(self, conversation: str, now: dt.datetime) -> SelectOfScalar[ReplyTicket]:
        return select(ReplyTicket).where(
            ReplyTicket.channel == self._channel,
            ReplyTicket.conversation == conversation,
            col(ReplyTicket.expires_at) > now,
        )

    @staticmethod
    def _mark(session: Session, ticket_id: int | None, now: dt.datetime) -> bool:
        """Conditional, because another replica may be taking the same ticket."""
        free = sa.update(ReplyTicket).where(col(ReplyTicket.id) == ticket_id, col(ReplyTicket.used_at).is_(None))
        return session.exec(free.values(used_at=now)).rowcount == 1
