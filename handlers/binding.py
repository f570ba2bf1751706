"""Which group speaks for which buildings: bound by a code that a member of staff types in the group, history kept.

A code works once, for two days, and only for staff who hold a post over all of its buildings. The group that spoke
for the same buildings before is ended; one for more or fewer of them, such as that of a car park, goes on.
"""

import datetime as dt
import hashlib
import secrets
from collections import defaultdict
from collections.abc import Iterable

import sqlalchemy as sa
from sqlmodel import col, select

from data.models import BindingCode, Building, ChatGroup, GroupBinding, GroupBuilding, GroupMode, Message, Outcome, Role
from data.rows import append_once
from handlers import replies, staff_replies
from handlers.command import Verb, parse
from handlers.errors import CommandError, NotUnderstood
from handlers.message import SILENCE, Context, IncomingMessage, Reply

# Nothing that looks like something else, on any phone's font.
LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
CODE_LENGTH = 8
VALID = dt.timedelta(hours=48)
MOST_BUILDINGS = 20
# So many refused orders of one account within the hour, and it may not try codes any more.
MOST_REFUSED = 10
MAY_BIND = frozenset(Role) - {Role.DEPARTMENT_STAFF, Role.DISCIPLINE_READER}


def make_code(context: Context, person_id: int, building_ids: Iterable[int]) -> str:
    """A new code for these buildings; it is known to nobody but the caller."""
    chosen = sorted(set(building_ids))
    buildings = [context.directory.buildings.get(number) for number in chosen]
    found = [building for building in buildings if building is not None]
    if not found or len(found) < len(chosen) or len(found) > MOST_BUILDINGS or len({b.estate for b in found}) > 1:
        raise NotUnderstood(staff_replies.bind_which(MOST_BUILDINGS))
    context.session.execute(sa.delete(BindingCode).where(col(BindingCode.expires_at) <= context.now))
    code = "".join(secrets.choice(LETTERS) for _ in range(CODE_LENGTH))
    row = BindingCode(code_hash=_hash(code), building_ids=chosen, made_by=person_id, expires_at=context.now + VALID)
    context.session.add(row)
    return code


def bind(message: IncomingMessage, context: Context) -> Reply:
    """From now on this group speaks for the buildings of the code, and the group they had does not."""
    if message.group is None:
        raise CommandError(staff_replies.BIND_IN_GROUP)
    if not context.sender.posts:
        raise CommandError(staff_replies.BIND_BY_STAFF)
    if _refused_lately(context) >= MOST_REFUSED:
        raise CommandError(staff_replies.BIND_TOO_OFTEN)
    buildings = _used(context, context.command.rest)
    if not all(_leads(context, building) for building in buildings):
        raise CommandError(staff_replies.BIND_NOT_YOURS)
    group = _group(context, message.channel, message.group, buildings)
    replaced = _take_over(context, group, {building.id or 0 for building in buildings})
    context.message_row.group_id = group.id
    listening = group.mode is GroupMode.LISTEN
    return Reply(staff_replies.bound(place_name(buildings), replaced=replaced, listening=listening))


def from_unknown_group(message: IncomingMessage, context: Context) -> Reply:
    """A group that speaks for no building: only the order that binds it counts there."""
    order = parse(message.text) if message.addressed else None
    if order is not None and order.verb is Verb.BIND:
        context.message_row.outcome = Outcome.COMMAND
        return bind(message, context.about(order))
    if not message.addressed:  # nobody was refused anything: talk does not count against who types a code later
        context.message_row.outcome = Outcome.IGNORED
        return SILENCE
    context.message_row.outcome = Outcome.HELPED
    return Reply(replies.GROUP_UNKNOWN)


def end(context: Context, group_id: int) -> bool:
    """The group speaks for nobody any more; False where there is no such group or it has ended already."""
    group = context.session.get(ChatGroup, group_id)
    if group is None or group.ended_at is not None:
        return False
    links = select(GroupBuilding).where(GroupBuilding.group_id == group_id)
    for link in context.session.exec(links).all():
        _release(context, link)
    # Nothing is said there any more, also after it was bound again and until it is switched on; its key is gone.
    group.ended_at, group.mode, group.webhook_key = context.now, GroupMode.LISTEN, None
    context.session.add(group)
    return True


