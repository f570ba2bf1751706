"""A snapshot of the master data: units, people with posts, buildings, groups, categories, rules, calendar.

It is read whole once and shared by all messages until the next reload, because it is small, changes rarely and
every message needs it.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

from sqlmodel import Session, SQLModel, col, select

from classifiers.place import Place, PlaceNames, StreetNames
from data.models import (
    Account,
    Building,
    CalendarOverride,
    Category,
    ChatGroup,
    Department,
    Duty,
    GroupBuilding,
    NamedPlace,
    Person,
    Post,
    Role,
    RoutingRule,
    Unit,
    UnitLevel,
)

Row = TypeVar("Row", bound=SQLModel)
LEVELS = tuple(UnitLevel)
MOST_CHOICES = 4


@dataclass(frozen=True)
class Directory:
    """The master data, indexed the way the handlers ask for it."""

    units: dict[int, Unit]
    departments: dict[int, Department]
    people: dict[int, Person]
    posts: tuple[Post, ...]
    duties: tuple[Duty, ...]
    buildings: dict[int, Building]
    places: tuple[NamedPlace, ...]
    groups: dict[tuple[str, str], ChatGroup]
    group_buildings: dict[int, tuple[int, ...]]
    categories: dict[str, Category]
    rules: tuple[RoutingRule, ...]
    overrides: tuple[CalendarOverride, ...]
    staff_accounts: dict[int, tuple[Account, ...]]
    accounts: dict[tuple[str, str], Account] = field(default_factory=dict)
    """Who spoke since this was read, by channel and platform id."""
    _names: dict[int | None, PlaceNames] = field(default_factory=dict)

    @classmethod
    def load(cls, session: Session) -> "Directory":
        """Read everything; a few thousand small rows."""
        groups = session.exec(select(ChatGroup).where(col(ChatGroup.ended_at).is_(None))).all()
        return cls(
            units=_by_id(session.exec(select(Unit)).all()),
            departments=_by_id(session.exec(select(Department)).all()),
            people=_by_id(session.exec(select(Person)).all()),
            posts=tuple(session.exec(select(Post)).all()),
            duties=tuple(session.exec(select(Duty)).all()),
            buildings=_by_id(session.exec(select(Building)).all()),
            places=tuple(session.exec(select(NamedPlace)).all()),
            groups={(group.channel, group.platform_id): group for group in groups},
            group_buildings=_buildings_of_groups(session),
            categories={category.code: category for category in session.exec(select(Category)).all()},
            rules=tuple(session.exec(select(RoutingRule).order_by("position")).all()),
            overrides=tuple(session.exec(select(CalendarOverride)).all()),
            staff_accounts=_staff_accounts(session),
        )

    def lineage(self, unit_id: int) -> Iterator[Unit]:
        """The unit, its parent, and so on up to the root."""
        current: int | None = unit_id
        while current is not None:
            unit = self.units[current]
            yield unit
            current = unit.parent_id

    def ancestor(self, unit_id: int, level: UnitLevel) -> Unit:
        """The unit of `level` above (or at) `unit_id`; the root where the tree has no such level."""
        unit = self.units[unit_id]
        for unit in self.lineage(unit_id):
            if LEVELS.index(unit.level) <= LEVELS.index(level):
                return unit
        return unit

    def posts_at(self, unit_id: int, roles: Iterable[Role], on: dt.date) -> list[Post]:
        """Posts of these roles held at the unit on that day, in the order of `roles`."""
        here = [post for post in self._posts_of_unit.get(unit_id, ()) if held(post, on)]
        return [post for role in roles for post in here if post.role == role]

    def posts_of(self, person_id: int, on: dt.date) -> tuple[Post, ...]:
        return tuple(post for post in self._posts_of_person.get(person_id, ()) if held(post, on))

    def names_for(self, group: ChatGroup | None) -> PlaceNames:
        """The dictionary of places the people of this group mean; who speaks privately may mean the whole street."""
        key = group.id if group else None
        if key not in self._names:
            near = self.group_buildings.get(key or 0, ())
            self._names[key] = self._place_names(near) if group else self._street_names()
        return self._names[key]

    def choices(self, place: Place) -> str:
        """What to ask between where a place is ambiguous; estates are named where the conversation knows several."""
        found = [self.buildings[int(key)] for key in place.ambiguous]
        several = len({building.estate for building in found}) > 1
        if not several and not any(building.estate in place.text for building in found):
            return "、".join(f"{building.number}号楼" for building in found[:MOST_CHOICES])
        spot = place.name if place.name and place.text.startswith(place.name) else None
        named = list(dict.fromkeys(f"{building.estate}{spot or f'{building.number}号楼'}" for building in found))
        return "、".join(named) if len(named) <= MOST_CHOICES else f"小区名和楼号，如「{named[0]}」"

    def webhook_key(self, platform_id: str) -> str | None:
        """What the office entered, so that the group can be written to from outside."""
        own = (group for (_, known), group in self.groups.items() if known == platform_id)
        return next((group.webhook_key for group in own if group.webhook_key), None)

    def home_unit(self, group: ChatGroup | None) -> int:
        """The unit a message without a place belongs to: the nearest one above all buildings of the group."""
        buildings = self.group_buildings.get(group.id or 0, ()) if group else ()
        if not buildings:
            return self.root
        chains = [[unit.id for unit in self.lineage(self.buildings[b].unit_id)] for b in buildings]
        return next(unit for unit in chains[0] if unit and all(unit in chain for chain in chains))

    @cached_property
    def root(self) -> int:
        """The subdistrict that runs this system, else the top of the tree."""
        by_level = sorted(self.units.values(), key=lambda unit: LEVELS.index(unit.level))
        streets = [unit for unit in by_level if unit.level is UnitLevel.SUBDISTRICT]
        return (streets or by_level)[0].id or 0

    @cached_property
    def _posts_of_unit(self) -> dict[int | None, list[Post]]:
        return _grouped(self.posts, "unit_id")

    @cached_property
    def _posts_of_person(self) -> dict[int | None, list[Post]]:
        return _grouped(self.posts, "person_id")

    def _place_names(self, building_ids: tuple[int, ...]) -> PlaceNames:
        """Buildings of the same estates come along: neighbours also report what they see next door."""
        estates = {(self.buildings[b].estate) for b in building_ids}
        near = [b for b in self.buildings.values() if b.estate in estates]
        communities = {self.ancestor(b.unit_id, UnitLevel.COMMUNITY).id for b in near}
        places = {
            name: str(place.building_id) if place.building_id else None
            for place in self.places
            if place.unit_id in communities
            for name in (place.name, *place.aliases)
        }
        home = str(building_ids[0]) if len(building_ids) == 1 else None
        return PlaceNames.of([(str(b.id), b.number, b.aliases) for b in near], places, home)

    def _street_names(self) -> StreetNames:
        """All of the street: a building counts with its estate, or where its number is the only one."""
        estates = {building.id: building.estate for building in self.buildings.values()}
        buildings = [(b.estate, str(b.id), b.number, b.aliases) for b in self.buildings.values()]
        places = [
            (name, estates.get(place.building_id, ""), str(place.building_id) if place.building_id else None)
            for place in self.places
            for name in (place.name, *place.aliases)
        ]
        above = LEVELS.index(UnitLevel.COMMUNITY)
        taken = [unit.name for unit in self.units.values() if LEVELS.index(unit.level) <= above]
        return StreetNames.of_street(buildings, places, taken)


def held(post: Post, on: dt.date) -> bool:
    """Whether the post is held on that day; `until` is the last day."""
    return post.since <= on and (post.until is None or on <= post.until)


def _by_id(rows: Iterable[Row]) -> dict[int, Row]:
    return {row.id: row for row in rows}  # type: ignore[attr-defined]


def _grouped(posts: Iterable[Post], key: str) -> dict[int | None, list[Post]]:
    groups: dict[int | None, list[Post]] = defaultdict(list)
    for post in posts:
        groups[getattr(post, key)].append(post)
    return groups


def _buildings_of_groups(session: Session) -> dict[int, tuple[int, ...]]:
    found: dict[int, list[int]] = defaultdict(list)
    for link in session.exec(select(GroupBuilding)).all():
        found[link.group_id].append(link.building_id)
    return {group: tuple(buildings) for group, buildings in found.items()}


def _staff_accounts(session: Session) -> dict[int, tuple[Account, ...]]:
    found: dict[int, list[Account]] = defaultdict(list)
    for account in session.exec(select(Account).where(Account.person_id.is_not(None))).all():  # type: ignore[union-attr]
        found[account.person_id or 0].append(account)
    # The app comes before the robot: only its cards can be pressed everywhere.
    return {person: tuple(sorted(accounts, key=lambda account: account.channel)) for person, accounts in found.items()}
