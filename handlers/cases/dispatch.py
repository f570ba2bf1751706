"""Dispatch hands a task to a person, and nothing else: those on duty first, upwards where a post is vacant."""

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlmodel import col, select

from data.models import Case, Duty, Role, Task, TaskStatus, UnitLevel
from data.rows import append
from data.taxonomy import Urgency
from handlers import notices, sent_messages, staff_replies
from handlers.cases.actors import OPEN_TASKS, open_task, today
from handlers.cases.clock import start_clock
from handlers.cases.lifecycle import Action, ActorRole, advance
from handlers.directory import Directory, held
from handlers.local_time import SHANGHAI
from handlers.message import Context

HOLDERS: dict[UnitLevel, tuple[tuple[Role, ...], ...]] = {
    UnitLevel.MICRO_GRID: ((Role.GRID_MEMBER,), (Role.GRID_LEADER,)),
    UnitLevel.GRID: ((Role.GRID_MEMBER,), (Role.GRID_LEADER,)),
    UnitLevel.COMMUNITY: ((Role.COMMUNITY_STAFF,), (Role.HEAD, Role.DEPUTY)),
    UnitLevel.SUBDISTRICT: ((Role.HEAD, Role.DEPUTY),),
    UnitLevel.DISTRICT: ((Role.HEAD, Role.DEPUTY),),
}
NEAR = (UnitLevel.COMMUNITY, UnitLevel.GRID, UnitLevel.MICRO_GRID)
HEADS = (Role.GRID_LEADER, Role.HEAD, Role.DEPUTY)


@dataclass(frozen=True)
class Choice:
    """Whose task it becomes: one of `person_ids`, whoever accepts first."""

    unit_id: int
    person_ids: tuple[int, ...]


def choose(directory: Directory, unit_id: int, now: dt.datetime) -> Choice:
    """The first unit from here upwards with somebody in post; nobody at all is an empty choice at the root."""
    on = now.astimezone(SHANGHAI).date()
    for unit in directory.lineage(unit_id):
        for roles in HOLDERS[unit.level]:
            posts = directory.posts_at(unit.id or 0, roles, on)
            people = [p.person_id for p in posts if directory.staff_accounts.get(p.person_id)]
            if people:
                return Choice(unit.id or 0, tuple(_on_duty(directory, unit.id or 0, people, now)))
    return Choice(directory.root, ())


def _on_duty(directory: Directory, unit_id: int, people: list[int], now: dt.datetime) -> list[int]:
    """Those whom the roster names for this minute; everybody where the roster names nobody."""
    local = now.astimezone(SHANGHAI)
    minute = local.hour * 60 + local.minute

    def covers(duty: Duty) -> bool:
        here = duty.unit_id == unit_id and duty.weekday == local.weekday()
        return here and duty.starts_minute <= minute < duty.ends_minute

    named = {duty.person_id for duty in directory.duties if covers(duty)}
    return [person for person in people if person in named] or people


def dispatch(context: Context, case: Case, roles: frozenset[ActorRole], *, note: str = "") -> None:
    """Offer the case to whoever holds its grid now, and tell them."""
    choice = choose(context.directory, case.unit_id, context.now)
    advance(context, case, Action.DISPATCH, roles, note=note)
    offer(context, case, choice)


def offer(
    context: Context,
    case: Case,
    choice: Choice,
    *,
    department_id: int | None = None,
    person_id: int | None = None,
) -> None:
    """End the open task, start a new one and the clock, tell those who may take it, or a leader where nobody can."""
    take_back(context, case, staff_replies.task_moved(case.number), keep=choice.person_ids)
    case.dispatched_at, case.accepted_at = context.now, None
    start_clock(context, case)
    context.session.flush()  # a new case has its number from here on
    whose = {"unit_id": choice.unit_id, "department_id": department_id, "person_id": person_id}
    append(context.session, Task, case_id=case.id, offered_at=context.now, **whose)
    people = dict.fromkeys(choice.person_ids)
    orders = staff_replies.offer_orders(case.number)
    told = [
        notices.tell_people(context, [person], offer_text(context, case, person), case, orders=orders)
        for person in people
    ]
    if not any(told):
        tell_leaders(context, case, staff_replies.nobody_to_dispatch(case.number))
    if case.urgency is Urgency.EMERGENCY:
        _alert_community(context, case)


