"""Fixtures for all tests: both databases, the trained model, and a bot of the sample street to talk to."""

import fcntl
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.app import use_keys
from bot.commands.prepare import log_to_stderr, ready_model
from bot.settings import Settings
from data.database import Database
from handlers.directory import Directory
from tests.databases import PostgresqlDatabases, SqliteDatabases, postgresql_server
from tests.talking import RecordingChannel, Talk, talk_on

BACKENDS = ("sqlite", "postgresql")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what `make fast` leaves out: tests on PostgreSQL, and those that drive a browser; long ones say so."""
    for item in items:
        if "postgresql" in getattr(getattr(item, "callspec", None), "params", {}).values():
            item.add_marker(pytest.mark.postgresql)
        if "chromium" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session", autouse=True)
def _keys_and_logs() -> None:
    use_keys(Settings(env="test"))
    log_to_stderr("CRITICAL")


@pytest.fixture(scope="session")
def model_path() -> Path:
    """The shipped model, trained once for all test processes and kept in var/ until the corpus changes."""
    path = Path(__file__).parents[1] / "var" / "test-model.npz"
    path.parent.mkdir(exist_ok=True)
    with (path.parent / "test-model.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        ready_model(Settings(env="test", model_path=path))
    return path


@pytest.fixture(scope="session")
def sqlite_databases(tmp_path_factory: pytest.TempPathFactory) -> SqliteDatabases:
    return SqliteDatabases(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgresql_databases() -> Iterator[PostgresqlDatabases]:
    with postgresql_server() as url:
        databases = PostgresqlDatabases(url)
        yield databases
        databases.drop()


@pytest.fixture(params=BACKENDS)
def databases(request: pytest.FixtureRequest) -> SqliteDatabases | PostgresqlDatabases:
    """Each backend in turn."""
    found: SqliteDatabases | PostgresqlDatabases = request.getfixturevalue(f"{request.param}_databases")
    return found


@pytest.fixture
def database_url(databases: SqliteDatabases | PostgresqlDatabases) -> Iterator[str]:
    """A fresh database with the sample street, on each backend in turn."""
    with databases.seeded() as url:
        yield url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An open connection to it."""
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture
def talk(database_url: str, model_path: Path, tmp_path: Path) -> Iterator[Talk]:
    """The bot on a fresh sample street, on each backend in turn."""
    talk = talk_on(database_url, model_path, tmp_path)
    yield talk
    talk.bot.close()


@dataclass(frozen=True)
class Stage:
    """A bot whose database file and photos are put back between tests; its compiled statements stay."""

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
        shutil.rmtree(bot.settings.media_dir, ignore_errors=True)
        if bot.directory() is not self.directory:  # a test changed the master data
            bot.directory.reload()
        bot.directory().accounts.clear()
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
