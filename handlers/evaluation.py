"""The reporter's verdict on a resolved case: two separate questions, and silence is never satisfaction."""

from sqlmodel import col, select

from data.models import Case, CaseReporter, CaseStatus, ClosedBy, Evaluation
from data.models.cases import FIRST_NUMBER
from handlers import notices, replies, staff_replies
from handlers.cases.actors import find_case, worked_on
from handlers.cases.clock import start_clock
from handlers.cases.dispatch import dispatch, tell_leaders
from handlers.cases.intake import set_deadline
from handlers.cases.lifecycle import ANSWERED, SYSTEM, Action, ActorRole, advance
from handlers.command import Verb
from handlers.errors import CaseError, NumberMissing
from handlers.message import Context, IncomingMessage, Reply


def solved(message: IncomingMessage, context: Context) -> Reply:
    """The reporter confirms: the case is closed."""
    case, roles = _case(context)
    _note(context, case, roles, resolved=True)
    if case.status is CaseStatus.CLOSED:
        advance(context, case, Action.EVALUATE, roles)
    else:
        _close(context, case, roles)
    return Reply(replies.thanks_closed(case.number), case_id=case.id)


def not_solved(message: IncomingMessage, context: Context) -> Reply:
    """The reporter (or a leader who has looked) says no: a new clock, and back to whoever holds the grid."""
    case, roles = _case(context)
    _note(context, case, roles, resolved=False)
    advance(context, case, Action.REOPEN, roles, note=context.command.rest)
    case.closed_at = case.closed_by = case.resolved_at = None
    set_deadline(context, case)
    dispatch(context, case, SYSTEM)
    return Reply(replies.reopened(case.number, case.due_at), case_id=case.id)


def satisfied(message: IncomingMessage, context: Context) -> Reply:
    case, roles = _case(context)
    _note(context, case, roles, satisfied=True)
    advance(context, case, Action.EVALUATE, roles)
    if case.status is CaseStatus.RESOLVED:
        _close(context, case, roles)
    return Reply(replies.thanks_evaluation(case.number), case_id=case.id)


def not_satisfied(message: IncomingMessage, context: Context) -> Reply:
    """Unhappy, but not necessarily unsolved: noted; reopening is the reporter's own word."""
    case, roles = _case(context)
    _note(context, case, roles, satisfied=False)
    advance(context, case, Action.EVALUATE, roles)
    return Reply(replies.sorry_evaluation(case.number), case_id=case.id)


def _case(context: Context) -> tuple[Case, frozenset[ActorRole]]:
    """The case named, else the sender's latest one that waits for a verdict."""
    number = context.command.number or _latest_number(context)
    if number is None:
        raise NumberMissing(context.command.verb)
    case, roles = find_case(context, number)
    if ActorRole.REPORTER in roles and worked_on(context, case):
        return case, _without_verdict(context, case, roles)
    return case, roles


def _without_verdict(context: Context, case: Case, roles: frozenset[ActorRole]) -> frozenset[ActorRole]:
    """Nobody confirms their own work, reported or not; a leader may still open it again."""
    if context.command.verb is not Verb.NOT_SOLVED or ActorRole.LEADER not in roles:
        raise CaseError(staff_replies.own_work(case.number))
    return roles - {ActorRole.REPORTER}


def _latest_number(context: Context) -> int | None:
    asks_solved = context.command.verb in (Verb.SOLVED, Verb.NOT_SOLVED)
    unjudged_first = (col(Case.status) == CaseStatus.CLOSED,) if asks_solved else ()
    statement = (
        select(Case.id)
        .join(CaseReporter, col(CaseReporter.case_id) == col(Case.id))
        .where(
            CaseReporter.account_id == context.sender.account_id,
            col(Case.status).in_(ANSWERED),
            col(Case.resolved_at).is_not(None),  # praise is closed without ever having been resolved
        )
        .order_by(*unjudged_first, col(Case.resolved_at).desc())
    )
    found = context.session.exec(statement).first()
    return found + FIRST_NUMBER if found else None


def _close(context: Context, case: Case, roles: frozenset[ActorRole]) -> None:
    advance(context, case, Action.CLOSE, roles)
    case.closed_at, case.closed_by = context.now, ClosedBy.REPORTER
    start_clock(context, case)
    _tell_others(context, case)


def _tell_others(context: Context, case: Case) -> None:
    """Who else reported it hears of the close, and how to object; a group where it was said has the answer to it."""
    text = replies.closed_by_another(case.number)
    reporters = context.session.exec(notices.REPORTERS, params={"case": case.id}).all()
    others = [account for account in reporters if account.id != context.sender.account_id]
    told = [notices.tell_account(context, account, text, case) for account in others]
    if all(told):
        return
    read_there = case.group_id is not None and case.group_id == context.message_row.group_id
    if not read_there and not notices.tell_group(context, case.group_id, text, case):
        tell_leaders(context, case, staff_replies.tell_them(case.number))


def _note(
    context: Context,
    case: Case,
    roles: frozenset[ActorRole],
    *,
    resolved: bool | None = None,
    satisfied: bool | None = None,
) -> None:
    """Keep the latest answer to each question; an unanswered one stays empty. Only a reporter has a verdict."""
    if ActorRole.REPORTER not in roles:
        return
    account_id = context.sender.account_id
    statement = select(Evaluation).where(Evaluation.case_id == case.id, Evaluation.account_id == account_id)
    found = context.session.exec(statement).first()
    found = found or Evaluation(case_id=case.id or 0, account_id=account_id, at=context.now)
    found.at = context.now
    found.resolved = found.resolved if resolved is None else resolved
    found.satisfied = found.satisfied if satisfied is None else satisfied
    found.note = context.command.rest or found.note
    context.session.add(found)
