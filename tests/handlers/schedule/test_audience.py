"""Who is meant on a day: groups, posts held then, members, people, and in which unit."""

import datetime as dt
from dataclasses import replace

from data.models import Role, Unit
from handlers.directory import Directory
from handlers.schedule import audience
from tests.handlers.schedule.plans import row

TODAY = dt.date(2026, 9, 7)


def _names(directory: Directory, *entries: str, unit: str | None = None, on: dt.date = TODAY) -> set[str]:
    found = audience.recipients(directory, row(audience=list(entries), unit_id=_unit(directory, unit)), on)
    assert found.groups == ()
    return {directory.people[person].code for person in found.people}


def _unit(directory: Directory, name: str | None) -> int | None:
    return next((unit.id for unit in directory.units.values() if unit.name == name), None)


def _holders(directory: Directory, role: Role, units: set[int | None] | None = None) -> set[str]:
    posts = [post for post in directory.posts if post.role is role and post.since <= TODAY]
    posts = [post for post in posts if post.until is None or post.until >= TODAY]
    return {directory.people[p.person_id].code for p in posts if units is None or p.unit_id in units}


def _below(directory: Directory, name: str) -> set[int | None]:
    top: list[Unit] = [unit for unit in directory.units.values() if unit.name == name]
    for unit in top:
        top += [child for child in directory.units.values() if child.parent_id == unit.id]
    return {unit.id for unit in top}


def test_posts(directory: Directory) -> None:
    assert _names(directory, "role:grid_member") == _holders(directory, Role.GRID_MEMBER)
    assert len(_names(directory, "role:grid_member")) > 20
    both = _names(directory, "role:head", "role:deputy", "role:head")
    assert both == _holders(directory, Role.HEAD) | _holders(directory, Role.DEPUTY)


def test_posts_of_a_unit_and_all_below(directory: Directory) -> None:
    units = _below(directory, "荷香社区")
    assert len(units) > 3
    members = _names(directory, "role:grid_member", unit="荷香社区")
    assert members == _holders(directory, Role.GRID_MEMBER, units)
    assert 0 < len(members) < len(_names(directory, "role:grid_member"))
    assert _names(directory, "role:department_staff", unit="荷香社区") == set()


def test_members(directory: Directory) -> None:
    members = {person.code for person in directory.people.values() if person.party_member}
    assert _names(directory, "members") == members
    here = _names(directory, "members", unit="荷香社区")
    units = _below(directory, "荷香社区")
    posted = {directory.people[p.person_id].code for p in directory.posts if p.unit_id in units and p.until is None}
    assert here == members & posted
    assert 0 < len(here) < len(members)


def test_a_post_counts_from_its_first_to_its_last_day(directory: Directory) -> None:
    post = next(post for post in directory.posts if post.role is Role.ADMINISTRATOR)
    code = directory.people[post.person_id].code
    dated = post.model_copy(update={"since": dt.date(2026, 10, 1), "until": dt.date(2026, 10, 8)})
    changed = replace(directory, posts=(dated,))
    held = {day: _names(changed, "role:administrator", on=dt.date(2026, *day)) for day in [(9, 30), (10, 1), (10, 8)]}
    assert held == {(9, 30): set(), (10, 1): {code}, (10, 8): {code}}
    assert _names(changed, "role:administrator", on=dt.date(2026, 10, 9)) == set()


def test_people_and_groups_that_are_gone(directory: Directory) -> None:
    assert _names(directory, "person:1", "person:999999", "person:1 ", "role:nobody", "nonsense") == {"p001"}
    found = audience.recipients(directory, row(audience=["group:2", "group:999999", "group:1", "group:2"]), TODAY)
    assert (found.groups, found.people) == ((1, 2), ())


def test_the_unit_does_not_limit_people_and_groups(directory: Directory) -> None:
    definition = row(audience=["person:1", "group:60"], unit_id=_unit(directory, "荷香社区"))
    assert audience.recipients(directory, definition, TODAY) == audience.Recipients((60,), (1,))


def test_all_groups_of_a_community(directory: Directory) -> None:
    sections = audience.groups_by_community(directory)
    assert sum(len(groups) for groups in sections.values()) == len(directory.groups)
    unit, groups = next(iter(sections.items()))
    entries = audience.spelt_out(directory, [f"groups_of:{unit}", f"group:{groups[0].id}", "members", "groups_of:x"])
    assert entries == [*(f"group:{group.id}" for group in groups), "members", "groups_of:x"]
    assert "groups_of:x" not in audience.known_entries(directory)


def test_in_words(directory: Directory) -> None:
    def words(*entries: str, unit: str | None = None) -> str:
        return audience.in_words(directory, row(audience=list(entries), unit_id=_unit(directory, unit)))

    assert words("role:grid_leader", "role:grid_member", unit="荷香社区") == "荷香社区的网格员、网格长"
    assert words("members", "group:1", "group:2") == "党员、2个群"
    assert words("person:1", "person:2") == "、".join(directory.people[number].name for number in (1, 2))
    assert words(*(f"person:{number}" for number in range(1, 10))) == "9个人"
    assert words() == "没有人"
