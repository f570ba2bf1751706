"""Which days suit a service day: no holiday, and no weekend on which people have to work (调休上班日)."""

import datetime as dt
from collections.abc import Iterator
from enum import StrEnum
from functools import cache

import holidays

from data.models import DayKind
from handlers.cases.clock import calendar
from handlers.cases.working_days import SATURDAY, WorkingDays
from handlers.message import Context

ONE_DAY = dt.timedelta(days=1)
# No stretch of free days is longer, whatever an office enters.
LONGEST_STRETCH = 31


class Obstacle(StrEnum):
    """Why a day does not suit; the value is what the page calls it."""

    HOLIDAY = "节假日"
    MAKE_UP = "调休上班日"


def obstacle(context: Context, day: dt.date) -> Obstacle | None:
    """A weekend that adjoins a holiday belongs to it, as the State Council counts its days off."""
    days = calendar(context)
    if days.is_working_day(day):
        return Obstacle.MAKE_UP if day.weekday() >= SATURDAY else None
    office = {override.day for override in context.directory.overrides if override.kind is DayKind.HOLIDAY}
    festive = any(_is_festive(free) or free in office for free in _days_off_around(days, day))
    return Obstacle.HOLIDAY if festive else None


def _days_off_around(days: WorkingDays, day: dt.date) -> Iterator[dt.date]:
    """The day and all days off that adjoin it without a working day between."""
    yield day
    for step in (ONE_DAY, -ONE_DAY):
        near = day + step
        while not days.is_working_day(near) and abs((near - day).days) <= LONGEST_STRETCH:
            yield near
            near += step


def _is_festive(day: dt.date) -> bool:
    """A day off that is no ordinary weekend."""
    return day.weekday() < SATURDAY or day in _statutory(day.year)


@cache
def _statutory(year: int) -> frozenset[dt.date]:
    return frozenset(holidays.country_holidays("CN", years=year))
