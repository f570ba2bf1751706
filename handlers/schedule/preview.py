"""What will be said to whom in the coming days: the same sources the queue is filled from, with names."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from data.models import GroupMode
from handlers import notices
from handlers.claims import claimed
from handlers.local_time import Period
from handlers.message import Context
from handlers.schedule.audience import groups_by_id
from handlers.schedule.sendings import Sending, Source, planned

# Databases limit how many values one question may hold.
KEYS_AT_ONCE = 1000


@dataclass(frozen=True)
class Names:
    """Who gets it, and who is meant but cannot get it."""

    groups: tuple[str, ...] = ()
    listening: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    unreachable: tuple[str, ...] = ()


@dataclass(frozen=True)
class Planned:
    """A sending, and to whom by name."""

    sending: Sending
    to: Names


def preview(context: Context, sources: Iterable[Source], days: int) -> list[Planned]:
    """What is still to be sent from now on, by time."""
    coming = planned(context, sources, Period(context.now, context.now + dt.timedelta(days=days)))
    done = _already_sent(context, [sending.key for sending in coming])
    named = cache(_Named(context).of)
    return [Planned(one, named(one.groups, one.people)) for one in coming if one.key not in done]


def _already_sent(context: Context, keys: list[str]) -> set[str]:
    """A definition that was changed after it spoke does not speak again for the same day."""
    parts = [keys[start : start + KEYS_AT_ONCE] for start in range(0, len(keys), KEYS_AT_ONCE)]
    return {key for part in parts for key in claimed(context, part)}


class _Named:
    """Names of groups and people, and whether they can be reached, looked up once."""

    def __init__(self, context: Context) -> None:
        self._groups = groups_by_id(context.directory)
        self._people = {person_id: person.name for person_id, person in context.directory.people.items()}
        self._reached = {person_id for person_id in self._people if notices.reachable(context, person_id)}

    def of(self, group_ids: tuple[int, ...], person_ids: tuple[int, ...]) -> Names:
        groups = [self._groups[group_id] for group_id in group_ids if group_id in self._groups]
        people = [person_id for person_id in person_ids if person_id in self._people]
        return Names(
            groups=tuple(group.name for group in groups if group.mode is not GroupMode.LISTEN),
            listening=tuple(group.name for group in groups if group.mode is GroupMode.LISTEN),
            people=tuple(self._people[person] for person in people if person in self._reached),
            unreachable=tuple(self._people[person] for person in people if person not in self._reached),
        )
