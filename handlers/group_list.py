"""What the office sees of its groups: their buildings, since when and by whom, what was before, what did not arrive."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import col, select

from data.models import Building, ChatGroup, GroupBinding, OutboxMessage, OutboxStatus
from handlers import listening
from handlers.binding import place_name
from handlers.listening import Agreement
from handlers.message import Context


@dataclass(frozen=True)
class Listed:
    """A group with its buildings in words; `trouble` is why the last message did not arrive, if it did not."""

    group: ChatGroup
    agreement: Agreement
    buildings: str
    trouble: str


@dataclass(frozen=True)
class Period:
    """Buildings that a group spoke for; without `since` it began before there was a history."""

    buildings: str
    since: dt.datetime | None
    until: dt.datetime | None
    by: str


def listed(context: Context) -> list[Listed]:
    """Every group, those that speak for buildings first, then by name."""
    troubles = _troubles(context)
    found = [
        Listed(
            group=agreement.group,
            agreement=agreement,
            buildings=place_name(
                _buildings(context, context.directory.group_buildings.get(agreement.group.id or 0, ()))
            ),
            trouble=troubles.get(agreement.group.platform_id, ""),
        )
        for agreement in listening.agreements(context)
    ]
    return sorted(found, key=lambda one: one.group.ended_at is not None)


def history(context: Context, group_id: int) -> list[Period]:
    """The latest first; what began and ended together is one line."""
    statement = select(GroupBinding).where(GroupBinding.group_id == group_id).order_by(col(GroupBinding.id).desc())
    together: dict[tuple[dt.datetime, dt.datetime | None, int | None], list[int]] = {}
    for row in context.session.exec(statement).all():
        together.setdefault((row.since, row.until, row.person_id), []).append(row.building_id)
    return [_period(context, *key, buildings) for key, buildings in together.items()]


def estates(context: Context) -> dict[str, list[tuple[Building, str]]]:
    """All buildings by estate, each with the name of the group that speaks for it."""
    names = {group.id: group.name for group in context.directory.groups.values()}
    groups = {
        building: names.get(group, "") for group, own in context.directory.group_buildings.items() for building in own
    }
    found: dict[str, list[tuple[Building, str]]] = {}
    for building in sorted(context.directory.buildings.values(), key=lambda one: (one.estate, one.number)):
        found.setdefault(building.estate, []).append((building, groups.get(building.id or 0, "")))
    return found


def _period(
    context: Context, since: dt.datetime, until: dt.datetime | None, person_id: int | None, buildings: list[int]
) -> Period:
    person = context.directory.people.get(person_id or 0)
    began = None if person_id is None and since == until else since
    return Period(place_name(_buildings(context, buildings)), began, until, person.name if person else "")


def _buildings(context: Context, numbers: Iterable[int]) -> list[Building]:
    return [context.directory.buildings[number] for number in numbers if number in context.directory.buildings]


def _troubles(context: Context) -> dict[str, str]:
    """Why the last message to a group was refused for good, by the group's platform id."""
    dead = _newest(context, OutboxStatus.DEAD)
    sent = _newest(context, OutboxStatus.SENT, *dead) if dead else {}
    last = [number for group, number in dead.items() if number > sent.get(group, 0)]
    rows = context.session.exec(select(OutboxMessage).where(col(OutboxMessage.id).in_(last))).all() if last else []
    return {row.group_platform_id or "": row.error or "平台拒收" for row in rows}


def _newest(context: Context, status: OutboxStatus, *groups: str) -> dict[str, int]:
    group = col(OutboxMessage.group_platform_id)
    statement = (
        sa.select(group, sa.func.max(col(OutboxMessage.id)))
        .where(col(OutboxMessage.status) == status, group.in_(groups) if groups else group.is_not(None))
        .group_by(group)
    )
    return {row[0]: row[1] for row in context.session.execute(statement).all()}
