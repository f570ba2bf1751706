"""Proposed dates against the State Council's notices, day by day, and what becomes of a day that is edited."""

import datetime as dt
from calendar import monthrange
from itertools import combinations, pairwise

import pytest
from sqlmodel import select

from data.models import CalendarOverride, DayKind, ServiceDay, ServiceDayState, ServicePost
from handlers.service import planning, posts, replies
from handlers.service.errors import ServiceError
from handlers.service.planning import Proposal, Wanted
from handlers.service.posts import WantedPost
from handlers.service.suitable import Obstacle, obstacle
from tests.handlers.scenes import heard, private
from tests.handlers.service.scenes import (
    HALF_PAST_ELEVEN,
    LIANG,
    NINE,
    SATURDAY,
    WU,
    ZHAO,
    announced,
    at,
    change,
    drafted,
    moved_to,
    places,
    state,
    unit_named,
)
from tests.talking import Talk

# Days off and weekends at work in the last months of the quarters, as published.
NOTICES = """
2022-06 off 3 4 5
2022-09 off 10 11 12
2022-12 off 31
2023-06 off 22 23 24 work 25
2023-09 off 29 30
2023-12 off 30 31
2024-06 off 8 9 10
2024-09 off 15 16 17 work 14 29
2025-06 off 1 2
2025-09 work 28
2026-06 off 19 20 21
2026-09 off 25 26 27 work 20
"""
YEARS = range(2022, 2027)
QUARTERS = [(year, quarter) for year in YEARS for quarter in (1, 2, 3, 4)]


def published(year: int, month: int) -> dict[dt.date, Obstacle]:
    found, kind = {}, Obstacle.HOLIDAY
    line = next((line for line in NOTICES.splitlines() if line.startswith(f"{year}-{month:02}")), "")
    for word in line.split()[1:]:
        if word.isdigit():
            found[dt.date(year, month, int(word))] = kind
        else:
            kind = Obstacle.MAKE_UP if word == "work" else Obstacle.HOLIDAY
    return found


def month_of(year: int, quarter: int) -> list[dt.date]:
    month = quarter * 3
    return [dt.date(year, month, day) for day in range(1, monthrange(year, month)[1] + 1)]


@pytest.mark.parametrize(("year", "quarter"), QUARTERS)
def test_every_day_is_judged_as_the_notice_says(sqlite_talk: Talk, year: int, quarter: int) -> None:
    with sqlite_talk.bot.database.reading() as session:
        context = sqlite_talk.context(session)
        found = {day: obstacle(context, day) for day in month_of(year, quarter)}
    assert {day: why for day, why in found.items() if why} == published(year, quarter * 3)


@pytest.mark.parametrize(("year", "quarter"), QUARTERS)
def test_no_choice_of_suitable_days_is_spread_better(sqlite_talk: Talk, year: int, quarter: int) -> None:
    sqlite_talk.now = dt.datetime(year, 1, 1, tzinfo=dt.UTC)
    good = [day for day in month_of(year, quarter) if day not in published(year, quarter * 3)]
    for weekday in (2, 5, 6):
        for count in range(1, 8):
            wanted = [day for day in good if day.weekday() == weekday]
            pool = wanted if len(wanted) >= count else [day for day in good if day.weekday() in (weekday, 5, 6)]
            found = proposed(sqlite_talk, year, quarter, count=count, weekday=weekday)
            days = [proposal.day for proposal in found]
            assert set(days) <= set(pool)
            assert days == sorted(set(days))
            assert len(days) == min(count, len(pool))
            assert nearest(days) == max(nearest(choice) for choice in combinations(pool, len(days)))


def test_themes_take_turns_and_have_a_default(sqlite_talk: Talk) -> None:
    found = proposed(sqlite_talk, 2026, 4, count=3, weekday=5, themes=["清洁", "走访"])
    assert [proposal.theme for proposal in found] == ["清洁", "走访", "清洁"]
    assert proposed(sqlite_talk, 2026, 4, count=1, weekday=5)[0].theme == planning.DEFAULT_THEME


