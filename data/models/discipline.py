"""The sealed store of discipline matters, apart from the cases: own key, own numbers, named readers (decision 7)."""

import datetime as dt
from enum import StrEnum

from sqlmodel import Field, SQLModel

from data.models.columns import enum_type
from data.privacy import SealedText


class ConsentState(StrEnum):
    ASKED = "asked"
    GIVEN = "given"
    USED = "used"
    REFUSED = "refused"


class DisciplineConsent(SQLModel, table=True):
    """A suspected matter before the person consents: only the message's id and the hash of its words."""

    __tablename__ = "discipline_consents"
    id: int | None = Field(default=None, primary_key=True)
    message_id: int = Field(foreign_key="messages.id", unique=True)
    account_id: int = Field(foreign_key="accounts.id", index=True)
    text_hash: str = Field(max_length=64)
    state: ConsentState = Field(default=ConsentState.ASKED, sa_type=enum_type(ConsentState))
    asked_at: dt.datetime
    expires_at: dt.datetime


class SealedState(StrEnum):
    SEALED = "sealed"
    HANDED_OVER = "handed_over"


class SealedMatter(SQLModel, table=True):
    """A discipline matter its reporter asked us to pass on; words and reporter are under the sealed key."""

    __tablename__ = "sealed_matters"
    id: int | None = Field(default=None, primary_key=True)
    text: str = Field(sa_type=SealedText)
    reporter: str = Field(sa_type=SealedText)
    state: SealedState = Field(default=SealedState.SEALED, sa_type=enum_type(SealedState))
    reader_id: int = Field(foreign_key="people.id")
    received_at: dt.datetime
    transfer_due_at: dt.datetime
    handed_over_at: dt.datetime | None = None

    @property
    def number(self) -> str:
        """The matter's own number sequence, never that of the cases."""
        return f"J{self.id or 0:04d}"
