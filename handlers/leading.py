"""What a leader decides: dispatch to a person, decline, merge and split, move a discipline matter out."""

import re

from sqlmodel import select

from data.models import Case, CaseReporter, Outcome
from data.privacy import masked
from handlers import notices, replies, staff_replies
from handlers.cases import discipline
from handlers.cases.actors import find_case
from handlers.cases.clock import start_clock
from handlers.cases.dispatch import Choice, dispatch, offer, people_near, take_back
from handlers.cases.lifecycle import FINAL, OPEN, SYSTEM, Action, ActorRole, advance
from handlers.errors import NotAllowedNow, NotUnderstood, NotYourCase, SuishoupaiError, WordsMissing
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
    return Reply(staff_replies.dispatched(case.number), case_id=case.id)


def decline(message: IncomingMessage, context: Context) -> Reply:
    """Not accepted, with the reason the reporter reads."""
    case, roles = _led_case(context)
    if not context.command.rest:
        raise WordsMissing(context.command.verb, "原因")
    advance(context, case, Action.DECLINE, roles, note=context.command.rest)
    take_back(context, case, staff_replies.task_over(case.number))
    start_clock(context, case)
    why = replies.tell_declined(case.number, masked(context.command.rest)[:100])
    told = notices.tell_reporters(context, case, why, replies.group_declined(case.number))
    say = staff_replies.declined if told else staff_replies.declined_untold
    return Reply(say(case.number), case_id=case.id)


def merge(message: IncomingMessage, context: Context) -> Reply:
    """`并 1028 1027`: 1028 becomes part of 1027; every reporter is kept and told."""
    case, roles = _led_case(context)
    target, _roles = find_case(context, _second_number(context))
    if target.id == case.id:
        raise NotUnderstood(replies.words_missing(context.command.verb, "两个不同的编号"))
    if target.status not in OPEN:  # its reporters have had their answer, the new ones would wait for ever
        raise NotAllowedNow(target.number, target.status, Action.MERGE)
    advance(context, case, Action.MERGE, roles, note=str(target.number))
    take_back(context, case, staff_replies.merged(case.number, target.number))
    case.merged_into_id = target.id
    both = case.number, target.number
    told = notices.tell_reporters(context, case, replies.tell_merged(*both), replies.group_merged(*both))
    _copy_reporters(context, case, target)
    start_clock(context, case)
    return Reply((staff_replies.merged if told else staff_replies.merged_untold)(*both), case_id=case.id)


def split(message: IncomingMessage, context: Context) -> Reply:
    """Undo a merge: the case is dispatched anew; who reported the other stays with it."""
    case, roles = _led_case(context)
    advance(context, case, Action.SPLIT, roles)
    case.merged_into_id = None
    dispatch(context, case, SYSTEM)
    return Reply(staff_replies.split(case.number), case_id=case.id)


def to_discipline(message: IncomingMessage, context: Context) -> Reply:
    """Move a case out of the open store; nothing of it, not even a refusal, is said where others read."""
    try:
        case, roles = find_case(context, number_of(context))
        going_on = case.closed_at is None and case.status not in FINAL
        asked = discipline.move_out(context, case, roles)
    except SuishoupaiError as error:
        context.message_row.outcome = Outcome.REFUSED
        return Reply(error.reply, private=True)
    take_back(context, case, staff_replies.task_over(case.number))
    if going_on:
        _tell_joiners(context, case)
    say = staff_replies.moved_out if asked else staff_replies.moved_out_untold
    return Reply(say(case.number), private=True, case_id=case.id)


def _tell_joiners(context: Context, case: Case) -> None:
    """Who only joined the case hears that it ended, not of what kind it was; without a private way, nothing."""
    for account in context.session.exec(notices.REPORTERS, params={"case": case.id}).all():
        if account.id != case.account_id:
            notices.tell_account(context, account, replies.ended_for_joiners(case.number), case)


def _led_case(context: Context) -> tuple[Case, frozenset[ActorRole]]:
    case, roles = find_case(context, number_of(context))
    if ActorRole.LEADER not in roles:
        raise NotYourCase(case.number)
    return case, roles


def _second_number(context: Context) -> int:
    found = re.search(r"(?<!\d)\d{4,9}(?!\d)", context.command.rest)
    if found is None:
        raise WordsMissing(context.command.verb, "两个编号")
    return int(found[0])


def _colleague(context: Context, case: Case, name: str) -> int:
    """Somebody near the case, by name."""
    people = context.directory.people
    found = next((person for person in people_near(context, case) if people[person].name == name.strip()), None)
    if found is None:
        raise NotUnderstood(staff_replies.UNKNOWN_PERSON)
    return found


def _copy_reporters(context: Context, case: Case, target: Case) -> None:
    there = select(CaseReporter.account_id).where(CaseReporter.case_id == target.id)
    known = set(context.session.exec(there).all())
    for reporter in context.session.exec(select(CaseReporter).where(CaseReporter.case_id == case.id)).all():
        if reporter.account_id not in known:
            copy = CaseReporter(case_id=target.id or 0, account_id=reporter.account_id, at=reporter.at)
            context.session.add(copy)
