"""What must be true of any stretch of the system's life: hours, digests, due dates, escalations, nothing twice.

Each check looks only at what is stored, and works it out again in the plainest way.
"""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from statistics import mean
from typing import Any

from sqlmodel import Session, col, select

from bot.running import Bot
from data.models import Case, Claim, EscalationLevel, LimitUnit, OutboxMessage, StatusChange
from data.taxonomy import Urgency
from handlers.cases.lifecycle import OPEN
from handlers.cases.working_days import WorkingDays
from handlers.directory import Directory
from handlers.local_time import SHANGHAI, local_day

GREETING, EMERGENCY = "早上好", "紧急"
# The hour in which a limit ends belongs to the hours, and the sweep may come a few minutes late.
LATEST = dt.timedelta(minutes=5)
# One working day for each of three levels, and the hours a reminder may wait.
LONG_OVERDUE = 5


def broken_promises(bot: Bot, rounds: Collection[dt.datetime], now: dt.datetime) -> list[str]:
    """What is wrong, in words; empty when every promise was kept. `rounds` are the moments at which the clock spoke."""
    directory = bot.directory()
    days = WorkingDays(directory.overrides)
    with bot.database.reading() as session:
        said = _said_by_the_clock(session, rounds)
        changes = _history(session)
        cases = session.exec(select(Case)).all()
        return [
            *_hours(said, days),
            *_digests(session, said, days, rounds, now),
            *_twice(said),
            *(wrong for case in cases for wrong in _due_date(directory, days, case, changes[case.id or 0])),
            *(wrong for case in cases for wrong in _levels(days, case, changes[case.id or 0], now)),
        ]


def _said_by_the_clock(session: Session, rounds: Collection[dt.datetime]) -> list[OutboxMessage]:
    moments = set(rounds)
    return [row for row in session.exec(select(OutboxMessage)).all() if row.created_at in moments]


def _history(session: Session) -> dict[int, list[StatusChange]]:
    found: dict[int, list[StatusChange]] = defaultdict(list)
    for change in session.exec(select(StatusChange).order_by(col(StatusChange.id))).all():
        found[change.case_id].append(change)
    return found


def _hours(said: list[OutboxMessage], days: WorkingDays) -> Iterator[str]:
    for row in said:
        local, first = (row.created_at - LATEST).astimezone(SHANGHAI), row.text.split("\n")[0]
        if first.startswith(GREETING) and not (days.is_working_day(local.date()) and local.hour in (8, 9, 10, 11)):
            yield f"digest at {row.created_at}"
        elif EMERGENCY not in first and not 6 <= local.hour < 22:
            yield f"'{first}' at {row.created_at}"


def _digests(
    session: Session,
    said: list[OutboxMessage],
    days: WorkingDays,
    rounds: Collection[dt.datetime],
    now: dt.datetime,
) -> Iterator[str]:
    """One claim for every working day that was lived through, and nobody greeted twice a day."""
    greeted = Counter((row.conversation, local_day(row.created_at)) for row in said if row.text.startswith(GREETING))
    yield from (f"{who} greeted {n} times on {day}" for (who, day), n in greeted.items() if n > 1)
    if not rounds:
        return
    claims = {key for key in session.exec(select(Claim.key)).all() if key.startswith("digest:")}
    day = local_day(min(rounds)) + dt.timedelta(days=1)
    while day < local_day(now):
        if days.is_working_day(day) != (f"digest:{day}" in claims):
            yield f"digest of {day}: {'missing' if days.is_working_day(day) else 'on a free day'}"
        day += dt.timedelta(days=1)


def _twice(said: list[OutboxMessage]) -> Iterator[str]:
    times = Counter((row.conversation, row.text, row.created_at) for row in said)
    yield from (f"{who} heard '{text[:30]}' {n} times at {at}" for (who, text, at), n in times.items() if n > 1)


def _due_date(directory: Directory, days: WorkingDays, case: Case, changes: list[StatusChange]) -> Iterator[str]:
    """Counted day by day from the moment the case came in, or came back."""
    start = max([case.received_at, *(c.at for c in changes if c.action == "reopen")])
    category = directory.categories[case.category_code]
    if case.urgency is Urgency.EMERGENCY:
        expected = start + dt.timedelta(hours=category.emergency_hours)
    elif category.limit_unit is LimitUnit.HOURS:
        expected = start + dt.timedelta(hours=category.limit_value)
    else:
        day, left = local_day(start), category.limit_value
        while left:
            day += dt.timedelta(days=1)
            left -= days.is_working_day(day)
        expected = dt.datetime.combine(day, dt.time(18), SHANGHAI)
    if case.original_due_at != expected:
        yield f"case {case.number} is due {case.original_due_at}, not {expected}"
    if case.due_at < case.original_due_at:
        yield f"case {case.number} was given less time than it has"


def _levels(days: WorkingDays, case: Case, changes: list[StatusChange], now: dt.datetime) -> Iterator[str]:
    """By itself the level goes up only after the deadline, and what is open for long is at the top.

    A case that was reopened or extended had an earlier deadline, of which nothing is kept.
    """
    actions = {change.action for change in changes}
    raised = [change for change in changes if change.action == "escalate" and change.actor_role == "system"]
    if case.urgency is not Urgency.EMERGENCY and not actions & {"reopen", "extend"}:
        yield from (f"case {case.number} went up early, at {c.at}" for c in raised if c.at < case.due_at)
    waited = range(1, max(0, (local_day(now) - local_day(case.due_at)).days))
    late = sum(days.is_working_day(local_day(case.due_at) + dt.timedelta(days=n)) for n in waited)
    if case.status in OPEN and late > LONG_OVERDUE and case.level is not EscalationLevel.DISTRICT:
        yield f"case {case.number} is open {late} working days after its deadline and still at {case.level}"


def messages_a_day(bot: Bot) -> list[dict[str, Any]]:
    """By local week, over the days on which a member of staff heard from the bot: mean, 95th percentile, most."""
    staff = {a.platform_id for accounts in bot.directory().staff_accounts.values() for a in accounts}
    with bot.database.reading() as session:
        rows = session.exec(select(OutboxMessage.account_platform_id, OutboxMessage.created_at)).all()
    heard = Counter((who, local_day(at)) for who, at in rows if who in staff)
    weeks: dict[dt.date, list[int]] = defaultdict(list)
    for (_who, day), count in heard.items():
        weeks[day - dt.timedelta(days=day.weekday())].append(count)
    return [
        {"week": week.isoformat(), "mean": round(mean(n), 2), "p95": sorted(n)[int(len(n) * 0.95)], "most": max(n)}
        for week, n in sorted(weeks.items())
    ]
