"""The morning digest: everybody who has something to do gets one message with all of it.

Said by the first round of the clock between 09:00 and 12:00 of a working day, once among all replicas. A morning
that was missed is skipped with a log line, because a digest in the afternoon would only disturb.
"""

import datetime as dt
from collections import defaultdict

import structlog
from sqlmodel import col, select

from data.models import Case, Source, Task
from handlers import notices, staff_replies
from handlers.cases.actors import OPEN_TASKS
from handlers.cases.clock import calendar
from handlers.cases.dispatch import heads, in_hands_of
from handlers.cases.lifecycle import OPEN
from handlers.cases.reminders import case_line
from handlers.claims import claim
from handlers.local_time import SHANGHAI, local_day
from handlers.message import Context

log = structlog.get_logger("digest")

MORNING = (dt.time(9, 0), dt.time(12, 0))
SOON = dt.timedelta(hours=24)


def send_digests(context: Context) -> set[int]:
    """Queue this morning's digests if it is time and nobody else did; returns who got one."""
    today, time = local_day(context.now), context.now.astimezone(SHANGHAI).time()
    if time < MORNING[0] or not calendar(context).is_working_day(today) or not claim(context, f"digest:{today}"):
        return set()
    if time >= MORNING[1]:
        log.warning("the morning is over, digest skipped", day=today.isoformat())
        return set()
    held = cases_by_person(context)
    for person, cases in held.items():
        notices.tell_people(context, [person], digest_text(context, cases))
    return set(held)


def cases_by_person(context: Context) -> dict[int, list[Case]]:
    """Open cases by whom they wait for, the most urgent first; without a task they wait for a leader."""
    statement = (
        select(Case, Task)
        .join(Task, (col(Task.case_id) == Case.id) & col(Task.status).in_(OPEN_TASKS), isouter=True)
        .where(col(Case.status).in_(OPEN), Case.source != Source.REPLAY)
        .order_by(col(Case.due_at), col(Case.id))
    )
    held: dict[int, list[Case]] = defaultdict(list)
    for case, task in context.session.exec(statement).all():
        for person in in_hands_of(context, task, context.now) if task else heads(context, case.unit_id):
            held[person].append(case)
    return dict(held)


def digest_text(context: Context, cases: list[Case]) -> str:
    overdue = [case_line(context, case) for case in cases if case.due_at <= context.now]
    soon = [case_line(context, case) for case in cases if context.now < case.due_at <= context.now + SOON]
    rest = [case_line(context, case) for case in cases if case.due_at > context.now + SOON]
    return staff_replies.digest(overdue, soon, rest)
