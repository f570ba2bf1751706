"""The tracked record: case, its append-only history, tasks, reporters and evaluations."""

import datetime as dt
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy import UniqueConstraint
from sqlmodel import Field, Relationship, SQLModel

from data.models.columns import enum_type, json_list
from data.privacy import EncryptedText
from data.taxonomy import CaseClass, Urgency

FIRST_NUMBER = 1000
# What has rates, as texts: an index for these alone is only used where a query says it in the same words.
COUNTED = "kind IN ('complaint', 'assistance', 'irregularity') AND status != 'merged'"
APART = "kind NOT IN ('complaint', 'assistance', 'irregularity')"
OPEN_STILL = "ended_at IS NULL"
EVER_LATE = "(ended_at IS NULL OR ended_at > due_at)"
MOMENTS = ("due_at", "original_due_at", "dispatched_at", "accepted_at", "resolved_at", "closed_at", "ended_at")
# By these the board is filtered; with them in the index a count need not look at the cases themselves.
PLACES = ("unit_id", "lead_department_id", "category_code", "class_")


class CaseStatus(StrEnum):
    RECEIVED = "received"
    DISPATCHED = "dispatched"
    ACCEPTED = "accepted"
    RESOLVED = "resolved"
    CLOSED = "closed"
    RETURNED = "returned"
    REOPENED = "reopened"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    MERGED = "merged"


class RequestKind(StrEnum):
    """The official five kinds of request (12345)."""

    INQUIRY = "inquiry"
    ASSISTANCE = "assistance"
    COMPLAINT = "complaint"
    IRREGULARITY = "irregularity"
    SUGGESTION = "suggestion"
    PRAISE = "praise"


class EscalationLevel(StrEnum):
    """The level that now holds the case; each has a colour, always shown with its word."""

    GRID = "grid"
    COMMUNITY = "community"
    SUBDISTRICT = "subdistrict"
    DISTRICT = "district"


class ClosedBy(StrEnum):
    REPORTER = "reporter"
    SILENCE = "silence"
    STAFF = "staff"


class Source(StrEnum):
    CHAT = "chat"
    REPLAY = "replay"


class ClockAction(StrEnum):
    """What the clock does next with a case, at `next_action_at`."""

    ACCEPT_CHECK = "accept_check"
    REMIND = "remind"
    DUE = "due"
    LEVEL_UP = "level_up"
    CLOSE = "close"


def _board_index(name: str, *columns: str, only: str) -> sa.Index:
    """An index over some of the cases that holds all a number of the board needs."""
    where = sa.text(only)
    return sa.Index(f"ix_cases_{name}", *columns, sqlite_where=where, postgresql_where=where)


class Case(SQLModel, table=True):
    """A case. `text` and `room` are personal and encrypted, `masked_text` and `place_text` may be listed."""

    __tablename__ = "cases"
    __table_args__ = (
        sa.Index("ix_cases_received_status", "received_at", "status"),
        _board_index("counted", "received_at", "id", *PLACES, "status", "level", "closed_by", *MOMENTS, only=COUNTED),
        _board_index("apart", "received_at", "id", "kind", *PLACES, "status", "level", only=APART),
        _board_index("open", "due_at", *PLACES, "kind", "status", "level", only=OPEN_STILL),
        _board_index("resolved", "resolved_at", *PLACES, only=COUNTED),
        _board_index("closed", "closed_at", *PLACES, only=COUNTED),
        _board_index("late_from", "due_at", "ended_at", *PLACES, "kind", "status", only=EVER_LATE),
        _board_index("late_until", "ended_at", "due_at", *PLACES, "kind", "status", only=EVER_LATE),
    )
    id: int | None = Field(default=None, primary_key=True)
    source: Source = Field(default=Source.CHAT, sa_type=enum_type(Source))
    kind: RequestKind = Field(sa_type=enum_type(RequestKind))
    class_: CaseClass = Field(sa_type=enum_type(CaseClass))
    category_code: str = Field(foreign_key="categories.code", index=True)
    urgency: Urgency = Field(sa_type=enum_type(Urgency))
    status: CaseStatus = Field(default=CaseStatus.RECEIVED, sa_type=enum_type(CaseStatus))
    text: str = Field(sa_type=EncryptedText)
    masked_text: str = Field(sa_type=sa.Text)
    group_id: int | None = Field(default=None, foreign_key="chat_groups.id", index=True)
    account_id: int = Field(foreign_key="accounts.id", index=True)
    building_id: int | None = Field(default=None, foreign_key="buildings.id", index=True)
    entrance: int | None = None
    floor: int | None = None
    room: str | None = Field(default=None, sa_type=EncryptedText)
    place_text: str = Field(default="", max_length=128)
    place_source: str = Field(default="", max_length=16)
    """Where the place came from: the words (`text`), the `nickname`, the `group`; empty where none is known."""
    unit_id: int = Field(foreign_key="units.id", index=True)
    level: EscalationLevel = Field(default=EscalationLevel.GRID, sa_type=enum_type(EscalationLevel))
    lead_department_id: int = Field(foreign_key="departments.id", index=True)
    co_units: list[str] = json_list()
    received_at: dt.datetime
    due_at: dt.datetime
    original_due_at: dt.datetime
    due_provisional: bool = False
    next_action_at: dt.datetime | None = Field(default=None, index=True)
    next_action: ClockAction | None = Field(default=None, sa_type=enum_type(ClockAction))
    urged_at: dt.datetime | None = None
    dispatched_at: dt.datetime | None = None
    accepted_at: dt.datetime | None = None
    ended_at: dt.datetime | None = None
    """When it was last resolved, declined, withdrawn or merged; empty while somebody has to work on it."""
    resolved_at: dt.datetime | None = None
    closed_at: dt.datetime | None = None
    closed_by: ClosedBy | None = Field(default=None, sa_type=enum_type(ClosedBy))
    merged_into_id: int | None = Field(default=None, foreign_key="cases.id")
    confidence: dict[str, float] = Field(default_factory=dict, sa_type=sa.JSON)
    because: list[str] = json_list()
    routed_because: str = Field(default="", max_length=256)
    model_hash: str = Field(default="", max_length=64)

    @property
    def number(self) -> int:
        """The number people type: short, and never shorter than four digits."""
        return (self.id or 0) + FIRST_NUMBER


