"""When a case is due and when its clock acts next (design decision 12).

Limits in hours run by the clock on the wall, limits in working days by the calendar. A limit of n working days
ends at 18:00 of the n-th working day after the day of reporting.
"""

import datetime as dt
from dataclasses import dataclass

from data.models import Case, Category, LimitUnit
from data.taxonomy import Urgency
from handlers.cases.working_days import WorkingDays
from handlers.local_time import SHANGHAI

END_OF_DAY = dt.time(18, 0)
WORKING_HOURS = (dt.time(9, 0), dt.time(18, 0))
DUTY_HOURS = (dt.time(7, 0), dt.time(22, 0))


@dataclass(frozen=True)
class Deadline:
    """`provisional` marks a date in a year whose official calendar is not known yet."""

    due_at: dt.datetime
    provisional: bool = False


def deadline(received_at: dt.datetime, category: Category, urgency: Urgency, calendar: WorkingDays) -> Deadline:
    """When a case of this category is due; an emergency has its own limit in hours."""
    if urgency is Urgency.EMERGENCY or category.limit_unit is LimitUnit.HOURS:
        return Deadline(received_at + _hours(category, urgency))
    return working_days_after(received_at, category.limit_value, calendar)


def _hours(category: Category, urgency: Urgency) -> dt.timedelta:
    """The limit of what runs by the clock on the wall."""
    emergency = urgency is Urgency.EMERGENCY
    return dt.timedelta(hours=category.emergency_hours if emergency else category.limit_value)


def working_days_after(moment: dt.datetime, days: int, calendar: WorkingDays) -> Deadline:
    last = calendar.add(moment.astimezone(SHANGHAI).date(), days)
    due = dt.datetime.combine(last, END_OF_DAY, SHANGHAI).astimezone(dt.UTC)
    return Deadline(due, calendar.is_provisional(last))


def in_hours(case: Case, category: Category) -> bool:
    """Whether the case runs by the clock on the wall."""
    return case.urgency is Urgency.EMERGENCY or category.limit_unit is LimitUnit.HOURS


def remind_at(case: Case, category: Category, calendar: WorkingDays) -> dt.datetime:
    """When a quarter of the time is left, moved into the hours in which people may be reminded."""
    start = case.dispatched_at or case.received_at
    moment = case.due_at - (case.due_at - start) / 4
    return polite(moment, case, category, calendar)


def level_up_at(case: Case, category: Category, calendar: WorkingDays, since: dt.datetime) -> dt.datetime:
    """When an overdue case goes to the next level: one working day later, hour limits after half the limit."""
    if in_hours(case, category):
        return since + _hours(category, case.urgency) / 2
    return working_days_after(since, 1, calendar).due_at


def polite(moment: dt.datetime, case: Case, category: Category, calendar: WorkingDays) -> dt.datetime:
    """The first moment from `moment` on at which this case may disturb somebody.

    Working-day limits: 09–18 on working days; hour limits: 07–22 every day; emergencies: always. The closing
    minute belongs to it, because that is when limits of working days end.
    """
    if case.urgency is Urgency.EMERGENCY:
        return moment
    local = moment.astimezone(SHANGHAI)
    hours, day = WORKING_HOURS, local.date()
    if in_hours(case, category):
        hours = DUTY_HOURS
    elif not calendar.is_working_day(day):
        return _at(calendar.next_working_day(day), hours[0])
    if local.time() < hours[0]:
        return _at(day, hours[0])
    if local.time() <= hours[1]:
        return moment
    tomorrow = day + dt.timedelta(days=1)
    return _at(tomorrow if in_hours(case, category) else calendar.next_working_day(tomorrow), hours[0])


def _at(day: dt.date, time: dt.time) -> dt.datetime:
    return dt.datetime.combine(day, time, SHANGHAI).astimezone(dt.UTC)
