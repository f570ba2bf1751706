"""What a leader decides: dispatch to a person, decline, merge and split, move a discipline matter out."""

from sqlmodel import select

from data.models import Case, CaseReporter, UnitLevel
from data.privacy import masked
from handlers import notices, replies
from handlers.cases import discipline
from handlers.cases.actors import find_case, today
from handlers.cases.clock import start_clock
from handlers.cases.dispatch import Choice, dispatch, offer, revoke
from handlers.cases.lifecycle import SYSTEM, Action, ActorRole, advance
from handlers.command import tidy
from handlers.directory import held
from handlers.errors import NotUnderstood, NotYourCase, WordsMissing
from handlers.message import Context, IncomingMessage, Reply
from handlers.progress import number_of


def dispatch_to(message: IncomingMessage, context: Context) -> Reply:
    """Hand the case to a named colleague of the grid or community, or, without a name, to whoever is on duty."""
    case, roles = _led_case(context)
    if not context.command.rest:
        dispatch(context, case, roles)
    else:
        person_id = _colleague(context, case, context.command.rest)
        advance(context, case, Action.DISPATCH, roles, note=context.command.rest)
        offer(context, case, Choice(case.unit_id, (person_id,)), person_id=person_id)
    return Reply(replies.dispatched(case.number), case_id=case.id)


def decline(message: IncomingMessage, context: Context) -> Reply:
    """Not accepted, with the reason the reporter reads."""
    case, roles = _led_case(context)
    if not context.command.rest:
        raise WordsMissing(context.command.verb, "原因")
    advance(context, case, Action.DECLINE, roles, note=context.command.rest)
    revoke(context, case)
    start_clock(context, case)
    notices.tell_reporters(context, case, replies.tell_declined(case.number, masked(context.command.rest)[:100]))
    return Reply(replies.declined(case.number), case_id=case.id)


def merge(message: IncomingMessage, context: Context) -> Reply:
    """`并 1028 1027`: 1028 becomes part of 1027; every reporter is kept and told."""
    case, roles = _led_case(context)
    target, _roles = find_case(context, _second_number(context))
    if target.id == case.id or target.merged_into_id:
        raise NotUnderstood(replies.words_missing(context.command.verb, "两个不同的编号"))
    advance(context, case, Action.MERGE, roles, note=str(target.number))
    revoke(context, case)
    case.merged_into_id = target.id
    notices.tell_reporters(context, case, replies.tell_merged(case.number, target.number))
    _copy_reporters(context, case, target)
    start_clock(context, case)
    return Reply(replies.merged(case.number, target.number), case_id=case.id)


def split(message: IncomingMessage, context: Context) -> Reply:
    """Undo a merge: the case is dispatched anew; who reported the other stays with it."""
    case, roles = _led_case(context)
    advance(context, case, Action.SPLIT, roles)
    case.merged_into_id = None
    dispatch(context, case, SYSTEM)
    return Reply(replies.split(case.number), case_id=case.id)


def to_discipline(message: IncomingMessage, context: Context) -> Reply:
    """Move a case out of the open store; nothing of it is said where others read."""
    case, roles = find_case(context, number_of(context))
    discipline.move_out(context, case, roles)
    revoke(context, case)
    return Reply(replies.moved_out(case.number), private=True, case_id=case.id)


def _led_case(context: Context) -> tuple[Case, frozenset[ActorRole]]:
    case, roles = find_case(context, number_of(context))
    if ActorRole.LEADER not in roles:
        raise NotYourCase(case.number)
    return case, roles


def _second_number(context: Context) -> int:
    digits = "".join(c for c in tidy(context.command.rest) if c.isdigit())
    if not 4 <= len(digits) <= 9:
        raise WordsMissing(context.command.verb, "两个编号")
    return int(digits)


def _colleague(context: Context, case: Case, name: str) -> int:
    """Somebody in post at the case's unit or above it, up to the community, by name."""
    directory, on = context.directory, today(context)
    communities_up = (UnitLevel.COMMUNITY, UnitLevel.GRID, UnitLevel.MICRO_GRID)
    near = {unit.id for unit in directory.lineage(case.unit_id) if unit.level in communities_up}
    for post in directory.posts:
        if post.unit_id in near and held(post, on) and directory.people[post.person_id].name == name.strip():
            return post.person_id
    raise NotUnderstood(replies.unknown_person(name))


def _copy_reporters(context: Context, case: Case, target: Case) -> None:
    there = select(CaseReporter.account_id).where(CaseReporter.case_id == target.id)
    known = set(context.session.exec(there).all())
    for reporter in context.session.exec(select(CaseReporter).where(CaseReporter.case_id == case.id)).all():
        if reporter.account_id not in known:
            copy = CaseReporter(case_id=target.id or 0, account_id=reporter.account_id, at=reporter.at)
            context.session.add(copy)
