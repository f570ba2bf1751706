"""The ledger of service hours: appended, never changed; no overlap, a cap a day, confirmed by somebody else.

Every line lies within one local day: a stretch over midnight becomes two lines, so that each day has its own cap.
"""

import datetime as dt
from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy import ColumnElement
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from data.models import Person, ServiceHours
from handlers.local_time import Period, local_day, moment_of
from handlers.message import Context
from handlers.service import replies
from handlers.service.days import locked
from handlers.service.errors import Overlap, ServiceError

LONGEST = dt.timedelta(hours=24)
ONE_DAY = dt.timedelta(days=1)
_correction = aliased(ServiceHours)


def book(
    context: Context,
    person_id: int,
    starts_at: dt.datetime,
    ends_at: dt.datetime,
    *,
    confirmed_by_id: int,
    service_day_id: int | None = None,
    reason: str = "",
) -> list[ServiceHours]:
    """Append what was served, in whole minutes, one line a local day; raises ServiceError."""
    locked(context, Person, person_id)
    served = Period(_whole(starts_at), _whole(ends_at))
    _check_times(context, served)
    _check_confirmation(person_id, confirmed_by_id)
    _check_overlap(context, person_id, served)
    lines = [
        ServiceHours(
            person_id=person_id,
            service_day_id=service_day_id,
            starts_at=part.start,
            ends_at=part.end,
            minutes=_within_cap(context, person_id, part),
            confirmed_by_id=confirmed_by_id,
            at=context.now,
            reason=reason,
        )
        for part in _by_day(served)
    ]
    context.session.add_all(lines)
    context.session.flush()
    return lines


def correct(
    context: Context, line: ServiceHours, starts_at: dt.datetime, ends_at: dt.datetime, *, by_id: int, reason: str
) -> ServiceHours:
    """Append a line in the place of `line`, once; the same start and end take its hours away."""
    locked(context, Person, line.person_id)
    if context.session.exec(select(ServiceHours.id).where(ServiceHours.corrects_id == line.id)).first():
        raise ServiceError(replies.CORRECTED_BEFORE)
    if not reason.strip():
        raise ServiceError(replies.REASON_MISSING)
    _check_confirmation(line.person_id, by_id)
    served = Period(_whole(starts_at), _whole(ends_at))
    if served.start != served.end:
        _check_correction(context, line, served)
    correction = ServiceHours(
        person_id=line.person_id,
        service_day_id=line.service_day_id,
        starts_at=served.start,
        ends_at=served.end,
        minutes=_within_cap(context, line.person_id, served, without=line.id),
        confirmed_by_id=by_id,
        at=context.now,
        corrects_id=line.id,
        reason=reason.strip(),
    )
    context.session.add(correction)
    context.session.flush()
    return correction


def is_live() -> ColumnElement[bool]:
    """Lines that count: those in whose place no other line has come."""
    return ~select(_correction.id).where(_correction.corrects_id == ServiceHours.id).exists()


def hours_of(context: Context, person_id: int, year: int) -> int:
    """The person's minutes in that year of the office's time zone."""
    period = year_of(year)
    return _minutes(context, person_id, period)


def year_of(year: int) -> Period:
    return Period(moment_of(dt.date(year, 1, 1), 0), moment_of(dt.date(year + 1, 1, 1), 0))


def _whole(moment: dt.datetime) -> dt.datetime:
    return moment.replace(second=0, microsecond=0)


def _check_times(context: Context, served: Period) -> None:
    if served.end <= served.start:
        raise ServiceError(replies.ENDS_BEFORE_START)
    if served.end > context.now:
        raise ServiceError(replies.IN_THE_FUTURE)
    if served.end - served.start > LONGEST:
        raise ServiceError(replies.TOO_LONG)


def _check_confirmation(person_id: int, confirmed_by_id: int) -> None:
    if confirmed_by_id == person_id:
        raise ServiceError(replies.SELF_CONFIRMED)


def _check_correction(context: Context, line: ServiceHours, served: Period) -> None:
    _check_times(context, served)
    if len(list(_by_day(served))) > 1:
        raise ServiceError(replies.ACROSS_MIDNIGHT)
    _check_overlap(context, line.person_id, served, without=line.id)


def _check_overlap(context: Context, person_id: int, served: Period, without: int | None = None) -> None:
    statement = select(ServiceHours.id).where(
        ServiceHours.person_id == person_id,
        col(ServiceHours.starts_at) < served.end,
        col(ServiceHours.ends_at) > served.start,
        col(ServiceHours.starts_at) < col(ServiceHours.ends_at),  # what was taken away is in nobody's way
        col(ServiceHours.id) != (without or 0),
        is_live(),
    )
    if context.session.exec(statement).first() is not None:
        raise Overlap(replies.HOURS_OVERLAP)


def _by_day(served: Period) -> Iterator[Period]:
    """The stretch, cut at local midnight."""
    start = served.start
    while start < served.end:
        midnight = moment_of(local_day(start) + ONE_DAY, 0)
        yield Period(start, min(midnight, served.end))
        start = midnight


def _within_cap(context: Context, person_id: int, part: Period, without: int | None = None) -> int:
    """The minutes that count: what the cap of that local day still leaves."""
    day = local_day(part.start)
    used = _minutes(context, person_id, Period(moment_of(day, 0), moment_of(day + ONE_DAY, 0)), without)
    left = max(0, context.policy.service_cap_hours * 60 - used)
    return min(int((part.end - part.start).total_seconds()) // 60, left)


def _minutes(context: Context, person_id: int, period: Period, without: int | None = None) -> int:
    statement = select(sa.func.coalesce(sa.func.sum(ServiceHours.minutes), 0)).where(
        ServiceHours.person_id == person_id,
        col(ServiceHours.starts_at) >= period.start,
        col(ServiceHours.starts_at) < period.end,
        col(ServiceHours.id) != (without or 0),
        is_live(),
    )
    return int(context.session.exec(statement).one())
