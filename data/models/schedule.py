"""What an administrator has the bot say at set times: announcements, reminders of meetings and of reports due."""

import datetime as dt
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from data.models.columns import enum_type, json_list


class Repeat(StrEnum):
    ONCE = "once"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    MONTHLY_WEEKDAY = "monthly_weekday"


class OnHoliday(StrEnum):
    """What happens to a day that is no working day."""

    SEND = "send"
    NEXT = "next"
    PREVIOUS = "previous"
    SKIP = "skip"


class ScheduledMessage(SQLModel, table=True):
    """One definition. The rule names business days; the message goes out on each of `days_before` before them.

    `months` empty means every month; `weekdays` are "0" (Monday) to "6"; `nth` is 1 to 4, or -1 for the last;
    `day` is 1 to 31, and in a shorter month its last day. `audience` holds "group:7", "role:grid_member",
    "person:12" or "members"; `unit_id` limits roles and members to that unit and all below it. Minutes count from
    midnight, Asia/Shanghai. What lies before `active_since` was never due.
    """

    __tablename__ = "scheduled_messages"
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True, max_length=64)
    text: str = Field(sa_type=sa.Text)
    repeat: Repeat = Field(sa_type=enum_type(Repeat))
    on_day: dt.date | None = None
    months: list[str] = json_list()
    weekdays: list[str] = json_list()
    nth: int | None = None
    day: int | None = None
    days_before: list[str] = json_list()
    at_minute: int = 540
    quiet_from_minute: int = 1260
    quiet_to_minute: int = 480
    on_holiday: OnHoliday = Field(default=OnHoliday.SEND, sa_type=enum_type(OnHoliday))
    audience: list[str] = json_list()
    unit_id: int | None = Field(default=None, foreign_key="units.id")
    until: dt.date | None = None
    active: bool = True
    active_since: dt.datetime
    created_by_id: int | None = Field(default=None, foreign_key="people.id")
