"""Who takes part in the simulated chats: the people and the groups, given by the caller."""

from dataclasses import dataclass
from enum import StrEnum


class NotInCast(LookupError):
    """Nobody, no group or no message goes by this id."""


class NotAllowed(ValueError):
    """The platform does not let this person do that."""


class PersonKind(StrEnum):
    RESIDENT = "resident"
    STAFF = "staff"


@dataclass(frozen=True)
class Person:
    """`title` is a short word such as 居民 or 网格员; `groups` are those the person is in or serves."""

    id: str
    nick: str
    kind: PersonKind
    title: str = ""
    groups: tuple[str, ...] = ()


@dataclass(frozen=True)
class Group:
    """`members` are the ids of those who may speak in it."""

    id: str
    name: str
    members: tuple[str, ...] = ()


@dataclass(frozen=True)
class Cast:
    """Everybody the platform knows; `bot_name` is what people put behind an @."""

    groups: tuple[Group, ...]
    people: tuple[Person, ...]
    bot_name: str = "随手拍"

    def person(self, person_id: str) -> Person:
        for person in self.people:
            if person.id == person_id:
                return person
        raise NotInCast(f"no person {person_id!r}")

    def group(self, group_id: str) -> Group:
        for group in self.groups:
            if group.id == group_id:
                return group
        raise NotInCast(f"no group {group_id!r}")

    def may_speak(self, person: Person, group: Group) -> bool:
        return person.id in group.members or group.id in person.groups
