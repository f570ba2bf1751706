"""The working calendar, row by row as the State Council published it, and years it has not spoken of yet."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.models import CalendarOverride, DayKind
from handlers.cases.working_days import WorkingDays

WORK, OFF = True, False
ROWS = [
    ("元旦", "2026-01-01", OFF),
    ("元旦调休 星期五", "2026-01-02", OFF),
    ("元旦补班 星期日", "2026-01-04", WORK),
    ("平常星期一", "2026-01-05", WORK),
    ("平常星期六", "2026-01-10", OFF),
    ("春节前补班 星期六", "2026-02-14", WORK),
    ("春节 星期日", "2026-02-15", OFF),
    ("除夕 星期一", "2026-02-16", OFF),
    ("初一", "2026-02-17", OFF),
    ("初二", "2026-02-18", OFF),
    ("初三", "2026-02-19", OFF),
    ("春节调休 星期五", "2026-02-20", OFF),
    ("春节 星期六", "2026-02-21", OFF),
    ("春节 星期日", "2026-02-22", OFF),
    ("春节调休 星期一", "2026-02-23", OFF),
    ("春节后第一天", "2026-02-24", WORK),
    ("春节后补班 星期六", "2026-02-28", WORK),
    ("清明", "2026-04-06", OFF),
    ("劳动节", "2026-05-01", OFF),
    ("劳动节调休", "2026-05-05", OFF),
    ("劳动节补班 星期六", "2026-05-09", WORK),
    ("端午", "2026-06-19", OFF),
    ("国庆前补班 星期日", "2026-09-20", WORK),
    ("中秋", "2026-09-25", OFF),
    ("国庆 1日", "2026-10-01", OFF),
    ("国庆 2日", "2026-10-02", OFF),
    ("国庆 3日", "2026-10-03", OFF),
    ("国庆 4日", "2026-10-04", OFF),
    ("国庆 5日", "2026-10-05", OFF),
    ("国庆 6日", "2026-10-06", OFF),
    ("国庆 7日", "2026-10-07", OFF),
    ("国庆后第一天", "2026-10-08", WORK),
    ("国庆后补班 星期六", "2026-10-10", WORK),
]


@pytest.mark.parametrize(("day", "works"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_2026(day: str, works: bool) -> None:
    assert WorkingDays().is_working_day(_day(day)) is works


@pytest.mark.parametrize(
    ("start", "count", "end"),
    [
        pytest.param("2026-09-07", 1, "2026-09-08", id="周一加一天是周二"),
        pytest.param("2026-09-04", 1, "2026-09-07", id="周五加一天是周一"),
        pytest.param("2026-09-05", 1, "2026-09-07", id="周六上报,从周一算起"),
        pytest.param("2026-02-13", 1, "2026-02-14", id="春节前的周六补班,也算一天"),
        pytest.param("2026-02-14", 1, "2026-02-24", id="跨过春节"),
        pytest.param("2026-02-27", 1, "2026-02-28", id="春节后的周六补班"),
        pytest.param("2026-09-30", 3, "2026-10-10", id="跨过国庆,周六补班"),
        pytest.param("2026-09-30", 4, "2026-10-12", id="补班之后还有周日"),
        pytest.param("2026-12-28", 10, "2027-01-12", id="跨年,元旦不算"),
        pytest.param("2028-02-28", 1, "2028-02-29", id="闰年二月二十九是工作日"),
        pytest.param("2028-02-29", 1, "2028-03-01", id="闰年二月二十九之后"),
        pytest.param("2026-09-07", 0, "2026-09-07", id="零天就是当天"),
    ],
)
def test_counting_on(start: str, count: int, end: str) -> None:
    assert WorkingDays().add(_day(start), count) == _day(end)


def test_the_next_working_day_may_be_the_day_itself() -> None:
    calendar = WorkingDays()
    assert calendar.next_working_day(_day("2026-09-07")) == _day("2026-09-07")
    assert calendar.next_working_day(_day("2026-10-01")) == _day("2026-10-08")


def test_what_the_office_enters_wins_over_the_library() -> None:
    calendar = WorkingDays(
        [
            CalendarOverride(day=_day("2026-09-08"), kind=DayKind.HOLIDAY, source="街道停电通知"),
            CalendarOverride(day=_day("2026-10-03"), kind=DayKind.WORKING, source="防汛值守通知"),
        ]
    )
    assert not calendar.is_working_day(_day("2026-09-08"))
    assert calendar.is_working_day(_day("2026-10-03"))
    assert calendar.add(_day("2026-09-07"), 1) == _day("2026-09-09")


def test_a_year_nobody_has_published_is_provisional_and_no_error() -> None:
    calendar = WorkingDays()
    assert not calendar.is_provisional(_day("2026-12-31"))
    assert calendar.is_provisional(calendar.add(_day("2026-12-28"), 10))
    assert calendar.is_provisional(_day("2028-02-29"))


def test_the_office_can_enter_a_published_year_itself() -> None:
    weekend_work = CalendarOverride(day=_day("2027-02-14"), kind=DayKind.WORKING, source="国务院办公厅通知")
    holiday = CalendarOverride(day=_day("2027-02-11"), kind=DayKind.HOLIDAY, source="国务院办公厅通知")
    assert not WorkingDays([weekend_work, holiday]).is_provisional(_day("2027-06-01"))
    assert WorkingDays([holiday]).is_provisional(_day("2027-06-01"))
    assert WorkingDays([weekend_work]).is_provisional(_day("2028-06-01"))


@given(st.dates(dt.date(2010, 1, 1), dt.date(2060, 12, 31)), st.integers(1, 40))
def test_counting_in_any_year_ends_on_a_working_day_with_so_many_before_it(start: dt.date, count: int) -> None:
    calendar = WorkingDays()
    end = calendar.add(start, count)
    days = [start + dt.timedelta(days=n) for n in range(1, (end - start).days + 1)]
    assert calendar.is_working_day(end)
    assert sum(calendar.is_working_day(day) for day in days) == count


def _day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)
