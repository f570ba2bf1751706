"""What members and groups are told about service days, and when.

Who is told and what stands in it is read when it is sent, so a sign-up or a leave in the last minute counts. The
announcement and the week's notice go out once, whatever happens to the date; what reminds somebody of a place they
took belongs to the date it was said for.
"""

import datetime as dt
from collections.abc import Iterator

from sqlmodel import col, select

from data.models import ServiceDay, ServiceDayState, ServicePost, SignUp
from handlers.local_time import Period, local_day, moment_of
from handlers.message import Context
from handlers.schedule.sendings import QuietHours, Sending
from handlers.service import replies
from handlers.service.days import described, leave_order, post_text, posts_of, signed_up, starts_at
from handlers.service.members import groups_under, members_of
from handlers.service.sign_ups import free_posts

ANNOUNCE_MINUTE = WEEK_BEFORE_MINUTE = 9 * 60
DAY_BEFORE_MINUTE = 16 * 60
MORNING_MINUTE, EARLIEST_MINUTE = 7 * 60 + 30, 7 * 60
# In the morning the usual quiet hours would last until the day has begun.
MORNING_QUIET = QuietHours(to_minute=EARLIEST_MINUTE)


def sendings(context: Context, period: Period) -> Iterator[Sending]:
    """Announcements and reminders of the service days in the period; never of a day that has begun."""
    statement = select(ServiceDay).where(
        ServiceDay.state == ServiceDayState.ANNOUNCED, col(ServiceDay.day) >= local_day(context.now)
    )
    for day in context.session.exec(statement):
        if context.now < starts_at(day):
            yield from _of_day(context, day, period)


def _of_day(context: Context, day: ServiceDay, period: Period) -> Iterator[Sending]:
    """What this day has for the period; what is not asked for is not read either."""
    announced = _announce_at(day)
    if _within(announced, period) and announced < starts_at(day):
        yield _announcement(context, day, announced)
    week_before = moment_of(day.day - dt.timedelta(days=7), WEEK_BEFORE_MINUTE)
    if _within(week_before, period) and day.announced_at is not None and day.announced_at <= week_before:
        yield from _week_before(context, day, week_before)
    day_before = moment_of(day.day - dt.timedelta(days=1), DAY_BEFORE_MINUTE)
    if _within(day_before, period) and local_day(context.now) < day.day:
        yield from _to_those_who_come(context, day, day_before, "t1")
    morning = _morning(day)
    if morning is not None and _within(morning, period):
        yield from _to_those_who_come(context, day, morning, "morning")


def _announce_at(day: ServiceDay) -> dt.datetime:
    """The next nine o'clock after it was announced."""
    announced = day.announced_at or starts_at(day)
    same_day = moment_of(local_day(announced), ANNOUNCE_MINUTE)
    return (
        same_day if announced <= same_day else moment_of(local_day(announced) + dt.timedelta(days=1), ANNOUNCE_MINUTE)
    )


def _morning(day: ServiceDay) -> dt.datetime | None:
    """Half past seven, for early days seven; before that nobody is woken."""
    fitting = [minute for minute in (MORNING_MINUTE, EARLIEST_MINUTE) if minute + 30 <= day.starts_minute]
    return moment_of(day.day, fitting[0]) if fitting else None


def _announcement(context: Context, day: ServiceDay, at: dt.datetime) -> Sending:
    places = [post.place for post in posts_of(context, day)]
    text = replies.announcement(described(context, day), places)
    groups = groups_under(context.directory, day.unit_id)
    return Sending(f"service:{day.id}:announce", at, "义工服务日公布", text, groups=groups)


def _week_before(context: Context, day: ServiceDay, at: dt.datetime) -> Iterator[Sending]:
    """To members who have neither taken a place nor asked to be excused, while there is a place to take."""
    answered = set(context.session.exec(select(SignUp.person_id).where(SignUp.service_day_id == day.id)).all())
    people = tuple(person for person in members_of(context, day.unit_id) if person not in answered)
    if people and any(left for _, left in free_posts(context, day)):
        text = replies.week_before(described(context, day), f"报名 {replies.short_date(day.day)}")
        yield Sending(f"service:{day.id}:t7", at, "义工服务日，提前7天", text, people=people)


def _to_those_who_come(context: Context, day: ServiceDay, at: dt.datetime, what: str) -> Iterator[Sending]:
    """One message a post; whoever chose it only afterwards has just read all of it in the answer."""
    here = [sign_up for sign_up in signed_up(context, day) if sign_up.at < at]
    for post in posts_of(context, day):
        people = tuple(sign_up.person_id for sign_up in here if sign_up.post_id == post.id)
        if people:
            yield _reminder(context, day, post, at, what, people)


def _reminder(
    context: Context, day: ServiceDay, post: ServicePost, at: dt.datetime, what: str, people: tuple[int, ...]
) -> Sending:
    key = f"service:{day.id}:{what}:{day.day}:{post.number}"
    where = post_text(post)
    if what == "t1":
        text = replies.day_before(described(context, day), where, leave_order(day))
        return Sending(key, at, "义工服务日，提前1天", text, people=people)
    unit = context.directory.units[day.unit_id].name
    text = replies.this_morning(day.starts_minute, unit, where)
    return Sending(key, at, "义工服务日，当天早上", text, people=people, quiet=MORNING_QUIET)


def _within(moment: dt.datetime, period: Period) -> bool:
    return period.start <= moment < period.end
