"""Signing in, being confirmed by somebody else and signing out, in every order; only all three make hours."""

import datetime as dt
from itertools import product

import pytest

from data.models import Account, Person, ServiceHours, SignUp
from handlers.service import replies
from tests.handlers.scenes import RESIDENT, private
from tests.handlers.service.scenes import (
    ELSEWHERE,
    HEAD,
    LIANG,
    QIAN,
    SATURDAY,
    STAFF,
    WU,
    ZHAO,
    announced,
    at,
    ledger,
    name,
    places,
)
from tests.talking import Talk

SIGN_IN, CONFIRM, SIGN_OUT = "签到", "确认", "签退"
# One step every half hour, from before the day begins until after its end at 11:30.
CLOCK = ("08:45", "09:15", "10:00", "11:45")


@pytest.mark.parametrize("steps", list(product((SIGN_IN, CONFIRM, SIGN_OUT), repeat=4)), ids="-".join)
def test_in_any_order_only_what_was_seen_and_ended_counts(sqlite_talk: Talk, steps: tuple[str, ...]) -> None:
    opened(sqlite_talk)
    inside = confirmed = out = None
    for clock, step in zip(CLOCK, steps, strict=True):
        at(sqlite_talk, SATURDAY, clock)
        who, words = (LIANG, f"确认 {name(sqlite_talk, ZHAO)}") if step == CONFIRM else (ZHAO, step)
        private(sqlite_talk, who, words)
        if step == SIGN_IN and inside is None and clock < "11:30":
            inside = max(clock, "09:00")
        elif step == CONFIRM and inside and not confirmed:
            confirmed = clock
        elif step == SIGN_OUT and inside and not out:
            if clock < "09:00":
                inside = confirmed = None
            else:
                out = min(clock, "11:30")
    expected = [(name(sqlite_talk, ZHAO), f"12 {inside}", f"12 {out}")] if inside and out and confirmed else []
    assert [line[:3] for line in ledger(sqlite_talk)] == expected


def test_the_line_is_cut_to_the_day_and_to_whole_minutes(sqlite_talk: Talk) -> None:
    opened(sqlite_talk)
    at(sqlite_talk, SATURDAY, "08:10")
    private(sqlite_talk, ZHAO, SIGN_IN)
    private(sqlite_talk, LIANG, f"确认 {name(sqlite_talk, ZHAO)}")
    at(sqlite_talk, SATURDAY, "10:20")
    sqlite_talk.now += dt.timedelta(seconds=59)
    assert private(sqlite_talk, ZHAO, SIGN_OUT) == "已签退，记入1小时20分。谢谢您。"
    assert ledger(sqlite_talk) == [(name(sqlite_talk, ZHAO), "12 09:00", "12 10:20", 80)]
    assert private(sqlite_talk, ZHAO, "我的服务").startswith(
        "2026年服务时长：1小时20分。自己的目标24小时，还差22小时40分。"
    )


def test_less_than_a_minute_is_no_line(sqlite_talk: Talk) -> None:
    opened(sqlite_talk)
    at(sqlite_talk, SATURDAY, "09:30")
    private(sqlite_talk, ZHAO, SIGN_IN)
    private(sqlite_talk, LIANG, f"确认 {name(sqlite_talk, ZHAO)}")
    assert private(sqlite_talk, ZHAO, SIGN_OUT) == replies.SIGNED_OUT_NO_TIME
    assert ledger(sqlite_talk) == []


@pytest.mark.parametrize(
    ("day", "clock", "works"),
    [
        (dt.date(2026, 12, 11), "09:00", False),
        (SATURDAY, "07:59", False),
        (SATURDAY, "08:00", True),
        (SATURDAY, "11:29", True),
        (SATURDAY, "11:30", False),
        (dt.date(2026, 12, 13), "09:00", False),
    ],
)
def test_signing_in_from_an_hour_before_until_the_end(sqlite_talk: Talk, day: dt.date, clock: str, works: bool) -> None:
    opened(sqlite_talk)
    at(sqlite_talk, day, clock)
    assert (private(sqlite_talk, ZHAO, SIGN_IN) != replies.SIGN_IN_WHERE) is works
    assert private(sqlite_talk, WU, SIGN_IN) == replies.SIGN_IN_WHERE  # has not signed up


def test_a_forgotten_sign_out_is_for_the_organiser(sqlite_talk: Talk) -> None:
    opened(sqlite_talk)
    at(sqlite_talk, SATURDAY, "09:00")
    private(sqlite_talk, ZHAO, SIGN_IN)
    at(sqlite_talk, SATURDAY, "12:30")
    assert private(sqlite_talk, ZHAO, SIGN_OUT) == replies.SIGN_OUT_WHERE


