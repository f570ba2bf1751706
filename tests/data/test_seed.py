"""The sample street is whole, and a wrong seed file is refused with its place, leaving nothing behind."""

import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import SQLModel, func, select

from data.database import Database
from data.models import (
    Account,
    Building,
    Category,
    ChatGroup,
    Department,
    GroupBuilding,
    Login,
    NamedPlace,
    Person,
    Role,
    RoutingRule,
    Unit,
    UnitLevel,
)
from data.seed import STREET, SeedError, load_street, read_lines
from data.seed.lines import Line, minute_of_day
from tests.databases import SqliteDatabases
from tests.talking import Talk

# What is done to the street's files, and what the loader then says: file, line of the file, reason.
WRONG = [
    ("units.csv", 5, "parent", "nowhere", "units.csv, line 5: column 'parent' has no valid value: 'nowhere'"),
    ("units.csv", 3, "level", "village", "units.csv, line 3: column 'level' has no valid value: 'village'"),
    ("units.csv", 4, "code", "LX", "units.csv, line 4: 'LX' stands twice"),
    ("departments.csv", 2, "kind", "secret", "departments.csv, line 2: column 'kind' has no valid value"),
    ("departments.csv", 3, "code", "water", "departments.csv, line 3: 'water' stands twice"),
    ("buildings.csv", 2, "unit", "HX-99", "buildings.csv, line 2: column 'unit' has no valid value: 'HX-99'"),
    ("buildings.csv", 7, "floors", "eleven", "buildings.csv, line 7: column 'floors' has no valid value: 'eleven'"),
    ("buildings.csv", 7, "entrances", "", "buildings.csv, line 7: column 'entrances' has no valid value: ''"),
    ("buildings.csv", 8, "manager", "property_x", "buildings.csv, line 8: column 'manager' has no valid value"),
    ("buildings.csv", 3, "code", "QHJY-1", "buildings.csv, line 3: 'QHJY-1' stands twice"),
    ("places.csv", 2, "building", "QHJY-99", "places.csv, line 2: column 'building' has no valid value: 'QHJY-99'"),
    ("groups.csv", 2, "buildings", "QHJY-3|X", "groups.csv, line 2: column 'buildings' names an unknown building 'X'"),
    ("groups.csv", 2, "mode", "loud", "groups.csv, line 2: column 'mode' has no valid value: 'loud'"),
    ("groups.csv", 3, "code", "g001", "groups.csv, line 3: 'g001' stands twice"),
    ("people.csv", 4, "code", "p001", "people.csv, line 4: 'p001' stands twice"),
    ("people.csv", 4, "account", "gu.mingchuan", "people.csv, line 4: 'gu.mingchuan' stands twice"),
    ("posts.csv", 2, "person", "p999", "posts.csv, line 2: column 'person' has no valid value: 'p999'"),
    ("posts.csv", 2, "role", "king", "posts.csv, line 2: column 'role' has no valid value: 'king'"),
    ("posts.csv", 2, "since", "2024-02-30", "posts.csv, line 2: column 'since' has no valid value: '2024-02-30'"),
    ("duties.csv", 2, "starts", "25:00", "duties.csv, line 2: column 'starts' has no valid value: '25:00'"),
    ("duties.csv", 2, "weekday", "7", "duties.csv, line 2: column 'weekday' has no valid value: '7'"),
    ("categories.csv", 2, "limit_value", "a day", "categories.csv, line 2: column 'limit_value' has no valid value"),
    ("categories.csv", 2, "limit_unit", "y", "categories.csv, line 2: column 'limit_unit' has no valid value: 'y'"),
    ("categories.csv", 3, "code", "M01", "categories.csv, line 3: 'M01' stands twice"),
    ("categories.csv", 3, "code", "M77", "categories.csv, line 3: the taxonomy has no category 'M77'"),
    ("routing.csv", 3, "category", "Z01", "routing.csv, line 3: column 'category' has no valid value: 'Z01'"),
    ("routing.csv", 3, "lead", "nobody", "routing.csv, line 3: column 'lead' has no valid value: 'nobody'"),
    ("routing.csv", 3, "co", "nobody", "routing.csv, line 3: column 'co' names an unknown department 'nobody'"),
    ("routing.csv", 3, "position", "10", "routing.csv, line 3: '10' stands twice"),
    ("routing.csv", 3, "hours", "8-25", "routing.csv, line 3: column 'hours' has no valid value: '8-25'"),
    ("routing.csv", 3, "weekdays", "Mon", "routing.csv, line 3: column 'weekdays' has no valid value: 'Mon'"),
]
# The last rule must catch everything, whatever the hour, and always name somebody.
HALF_OPEN = [("class", "民生"), ("category", "M01"), ("unit", "HX"), ("manager", "self")]
HALF_OPEN += [("weekdays", "0|1"), ("hours", "08:00-18:00"), ("lead", "manager"), ("position", "1")]
SIZE: dict[type[SQLModel], int] = {Building: 60, ChatGroup: 60, Person: 90, Department: 25, Category: 41}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the street's files to spoil."""
    return Path(shutil.copytree(STREET, tmp_path / "street", ignore=shutil.ignore_patterns("*.py", "__pycache__")))


@pytest.fixture(scope="module")
def database(sqlite_databases: SqliteDatabases) -> Iterator[Database]:
    """One empty database for all wrong streets: none of them may leave anything in it."""
    with sqlite_databases.empty() as url:
        database = Database(url)
        database.upgrade()
        yield database
        database.close()


