"""Fixtures of the handlers' tests: one bot for many tests, what only shows on PostgreSQL, and the master data."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from data.database import Database
from handlers.directory import Directory
from tests.databases import PostgresqlDatabases, SqliteDatabases
from tests.talking import Talk, talk_on


@pytest.fixture
def postgresql_talk(postgresql_databases: PostgresqlDatabases, model_path: Path, tmp_path: Path) -> Iterator[Talk]:
    """The bot on PostgreSQL alone, for what only shows where two transactions run at once."""
    with postgresql_databases.seeded() as url:
        talk = talk_on(url, model_path, tmp_path)
        yield talk
        talk.bot.database.close()


@pytest.fixture(scope="session")
def directory(sqlite_databases: SqliteDatabases) -> Directory:
    """The master data of the sample street; tests change copies of it."""
    with sqlite_databases.seeded() as url:
        database = Database(url)
        with database.reading() as session:
            found = Directory.load(session)
        database.close()
    return found
