"""Who answers for what: the tree of units, departments, people with dated posts, duty rosters and logins."""

import datetime as dt
from enum import StrEnum

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from data.models.columns import enum_type
from data.privacy import EncryptedText


class UnitLevel(StrEnum):
    DISTRICT = "district"
    SUBDISTRICT = "subdistrict"
    COMMUNITY = "community"
    GRID = "grid"
    MICRO_GRID = "micro_grid"


class Unit(SQLModel, table=True):
    """A node of the organisation tree, of any depth."""

    __tablename__ = "units"
    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(unique=True, max_length=32)
    name: str = Field(max_length=64)
    level: UnitLevel = Field(sa_type=enum_type(UnitLevel))
    parent_id: int | None = Field(default=None, foreign_key="units.id", index=True)


class DepartmentKind(StrEnum):
    GOVERNMENT = "government"
    UTILITY = "utility"
    PROPERTY = "property"
    PARTY = "party"
    DISCIPLINE = "discipline"


class Department(SQLModel, table=True):
    """A body that can be the lead or a co-unit of a case."""

    __tablename__ = "departments"
    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(unique=True, max_length=32)
    name: str = Field(max_length=64)
    kind: DepartmentKind = Field(sa_type=enum_type(DepartmentKind))


class Person(SQLModel, table=True):
    """A member of staff or of the party; residents are only known by their accounts."""

    __tablename__ = "people"
    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(unique=True, max_length=32)
    name: str = Field(sa_type=EncryptedText)
    phone: str | None = Field(default=None, sa_type=EncryptedText)
    party_member: bool = False


class Role(StrEnum):
    GRID_MEMBER = "grid_member"
    GRID_LEADER = "grid_leader"
    DEPUTY = "deputy"
    HEAD = "head"
    COMMUNITY_STAFF = "community_staff"
    DEPARTMENT_STAFF = "department_staff"
    DISCIPLINE_READER = "discipline_reader"
    ADMINISTRATOR = "administrator"


class Post(SQLModel, table=True):
    """A dated post; permissions come from the post, and one person may hold many."""

    __tablename__ = "posts"
    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="people.id", index=True)
    role: Role = Field(sa_type=enum_type(Role))
    unit_id: int | None = Field(default=None, foreign_key="units.id", index=True)
    department_id: int | None = Field(default=None, foreign_key="departments.id", index=True)
    since: dt.date
    until: dt.date | None = None


class Duty(SQLModel, table=True):
    """A line of the weekly duty roster; minutes count from midnight, Asia/Shanghai, `ends` may be 1440."""

    __tablename__ = "duties"
    id: int | None = Field(default=None, primary_key=True)
    unit_id: int = Field(foreign_key="units.id", index=True)
    person_id: int = Field(foreign_key="people.id")
    weekday: int
    starts_minute: int
    ends_minute: int


class Account(SQLModel, table=True):
    """Somebody on a platform; `person_id` is set for staff, empty for residents.

    `spoke_alone`: they have written to us in private, which some platforms want before we may write to them.
    """

    __tablename__ = "accounts"
    __table_args__ = (UniqueConstraint("channel", "platform_id"),)
    id: int | None = Field(default=None, primary_key=True)
    channel: str = Field(max_length=32)
    platform_id: str = Field(max_length=128)
    person_id: int | None = Field(default=None, foreign_key="people.id", index=True)
    nickname: str = Field(default="", sa_type=EncryptedText)
    spoke_alone: bool = False


class Login(SQLModel, table=True):
    """A local login to the console."""

    __tablename__ = "logins"
    person_id: int = Field(primary_key=True, foreign_key="people.id")
    username: str = Field(unique=True, max_length=64)
    password_hash: str = Field(max_length=256)


class LoginSession(SQLModel, table=True):
    """One signed-in browser; the cookie holds the key, the table only its hash. Revoked sessions stay until expiry."""

    __tablename__ = "login_sessions"
    key_hash: str = Field(primary_key=True, max_length=64)
    person_id: int = Field(foreign_key="people.id", index=True)
    signed_in_at: dt.datetime
    expires_at: dt.datetime = Field(index=True)
    revoked_at: dt.datetime | None = None


class SignInFailure(SQLModel, table=True):
    """A refused sign-in, to slow down guessing; the name is hashed, because people type passwords there."""

    __tablename__ = "sign_in_failures"
    id: int | None = Field(default=None, primary_key=True)
    name_hash: str = Field(max_length=64, index=True)
    at: dt.datetime = Field(index=True)


class AccessLog(SQLModel, table=True):
    """Who looked at personal or sealed data, when; ids only."""

    __tablename__ = "access_log"
    id: int | None = Field(default=None, primary_key=True)
    at: dt.datetime
    person_id: int | None = Field(default=None, foreign_key="people.id")
    what: str = Field(max_length=32)
    reference: int
