"""The filters in the address, the same ones for the board and for the list, and addresses made of filters."""

import datetime as dt
from dataclasses import dataclass, replace
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Query, Request
from pydantic import BeforeValidator, Field

from bot.running import Bot
from data.models import UnitLevel
from data.taxonomy import CaseClass
from handlers.cases.scope import By, Scope, days_between, last_days
from handlers.directory import Directory
from handlers.local_time import Period, local_day

LONGEST_PERIOD_DAYS = 366
DEFAULT_DAYS = 30
# A form sends a field that is not filled in as an empty one.
BLANK = BeforeValidator(lambda value: None if value == "" else value)
# Years in which every calendar and both databases are at home.
Day = Annotated[dt.date, Field(ge=dt.date(2000, 1, 1), le=dt.date(2100, 1, 1))]
Days = Annotated[int, Field(ge=1, le=LONGEST_PERIOD_DAYS)]
Id = Annotated[int, Field(ge=1, le=2**31 - 1)]  # what the databases take
Code = Annotated[str, Field(max_length=16)]
PLACED = (UnitLevel.COMMUNITY, UnitLevel.GRID)


@dataclass(frozen=True)
class Asked:
    """The scope in the address, and how its period was given: by its days, else by its dates."""

    scope: Scope
    days: int | None


def asked_scope(
    request: Request,
    days: Annotated[Days | None, Query(), BLANK] = None,
    start: Annotated[Day | None, Query(), BLANK] = None,
    end: Annotated[Day | None, Query(), BLANK] = None,
    unit: Annotated[Id | None, Query(), BLANK] = None,
    department: Annotated[Id | None, Query(), BLANK] = None,
    category: Annotated[Code | None, Query(), BLANK] = None,
    class_: Annotated[CaseClass | None, Query(alias="class"), BLANK] = None,
) -> Asked:
    """Dates win over a number of days; of two dates a missing one is today, or as many days before the end."""
    bot: Bot = request.app.state.bot
    now = bot.clock()
    if start is None and end is None:
        days = days or DEFAULT_DAYS
        period = last_days(days, now)
    else:
        period, days = _between(start, end, local_day(now)), None
    return Asked(Scope(period, unit=unit, department=department, category=category, class_=class_), days)


def _between(start: dt.date | None, end: dt.date | None, today: dt.date) -> Period:
    last = end or today
    return days_between(start or max(last, dt.date(2000, 1, 31)) - dt.timedelta(days=DEFAULT_DAYS - 1), last)


def query(scope: Scope, **more: Any) -> dict[str, Any]:
    """The scope as it stands in an address, without what is not asked."""
    first, last = dates(scope.period)
    found = {"start": first, "end": last, "unit": scope.unit, "line": scope.line, "department": scope.department}
    found |= {"category": scope.category, "class": scope.class_} | more
    return {name: value for name, value in found.items() if value is not None}


def dates(period: Period) -> tuple[dt.date, dt.date]:
    """The first and the last day; for a period that is over before it begins, the last is the earlier."""
    return local_day(period.start), local_day(period.end - dt.timedelta(microseconds=1))


def list_address(scope: Scope, measure: str, **more: Any) -> str:
    """The list of the cases a number counts."""
    return "/console/cases?" + urlencode({"measure": str(measure)} | query(scope, **more))


def board_address(asked: Asked, by: By) -> str:
    """The same board by another dimension."""
    found = query(asked.scope)
    if asked.days is not None:
        found = {"days": asked.days} | {name: found[name] for name in found if name not in ("start", "end")}
    return "/console?" + urlencode({"by": by.value} | found)


def units_to_choose(directory: Directory, visible: frozenset[int] | None) -> list[tuple[int, str]]:
    """Communities and grids that may be looked at, each grid after its community."""
    units = [unit for unit in directory.units.values() if unit.level in PLACED]
    chosen = [unit for unit in units if visible is None or unit.id in visible]
    by_place = sorted(
        chosen, key=lambda unit: [str(above.code) for above in reversed(list(directory.lineage(unit.id or 0)))]
    )
    return [(unit.id or 0, ("\u3000" if unit.level is UnitLevel.GRID else "") + unit.name) for unit in by_place]


def within_units(asked: Asked, visible: frozenset[int] | None) -> Asked:
    """The same for somebody who may see these units only."""
    return replace(asked, scope=replace(asked.scope, units=visible))
