"""The invented sample street, and the loader that checks every reference and says where one dangles."""

import datetime as dt
from pathlib import Path
from typing import Any

from sqlmodel import Session, select

from data.models import (
    Account,
    Building,
    Category,
    ChatGroup,
    Department,
    DepartmentKind,
    Duty,
    GroupBuilding,
    GroupMode,
    LimitUnit,
    Manager,
    NamedPlace,
    Person,
    Post,
    Role,
    RoutingRule,
    Unit,
    UnitLevel,
)
from data.seed.lines import Line, SeedError, hours, minute_of_day, read_lines, weekday, weekdays
from data.taxonomy import CaseClass, read_taxonomy

__all__ = ["STREET", "SeedError", "load_street", "read_lines"]

STREET = Path(__file__).parent
ANYBODY_MANAGES = ("self", "none")


def load_street(
    session: Session, folder: Path = STREET, *, channel: str = "console", staff_channel: str | None = None
) -> bool:
    """Fill an empty database with the street of `folder`; False if it already holds one.

    Groups are on `channel`, accounts of staff too unless they have a `staff_channel`. Raises SeedError for the first
    thing that is wrong; the caller then does not commit.
    """
    if session.exec(select(Unit.id)).first() is not None:
        return False
    _Loader(session, folder, channel, staff_channel or channel).load()
    return True


