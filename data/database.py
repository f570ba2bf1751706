"""The database: connecting, sessions for writing and reading, and the schema's upgrades.

SQLite has one writer, so writers of this process queue at a lock, which is fairer than SQLite's busy wait;
other processes still meet the busy timeout.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.pool import StaticPool
from sqlmodel import Session

MIGRATIONS = Path(__file__).with_name("migrations")
BUSY_TIMEOUT_MS = 10_000
# One number for all our processes, so that two of them never upgrade at the same time.
UPGRADE_LOCK = 7_390_113
# Above the 40 workers of the web thread pool, so that no request waits for a connection.
POOL_SIZE = 45


class Database:
    """One database and the sessions to it; `url` is SQLAlchemy's, `sqlite://` means in memory."""

    def __init__(self, url: str) -> None:
        self.engine = _engine(url)
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        self._writer = threading.Lock() if self.is_sqlite else nullcontext()
        self._write_engine = self.engine.execution_options(sqlite_begin="IMMEDIATE")

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session that may write; the caller commits, leaving without a commit rolls back."""
        with self._writer, Session(self._write_engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that only reads and never waits for a writer."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    def upgrade(self, revision: str = "head") -> None:
        """Bring the schema up to `revision`."""
        with self._migrating() as config:
            command.upgrade(config, revision)

    def downgrade(self, revision: str) -> None:
        """Take the schema down to `revision`; `base` is the empty database."""
        with self._migrating() as config:
            command.downgrade(config, revision)

    def is_current(self) -> bool:
        """Whether the schema is the one this code was written for."""
        with self.engine.connect() as connection:
            revision = MigrationContext.configure(connection).get_current_revision()
        return revision == ScriptDirectory(str(MIGRATIONS)).get_current_head()

    def close(self) -> None:
        self.engine.dispose()

    @contextmanager
    def _migrating(self) -> Iterator[Config]:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
        # A second replica that starts meanwhile waits, instead of failing when it comes to write.
        with self._write_engine.connect() as connection, _references_unchecked(connection), connection.begin():
            if not self.is_sqlite:
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": UPGRADE_LOCK})
            config.attributes["connection"] = connection
            yield config
            if self.is_sqlite and connection.execute(text("PRAGMA foreign_key_check")).first():
                raise RuntimeError("the migration broke references between tables; nothing was changed")


@contextmanager
def _references_unchecked(connection: Connection) -> Iterator[None]:
    """SQLite rebuilds a table to change it, which breaks references for a moment; it must be told before BEGIN."""
    if connection.dialect.name != "sqlite":
        yield
        return
    plain: Any = connection.connection.dbapi_connection
    plain.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        plain.execute("PRAGMA foreign_keys=ON")


def _engine(url: str) -> Engine:
    """The parameters stay hidden: errors go into the log, and residents' words do not."""
    if not url.startswith("sqlite"):
        return create_engine(url, pool_size=POOL_SIZE, max_overflow=5, pool_pre_ping=True, hide_parameters=True)
    options: dict[str, Any] = {"connect_args": {"check_same_thread": False}, "hide_parameters": True}
    if url in ("sqlite://", "sqlite:///:memory:"):
        options["poolclass"] = StaticPool
    else:
        Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
        options["pool_size"] = POOL_SIZE
    engine = create_engine(url, **options)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    """Durable and strict: what was acknowledged survives a power cut, references are enforced."""
    connection.isolation_level = None  # transactions are begun by _begin_sqlite
    for pragma in (
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "secure_delete=ON",
        "cache_size=-8192",  # KiB; the indexes of the board do not fit into the usual 2 MiB
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    mode = connection.get_execution_options().get("sqlite_begin", "DEFERRED")
    connection.exec_driver_sql(f"BEGIN {mode}")
