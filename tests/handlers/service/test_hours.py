"""The ledger against a plain account of minutes: no overlap, a cap for each local day, corrections in a chain."""

import datetime as dt
import random
import threading
from collections import Counter

import pytest
from sqlmodel import select

from data.models import ServiceHours
from handlers.local_time import SHANGHAI
from handlers.message import Context
from handlers.service import hours, replies
from handlers.service.errors import Overlap, ServiceError
from tests.handlers.service.scenes import HEAD, LIANG, ZHAO, at, ledger, person
from tests.talking import Talk

FRIDAY = dt.date(2026, 12, 11)
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def evening(sqlite_talk: Talk) -> Talk:
    """Sunday evening, when Friday to Sunday can be booked."""
    return at(sqlite_talk, dt.date(2026, 12, 13), "23:00")


def moment(text: str) -> dt.datetime:
    """`12 09:30` of December 2026, or a whole local date and time."""
    if len(text) > 8:
        return dt.datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).astimezone(dt.UTC)
    day, clock = text.split()
    return moment(f"2026-12-{day}T{clock}")


def book(talk: Talk, start: str, end: str, who: str = ZHAO, by: str = HEAD) -> list[int]:
    """The minutes of the lines that were written."""
    with talk.bot.database.writing() as session:
        context = talk.context(session)
        written = hours.book(
            context, person(talk, who), moment(start), moment(end), confirmed_by_id=person(talk, by), reason="忘了签退"
        )
        session.commit()
        return [line.minutes for line in written]


def correct(talk: Talk, line_id: int, start: str, end: str, *, by: str = HEAD, reason: str = "记错了") -> int:
    with talk.bot.database.writing() as session:
        line = session.get_one(ServiceHours, line_id)
        found = hours.correct(
            talk.context(session), line, moment(start), moment(end), by_id=person(talk, by), reason=reason
        )
        session.commit()
        return found.id or 0


def total(talk: Talk, who: str = ZHAO, year: int = 2026) -> int:
    with talk.bot.database.reading() as session:
        return hours.hours_of(talk.context(session), person(talk, who), year)


@pytest.mark.parametrize(
    ("start", "end", "why"),
    [
        ("12 09:00", "12 09:00", replies.ENDS_BEFORE_START),
        ("12 09:00", "12 08:59", replies.ENDS_BEFORE_START),
        ("13 22:00", "13 23:01", replies.IN_THE_FUTURE),
        ("11 09:00", "12 09:01", replies.TOO_LONG),
        ("12 10:00", "12 11:00", replies.HOURS_OVERLAP),
        ("12 08:00", "12 09:01", replies.HOURS_OVERLAP),
        ("12 11:59", "12 13:00", replies.HOURS_OVERLAP),
        ("12 08:00", "12 13:00", replies.HOURS_OVERLAP),
        ("12 00:00", "13 00:00", replies.HOURS_OVERLAP),
    ],
)
def test_what_the_ledger_refuses(evening: Talk, start: str, end: str, why: str) -> None:
    book(evening, "12 09:00", "12 12:00")
    with pytest.raises(ServiceError) as refused:
        book(evening, start, end)
    assert refused.value.reply == why
    assert len(ledger(evening)) == 1


def test_what_adjoins_does_not_overlap_and_others_are_others(evening: Talk) -> None:
    assert book(evening, "12 09:00", "12 10:00") == [60]
    assert book(evening, "12 10:00", "12 11:00") == book(evening, "12 08:00", "12 09:00") == [60]
    assert book(evening, "12 09:00", "12 10:00", who=LIANG) == [60]


def test_nobody_books_for_themselves(evening: Talk) -> None:
    with pytest.raises(ServiceError, match="另一个人"):
        book(evening, "12 09:00", "12 10:00", who=HEAD, by=HEAD)
    assert book(evening, "12 09:00", "12 10:00", who=HEAD, by=LIANG) == [60]
    with pytest.raises(ServiceError, match="另一个人"):
        correct(evening, 1, "12 09:00", "12 11:00", by=HEAD)


