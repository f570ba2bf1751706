"""The 41 categories as the file an administrator edits states them."""

from collections import Counter
from pathlib import Path

import pytest

from data.models import LimitUnit
from data.seed import STREET, read_lines
from data.taxonomy import CaseClass, read_taxonomy

HEADER = "code,class,name,covers,lead_unit,co_units,typical_limit,public\n"


def test_the_file_holds_forty_one_categories_of_three_classes() -> None:
    rows = read_taxonomy()
    assert Counter(row.class_ for row in rows.values()) == {
        CaseClass.LIVELIHOOD: sum(code.startswith("M") for code in rows),
        CaseClass.PARTY: sum(code.startswith("P") for code in rows),
        CaseClass.DISCIPLINE: sum(code.startswith("D") for code in rows),
    }
    assert len(rows) == 41
    assert all(row.name and row.lead_unit and row.limit for row in rows.values())


def test_a_row_is_read_column_by_column() -> None:
    row = read_taxonomy()["M01"]
    assert (row.class_, row.name, row.limit, row.public) == (CaseClass.LIVELIHOOD, "供水排水", "24h", True)
    assert row.co_units == ("供水公司", "物业")


def test_discipline_is_never_public() -> None:
    assert {row.public for row in read_taxonomy().values() if row.class_ is CaseClass.DISCIPLINE} == {False}


def test_names_are_told_apart() -> None:
    names = [row.name for row in read_taxonomy().values()]
    assert len(set(names)) == len(names)


def test_the_limits_of_the_street_are_those_of_the_taxonomy() -> None:
    units = {LimitUnit.HOURS: "h", LimitUnit.WORKING_DAYS: "wd"}
    lines = {line["code"]: line for line in read_lines(STREET, "categories.csv")}
    limits = {code: line["limit_value"] + units[LimitUnit(line["limit_unit"])] for code, line in lines.items()}
    assert limits == {code: row.limit.split()[0] for code, row in read_taxonomy().items()}


def test_the_file_is_read_once() -> None:
    assert read_taxonomy() is read_taxonomy()


def test_an_empty_list_of_co_units_is_empty(tmp_path: Path) -> None:
    file = tmp_path / "taxonomy.csv"
    file.write_text(HEADER + "M01,民生,供水,停水,水务,,24h,no\n", encoding="utf-8")
    row = read_taxonomy(file)["M01"]
    assert (row.co_units, row.public) == ((), False)


def test_an_unknown_class_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "taxonomy.csv"
    file.write_text(HEADER + "X01,其他,供水,停水,水务,,24h,no\n", encoding="utf-8")
    with pytest.raises(ValueError, match="其他"):
        read_taxonomy(file)
