"""Within which time, and how sure, talk is joined: `data/joining.csv`, one rule and its reason a row."""

import csv
import datetime as dt
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Self

RULES = Path(__file__).parents[1] / "data" / "joining.csv"


class JoiningRulesError(ValueError):
    """The table cannot be used, with file, rule and reason."""


@dataclass(frozen=True)
class JoiningRules:
    """One field a row; names that end in `minutes` are times, `lines` and `characters` counts, others chances."""

    own_minutes: float
    own_characters: float
    own_chance: float
    own_short_chance: float
    together_minutes: float
    together_lines: float
    together_chance: float
    together_sure: float
    together_unsaid: float
    together_class: float
    together_characters: float
    together_each: float
    neighbour_minutes: float
    plus_one_minutes: float
    same_category_minutes: float
    same_category_chance: float
    same_category_sure: float
    place_minutes: float
    correction_minutes: float
    discipline_chance: float
    discipline_other: float
    discipline_minutes: float

    @classmethod
    def read(cls, path: Path = RULES) -> Self:
        """Raises JoiningRulesError for a table that lacks a rule or has a value that is no number."""
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = {row.get("rule"): row.get("value") for row in csv.DictReader(file)}
        try:
            return cls(**{field.name: _number(rows[field.name]) for field in fields(cls)})
        except (KeyError, ValueError) as error:
            raise JoiningRulesError(f"{path.name}: {error}") from None


def _number(written: str | None) -> float:
    number = float(written or "")
    if not 0 <= number < float("inf"):
        raise ValueError(f"{written} is no time, count or chance")
    return number


@cache
def rules() -> JoiningRules:
    """The committed table, read once."""
    return JoiningRules.read()


def since(now: dt.datetime, minutes: float) -> dt.datetime:
    return now - dt.timedelta(minutes=minutes)
