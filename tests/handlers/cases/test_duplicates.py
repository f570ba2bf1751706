"""Which open cases may be the same matter: place, category and window first, then the words; nothing is merged."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event
from sqlmodel import Session, col, update

from classifiers.similarity import LIKELY
from data.models import Case, CaseReporter, CaseStatus, ChatGroup
from data.taxonomy import CaseClass
from handlers.cases.duplicates import MOST_CANDIDATES, MOST_COMPARED, Candidate, candidates
from tests.handlers.scenes import FIRST, LEADER, RESIDENT, STRANGER, private, report
from tests.talking import Talk

LAMP, AGAIN = "3号楼2单元楼道灯坏了三天了", "3号楼2单元声控灯不亮，楼道里黑灯瞎火的"
OTHER_FAULT = "3号楼2单元楼道配电箱冒火花了"


def found(talk: Talk, number: int = FIRST, who: str = LEADER) -> list[Candidate]:
    with talk.bot.database.reading() as session:
        return candidates(talk.context(session, who), session.get_one(Case, number - 1000))


def numbers(talk: Talk, number: int = FIRST) -> list[int]:
    return [one.number for one in found(talk, number)]


def change(talk: Talk, number: int, **values: object) -> None:
    with talk.bot.database.writing() as session:
        session.execute(update(Case).where(col(Case.id) == number - 1000).values(**values))
        session.commit()


def two(talk: Talk, words: str = AGAIN) -> int:
    """A reported lamp, and two hours later what a neighbour says of it."""
    report(talk, LAMP)
    talk.now += dt.timedelta(hours=2)
    number = report(talk, words, "r002")
    change(talk, number, category_code=talk.case().category_code)
    return number


def test_the_same_in_other_words(talk: Talk) -> None:
    second = two(talk)
    (one,) = found(talk, second)
    assert (one.number, one.words, one.led, one.status) == (FIRST, LAMP, True, CaseStatus.DISPATCHED)
    assert one.why.startswith("同一栋楼、同一类别，相隔2小时，都说到「")
    assert LIKELY <= one.score <= 1.0
    assert numbers(talk) == [second]


def test_nothing_is_merged_by_itself(sqlite_talk: Talk) -> None:
    second = two(sqlite_talk)
    before = len(sqlite_talk.rows(CaseReporter))
    found(sqlite_talk, second)
    assert {case.status for case in sqlite_talk.rows(Case)} == {CaseStatus.DISPATCHED}
    assert len(sqlite_talk.rows(CaseReporter)) == before


def test_another_fault_of_the_same_category_and_place(sqlite_talk: Talk) -> None:
    assert numbers(sqlite_talk, two(sqlite_talk, OTHER_FAULT)) == []


APART = {
    "另一栋楼": {"building_id": 1},
    "另一个单元": {"entrance": 5},
    "另一类": {"category_code": "M10"},
    "太早": {"received_at": dt.datetime(2020, 1, 1, tzinfo=dt.UTC)},
    "已结案": {"status": CaseStatus.CLOSED},
    "已办结": {"status": CaseStatus.RESOLVED},
    "已并案": {"status": CaseStatus.MERGED},
    "纪检": {"class_": CaseClass.DISCIPLINE},
    "已移出": {"masked_text": "[已移出]"},
}


@pytest.mark.parametrize("values", APART.values(), ids=APART.keys())
def test_what_is_no_candidate(sqlite_talk: Talk, values: dict[str, object]) -> None:
    second = two(sqlite_talk)
    assert numbers(sqlite_talk, second) == [FIRST]
    assert sqlite_talk.case().building_id != 1
    change(sqlite_talk, FIRST, **values)
    assert numbers(sqlite_talk, second) == []


@pytest.mark.parametrize(
    "values", [{"class_": CaseClass.DISCIPLINE}, {"masked_text": "[已移出]"}], ids=["纪检", "移出"]
)
def test_a_discipline_matter_has_no_candidates(sqlite_talk: Talk, values: dict[str, object]) -> None:
    second = two(sqlite_talk)
    change(sqlite_talk, second, **values)
    assert numbers(sqlite_talk, second) == []


def test_an_entrance_that_is_not_known_is_no_other_entrance(sqlite_talk: Talk) -> None:
    second = two(sqlite_talk)
    for entrances in ((None, 2), (2, None), (None, None)):
        for number, entrance in zip((FIRST, second), entrances, strict=True):
            change(sqlite_talk, number, entrance=entrance)
        assert numbers(sqlite_talk, second) == [FIRST]


def test_the_window_is_around_the_case_not_around_today(sqlite_talk: Talk) -> None:
    second = two(sqlite_talk)
    sqlite_talk.now += dt.timedelta(days=30)
    assert numbers(sqlite_talk, second) == [FIRST]
    early = sqlite_talk.case(second).received_at - dt.timedelta(hours=72)
    change(sqlite_talk, FIRST, received_at=early)
    assert numbers(sqlite_talk, second) == [FIRST]
    change(sqlite_talk, FIRST, received_at=early - dt.timedelta(seconds=1))
    assert numbers(sqlite_talk, second) == []


OUTSIDE = {
    "同群都没说地点": ({"place_text": ""}, {"place_text": ""}, True),
    "同群一个没说": ({"place_text": "东门"}, {"place_text": ""}, True),
    "同群两个地点": ({"place_text": "东门"}, {"place_text": "西门"}, False),
    "别的群同一地点": ({"place_text": "东门", "group_id": 2}, {"place_text": "东门"}, True),
    "别的群没说地点": ({"place_text": "", "group_id": 2}, {"place_text": ""}, False),
    "私聊同一地点": ({"place_text": "东门", "group_id": None}, {"place_text": "东门", "group_id": None}, True),
    "私聊没说地点": ({"place_text": "", "group_id": None}, {"place_text": "", "group_id": None}, False),
}


@pytest.mark.parametrize(("first", "second", "near"), OUTSIDE.values(), ids=OUTSIDE.keys())
def test_without_a_building(talk: Talk, first: dict[str, object], second: dict[str, object], near: bool) -> None:
    later = two(talk)
    here = talk.case().group_id
    assert here != 2
    assert len(talk.rows(ChatGroup)) >= 2
    change(talk, FIRST, building_id=None, entrance=None, **first)
    change(talk, later, building_id=None, entrance=None, **second)
    assert numbers(talk, later) == ([FIRST] if near else [])
    assert numbers(talk) == ([later] if near else [])


def test_the_most_alike_first_and_not_too_many(sqlite_talk: Talk) -> None:
    second = two(sqlite_talk)
    for count in range(MOST_CANDIDATES):
        sqlite_talk.now += dt.timedelta(minutes=20)
        number = report(sqlite_talk, LAMP, f"r00{count + 3}")
        change(sqlite_talk, number, category_code=sqlite_talk.case().category_code)
    scores = [one.score for one in found(sqlite_talk)]
    assert len(scores) == MOST_CANDIDATES
    assert scores == sorted(scores, reverse=True)
    assert second not in numbers(sqlite_talk)


@pytest.mark.parametrize("who", [STRANGER, RESIDENT])
def test_who_does_not_lead_its_unit_is_told_so(sqlite_talk: Talk, who: str) -> None:
    assert [one.led for one in found(sqlite_talk, two(sqlite_talk), who)] == [False]


def test_words_are_masked_and_the_sealed_ones_never_asked(sqlite_talk: Talk) -> None:
    report(sqlite_talk, LAMP + "，我住1203室，电话13812345678")
    second = report(sqlite_talk, LAMP, "r002")
    (one,) = found(sqlite_talk, second)
    told = one.words + one.why
    assert "[电话]" in told
    assert not [secret for secret in ("1203", "13812345678") if secret in told]


def test_a_merge_of_the_two_takes_it_off_the_list(sqlite_talk: Talk) -> None:
    second = two(sqlite_talk)
    assert "并入" in private(sqlite_talk, LEADER, f"并 {second} {FIRST}")
    assert numbers(sqlite_talk) == []


SPOTS = {
    "同一栋楼": {},
    "同群": {"building_id": None, "entrance": None, "place_text": ""},
    "同群或同一地点": {"building_id": None, "entrance": None, "place_text": "东门"},
    "同一地点": {"building_id": None, "entrance": None, "place_text": "东门", "group_id": None},
}


@pytest.mark.parametrize("spot", SPOTS.values(), ids=SPOTS.keys())
def test_one_indexed_question(sqlite_talk: Talk, spot: dict[str, object]) -> None:
    """It looks at the rows of one building, group or unit, never at all cases or at a category of all places."""
    second = two(sqlite_talk)
    for number in (FIRST, second):
        change(sqlite_talk, number, **({"urgency": "normal"} | spot))
    with sqlite_talk.bot.database.reading() as session:
        context, case = sqlite_talk.context(session, LEADER), session.get_one(Case, second - 1000)
        asked = _asked(session, lambda: candidates(context, case))
        (statement, values), *about_photos = asked
        assert len(about_photos) <= 1  # whether this case has a photo at all
        plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
    assert MOST_COMPARED in values
    searched = [step.split("INDEX ")[1].split(" ")[0] for _, _, _, step in plan if step.startswith("SEARCH")]
    assert searched
    assert set(searched) <= {"ix_cases_building_id", "ix_cases_group_id", "ix_cases_unit_id"}
    assert not [step for _, _, _, step in plan if step.startswith("SCAN")]


def _asked(session: Session, ask: Callable[[], list[Candidate]]) -> list[tuple[str, tuple[object, ...]]]:
    """The statements that a question of one case sends to the database."""
    seen: list[tuple[str, tuple[object, ...]]] = []

    def note(*said: Any) -> None:
        seen.append((said[2], said[3]))

    event.listen(session.get_bind(), "before_cursor_execute", note)
    assert [one.number for one in ask()] == [FIRST]
    event.remove(session.get_bind(), "before_cursor_execute", note)
    return seen
