"""The access tokens of platforms, one row for all replicas."""

import datetime as dt

from sqlmodel import Field, SQLModel

from data.privacy import EncryptedText


class PlatformToken(SQLModel, table=True):
    """A token and until when it holds; `key` is a hash of whom it was given to and of the whole secret.

    Whoever sets `claimed_until` fetches the next token, the others wait; no transaction is open meanwhile.
    """

    __tablename__ = "platform_tokens"
    key: str = Field(primary_key=True, max_length=64)
    token: str = Field(default="", sa_type=EncryptedText)
    expires_at: dt.datetime
    claimed_until: dt.datetime
