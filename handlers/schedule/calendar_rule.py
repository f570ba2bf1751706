"""Which moments the rule of a definition names, after holidays and quiet hours had their say.

A rule names nominal days. A nominal day that is no working day is moved or dropped and becomes the business day;
`days_before` count back from the business day. However long the holidays are, what is said on one day does not
depend on the stretch of time that was asked for.
"""

import calendar as months
import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from data.models import OnHoliday, Repeat, ScheduledMessage
from handlers.cases.working_days import WorkingDays
from handlers.local_time import Period, local_day, moment_of
from handlers.schedule.sendings import QuietHours

DAY = dt.timedelta(days=1)
WEEK = dt.timedelta(days=7)


@dataclass(frozen=True)
class Occurrence:
    """One message of a definition: the day the rule names, the business day, and when it is said."""

    nominal: dt.date
    business: dt.date
    days_before: int
    at: dt.datetime
    moved: str = ""


@dataclass(frozen=True)
class _Meant:
    """A message before quiet hours are looked at; `day` is the day it is moved to."""

    nominal: dt.date
    business: dt.date
    days_before: int
    day: dt.date

    @property
    def unmoved(self) -> dt.date:
        return self.business - self.days_before * DAY

    @property
    def distance(self) -> dt.timedelta:
        """How far it was moved; the nearest stands for all that meet, so that a new calendar revives no other."""
        return abs(self.business - self.nominal) + abs(self.unmoved - self.day)


def falls_on(definition: ScheduledMessage, day: dt.date) -> bool:
    """Whether the rule names this day, whatever the calendar says about it."""
    if definition.repeat is Repeat.ONCE:
        return day == definition.on_day
    if definition.months and str(day.month) not in definition.months:
        return False
    if definition.until and day > definition.until:
        return False
    if definition.repeat is Repeat.DAILY:
        return True
    if definition.repeat is Repeat.MONTHLY:
        return day.day == min(definition.day or 0, months.monthrange(day.year, day.month)[1])
    return str(day.weekday()) in definition.weekdays and (
        definition.repeat is Repeat.WEEKLY or _is_nth(day, definition.nth)
    )


def occurrences(definition: ScheduledMessage, calendar: WorkingDays, period: Period) -> Iterator[Occurrence]:
    """What the definition says within the period; messages that meet on one day for one business day are one."""
    nearest: dict[tuple[dt.date, dt.date], _Meant] = {}
    for meant in _all_meant(definition, calendar, period):
        known = nearest.setdefault((meant.business, meant.day), meant)
        if meant.distance < known.distance:
            nearest[meant.business, meant.day] = meant
    said = (_occurrence(definition, calendar, meant) for meant in nearest.values())
    yield from (one for one in said if period.start <= one.at < period.end)


def quiet_hours(definition: ScheduledMessage) -> QuietHours:
    return QuietHours(definition.quiet_from_minute, definition.quiet_to_minute)


def previous_working_day(calendar: WorkingDays, day: dt.date) -> dt.date:
    """`day` itself if it is one, else the last before it."""
    while not calendar.is_working_day(day):
        day -= DAY
    return day


def _is_nth(day: dt.date, nth: int | None) -> bool:
    if nth == -1:
        return (day + WEEK).month != day.month
    return (day.day + 6) // 7 == nth


def _nominal_days(definition: ScheduledMessage, calendar: WorkingDays, period: Period) -> Iterator[dt.date]:
    """Every day whose message can lie in the period."""
    if definition.repeat is Repeat.ONCE:
        return iter([definition.on_day] if definition.on_day else [])
    first, last = _bounds(definition, calendar, period)
    days = (first + number * DAY for number in range((last - first).days + 1))
    return (day for day in days if falls_on(definition, day))


def _bounds(definition: ScheduledMessage, calendar: WorkingDays, period: Period) -> tuple[dt.date, dt.date]:
    """The days of the period with whole runs of holidays on both sides, from where messages may be moved into it."""

    def run_start(day: dt.date) -> dt.date:
        return previous_working_day(calendar, day - DAY) + DAY

    def run_end(day: dt.date) -> dt.date:
        return calendar.next_working_day(day + DAY) - DAY

    longest = max(map(int, definition.days_before), default=0) * DAY
    # Quiet hours end up to a day, and then a run of holidays, after the day that was meant.
    first = run_start(run_start(local_day(period.start)) - DAY)
    return first, run_end(run_end(local_day(period.end)) + longest)


def _all_meant(definition: ScheduledMessage, calendar: WorkingDays, period: Period) -> Iterator[_Meant]:
    for nominal in _nominal_days(definition, calendar, period):
        business = _business_day(definition, calendar, nominal)
        if business is None:
            continue
        for before in map(int, definition.days_before):
            day = _reminder_day(definition, calendar, business - before * DAY)
            if day is not None:
                yield _Meant(nominal, business, before, day)


def _business_day(definition: ScheduledMessage, calendar: WorkingDays, nominal: dt.date) -> dt.date | None:
    if definition.on_holiday is OnHoliday.NEXT:
        return calendar.next_working_day(nominal)
    return _reminder_day(definition, calendar, nominal)


def _reminder_day(definition: ScheduledMessage, calendar: WorkingDays, day: dt.date) -> dt.date | None:
    """A reminder never moves towards the day it warns of."""
    if definition.on_holiday is OnHoliday.SEND or calendar.is_working_day(day):
        return day
    return None if definition.on_holiday is OnHoliday.SKIP else previous_working_day(calendar, day)


def _occurrence(definition: ScheduledMessage, calendar: WorkingDays, meant: _Meant) -> Occurrence:
    wanted = moment_of(meant.day, definition.at_minute)
    at = quiet_hours(definition).end_after(wanted)
    if local_day(at) != meant.day and definition.on_holiday is not OnHoliday.SEND:
        at = moment_of(calendar.next_working_day(local_day(at)), definition.quiet_to_minute)
    reasons = [*_moved_days(meant), *(["避开免打扰时段"] if at != wanted else [])]
    return Occurrence(meant.nominal, meant.business, meant.days_before, at, "；".join(reasons))


def _moved_days(meant: _Meant) -> Iterator[str]:
    if meant.business != meant.nominal:
        way = "顺延" if meant.business > meant.nominal else "提前"
        yield f"原定{meant.nominal.month}月{meant.nominal.day}日，节假日{way}"
    if meant.day != meant.unmoved:
        yield "提醒日是节假日，提前"
