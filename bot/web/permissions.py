"""Who may enter which part of the office: one table; what is not in it is denied.

The role comes from a dated post, so a permission ends with the post. Which cases somebody sees within an area is
decided by the units they lead (`listing.visible_units`).
"""

from collections.abc import Iterable
from enum import StrEnum

from data.models import Post, Role


class Area(StrEnum):
    BOARD = "board"
    CASES = "cases"
    ORIGINALS = "originals"
    TRIAGE = "triage"
    SCHEDULE = "schedule"
    SERVICE = "service"
    GROUPS = "groups"
    ATTENTION = "attention"
    OUTBOX = "outbox"
    SEALED = "sealed"
    SESSIONS = "sessions"


LEADING = frozenset({Role.HEAD, Role.DEPUTY, Role.COMMUNITY_STAFF, Role.GRID_LEADER})
ADMINISTRATOR = frozenset({Role.ADMINISTRATOR})

ALLOWED: dict[Area, frozenset[Role]] = {
    Area.BOARD: LEADING | ADMINISTRATOR,
    Area.CASES: LEADING | ADMINISTRATOR,
    Area.ORIGINALS: ADMINISTRATOR,
    Area.TRIAGE: LEADING | ADMINISTRATOR,
    Area.SCHEDULE: ADMINISTRATOR,
    Area.SERVICE: LEADING - {Role.GRID_LEADER} | ADMINISTRATOR,
    Area.GROUPS: ADMINISTRATOR,
    Area.ATTENTION: ADMINISTRATOR,
    Area.OUTBOX: ADMINISTRATOR,
    Area.SEALED: frozenset({Role.DISCIPLINE_READER}),
    Area.SESSIONS: ADMINISTRATOR,
}


def areas_of(posts: Iterable[Post]) -> frozenset[Area]:
    """The parts of the office somebody with these posts may enter."""
    roles = {post.role for post in posts}
    return frozenset(area for area, allowed in ALLOWED.items() if allowed & roles)
