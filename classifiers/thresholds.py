"""How sure the bot must be before it acts, from what mistakes cost: a table that an office can edit.

Where the probabilities are honest, saying yes pays from the point on at which a wrong yes, as often as it happens
there, costs as much as a wrong no: p = wrong_yes / (wrong_yes + wrong_no).
"""

import csv
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Self

COSTS = Path(__file__).parents[1] / "data" / "costs.csv"


class CostsError(ValueError):
    """The table of costs cannot be used, with file, decision and reason."""


@dataclass(frozen=True)
class Thresholds:
    """Probabilities between 0 and 1; the defaults are those of `data/costs.csv`, set on real messages never learned."""

    register: float = 0.96
    """Overheard talk becomes a case only from here on: a false alarm disturbs two hundred neighbours."""

    addressed: float = 0.5
    """What was said to the bot becomes a case from here on: who calls it wants something."""

    candidate: float = 0.85
    """Overheard talk below `register` is offered to a person from here on, and not answered."""

    ask: float = 0.15
    """What was said to the bot is asked back from here on; below it is small talk."""

    discipline: float = 5 / 6
    """纪检 is chosen exactly from here on: lower finds more accusations, higher sends less 民生 to that office."""

    category: float = 0.5
    """Below it the category is a guess that a person should look at."""

    @classmethod
    def from_costs(cls, path: Path = COSTS) -> Self:
        """Read from a table with the columns decision, wrong_yes and wrong_no; raises CostsError."""
        try:
            with path.open(encoding="utf-8-sig", newline="") as file:
                rows = {row.get("decision") or "": row for row in csv.DictReader(file)}
        except (OSError, UnicodeDecodeError) as error:
            raise CostsError(f"{path.name}：读不出来（{type(error).__name__}）") from None
        found = cls(**{field.name: _threshold(path, rows, field.name) for field in fields(cls)})
        if found.candidate > found.register or found.ask > found.addressed:
            raise CostsError(f"{path.name}：candidate 不能比 register 严，ask 不能比 addressed 严")
        return found


def _threshold(path: Path, rows: dict[str, dict[str, str]], decision: str) -> float:
    try:
        yes, no = (float(rows[decision][column]) for column in ("wrong_yes", "wrong_no"))
    except (KeyError, ValueError, TypeError):
        raise CostsError(f"{path.name}：{decision} 要有 wrong_yes 和 wrong_no 两个数") from None
    if not (0 < yes < float("inf") and 0 < no < float("inf")):
        raise CostsError(f"{path.name}：{decision} 的两个数都要大于 0")
    return yes / (yes + no)


DEFAULT_THRESHOLDS = Thresholds()
