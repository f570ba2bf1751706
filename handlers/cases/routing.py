"""Routing chooses grid and department from the table in the database: first match wins, and it says why."""

import datetime as dt
from dataclasses import dataclass

from data.models import Building, Manager, RoutingRule, Unit, UnitLevel
from data.taxonomy import CaseClass
from handlers.directory import Directory
from handlers.local_time import SHANGHAI


@dataclass(frozen=True)
class Matter:
    """What the table is asked about."""

    class_: CaseClass
    category: str
    unit_id: int
    building: Building | None
    at: dt.datetime


@dataclass(frozen=True)
class Route:
    lead_department_id: int
    co_units: tuple[str, ...]
    because: str


class NoRoute(LookupError):
    """No line of the routing table matches: the table lacks its last, catch-all line."""


def route(directory: Directory, matter: Matter) -> Route:
    """The first line of the table that matches.

    Raises NoRoute when none does; loading the seed refuses a table without a catch-all.
    """
    for rule in directory.rules:
        if not _matches(directory, rule, matter):
            continue
        lead = rule.lead_department_id or _manager(matter)
        if lead is not None:
            return Route(lead, tuple(rule.co_units), f"分派规则{rule.position}：{rule.reason}")
    raise NoRoute(f"no routing rule for {matter.category} at unit {matter.unit_id}")


def _manager(matter: Matter) -> int | None:
    return matter.building.manager_department_id if matter.building else None


def _matches(directory: Directory, rule: RoutingRule, matter: Matter) -> bool:
    return (
        (rule.class_ is None or rule.class_ == matter.class_)
        and (rule.category_code is None or rule.category_code == matter.category)
        and (rule.unit_id is None or any(u.id == rule.unit_id for u in directory.lineage(matter.unit_id)))
        and (rule.manager is None or rule.manager is _kind_of_manager(matter))
        and _time_fits(rule, matter.at)
    )


def _kind_of_manager(matter: Matter) -> Manager | None:
    return matter.building.manager if matter.building else None


def _time_fits(rule: RoutingRule, at: dt.datetime) -> bool:
    local = at.astimezone(SHANGHAI)
    if rule.weekdays and str(local.weekday()) not in rule.weekdays:
        return False
    if rule.from_minute is None or rule.to_minute is None:
        return True
    minute = local.hour * 60 + local.minute
    if rule.from_minute <= rule.to_minute:
        return rule.from_minute <= minute < rule.to_minute
    return minute >= rule.from_minute or minute < rule.to_minute


def answering_unit(directory: Directory, unit_id: int, *, for_community: bool) -> Unit:
    """The unit that answers: the grid of the place, or its community for inquiries and suggestions."""
    return directory.ancestor(unit_id, UnitLevel.COMMUNITY) if for_community else directory.units[unit_id]
