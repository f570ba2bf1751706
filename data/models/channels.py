"""What we remember of the platforms themselves: how they are, who may speak to them, and answers they still allow."""

import datetime as dt

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from data.privacy import EncryptedText


class ChannelState(SQLModel, table=True):
    """A platform that does not take messages: since when, why, and when it is tried again; no row while all is well.

    `needs_person` marks what no waiting mends, such as an address that must be registered there.
    """

    __tablename__ = "channel_states"
    channel: str = Field(primary_key=True, max_length=32)
    failures: int = 0
    error: str = Field(default="", max_length=256)
    needs_person: bool = False
    since: dt.datetime
    retry_at: dt.datetime


class Lease(SQLModel, table=True):
    """What only one process may do at a time, such as holding a connection; others take over when it runs out."""

    __tablename__ = "leases"
    name: str = Field(primary_key=True, max_length=64)
    holder: str = Field(max_length=64)
    until: dt.datetime


class ReplyTicket(SQLModel, table=True):
    """A platform's leave to answer once later in a conversation; the address is as good as a password."""

    __tablename__ = "reply_tickets"
    __table_args__ = (sa.Index("ix_reply_tickets_channel_conversation", "channel", "conversation"),)
    id: int | None = Field(default=None, primary_key=True)
    channel: str = Field(max_length=32)
    conversation: str = Field(max_length=160)
    address: str = Field(sa_type=EncryptedText)
    expires_at: dt.datetime = Field(index=True)
    used_at: dt.datetime | None = None


class PlatformToken(SQLModel, table=True):
    """An access token and until when it holds, one row for all replicas.

    `key` is a hash of whom it was given to and of the whole secret. Whoever sets `claimed_until`
    fetches the next token, the others wait; no transaction is open meanwhile.
    """

    __tablename__ = "platform_tokens"
    key: str = Field(primary_key=True, max_length=64)
    token: str = Field(default="", sa_type=EncryptedText)
    expires_at: dt.datetime
    claimed_until: dt.datetime
