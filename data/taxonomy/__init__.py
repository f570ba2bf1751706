"""The 41 categories and the closed vocabularies around them.

`taxonomy.csv` is the file an administrator edits; codes are fixed, names, units and limits are data.
"""

import csv
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

TAXONOMY_FILE = Path(__file__).with_name("taxonomy.csv")


class CaseClass(StrEnum):
    """The three classes of the mission: who answers for a matter in the first place."""

    DISCIPLINE = "纪检"
    PARTY = "党建"
    LIVELIHOOD = "民生"


class Urgency(StrEnum):
    EMERGENCY = "emergency"
    URGENT = "urgent"
    NORMAL = "normal"


@dataclass(frozen=True)
class TaxonomyRow:
    """One category as the taxonomy file states it; `limit` is text such as `24h` or `5wd`."""

    code: str
    class_: CaseClass
    name: str
    covers: str
    lead_unit: str
    co_units: tuple[str, ...]
    limit: str
    public: bool


@cache
def read_taxonomy(path: Path = TAXONOMY_FILE) -> dict[str, TaxonomyRow]:
    """All categories by code, in the order of the file."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = [_row(line) for line in csv.DictReader(file)]
    return {row.code: row for row in rows}


def _row(line: dict[str, str]) -> TaxonomyRow:
    return TaxonomyRow(
        code=line["code"],
        class_=CaseClass(line["class"]),
        name=line["name"],
        covers=line["covers"],
        lead_unit=line["lead_unit"],
        co_units=tuple(filter(None, line["co_units"].split(";"))),
        limit=line["typical_limit"],
        public=line["public"] == "yes",
    )
