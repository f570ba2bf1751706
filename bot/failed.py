"""Messages our own code failed on: kept whole and encrypted, retried ever later, then left to a person."""

import datetime as dt
import json
from dataclasses import asdict
from typing import Protocol

import structlog
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from data.database import Database
from data.models import FailedMessage, Message, Outcome
from handlers.message import Context, IncomingMessage, Kind, Location

log = structlog.get_logger("failed")

RETRY_AFTER = dt.timedelta(minutes=1)
MOST_ATTEMPTS = 5


class Handles(Protocol):
    """The inbox, as far as a retry needs it."""

    @property
    def database(self) -> Database: ...

    def handle_again(self, message: IncomingMessage, message_id: int, session: Session, now: dt.datetime) -> None: ...


def keep(context: Context, message: IncomingMessage, error: Exception) -> None:
    """Keep the message in the transaction of `context`, to be retried."""
    context.message_row.outcome = Outcome.FAILED
    context.session.add(
        FailedMessage(
            message_id=context.message_row.id or 0,
            payload=to_json(message),
            error=type(error).__name__,
            next_attempt_at=context.now + RETRY_AFTER,
        )
    )


def retry(inbox: Handles, now: dt.datetime, *, limit: int = 20) -> int:
    """Try what is due once more, each in its own transaction; returns how many went through."""
    due = select(FailedMessage.message_id).where(col(FailedMessage.next_attempt_at) <= now).limit(limit)
    with inbox.database.reading() as session:
        message_ids = session.exec(due).all()
    return sum(_retry_one(inbox, message_id, now) for message_id in message_ids)


def _retry_one(inbox: Handles, message_id: int, now: dt.datetime) -> bool:
    try:
        with inbox.database.writing() as session:
            failed = session.exec(_still_due(message_id, now)).first()
            if failed is None:
                return False
            inbox.handle_again(from_json(failed.payload), message_id, session, now)
            session.delete(failed)
            session.commit()
    except Exception as error:
        log.exception("retry failed", message_id=message_id, error=type(error).__name__)
        _postpone(inbox, message_id, now, error)
        return False
    return True


def _still_due(message_id: int, now: dt.datetime) -> SelectOfScalar[FailedMessage]:
    """The message, locked, unless another replica has it in hand or is done with it."""
    statement = select(FailedMessage).where(
        FailedMessage.message_id == message_id, col(FailedMessage.next_attempt_at) <= now
    )
    return statement.with_for_update(skip_locked=True)


def _postpone(inbox: Handles, message_id: int, now: dt.datetime, error: Exception) -> None:
    """The next attempt later each time; after the last one only a person helps."""
    with inbox.database.writing() as session:
        failed = session.get(FailedMessage, message_id, with_for_update=True)
        if failed is None:
            return
        failed.attempts += 1
        failed.error = type(error).__name__
        again = now + RETRY_AFTER * 2**failed.attempts
        failed.next_attempt_at = again if failed.attempts < MOST_ATTEMPTS else None
        session.add(failed)
        session.commit()


def try_again(session: Session, message_id: int, now: dt.datetime) -> bool:
    """A person says that it is mended: fresh attempts from now on. False unless it had been left to one."""
    failed = session.exec(_left_to_a_person(message_id)).first()
    if failed is None:
        return False
    failed.attempts, failed.next_attempt_at = 1, now
    return True


def give_up(session: Session, message_id: int) -> bool:
    """A person wants no more done about it: its words are gone at once, its photos when the store is tidied."""
    failed = session.exec(_left_to_a_person(message_id)).first()
    if failed is None:
        return False
    session.get_one(Message, message_id).outcome = Outcome.IGNORED
    session.delete(failed)
    return True


def _left_to_a_person(message_id: int) -> SelectOfScalar[FailedMessage]:
    statement = select(FailedMessage).where(
        FailedMessage.message_id == message_id, col(FailedMessage.next_attempt_at).is_(None)
    )
    return statement.with_for_update()


def to_json(message: IncomingMessage) -> str:
    return json.dumps(asdict(message) | {"sent_at": message.sent_at.isoformat()}, ensure_ascii=False)


def from_json(payload: str) -> IncomingMessage:
    values = json.loads(payload)
    values["sent_at"] = dt.datetime.fromisoformat(values["sent_at"])
    values["kind"] = Kind(values["kind"])
    values["location"] = Location(**values["location"]) if values.get("location") else None
    return IncomingMessage(**(values | {"media": tuple(values["media"])}))
