"""The experiments score what was left out, on rows small enough to know the answer."""

import csv

import pytest

from classifiers.experiments import FEATURES, QUESTIONS, SHIPPED, cross_validated, learners, on_messages

GATE, CLASS, CATEGORY = QUESTIONS


def test_a_question_is_asked_only_of_lines_that_have_an_answer(tiny_rows):
    assert len(GATE.asked(tiny_rows)) == len(tiny_rows)
    assert {CATEGORY.label(row) for row in CATEGORY.asked(tiny_rows)} == {"M01", "M04", "M09", "P01", "D02"}
    assert {GATE.label(row) for row in tiny_rows} == {"message", "none"}


@pytest.mark.parametrize("way", list(learners()))
def test_every_learner_beats_the_commonest_category(tiny_rows, way):
    score = cross_validated(CATEGORY, FEATURES[SHIPPED], learners()[way], tiny_rows, [])
    assert 0.3 < score <= 1  # always the same of five, equally many, would be 0.2


def test_labelled_messages_of_a_file_are_scored(tiny_rows, tmp_path):
    path = tmp_path / "messages.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(("text", "intent", "class", "category"))
        lines.writerows(
            (("停水两天了", "report", "民生", "M01"), ("电梯坏了", "report", "民生", "M09"), ("好困", "none", "-", "-"))
        )
    assert on_messages(CATEGORY, FEATURES[SHIPPED], learners()["margins, C 0.6"], tiny_rows, path) == 0.5