class StatusChange(SQLModel, table=True):
    """One line of a case's history; appended, never changed. `note` may hold a person's words."""

    __tablename__ = "status_changes"
    __table_args__ = (sa.Index("ix_status_changes_action_at", "action", "at"),)
    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(default=None, foreign_key="cases.id", index=True, nullable=False)
    at: dt.datetime
    action: str = Field(max_length=16)
    from_status: CaseStatus | None = Field(default=None, sa_type=enum_type(CaseStatus))
    to_status: CaseStatus = Field(sa_type=enum_type(CaseStatus))
    actor_role: str = Field(max_length=24)
    account_id: int | None = Field(default=None, foreign_key="accounts.id")
    note: str = Field(default="", sa_type=EncryptedText)
    case: Case = Relationship()


class TaskStatus(StrEnum):
    OFFERED = "offered"
    ACCEPTED = "accepted"
    DONE = "done"
    RETURNED = "returned"
    REVOKED = "revoked"


class Task(SQLModel, table=True):
    """The piece of a case one unit or department holds; `person_id` is empty until somebody accepts it."""

    __tablename__ = "tasks"
    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(default=None, foreign_key="cases.id", index=True, nullable=False)
    unit_id: int = Field(foreign_key="units.id", index=True)
    department_id: int | None = Field(default=None, foreign_key="departments.id")
    person_id: int | None = Field(default=None, foreign_key="people.id", index=True)
    status: TaskStatus = Field(default=TaskStatus.OFFERED, sa_type=enum_type(TaskStatus))
    offered_at: dt.datetime
    accepted_at: dt.datetime | None = None
    arrived_at: dt.datetime | None = None
    ended_at: dt.datetime | None = None
    case: Case = Relationship()


class CaseReporter(SQLModel, table=True):
    """Everybody who reported the matter; all of them are told the result."""

    __tablename__ = "case_reporters"
    __table_args__ = (UniqueConstraint("case_id", "account_id"),)
    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(default=None, foreign_key="cases.id", index=True, nullable=False)
    account_id: int = Field(foreign_key="accounts.id", index=True)
    at: dt.datetime
    case: Case = Relationship()


class Evaluation(SQLModel, table=True):
    """The reporter's verdict: two separate questions, an unanswered one stays empty."""

    __tablename__ = "evaluations"
    __table_args__ = (
        UniqueConstraint("case_id", "account_id"),
        sa.Index("ix_evaluations_answers", "case_id", "resolved", "satisfied"),
    )
    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="cases.id")
    account_id: int = Field(foreign_key="accounts.id")
    at: dt.datetime
    resolved: bool | None = None
    satisfied: bool | None = None
    note: str = Field(default="", sa_type=EncryptedText)
