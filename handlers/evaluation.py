"""The reporter's verdict on a resolved case: two separate questions, and silence is never satisfaction."""

from sqlmodel import col, select

from data.models import Case, CaseReporter, CaseStatus, ClosedBy, Evaluation
from data.models.cases import FIRST_NUMBER
from handlers import replies
from handlers.cases.actors import find_case
from handlers.cases.clock import start_clock
from handlers.cases.dispatch import dispatch
from handlers.cases.intake import set_deadline
from handlers.cases.lifecycle import ANSWERED, SYSTEM, Action, ActorRole, advance
from handlers.command import Verb
from handlers.errors import NumberMissing
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
    return find_case(context, number)


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
