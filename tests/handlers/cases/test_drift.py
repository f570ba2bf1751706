"""A classifier that knows its street less well: told when chance does not explain it, and only then."""

import datetime as dt

import pytest
from sqlmodel import select

from data.models import Account, Case, CaseStatus, Correction, RequestKind, Source
from data.taxonomy import CaseClass, Urgency
from handlers.cases.counts import Rate
from handlers.cases.drift import drifts, rose
from tests.talking import Talk


def cases(talk: Talk, days_ago: float, unsure: int, sure: int, *, corrected: int = 0, **more: object) -> None:
    """So many cases of that day with an unsure and with a sure category; some of the sure ones corrected."""
    received = talk.now - dt.timedelta(days=days_ago)
    directory = talk.bot.directory()
    same = {
        "kind": RequestKind.COMPLAINT,
        "class_": CaseClass.LIVELIHOOD,
        "category_code": "M01",
        "urgency": Urgency.NORMAL,
        "status": CaseStatus.CLOSED,
        "text": "停水",
        "masked_text": "停水",
        "unit_id": directory.root,
        "lead_department_id": next(iter(directory.departments)),
        "received_at": received,
        "due_at": received,
        "original_due_at": received,
    } | more
    with talk.bot.database.writing() as session:
        account = session.exec(select(Account.id)).first() or 0
        rows = [
            Case(account_id=account, confidence={"category": 0.2 if n < unsure else 0.9}, **same)
            for n in range(unsure + sure)
        ]
        session.add_all(rows)
        session.flush()
        for row in rows[unsure : unsure + corrected]:
            session.add(_correction(talk, row, "M02"))
        for row in rows[unsure + corrected :]:
            session.add(_correction(talk, row, "M01"))  # confirmed
        session.commit()


def _correction(talk: Talk, case: Case, decided: str) -> Correction:
    person = next(iter(talk.bot.directory().people))
    return Correction(at=talk.now, person_id=person, case_id=case.id, label="category", guessed="M01", decided=decided)


def told(talk: Talk) -> list[tuple[str, str, str]]:
    with talk.bot.database.reading() as session:
        return [(drift.what, str(drift.before), str(drift.now)) for drift in drifts(talk.context(session))]


def test_nothing_has_happened(talk: Talk) -> None:
    assert told(talk) == []


def test_more_unsure_answers_than_before(talk: Talk) -> None:
    cases(talk, 30, unsure=10, sure=90)
    cases(talk, 3, unsure=20, sure=30)
    assert told(talk) == [("类别没有把握的案件", "10.0% (10/100)", "40.0% (20/50)")]


def test_more_corrected_answers_than_before(talk: Talk) -> None:
    cases(talk, 30, unsure=0, sure=100, corrected=5)
    cases(talk, 3, unsure=0, sure=50, corrected=15)
    assert told(talk) == [("类别被人改过的案件", "5.0% (5/100)", "30.0% (15/50)")]


def test_what_people_confirmed_is_no_correction(talk: Talk) -> None:
    cases(talk, 30, unsure=0, sure=100)
    cases(talk, 3, unsure=0, sure=50)
    assert told(talk) == []


def test_replayed_cases_and_old_ones_say_nothing(sqlite_talk: Talk) -> None:
    cases(sqlite_talk, 30, unsure=10, sure=90)
    cases(sqlite_talk, 3, unsure=50, sure=0, source=Source.REPLAY)
    cases(sqlite_talk, 90, unsure=0, sure=500)
    cases(sqlite_talk, 2, unsure=4, sure=36)
    assert told(sqlite_talk) == []


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        (Rate(10, 100), Rate(11, 29), False),  # too few cases to say
        (Rate(100, 1000), Rate(140, 1000), False),  # certain, but small
        (Rate(10, 100), Rate(6, 40), False),  # chance explains it
        (Rate(10, 100), Rate(16, 40), True),
        (Rate(40, 100), Rate(4, 40), False),  # it got better
        (Rate(0, 100), Rate(0, 100), False),
        (Rate(100, 100), Rate(50, 50), False),
        (Rate(0, 0), Rate(30, 40), False),
    ],
)
def test_a_rise_beyond_chance(before: Rate, now: Rate, expected: bool) -> None:
    assert rose(before, now) is expected
