"""Which days are working days in China, from the `holidays` library and the office's own overrides.

A year whose calendar the State Council has not published yet is provisional: statutory days are guessed by the
library, substituted working days are missing, so a deadline in it carries a mark and is never an error.
"""

import datetime as dt
from collections.abc import Iterable
from functools import cache

import holidays

from data.models import CalendarOverride, DayKind

SATURDAY = 5


class WorkingDays:
    """The calendar; `overrides` win over the library."""

    def __init__(self, overrides: Iterable[CalendarOverride] = ()) -> None:
        self._overrides = {override.day: override.kind for override in overrides}

    def is_working_day(self, day: dt.date) -> bool:
        if day in self._overrides:
            return self._overrides[day] is DayKind.WORKING
        calendar = _china(day.year)
        if day in calendar.weekend_workdays:
            return True
        return day.weekday() < SATURDAY and day not in calendar

    def is_provisional(self, day: dt.date) -> bool:
        """Whether the year's official calendar is unknown.

        Every published year since 2004 substitutes some weekends by working days; a year without any is a guess.
        """
        substituted = any(
            kind is DayKind.WORKING and d.year == day.year and d.weekday() >= SATURDAY
            for d, kind in self._overrides.items()
        )
        return not substituted and not _published(day.year)

    def add(self, day: dt.date, count: int) -> dt.date:
        """The `count`-th working day after `day`; `day` itself never counts."""
        while count > 0:
            day += dt.timedelta(days=1)
            count -= self.is_working_day(day)
        return day

    def next_working_day(self, day: dt.date) -> dt.date:
        """`day` itself if it is one, else the first after it."""
        while not self.is_working_day(day):
            day += dt.timedelta(days=1)
        return day


@cache
def _china(year: int) -> holidays.HolidayBase:
    return holidays.country_holidays("CN", years=year)


@cache
def _published(year: int) -> bool:
    return any(day.year == year for day in _china(year).weekend_workdays)