def _set(folder: Path, name: str, line: int, column: str, value: str) -> None:
    """Put one value into line `line` of the file, the header being line 1."""
    lines = (folder / name).read_text(encoding="utf-8").splitlines()
    values = lines[line - 1].split(",")
    values[lines[0].split(",").index(column)] = value
    lines[line - 1] = ",".join(values)
    (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


def _refused(database: Database, folder: Path) -> str:
    """What the loader says, after a look that nothing is left."""
    with database.writing() as session, pytest.raises(SeedError) as caught:
        load_street(session, folder)
    with database.reading() as session:
        tables = [model for model in SQLModel.__subclasses__() if "__tablename__" in vars(model)]
        counts = {model.__name__: session.exec(select(func.count()).select_from(model)).one() for model in tables}
    assert {name: count for name, count in counts.items() if count} == {}
    return str(caught.value)


@pytest.mark.parametrize(("name", "line", "column", "value", "said"), WRONG, ids=lambda value: str(value)[:20])
def test_a_wrong_value_is_named(
    database: Database, folder: Path, name: str, line: int, column: str, value: str, said: str
) -> None:
    _set(folder, name, line, column, value)
    assert said in _refused(database, folder)


@pytest.mark.parametrize("name", sorted(path.name for path in STREET.glob("*.csv") if path.stem != "residents"))
def test_a_missing_file_is_named(database: Database, folder: Path, name: str) -> None:
    (folder / name).unlink()
    assert f"{name}: the file is missing" in _refused(database, folder)


def test_a_missing_column_is_named(database: Database, folder: Path) -> None:
    text = (folder / "people.csv").read_text(encoding="utf-8").replace("phone", "telephone", 1)
    (folder / "people.csv").write_text(text, encoding="utf-8")
    assert _refused(database, folder) == "people.csv, line 2: column 'phone' is missing"


def test_a_line_that_ends_early_is_named(database: Database, folder: Path) -> None:
    lines = (folder / "units.csv").read_text(encoding="utf-8").splitlines()
    (folder / "units.csv").write_text("\n".join([*lines[:3], "HX,荷香社区"]), encoding="utf-8")
    assert "units.csv, line 4: column 'level' is missing" in _refused(database, folder)


def test_a_file_from_an_old_office_program_is_named(database: Database, folder: Path) -> None:
    """Excel on a Chinese Windows saves GBK unless told otherwise."""
    path = folder / "units.csv"
    path.write_bytes(path.read_text(encoding="utf-8").encode("gbk"))
    assert "units.csv: the file is not UTF-8" in _refused(database, folder)


@pytest.mark.parametrize(("column", "value"), HALF_OPEN)
def test_a_table_without_a_catch_all_rule_is_refused(database: Database, folder: Path, column: str, value: str) -> None:
    count = len(list(read_lines(folder, "routing.csv"))) + 1
    if column == "position":
        _set(folder, "routing.csv", 2, "position", "0")
    _set(folder, "routing.csv", count, column, value)
    assert "the last rule must match everything" in _refused(database, folder)


def test_no_rule_at_all_is_refused(database: Database, folder: Path) -> None:
    lines = (folder / "routing.csv").read_text(encoding="utf-8").splitlines()
    (folder / "routing.csv").write_text(lines[0] + "\n", encoding="utf-8")
    assert "routing.csv: there is no rule" in _refused(database, folder)


def test_a_category_without_a_limit_is_refused(database: Database, folder: Path) -> None:
    lines = (folder / "categories.csv").read_text(encoding="utf-8").splitlines()
    (folder / "categories.csv").write_text("\n".join(lines[:-1]), encoding="utf-8")
    assert "of the taxonomy has no limit" in _refused(database, folder)


def test_the_street_has_its_size(sqlite_talk: Talk) -> None:
    talk = sqlite_talk
    assert {model: len(talk.rows(model)) for model in SIZE} == SIZE
    levels = Counter(unit.level for unit in talk.rows(Unit))
    assert (levels[UnitLevel.COMMUNITY], levels[UnitLevel.GRID]) == (4, 16)


def test_every_person_and_group_has_its_place(sqlite_talk: Talk) -> None:
    talk = sqlite_talk
    directory = talk.bot.directory()
    assert set(directory.group_buildings) == {group.id for group in talk.rows(ChatGroup)}
    assert set(directory.staff_accounts) == {person.id for person in talk.rows(Person)}
    assert len(talk.rows(NamedPlace)) == len(list(read_lines(STREET, "places.csv")))
    assert [post.role for post in directory.posts].count(Role.DISCIPLINE_READER) == 1
    assert talk.rows(Login) == []


def test_loading_twice_changes_nothing(talk: Talk) -> None:
    models = (Unit, Department, Building, ChatGroup, GroupBuilding, Person, Account, Category, RoutingRule)
    before = {model: talk.rows(model) for model in models}
    with talk.bot.database.writing() as session:
        assert load_street(session) is False
        session.commit()
    assert {model: talk.rows(model) for model in models} == before


def test_the_street_of_another_channel(database: Database) -> None:
    with database.writing() as session:
        assert load_street(session, channel="wecom") is True
        assert set(session.exec(select(Account.channel)).all()) == {"wecom"}


@pytest.mark.parametrize(("text", "minutes"), [("00:00", 0), ("8:05", 485), ("24:00", 1440)])
def test_minutes_of_a_day(text: str, minutes: int) -> None:
    assert minute_of_day(text) == minutes


@pytest.mark.parametrize("text", ["", "8", "24:01", "12:60", "-1:00", "8:5:0", "acht Uhr"])
def test_what_is_no_time_of_day(text: str) -> None:
    with pytest.raises(SeedError, match=r"duties\.csv, line 2: column 'starts' has no valid value"):
        Line("duties.csv", 2, {"starts": text}).read("starts", minute_of_day)
