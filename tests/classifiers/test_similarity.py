"""The same matter or not, on pairs we wrote ourselves; a threshold is chosen on four folds, judged on the fifth."""

import csv
from collections.abc import Sequence
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.similarity import ELSEWHERE, LIKELY, PAIRS, shared_words, similarity

FOLDS = 5
WANTED_PRECISION = 0.8
Scored = tuple[float, bool]


def _scored(name: str) -> list[Scored]:
    with (PAIRS / name).open(encoding="utf-8", newline="") as file:
        return [(similarity(row["first"], row["second"]), row["same"] == "yes") for row in csv.DictReader(file)]


def _quality(pairs: Sequence[Scored], threshold: float) -> tuple[float, float]:
    """Precision and recall."""
    suggested = [same for score, same in pairs if score >= threshold]
    right = sum(suggested)
    return right / len(suggested) if suggested else 1.0, right / sum(same for _, same in pairs)


def _chosen(pairs: Sequence[Scored]) -> float:
    """The lowest threshold at which enough of the suggestions are right."""
    return next(t for t in sorted({score for score, _ in pairs}) if _quality(pairs, t)[0] >= WANTED_PRECISION)


def test_five_folds_choose_this_threshold() -> None:
    pairs = _scored("similar.csv")
    parts = [pairs[fold::FOLDS] for fold in range(FOLDS)]
    judged: list[Scored] = []
    thresholds = []
    for held in parts:
        threshold = _chosen([pair for part in parts if part is not held for pair in part])
        thresholds.append(threshold)
        judged += [(float(score >= threshold), same) for score, same in held]
    precision, recall = _quality(judged, 1.0)
    assert precision >= 0.78
    assert recall >= 0.9
    assert median(thresholds) == pytest.approx(LIKELY, abs=0.02)


def test_pairs_written_after_the_words_were_fixed() -> None:
    """Lines of the corpus: each with a neighbour's words for it, and with another line of its category."""
    precision, recall = _quality(_scored("held_out.csv"), LIKELY)
    assert precision >= 0.95
    assert recall >= 0.75


def test_there_are_pairs_enough_and_none_twice() -> None:
    with (PAIRS / "similar.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) >= 320
    assert len({frozenset((row["first"], row["second"])) for row in rows}) == len(rows)
    assert {row["same"] for row in rows} == {"yes", "no"}
    assert 0.4 < sum(row["same"] == "yes" for row in rows) / len(rows) < 0.6


def test_no_word_stands_for_two_matters() -> None:
    with (PAIRS / "matters.csv").open(encoding="utf-8", newline="") as file:
        words = [word for row in csv.DictReader(file) for word in row["words"].split()]
    assert [word for word in set(words) if words.count(word) > 1] == []


@pytest.mark.parametrize(
    ("first", "second", "likely"),
    [
        ("3号楼电梯又停了", "三栋电梯趴窝了，老人爬楼", True),
        ("楼道灯坏了三天", "声控灯不亮", True),
        ("3号楼2单元楼道灯坏了", "3号楼5单元楼道灯坏了", False),
        ("三单元漏水", "3单元漏水", True),
        ("东门道闸坏了", "西门道闸坏了", False),
        ("3号楼2单元电梯坏了", "3号楼2单元垃圾没人清", False),
        ("", "电梯停了", False),
        ("?", "!", False),
    ],
    ids=["换个说法", "灯的两种叫法", "别的单元", "数字写法", "别的门", "只有地点一样", "空", "只有标点"],
)
def test_similarity(first: str, second: str, likely: bool) -> None:
    assert (similarity(first, second) >= LIKELY) is likely


def test_the_place_alone_makes_nothing_alike() -> None:
    assert similarity("3号楼2单元[室]漏水", "3号楼2单元[室]噪音") == 0.0
    assert similarity("1单元楼道灯坏了", "2单元楼道灯坏了") == pytest.approx(ELSEWHERE)


@given(st.text(max_size=40), st.text(max_size=40))
def test_order_does_not_matter(first: str, second: str) -> None:
    assert similarity(first, second) == pytest.approx(similarity(second, first))
    assert 0.0 <= similarity(first, second) <= 1.0


@given(st.text(alphabet="电梯停坏楼道灯一二3单元的了，", max_size=40))
def test_a_text_is_like_itself(text: str) -> None:
    assert similarity(text, text) in (pytest.approx(1.0), 0.0)


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        ("楼道灯坏了", "声控灯不亮", ["楼道灯／声控灯"]),
        ("消防通道被车堵死", "消防通道停满了", ["消防通道"]),
        ("楼道灯坏了", "狗没拴绳", []),
    ],
    ids=["两种叫法", "同一个词", "没有"],
)
def test_shared_words(first: str, second: str, said: list[str]) -> None:
    found = shared_words(first, second)
    assert found[: len(said)] == said
    assert bool(found) == bool(said)