def test_nobody_confirms_themselves(sqlite_talk: Talk) -> None:
    opened(sqlite_talk)
    private(sqlite_talk, HEAD, "报名 2")
    at(sqlite_talk, SATURDAY, "09:00")
    for who in (ZHAO, HEAD):  # an organiser neither
        private(sqlite_talk, who, SIGN_IN)
        assert private(sqlite_talk, who, f"确认 {name(sqlite_talk, who)}") == replies.CONFIRM_SELF
    assert [row.confirmed_at for row in sqlite_talk.rows(SignUp)] == [None] * 3


@pytest.mark.parametrize(
    ("who", "answer"),
    [
        (LIANG, replies.CONFIRMED),  # has signed up too
        (HEAD, replies.CONFIRMED),
        (STAFF, replies.CONFIRMED),  # organises without being a member
        ("ke.yuhang", replies.CONFIRMED),  # administrator
        ("gu.mingchuan", replies.CONFIRMED),  # heads the district above
        (WU, replies.CONFIRM_NOBODY),  # a member who does not come
        ("li.guifang", replies.CONFIRM_NOBODY),  # leads a grid, which is not to organise
        (ELSEWHERE, replies.CONFIRM_NOBODY),
        ("zheng.guoqiang", replies.CONFIRM_NOBODY),  # heads another community
        (QIAN, replies.CONFIRM_IS_FOR_MEMBERS),
        (RESIDENT, replies.CONFIRM_IS_FOR_MEMBERS),
    ],
)
def test_who_may_confirm(sqlite_talk: Talk, who: str, answer: str) -> None:
    opened(sqlite_talk)
    at(sqlite_talk, SATURDAY, "09:00")
    private(sqlite_talk, ZHAO, SIGN_IN)
    assert private(sqlite_talk, who, f"确认 {name(sqlite_talk, ZHAO)}") == answer


def test_leading_a_grid_is_not_to_organise_its_day(sqlite_talk: Talk) -> None:
    announced(sqlite_talk, unit="HX-01")
    private(sqlite_talk, ZHAO, "报名 1")
    at(sqlite_talk, SATURDAY, "09:00")
    private(sqlite_talk, ZHAO, SIGN_IN)
    words = f"确认 {name(sqlite_talk, ZHAO)}"
    assert private(sqlite_talk, "li.guifang", words) == replies.CONFIRM_NOBODY  # leads this very grid
    private(sqlite_talk, "li.guifang", "报名 1")
    assert private(sqlite_talk, "li.guifang", words) == replies.CONFIRMED


def test_who_asked_to_be_excused_confirms_nobody(sqlite_talk: Talk) -> None:
    opened(sqlite_talk)
    private(sqlite_talk, LIANG, "请假")
    at(sqlite_talk, SATURDAY, "09:00")
    private(sqlite_talk, ZHAO, SIGN_IN)
    assert private(sqlite_talk, LIANG, f"确认 {name(sqlite_talk, ZHAO)}") == replies.CONFIRM_NOBODY


def test_what_a_confirmation_needs(sqlite_talk: Talk) -> None:
    opened(sqlite_talk)
    at(sqlite_talk, SATURDAY, "09:00")
    assert private(sqlite_talk, LIANG, "确认") == replies.CONFIRM_WHOM
    assert private(sqlite_talk, LIANG, "确认 没有这人") == replies.CONFIRM_NOBODY
    zhao = f"确认 {name(sqlite_talk, ZHAO)}"
    assert private(sqlite_talk, LIANG, zhao) == replies.NOT_SIGNED_IN
    private(sqlite_talk, ZHAO, SIGN_IN)
    assert private(sqlite_talk, LIANG, zhao) == replies.CONFIRMED
    assert private(sqlite_talk, HEAD, zhao) == replies.CONFIRM_TWICE


def test_two_of_the_same_name_are_told_apart_by_the_organiser(sqlite_talk: Talk) -> None:
    namesake(sqlite_talk, ZHAO)
    opened(sqlite_talk)
    private(sqlite_talk, "namesake", "报名 2")
    at(sqlite_talk, SATURDAY, "09:00")
    words = f"确认 {name(sqlite_talk, ZHAO)}"
    private(sqlite_talk, "namesake", SIGN_IN)
    assert private(sqlite_talk, ZHAO, words) == replies.CONFIRMED  # the other one of that name
    private(sqlite_talk, ZHAO, SIGN_IN)
    assert private(sqlite_talk, LIANG, words) == replies.CONFIRMED  # only one still waits
    assert {row.confirmed_by_id is None for row in sqlite_talk.rows(SignUp) if row.signed_in_at} == {False}


