"""The states of a case and the only door through which they change.

`ALLOWED` is the whole table: from a state, an action by a role leads to a state. `advance` is the only function
that writes `case.status`; every step appends a line of history.
"""

from enum import StrEnum
from typing import Any

from sqlalchemy import bindparam
from sqlalchemy.orm.attributes import set_committed_value
from sqlmodel import col, update

from data.models import Case, CaseStatus, StatusChange
from data.rows import append
from handlers.errors import NotAllowedNow, NotYourCase, Overtaken
from handlers.message import Context


class Action(StrEnum):
    REGISTER = "register"
    DISPATCH = "dispatch"
    ACCEPT = "accept"
    ARRIVE = "arrive"
    RESOLVE = "resolve"
    CLOSE = "close"
    ACKNOWLEDGE = "acknowledge"
    RETURN = "return"
    REASSIGN = "reassign"
    EXTEND = "extend"
    ESCALATE = "escalate"
    URGE = "urge"
    SUPPLEMENT = "supplement"
    EVALUATE = "evaluate"
    WITHDRAW = "withdraw"
    REOPEN = "reopen"
    DECLINE = "decline"
    MERGE = "merge"
    SPLIT = "split"
    SEAL = "seal"


class ActorRole(StrEnum):
    """What a person is to one case."""

    REPORTER = "reporter"
    HOLDER = "holder"
    LEADER = "leader"
    SYSTEM = "system"


S, A, R = CaseStatus, Action, ActorRole
OPEN = (S.RECEIVED, S.DISPATCHED, S.ACCEPTED, S.RETURNED, S.REOPENED)
ANSWERED = (S.RESOLVED, S.CLOSED)
FINAL = (S.DECLINED, S.WITHDRAWN, S.MERGED)

# These may leave the state as it is, but not under somebody who took the task a moment ago.
MOVES_TASK = (A.DISPATCH, A.REASSIGN)

# Built once, because every step of every case asks it.
CHANGE_STATUS = (
    update(Case)
    .where(col(Case.id) == bindparam("this"), col(Case.status) == bindparam("was"))
    .values(status=bindparam("becomes"))
    .returning(col(Case.id))
    .execution_options(synchronize_session=False)
)

Step = tuple[CaseStatus, frozenset[ActorRole]]
ALLOWED: dict[tuple[CaseStatus, Action], Step] = {}


def _allow(sources: tuple[CaseStatus, ...], action: Action, to: CaseStatus | None, *roles: ActorRole) -> None:
    for source in sources:
        ALLOWED[source, action] = (to or source, frozenset(roles))


_allow((S.RECEIVED, S.RETURNED, S.REOPENED), A.DISPATCH, S.DISPATCHED, R.SYSTEM, R.LEADER)
# The system moves an untaken task when the place is named later; a leader may also move one that was taken.
_allow((S.DISPATCHED,), A.DISPATCH, None, R.SYSTEM, R.LEADER)
_allow((S.ACCEPTED,), A.DISPATCH, S.DISPATCHED, R.LEADER)
_allow((S.DISPATCHED,), A.ACCEPT, S.ACCEPTED, R.HOLDER)
_allow((S.ACCEPTED,), A.ARRIVE, None, R.HOLDER)
_allow((S.ACCEPTED,), A.RESOLVE, S.RESOLVED, R.HOLDER)
_allow((S.RECEIVED,), A.ACKNOWLEDGE, S.CLOSED, R.SYSTEM)
_allow((S.RESOLVED,), A.CLOSE, S.CLOSED, R.REPORTER, R.SYSTEM)
_allow((S.DISPATCHED, S.ACCEPTED), A.RETURN, S.RETURNED, R.HOLDER)
_allow((S.DISPATCHED, S.ACCEPTED, S.RETURNED), A.REASSIGN, S.DISPATCHED, R.HOLDER, R.LEADER)
_allow((S.ACCEPTED,), A.EXTEND, None, R.HOLDER)
_allow(OPEN, A.ESCALATE, None, R.HOLDER, R.LEADER, R.SYSTEM)
_allow(OPEN, A.URGE, None, R.REPORTER)
_allow((*OPEN, S.RESOLVED), A.SUPPLEMENT, None, R.REPORTER, R.HOLDER, R.LEADER)
_allow(ANSWERED, A.EVALUATE, None, R.REPORTER)
_allow(OPEN, A.WITHDRAW, S.WITHDRAWN, R.REPORTER)
_allow(ANSWERED, A.REOPEN, S.REOPENED, R.REPORTER, R.LEADER)
_allow((S.DECLINED,), A.REOPEN, S.REOPENED, R.LEADER)
_allow((S.RECEIVED, S.DISPATCHED, S.RETURNED, S.REOPENED), A.DECLINE, S.DECLINED, R.LEADER)
_allow(OPEN, A.MERGE, S.MERGED, R.LEADER)
_allow((S.MERGED,), A.SPLIT, S.REOPENED, R.LEADER)
_allow((*OPEN, *ANSWERED), A.SEAL, S.DECLINED, R.HOLDER, R.LEADER)
# What ended before somebody saw what it is stays what it was, and loses its words.
_allow(FINAL, A.SEAL, None, R.HOLDER, R.LEADER)


def step(case: Case, action: Action, roles: frozenset[ActorRole]) -> tuple[CaseStatus, ActorRole]:
    """Where the action leads and in which role the actor takes it.

    Raises NotAllowedNow where the state has no such step, NotYourCase where the actor's roles do not allow it.
    """
    if (case.status, action) not in ALLOWED:
        raise NotAllowedNow(case.number, case.status, action)
    to, allowed = ALLOWED[case.status, action]
    fitting = sorted(allowed & roles, key=list(ActorRole).index)
    if not fitting:
        raise NotYourCase(case.number)
    return to, fitting[0]


def advance(context: Context, case: Case, action: Action, roles: frozenset[ActorRole], *, note: str = "") -> None:
    """Take one step: change the state if nobody was faster, append the history."""
    source = case.status
    to, role = step(case, action, roles)
    if to is not source or action in MOVES_TASK:
        _change_status(context, case, to)
    if to is not source and (source in OPEN) != (to in OPEN):
        case.ended_at = None if to in OPEN else context.now
    line: dict[str, Any] = {
        "at": context.now,
        "action": action,
        "from_status": source,
        "to_status": to,
        "actor_role": role,
        "account_id": context.sender.account.id if context.sender.account else None,
        "note": note,
    }
    if case.id is None:  # gets its number with the case
        context.session.add(StatusChange(case=case, **line))
    else:
        append(context.session, StatusChange, case_id=case.id, **line)


def _change_status(context: Context, case: Case, to: CaseStatus) -> None:
    """Write the new state only where the old one still stands; on PostgreSQL two may try at once."""
    if case.id is None:  # not in the database yet, so nobody else can have it
        case.status = to
        return
    step = {"this": case.id, "was": case.status, "becomes": to}
    changed = context.session.exec(CHANGE_STATUS, params=step).first()
    if changed is None:
        raise Overtaken(case.number)
    set_committed_value(case, "status", to)


SYSTEM: frozenset[ActorRole] = frozenset({ActorRole.SYSTEM})