def take_back(context: Context, case: Case, text: str, *, keep: Collection[int] = ()) -> None:
    """End the open task and tell those who had it, save for the sender, so that nobody goes out for nothing."""
    task = revoke(context, case)
    if task is not None:
        own = context.sender.person.id if context.sender.person else None
        people = [person for person in in_hands_of(context, task, task.offered_at) if person not in (own, *keep)]
        notices.tell_people(context, people, text, case)


def in_hands_of(context: Context, task: Task, at: dt.datetime) -> list[int]:
    """Who accepted the task, else those to whom it was open at that moment."""
    if task.person_id is not None:
        return [task.person_id]
    if task.department_id is not None:
        return department_staff(context, task.department_id)
    return list(choose(context.directory, task.unit_id, at).person_ids)


def holders(context: Context, case: Case) -> list[int]:
    """Whom the case concerns now."""
    return in_hands(context, case, open_task(context, case))


def in_hands(context: Context, case: Case, task: Task | None) -> list[int]:
    """Who has the open task in hand, else those who lead the unit that has not taken it."""
    return in_hands_of(context, task, context.now) if task else heads(context, case.unit_id)


def open_tasks(context: Context, cases: Iterable[Case]) -> dict[int, Task]:
    """The open task of each of these cases, by the id of the case."""
    numbers = [case.id for case in cases]
    statement = select(Task).where(col(Task.case_id).in_(numbers), col(Task.status).in_(OPEN_TASKS))
    return {task.case_id: task for task in context.session.exec(statement.order_by(col(Task.id))).all()}


def revoke(context: Context, case: Case, status: TaskStatus = TaskStatus.REVOKED) -> Task | None:
    """End the open task, if there is one; nobody can press what was offered with it."""
    task = open_task(context, case) if case.dispatched_at else None
    if task is not None:
        sent_messages.settle_cards(context, case, staff_replies.CARD_ENDED.get(status, staff_replies.CARD_REVOKED))
        task.status, task.ended_at = status, context.now
        context.session.add(task)
    return task


def offer_text(context: Context, case: Case, person_id: int) -> str:
    """The offer as this person reads it, with their own link."""
    category = context.directory.categories[case.category_code].name
    text = staff_replies.task_offer(
        case.number, category, case.place_text, case.masked_text[:200], case.urgency, case.due_at
    )
    if context.policy.public_url:
        text += "\n" + staff_replies.task_details(task_link(context, case, person_id))
    return text


def task_link(context: Context, case: Case, person_id: int) -> str:
    """The private task page, where this person alone sees room and contact while the task is theirs."""
    return f"{context.policy.public_url}/task/{context.policy.sign_link(f'{case.id}-{person_id}')}"


def heads(context: Context, unit_id: int) -> list[int]:
    """Who leads the unit today; the first unit above it that has somebody."""
    for unit in context.directory.lineage(unit_id):
        if posts := context.directory.posts_at(unit.id or 0, HEADS, today(context)):
            return [post.person_id for post in posts]
    return []


def people_near(context: Context, case: Case) -> list[int]:
    """Everybody in post today at the case's unit or above it, up to the community."""
    near = {unit.id for unit in context.directory.lineage(case.unit_id) if unit.level in NEAR}
    on = today(context)
    return [post.person_id for post in context.directory.posts if post.unit_id in near and held(post, on)]


def department_staff(context: Context, department_id: int) -> list[int]:
    """Who answers for the department today, on a platform we reach."""
    on = today(context)
    return [
        post.person_id
        for post in context.directory.posts
        if post.role is Role.DEPARTMENT_STAFF and post.department_id == department_id and held(post, on)
    ]


def tell_leaders(context: Context, case: Case, text: str) -> None:
    tell_heads(context, case, case.unit_id, text)


def tell_heads(context: Context, case: Case, unit_id: int, text: str) -> None:
    """Tell who leads the unit, or the first unit above it where somebody can be reached."""
    notices.tell_people(context, reachable_heads(context, unit_id), text, case)


def reachable_heads(context: Context, unit_id: int) -> list[int]:
    """Who leads the unit, or the first unit above it where somebody can be reached."""
    for unit in context.directory.lineage(unit_id):
        found = heads(context, unit.id or 0)
        if any(notices.reachable(context, person) for person in found):
            return found
    return []


def _alert_community(context: Context, case: Case) -> None:
    community = context.directory.ancestor(case.unit_id, UnitLevel.COMMUNITY).id or 0
    text = staff_replies.emergency_alert(case.number, case.place_text, case.masked_text[:200])
    tell_heads(context, case, community, text)
