"""The shared tokens of WeCom on a database of their own."""

from collections.abc import Iterator
from contextlib import closing

import pytest
import sqlalchemy as sa

from bot.channels.wecom.tokens import TokenStore
from data.database import Database
from data.models import PlatformToken
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
