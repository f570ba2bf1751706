"""The table of times and chances by which talk is joined."""

import csv
from dataclasses import fields
from pathlib import Path

import pytest

from handlers.joining_rules import RULES, JoiningRules, JoiningRulesError, rules


def test_every_rule_of_the_table_is_used_and_has_a_reason() -> None:
    with RULES.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["rule"] for row in rows] == [field.name for field in fields(JoiningRules)]
    assert all(row["why"] for row in rows)


def test_nothing_waits_longer_than_decision_8_allows() -> None:
    assert max(rules().together_minutes, rules().same_category_minutes, rules().own_minutes) <= 15


@pytest.mark.parametrize("value", ["", "five", "-1", "inf"])
def test_a_table_with_a_wrong_value_is_refused(tmp_path: Path, value: str) -> None:
    table = tmp_path / "joining.csv"
    words = RULES.read_text(encoding="utf-8").replace("own_minutes,5", f"own_minutes,{value}")
    table.write_text(words, encoding="utf-8")
    with pytest.raises(JoiningRulesError, match=r"joining\.csv"):
        JoiningRules.read(table)


def test_a_table_that_lacks_a_rule_is_refused(tmp_path: Path) -> None:
    table = tmp_path / "joining.csv"
    table.write_text("rule,value,why\nown_minutes,5,x\n", encoding="utf-8")
    with pytest.raises(JoiningRulesError, match="own_characters"):
        JoiningRules.read(table)