def place_name(buildings: Iterable[Building]) -> str:
    """The buildings of one estate in a few words: 清荷家园1、2号楼."""
    ordered = sorted(buildings, key=lambda building: building.number)
    numbers = "、".join(str(building.number) for building in ordered)
    return f"{ordered[0].estate}{numbers}号楼" if ordered else ""


def _used(context: Context, typed: str) -> list[Building]:
    """The buildings of a code, which works now for the last time; two who type it at once do not both get them."""
    code = sa.update(BindingCode).where(
        col(BindingCode.code_hash) == _hash(typed),
        col(BindingCode.used_at).is_(None),
        col(BindingCode.expires_at) > context.now,
    )
    taken = code.values(used_at=context.now).returning(col(BindingCode.building_ids))
    numbers = context.session.connection().execute(taken).scalar() or []
    buildings = [context.directory.buildings[number] for number in numbers if number in context.directory.buildings]
    if not buildings or len(buildings) < len(numbers):
        raise CommandError(staff_replies.BIND_WRONG)
    return buildings


def _hash(code: str) -> str:
    return hashlib.sha256(f"binding:{code.upper()}".encode()).hexdigest()


def _refused_lately(context: Context) -> int:
    statement = select(sa.func.count()).where(
        Message.account_id == context.sender.account_id,
        Message.outcome == Outcome.REFUSED,
        col(Message.received_at) > context.now - dt.timedelta(hours=1),
    )
    return context.session.exec(statement).one()


def _leads(context: Context, building: Building) -> bool:
    chain = {unit.id for unit in context.directory.lineage(building.unit_id)}
    return any(post.role in MAY_BIND and post.unit_id in chain for post in context.sender.posts)


def _group(context: Context, channel: str, platform_id: str, buildings: list[Building]) -> ChatGroup:
    """The group's row; a new one, and one that had ended, begins by listening."""
    known = select(ChatGroup).where(ChatGroup.channel == channel, ChatGroup.platform_id == platform_id)
    group = context.session.exec(known).first()
    if group is None:
        name = f"{place_name(buildings)}群"[:128]
        values = {"channel": channel, "platform_id": platform_id, "name": name, "mode": GroupMode.LISTEN}
        append_once(context.session, ChatGroup, ("channel", "platform_id"), **values)
        group = context.session.exec(known).one()
    group.ended_at = None
    context.session.add(group)
    return group


def _take_over(context: Context, group: ChatGroup, wanted: set[int]) -> bool:
    """Give the group exactly these buildings; whether a group that spoke for the same ones is ended by it."""
    own: dict[int, set[int]] = defaultdict(set)
    links = context.session.exec(select(GroupBuilding)).all()
    for link in links:
        own[link.group_id].add(link.building_id)
    mine = own.pop(group.id or 0, set())
    replaced = [other for other, buildings in own.items() if buildings == wanted]
    for link in links:
        if link.group_id == group.id and link.building_id not in wanted:
            _release(context, link)
    person = context.sender.person.id if context.sender.person else None
    for number in sorted(wanted - mine):
        link = GroupBuilding(group_id=group.id or 0, building_id=number)
        history = GroupBinding(**link.model_dump(), person_id=person, since=context.now)
        context.session.add_all([link, history])
    for other in replaced:
        end(context, other)
    return bool(replaced)


def _release(context: Context, link: GroupBuilding) -> None:
    """Take a building from a group; a binding older than the history is noted with its end alone."""
    standing = select(GroupBinding).where(
        GroupBinding.group_id == link.group_id,
        GroupBinding.building_id == link.building_id,
        col(GroupBinding.until).is_(None),
    )
    rows = context.session.exec(standing).all()
    for row in rows or [GroupBinding(group_id=link.group_id, building_id=link.building_id, since=context.now)]:
        row.until = context.now
        context.session.add(row)
    context.session.delete(link)
