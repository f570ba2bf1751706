"""Decisions of people as lines to learn from."""

from data.models import Correction
from data.taxonomy import CaseClass
from handlers.cases.lessons import COLUMNS, lessons
from tests.handlers.scenes import FIRST, LEADER, private, report
from tests.talking import Talk


def decide(talk: Talk, *codes: str, case: int = 1) -> None:
    person = next(iter(talk.bot.directory().people))
    with talk.bot.database.writing() as session:
        for code in codes:
            session.add(
                Correction(at=talk.now, person_id=person, case_id=case, label="category", guessed="M10", decided=code)
            )
        session.commit()


def lines(talk: Talk) -> list[dict[str, str]]:
    with talk.bot.database.reading() as session:
        return list(lessons(session))


def test_the_last_decision_counts(talk: Talk) -> None:
    report(talk, "3号楼垃圾成堆没人清理，电话13812345678")
    decide(talk, "M01", "M13")
    (line,) = lines(talk)
    assert tuple(line) == COLUMNS
    assert (line["intent"], line["class"], line["category"]) == ("report", CaseClass.LIVELIHOOD.value, "M13")
    assert "13812345678" not in line["text"]
    assert "垃圾成堆" in line["text"]


def test_what_nobody_decided_is_no_lesson(sqlite_talk: Talk) -> None:
    report(sqlite_talk)
    assert lines(sqlite_talk) == []


def test_what_was_moved_to_the_sealed_store_is_none(sqlite_talk: Talk) -> None:
    report(sqlite_talk)
    decide(sqlite_talk, "M10")
    private(sqlite_talk, LEADER, f"转纪检 {FIRST}")
    assert lines(sqlite_talk) == []


def test_a_category_of_another_time_is_none(sqlite_talk: Talk) -> None:
    report(sqlite_talk)
    decide(sqlite_talk, "X99")
    assert lines(sqlite_talk) == []
