"""What the parts of the outbox ask of a row, as conditions of a query."""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import col

from data.models import OutboxMessage, OutboxStatus


def due(now: dt.datetime) -> ColumnElement[bool]:
    """Waits, and its time has come."""
    queued = col(OutboxMessage.status) == OutboxStatus.QUEUED
    return queued & (col(OutboxMessage.not_before) <= now) & not_held(now)


def not_held(now: dt.datetime) -> ColumnElement[bool]:
    """What is held for the night does not hold up what comes behind it."""
    quiet_until = col(OutboxMessage.quiet_until)
    return sa.or_(quiet_until.is_(None), quiet_until <= now)


def unmerged() -> ColumnElement[bool]:
    """A message of its own, and no text that rides in another row's message."""
    return col(OutboxMessage.merged_into_id).is_(None)
