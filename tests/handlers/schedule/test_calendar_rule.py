"""The days a rule names, held against a paper calendar, and where holidays and quiet hours move them."""

import calendar as paper
import datetime as dt
from collections.abc import Callable
from itertools import chain, pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.models import CalendarOverride, DayKind, OnHoliday, Repeat, ScheduledMessage
from handlers.cases.working_days import WorkingDays
from handlers.local_time import Period, local_day
from handlers.schedule.calendar_rule import Occurrence, falls_on, occurrences
from tests.handlers.schedule.plans import at, local, row

OFFICIAL = WorkingDays()
YEARS = range(2024, 2031)
DAY = dt.timedelta(days=1)
ALL_DAYS = [dt.date(2024, 1, 1) + n * DAY for n in range((dt.date(2031, 1, 1) - dt.date(2024, 1, 1)).days)]


def _month(year: int, month: int) -> list[list[int]]:
    return paper.monthcalendar(year, month)


def _day_of_month(day: int) -> set[dt.date]:
    """Every month's page has the day, or ends before it."""
    pages = {(y, m): [d for d in chain(*_month(y, m)) if d] for y in YEARS for m in range(1, 13)}
    return {dt.date(y, m, day if day in days else days[-1]) for (y, m), days in pages.items()}


def _nth_weekday(weekday: int, nth: int) -> set[dt.date]:
    """The weekday's column on every month's page, counted from the top or the bottom."""
    columns = {(y, m): [week[weekday] for week in _month(y, m) if week[weekday]] for y in YEARS for m in range(1, 13)}
    return {dt.date(y, m, column[nth - 1 if nth > 0 else nth]) for (y, m), column in columns.items()}


def _named(definition: ScheduledMessage) -> set[dt.date]:
    return {day for day in ALL_DAYS if falls_on(definition, day)}


@pytest.mark.parametrize("day", [1, 15, 28, 29, 30, 31])
def test_monthly(day: int) -> None:
    assert _named(row(Repeat.MONTHLY, day=day)) == _day_of_month(day)


@pytest.mark.parametrize("weekday", range(7))
@pytest.mark.parametrize("nth", [1, 2, 3, 4, -1])
def test_monthly_weekday(weekday: int, nth: int) -> None:
    named = _named(row(Repeat.MONTHLY_WEEKDAY, weekdays=[str(weekday)], nth=nth))
    assert named == _nth_weekday(weekday, nth)


def test_several_weekdays_in_a_month() -> None:
    named = _named(row(Repeat.MONTHLY_WEEKDAY, weekdays=["1", "4"], nth=2))
    assert named == _nth_weekday(1, 2) | _nth_weekday(4, 2)


@pytest.mark.parametrize("weekdays", [["0"], ["5", "6"], ["0", "2", "4"]])
def test_weekly(weekdays: list[str]) -> None:
    pages = [(y, m, week) for y in YEARS for m in range(1, 13) for week in _month(y, m)]
    wanted = {dt.date(y, m, week[int(w)]) for y, m, week in pages for w in weekdays if week[int(w)]}
    assert _named(row(Repeat.WEEKLY, weekdays=weekdays)) == wanted


def test_daily_once_quarters_and_until() -> None:
    assert _named(row(Repeat.DAILY)) == set(ALL_DAYS)
    once = dt.date(2028, 2, 29)
    assert _named(row(Repeat.ONCE, on_day=once)) == {once}
    quarters = _named(row(Repeat.MONTHLY, day=31, months=["3", "6", "9", "12"]))
    assert {(day.month, day.day) for day in quarters} == {(3, 31), (6, 30), (9, 30), (12, 31)}
    assert len(quarters) == 4 * len(YEARS)
    last = dt.date(2026, 12, 31)
    assert max(_named(row(Repeat.MONTHLY, day=31, until=last))) == last
    assert max(_named(row(Repeat.MONTHLY, day=31, until=last - DAY))) == dt.date(2026, 11, 30)


def test_the_29th_of_february() -> None:
    february = _named(row(Repeat.MONTHLY, day=31, months=["2"]))
    assert sorted(day.day for day in february) == [28] * 5 + [29] * 2
    assert {day.year for day in february if day.day == 29} == {2024, 2028}


