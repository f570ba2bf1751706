"""The invented sample street, and the loader that checks every reference and says where one dangles."""

import csv
import datetime as dt
from collections.abc import Callable, Iterator
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
from data.taxonomy import CaseClass, read_taxonomy

STREET = Path(__file__).parent
ANYBODY_MANAGES = ("self", "none")


class SeedError(ValueError):
    """A seed file is wrong; the message names file, line and column."""


class Line:
    """One line of a seed file, which knows where it stands when something in it is wrong."""

    def __init__(self, file: str, number: int, values: dict[str, str]) -> None:
        self._file, self._number, self._values = file, number, values

    def __getitem__(self, column: str) -> str:
        if self._values.get(column) is None:
            raise self.error(f"column '{column}' is missing")
        return self._values[column].strip()

    def many(self, column: str) -> list[str]:
        return [part for part in self[column].split("|") if part]

    def read(self, column: str, convert: Callable[[str], Any]) -> Any:
        """The value converted; what cannot be converted is an error of this line."""
        try:
            return convert(self[column])
        except (ValueError, KeyError):
            raise self.error(f"column '{column}' has no valid value: '{self[column]}'") from None

    def maybe(self, column: str, convert: Callable[[str], Any]) -> Any:
        return self.read(column, convert) if self[column] else None

    def error(self, what: str) -> SeedError:
        return SeedError(f"{self._file}, line {self._number}: {what}")


def load_street(session: Session, folder: Path = STREET, *, channel: str = "console") -> bool:
    """Fill an empty database with the street of `folder`; False if it already holds one.

    Raises SeedError for the first thing that is wrong; the caller then does not commit.
    """
    if session.exec(select(Unit.id)).first() is not None:
        return False
    _Loader(session, folder, channel).load()
    return True


def read_lines(folder: Path, name: str) -> Iterator[Line]:
    """The lines of a seed file, with their numbers."""
    path = folder / name
    if not path.exists():
        raise SeedError(f"{name}: the file is missing in {folder}")
    with path.open(encoding="utf-8-sig", newline="") as file:
        for number, values in enumerate(csv.DictReader(file), start=2):
            yield Line(name, number, values)


class _Loader:
    """Loads file after file, keeping what the later ones refer to, by code."""

    def __init__(self, session: Session, folder: Path, channel: str) -> None:
        self.session, self.folder, self.channel = session, folder, channel
        self.units: dict[str, int] = {}
        self.departments: dict[str, int] = {}
        self.people: dict[str, int] = {}
        self.buildings: dict[str, int] = {}

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
            self.units[unit.code] = self._add(line, self.units, unit.code, unit)

    def _departments(self) -> None:
        for line in read_lines(self.folder, "departments.csv"):
            kind = line.read("kind", DepartmentKind)
            department = Department(code=line["code"], name=line["name"], kind=kind)
            self.departments[department.code] = self._add(line, self.departments, department.code, department)

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
            self.buildings[building.code] = self._add(line, self.buildings, building.code, building)

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
            group_id = self._add(line, {}, group.platform_id, group)
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
            self.people[person.code] = person_id
            account = Account(channel=self.channel, platform_id=line["account"], person_id=person_id)
            account.nickname = line["name"]
            self.session.add(account)

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
                    weekday=line.read("weekday", int),
                    starts_minute=line.read("starts", minute_of_day),
                    ends_minute=line.read("ends", minute_of_day),
                )
            )

    def _categories(self) -> None:
        limits = {line["code"]: line for line in read_lines(self.folder, "categories.csv")}
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
        rules = [self._rule(line) for line in read_lines(self.folder, "routing.csv")]
        if not rules or any((rules[-1].class_, rules[-1].category_code, rules[-1].unit_id, rules[-1].manager)):
            raise SeedError("routing.csv: the last rule must match everything, so that no case is left without a unit")
        self.session.add_all(rules)

    def _rule(self, line: Line) -> RoutingRule:
        start, end = line.maybe("hours", _hours) or (None, None)
        for code in line.many("co"):
            if code not in self.departments and code != "community":
                raise line.error(f"column 'co' names an unknown department '{code}'")
        return RoutingRule(
            position=line.read("position", int),
            class_=line.maybe("class", CaseClass),
            category_code=line.maybe("category", lambda code: read_taxonomy()[code].code),
            unit_id=line.maybe("unit", self.units.__getitem__),
            manager=line.maybe("manager", Manager),
            weekdays=line.many("weekdays"),
            from_minute=start,
            to_minute=end,
            lead_department_id=None if line["lead"] == "manager" else line.read("lead", self.departments.__getitem__),
            co_units=line.many("co"),
            reason=line["reason"],
        )

    def _add(self, line: Line, known: dict[str, int], code: str, row: Any) -> int:
        """Insert now, because later files refer to the id."""
        if code in known:
            raise line.error(f"code '{code}' stands twice")
        self.session.add(row)
        self.session.flush()
        return int(row.id)


def minute_of_day(text: str) -> int:
    """`HH:MM` as minutes from midnight; `24:00` is the end of the day."""
    hour, minute = text.split(":")
    total = int(hour) * 60 + int(minute)
    if not (0 <= total <= 24 * 60 and 0 <= int(minute) < 60):
        raise ValueError(text)
    return total


def _hours(text: str) -> tuple[int, int]:
    start, end = text.split("-")
    return minute_of_day(start), minute_of_day(end)
