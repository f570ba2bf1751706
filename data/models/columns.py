"""Column types shared by the tables.

Constraint names follow one convention, because SQLite can only drop a constraint that has a name; enums are
stored as text, because a native enum would need a migration for every new state.
"""

from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


def enum_type(enum: type[StrEnum]) -> Any:
    """A text column that holds the values of `enum`."""
    return sa.Enum(enum, native_enum=False, length=24, values_callable=lambda e: [member.value for member in e])


def json_list() -> Any:
    """A column that holds a list of texts."""
    # An empty list is copied for every row; a factory would be inspected every time.
    return Field(default=[], sa_type=sa.JSON)
