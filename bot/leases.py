"""What only one process may do at a time, such as holding a robot's connection: who holds it, renews it, takes over.

A claim is one conditional UPDATE, so no transaction stays open while somebody holds. Processes compare their own
clocks; these must agree far better than a lease is long.
"""

import datetime as dt
import os
import secrets
import socket
import time
from collections.abc import Callable

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col

from data.database import Database
from data.models import Lease

LEASE_SECONDS = 30.0
LONGEST_HOLDER = 64


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def process_name() -> str:
    """A name that no other process has, readable enough to find the machine."""
    return f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(4)}"[-LONGEST_HOLDER:]


class LeaseHolder:
    """This process's view of one lease. Whoever does not renew it in time has lost it."""

    def __init__(
        self,
        database: Database,
        name: str,
        *,
        holder: str = "",
        seconds: float = LEASE_SECONDS,
        clock: Callable[[], dt.datetime] = _now,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self.holder = holder or process_name()
        self.seconds = seconds
        self._database = database
        self._clock = clock
        self._ticks = ticks
        self._held_until = 0.0

    @property
    def held(self) -> bool:
        """Whether we may still act; known without the database, so that a holder cut off from it stops in time."""
        return self._ticks() < self._held_until

    def take(self) -> bool:
        """Take the lease if it is free or has run out, renew it if it is ours; False if somebody else holds it."""
        asked, now = self._ticks(), self._clock()
        with self._database.writing() as session:
            taken = self._renewed(session, now) or self._new(session, now)
            session.commit()
        self._held_until = asked + self.seconds if taken else 0.0
        return taken

    def give_up(self) -> None:
        """Let others take it at once; what is not ours stays."""
        self._held_until = 0.0
        with self._database.writing() as session:
            mine = sa.update(Lease).where(col(Lease.name) == self.name, col(Lease.holder) == self.holder)
            session.execute(mine.values(until=self._clock()))
            session.commit()

    def _renewed(self, session: Session, now: dt.datetime) -> bool:
        free = sa.or_(col(Lease.until) <= now, col(Lease.holder) == self.holder)
        statement = sa.update(Lease).where(col(Lease.name) == self.name, free)
        return session.exec(statement.values(holder=self.holder, until=self._until(now))).rowcount == 1

    def _new(self, session: Session, now: dt.datetime) -> bool:
        insert = sqlite.insert if self._database.is_sqlite else postgresql.insert
        statement = insert(Lease).values(name=self.name, holder=self.holder, until=self._until(now))
        new = statement.on_conflict_do_nothing(index_elements=["name"]).returning(col(Lease.name))
        return session.scalars(new).first() is not None

    def _until(self, now: dt.datetime) -> dt.datetime:
        return now + dt.timedelta(seconds=self.seconds)