def test_an_unfinished_rule_names_no_day() -> None:
    for unfinished in (row(Repeat.ONCE), row(Repeat.WEEKLY), row(Repeat.MONTHLY), row(Repeat.MONTHLY_WEEKDAY)):
        assert _said(unfinished, "2026-01-01 00:00", "2026-12-31 00:00") == []


def _said(
    definition: ScheduledMessage, start: str, end: str, calendar: WorkingDays = OFFICIAL
) -> list[tuple[str, str, int]]:
    found = sorted(occurrences(definition, calendar, Period(at(start), at(end))), key=lambda one: one.at)
    return [(local(one.at), str(one.nominal), one.days_before) for one in found]


# National Day 2026: 1-7 October are holidays, Saturday the 10th is a working day.
HOLIDAYS = [
    ("2026-10-01", OnHoliday.SEND, "2026-10-01"),
    ("2026-10-01", OnHoliday.NEXT, "2026-10-08"),
    ("2026-10-01", OnHoliday.PREVIOUS, "2026-09-30"),
    ("2026-10-01", OnHoliday.SKIP, None),
    ("2026-10-07", OnHoliday.NEXT, "2026-10-08"),
    ("2026-10-10", OnHoliday.NEXT, "2026-10-10"),
    ("2026-10-11", OnHoliday.PREVIOUS, "2026-10-10"),
    ("2026-10-11", OnHoliday.NEXT, "2026-10-12"),
    ("2026-09-20", OnHoliday.SKIP, "2026-09-20"),
    # Spring Festival: 15-23 February are holidays, Saturdays the 14th and the 28th working days.
    ("2026-02-17", OnHoliday.NEXT, "2026-02-24"),
    ("2026-02-17", OnHoliday.PREVIOUS, "2026-02-14"),
    ("2026-02-28", OnHoliday.SKIP, "2026-02-28"),
]


@pytest.mark.parametrize(("nominal", "on_holiday", "wanted"), HOLIDAYS)
def test_holidays(nominal: str, on_holiday: OnHoliday, wanted: str | None) -> None:
    once = row(Repeat.ONCE, on_day=dt.date.fromisoformat(nominal), on_holiday=on_holiday)
    said = _said(once, "2026-01-01 00:00", "2026-12-31 00:00")
    assert said == ([(f"{wanted} 09:00", nominal, 0)] if wanted else [])


def test_days_that_meet_on_one_working_day_are_said_once() -> None:
    daily = row(Repeat.DAILY, on_holiday=OnHoliday.NEXT)
    said = _said(daily, "2026-09-30 00:00", "2026-10-13 00:00")
    assert [day for day, _, _ in said] == [f"2026-{day} 09:00" for day in ("09-30", "10-08", "10-09", "10-10", "10-12")]
    assert [nominal for _, nominal, _ in said] == [day[:10] for day, _, _ in said]
    weekend = row(Repeat.WEEKLY, weekdays=["5", "6"], on_holiday=OnHoliday.NEXT)
    assert _said(weekend, "2026-11-02 00:00", "2026-11-10 00:00") == [
        ("2026-11-02 09:00", "2026-11-01", 0),
        ("2026-11-09 09:00", "2026-11-08", 0),
    ]


def test_reminders_before_a_deadline() -> None:
    quarter = row(Repeat.MONTHLY, day=31, months=["9"], days_before=["7", "1", "0"])
    assert _said(quarter, "2026-09-01 00:00", "2026-10-09 00:00") == [
        ("2026-09-23 09:00", "2026-09-30", 7),
        ("2026-09-29 09:00", "2026-09-30", 1),
        ("2026-09-30 09:00", "2026-09-30", 0),
    ]


