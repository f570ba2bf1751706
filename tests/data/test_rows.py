"""Rows written past the unit of work are the same rows."""

import datetime as dt

from sqlmodel import select

from data.database import Database
from data.models import Account, OutboxMessage, OutboxStatus
from data.rows import append, append_once

NOW = dt.datetime(2026, 9, 7, 2, 0, tzinfo=dt.UTC)
UNIQUE = ("channel", "platform_id")


def test_a_row_has_the_defaults_of_its_model(database: Database) -> None:
    row = {
        "channel": "console",
        "conversation": "console:u:r001",
        "text": "已登记",
        "created_at": NOW,
        "not_before": NOW,
    }
    with database.writing() as session:
        append(session, OutboxMessage, **row)
        session.commit()
        kept = session.exec(select(OutboxMessage)).one()
    assert kept.model_dump(exclude={"id"}) == OutboxMessage(**row).model_dump(exclude={"id"})
    assert (kept.status, kept.orders, kept.text) == (OutboxStatus.QUEUED, [], "已登记")


def test_what_is_personal_is_encrypted_here_too(database: Database) -> None:
    row = {"channel": "console", "conversation": "c", "text": "老李家漏水", "created_at": NOW, "not_before": NOW}
    with database.writing() as session:
        append(session, OutboxMessage, **row)
        stored = session.connection().exec_driver_sql("SELECT text FROM outbox").scalar()
    assert stored
    assert "漏水".encode() not in bytes(stored)


def test_the_second_of_two_equal_rows_is_not_kept(database: Database) -> None:
    with database.writing() as session:
        first = append_once(session, Account, UNIQUE, channel="console", platform_id="new", nickname="老李")
        second = append_once(session, Account, UNIQUE, channel="console", platform_id="new", nickname="老王")
        kept = session.exec(select(Account).where(Account.platform_id == "new")).one()
    assert (first, second) == (kept.id, None)
    assert kept.nickname == "老李"
