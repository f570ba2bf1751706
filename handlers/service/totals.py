"""What the organisation reads of the ledger: people, days and hours of each unit, never of a person.

A unit with fewer than five people shows neither them nor their hours, and is not in the sum either, so that
nobody gets it back by subtracting.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import col, select

from data.models import ServiceDay, ServiceDayState, ServiceHours
from handlers.local_time import local_day
from handlers.message import Context
from handlers.service.hours import is_live, year_of

FEWEST = 5


@dataclass(frozen=True)
class Total:
    """One unit in one year; `people` and `minutes` are None where they are too few to be shown."""

    unit_id: int
    days: int
    people: int | None
    minutes: int | None


@dataclass(frozen=True)
class Totals:
    """The units, and the sum of those that are shown."""

    units: tuple[Total, ...]
    days: int
    people: int | None
    minutes: int | None


def totals(context: Context, unit_ids: Collection[int], year: int) -> Totals:
    """The units of `unit_ids` that had service days in that year or hours from it."""
    days, people, minutes = _days(context, unit_ids, year), *_served(context, unit_ids, year)
    units = []
    for unit_id in sorted(days.keys() | people.keys()):
        enough = len(people[unit_id]) >= FEWEST
        units.append(
            Total(
                unit_id,
                days.get(unit_id, 0),
                len(people[unit_id]) if enough else None,
                minutes[unit_id] if enough else None,
            )
        )
    shown = [total.unit_id for total in units if total.people is not None]
    everybody = set().union(*(people[unit_id] for unit_id in shown))
    return Totals(
        tuple(units),
        sum(total.days for total in units),
        len(everybody) if shown else None,
        sum(minutes[unit_id] for unit_id in shown) if shown else None,
    )


def _days(context: Context, unit_ids: Collection[int], year: int) -> dict[int, int]:
    """Announced days up to today."""
    period = year_of(year)
    statement = (
        select(ServiceDay.unit_id, sa.func.count())
        .where(
            col(ServiceDay.unit_id).in_(unit_ids),
            ServiceDay.state == ServiceDayState.ANNOUNCED,
            col(ServiceDay.day) >= local_day(period.start),
            col(ServiceDay.day) < local_day(period.end),
            col(ServiceDay.day) <= local_day(context.now),
        )
        .group_by(col(ServiceDay.unit_id))
    )
    return dict(context.session.exec(statement).all())


def _served(context: Context, unit_ids: Collection[int], year: int) -> tuple[dict[int, set[int]], dict[int, int]]:
    """Who served and how long, by unit."""
    period = year_of(year)
    statement = (
        select(ServiceDay.unit_id, ServiceHours.person_id, sa.func.sum(ServiceHours.minutes))
        .join(ServiceHours, col(ServiceHours.service_day_id) == col(ServiceDay.id))
        .where(
            col(ServiceDay.unit_id).in_(unit_ids),
            col(ServiceHours.starts_at) >= period.start,
            col(ServiceHours.starts_at) < period.end,
            col(ServiceHours.minutes) > 0,
            is_live(),
        )
        .group_by(col(ServiceDay.unit_id), col(ServiceHours.person_id))
    )
    people: dict[int, set[int]] = defaultdict(set)
    minutes: dict[int, int] = defaultdict(int)
    for unit_id, person_id, served in context.session.exec(statement):
        people[unit_id].add(person_id)
        minutes[unit_id] += int(served)
    return people, minutes
