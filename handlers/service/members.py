"""Who is meant by a service day: the party members and groups under its unit, and who may organise it."""

from collections.abc import Iterable

from data.models import Post, Role
from handlers.cases import listing
from handlers.directory import Directory
from handlers.local_time import local_day
from handlers.message import Context

ORGANISING = frozenset({Role.HEAD, Role.DEPUTY, Role.COMMUNITY_STAFF, Role.ADMINISTRATOR})


def is_under(directory: Directory, unit_id: int, above_id: int) -> bool:
    """Whether the unit is `above_id` or somewhere below it."""
    return any(unit.id == above_id for unit in directory.lineage(unit_id))


def home_units(context: Context, person_id: int) -> set[int]:
    """Where the person holds posts today; whoever holds none belongs to the subdistrict as a whole."""
    posts = context.directory.posts_of(person_id, local_day(context.now))
    return {post.unit_id for post in posts if post.unit_id is not None} or {context.directory.root}


def members_of(context: Context, unit_id: int) -> list[int]:
    """The party members under the unit who have an account."""
    directory = context.directory
    members = [key for key, person in directory.people.items() if person.party_member]
    return [
        key
        for key in members
        if directory.staff_accounts.get(key)
        and any(is_under(directory, home, unit_id) for home in home_units(context, key))
    ]


def concerns(context: Context, person_id: int, unit_id: int) -> bool:
    """Whether a day of this unit is offered to the person: of their own units, those above, and those below."""
    directory = context.directory
    return any(
        is_under(directory, home, unit_id) or is_under(directory, unit_id, home)
        for home in home_units(context, person_id)
    )


def groups_under(directory: Directory, unit_id: int) -> tuple[int, ...]:
    """Groups all of whose buildings lie under the unit."""
    groups = [group for group in directory.groups.values() if is_under(directory, directory.home_unit(group), unit_id)]
    return tuple(group.id or 0 for group in groups)


def organised_units(directory: Directory, posts: Iterable[Post]) -> frozenset[int] | None:
    """The units whose service days somebody with these posts organises; None is all of them."""
    return listing.visible_units(directory, [post for post in posts if post.role in ORGANISING])


def organises(directory: Directory, posts: Iterable[Post], unit_id: int) -> bool:
    units = organised_units(directory, posts)
    return units is None or unit_id in units
