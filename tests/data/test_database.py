"""The schema on both databases: up, down and up again, and that models and migrations say the same."""

import datetime as dt
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, SQLModel, col, select

from data.database import BUSY_TIMEOUT_MS, UPGRADE_LOCK, Database
from data.models import Account, Claim, Duty, Media, Message
from tests.databases import PostgresqlDatabases, SqliteDatabases

NOON = dt.datetime(2026, 9, 7, 4, tzinfo=dt.UTC)


@pytest.fixture
def empty_url(databases: SqliteDatabases | PostgresqlDatabases) -> Iterator[str]:
    with databases.empty() as url:
        yield url


@pytest.fixture
def empty(empty_url: str) -> Iterator[Database]:
    database = Database(empty_url)
    yield database
    database.close()


def _tables(database: Database) -> set[str]:
    return set(inspect(database.engine).get_table_names()) - {"alembic_version"}


def test_up_down_and_up_again(empty: Database) -> None:
    assert not empty.is_current()
    empty.upgrade()
    assert empty.is_current()
    assert _tables(empty) == set(SQLModel.metadata.tables)
    empty.downgrade("base")
    assert _tables(empty) == set()
    assert not empty.is_current()
    empty.upgrade()
    empty.upgrade()
    assert _tables(empty) == set(SQLModel.metadata.tables)


def test_models_and_migrations_agree(empty: Database) -> None:
    empty.upgrade()
    with empty.engine.connect() as connection:
        options = {"compare_type": True, "compare_server_default": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, SQLModel.metadata) == []


def test_what_the_street_left_goes_down_too(database: Database) -> None:
    """A downgrade of a filled database meets the references between its tables."""
    database.downgrade("base")
    assert _tables(database) == set()


def test_the_id_of_a_forgotten_photo_never_comes_again(empty: Database) -> None:
    """Whoever still fetches it would else write it into the row of another; photos from before are kept."""
    empty.upgrade("0003")
    with empty.writing() as session:
        session.add(_message())
        session.flush()
        session.add_all([_photo(), _photo()])
        session.commit()
    empty.upgrade()
    with empty.writing() as session:
        kept, forgotten = session.exec(select(Media).order_by(col(Media.id))).all()
        session.delete(forgotten)
        session.flush()
        session.add(new := _photo())
        session.commit()
    ids = [kept.id, forgotten.id, new.id]
    assert len(set(ids)) == 3
    empty.downgrade("0003")
    with empty.reading() as session:
        assert set(session.exec(select(Media.id)).all()) == {kept.id, new.id}


def test_an_upgrade_waits_for_one_that_runs(empty: Database, empty_url: str) -> None:
    """Two replicas start at the same time: the second must not stumble over the first."""
    second, failures = Database(empty_url), []

    def upgrade() -> None:
        try:
            second.upgrade()
        except Exception as error:
            failures.append(error)

    thread = threading.Thread(target=upgrade)
    with empty.writing() as first:
        if not empty.is_sqlite:
            first.execute(text(f"SELECT pg_advisory_xact_lock({UPGRADE_LOCK})"))
        first.execute(text("CREATE TABLE half_done (id INTEGER)"))
        thread.start()
        thread.join(0.2)
        assert thread.is_alive()
        first.commit()
    thread.join()
    assert failures == []
    assert second.is_current()
    second.close()


@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("busy_timeout", BUSY_TIMEOUT_MS)],
)
def test_sqlite_is_durable_and_strict(sqlite_databases: SqliteDatabases, pragma: str, value: str | int) -> None:
    with sqlite_databases.empty() as url:
        database = Database(url)
        for session_of in (database.writing, database.reading):
            with session_of() as session:
                assert session.connection().exec_driver_sql(f"PRAGMA {pragma}").scalar() == value
        database.close()


def test_a_reference_to_nothing_is_refused(database: Database) -> None:
    with database.writing() as session:
        session.add(Duty(unit_id=9999, person_id=9999, weekday=0, starts_minute=0, ends_minute=1))
        with pytest.raises(IntegrityError):
            session.commit()


def test_an_error_does_not_say_what_was_to_be_written(database: Database) -> None:
    """Errors go into the log, and what residents say does not."""
    with database.writing() as session:
        session.add(Media(message_id=9999, channel="console", reference="老伴王秀英"))
        with pytest.raises(IntegrityError) as caught:
            session.commit()
    assert "INSERT INTO media" in str(caught.value)
    assert "王秀英" not in str(caught.value)


def test_a_message_is_stored_once(database: Database) -> None:
    with database.writing() as session:
        session.add_all([_message(), _message()])
        with pytest.raises(IntegrityError):
            session.commit()


def test_leaving_without_a_commit_changes_nothing(database: Database) -> None:
    with database.writing() as session:
        session.add(Claim(key="digest:2026-11-21", at=NOON))
        session.flush()
    with database.reading() as session:
        assert session.get(Claim, "digest:2026-11-21") is None


def test_times_come_back_as_they_went_in(database: Database) -> None:
    """Aware, and the same moment, whatever zone they were given in."""
    shanghai = dt.timezone(dt.timedelta(hours=8))
    with database.writing() as session:
        session.add(Claim(key="digest", at=NOON.astimezone(shanghai)))
        session.commit()
    with database.reading() as session:
        kept = session.get_one(Claim, "digest")
        assert (kept.at, kept.at.utcoffset()) == (NOON, dt.timedelta(0))
        assert session.exec(select(Claim).where(Claim.at == NOON)).one() == kept


def test_reading_does_not_wait_for_a_writer(database: Database) -> None:
    with database.writing() as writer:
        writer.add(Claim(key="digest", at=NOON))
        writer.flush()
        with database.reading() as reader:
            assert reader.get(Claim, "digest") is None
        writer.commit()


def test_writers_of_one_process_queue(database: Database) -> None:
    """Read and write in one transaction from many threads: nothing is lost, nobody is refused."""
    with database.writing() as session:
        session.add(Account(channel="console", platform_id="counter", nickname="0"))
        session.commit()

    def count_up() -> None:
        for _ in range(5):
            with database.writing() as session:
                account = _counter(session, lock=True)
                account.nickname = str(int(account.nickname) + 1)
                session.commit()

    threads = [threading.Thread(target=count_up) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as session:
        assert _counter(session).nickname == "20"


def test_a_database_in_memory_is_enough_for_a_transcript() -> None:
    database = Database("sqlite://")
    database.upgrade()
    with database.writing() as session:
        session.add(Claim(key="digest", at=NOON))
        session.commit()
    with database.reading() as session:
        assert session.get(Claim, "digest") is not None
    database.close()


def test_the_folder_of_a_new_database_is_made(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'var' / 'deeper' / 'street.db'}")
    database.upgrade()
    assert database.is_current()
    database.close()


def _message() -> Message:
    return Message(channel="console", platform_id="same", sent_at=NOON, received_at=NOON)


def _photo() -> Media:
    return Media(message_id=1, channel="console", reference="/a.jpg")


def _counter(session: Session, *, lock: bool = False) -> Account:
    statement = select(Account).where(Account.platform_id == "counter")
    return session.exec(statement.with_for_update() if lock else statement).one()
