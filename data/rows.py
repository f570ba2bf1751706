"""Rows that are written once: inserted past the unit of work, whose bookkeeping costs more than the insert itself."""

from functools import cache
from typing import Any

from pydantic_core import PydanticUndefined
from sqlalchemy import Insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel


def append(session: Session, row: type[SQLModel], **values: Any) -> None:
    """Insert one row that nobody in this transaction reads or changes as an object; defaults are the model's own.

    What it refers to must have been flushed.
    """
    insert, defaults = _insert_of(row)
    session.connection().execute(insert, defaults | values)


def append_once(session: Session, row: type[SQLModel], unique: tuple[str, ...], **values: Any) -> int | None:
    """Insert one row and return its id; None if a row with the same `unique` columns is there, or just being added."""
    insert, defaults = _insert_once(row, unique, session.get_bind().dialect.name)
    return session.connection().execute(insert, defaults | values).scalar()


@cache
def _insert_once(row: type[SQLModel], unique: tuple[str, ...], dialect: str) -> tuple[Insert, dict[str, Any]]:
    _, defaults = _insert_of(row)
    table = row.__table__  # type: ignore[attr-defined]
    insert = sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
    return insert.on_conflict_do_nothing(index_elements=unique).returning(table.c.id), defaults


@cache
def _insert_of(row: type[SQLModel]) -> tuple[Insert, dict[str, Any]]:
    given = {name: field.get_default(call_default_factory=True) for name, field in row.model_fields.items()}
    defaults = {name: value for name, value in given.items() if value is not PydanticUndefined and name != "id"}
    table = row.__table__  # type: ignore[attr-defined]
    return table.insert(), defaults