def test_a_day_counts_up_to_its_cap(evening: Talk) -> None:
    assert book(evening, "12 08:00", "12 13:00") == [300]
    assert book(evening, "12 14:00", "12 18:00") == [180]  # eight hours are reached
    assert book(evening, "12 19:00", "12 20:00") == [0]
    assert book(evening, "13 08:00", "13 18:00") == [480]
    assert total(evening) == 960


def test_over_midnight_each_day_has_its_own_cap(evening: Talk) -> None:
    assert book(evening, "11 08:00", "11 15:00") == [420]
    assert book(evening, "11 20:00", "12 09:00") == [60, 480]
    assert [line[1:] for line in ledger(evening)[1:]] == [("11 20:00", "12 00:00", 60), ("12 00:00", "12 09:00", 480)]
    assert book(evening, "12 10:00", "13 00:00") == [0]
    assert book(evening, "13 00:00", "13 01:00") == [60]


def test_the_year_is_that_of_the_street(evening: Talk) -> None:
    at(evening, dt.date(2028, 3, 1), "09:00")
    assert book(evening, "2027-12-31T22:00", "2028-01-01T02:00") == [120, 120]
    assert book(evening, "2028-02-29T09:00", "2028-02-29T10:00") == [60]
    assert (total(evening, year=2027), total(evening, year=2028)) == (120, 180)


def test_a_correction_takes_the_place_and_may_be_corrected_once_more(evening: Talk) -> None:
    book(evening, "12 09:00", "12 12:00")
    second = correct(evening, 1, "12 09:00", "12 11:00")
    assert total(evening) == 120
    with pytest.raises(ServiceError, match="更正过"):
        correct(evening, 1, "12 09:00", "12 10:00")
    third = correct(evening, second, "12 09:00", "12 09:00")
    assert total(evening) == 0
    assert book(evening, "12 10:00", "12 10:30") == [30]  # what was taken away is in nobody's way
    assert book(evening, "12 08:00", "12 10:00", who=LIANG) == [120]
    correct(evening, 5, "12 09:00", "12 09:00")
    assert book(evening, "12 08:00", "12 10:00", who=LIANG) == [120]
    with pytest.raises(Overlap):
        correct(evening, third, "12 09:00", "12 12:00")
    correct(evening, third, "12 09:00", "12 10:00")
    assert total(evening) == 90
    lines = evening.rows(ServiceHours)
    assert [line.corrects_id for line in lines] == [None, 1, 2, None, None, 5, None, 3]
    assert [line.minutes for line in lines] == [180, 120, 0, 30, 120, 0, 120, 60]  # nothing of the past was changed
    assert {line.reason for line in lines[1:3]} == {"记错了"}


def test_a_correction_needs_a_reason_one_day_and_a_time_that_has_been(evening: Talk) -> None:
    book(evening, "12 09:00", "12 12:00")
    for start, end, reason, why in [
        ("12 09:00", "12 10:00", "  ", replies.REASON_MISSING),
        ("12 23:00", "13 01:00", "错", replies.ACROSS_MIDNIGHT),
        ("13 22:00", "13 23:30", "错", replies.IN_THE_FUTURE),
        ("12 10:00", "12 09:00", "错", replies.ENDS_BEFORE_START),
    ]:
        with pytest.raises(ServiceError) as refused:
            correct(evening, 1, start, end, reason=reason)
        assert refused.value.reply == why
    assert len(ledger(evening)) == 1


def test_a_correction_counts_within_the_cap_without_the_line_it_replaces(evening: Talk) -> None:
    book(evening, "12 08:00", "12 14:00")
    book(evening, "12 15:00", "12 16:00")
    correct(evening, 1, "12 06:00", "12 14:30")
    assert [line[3] for line in ledger(evening)] == [360, 60, 420]
    assert total(evening) == 480


