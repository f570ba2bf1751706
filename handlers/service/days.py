"""Reading service days: when one starts and ends, which are open to somebody, which places are taken."""

import datetime as dt
from collections import Counter
from typing import TypeVar

import sqlalchemy as sa
from sqlmodel import SQLModel, col, select

from data.models import ServiceDay, ServiceDayState, ServicePost, SignUp
from handlers.local_time import local_day, moment_of
from handlers.message import Context
from handlers.service import replies
from handlers.service.members import concerns

Row = TypeVar("Row", bound=SQLModel)


def starts_at(day: ServiceDay) -> dt.datetime:
    return moment_of(day.day, day.starts_minute)


def ends_at(day: ServiceDay) -> dt.datetime:
    return moment_of(day.day, day.ends_minute)


def locked(context: Context, model: type[Row], key: int) -> Row | None:
    """The row, read anew and held until the commit.

    Sign-ups hold their day, lines of the ledger their person: whoever comes second sees what the first has done.
    A day is always taken before a person, so that nobody waits in a circle.
    """
    return context.session.get(model, key, populate_existing=True, with_for_update={"key_share": True})


def open_days(context: Context, person_id: int) -> list[ServiceDay]:
    """Announced days that are not over and concern this member, the nearest first."""
    statement = select(ServiceDay).where(
        ServiceDay.state == ServiceDayState.ANNOUNCED, col(ServiceDay.day) >= local_day(context.now)
    )
    found = [
        day
        for day in context.session.exec(statement)
        if ends_at(day) > context.now and concerns(context, person_id, day.unit_id)
    ]
    return sorted(found, key=lambda day: (day.day, day.starts_minute, day.id or 0))


def posts_of(context: Context, day: ServiceDay) -> list[ServicePost]:
    statement = select(ServicePost).where(ServicePost.service_day_id == day.id).order_by(col(ServicePost.number))
    return list(context.session.exec(statement).all())


def taken(context: Context, day: ServiceDay) -> Counter[int]:
    """How many signed up for each post, by its id."""
    statement = (
        select(SignUp.post_id, sa.func.count())
        .where(SignUp.service_day_id == day.id, col(SignUp.post_id).is_not(None))
        .group_by(col(SignUp.post_id))
    )
    return Counter({post or 0: count for post, count in context.session.exec(statement)})


def signed_up(context: Context, day: ServiceDay) -> list[SignUp]:
    """Those who come, in the order in which they said so."""
    statement = select(SignUp).where(SignUp.service_day_id == day.id, col(SignUp.post_id).is_not(None))
    return list(context.session.exec(statement.order_by(col(SignUp.at), col(SignUp.id))).all())


def answer_of(context: Context, day: ServiceDay, person_id: int) -> SignUp | None:
    """What the person answered for the day, place or leave."""
    statement = select(SignUp).where(SignUp.service_day_id == day.id, SignUp.person_id == person_id)
    return context.session.exec(statement).first()


def described(context: Context, day: ServiceDay) -> str:
    """Date, hours, unit and theme in one phrase."""
    unit = context.directory.units[day.unit_id].name
    return replies.when_and_what(day.day, day.starts_minute, day.ends_minute, unit, day.theme)


def post_text(post: ServicePost) -> str:
    return replies.post(post.number, post.name, post.place)


def leave_order(day: ServiceDay) -> str:
    """What to send to be excused from this day."""
    return f"请假 {replies.short_date(day.day)}"
