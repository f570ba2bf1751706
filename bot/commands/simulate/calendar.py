"""The calendar side of the simulated street: messages at set times, service days with members who come or do not."""

import datetime as dt
from functools import partial

from sqlmodel import col, select

from bot.commands.simulate.street import Street
from data.models import OnHoliday, Repeat, ScheduledMessage, ServiceDay, SignUp, Unit, UnitLevel
from handlers.cases.dispatch import heads
from handlers.local_time import moment_of
from handlers.service import planning, posts
from handlers.service.members import members_of

THEMES = ("清洁家园", "关爱老人", "文明劝导")
SATURDAY = 5
# Of the members a day concerns; the others say nothing, which is no fault.
SIGNS_UP, ASKS_LEAVE, DOES_NOT_COME = 0.25, 0.05, 0.1


def define_messages(street: Street) -> None:
    """Two things an office says again and again: a weekly meeting, and a monthly report with its deadline."""
    meeting = ScheduledMessage(
        name="网格例会",
        text="明天上午九点开网格例会，请准时参加。",
        repeat=Repeat.WEEKLY,
        weekdays=["1"],
        days_before=["1"],
        at_minute=16 * 60,
        audience=["role:grid_leader"],
        active_since=street.clock.now,
    )
    report = ScheduledMessage(
        name="月报",
        text="{截止日期}前报送本月网格工作情况。",
        repeat=Repeat.MONTHLY,
        day=25,
        days_before=["3", "1", "0"],
        on_holiday=OnHoliday.PREVIOUS,
        audience=["role:community_staff"],
        active_since=street.clock.now,
    )
    with street.bot.database.writing() as session:
        session.add_all([meeting, report])
        session.commit()


def plan_service(street: Street, today: dt.date) -> None:
    """On the first day of a quarter's last month its service days are planned; each community has its own."""
    if today.day != 1 or today.month % 3:
        return
    with street.bot.database.writing() as session:
        context = street.bot.context(session, street.clock.now)
        for unit in session.exec(select(Unit).where(Unit.level == UnitLevel.COMMUNITY)).all():
            quarter = today.month // 3
            found = planning.propose(
                context, unit.id or 0, today.year, quarter, count=2, weekday=SATURDAY, themes=THEMES
            )
            for day in planning.draft(context, unit.id or 0, found, by_id=None):
                posts.add(context, day, posts.WantedPost("楼道清洁", "小区", 8))
                planning.announce(context, day)
                _plan_day(street, members_of(context, unit.id or 0), day)
        session.commit()


def _plan_day(street: Street, members: list[int], day: ServiceDay) -> None:
    """Who answers does so in the week before; who comes signs in, is seen by somebody, and signs out."""
    date = f"{day.day.month}月{day.day.day}日"
    for person in members:
        who, chance = street.account_of(person), street.chance.random()
        answered = moment_of(day.day, 0) - dt.timedelta(hours=street.chance.uniform(14, 140))
        if chance < SIGNS_UP:
            street.plan(answered, partial(street.say, who, f"报名 {date} {street.chance.choice((1, 2))}"))
            if street.chance.random() > DOES_NOT_COME:
                street.plan(moment_of(day.day, day.starts_minute - 10), partial(street.say, who, "签到"))
                street.plan(moment_of(day.day, day.ends_minute - 5), partial(street.say, who, "签退"))
        elif chance < SIGNS_UP + ASKS_LEAVE:
            street.plan(answered, partial(street.say, who, f"请假 {date}"))
    street.plan(moment_of(day.day, day.starts_minute + 5), partial(_confirm, street, day))


def _confirm(street: Street, day: ServiceDay) -> None:
    """An organiser who is there confirms everybody who signed in, save for themselves."""
    with street.bot.database.reading() as session:
        context = street.bot.context(session, street.clock.now)
        leaders = heads(context, day.unit_id)
        here = session.exec(
            select(SignUp.person_id).where(SignUp.service_day_id == day.id, col(SignUp.signed_in_at).is_not(None))
        ).all()
    for person in here:
        leader = next((one for one in leaders if one != person), None)
        if leader is not None:
            street.say(street.account_of(leader), f"确认 {street.bot.directory().people[person].name}")
