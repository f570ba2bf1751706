"""Rules and word lists found in texts."""

import csv

import pytest

from classifiers.corpus import read_corpus
from classifiers.lessons import read_topics
from classifiers.model import read_rule_book
from classifiers.rules import Rule, RuleBook, read_rule_rows
from classifiers.words import LEXICON
from data.taxonomy import read_taxonomy

BOOK = RuleBook.of(
    [
        ("urgency", "emergency", 6, "电梯/轿厢 + 被困/困住", "演习/电影"),
        ("gate", "none", 3, "接龙", ""),
    ],
    {"topic": ["电梯", "停水"]},
)


@pytest.mark.parametrize(
    ("text", "reasons"),
    [
        ("有人被困在电梯里", ["电梯+被困"]),
        ("轿厢里困住两个人", ["轿厢+困住"]),
        ("电梯停了", []),
        ("电影里电梯被困那段", []),
        ("接龙 电梯广告", ["接龙"]),
        ("", []),
    ],
)
def test_rule_needs_a_word_of_each_group(text, reasons):
    assert [fired.reason for fired in BOOK.find(text).fired] == reasons


def test_words_of_a_list_count_once():
    assert BOOK.find("停水停水,电梯也停").counts == {"topic": 2}


def test_rule_survives_writing():
    assert [Rule.of(rule.row) for rule in BOOK.rules] == list(BOOK.rules)


def test_remarks_and_missing_columns_are_fine(tmp_path):
    path = tmp_path / "rules.csv"
    path.write_text("question,label,points,words,unless\n# 说明\ngate,none,3,接龙\n", encoding="utf-8")
    assert read_rule_rows(path) == [["gate", "none", "3", "接龙", ""]]


def test_shipped_rules_speak_of_known_labels():
    known = {
        "gate": {"none", "message"},
        "intent": {"report", "inquiry", "suggestion", "praise"},
        "class": {"纪检", "党建", "民生"},
        "category": set(read_taxonomy()),
        "urgency": {"emergency", "urgent", "normal"},
        "help": {"yes"},
    }
    for rule in read_rule_book().rules:
        assert rule.label in known[rule.question], rule
        assert all(word for group in rule.words for word in group), rule


def test_every_category_has_words():
    assert {code for _, code in read_topics()} == set(read_taxonomy())


def test_corpus_is_readable():
    assert read_corpus()


def test_lexicon_files_end_with_a_line_end():
    for path in LEXICON.iterdir():
        assert path.read_text(encoding="utf-8").endswith("\n") or path.stat().st_size == 0, path.name


def test_no_rule_is_written_twice():
    with (LEXICON / "rules.csv").open(encoding="utf-8", newline="") as file:
        rows = [tuple(row) for row in csv.reader(file)]
    assert len(rows) == len(set(rows))
