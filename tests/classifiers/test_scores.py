"""Counts of right and wrong, on cases small enough to check by hand."""

import pytest

from classifiers import Action, Confidence, Intent, Understanding
from classifiers.scores import (
    accuracy,
    calibration_error,
    confusion,
    macro_f1,
    per_class,
    score_messages,
    score_table,
    surest,
)
from data.taxonomy import CaseClass, Urgency

TRUTH = ["水", "水", "水", "电", "电", "灯"]
ANSWERS = ["水", "水", "电", "电", "灯", "灯"]


def test_accuracy():
    assert accuracy(TRUTH, ANSWERS) == pytest.approx(4 / 6)


def test_per_class():
    water = per_class(TRUTH, ANSWERS)["水"]
    assert (water.precision, water.support) == (1.0, 3)
    assert water.recall == pytest.approx(2 / 3)
    assert water.f1 == pytest.approx(0.8)


def test_label_that_was_never_answered_scores_zero():
    assert per_class(["水", "电"], ["水", "水"])["电"].f1 == 0.0


def test_macro_f1_is_the_mean_over_classes():
    assert macro_f1(per_class(TRUTH, ANSWERS)) == pytest.approx((0.8 + 0.5 + 2 / 3) / 3)


def test_confusion():
    assert confusion(TRUTH, ANSWERS) == {"水": {"水": 2, "电": 1}, "灯": {"灯": 1}, "电": {"灯": 1, "电": 1}}


def test_table_scores_are_plain_data():
    scores = score_table(TRUTH, ANSWERS).as_dict()
    assert scores["n"] == 6
    assert scores["per_class"]["水"]["support"] == 3


def test_perfectly_calibrated():
    assert calibration_error([0.75, 0.75, 0.75, 0.75], [True, True, True, False]) == pytest.approx(0.0)


def test_overconfident():
    assert calibration_error([1.0, 1.0], [True, False]) == pytest.approx(0.5)


def test_nothing_to_score():
    assert calibration_error([], []) == accuracy([], []) == macro_f1({}) == 0.0


def test_surest_leaves_the_unsure_out():
    assert surest([True, True, True, True, False], [0.9, 0.8, 0.7, 0.6, 0.1]) == [True] * 4


def answer(
    class_: CaseClass | None = None, category: str | None = None, *, action: Action = Action.IGNORE, sure: float = 0.9
) -> Understanding:
    intent = Intent.REPORT if class_ else Intent.NONE
    urgency = Urgency.NORMAL if class_ else None
    return Understanding(intent, class_, category, urgency, None, Confidence(sure, sure, sure), action, ())


def row(intent: str = "none", class_: str = "-", category: str = "-", urgency: str = "-") -> dict[str, str]:
    return {"text": "…", "intent": intent, "class": class_, "category": category, "urgency": urgency}


def test_message_scores():
    rows = [
        row("report", "民生", "M01", "normal"),
        row("report", "民生", "M04", "emergency"),
        row("report", "纪检", "D01", "normal"),
        row("inquiry", "党建", "P01", "normal"),
        row(),
        row(),
    ]
    answers = [
        answer(CaseClass.LIVELIHOOD, "M01", action=Action.REGISTER),
        answer(CaseClass.DISCIPLINE, "D04", action=Action.REGISTER),
        answer(CaseClass.DISCIPLINE, "D01", action=Action.REGISTER),
        answer(),
        answer(),
        answer(CaseClass.LIVELIHOOD, "M01", action=Action.CANDIDATE),
    ]
    scores = score_messages(rows, answers)
    assert (scores.n, scores.talk, scores.talk_not_ignored, scores.talk_registered) == (6, 2, 1, 0)
    assert (scores.gate.precision, scores.gate.recall) == (0.75, 0.75)
    assert scores.discipline_recall == 1.0
    assert scores.livelihood_to_discipline == 0.5
    assert scores.category_accuracy == 0.5
    assert scores.intent_accuracy == 0.75
    assert scores.urgency_recall == 0.0
    assert scores.class_macro_f1 == pytest.approx((0.5 + 2 / 3 + 0.0) / 3)
    assert scores.as_dict()["gate"]["support"] == 4


def test_the_worst_errors_come_surest_first_and_say_what_was_meant():
    rows = [row("report", "民生", "M01", "normal"), row(), row("report", "民生", "M02", "normal")]
    answers = [
        answer(CaseClass.LIVELIHOOD, "M04", sure=0.6),
        answer(CaseClass.LIVELIHOOD, "M04", sure=0.9),
        answer(CaseClass.LIVELIHOOD, "M02", sure=0.99),
    ]
    found = score_messages(rows, answers)
    assert [(error["meant"], error["sure"]) for error in found.worst] == [("none -", 0.9), ("report M01", 0.6)]
    assert found.category_confusion == {"M01": {"M04": 1}}
    assert found.class_confusion == {"民生": {"民生": 2}}
    assert found.class_calibration_error == pytest.approx((0.4 + 0.01) / 2)
    assert found.class_macro_f1_without_party == pytest.approx(0.5)  # no accusation was asked for, none was found
