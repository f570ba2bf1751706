"""What the office's pages show of service days: a quarter with its totals, and one day with its people and lines."""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlmodel import col, select

from data.models import ServiceDay, ServiceDayState, ServiceHours, ServicePost, SignUp
from handlers.local_time import SHANGHAI, local_day
from handlers.message import Context
from handlers.service.days import ends_at, posts_of, starts_at, taken
from handlers.service.sign_ups import free_posts
from handlers.service.suitable import Obstacle, obstacle
from handlers.service.totals import Totals, totals


@dataclass(frozen=True)
class DayLine:
    """A day in the list; `state` is what it is called there."""

    day: ServiceDay
    state: str
    signed_up: int
    places: int
    obstacle: Obstacle | None


@dataclass(frozen=True)
class Quarter:
    year: int
    number: int
    days: tuple[DayLine, ...]
    unit_ids: tuple[int, ...]
    totals: Totals

    @property
    def by_unit(self) -> dict[int, list[DayLine]]:
        return {unit: [line for line in self.days if line.day.unit_id == unit] for unit in self._units}

    @property
    def _units(self) -> list[int]:
        return sorted({line.day.unit_id for line in self.days})


@dataclass(frozen=True)
class Answer:
    """Somebody who comes."""

    sign_up: SignUp
    post: ServicePost
    name: str
    confirmed_by: str
    booked: bool
    """Whether a line of the ledger counts for them on this day."""


@dataclass(frozen=True)
class Line:
    """A line of the ledger; one that was corrected does not count any more."""

    hours: ServiceHours
    name: str
    confirmed_by: str
    counts: bool

    @property
    def starts_minute(self) -> int:
        return _minute(self.hours.starts_at)

    @property
    def ends_minute(self) -> int:
        return _minute(self.hours.ends_at)


@dataclass(frozen=True)
class Day:
    """Everything the page of one day shows."""

    line: DayLine
    posts: tuple[tuple[ServicePost, int], ...]
    answers: tuple[Answer, ...]
    excused: int
    ledger: tuple[Line, ...]
    begun: bool


def quarter(context: Context, units: frozenset[int] | None, year: int, number: int) -> Quarter:
    """The days of the quarter in these units (None: in all), and the year's totals."""
    unit_ids = tuple(sorted(context.directory.units if units is None else units))
    first = dt.date(year, number * 3 - 2, 1)
    after = dt.date(year + number // 4, number * 3 % 12 + 1, 1)
    statement = (
        select(ServiceDay)
        .where(col(ServiceDay.unit_id).in_(unit_ids), col(ServiceDay.day) >= first, col(ServiceDay.day) < after)
        .order_by(col(ServiceDay.day), col(ServiceDay.id))
    )
    days = tuple(_line(context, day) for day in context.session.exec(statement).all())
    return Quarter(year, number, days, unit_ids, totals(context, unit_ids, year))


def read_day(context: Context, day: ServiceDay) -> Day:
    answers = context.session.exec(
        select(SignUp).where(SignUp.service_day_id == day.id).order_by(col(SignUp.at), col(SignUp.id))
    ).all()
    ledger = _ledger(context, day)
    booked = {line.hours.person_id for line in ledger if line.counts and line.hours.minutes}
    return Day(
        line=_line(context, day),
        posts=tuple(free_posts(context, day)),
        answers=_coming(context, day, answers, booked),
        excused=sum(answer.post_id is None for answer in answers),
        ledger=ledger,
        begun=starts_at(day) <= context.now,
    )


def _line(context: Context, day: ServiceDay) -> DayLine:
    over = day.state is ServiceDayState.ANNOUNCED and ends_at(day) <= context.now
    # What once stood in its way does not matter to a day that is over or cancelled.
    ahead = day.state is not ServiceDayState.CANCELLED and day.day >= local_day(context.now)
    return DayLine(
        day=day,
        state="over" if over else day.state.value,
        signed_up=taken(context, day).total(),
        places=sum(post.capacity for post in posts_of(context, day)),
        obstacle=obstacle(context, day.day) if ahead else None,
    )


def _coming(
    context: Context, day: ServiceDay, answers: Sequence[SignUp], booked: Collection[int]
) -> tuple[Answer, ...]:
    """By post, within it by time."""
    posts = {post.id: post for post in posts_of(context, day)}
    people = context.directory.people
    found = [
        Answer(
            sign_up=answer,
            post=posts[answer.post_id],
            name=people[answer.person_id].name,
            confirmed_by=people[answer.confirmed_by_id].name if answer.confirmed_by_id else "",
            booked=answer.person_id in booked,
        )
        for answer in answers
        if answer.post_id is not None
    ]
    return tuple(sorted(found, key=lambda answer: answer.post.number))


def _ledger(context: Context, day: ServiceDay) -> tuple[Line, ...]:
    statement = select(ServiceHours).where(ServiceHours.service_day_id == day.id).order_by(col(ServiceHours.id))
    lines = context.session.exec(statement).all()
    corrected = {line.corrects_id for line in lines}
    people = context.directory.people
    return tuple(
        Line(line, people[line.person_id].name, people[line.confirmed_by_id].name, line.id not in corrected)
        for line in lines
    )


def _minute(moment: dt.datetime) -> int:
    """Minutes after local midnight."""
    local = moment.astimezone(SHANGHAI)
    return local.hour * 60 + local.minute
