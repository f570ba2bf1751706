"""Which cases the board and the list are about: one filter, which becomes conditions here and nowhere else."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, TextClause
from sqlmodel import col

from data.models import Case, UnitLevel
from data.taxonomy import CaseClass
from handlers.directory import Directory
from handlers.local_time import Period, local_day, moment_of

Condition = ColumnElement[bool] | TextClause
DAY_MINUTES = 1440
# A limit nobody reaches: behind it a database works out an expression once a case, not once for each use.
EVERY = 2**31 - 1


class By(StrEnum):
    COMMUNITY = "community"
    GRID = "grid"
    DEPARTMENT = "department"
    CATEGORY = "category"
    WEEK = "week"


LEVELS = {By.COMMUNITY: UnitLevel.COMMUNITY, By.GRID: UnitLevel.GRID}


@dataclass(frozen=True)
class Scope:
    """A period and any of: a unit with all below it, a department, a category, a class.

    `units` are those the person may see, None is all of them. With `line` the unit stands for its line of the table
    by community or grid: where a case has no such unit, that is the next one above, and then without all below it.
    """

    period: Period
    units: frozenset[int] | None = None
    unit: int | None = None
    line: By | None = None
    department: int | None = None
    category: str | None = None
    class_: CaseClass | None = None

    def places(self, directory: Directory) -> list[Condition]:
        """The conditions on a case, without the period."""
        found: list[Condition] = []
        if (units := self._units(directory)) is not None:
            found.append(col(Case.unit_id).in_(units))
        if self.department is not None:
            found.append(col(Case.lead_department_id) == self.department)
        if self.category is not None:  # an unknown code never gets as far as the database
            found.append(
                col(Case.category_code) == self.category if self.category in directory.categories else sa.false()
            )
        if self.class_ is not None:
            found.append(col(Case.class_) == self.class_)
        return found

    def previous(self) -> "Scope":
        """The same over the same length of time right before."""
        start, end = self.period.start, self.period.end
        return replace(self, period=Period(start - max(end - start, dt.timedelta()), start))

    def _units(self, directory: Directory) -> frozenset[int] | None:
        if self.unit is None:
            return self.units
        found = {key for key in directory.units if self._in_unit(directory, key)}
        return frozenset(found if self.units is None else found & self.units)

    def _in_unit(self, directory: Directory, key: int) -> bool:
        if self.line in LEVELS:
            return directory.ancestor(key, LEVELS[self.line]).id == self.unit
        return any(unit.id == self.unit for unit in directory.lineage(key))


def within(column: Any, period: Period) -> tuple[Condition, ...]:
    return (column >= period.start, column < period.end)


def all_of(conditions: Sequence[Condition]) -> ColumnElement[bool]:
    return sa.and_(sa.true(), *conditions)


def last_days(days: int, now: dt.datetime) -> Period:
    """The last local days, today included and whole."""
    today = local_day(now)
    return days_between(today - dt.timedelta(days=days - 1), today)


def days_between(first: dt.date, last: dt.date) -> Period:
    """From the beginning of the first local day to the end of the last."""
    return Period(moment_of(first, 0), moment_of(last, DAY_MINUTES))
