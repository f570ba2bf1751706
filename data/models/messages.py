"""What came in: one row a message (without its words unless it is part of a case), pending talk, failures, media."""

import datetime as dt
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from data.models.columns import enum_type
from data.privacy import EncryptedText


class Outcome(StrEnum):
    """What became of a message."""

    COMMAND = "command"
    REGISTERED = "registered"
    ATTACHED = "attached"
    ASKED = "asked"
    HELPED = "helped"
    CANDIDATE = "candidate"
    IGNORED = "ignored"
    DISCIPLINE = "discipline"
    REFUSED = "refused"
    RECALLED = "recalled"
    FAILED = "failed"


class Message(SQLModel, table=True):
    """One incoming message, once: unique by channel and platform id. `text` is kept only inside a case."""

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("channel", "platform_id"),
        # What was said lately in a group is asked by every report.
        sa.Index("ix_messages_group_id_received_at", "group_id", "received_at"),
    )
    id: int | None = Field(default=None, primary_key=True)
    channel: str = Field(max_length=32)
    platform_id: str = Field(max_length=128)
    group_id: int | None = Field(default=None, foreign_key="chat_groups.id")
    account_id: int | None = Field(default=None, foreign_key="accounts.id", index=True)
    case_id: int | None = Field(default=None, foreign_key="cases.id", index=True)
    outcome: Outcome = Field(default=Outcome.IGNORED, sa_type=enum_type(Outcome), index=True)
    sent_at: dt.datetime
    received_at: dt.datetime = Field(index=True)
    text: str | None = Field(default=None, sa_type=EncryptedText)


class PendingMessage(SQLModel, table=True):
    """Talk that may still become part of a case; encrypted, gone after at most 15 minutes (decision 8)."""

    __tablename__ = "pending_messages"
    message_id: int = Field(primary_key=True, foreign_key="messages.id", ondelete="CASCADE")
    group_id: int | None = Field(default=None, foreign_key="chat_groups.id")
    account_id: int = Field(foreign_key="accounts.id", index=True)
    text: str = Field(default="", sa_type=EncryptedText)
    asked: bool = False
    expires_at: dt.datetime = Field(index=True)


class FailedMessage(SQLModel, table=True):
    """A message our own code failed on: kept whole, encrypted, retried, shown to a person."""

    __tablename__ = "failed_messages"
    message_id: int = Field(primary_key=True, foreign_key="messages.id")
    payload: str = Field(sa_type=EncryptedText)
    error: str = Field(max_length=256)
    attempts: int = 1
    next_attempt_at: dt.datetime | None = Field(default=None, index=True)


class ChatterCount(SQLModel, table=True):
    """How much talk was ignored; all that remains of it after a day."""

    __tablename__ = "chatter_counts"
    day: dt.date = Field(primary_key=True)
    group_id: int = Field(primary_key=True, foreign_key="chat_groups.id")
    messages: int = 0


class MediaState(StrEnum):
    WANTED = "wanted"
    STORED = "stored"
    REFUSED = "refused"


class Media(SQLModel, table=True):
    """A photo of a message; `reference` is where the platform offers it, `path` where we keep our own copy.

    `dhash` is a fingerprint of what the photo looks like, 16 hex digits; `original_path` is the file as it came,
    encrypted.
    """

    __tablename__ = "media"
    # Who fetches a photo knows it by its id, and so do its files: the id of one that is forgotten never comes again.
    __table_args__ = {"sqlite_autoincrement": True}
    id: int | None = Field(default=None, primary_key=True)
    message_id: int = Field(foreign_key="messages.id", index=True, ondelete="CASCADE")
    channel: str = Field(max_length=32)
    reference: str = Field(sa_type=sa.Text)
    state: MediaState = Field(default=MediaState.WANTED, sa_type=enum_type(MediaState), index=True)
    attempts: int = 0
    next_attempt_at: dt.datetime | None = None
    path: str | None = Field(default=None, max_length=128)
    thumbnail_path: str | None = Field(default=None, max_length=128)
    original_path: str | None = Field(default=None, max_length=128)
    dhash: str | None = Field(default=None, max_length=16, index=True)
    width: int | None = None
    height: int | None = None
    refusal: str | None = Field(default=None, max_length=64)