def test_what_is_past_taken_or_declared_free_by_the_office_is_not_proposed(sqlite_talk: Talk) -> None:
    sqlite_talk.now = dt.datetime(2026, 12, 4, 17, tzinfo=dt.UTC)  # already the fifth, a Saturday, in Shanghai
    announced(sqlite_talk, dt.date(2026, 12, 19))
    with sqlite_talk.bot.database.writing() as session:
        session.add(CalendarOverride(day=dt.date(2026, 12, 26), kind=DayKind.HOLIDAY, source="街道通知"))
        session.commit()
    sqlite_talk.bot.directory.reload()
    assert [found.day.day for found in proposed(sqlite_talk, 2026, 4, count=1, weekday=5)] == [12]
    every = [found.day.day for found in proposed(sqlite_talk, 2026, 4, count=9, weekday=5)]
    assert every == [6, 12, 13, 20]  # the 27th adjoins the day the office gave
    assert proposed(sqlite_talk, 2026, 3, count=3, weekday=5) == []


def test_drafts_have_a_post_and_a_date_is_used_once(sqlite_talk: Talk) -> None:
    with sqlite_talk.bot.database.writing() as session:
        context, unit = sqlite_talk.context(session), unit_named(sqlite_talk, "HX")
        twice = [Proposal(SATURDAY, "清洁"), Proposal(SATURDAY, "走访")]
        (day,) = planning.draft(context, unit, twice, by_id=None)
        (post,) = session.exec(select(ServicePost)).all()
        assert (day.state, day.theme) == (ServiceDayState.DRAFT, "清洁")
        assert (post.number, post.place, post.capacity) == (1, "荷香社区", planning.DEFAULT_CAPACITY)


def test_a_leap_day_can_be_a_service_day(sqlite_talk: Talk) -> None:
    at(sqlite_talk, dt.date(2028, 2, 1), "10:00")
    day_id = announced(sqlite_talk, dt.date(2028, 2, 28))
    moved_to(sqlite_talk, day_id, dt.date(2028, 2, 29))
    assert private(sqlite_talk, ZHAO, "报名 2月29日 2").startswith("已报名：2月29日（周二）")
    assert "没有找到" in private(sqlite_talk, ZHAO, "报名 2月30日 2")
    at(sqlite_talk, dt.date(2028, 2, 22), "09:00")
    assert LIANG in heard(sqlite_talk)
    at(sqlite_talk, dt.date(2028, 2, 28), "16:00")
    assert "2月29日" in heard(sqlite_talk)[ZHAO][0]


def test_a_new_date_or_hour_is_told_to_those_who_signed_up_only(sqlite_talk: Talk) -> None:
    day_id = prepared(sqlite_talk)
    moved_to(sqlite_talk, day_id, dt.date(2026, 12, 13))
    assert list(told := heard(sqlite_talk)) == [ZHAO]
    assert "原12月12日（周六）9:00" in told[ZHAO][0]
    assert "改为12月13日（周日）9:00" in told[ZHAO][0]
    moved_to(sqlite_talk, day_id, dt.date(2026, 12, 13), 600, 700)
    assert "10:00至11:40" in heard(sqlite_talk)[ZHAO][0]
    theme = Wanted(dt.date(2026, 12, 13), "慰问老人", 600, 700)
    change(sqlite_talk, day_id, planning.change, theme)
    assert heard(sqlite_talk) == {}


def test_who_signed_in_early_has_not_come_on_the_new_date(sqlite_talk: Talk) -> None:
    day_id = prepared(sqlite_talk)
    at(sqlite_talk, SATURDAY, "08:30")
    private(sqlite_talk, ZHAO, "签到")
    moved_to(sqlite_talk, day_id, dt.date(2026, 12, 13))
    at(sqlite_talk, dt.date(2026, 12, 13), "09:30")
    assert private(sqlite_talk, ZHAO, "签退") == replies.SIGN_OUT_WHERE
    assert private(sqlite_talk, ZHAO, "签到").startswith("已签到")


def test_a_cancelled_day_is_told_and_over_for_good(sqlite_talk: Talk) -> None:
    day_id = prepared(sqlite_talk)
    change(sqlite_talk, day_id, planning.cancel)
    assert list(told := heard(sqlite_talk)) == [ZHAO]
    assert "取消了：12月12日" in told[ZHAO][0]
    assert private(sqlite_talk, LIANG, "报名 2") == replies.NO_OPEN_DAY
    for work in (planning.cancel, planning.announce):
        with pytest.raises(ServiceError, match="取消"):
            change(sqlite_talk, day_id, work)
    at(sqlite_talk, SATURDAY, "08:30")
    assert private(sqlite_talk, ZHAO, "签到") == replies.SIGN_IN_WHERE
    assert heard(sqlite_talk) == {}


