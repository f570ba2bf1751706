"""What administrators define to be said at set times."""

import datetime as dt
from collections.abc import Iterator
from functools import cache, partial

from sqlmodel import col, select

from data.models import ScheduledMessage
from handlers.cases.clock import calendar
from handlers.cases.working_days import WorkingDays
from handlers.claims import claimed
from handlers.local_time import Period, local_day
from handlers.message import Context
from handlers.schedule.audience import Recipients, recipients
from handlers.schedule.calendar_rule import Occurrence, occurrences, quiet_hours
from handlers.schedule.sendings import Sending
from handlers.schedule.template import Occasion, fill

# How far ahead the next message of a definition is looked for.
HORIZON = dt.timedelta(days=3 * 366)
STRIDE = dt.timedelta(days=61)


def sendings(context: Context, period: Period) -> Iterator[Sending]:
    """What the active definitions have for the period."""
    days = calendar(context)
    active = select(ScheduledMessage).where(col(ScheduledMessage.active)).order_by(col(ScheduledMessage.id))
    for definition in context.session.exec(active):
        on_day = cache(partial(recipients, context.directory, definition))
        for occurrence in due(definition, days, period):
            # What is said late is said as of now, so that no "tomorrow" is read on the day itself.
            today = local_day(max(occurrence.at, context.now))
            yield _sending(context, definition, occurrence, today=today, to=on_day(today))


def due(definition: ScheduledMessage, days: WorkingDays, period: Period) -> Iterator[Occurrence]:
    """What it has for the period; what lies before it was switched on was never due."""
    return (one for one in occurrences(definition, days, period) if one.at >= definition.active_since)


def next_time(context: Context, definition: ScheduledMessage) -> dt.datetime | None:
    """When it speaks next, as if it were active; nothing if it never does within the next years."""
    days, start, end = calendar(context), context.now, context.now + HORIZON
    while start < end:
        found = {key(definition, one): one.at for one in due(definition, days, Period(start, start + STRIDE))}
        moments = [found[one] for one in found.keys() - (claimed(context, found) if found else set())]
        if moments:
            return min(moments)
        start += STRIDE
    return None


def key(definition: ScheduledMessage, occurrence: Occurrence) -> str:
    """What it is sent once for: the day the rule names, wherever the calendar moves it."""
    return f"{keys_of(definition.id)}{occurrence.nominal}:{occurrence.days_before}"


def keys_of(definition_id: int | None) -> str:
    """What all keys of one definition begin with."""
    return f"scheduled:{definition_id}:"


def _sending(
    context: Context, definition: ScheduledMessage, occurrence: Occurrence, *, today: dt.date, to: Recipients
) -> Sending:
    unit = context.directory.units[definition.unit_id or context.directory.root].name
    return Sending(
        key=key(definition, occurrence),
        at=occurrence.at,
        name=definition.name,
        text=fill(definition.text, Occasion(today, occurrence.business, unit)),
        groups=to.groups,
        people=to.people,
        quiet=quiet_hours(definition),
        moved=occurrence.moved,
    )
