"""Service days (义工服务日) of party members: the day, its posts, who signed up, and the ledger of hours."""

import datetime as dt
from enum import StrEnum

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from data.models.columns import enum_type
from data.privacy import EncryptedText


class ServiceDayState(StrEnum):
    DRAFT = "draft"
    ANNOUNCED = "announced"
    CANCELLED = "cancelled"


class ServiceDay(SQLModel, table=True):
    """A day on which members serve; minutes count from midnight, Asia/Shanghai, the end may be 1440."""

    __tablename__ = "service_days"
    __table_args__ = (UniqueConstraint("unit_id", "day"),)
    id: int | None = Field(default=None, primary_key=True)
    unit_id: int = Field(foreign_key="units.id")
    day: dt.date = Field(index=True)
    theme: str = Field(max_length=64)
    starts_minute: int = 540
    ends_minute: int = 690
    state: ServiceDayState = Field(default=ServiceDayState.DRAFT, sa_type=enum_type(ServiceDayState))
    announced_at: dt.datetime | None = None
    created_by_id: int | None = Field(default=None, foreign_key="people.id")


class ServicePost(SQLModel, table=True):
    """A post (岗位) of a service day with its places; people type its `number`, which starts at 1 each day."""

    __tablename__ = "service_posts"
    __table_args__ = (UniqueConstraint("service_day_id", "number"),)
    id: int | None = Field(default=None, primary_key=True)
    service_day_id: int = Field(foreign_key="service_days.id", index=True)
    number: int
    name: str = Field(max_length=64)
    place: str = Field(default="", max_length=64)
    capacity: int = 1


class SignUp(SQLModel, table=True):
    """A member's answer for one service day; no post means asked to be excused (请假). No row is no fault."""

    __tablename__ = "sign_ups"
    __table_args__ = (UniqueConstraint("service_day_id", "person_id"),)
    id: int | None = Field(default=None, primary_key=True)
    service_day_id: int = Field(foreign_key="service_days.id", index=True)
    post_id: int | None = Field(default=None, foreign_key="service_posts.id", index=True)
    person_id: int = Field(foreign_key="people.id", index=True)
    at: dt.datetime
    signed_in_at: dt.datetime | None = None
    signed_out_at: dt.datetime | None = None
    confirmed_by_id: int | None = Field(default=None, foreign_key="people.id")
    confirmed_at: dt.datetime | None = None


class ServiceHours(SQLModel, table=True):
    """One line of the ledger; appended, never changed (volunteer regulation 2017, art. 19: truthful records).

    A line with `corrects_id` takes the place of that line; zero minutes take it away. `minutes` may be less than
    the time between start and end where the day's cap was reached.
    """

    __tablename__ = "service_hours"
    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="people.id", index=True)
    service_day_id: int | None = Field(default=None, foreign_key="service_days.id")
    starts_at: dt.datetime
    ends_at: dt.datetime
    minutes: int
    confirmed_by_id: int = Field(foreign_key="people.id")
    at: dt.datetime
    corrects_id: int | None = Field(default=None, foreign_key="service_hours.id", unique=True)
    reason: str = Field(default="", sa_type=EncryptedText)