def test_confirming_the_next_day_still_books_and_later_does_not(sqlite_talk: Talk) -> None:
    opened(sqlite_talk)
    for who in (ZHAO, LIANG):
        at(sqlite_talk, SATURDAY, "09:00")
        private(sqlite_talk, who, SIGN_IN)
        at(sqlite_talk, SATURDAY, "11:00")
        assert private(sqlite_talk, who, SIGN_OUT) == replies.SIGNED_OUT_UNCONFIRMED
    at(sqlite_talk, dt.date(2026, 12, 13), "11:00")
    assert private(sqlite_talk, LIANG, f"确认 {name(sqlite_talk, ZHAO)}") == replies.CONFIRMED_AND_BOOKED
    at(sqlite_talk, dt.date(2026, 12, 13), "11:31")
    assert private(sqlite_talk, ZHAO, f"确认 {name(sqlite_talk, LIANG)}") == replies.CONFIRM_NOBODY
    assert [line[0] for line in ledger(sqlite_talk)] == [name(sqlite_talk, ZHAO)]


def test_leave_takes_back_an_early_sign_in_but_no_service(sqlite_talk: Talk) -> None:
    opened(sqlite_talk)
    at(sqlite_talk, SATURDAY, "08:30")
    private(sqlite_talk, ZHAO, SIGN_IN)
    assert private(sqlite_talk, ZHAO, "请假").startswith("好的")
    assert private(sqlite_talk, ZHAO, SIGN_OUT) == replies.SIGN_OUT_WHERE
    private(sqlite_talk, LIANG, SIGN_IN)
    at(sqlite_talk, SATURDAY, "09:00")
    assert private(sqlite_talk, LIANG, "请假") == replies.ALREADY_SIGNED_IN
    assert places(sqlite_talk) == {ZHAO: None, LIANG: 1}


def test_at_two_places_at_once_is_not_possible(sqlite_talk: Talk) -> None:
    opened(sqlite_talk)
    announced(sqlite_talk, unit="HX-01", hours=(690, 780))
    private(sqlite_talk, ZHAO, "报名 12月12日 荷香社区第一网格 2")
    at(sqlite_talk, SATURDAY, "11:00")
    private(sqlite_talk, ZHAO, SIGN_IN)
    assert private(sqlite_talk, ZHAO, SIGN_IN) == replies.ALREADY_SIGNED_IN
    at(sqlite_talk, SATURDAY, "11:40")
    assert private(sqlite_talk, ZHAO, SIGN_IN) == replies.SIGNED_IN_ELSEWHERE
    private(sqlite_talk, ZHAO, SIGN_OUT)
    assert private(sqlite_talk, ZHAO, SIGN_IN).startswith("已签到")
    at(sqlite_talk, SATURDAY, "13:00")
    private(sqlite_talk, ZHAO, SIGN_OUT)
    private(sqlite_talk, HEAD, f"确认 {name(sqlite_talk, ZHAO)}")
    private(sqlite_talk, HEAD, f"确认 {name(sqlite_talk, ZHAO)}")
    assert [line[1:] for line in ledger(sqlite_talk)] == [("12 11:00", "12 11:30", 30), ("12 11:40", "12 13:00", 80)]


def test_a_time_that_was_booked_by_hand_is_not_booked_again(sqlite_talk: Talk) -> None:
    opened(sqlite_talk)
    at(sqlite_talk, SATURDAY, "09:00")
    private(sqlite_talk, ZHAO, SIGN_IN)
    private(sqlite_talk, LIANG, f"确认 {name(sqlite_talk, ZHAO)}")
    at(sqlite_talk, SATURDAY, "11:00")
    with sqlite_talk.bot.database.writing() as session:
        line = sqlite_talk.rows(SignUp)[0]
        written = ServiceHours(
            person_id=line.person_id,
            starts_at=line.signed_in_at,
            ends_at=sqlite_talk.now,
            minutes=120,
            confirmed_by_id=1,
            at=sqlite_talk.now,
        )
        session.add(written)
        session.commit()
    assert private(sqlite_talk, ZHAO, SIGN_OUT) == replies.NOT_BOOKED
    assert len(ledger(sqlite_talk)) == 1
    assert sqlite_talk.rows(SignUp)[0].signed_out_at == sqlite_talk.now


def opened(talk: Talk) -> int:
    """A day for which ZHAO and LIANG have signed up."""
    day_id = announced(talk)
    private(talk, ZHAO, "报名 1")
    private(talk, LIANG, "报名 1")
    return day_id


def namesake(talk: Talk, who: str) -> None:
    """Another member of the same name, known to the street as a whole."""
    with talk.bot.database.writing() as session:
        person = Person(code="namesake", name=name(talk, who), party_member=True)
        session.add(person)
        session.flush()
        session.add(Account(channel="console", platform_id="namesake", person_id=person.id))
        session.commit()
    talk.bot.directory.reload()
