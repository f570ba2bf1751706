"""What became of a message that was claimed: written to its row, to the rows merged into it, and to its platform."""

import datetime as dt
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
import structlog
from sqlmodel import Session, col

from bot.channels import Receipt
from bot.outbox import breaker
from bot.outbox.claims import Claimed
from data.database import Database
from data.models import Afterwards, OutboxMessage, OutboxStatus

log = structlog.get_logger("outbox")

MOST_ATTEMPTS = 8
FIRST_PAUSE_SECONDS = 2.0
# What waits for an administrator is tried rarely, and less often the longer it has waited: it may be the only
# message that is refused, and each of its tries keeps the others of its channel waiting.
SHORTEST_WAIT, LONGEST_WAIT = dt.timedelta(minutes=6), dt.timedelta(hours=1)


@dataclass(frozen=True)
class Results:
    """Writes the result of one claimed message at the moment `at`; says whether its channel is left alone now."""

    database: Database
    claimed: Claimed
    at: dt.datetime

    def sent(self, receipt: Receipt, *, pieces: int, troubled: bool) -> None:
        """Handed over; a text in pieces goes back into its place until its last piece is."""
        row = self.claimed.row
        parts_sent = row.parts_sent + 1 if pieces > 1 else row.parts_sent
        changes: dict[str, Any] = {"status": OutboxStatus.SENT, "error": "", "sent_at": self.at}
        changes |= {"parts_sent": parts_sent, "platform_message_id": receipt.message_id[:256]}
        changes |= {"response_code": receipt.response_code or None}
        if 1 < pieces > parts_sent:
            changes |= {"status": OutboxStatus.QUEUED, "attempts": 0}
        with self._writing() as session:
            self._change(session, sure=True, **changes)
            if troubled:
                breaker.well(session, row.channel)

    def postponed(self, error: str, *, retry_after: float = 0.0) -> bool:
        """Again later, each time later; after the last attempt it is dead and visible.

        While the platform as a whole fails, its messages do not use up their attempts.
        """
        row, dead = self.claimed.row, False
        pause = FIRST_PAUSE_SECONDS * 2 ** (row.attempts - 1) * random.uniform(0.8, 1.2)
        pause = max(pause, retry_after * random.uniform(1.0, 1.1))
        with self._writing() as session:
            shut = breaker.failed(session, row.channel, self.at, error, retry_after=retry_after)
            dead = row.attempts >= MOST_ATTEMPTS and not shut
            changes: dict[str, Any] = {"status": OutboxStatus.QUEUED, "not_before": self.at + _seconds(pause)}
            if dead:
                changes = {"status": OutboxStatus.DEAD}
            elif shut:
                changes["attempts"] = row.attempts - 1
            self._change(session, error=error[:256], **changes)
        say = log.error if dead else log.warning
        say("message not sent", outbox_id=row.id, attempt=row.attempts, dead=dead, error=error)
        return shut

    def unknown(self, error: str) -> bool:
        """Nobody knows whether the platform has it, and it would not notice a second one."""
        row = self.claimed.row
        log.error("message cut off, never sent again", outbox_id=row.id, error=error)
        with self._writing() as session:
            shut = breaker.failed(session, row.channel, self.at, error)
            self._change(session, status=OutboxStatus.UNKNOWN, error=error[:256], not_before=self.at)
        return shut

    def needs_person(self, error: str) -> bool:
        """Waits until an administrator has acted, however often it is tried."""
        row = self.claimed.row
        waited = (self.at - row.created_at) / 4
        pause = min(max(SHORTEST_WAIT, waited), LONGEST_WAIT)
        with self._writing() as session:
            breaker.needs_person(session, row.channel, self.at, error)
            self._change(
                session,
                status=OutboxStatus.QUEUED,
                error=error[:256],
                attempts=row.attempts - 1,
                not_before=self.at + pause,
            )
        return True

    def dead(self, error: str) -> bool:
        """Refused for good. The platform answers, so others are not kept waiting."""
        row = self.claimed.row
        log.error("message not delivered", outbox_id=row.id, error=error)
        with self._writing() as session:
            self._change(session, status=OutboxStatus.DEAD, error=error[:256])
            if self.claimed.troubled:
                breaker.well(session, row.channel)
        return False

    def not_asked(self, error: str) -> bool:
        """There was no way to them. Whether the platform answers is as unknown as before, so the next one tries."""
        row = self.claimed.row
        log.error("message not delivered", outbox_id=row.id, error=error)
        with self._writing() as session:
            self._change(session, status=OutboxStatus.DEAD, error=error[:256])
            self._give_back_trial(session)
        return False

    def put_back(self) -> None:
        """Claimed and not tried."""
        with self._writing() as session:
            self._change(session, status=OutboxStatus.QUEUED, attempts=self.claimed.row.attempts - 1)
            self._give_back_trial(session)

    def _give_back_trial(self, session: Session) -> None:
        if self.claimed.troubled and self.claimed.row.claimed_until is not None:
            breaker.give_back_trial(session, self.claimed.row.channel, self.claimed.row.claimed_until, self.at)

    @contextmanager
    def _writing(self) -> Iterator[Session]:
        with self.database.writing() as session:
            yield session
            session.commit()

    def _change(self, session: Session, *, sure: bool = False, **changes: Any) -> None:
        """The same for the row and what was merged into it; unless the claim ran out meanwhile and it is not ours."""
        numbers = [row.id for row in self.claimed.rows]
        if changes.get("status") is OutboxStatus.QUEUED:  # its words are gone meanwhile
            recalled = col(OutboxMessage.afterwards) == Afterwards.RECALL
            changes["status"] = sa.case((recalled, OutboxStatus.DEAD), else_=OutboxStatus.QUEUED)
        statement = sa.update(OutboxMessage).where(col(OutboxMessage.id).in_(numbers))
        if not sure:
            statement = statement.where(col(OutboxMessage.claimed_until) == self.claimed.row.claimed_until)
        session.connection().execute(statement.values(claimed_until=None, **changes))


def _seconds(number: float) -> dt.timedelta:
    return dt.timedelta(seconds=number)
