"""What the holder of a task does: accept, arrive, resolve, return, hand on, extend, pass up, list."""

import re

from sqlalchemy import ColumnElement
from sqlmodel import col, or_, select

from data.models import Case, CaseStatus, Department, DepartmentKind, Outcome, Role, Task, TaskStatus
from data.privacy import masked
from handlers import notices, replies, sent_messages, staff_replies
from handlers.cases import escalation, intake
from handlers.cases.actors import (
    HOLDING,
    OPEN_TASKS,
    came_too_late,
    case_numbered,
    open_task,
    open_task_for,
    working_roles,
)
from handlers.cases.clock import calendar, start_clock
from handlers.cases.deadlines import working_days_after
from handlers.cases.dispatch import Choice, department_staff, offer, revoke, tell_leaders
from handlers.cases.lifecycle import Action, ActorRole, advance
from handlers.errors import NotUnderstood, NotYourCase, Overtaken, WordsMissing
from handlers.message import Context, IncomingMessage, Reply
from handlers.progress import number_of

DEFAULT_NOTE = "已处理"
MOST_LISTED = 20
_EXTENSION = re.compile(r"^(\d{1,2})\s*(?:天|日|个?工作日)\s*[,，:：]?\s*(.+)$", re.DOTALL)


def accept(message: IncomingMessage, context: Context) -> Reply:
    """The first to accept has the task; the next one is told so."""
    case, roles = _task_case(context)
    _accept(context, case, roles)
    orders = staff_replies.task_orders(case.number)
    return Reply(staff_replies.accepted(case.number, case.due_at), case_id=case.id, orders=orders)


def arrive(message: IncomingMessage, context: Context) -> Reply:
    case, roles = _task_case(context)
    advance(context, case, Action.ARRIVE, roles)
    task = open_task_for(context, case)
    if task is not None:
        task.arrived_at = context.now
    orders = staff_replies.task_orders(case.number, arrived=True)
    return Reply(staff_replies.arrived(case.number), case_id=case.id, orders=orders)


def resolve(message: IncomingMessage, context: Context) -> Reply:
    """Done, says the holder: the reporter is told and asked. Forgotten acceptance is made up for."""
    case, roles = _task_case(context)
    if case.status is CaseStatus.DISPATCHED:
        _accept(context, case, roles)
    note = context.command.rest or DEFAULT_NOTE
    advance(context, case, Action.RESOLVE, roles, note=note)
    revoke(context, case, TaskStatus.DONE)
    case.resolved_at = context.now
    start_clock(context, case)
    intake.attach(context, case, message, Outcome.COMMAND)
    asked = replies.ask_evaluation(case.number, masked(note)[:200])
    if notices.tell_reporters(context, case, asked, replies.group_resolved(case.number)):
        return Reply(staff_replies.resolved(case.number), case_id=case.id)
    notices.tell_people(context, [_person(context)], staff_replies.tell_them(case.number), case)
    return Reply(staff_replies.resolved_untold(case.number), case_id=case.id)


def return_(message: IncomingMessage, context: Context) -> Reply:
    """Not theirs: back to the leader, who hands it on."""
    case, roles = _task_case(context)
    reason = _words(context, "原因")
    advance(context, case, Action.RETURN, roles, note=reason)
    revoke(context, case, TaskStatus.RETURNED)
    start_clock(context, case)
    tell_leaders(context, case, staff_replies.returned_to_leader(case.number, masked(reason)[:100]))
    return Reply(staff_replies.returned(case.number), case_id=case.id)


def reassign(message: IncomingMessage, context: Context) -> Reply:
    """To another department, with a reason; its registered people get the task."""
    case, roles = _task_case(context)
    department, reason = _department(context, case)
    advance(context, case, Action.REASSIGN, roles, note=f"{department.name}:{reason}")
    case.lead_department_id = department.id or 0
    staff = tuple(department_staff(context, department.id or 0))
    offer(context, case, Choice(case.unit_id, staff), department_id=department.id)
    say = staff_replies.reassigned if staff else staff_replies.reassigned_without_staff
    return Reply(say(case.number, department.name), case_id=case.id)


