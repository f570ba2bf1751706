"""Thresholds from what mistakes cost: the shipped table, an office's own, and tables that make no sense."""

from pathlib import Path

import pytest

from classifiers.thresholds import COSTS, CostsError, Thresholds

SHIPPED = COSTS.read_text(encoding="utf-8")


def table(folder: Path, text: str) -> Path:
    path = folder / "costs.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_shipped_table_is_what_the_code_starts_from() -> None:
    assert Thresholds.from_costs() == Thresholds()


def test_a_costlier_false_alarm_asks_for_more_certainty(tmp_path: Path) -> None:
    stricter = Thresholds.from_costs(table(tmp_path, SHIPPED.replace("register,24,1", "register,99,1")))
    assert stricter.register == pytest.approx(0.99)
    assert stricter.addressed == Thresholds().addressed


def test_a_table_saved_by_an_office_program_is_read(tmp_path: Path) -> None:
    path = tmp_path / "costs.csv"
    path.write_bytes(b"\xef\xbb\xbf" + SHIPPED.replace("\n", "\r\n").encode())
    assert Thresholds.from_costs(path) == Thresholds()


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("register,24,1", "regster,24,1", "register"),
        ("ask,3,17", "ask,三,17", "ask"),
        ("ask,3,17", "ask,3", "ask"),
        ("discipline,5,1", "discipline,0,1", "discipline"),
        ("discipline,5,1", "discipline,nan,1", "discipline"),
        ("discipline,5,1", "discipline,5,inf", "discipline"),
        ("candidate,17,3", "candidate,97,1", "candidate"),
        ("ask,3,17", "ask,17,3", "ask"),
    ],
)
def test_a_table_that_makes_no_sense_is_refused_by_name(tmp_path: Path, old: str, new: str, named: str) -> None:
    with pytest.raises(CostsError, match=named):
        Thresholds.from_costs(table(tmp_path, SHIPPED.replace(old, new)))


def test_a_missing_table_is_told(tmp_path: Path) -> None:
    with pytest.raises(CostsError, match=r"costs\.csv"):
        Thresholds.from_costs(tmp_path / "costs.csv")
