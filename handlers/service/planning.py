"""Proposing dates for a quarter, and what an organiser does with a day: draft, change, announce, cancel."""

import calendar
import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

from sqlmodel import col, select

from data.models import ServiceDay, ServiceDayState, ServicePost, Unit
from handlers import notices
from handlers.cases.working_days import SATURDAY
from handlers.local_time import local_day, moment_of
from handlers.message import Context
from handlers.service import replies
from handlers.service.days import described, leave_order, locked, posts_of, signed_up, starts_at
from handlers.service.errors import ServiceError
from handlers.service.suitable import obstacle

DEFAULT_THEME = "社区义工服务"
DEFAULT_POST, DEFAULT_CAPACITY = "社区服务", 10
MOST_PROPOSED = 10


@dataclass(frozen=True)
class Proposal:
    """A date that suits, with its theme."""

    day: dt.date
    theme: str


@dataclass(frozen=True)
class Wanted:
    """What an organiser writes into a day."""

    day: dt.date
    theme: str
    starts_minute: int
    ends_minute: int


def propose(
    context: Context, unit_id: int, year: int, quarter: int, *, count: int, weekday: int, themes: Sequence[str]
) -> list[Proposal]:
    """At most `count` days in the last month of the quarter, spread over it; fewer where there are not so many."""
    days = _spread(_candidates(context, unit_id, year, quarter * 3, count=count, weekday=weekday), count)
    titles = list(themes) or [DEFAULT_THEME]
    return [Proposal(day, titles[place % len(titles)]) for place, day in enumerate(days)]


def draft(context: Context, unit_id: int, proposals: Iterable[Proposal], *, by_id: int | None) -> list[ServiceDay]:
    """Drafts with one post each, to be edited; a date that was taken meanwhile is left out."""
    locked(context, Unit, unit_id)
    drafts = []
    for proposal in proposals:
        if _taken(context, unit_id, [proposal.day]):
            continue
        day = ServiceDay(unit_id=unit_id, day=proposal.day, theme=proposal.theme, created_by_id=by_id)
        context.session.add(day)
        context.session.flush()
        place = context.directory.units[unit_id].name
        first = ServicePost(
            service_day_id=day.id or 0, number=1, name=DEFAULT_POST, place=place, capacity=DEFAULT_CAPACITY
        )
        context.session.add(first)
        drafts.append(day)
    return drafts


def change(context: Context, day: ServiceDay, wanted: Wanted) -> None:
    """Write it in; where date or hours of an announced day move, those who signed up are told."""
    locked(context, Unit, day.unit_id)
    day = _editable(context, day)
    _check(context, day, wanted)
    before, when = described(context, day), (day.day, day.starts_minute, day.ends_minute)
    if wanted.day != day.day:  # whoever signed in early has not come on the new date
        for sign_up in signed_up(context, day):
            sign_up.signed_in_at = sign_up.confirmed_at = sign_up.confirmed_by_id = None
    day.day, day.theme = wanted.day, wanted.theme
    day.starts_minute, day.ends_minute = wanted.starts_minute, wanted.ends_minute
    if day.state is ServiceDayState.ANNOUNCED and when != (day.day, day.starts_minute, day.ends_minute):
        _tell(context, day, replies.moved(before, described(context, day), leave_order(day)))


def announce(context: Context, day: ServiceDay) -> None:
    """From now on members can sign up; the groups are told by reminders.py."""
    day = _editable(context, day)
    if day.state is not ServiceDayState.DRAFT:
        raise ServiceError(replies.NOT_A_DRAFT)
    if not posts_of(context, day):
        raise ServiceError(replies.NO_POSTS)
    day.state, day.announced_at = ServiceDayState.ANNOUNCED, context.now


def cancel(context: Context, day: ServiceDay) -> None:
    """A draft nobody knows of disappears; an announced day stays, cancelled, and those who signed up are told."""
    day = _editable(context, day, late=day.state is ServiceDayState.DRAFT)
    if day.state is ServiceDayState.ANNOUNCED:
        day.state = ServiceDayState.CANCELLED
        _tell(context, day, replies.cancelled(described(context, day)))
        return
    for post in posts_of(context, day):
        context.session.delete(post)
    context.session.flush()
    context.session.delete(day)


def _candidates(context: Context, unit_id: int, year: int, month: int, *, count: int, weekday: int) -> list[dt.date]:
    """Free days of the month that suit: on the wanted weekday, on any weekend too where these are too few."""
    length = calendar.monthrange(year, month)[1]
    month_days = [dt.date(year, month, number) for number in range(1, length + 1)]
    busy = _taken(context, unit_id, month_days)
    today = local_day(context.now)
    free = [day for day in month_days if day > today and day not in busy and obstacle(context, day) is None]
    wanted = [day for day in free if day.weekday() == weekday]
    return wanted if len(wanted) >= count else [day for day in free if day.weekday() in (weekday, SATURDAY, 6)]


def _spread(days: list[dt.date], count: int) -> list[dt.date]:
    """The choice whose closest two are farthest apart; among equals the one around the middle of the month."""
    count = min(count, len(days), MOST_PROPOSED)

    def worth(choice: tuple[dt.date, ...]) -> tuple[int, int]:
        nearest = min(((later - day).days for day, later in pairwise(choice)), default=0)
        return nearest, -abs(sum(2 * day.day - 31 for day in choice))

    best = max(combinations(days, count), key=worth)
    return list(best)


def _taken(context: Context, unit_id: int, days: Sequence[dt.date]) -> set[dt.date]:
    statement = select(col(ServiceDay.day)).where(ServiceDay.unit_id == unit_id, col(ServiceDay.day).in_(days))
    return set(context.session.exec(statement).all())


def _editable(context: Context, day: ServiceDay, *, late: bool = False) -> ServiceDay:
    """The day, held until the commit; what is cancelled or (unless `late`) has begun does not change any more."""
    if locked(context, ServiceDay, day.id or 0) is None:
        raise ServiceError(replies.NOT_HERE)
    if day.state is ServiceDayState.CANCELLED:
        raise ServiceError(replies.IS_CANCELLED)
    if not late and starts_at(day) <= context.now:
        raise ServiceError(replies.ALREADY_STARTED if day.state is ServiceDayState.ANNOUNCED else replies.IN_THE_PAST)
    return day


def _check(context: Context, day: ServiceDay, wanted: Wanted) -> None:
    if wanted.ends_minute <= wanted.starts_minute:
        raise ServiceError(replies.WRONG_HOURS)
    if moment_of(wanted.day, wanted.starts_minute) <= context.now:
        raise ServiceError(replies.IN_THE_PAST)
    if wanted.day != day.day and _taken(context, day.unit_id, [wanted.day]):
        raise ServiceError(replies.DAY_TAKEN)


def _tell(context: Context, day: ServiceDay, text: str) -> None:
    notices.tell_people(context, [sign_up.person_id for sign_up in signed_up(context, day)], text)
