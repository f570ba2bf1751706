"""Who a definition speaks to: groups, posts, people and party members, found anew for each day it speaks on."""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from data.models import ChatGroup, Post, Role, ScheduledMessage, UnitLevel
from handlers.directory import Directory, held

MEMBERS = "members"
ALL_GROUPS = "groups_of:"
ROLES = {
    Role.GRID_MEMBER: "网格员",
    Role.GRID_LEADER: "网格长",
    Role.COMMUNITY_STAFF: "社区工作人员",
    Role.DEPUTY: "副职负责人",
    Role.HEAD: "主要负责人",
    Role.DEPARTMENT_STAFF: "部门工作人员",
    Role.ADMINISTRATOR: "管理员",
}


@dataclass(frozen=True)
class Recipients:
    """Ids of groups and people, each once."""

    groups: tuple[int, ...] = ()
    people: tuple[int, ...] = ()


def recipients(directory: Directory, definition: ScheduledMessage, day: dt.date) -> Recipients:
    """Who they are on that day; who is no longer in the directory is left out."""
    wanted = set(definition.audience)
    groups = (group_id for group_id in groups_by_id(directory) if f"group:{group_id}" in wanted)
    people = {person_id for person_id in directory.people if f"person:{person_id}" in wanted}
    people.update(_by_post(directory, definition, wanted, day))
    if MEMBERS in wanted and definition.unit_id is None:
        people.update(person_id for person_id, person in directory.people.items() if person.party_member)
    return Recipients(tuple(sorted(groups)), tuple(sorted(people)))


def groups_by_id(directory: Directory) -> dict[int, ChatGroup]:
    return {group.id or 0: group for group in directory.groups.values()}


def known_entries(directory: Directory) -> set[str]:
    """Every entry an audience may hold today."""
    roles = (f"role:{role}" for role in ROLES)
    people = (f"person:{person_id}" for person_id in directory.people)
    groups = (f"group:{group_id}" for group_id in groups_by_id(directory))
    return {MEMBERS, *roles, *people, *groups}


def groups_by_community(directory: Directory) -> dict[int, list[ChatGroup]]:
    """The groups under the community they belong to; what belongs to none lies higher up."""
    found: dict[int, list[ChatGroup]] = {}
    for group in directory.groups.values():
        community = directory.ancestor(directory.home_unit(group), UnitLevel.COMMUNITY)
        found.setdefault(community.id or 0, []).append(group)
    return found


def spelt_out(directory: Directory, entries: Iterable[str]) -> list[str]:
    """The entries, each once, with `groups_of:3` for all groups of a community replaced by those it has today."""
    whole = {f"{ALL_GROUPS}{unit}": groups for unit, groups in groups_by_community(directory).items()}
    found = ([f"group:{group.id}" for group in whole[entry]] if entry in whole else [entry] for entry in entries)
    return list(dict.fromkeys(entry for part in found for entry in part))


def in_words(directory: Directory, definition: ScheduledMessage) -> str:
    """The audience as it was chosen, in a few words."""
    kinds = [entry.partition(":")[0] for entry in definition.audience]
    names = [*_roles_in_words(definition.audience), *(["党员"] if MEMBERS in kinds else [])]
    if names and definition.unit_id in directory.units:
        names[0] = f"{directory.units[definition.unit_id].name}的{names[0]}"
    if people := kinds.count("person"):
        names.append(_few(directory, definition, people))
    if groups := kinds.count("group"):
        names.append(f"{groups}个群")
    return "、".join(names) or "没有人"


def _by_post(directory: Directory, definition: ScheduledMessage, wanted: set[str], day: dt.date) -> Iterator[int]:
    """Holders of the posts that are wanted, and, where a unit is named, the party members among its people."""
    by_unit = MEMBERS in wanted and definition.unit_id is not None
    if not by_unit and not any(entry.startswith("role:") for entry in wanted):
        return
    for post in directory.posts:
        person = directory.people.get(post.person_id)
        meant = f"role:{post.role}" in wanted or (by_unit and person is not None and person.party_member)
        if person is not None and meant and held(post, day) and _within(directory, post, definition.unit_id):
            yield post.person_id


def _within(directory: Directory, post: Post, unit_id: int | None) -> bool:
    """Whether the post lies in the unit or below it; a department lies in none."""
    if unit_id is None:
        return True
    return post.unit_id is not None and any(unit.id == unit_id for unit in directory.lineage(post.unit_id))


def _roles_in_words(audience: Iterable[str]) -> list[str]:
    return [name for role, name in ROLES.items() if f"role:{role}" in audience]


def _few(directory: Directory, definition: ScheduledMessage, count: int) -> str:
    named = [p.name for p in directory.people.values() if f"person:{p.id}" in definition.audience]
    return "、".join(named) if count == len(named) <= 3 else f"{count}个人"
