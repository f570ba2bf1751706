"""What an administrator edits: categories with their limits, routing rules, exceptions to the calendar."""

import datetime as dt
from enum import StrEnum

from sqlmodel import Field, SQLModel

from data.models.columns import enum_type, json_list
from data.models.places import Manager
from data.taxonomy import CaseClass


class LimitUnit(StrEnum):
    HOURS = "h"
    WORKING_DAYS = "wd"


class Category(SQLModel, table=True):
    """One of the 41 categories; the code is fixed, names and limits are data."""

    __tablename__ = "categories"
    code: str = Field(primary_key=True, max_length=8)
    class_: CaseClass = Field(sa_type=enum_type(CaseClass))
    name: str = Field(max_length=32)
    covers: str = Field(max_length=256)
    limit_value: int
    limit_unit: LimitUnit = Field(sa_type=enum_type(LimitUnit))
    emergency_hours: int = 2
    public: bool = True


class RoutingRule(SQLModel, table=True):
    """A line of the routing table; the first line whose every filled column matches wins.

    `lead_department_id` empty means the company that manages the building. `from_minute`–`to_minute` may run
    over midnight.
    """

    __tablename__ = "routing_rules"
    position: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    class_: CaseClass | None = Field(default=None, sa_type=enum_type(CaseClass))
    category_code: str | None = Field(default=None, foreign_key="categories.code")
    unit_id: int | None = Field(default=None, foreign_key="units.id")
    manager: Manager | None = Field(default=None, sa_type=enum_type(Manager))
    weekdays: list[str] = json_list()
    from_minute: int | None = None
    to_minute: int | None = None
    lead_department_id: int | None = Field(default=None, foreign_key="departments.id")
    co_units: list[str] = json_list()
    reason: str = Field(max_length=128)


class DayKind(StrEnum):
    WORKING = "working"
    HOLIDAY = "holiday"


class CalendarOverride(SQLModel, table=True):
    """A day that differs from the shipped calendar, with where the office read it."""

    __tablename__ = "calendar_overrides"
    day: dt.date = Field(primary_key=True)
    kind: DayKind = Field(sa_type=enum_type(DayKind))
    source: str = Field(max_length=128)