@pytest.mark.parametrize("seed", range(6))
def test_it_agrees_with_an_account_of_single_minutes(evening: Talk, seed: int) -> None:
    dice, account = random.Random(seed), Account()
    first = moment("11 00:00")
    with evening.bot.database.writing() as session:
        context = evening.context(session)
        for _ in range(60):
            start = first + dice.randrange(0, 3300, 10) * MINUTE
            end = start + dice.randrange(-60, 1500, 10) * MINUTE
            if account.lines and dice.random() < 0.4:
                line_id, end = dice.choice(list(account.lines)), dice.choice([start, end])
                expected = account.correct(line_id, start, end, context)
                written = attempt_correction(context, evening, line_id, start, end)
            else:
                expected = account.book(start, end, context)
                written = attempt(context, evening, start, end)
            assert [line.minutes for line in written] == expected
            account.lines |= {line.id: (line.starts_at, line.ends_at, line.minutes) for line in written}
            assert hours.hours_of(context, person(evening, ZHAO), 2026) == account.total()


class Account:
    """Every live line as its minutes; written without looking at the ledger's own rules."""

    def __init__(self) -> None:
        self.lines: dict[int | None, tuple[dt.datetime, dt.datetime, int]] = {}
        self.dead: set[int | None] = set()

    def live(self, without: int | None = None) -> list[tuple[dt.datetime, dt.datetime, int]]:
        return [line for key, line in self.lines.items() if key not in self.dead and key != without]

    def total(self) -> int:
        return sum(minutes for _, _, minutes in self.live())

    def book(self, start: dt.datetime, end: dt.datetime, context: Context, without: int | None = None) -> list[int]:
        wanted = self.minutes(start, end)
        busy = {minute for s, e, _ in self.live(without) for minute in self.minutes(s, e)}
        if not wanted or len(wanted) > 1440 or end > context.now or busy & set(wanted):
            return []
        used: Counter[dt.date] = Counter()
        for s, _, counted in self.live(without):
            used[self.day(s)] += counted
        days = Counter(self.day(minute) for minute in wanted)
        return [min(length, max(0, 480 - used[day])) for day, length in sorted(days.items())]

    def correct(self, line_id: int | None, start: dt.datetime, end: dt.datetime, context: Context) -> list[int]:
        if line_id in self.dead:
            return []
        found = [0] if start == end else self.book(start, end, context, without=line_id)
        if len(found) == 1:
            self.dead.add(line_id)
            return found
        return []

    @staticmethod
    def minutes(start: dt.datetime, end: dt.datetime) -> list[dt.datetime]:
        return [start + n * MINUTE for n in range(int((end - start) / MINUTE))]

    @staticmethod
    def day(minute: dt.datetime) -> dt.date:
        return minute.astimezone(SHANGHAI).date()


def attempt(context: Context, talk: Talk, start: dt.datetime, end: dt.datetime) -> list[ServiceHours]:
    try:
        return hours.book(context, person(talk, ZHAO), start, end, confirmed_by_id=person(talk, HEAD))
    except ServiceError:
        return []


def attempt_correction(
    context: Context, talk: Talk, line_id: int | None, start: dt.datetime, end: dt.datetime
) -> list[ServiceHours]:
    line = context.session.get_one(ServiceHours, line_id)
    try:
        return [hours.correct(context, line, start, end, by_id=person(talk, HEAD), reason="记错了")]
    except ServiceError:
        return []


def test_the_same_time_is_booked_once_however_many_try_at_once(talk: Talk) -> None:
    at(talk, dt.date(2026, 12, 13), "23:00")
    assert sorted(at_once(4, lambda: book(talk, "12 09:00", "12 10:00"))) == [False, False, False, True]
    assert len(ledger(talk)) == 1
    assert sorted(at_once(4, lambda: correct(talk, 1, "12 09:00", "12 09:30"))) == [False, False, False, True]
    with talk.bot.database.reading() as session:
        assert len(session.exec(select(ServiceHours).where(ServiceHours.corrects_id == 1)).all()) == 1


def at_once(number: int, work: object) -> list[bool]:
    """Who of the threads was not refused."""
    start, done = threading.Barrier(number), []

    def run() -> None:
        start.wait()
        try:
            work()  # type: ignore[operator]
            done.append(True)
        except ServiceError:
            done.append(False)

    threads = [threading.Thread(target=run) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return done
