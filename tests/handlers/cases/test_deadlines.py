"""When a case is due and when its clock may disturb somebody, as rows people can check."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.models import CalendarOverride, Case, Category, DayKind, LimitUnit
from data.taxonomy import CaseClass, Urgency
from handlers.cases.deadlines import Deadline, deadline, in_hours, level_up_at, polite, remind_at
from handlers.cases.working_days import WorkingDays
from handlers.local_time import SHANGHAI

MONDAY = dt.date(2026, 9, 7)
DAYS = {name: MONDAY + dt.timedelta(days=n) for n, name in enumerate(("周一", "周二", "周三", "周四", "周五", "周六"))}
DAYS |= {"周日": dt.date(2026, 9, 13), "下周一": dt.date(2026, 9, 14), "下周二": dt.date(2026, 9, 15)}
DAYS |= {"节前周三": dt.date(2026, 9, 30), "节后周四": dt.date(2026, 10, 8), "节中周日": dt.date(2026, 10, 4)}
CALENDAR = WorkingDays()
moments = st.timedeltas(dt.timedelta(0), dt.timedelta(days=2500)).map(dt.datetime(2024, 1, 1, tzinfo=dt.UTC).__add__)
urgencies = st.sampled_from(Urgency)


def at(text: str) -> dt.datetime:
    """`周五 17:50` as a moment."""
    day, time = text.split()[:2]
    return dt.datetime.combine(DAYS[day], dt.time.fromisoformat(time), SHANGHAI).astimezone(dt.UTC)


def category(limit: int, unit: LimitUnit, emergency_hours: int = 2) -> Category:
    return Category(
        code="M00",
        class_=CaseClass.LIVELIHOOD,
        name="",
        covers="",
        limit_value=limit,
        limit_unit=unit,
        emergency_hours=emergency_hours,
    )


def case(received: dt.datetime, kind: Category, urgency: Urgency = Urgency.NORMAL) -> Case:
    """A case with its first deadline."""
    due = deadline(received, kind, urgency, CALENDAR).due_at
    return Case(received_at=received, dispatched_at=received, due_at=due, original_due_at=due, urgency=urgency)


WORKING_DAYS, HOURS = LimitUnit.WORKING_DAYS, LimitUnit.HOURS
ONE_DAY, THREE_DAYS, DAY_AND_NIGHT = category(1, WORKING_DAYS), category(3, WORKING_DAYS), category(24, HOURS)


@pytest.mark.parametrize(
    ("received", "days", "due"),
    [
        ("周一 09:00 上报", 1, "周二 18:00 到期"),
        ("周一 00:01 上报", 1, "周二 18:00 到期"),
        ("周一 23:59 上报", 1, "周二 18:00 到期"),
        ("周五 17:50 上报", 1, "下周一 18:00 到期"),
        ("周五 18:10 上报", 1, "下周一 18:00 到期"),
        ("周六 08:00 上报", 1, "下周一 18:00 到期"),
        ("周日 22:00 上报", 1, "下周一 18:00 到期"),
        ("周三 12:00 上报", 3, "下周一 18:00 到期"),
        ("周一 12:00 上报", 5, "下周一 18:00 到期"),
        ("节前周三 16:00 上报", 1, "节后周四 18:00 到期"),
        ("节中周日 10:00 上报", 1, "节后周四 18:00 到期"),
    ],
)
def test_limits_in_working_days(received: str, days: int, due: str) -> None:
    assert deadline(at(received), category(days, WORKING_DAYS), Urgency.NORMAL, CALENDAR) == Deadline(at(due))


@pytest.mark.parametrize(
    ("received", "hours", "due"),
    [
        ("周一 10:00 上报", 24, "周二 10:00 到期"),
        ("周一 23:30 上报", 2, "周二 01:30 到期"),
        ("周五 20:00 上报", 24, "周六 20:00 到期"),
        ("节中周日 10:00 上报", 96, "节后周四 10:00 到期"),
    ],
)
def test_limits_in_hours_run_by_the_clock_on_the_wall(received: str, hours: int, due: str) -> None:
    assert deadline(at(received), category(hours, HOURS), Urgency.URGENT, CALENDAR) == Deadline(at(due))


@pytest.mark.parametrize(
    ("received", "kind", "due"),
    [
        ("周六 23:50 紧急", category(15, WORKING_DAYS, 2), "周日 01:50 到期"),
        ("周一 10:00 紧急", category(24, HOURS, 1), "周一 11:00 到期"),
        ("节中周日 03:00 紧急", category(5, WORKING_DAYS, 4), "节中周日 07:00 到期"),
    ],
)
def test_an_emergency_has_its_own_limit_in_hours(received: str, kind: Category, due: str) -> None:
    assert deadline(at(received), kind, Urgency.EMERGENCY, CALENDAR) == Deadline(at(due))
    assert in_hours(case(at(received), kind, Urgency.EMERGENCY), kind)


def test_a_deadline_in_a_year_without_calendar_says_so() -> None:
    received = dt.datetime(2026, 12, 28, 2, 0, tzinfo=dt.UTC)
    found = deadline(received, category(10, WORKING_DAYS), Urgency.NORMAL, CALENDAR)
    assert found == Deadline(dt.datetime(2027, 1, 12, 18, 0, tzinfo=SHANGHAI), provisional=True)


def test_the_offices_own_calendar_counts() -> None:
    closed = WorkingDays([CalendarOverride(day=DAYS["周二"], kind=DayKind.HOLIDAY, source="通知")])
    assert deadline(at("周一 10:00"), ONE_DAY, Urgency.NORMAL, closed).due_at == at("周三 18:00")


@pytest.mark.parametrize(
    ("moment", "kind", "then"),
    [
        ("周一 08:00", ONE_DAY, "周一 09:00"),
        ("周一 09:00", ONE_DAY, "周一 09:00"),
        ("周一 13:07", ONE_DAY, "周一 13:07"),
        ("周一 18:00", ONE_DAY, "周一 18:00"),
        ("周一 18:01", ONE_DAY, "周二 09:00"),
        ("周五 20:00", ONE_DAY, "下周一 09:00"),
        ("周六 12:00", ONE_DAY, "下周一 09:00"),
        ("节前周三 18:30", ONE_DAY, "节后周四 09:00"),
        ("周一 06:59", DAY_AND_NIGHT, "周一 07:00"),
        ("周六 12:00", DAY_AND_NIGHT, "周六 12:00"),
        ("周日 22:00", DAY_AND_NIGHT, "周日 22:00"),
        ("周日 22:30", DAY_AND_NIGHT, "下周一 07:00"),
        ("周二 00:10", DAY_AND_NIGHT, "周二 07:00"),
    ],
)
def test_people_are_left_in_peace_outside_their_hours(moment: str, kind: Category, then: str) -> None:
    assert polite(at(moment), case(at("周一 10:00"), kind), kind, CALENDAR) == at(then)


@pytest.mark.parametrize("moment", ["周六 03:00", "周一 23:00", "节中周日 00:00"])
def test_an_emergency_disturbs_at_any_time(moment: str) -> None:
    urgent = case(at("周一 10:00"), ONE_DAY, Urgency.EMERGENCY)
    assert polite(at(moment), urgent, ONE_DAY, CALENDAR) == at(moment)


@pytest.mark.parametrize(
    ("received", "kind", "reminded"),
    [
        ("周一 10:00", ONE_DAY, "周二 10:00"),  # 32 hours, the last 8 of them
        ("周一 10:00", DAY_AND_NIGHT, "周二 07:00"),  # at 04:00 people sleep
        ("周一 14:00", DAY_AND_NIGHT, "周二 08:00"),
        ("周三 18:00", THREE_DAYS, "下周一 09:00"),  # five days, the last quarter begins on Sunday
    ],
)
def test_the_reminder_comes_when_a_quarter_of_the_time_is_left(received: str, kind: Category, reminded: str) -> None:
    assert remind_at(case(at(received), kind), kind, CALENDAR) == at(reminded)


def test_working_day_limits_go_up_a_working_day_later_and_hour_limits_after_half_the_limit() -> None:
    assert level_up_at(case(at("周三 10:00"), ONE_DAY), ONE_DAY, CALENDAR, at("周五 18:00")) == at("下周一 18:00")
    assert level_up_at(case(at("周一 10:00"), DAY_AND_NIGHT), DAY_AND_NIGHT, CALENDAR, at("周二 10:00")) == at(
        "周二 22:00"
    )
    urgent = case(at("周一 10:00"), ONE_DAY, Urgency.EMERGENCY)
    assert level_up_at(urgent, ONE_DAY, CALENDAR, at("周一 12:00")) == at("周一 13:00")


def test_half_the_limit_stays_the_same_after_a_case_was_reopened() -> None:
    """The new clock starts weeks after the report; the step up must not wait for half of those weeks."""
    reopened = case(at("周一 10:00"), DAY_AND_NIGHT)
    reopened.due_at = reopened.original_due_at = at("节后周四 10:00")
    assert level_up_at(reopened, DAY_AND_NIGHT, CALENDAR, at("节后周四 10:00")) == at("节后周四 22:00")


@given(moments, st.integers(1, 30), st.sampled_from(LimitUnit), urgencies)
def test_a_case_is_due_after_it_was_received(
    received: dt.datetime, limit: int, unit: LimitUnit, urgency: Urgency
) -> None:
    assert deadline(received, category(limit, unit), urgency, CALENDAR).due_at > received


@given(moments, st.timedeltas(dt.timedelta(0), dt.timedelta(days=20)), st.integers(1, 15), st.sampled_from(LimitUnit))
def test_who_reports_later_is_not_due_earlier(
    received: dt.datetime, later: dt.timedelta, limit: int, unit: LimitUnit
) -> None:
    kind = category(limit, unit)
    first, second = (deadline(moment, kind, Urgency.NORMAL, CALENDAR) for moment in (received, received + later))
    assert first.due_at <= second.due_at


@given(moments, urgencies, st.sampled_from([ONE_DAY, DAY_AND_NIGHT]))
def test_a_polite_moment_never_lies_in_the_past_and_is_polite_itself(
    moment: dt.datetime, urgency: Urgency, kind: Category
) -> None:
    subject = case(moment, kind, urgency)
    then = polite(moment, subject, kind, CALENDAR)
    assert moment <= then
    assert polite(then, subject, kind, CALENDAR) == then