def test_reminders_on_holidays_go_out_earlier_never_later() -> None:
    """Monday the 12th; the 11th is a Sunday, the 9th a Friday, the 5th a holiday."""
    monday = row(Repeat.ONCE, on_day=dt.date(2026, 10, 12), days_before=["7", "3", "1", "0"], on_holiday=OnHoliday.NEXT)
    assert _said(monday, "2026-09-01 00:00", "2026-10-30 00:00") == [
        ("2026-09-30 09:00", "2026-10-12", 7),
        ("2026-10-09 09:00", "2026-10-12", 3),
        ("2026-10-10 09:00", "2026-10-12", 1),
        ("2026-10-12 09:00", "2026-10-12", 0),
    ]


def test_reminders_that_meet_on_one_day_are_one() -> None:
    """Two days and one day before a Monday are the weekend; both would be said on Friday."""
    monday = row(Repeat.ONCE, on_day=dt.date(2026, 11, 16), days_before=["2", "1"], on_holiday=OnHoliday.PREVIOUS)
    assert _said(monday, "2026-11-01 00:00", "2026-11-30 00:00") == [("2026-11-13 09:00", "2026-11-16", 2)]


def test_why_it_was_moved() -> None:
    def reasons(definition: ScheduledMessage) -> list[str]:
        period = Period(at("2026-09-01 00:00"), at("2026-11-01 00:00"))
        return [one.moved for one in occurrences(definition, OFFICIAL, period)]

    holiday = dt.date(2026, 10, 1)
    assert reasons(row(Repeat.ONCE, on_day=holiday, on_holiday=OnHoliday.NEXT)) == ["原定10月1日，节假日顺延"]
    assert reasons(row(Repeat.ONCE, on_day=holiday, on_holiday=OnHoliday.PREVIOUS)) == ["原定10月1日，节假日提前"]
    early = row(Repeat.ONCE, on_day=holiday, at_minute=360, quiet_from_minute=1260, quiet_to_minute=480)
    assert reasons(early) == ["避开免打扰时段"]
    warned = row(Repeat.ONCE, on_day=dt.date(2026, 10, 12), on_holiday=OnHoliday.NEXT, days_before=["1", "0"])
    assert reasons(warned) == ["提醒日是节假日，提前", ""]
    assert reasons(row(Repeat.ONCE, on_day=holiday)) == [""]


# Quiet from 21:00 to 08:00; the days are a Wednesday and a Friday before a weekend.
QUIET = [
    ("2026-11-11", 20 * 60 + 59, OnHoliday.SEND, "2026-11-11 20:59"),
    ("2026-11-11", 21 * 60, OnHoliday.SEND, "2026-11-12 08:00"),
    ("2026-11-11", 0, OnHoliday.SEND, "2026-11-11 08:00"),
    ("2026-11-11", 8 * 60, OnHoliday.SEND, "2026-11-11 08:00"),
    ("2026-11-13", 22 * 60, OnHoliday.SEND, "2026-11-14 08:00"),
    ("2026-11-13", 22 * 60, OnHoliday.NEXT, "2026-11-16 08:00"),
    ("2026-09-30", 22 * 60, OnHoliday.SKIP, "2026-10-08 08:00"),
]


@pytest.mark.parametrize(("day", "minute", "on_holiday", "wanted"), QUIET)
def test_quiet_hours(day: str, minute: int, on_holiday: OnHoliday, wanted: str) -> None:
    once = row(
        Repeat.ONCE,
        on_day=dt.date.fromisoformat(day),
        at_minute=minute,
        on_holiday=on_holiday,
        quiet_from_minute=1260,
        quiet_to_minute=480,
    )
    assert [when for when, _, _ in _said(once, "2026-09-01 00:00", "2026-12-01 00:00")] == [wanted]


def test_a_calendar_without_working_days_for_months() -> None:
    """However far something is moved, the stretch that is asked for finds it."""
    closed = [
        CalendarOverride(day=dt.date(2026, 11, 2) + n * DAY, kind=DayKind.HOLIDAY, source="测试") for n in range(75)
    ]
    calendar = WorkingDays(closed)
    friday = row(Repeat.MONTHLY, day=6, months=["11"], on_holiday=OnHoliday.NEXT)
    assert _said(friday, "2027-01-18 08:00", "2027-01-18 10:00", calendar) == [("2027-01-18 09:00", "2026-11-06", 0)]
    january = row(Repeat.MONTHLY, day=15, months=["1"], on_holiday=OnHoliday.PREVIOUS, days_before=["0"])
    assert _said(january, "2026-10-30 08:00", "2026-10-30 10:00", calendar) == [("2026-10-30 09:00", "2027-01-15", 0)]


