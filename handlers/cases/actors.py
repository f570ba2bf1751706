"""What a person is to a case: its reporter, the holder of its task, a leader above it. Everything else is denied."""

import datetime as dt

from sqlalchemy import bindparam
from sqlmodel import col, select

from data.models import Case, CaseReporter, Post, Role, Task, TaskStatus
from data.models.cases import FIRST_NUMBER
from handlers.cases.lifecycle import ActorRole
from handlers.errors import NoSuchCase, NotYourCase
from handlers.local_time import SHANGHAI
from handlers.message import Context

LEADING = (Role.GRID_LEADER, Role.HEAD, Role.DEPUTY, Role.COMMUNITY_STAFF, Role.ADMINISTRATOR)
GRID_ROLES = (Role.GRID_MEMBER, Role.GRID_LEADER)
HOLDING = (*GRID_ROLES, Role.HEAD, Role.DEPUTY, Role.COMMUNITY_STAFF)
OPEN_TASKS = (TaskStatus.OFFERED, TaskStatus.ACCEPTED)
# Built once, because every order asks them.
REPORTER = select(CaseReporter.id).where(
    CaseReporter.case_id == bindparam("case"), CaseReporter.account_id == bindparam("account")
)
OTHER_REPORTER = (
    select(CaseReporter.id)
    .where(CaseReporter.case_id == bindparam("case"), CaseReporter.account_id != bindparam("account"))
    .limit(1)
)
WORKED = (
    select(Task.id)
    .where(Task.case_id == bindparam("case"), Task.person_id == bindparam("person"), col(Task.accepted_at).is_not(None))
    .limit(1)
)
OPEN_TASK = (
    select(Task)
    .where(Task.case_id == bindparam("case"), col(Task.status).in_(OPEN_TASKS))
    .order_by(col(Task.id).desc())
    .limit(1)
)


def find_case(context: Context, number: int) -> tuple[Case, frozenset[ActorRole]]:
    """The case and the roles the sender has in it.

    Raises NoSuchCase, and NotYourCase for somebody who has no part in it: both only say the number.
    """
    case = case_numbered(context, number)
    roles = roles_in(context, case)
    if not roles:
        raise NotYourCase(number)
    return case, roles


def case_numbered(context: Context, number: int) -> Case:
    """The case, locked until the commit, because orders for one case may come at the same time."""
    case = context.session.get(Case, number - FIRST_NUMBER, with_for_update=True)
    if case is None:
        raise NoSuchCase(number)
    return case


def roles_in(context: Context, case: Case) -> frozenset[ActorRole]:
    reporter = {ActorRole.REPORTER} if is_reporter(context, case) else set()
    return working_roles(context, case) | reporter


def working_roles(context: Context, case: Case) -> frozenset[ActorRole]:
    """What the sender is to the case as staff."""
    found = set()
    if open_task_for(context, case):
        found.add(ActorRole.HOLDER)
    if leads(context, case):
        found.add(ActorRole.LEADER)
    return frozenset(found)


def is_reporter(context: Context, case: Case) -> bool:
    if context.sender.account is None:
        return False
    who = {"case": case.id, "account": context.sender.account_id}
    return context.session.exec(REPORTER, params=who).first() is not None


def others_report(context: Context, case: Case) -> bool:
    """Whether somebody besides the sender reported the case, too, by +1 or by a report merged into it."""
    who = {"case": case.id, "account": context.sender.account_id}
    return context.session.exec(OTHER_REPORTER, params=who).first() is not None


def worked_on(context: Context, case: Case) -> bool:
    """Whether the sender has ever taken the case's task."""
    person = context.sender.person
    if person is None:
        return False
    return context.session.exec(WORKED, params={"case": case.id, "person": person.id}).first() is not None


def open_task_for(context: Context, case: Case) -> Task | None:
    """The case's open task if the sender holds it or may accept it."""
    person = context.sender.person
    if person is None:
        return None
    task = open_task(context, case)
    if task is None or (task.person_id is not None and task.person_id != person.id):
        return None
    return task if task.person_id or any(_may_hold(context, post, task) for post in context.sender.posts) else None


def open_task(context: Context, case: Case) -> Task | None:
    return context.session.exec(OPEN_TASK, params={"case": case.id}).first()


def came_too_late(context: Context, case: Case) -> bool:
    """Whether a colleague holds the task that the sender might have taken."""
    task = open_task(context, case)
    return task is not None and any(_may_hold(context, post, task) for post in context.sender.posts)


def _may_hold(context: Context, post: Post, task: Task) -> bool:
    if task.department_id is not None:
        return post.role is Role.DEPARTMENT_STAFF and post.department_id == task.department_id
    return post.unit_id == task.unit_id and post.role in HOLDING


def leads(context: Context, case: Case) -> bool:
    """Whether the sender has a leading post at the case's unit or above it."""
    return leads_unit(context, case.unit_id)


def leads_unit(context: Context, unit_id: int) -> bool:
    """Whether the sender has a leading post there or above."""
    chain = {unit.id for unit in context.directory.lineage(unit_id)}
    return any(post.role in LEADING and post.unit_id in chain for post in context.sender.posts)


def today(context: Context) -> dt.date:
    """The date in the office's own time zone."""
    return context.now.astimezone(SHANGHAI).date()
