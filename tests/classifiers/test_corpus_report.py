"""The report on the corpus: what is said twice or nearly, and that the committed corpus is sound."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.corpus import CorpusLine, CorpusRow, read_lines
from classifiers.corpus_report import NEAR, CorpusReport, bare_words, near_pairs, report
from classifiers.labels import Intent
from data.taxonomy import CaseClass, Urgency, read_taxonomy

WATER = (Intent.REPORT, CaseClass.LIVELIHOOD, "M01", Urgency.NORMAL)
TALK = (Intent.NONE, None, None, None)
TEXTS = st.lists(st.text(alphabet="停水了三天没电梯，", min_size=1, max_size=12), max_size=25)


def line(number: int, text: str, labels=WATER) -> CorpusLine:
    return CorpusLine("a.csv", number, CorpusRow(text, *labels))


def lines(*texts: str) -> list[CorpusLine]:
    return [line(number, text) for number, text in enumerate(texts, 2)]


def where(groups: list[list[CorpusLine]]) -> list[list[int]]:
    return [[found.line for found in group] for group in groups]


@pytest.fixture(scope="module")
def committed() -> CorpusReport:
    return report(read_lines())


def test_the_committed_corpus_says_nothing_twice(committed: CorpusReport) -> None:
    assert committed.exact == []
    assert committed.conflicting == []
    assert sum(committed.files.values()) > 4000


def test_every_label_of_the_taxonomy_has_lines(committed: CorpusReport) -> None:
    assert committed.missing == []
    assert set(committed.labels["category"]) == set(read_taxonomy())
    assert set(committed.labels["intent"]) == {intent.value for intent in Intent}
    assert set(committed.labels["class"]) == {class_.value for class_ in CaseClass}
    assert set(committed.labels["urgency"]) == {urgency.value for urgency in Urgency}


def test_the_same_text_twice_is_found_with_its_lines() -> None:
    found = report(lines("停水了", "停电了", "停水了"))
    assert where(found.exact) == [[2, 4]]
    assert found.conflicting == []


def test_signs_spaces_and_width_make_no_other_line() -> None:
    found = report(lines("停水了！", "停 水了", "3号楼停水", "３号楼停水。"))
    assert found.exact == []
    assert where(found.same_words) == [[2, 3], [4, 5]]


@pytest.mark.parametrize("twin", ["停水了", "停水了。"])
def test_the_same_words_with_other_labels_are_a_conflict(twin: str) -> None:
    found = report([line(2, "停水了"), line(3, twin, TALK)])
    assert where(found.conflicting) == [[2, 3]]


def test_nearly_the_same_is_told_with_how_near() -> None:
    (pair,) = report(lines("三号楼电梯又坏了没人管", "三号楼电梯又坏了没人修", "谁家的狗天天叫")).near
    assert (pair.first.line, pair.second.line, pair.conflicting) == (2, 3, False)
    assert pair.alike == pytest.approx(9 / 11)


@given(TEXTS, st.sampled_from([0.3, 0.5, NEAR, 0.9, 1.0]))
def test_the_short_cut_finds_what_comparing_all_finds(texts: list[str], near: float) -> None:
    given_lines, bare = lines(*texts), [bare_words(text) for text in texts]
    pairs = [{text[i : i + 2] for i in range(max(len(text) - 1, 1))} if text else set() for text in bare]
    expected = {
        (first + 2, second + 2)
        for second in range(len(texts))
        for first in range(second)
        if bare[first] != bare[second]
        and pairs[first]
        and pairs[second]
        and len(pairs[first] & pairs[second]) / len(pairs[first] | pairs[second]) >= near
    }
    assert {(p.first.line, p.second.line) for p in near_pairs(given_lines, bare, near)} == expected


def test_lengths_and_files_are_counted() -> None:
    found = report([*lines("停水", "停" * 10, "停" * 500), CorpusLine("b.csv", 2, CorpusRow("早", *TALK))])
    assert found.files == {"a.csv": 3, "b.csv": 1}
    assert {name: count for name, count in found.lengths.items() if count} == {"1-5": 2, "6-10": 1, "161-": 1}
    assert found.labels["intent"] == {"none": 1, "report": 3}


def test_an_empty_folder_has_an_empty_report(tmp_path: Path) -> None:
    found = report(read_lines(tmp_path))
    assert (found.files, found.near, found.median_length) == ({}, [], 0)
    assert found.missing == sorted(read_taxonomy())