class _Loader:
    """Loads file after file, keeping what the later ones refer to, by code."""

    def __init__(self, session: Session, folder: Path, channel: str, staff_channel: str) -> None:
        self.session, self.folder, self.channel, self.staff_channel = session, folder, channel, staff_channel
        self.units: dict[str, int] = {}
        self.departments: dict[str, int] = {}
        self.people: dict[str, int] = {}
        self.buildings: dict[str, int] = {}
        self.groups: dict[str, int] = {}
        self.accounts: dict[str, int] = {}

    def load(self) -> None:
        for part in (self._units, self._departments, self._buildings, self._places, self._groups):
            part()
        for part in (self._people, self._posts, self._duties, self._categories, self._routing):
            part()
        self.session.flush()

    def _units(self) -> None:
        for line in read_lines(self.folder, "units.csv"):
            unit = Unit(code=line["code"], name=line["name"], level=line.read("level", UnitLevel))
            unit.parent_id = line.maybe("parent", self.units.__getitem__)
            self._add(line, self.units, unit.code, unit)

    def _departments(self) -> None:
        for line in read_lines(self.folder, "departments.csv"):
            kind = line.read("kind", DepartmentKind)
            department = Department(code=line["code"], name=line["name"], kind=kind)
            self._add(line, self.departments, department.code, department)

    def _buildings(self) -> None:
        for line in read_lines(self.folder, "buildings.csv"):
            kind, company = self._manager(line)
            building = Building(
                code=line["code"],
                unit_id=line.read("unit", self.units.__getitem__),
                estate=line["estate"],
                number=line.read("number", int),
                entrances=line.read("entrances", int),
                floors=line.read("floors", int),
                manager=kind,
                manager_department_id=company,
                aliases=line.many("aliases"),
            )
            self._add(line, self.buildings, building.code, building)

    def _manager(self, line: Line) -> tuple[Manager, int | None]:
        if line["manager"] in ANYBODY_MANAGES:
            return Manager(line["manager"]), None
        return Manager.PROPERTY, line.read("manager", self.departments.__getitem__)

    def _places(self) -> None:
        for line in read_lines(self.folder, "places.csv"):
            self.session.add(
                NamedPlace(
                    name=line["name"],
                    unit_id=line.read("unit", self.units.__getitem__),
                    building_id=line.maybe("building", self.buildings.__getitem__),
                    aliases=line.many("aliases"),
                )
            )

    def _groups(self) -> None:
        for line in read_lines(self.folder, "groups.csv"):
            mode = line.read("mode", GroupMode)
            group = ChatGroup(channel=self.channel, platform_id=line["code"], name=line["name"], mode=mode)
            group_id = self._add(line, self.groups, group.platform_id, group)
            for code in line.many("buildings"):
                if code not in self.buildings:
                    raise line.error(f"column 'buildings' names an unknown building '{code}'")
                self.session.add(GroupBuilding(group_id=group_id, building_id=self.buildings[code]))

    def _people(self) -> None:
        for line in read_lines(self.folder, "people.csv"):
            person = Person(
                code=line["code"],
                name=line["name"],
                phone=line["phone"] or None,
                party_member=line["party_member"] == "yes",
            )
            person_id = self._add(line, self.people, person.code, person)
            account = Account(channel=self.staff_channel, platform_id=line["account"], person_id=person_id)
            account.nickname = line["name"]
            self._add(line, self.accounts, account.platform_id, account)

    def _posts(self) -> None:
        for line in read_lines(self.folder, "posts.csv"):
            self.session.add(
                Post(
                    person_id=line.read("person", self.people.__getitem__),
                    role=line.read("role", Role),
                    unit_id=line.maybe("unit", self.units.__getitem__),
                    department_id=line.maybe("department", self.departments.__getitem__),
                    since=line.read("since", dt.date.fromisoformat),
                    until=line.maybe("until", dt.date.fromisoformat),
                )
            )

    def _duties(self) -> None:
        for line in read_lines(self.folder, "duties.csv"):
            self.session.add(
                Duty(
                    unit_id=line.read("unit", self.units.__getitem__),
                    person_id=line.read("person", self.people.__getitem__),
                    weekday=line.read("weekday", weekday),
                    starts_minute=line.read("starts", minute_of_day),
                    ends_minute=line.read("ends", minute_of_day),
                )
            )

    def _categories(self) -> None:
        limits: dict[str, Line] = {}
        for line in read_lines(self.folder, "categories.csv"):
            if line["code"] not in read_taxonomy():
                raise line.error(f"the taxonomy has no category '{line['code']}'")
            _once(line, limits, line["code"], line)
        for code, row in read_taxonomy().items():
            if code not in limits:
                raise SeedError(f"categories.csv: category {code} of the taxonomy has no limit")
            line = limits[code]
            self.session.add(
                Category(
                    code=code,
                    class_=row.class_,
                    name=row.name,
                    covers=row.covers,
                    limit_value=line.read("limit_value", int),
                    limit_unit=line.read("limit_unit", LimitUnit),
                    emergency_hours=line.read("emergency_hours", int),
                    public=row.public,
                )
            )
        self.session.flush()

    def _routing(self) -> None:
        rules: dict[int, tuple[Line, RoutingRule]] = {}
        for line in read_lines(self.folder, "routing.csv"):
            rule = self._rule(line)
            _once(line, rules, rule.position, (line, rule))
        if not rules:
            raise SeedError("routing.csv: there is no rule, so every case would be left without a unit")
        line, rule = rules[max(rules)]
        if not _catches_all(rule):
            raise line.error("the last rule must match everything, so that no case is left without a unit")
        self.session.add_all(rule for _line, rule in rules.values())

    def _rule(self, line: Line) -> RoutingRule:
        start, end = line.maybe("hours", hours) or (None, None)
        for code in line.many("co"):
            if code not in self.departments and code != "community":
                raise line.error(f"column 'co' names an unknown department '{code}'")
        return RoutingRule(
            position=line.read("position", int),
            class_=line.maybe("class", CaseClass),
            category_code=line.maybe("category", lambda code: read_taxonomy()[code].code),
            unit_id=line.maybe("unit", self.units.__getitem__),
            manager=line.maybe("manager", Manager),
            weekdays=line.read("weekdays", weekdays),
            from_minute=start,
            to_minute=end,
            lead_department_id=None if line["lead"] == "manager" else line.read("lead", self.departments.__getitem__),
            co_units=line.many("co"),
            reason=line["reason"],
        )

    def _add(self, line: Line, known: dict[str, int], code: str, row: Any) -> int:
        """Insert now, because later files refer to the id."""
        _once(line, known, code, 0)
        self.session.add(row)
        self.session.flush()
        known[code] = int(row.id)
        return known[code]


def _once(line: Line, known: dict[Any, Any], code: str | int, value: Any) -> None:
    """Note a code; one that is there already is an error of this line."""
    if code in known:
        raise line.error(f"'{code}' stands twice")
    known[code] = value


def _catches_all(rule: RoutingRule) -> bool:
    """Whether the rule fits every case at every hour and names somebody whatever the building."""
    limits = (rule.class_, rule.category_code, rule.unit_id, rule.manager, rule.weekdays)
    return not any(limits) and rule.from_minute is None and rule.lead_department_id is not None
