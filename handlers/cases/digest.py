"""The morning digest: everybody who has something to do gets one message with all of it.

Said by the first round of the clock between 09:00 and 12:00 of a working day, once among all replicas. A morning
that was missed is skipped with a log line, because a digest in the afternoon would only disturb.
"""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from functools import cache, partial

import sqlalchemy as sa
import structlog
from sqlmodel import col

from data.models import Case, Source, Task
from data.models.cases import FIRST_NUMBER
from handlers import notices, staff_replies
from handlers.cases.actors import OPEN_TASKS
from handlers.cases.clock import calendar
from handlers.cases.dispatch import heads, in_hands_of
from handlers.cases.lifecycle import OPEN
from handlers.cases.undecided import undecided_by_person
from handlers.claims import claim
from handlers.local_time import SHANGHAI, local_day
from handlers.message import Context
from handlers.staff_replies import MOST_LINES

log = structlog.get_logger("digest")

MORNING = (dt.time(9, 0), dt.time(12, 0))
SOON = dt.timedelta(hours=24)


@dataclass(frozen=True)
class Waiting:
    """What a line of the digest needs of a case; there may be very many of them."""

    number: int
    place: str
    category_code: str
    due_at: dt.datetime


def send_digests(context: Context) -> set[int]:
    """Queue this morning's digests if it is time and nobody else did; returns who got one."""
    today, time = local_day(context.now), context.now.astimezone(SHANGHAI).time()
    if time < MORNING[0] or not calendar(context).is_working_day(today) or not claim(context, f"digest:{today}"):
        return set()
    if time >= MORNING[1]:
        log.warning("the morning is over, digest skipped", day=today.isoformat())
        return set()
    held, undecided = waiting_by_person(context), undecided_by_person(context)
    for person in dict.fromkeys((*held, *undecided)):
        unsure = staff_replies.undecided(*undecided.get(person, (0, 0)))
        notices.tell_people(context, [person], digest_text(context, held.get(person, [])) + unsure)
    return set(held)


def waiting_by_person(context: Context) -> dict[int, list[Waiting]]:
    """Open cases by whom they wait for, the most urgent first; without a task they wait for a leader."""
    case_columns = (Case.id, Case.place_text, Case.category_code, Case.due_at, Case.unit_id)
    columns = (*case_columns, Task.unit_id, Task.department_id, Task.person_id)
    statement = (
        sa.select(*map(col, columns))
        .select_from(Case)
        .join(Task, (col(Task.case_id) == Case.id) & col(Task.status).in_(OPEN_TASKS), isouter=True)
        .where(col(Case.status).in_(OPEN), col(Case.source) != Source.REPLAY)
        .order_by(col(Case.due_at), col(Case.id))
    )
    held: dict[int, list[Waiting]] = defaultdict(list)
    people = cache(partial(_people, context))
    for case_id, place, category, due_at, *whose in context.session.execute(statement).all():
        for person in people(*whose):
            held[person].append(Waiting(case_id + FIRST_NUMBER, place, category, due_at))
    return dict(held)


def _people(
    context: Context, unit_id: int, task_unit: int | None, department: int | None, person: int | None
) -> list[int]:
    """Whom the cases of one unit, or the tasks of one holder, concern; asked once for thousands of them."""
    if task_unit is None:
        return heads(context, unit_id)
    task = Task(unit_id=task_unit, department_id=department, person_id=person, offered_at=context.now)
    return in_hands_of(context, task, context.now)


def digest_text(context: Context, waiting: list[Waiting]) -> str:
    """Counts of all, and as many lines as are shown."""
    overdue = [case for case in waiting if case.due_at <= context.now]
    soon = [case for case in waiting if context.now < case.due_at <= context.now + SOON]
    rest = waiting[len(overdue) + len(soon) :]
    lists = {"overdue": overdue, "soon": soon, "rest": rest}
    shown = {why: [_line(context, case) for case in cases[:MOST_LINES]] for why, cases in lists.items()}
    return staff_replies.digest({why: len(cases) for why, cases in lists.items()}, shown)


def _line(context: Context, case: Waiting) -> str:
    category = context.directory.categories[case.category_code].name
    return staff_replies.task_line(case.number, case.place, category, case.due_at)