def test_a_draft_disappears_without_a_word(sqlite_talk: Talk) -> None:
    day_id = drafted(sqlite_talk)
    assert private(sqlite_talk, ZHAO, "报名") == replies.NO_OPEN_DAY
    change(sqlite_talk, day_id, planning.cancel)
    assert sqlite_talk.rows(ServiceDay) == sqlite_talk.rows(ServicePost) == []
    assert heard(sqlite_talk) == {}


def test_what_does_not_fit_is_refused(sqlite_talk: Talk) -> None:
    day_id = drafted(sqlite_talk)
    announced(sqlite_talk, dt.date(2026, 12, 19))
    for wanted, why in [
        (Wanted(dt.date(2026, 12, 19), "清洁", NINE, HALF_PAST_ELEVEN), replies.DAY_TAKEN),
        (Wanted(dt.date(2026, 9, 7), "清洁", NINE, HALF_PAST_ELEVEN), replies.IN_THE_PAST),
        (Wanted(SATURDAY, "清洁", NINE, NINE), replies.WRONG_HOURS),
    ]:
        with pytest.raises(ServiceError, match=why[:6]):
            change(sqlite_talk, day_id, planning.change, wanted)
    change(sqlite_talk, day_id, planning.announce)
    with pytest.raises(ServiceError, match="草稿"):
        change(sqlite_talk, day_id, planning.announce)
    at(sqlite_talk, SATURDAY, "09:00")
    for work in (planning.cancel, planning.announce):
        with pytest.raises(ServiceError, match="已经开始"):
            change(sqlite_talk, day_id, work)
    assert state(sqlite_talk, day_id) is ServiceDayState.ANNOUNCED


def test_an_announcement_needs_a_post(sqlite_talk: Talk) -> None:
    day_id = drafted(sqlite_talk)
    for post in sqlite_talk.rows(ServicePost):
        change(sqlite_talk, day_id, posts.remove, post)
    with pytest.raises(ServiceError, match="岗位"):
        change(sqlite_talk, day_id, planning.announce)


def test_a_post_that_moves_is_told_and_one_in_use_stays(sqlite_talk: Talk) -> None:
    day_id = prepared(sqlite_talk)
    first, second = sqlite_talk.rows(ServicePost)
    private(sqlite_talk, LIANG, "报名 1")
    private(sqlite_talk, WU, "报名 2")
    change(sqlite_talk, day_id, posts.change, first, WantedPost("物资分发", "西门", 3))
    assert set(told := heard(sqlite_talk)) == {ZHAO, LIANG}
    assert "1号岗 物资分发（西门）" in told[ZHAO][0]
    for capacity, works in [(1, False), (2, True)]:
        wanted = WantedPost("物资分发", "西门", capacity)
        if works:
            change(sqlite_talk, day_id, posts.change, first, wanted)
        else:
            with pytest.raises(ServiceError, match="名额"):
                change(sqlite_talk, day_id, posts.change, first, wanted)
    with pytest.raises(ServiceError, match="不能删除"):
        change(sqlite_talk, day_id, posts.remove, second)
    change(sqlite_talk, day_id, posts.add, WantedPost("秩序维护", "", 1))
    assert [post.number for post in sqlite_talk.rows(ServicePost)] == [1, 2, 3]
    assert places(sqlite_talk) == {ZHAO: 1, LIANG: 1, WU: 2}


def prepared(talk: Talk) -> int:
    """An announced day for which one member has signed up."""
    day_id = announced(talk)
    private(talk, ZHAO, "报名 1")
    heard(talk)
    return day_id


def proposed(
    talk: Talk, year: int, quarter: int, *, count: int, weekday: int, themes: list[str] | None = None
) -> list[Proposal]:
    with talk.bot.database.reading() as session:
        return planning.propose(
            talk.context(session),
            unit_named(talk, "HX"),
            year,
            quarter,
            count=count,
            weekday=weekday,
            themes=themes or [],
        )


def nearest(days: list[dt.date] | tuple[dt.date, ...]) -> int:
    return min(((later - day).days for day, later in pairwise(days)), default=0)
