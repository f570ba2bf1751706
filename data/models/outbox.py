"""What is to be sent, in the same database as the case on purpose; and the claims that make a job fire once."""

import datetime as dt
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from data.models.columns import enum_type, json_list
from data.privacy import EncryptedText


class OutboxStatus(StrEnum):
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    UNKNOWN = "unknown"
    DEAD = "dead"


class Afterwards(StrEnum):
    """What is to be done about a message once it was sent, and what came of it."""

    RECALL = "recall"
    SETTLE = "settle"
    DONE = "done"
    LEFT = "left"
    """It could not be recalled: whoever got it can still read it."""


class OutboxMessage(SQLModel, table=True):
    """One message to one conversation; order holds within a conversation.

    `passive_for_id` marks an answer that rides in the response to that incoming message and is replayed when
    the platform delivers the message again. `orders` are typed orders that the platform may show as buttons.
    `quiet_until` holds a message back for the night without holding up what comes behind it.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        sa.Index("ix_outbox_status_conversation", "status", "conversation"),
        sa.Index("ix_outbox_conversation_sent_at", "conversation", "sent_at"),
        sa.Index("ix_outbox_channel_sent_at", "channel", "sent_at"),
        sa.Index(
            "ix_outbox_afterwards",
            "afterwards",
            sqlite_where=sa.text("afterwards IS NOT NULL"),
            postgresql_where=sa.text("afterwards IS NOT NULL"),
        ),
    )
    id: int | None = Field(default=None, primary_key=True)
    channel: str = Field(max_length=32)
    conversation: str = Field(max_length=160)
    group_platform_id: str | None = Field(default=None, max_length=128)
    account_platform_id: str | None = Field(default=None, max_length=128)
    case_id: int | None = Field(default=None, foreign_key="cases.id", index=True)
    passive_for_id: int | None = Field(default=None, foreign_key="messages.id", index=True, ondelete="CASCADE")
    text: str = Field(sa_type=EncryptedText)
    orders: list[str] = json_list()
    status: OutboxStatus = Field(default=OutboxStatus.QUEUED, sa_type=enum_type(OutboxStatus))
    attempts: int = 0
    created_at: dt.datetime
    not_before: dt.datetime
    quiet_until: dt.datetime | None = None
    claimed_until: dt.datetime | None = None
    sent_at: dt.datetime | None = None
    error: str = Field(default="", max_length=256)
    parts_sent: int = 0
    """How many pieces of a text too long for one message were handed over."""
    merged_into_id: int | None = None
    """The row whose message carries this text too."""
    platform_message_id: str = Field(default="", max_length=256)
    response_code: str | None = Field(default=None, sa_type=sa.Text)
    """With it the platform lets us change the card once."""
    afterwards: Afterwards | None = Field(default=None, sa_type=enum_type(Afterwards))
    card_words: str = Field(default="", max_length=32)
    """What stands where the buttons were, once the card is settled."""


class Claim(SQLModel, table=True):
    """A business fact that has fired, such as `digest:2026-11-21`; committed with its effect."""

    __tablename__ = "claims"
    key: str = Field(primary_key=True, max_length=128)
    at: dt.datetime
