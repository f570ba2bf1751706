"""Which orders a person may give for a case now, and what each of them needs besides the case's number.

Whether an order is allowed is read from the state table in lifecycle; this file only says by which word of chat an
action is ordered.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from data.models import Case, DepartmentKind, EscalationLevel
from handlers.cases.actors import open_task, roles_in
from handlers.cases.discipline import SEALED_WORDS
from handlers.cases.dispatch import people_near
from handlers.cases.lifecycle import ALLOWED, Action, ActorRole
from handlers.command import Verb
from handlers.message import Context

# Who reported a case does so in chat; the office's pages are for those who work on it.
STAFF = frozenset({ActorRole.HOLDER, ActorRole.LEADER})


class Need(StrEnum):
    """What an order takes behind the number, in the order in which it is typed."""

    PERSON = "person"
    DEPARTMENT = "department"
    DAYS = "days"
    INTO = "into"
    NOTE = "note"
    REASON = "reason"


# Nobody named is whoever is on duty, nothing said about the work is "done".
OPTIONAL = frozenset({Need.PERSON, Need.NOTE})


@dataclass(frozen=True)
class Order:
    """A word that people type, the action it stands for, and what it needs."""

    verb: Verb
    action: Action
    needs: tuple[Need, ...] = ()


ORDERS = (
    Order(Verb.ACCEPT, Action.ACCEPT),
    Order(Verb.ARRIVE, Action.ARRIVE),
    Order(Verb.RESOLVE, Action.RESOLVE, (Need.NOTE,)),
    Order(Verb.RETURN, Action.RETURN, (Need.REASON,)),
    Order(Verb.EXTEND, Action.EXTEND, (Need.DAYS, Need.REASON)),
    Order(Verb.DISPATCH, Action.DISPATCH, (Need.PERSON,)),
    Order(Verb.REASSIGN, Action.REASSIGN, (Need.DEPARTMENT, Need.REASON)),
    Order(Verb.ESCALATE, Action.ESCALATE, (Need.REASON,)),
    Order(Verb.SUPPLEMENT, Action.SUPPLEMENT, (Need.REASON,)),
    Order(Verb.NOT_SOLVED, Action.REOPEN, (Need.REASON,)),
    Order(Verb.MERGE, Action.MERGE, (Need.INTO,)),
    Order(Verb.SPLIT, Action.SPLIT),
    Order(Verb.DECLINE, Action.DECLINE, (Need.REASON,)),
    Order(Verb.TO_DISCIPLINE, Action.SEAL),
)


def allowed_now(context: Context, case: Case) -> list[Order]:
    """What the sender may order for the case as one of its staff."""
    if case.masked_text == SEALED_WORDS:  # what was moved out is worked on elsewhere
        return []
    roles = roles_in(context, case) & STAFF
    return [order for order in ORDERS if _allows(case, order, roles) and not _useless(context, case, order)]


def colleagues(context: Context, case: Case) -> list[str]:
    """Whom a leader may dispatch to, by name: in post at the unit or above it, up to the community, and reachable."""
    directory = context.directory
    reached = (person for person in people_near(context, case) if directory.staff_accounts.get(person))
    return _once(directory.people[person].name for person in reached)


def departments(context: Context) -> list[str]:
    """The names a task may be handed to; 纪检 has its own order."""
    found = context.directory.departments.values()
    return _once(department.name for department in found if department.kind is not DepartmentKind.DISCIPLINE)


def _allows(case: Case, order: Order, roles: frozenset[ActorRole]) -> bool:
    step = ALLOWED.get((case.status, order.action))
    return step is not None and bool(step[1] & roles)


def _useless(context: Context, case: Case, order: Order) -> bool:
    """What the table allows and what would still change nothing."""
    if order.action is Action.EXTEND:
        return case.due_at != case.original_due_at
    if order.action is Action.ESCALATE:
        return case.level is EscalationLevel.DISTRICT
    task = open_task(context, case) if order.action is Action.ARRIVE else None
    return task is not None and task.arrived_at is not None


def _once(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))