def test_one_day_finds_what_holidays_and_quiet_hours_moved_to_it() -> None:
    day = "2026-10-08 00:00", "2026-10-08 23:00"
    first = row(Repeat.MONTHLY, day=1, on_holiday=OnHoliday.NEXT)
    assert _said(first, *day) == [("2026-10-08 09:00", "2026-10-01", 0)]
    quiet = {"at_minute": 1320, "quiet_from_minute": 1260, "quiet_to_minute": 480}
    late = row(Repeat.MONTHLY, day=30, on_holiday=OnHoliday.SKIP, **quiet)
    assert _said(late, *day) == [("2026-10-08 08:00", "2026-09-30", 0)]
    twice = row(Repeat.MONTHLY, day=25, on_holiday=OnHoliday.NEXT, **quiet)
    # The 25th of September is a holiday before a weekend, so Monday the 28th, and its night is over on Tuesday.
    assert _said(twice, "2026-09-29 00:00", "2026-09-29 23:00") == [("2026-09-29 08:00", "2026-09-25", 0)]


@st.composite
def _definitions(draw: Callable[..., Any]) -> ScheduledMessage:
    quiet = draw(st.sampled_from([(0, 0), (1260, 480), (720, 840)]))
    return row(
        draw(st.sampled_from([Repeat.DAILY, Repeat.WEEKLY, Repeat.MONTHLY, Repeat.MONTHLY_WEEKDAY])),
        weekdays=draw(st.lists(st.sampled_from("0123456"), min_size=1, max_size=3, unique=True)),
        day=draw(st.integers(1, 31)),
        nth=draw(st.sampled_from([1, 2, 3, 4, -1])),
        days_before=draw(st.lists(st.sampled_from(["0", "1", "2", "3", "7", "10"]), min_size=1, unique=True)),
        on_holiday=draw(st.sampled_from(list(OnHoliday))),
        at_minute=draw(st.sampled_from([0, 1, 540, 780, 1320, 1439])),
        quiet_from_minute=quiet[0],
        quiet_to_minute=quiet[1],
    )


@settings(max_examples=60, deadline=None)
@given(_definitions(), st.lists(st.integers(0, 24 * 60 * 60), max_size=6))
def test_pieces_of_time_say_the_same_as_the_whole(definition: ScheduledMessage, cuts: list[int]) -> None:
    start = at("2026-09-07 10:00")
    marks = [start, *sorted(start + dt.timedelta(minutes=cut) for cut in cuts), start + 60 * DAY]
    whole = list(occurrences(definition, OFFICIAL, Period(start, start + 60 * DAY)))
    pieces = [one for a, b in pairwise(marks) for one in occurrences(definition, OFFICIAL, Period(a, b))]
    assert sorted(pieces, key=_key) == sorted(whole, key=_key)
    assert len({(one.nominal, one.days_before) for one in whole}) == len(whole)


@settings(max_examples=60, deadline=None)
@given(_definitions())
def test_what_is_moved_keeps_its_bounds(definition: ScheduledMessage) -> None:
    start = at("2026-09-07 10:00")
    quiet = definition.quiet_from_minute, definition.quiet_to_minute
    for one in occurrences(definition, OFFICIAL, Period(start, start + 60 * DAY)):
        local_minute = (one.at + 8 * dt.timedelta(hours=1)).hour * 60 + one.at.minute
        pushed = "免打扰" in one.moved
        assert pushed == (local_minute != definition.at_minute)
        assert not pushed or local_minute == quiet[1]
        assert definition.on_holiday is OnHoliday.SEND or OFFICIAL.is_working_day(local_day(one.at))
        assert pushed or local_day(one.at) <= one.business - one.days_before * DAY


def _key(one: Occurrence) -> tuple[dt.datetime, dt.date, int]:
    return one.at, one.nominal, one.days_before
