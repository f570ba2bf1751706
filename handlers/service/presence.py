"""Who was there: signing in, a second person's confirmation, signing out; together they make one line of the ledger."""

import datetime as dt

from sqlmodel import col, select

from data.models import ServiceDay, ServiceDayState, ServiceHours, SignUp
from handlers.local_time import local_day
from handlers.message import Context
from handlers.service import hours, replies
from handlers.service.days import ends_at, locked, starts_at
from handlers.service.errors import Overlap, ServiceError
from handlers.service.members import organises

# How long before the start one can sign in, and after the end sign out.
AROUND = dt.timedelta(minutes=60)
CONFIRM_WITHIN = dt.timedelta(days=1)
Presence = tuple[ServiceDay, SignUp]


def sign_in(context: Context, person_id: int) -> ServiceDay:
    """At the nearest day they signed up for that is about to begin or running."""
    own = _own(context, person_id)
    if any(answer.signed_in_at and not answer.signed_out_at for _, answer in own):
        here = next(day for day, answer in own if answer.signed_in_at and not answer.signed_out_at)
        raise ServiceError(replies.ALREADY_SIGNED_IN if ends_at(here) > context.now else replies.SIGNED_IN_ELSEWHERE)
    now = [pair for pair in own if starts_at(pair[0]) - AROUND <= context.now < ends_at(pair[0])]
    fresh = [pair for pair in now if pair[1].signed_in_at is None]
    if not fresh:
        raise ServiceError(replies.SIGNED_OUT_BEFORE if now else replies.SIGN_IN_WHERE)
    day, answer = fresh[0]
    answer.signed_in_at = context.now
    return day


def sign_out(context: Context, person_id: int) -> str:
    """Leave; the sentence says what was booked."""
    inside = [pair for pair in _own(context, person_id) if pair[1].signed_in_at and not pair[1].signed_out_at]
    if not inside:
        raise ServiceError(replies.SIGN_OUT_WHERE)
    day, answer = inside[0]
    if context.now <= starts_at(day):
        answer.signed_in_at = answer.confirmed_at = answer.confirmed_by_id = None
        return replies.SIGN_IN_TAKEN_BACK
    answer.signed_out_at = context.now
    return _left(context, day, answer)


def confirm_named(context: Context, by_id: int, name: str) -> str:
    """Confirm the one other person of that name who waits for it; the sentence says what became of it."""
    namesakes = {key for key, person in context.directory.people.items() if person.name == name}
    named = [pair for pair in _near(context) if pair[1].person_id in namesakes]
    allowed = [pair for pair in named if _may_confirm(context, pair[0], by_id)]
    others = [pair for pair in allowed if pair[1].person_id != by_id]
    if allowed and not others:
        raise ServiceError(replies.CONFIRM_SELF)
    waiting = [pair for pair in others if pair[1].signed_in_at and not pair[1].confirmed_at]
    if not waiting:
        done = any(answer.confirmed_at for _, answer in others)
        absent = replies.NOT_SIGNED_IN if others else replies.CONFIRM_NOBODY
        raise ServiceError(replies.CONFIRM_TWICE if done else absent)
    if len({answer.person_id for _, answer in waiting}) > 1:
        raise ServiceError(replies.CONFIRM_SAME_NAME)
    return confirm(context, *waiting[0], by_id=by_id)


def confirm(context: Context, day: ServiceDay, answer: SignUp, *, by_id: int) -> str:
    """Somebody else saw them there; after sign-out this writes the hours."""
    locked(context, ServiceDay, day.id or 0)
    context.session.refresh(answer)
    if answer.person_id == by_id:
        raise ServiceError(replies.CONFIRM_SELF)
    if answer.signed_in_at is None or answer.post_id is None:
        raise ServiceError(replies.NOT_SIGNED_IN)
    if answer.confirmed_at is not None:
        raise ServiceError(replies.CONFIRM_TWICE)
    answer.confirmed_by_id, answer.confirmed_at = by_id, context.now
    context.session.add(answer)
    if answer.signed_out_at is None:
        return replies.CONFIRMED
    try:
        return replies.CONFIRMED_AND_BOOKED if _book(context, day, answer) else replies.CONFIRMED
    except Overlap:
        return replies.NOT_BOOKED


def _left(context: Context, day: ServiceDay, answer: SignUp) -> str:
    if answer.confirmed_at is None:
        return replies.SIGNED_OUT_UNCONFIRMED
    try:
        lines = _book(context, day, answer)
    except Overlap:
        return replies.NOT_BOOKED
    return replies.signed_out(sum(line.minutes for line in lines)) if lines else replies.SIGNED_OUT_NO_TIME


def _book(context: Context, day: ServiceDay, answer: SignUp) -> list[ServiceHours]:
    """From sign-in to sign-out, as far as it lies within the day; nothing where that is less than a minute."""
    if answer.signed_in_at is None or answer.signed_out_at is None or answer.confirmed_by_id is None:
        return []
    start, end = max(answer.signed_in_at, starts_at(day)), min(answer.signed_out_at, ends_at(day))
    if end.replace(second=0, microsecond=0) <= start.replace(second=0, microsecond=0):
        return []
    return hours.book(
        context, answer.person_id, start, end, confirmed_by_id=answer.confirmed_by_id, service_day_id=day.id
    )


def _own(context: Context, person_id: int) -> list[Presence]:
    """The person's own places around now, held until the commit, the earliest first."""
    own = [pair for pair in _near(context) if pair[1].person_id == person_id and _around(context, pair[0])]
    for day, answer in own:
        locked(context, ServiceDay, day.id or 0)
        context.session.refresh(answer)
    return sorted(own, key=lambda pair: (starts_at(pair[0]), pair[0].id or 0))


def _around(context: Context, day: ServiceDay) -> bool:
    return starts_at(day) - AROUND <= context.now < ends_at(day) + AROUND


def _near(context: Context) -> list[Presence]:
    """Places of announced days that are near enough to be confirmed."""
    today = local_day(context.now)
    statement = (
        select(ServiceDay, SignUp)
        .where(SignUp.service_day_id == ServiceDay.id, col(SignUp.post_id).is_not(None))
        .where(
            ServiceDay.state == ServiceDayState.ANNOUNCED,
            col(ServiceDay.day) >= today - dt.timedelta(days=2),
            col(ServiceDay.day) <= today + dt.timedelta(days=1),
        )
        .order_by(col(ServiceDay.day), col(ServiceDay.id))
    )
    found = [(day, answer) for day, answer in context.session.exec(statement)]
    return [pair for pair in found if context.now < ends_at(pair[0]) + CONFIRM_WITHIN]


def _may_confirm(context: Context, day: ServiceDay, by_id: int) -> bool:
    if organises(context.directory, context.directory.posts_of(by_id, local_day(context.now)), day.unit_id):
        return True
    statement = select(SignUp.id).where(
        SignUp.service_day_id == day.id, SignUp.person_id == by_id, col(SignUp.post_id).is_not(None)
    )
    return context.session.exec(statement).first() is not None
