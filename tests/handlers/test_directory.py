"""The snapshot of the master data: the tree, dated posts, and what the people of a group call their places."""

import datetime as dt
from dataclasses import replace

import pytest
from sqlmodel import select

from classifiers import find_place
from data.database import Database
from data.models import ChatGroup, Role, UnitLevel
from handlers.directory import Directory
from tests.databases import SqliteDatabases


def unit_id(directory: Directory, code: str) -> int:
    return next(unit.id or 0 for unit in directory.units.values() if unit.code == code)


def group(directory: Directory, code: str) -> ChatGroup:
    return directory.groups["console", code]


def test_the_way_up(directory: Directory) -> None:
    lineage = directory.lineage(unit_id(directory, "HX-02-A"))
    assert [unit.code for unit in lineage] == ["HX-02-A", "HX-02", "HX", "QH", "LX"]


@pytest.mark.parametrize(
    ("unit", "level", "found"),
    [
        ("HX-02-A", UnitLevel.GRID, "HX-02"),
        ("HX-02-A", UnitLevel.COMMUNITY, "HX"),
        ("HX-01", UnitLevel.GRID, "HX-01"),
        ("HX", UnitLevel.GRID, "HX"),
        ("HX-01", UnitLevel.DISTRICT, "LX"),
        ("LX", UnitLevel.COMMUNITY, "LX"),
    ],
)
def test_the_unit_of_a_level(directory: Directory, unit: str, level: UnitLevel, found: str) -> None:
    assert directory.ancestor(unit_id(directory, unit), level).code == found


def test_a_tree_without_a_level_answers_with_its_root(directory: Directory) -> None:
    units = {key: unit for key, unit in directory.units.items() if unit.code != "LX"}
    root = next(unit for unit in units.values() if unit.code == "QH").model_copy(update={"parent_id": None})
    small = replace(directory, units=units | {root.id or 0: root})
    assert small.ancestor(unit_id(small, "HX-01"), UnitLevel.DISTRICT).code == "QH"


def test_posts_come_in_the_order_of_the_roles_and_only_while_they_are_held(directory: Directory) -> None:
    def held(unit: str, on: dt.date, *roles: Role) -> list[str]:
        posts = directory.posts_at(unit_id(directory, unit), roles, on)
        return [directory.people[post.person_id].code for post in posts]

    today = dt.date(2026, 9, 7)
    assert held("HX", today, Role.DEPUTY, Role.HEAD) == ["p006", "p005"]
    assert held("WT", dt.date(2025, 12, 31), Role.HEAD) == ["p090"]
    assert held("WT", dt.date(2026, 1, 4), Role.HEAD) == []
    assert held("WT", dt.date(2026, 1, 5), Role.HEAD) == ["p017"]


@pytest.mark.parametrize(
    ("code", "unit"),
    [("g001", "HX-01"), ("g010", "HX-02-A"), ("g016", "HX-04"), ("g031", "LD-03"), ("g054", "WT-02")],
)
def test_where_a_group_is_at_home(directory: Directory, code: str, unit: str) -> None:
    assert directory.units[directory.home_unit(group(directory, code))].code == unit


def test_groups_without_buildings_and_private_talk_belong_to_the_street(directory: Directory) -> None:
    assert directory.units[directory.home_unit(None)].code == "QH"
    lost = replace(directory, group_buildings={})
    assert lost.units[lost.home_unit(group(lost, "g001"))].code == "QH"


def test_buildings_of_two_grids_meet_in_their_community(directory: Directory) -> None:
    ids = {building.code: building.id or 0 for building in directory.buildings.values()}
    both = replace(directory, group_buildings={1: (ids["QHJY-1"], ids["QHJY-8"])})
    assert both.units[both.home_unit(group(both, "g001"))].code == "HX"


def test_neighbours_may_name_every_building_of_their_estate_and_no_other(directory: Directory) -> None:
    names = directory.names_for(group(directory, "g001"))
    numbers = {directory.buildings[int(names.building(str(n)) or 0)].code for n in range(1, 9)}
    assert numbers == {f"QHJY-{n}" for n in range(1, 9)}
    assert names.building("9") is None
    assert names.home == names.building("3")
    assert {"东门", "大门口", "篮球场"} <= set(names.places)
    assert "河堤步道" not in names.places


def meant(directory: Directory, words: str) -> tuple[str | None, list[str]]:
    """Said privately: the building, and those that may be meant where several are called so."""
    place = find_place(words, directory.names_for(None))
    assert place is not None
    codes = [directory.buildings[int(key)].code for key in (place.building, *place.ambiguous) if key]
    return (codes[0], codes[1:]) if place.building else (None, codes)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("清荷家园3号楼停水", "QHJY-3"),
        ("二棉3号楼停水", "EMSS-3"),
        ("9号楼停水", "LTXC-9"),
        ("红砖楼停水", "SLY-1"),
        ("快递驿站门口堆满了", "QHJY-4"),
        ("清荷家园的东门没人管", "QHJY-1"),
    ],
)
def test_private_talk_knows_the_whole_street(directory: Directory, words: str, code: str) -> None:
    assert meant(directory, words) == (code, [])


def test_private_talk_is_not_at_home_anywhere_and_guesses_no_estate(directory: Directory) -> None:
    names = directory.names_for(None)
    assert (names.building("3"), names.home) == (None, None)
    building, among = meant(directory, "清荷3号楼停水")  # the whole street is called 清荷 too
    assert (building, "QHJY-3" in among, "HXYY-3" in among) == (None, True, True)
    assert meant(directory, "东门没人管") == (None, ["QHJY-1", "WSY-1"])
    assert meant(directory, "地下车库漏水") == (None, [])  # one of the two has no building


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        ("清荷家园3号楼和荷香雅苑2号楼停水", "清荷家园3号楼、荷香雅苑2号楼"),
        ("东门没人管", "清荷家园东门、梧声苑东门"),
        ("3号楼停水", "小区名和楼号，如「清荷家园3号楼」"),
        ("清荷家园停水", "小区名和楼号，如「清荷家园1号楼」"),
    ],
)
def test_what_is_asked_privately_names_the_estate(directory: Directory, words: str, asked: str) -> None:
    place = find_place(words, directory.names_for(None))
    assert place is not None
    assert directory.choices(place) == asked


def test_what_is_asked_in_a_group_names_numbers_alone(directory: Directory) -> None:
    place = find_place("1、2、3、5、6号楼停水", directory.names_for(group(directory, "g001")))
    assert place is not None
    assert directory.choices(place) == "1号楼、2号楼、3号楼、5号楼"


def test_a_group_that_ended_is_left_out(sqlite_databases: SqliteDatabases) -> None:
    with sqlite_databases.seeded() as url:
        database = Database(url)
        with database.writing() as session:
            ended = session.exec(select(ChatGroup).where(ChatGroup.platform_id == "g001")).one()
            ended.ended_at = dt.datetime(2026, 9, 7, tzinfo=dt.UTC)
            session.flush()
            found = Directory.load(session)
        database.close()
    assert ("console", "g001") not in found.groups
    assert ("console", "g002") in found.groups


def test_the_key_of_a_group(directory: Directory) -> None:
    keyed = group(directory, "g001").model_copy(update={"webhook_key": "secret"})
    known = replace(directory, groups=directory.groups | {("wecom_robot", "wr1"): keyed})
    assert [known.webhook_key(name) for name in ("wr1", "g001", "nowhere")] == ["secret", None, None]