def extend(message: IncomingMessage, context: Context) -> Reply:
    """Once, by a few working days, with a reason the reporter and the leader can read."""
    case, roles = _task_case(context)
    most = context.policy.longest_extension_days
    found = _EXTENSION.match(context.command.rest)
    if not found or not 1 <= int(found[1]) <= most or case.due_at != case.original_due_at:
        raise NotUnderstood(staff_replies.extension_form(case.number, most))
    advance(context, case, Action.EXTEND, roles, note=found[2])
    start = max(case.due_at, context.now)  # a new limit that is over already would help nobody
    extended = working_days_after(start, int(found[1]), calendar(context))
    case.due_at, case.due_provisional = extended.due_at, extended.provisional
    start_clock(context, case)
    notices.tell_reporters(context, case, replies.delayed(case.number, case.due_at))
    tell_leaders(context, case, staff_replies.extension_notice(case.number, case.due_at, masked(found[2])[:100]))
    return Reply(staff_replies.extended(case.number, case.due_at), case_id=case.id)


def escalate(message: IncomingMessage, context: Context) -> Reply:
    """The holder cannot do it on this level: the next level leads from now on."""
    case, roles = _task_case(context)
    why = _words(context, "原因")
    if not escalation.raise_level(context, case, roles, why=why):
        return Reply(staff_replies.at_highest_level(case.number), case_id=case.id)
    told = escalation.raised_sentence(context, case, masked(why)[:100])
    notices.tell_people(context, escalation.now_leading(context, case), told, case)
    return Reply(staff_replies.escalated(case.number, case.level), case_id=case.id)


def my_tasks(message: IncomingMessage, context: Context) -> Reply:
    """What the sender holds or may accept, most urgent first; privately."""
    if context.sender.person is None:
        return Reply(staff_replies.NO_TASKS, private=True, instead=replies.PRIVATE_ONLY)
    statement = (
        select(Case)
        .join(Task)
        .where(col(Task.status).in_(OPEN_TASKS), _mine(context))
        .order_by(col(Case.due_at))
        .limit(MOST_LISTED)
    )
    names = context.directory.categories
    lines = [
        staff_replies.task_line(case.number, case.place_text, names[case.category_code].name, case.due_at)
        for case in context.session.exec(statement).all()
    ]
    return Reply("\n".join(lines) or staff_replies.NO_TASKS, private=True, instead=replies.PRIVATE_ONLY)


def _mine(context: Context) -> ColumnElement[bool]:
    """Tasks in the sender's hands, and those nobody has taken yet that the sender may take."""
    posts = context.sender.posts
    units = [post.unit_id for post in posts if post.role in HOLDING]
    departments = [post.department_id for post in posts if post.role is Role.DEPARTMENT_STAFF]
    return or_(
        col(Task.person_id) == _person(context),
        col(Task.person_id).is_(None) & col(Task.department_id).is_(None) & col(Task.unit_id).in_(units),
        col(Task.person_id).is_(None) & col(Task.department_id).in_(departments),
    )


def _task_case(context: Context) -> tuple[Case, frozenset[ActorRole]]:
    """The case, for somebody who works on it; a colleague who was too late is told who was not."""
    case = case_numbered(context, number_of(context))
    roles = working_roles(context, case)
    if not roles:
        raise (Overtaken if came_too_late(context, case) else NotYourCase)(case.number)
    return case, roles


def _accept(context: Context, case: Case, roles: frozenset[ActorRole]) -> None:
    task = open_task(context, case)
    advance(context, case, Action.ACCEPT, roles)
    case.accepted_at = context.now
    if task is not None:
        task.person_id, task.status, task.accepted_at = _person(context), TaskStatus.ACCEPTED, context.now
        context.session.add(task)
    sent_messages.settle_cards(context, case, staff_replies.CARD_TAKEN, keep=_person(context))
    start_clock(context, case)
    notices.tell_reporters(context, case, replies.accepted_by_resident_view(case.number))


def _person(context: Context) -> int:
    return (context.sender.person.id or 0) if context.sender.person else 0


def _words(context: Context, what: str) -> str:
    if not context.command.rest:
        raise WordsMissing(context.command.verb, what)
    return context.command.rest


def _department(context: Context, case: Case) -> tuple[Department, str]:
    """The department named by the first word, and the reason behind it; 物业 is the building's own company."""
    name, *reason = _words(context, "部门和原因").split(maxsplit=1)
    if not reason:
        raise WordsMissing(context.command.verb, "部门和原因")
    # 纪检 has its own order, whose answer is never seen in a group.
    departments = [d for d in context.directory.departments.values() if d.kind is not DepartmentKind.DISCIPLINE]
    exact = [d for d in departments if name in (d.name, d.code)]
    near = exact or [d for d in departments if name in d.name]
    if not near:
        raise NotUnderstood(staff_replies.UNKNOWN_DEPARTMENT)
    building = context.directory.buildings.get(case.building_id or 0)
    own = [d for d in near if building and d.id == building.manager_department_id]
    return min(own or near, key=lambda department: len(department.name)), reason[0]
