"""Where things are: buildings, named places, and the chat groups bound to buildings."""

import datetime as dt
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from data.models.columns import enum_type, json_list
from data.privacy import EncryptedText


class Manager(StrEnum):
    """Who manages a building: decides who gets a case that a property company would handle."""

    PROPERTY = "property"
    SELF = "self"
    NONE = "none"


class Building(SQLModel, table=True):
    """A residential building; `number` is what residents call it within its estate."""

    __tablename__ = "buildings"
    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(unique=True, max_length=32)
    unit_id: int = Field(foreign_key="units.id", index=True)
    estate: str = Field(max_length=64)
    number: int
    entrances: int = 1
    floors: int = 6
    manager: Manager = Field(default=Manager.NONE, sa_type=enum_type(Manager))
    manager_department_id: int | None = Field(default=None, foreign_key="departments.id")
    aliases: list[str] = json_list()


class NamedPlace(SQLModel, table=True):
    """A place people name without a building number: a gate, a shop, the car park."""

    __tablename__ = "named_places"
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=64)
    unit_id: int = Field(foreign_key="units.id", index=True)
    building_id: int | None = Field(default=None, foreign_key="buildings.id")
    aliases: list[str] = json_list()


class GroupMode(StrEnum):
    """A group starts in `listen`: the bot proposes, people decide, nothing is answered in the group."""

    ON = "on"
    LISTEN = "listen"


class ChatGroup(SQLModel, table=True):
    """A group on a platform. `webhook_key` lets us send to it where the channel itself cannot; it is a secret.

    `ended_at` is set when the group was dissolved or another one speaks for its buildings.
    """

    __tablename__ = "chat_groups"
    __table_args__ = (UniqueConstraint("channel", "platform_id"),)
    id: int | None = Field(default=None, primary_key=True)
    channel: str = Field(max_length=32)
    platform_id: str = Field(max_length=128)
    name: str = Field(max_length=128)
    mode: GroupMode = Field(default=GroupMode.ON, sa_type=enum_type(GroupMode))
    webhook_key: str | None = Field(default=None, sa_type=EncryptedText)
    ended_at: dt.datetime | None = None


class GroupBuilding(SQLModel, table=True):
    """A group speaks for one building or a few of one estate."""

    __tablename__ = "group_buildings"
    group_id: int = Field(primary_key=True, foreign_key="chat_groups.id")
    building_id: int = Field(primary_key=True, foreign_key="buildings.id")


class BindingCode(SQLModel, table=True):
    """A code that a member of staff types in a group to bind it to buildings; only its hash is kept, it works once."""

    __tablename__ = "binding_codes"
    code_hash: str = Field(primary_key=True, max_length=64)
    building_ids: list[int] = Field(default_factory=list, sa_type=sa.JSON)
    made_by: int = Field(foreign_key="people.id")
    expires_at: dt.datetime
    used_at: dt.datetime | None = None


class GroupBinding(SQLModel, table=True):
    """The history of a group's buildings: who bound it when, and when that ended."""

    __tablename__ = "group_bindings"
    id: int | None = Field(default=None, primary_key=True)
    group_id: int = Field(foreign_key="chat_groups.id", index=True)
    building_id: int = Field(foreign_key="buildings.id", index=True)
    person_id: int | None = Field(default=None, foreign_key="people.id")
    since: dt.datetime
    until: dt.datetime | None = None
