"""The shared tokens of WeCom on a database of their own, and a robot by callback."""

from collections.abc import Iterator
from contextlib import closing

import pytest
import sqlalchemy as sa

from bot.channels.wecom.tokens import TokenStore
from bot.channels.wecom_robot import WecomRobot
from data.database import Database
from data.models import PlatformToken
from tests.bot.channels.robot_office import robot_on
from tests.databases import SqliteDatabases


@pytest.fixture(scope="module")
def wecom_database(sqlite_databases: SqliteDatabases) -> Iterator[Database]:
    with sqlite_databases.seeded() as url, closing(Database(url)) as database:
        yield database


@pytest.fixture
def store(wecom_database: Database) -> TokenStore:
    """A store that knows no token."""
    with wecom_database.writing() as session:
        session.execute(sa.delete(PlatformToken))
        session.commit()
    return TokenStore(wecom_database)


@pytest.fixture
def robot_database(sqlite_databases: SqliteDatabases) -> Iterator[Database]:
    with sqlite_databases.seeded() as url, closing(Database(url)) as database:
        yield database


@pytest.fixture
def robot(robot_database: Database) -> Iterator[WecomRobot]:
    with closing(robot_on(robot_database)) as robot:
        yield robot
