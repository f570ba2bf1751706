"""What the organisation reads: units of five people and more, nothing from which one person could be told."""

import datetime as dt
from dataclasses import replace

from sqlmodel import select

from data.models import Person, ServiceDay, ServiceHours
from handlers.local_time import moment_of
from handlers.service import hours
from handlers.service.totals import Total, Totals, totals
from tests.handlers.service.scenes import SATURDAY, announced, at, unit_named
from tests.talking import Talk


def served(talk: Talk, day_id: int, people: int, minutes: int = 60, first: int = 1) -> None:
    """So many people served that long on the day."""
    with talk.bot.database.writing() as session:
        day = session.get_one(ServiceDay, day_id)
        start = moment_of(day.day, day.starts_minute)
        who = session.exec(select(Person.id).order_by(Person.code)).all()[first : first + people]
        for person_id in who:
            hours.book(
                talk.context(session),
                person_id or 0,
                start,
                start + dt.timedelta(minutes=minutes),
                confirmed_by_id=1,
                service_day_id=day_id,
            )
        session.commit()


def read(talk: Talk, year: int = 2026) -> Totals:
    with talk.bot.database.reading() as session:
        return totals(talk.context(session), talk.bot.directory().units.keys(), year)


def test_five_are_shown_and_four_are_not(sqlite_talk: Talk) -> None:
    hx, ld = announced(sqlite_talk), announced(sqlite_talk, unit="LD")
    at(sqlite_talk, SATURDAY, "20:00")
    served(sqlite_talk, hx, 5, minutes=90)
    served(sqlite_talk, ld, 4, first=10)
    units = {code: unit_named(sqlite_talk, code) for code in ("HX", "LD")}
    assert read(sqlite_talk) == Totals((Total(units["HX"], 1, 5, 450), Total(units["LD"], 1, None, None)), 2, 5, 450)


def test_the_sum_says_nothing_of_a_unit_that_is_not_shown(sqlite_talk: Talk) -> None:
    hx, ld = announced(sqlite_talk), announced(sqlite_talk, unit="LD")
    at(sqlite_talk, SATURDAY, "20:00")
    served(sqlite_talk, hx, 6)
    before = read(sqlite_talk)
    served(sqlite_talk, ld, 1, first=20)
    after = read(sqlite_talk)
    assert (before.people, before.minutes, before.days) == (after.people, after.minutes, after.days)
    assert replace(after, units=()) == replace(before, units=())


def test_with_few_people_everywhere_there_is_no_sum(sqlite_talk: Talk) -> None:
    day_id = announced(sqlite_talk)
    at(sqlite_talk, SATURDAY, "20:00")
    assert read(sqlite_talk).people is None
    served(sqlite_talk, day_id, 4)
    assert (read(sqlite_talk).people, read(sqlite_talk).minutes) == (None, None)


def test_somebody_in_two_units_is_one_person(sqlite_talk: Talk) -> None:
    saturday, sunday = announced(sqlite_talk), announced(sqlite_talk, dt.date(2026, 12, 13), unit="LD")
    at(sqlite_talk, dt.date(2026, 12, 13), "20:00")
    served(sqlite_talk, saturday, 5)
    served(sqlite_talk, sunday, 6)
    assert (read(sqlite_talk).people, read(sqlite_talk).minutes, read(sqlite_talk).days) == (6, 660, 2)


def test_what_was_corrected_away_does_not_count(sqlite_talk: Talk) -> None:
    day_id = announced(sqlite_talk)
    at(sqlite_talk, SATURDAY, "20:00")
    served(sqlite_talk, day_id, 6)
    with sqlite_talk.bot.database.writing() as session:
        line = session.get_one(ServiceHours, 1)
        hours.correct(sqlite_talk.context(session), line, line.starts_at, line.starts_at, by_id=1, reason="没来")
        session.commit()
    assert (read(sqlite_talk).people, read(sqlite_talk).minutes) == (5, 300)
    assert read(sqlite_talk, 2025) == Totals((), 0, None, None)


def test_a_day_that_is_still_to_come_is_no_day_held(sqlite_talk: Talk) -> None:
    announced(sqlite_talk)
    assert read(sqlite_talk).days == 0
    assert read(at(sqlite_talk, SATURDAY, "07:00")).days == 1
