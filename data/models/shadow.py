"""What a candidate model would have answered beside the live one: counts, and the cases on which they disagree.

No words are kept here. Of messages that either model takes for a discipline matter only the two counts of the run
remain.
"""

import datetime as dt

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel


class ShadowRun(SQLModel, table=True):
    """One candidate beside one live model; `messages` are those whose answers are counted by label."""

    __tablename__ = "shadow_runs"
    live_hash: str = Field(primary_key=True, max_length=64)
    candidate_hash: str = Field(primary_key=True, max_length=64)
    since: dt.datetime
    last_at: dt.datetime = Field(index=True)
    messages: int = 0
    failed: int = 0
    """Messages on which the candidate broke."""
    discipline: int = 0
    discipline_agreed: int = 0


class ShadowCount(SQLModel, table=True):
    """How often the live model answered a question with `live` and the candidate with `candidate`."""

    __tablename__ = "shadow_counts"
    live_hash: str = Field(primary_key=True, max_length=64)
    candidate_hash: str = Field(primary_key=True, max_length=64)
    question: str = Field(primary_key=True, max_length=16)
    live: str = Field(primary_key=True, max_length=16)
    candidate: str = Field(primary_key=True, max_length=16)
    count: int = 0


class ShadowDifference(SQLModel, table=True):
    """A case on whose first message the two models answered a question differently."""

    __tablename__ = "shadow_differences"
    __table_args__ = (UniqueConstraint("live_hash", "candidate_hash", "case_id", "question"),)
    id: int | None = Field(default=None, primary_key=True)
    live_hash: str = Field(max_length=64)
    candidate_hash: str = Field(max_length=64)
    case_id: int = Field(foreign_key="cases.id", index=True, ondelete="CASCADE")
    question: str = Field(max_length=16)
    live: str = Field(max_length=16)
    candidate: str = Field(max_length=16)
    at: dt.datetime
