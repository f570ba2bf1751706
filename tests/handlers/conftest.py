"""Fixtures of the handlers' tests: one bot for many tests, what only shows on PostgreSQL, and the master data."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from data.database import Database
from handlers.directory import Directory
from tests.databases import PostgresqlDatabases, SqliteDatabases
from tests.talking import RecordingChannel, Talk, talk_on


@dataclass(frozen=True)
class Stage:
    """A bot whose database file is put back between tests; its model and its compiled statements stay."""

    talk: Talk
    pristine: Path
    file: Path
    directory: Directory

    def cleared(self) -> Talk:
        """A talk on a fresh street, with a channel that has sent nothing."""
        bot = self.talk.bot
        bot.database.close()
        for leftover in self.file.parent.glob(f"{self.file.name}*"):
            leftover.unlink()
        shutil.copyfile(self.pristine, self.file)
        if bot.directory() is not self.directory:  # a test changed the master data
            bot.directory.reload()
        channel = RecordingChannel()
        bot.channels["console"] = channel
        return Talk(bot, channel)


@pytest.fixture(scope="session")
def sqlite_stage(
    sqlite_databases: SqliteDatabases, model_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    with sqlite_databases.seeded() as pristine, sqlite_databases.seeded() as url:
        talk = talk_on(url, model_path, tmp_path_factory.mktemp("media"))
        pristine_file, file = (Path(address.removeprefix("sqlite:///")) for address in (pristine, url))
        yield Stage(talk, pristine_file, file, talk.bot.directory())
        talk.bot.database.close()


@pytest.fixture
def sqlite_talk(sqlite_stage: Stage) -> Talk:
    """The bot on SQLite alone, for what does not depend on the database."""
    return sqlite_stage.cleared()


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
