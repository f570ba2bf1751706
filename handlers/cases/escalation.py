"""The clock over the cases: reminders, levels by colour, closing in silence. Driven by one sweep over due rows.

Each case says in `next_action` and `next_action_at` what the clock does with it next; the sweep takes the rows
that are due, does that step and writes the next one, so a crash or a late start loses nothing.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import col, select

from data.models import Case, CaseStatus, ClockAction, ClosedBy, EscalationLevel, Task, UnitLevel
from handlers import notices, replies, staff_replies
from handlers.cases import deadlines
from handlers.cases.clock import calendar, set_clock
from handlers.cases.digest import send_digests
from handlers.cases.dispatch import in_hands, open_tasks, reachable_heads, tell_leaders
from handlers.cases.lifecycle import OPEN, SYSTEM, Action, ActorRole, advance
from handlers.cases.reminders import Round, Why
from handlers.claims import sweep_alone
from handlers.message import Context

LEVELS = tuple(EscalationLevel)
# The sweep comes every 30 seconds; what it finds later than this it would say at an hour nobody chose.
LATE = dt.timedelta(minutes=5)


@dataclass(frozen=True)
class Turn:
    """What one case's turn needs besides the case: where to say things, and its open task."""

    said: Round
    task: Task | None


def sweep(context: Context, *, limit: int = 500) -> int:
    """Do what is due for at most `limit` cases; returns how many. The caller commits and calls again.

    One replica at a time, so that what a person hears comes together.
    """
    sweep_alone(context)
    digested = send_digests(context)
    cases, said = _due_cases(context, limit), Round()
    tasks = open_tasks(context, cases)
    for case in cases:
        _act(context, case, Turn(said, tasks.get(case.id or 0)))
        context.session.add(case)
    said.say(context, digested=digested)
    return len(cases)


def _due_cases(context: Context, limit: int) -> Sequence[Case]:
    statement = (
        select(Case)
        .where(col(Case.next_action_at) <= context.now)
        .order_by(col(Case.next_action_at), col(Case.id))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return context.session.exec(statement).all()


def raise_level(context: Context, case: Case, roles: frozenset[ActorRole], *, why: str) -> bool:
    """One level up, with history and colour; False where it is at the highest already. Telling is the caller's."""
    advance(context, case, Action.ESCALATE, roles, note=why)
    if case.level is LEVELS[-1]:
        return False
    case.level = LEVELS[LEVELS.index(case.level) + 1]
    return True


def now_leading(context: Context, case: Case) -> list[int]:
    """Who leads the case on its level and can be reached."""
    unit = context.directory.ancestor(case.unit_id, UnitLevel(case.level.value))
    return reachable_heads(context, unit.id or 0)


def raised_sentence(context: Context, case: Case, why: str) -> str:
    category = context.directory.categories[case.category_code].name
    return staff_replies.escalation_notice(case.number, case.level, case.urgency, case.place_text, category, why)


def _act(context: Context, case: Case, turn: Turn) -> None:
    if (case.status not in OPEN and case.next_action is not ClockAction.CLOSE) or case.next_action is None:
        set_clock(case, None, None)
    elif (moment := _polite_now(context, case)) > context.now:
        set_clock(case, case.next_action, moment)
    elif case.next_action is ClockAction.CLOSE:
        _close_in_silence(context, case)
    else:
        _STEPS[case.next_action](context, case, turn)


def _polite_now(context: Context, case: Case) -> dt.datetime:
    """Now, or, where the clock comes late (it stood still), the next moment at which it may disturb somebody."""
    if case.next_action_at is not None and context.now - case.next_action_at <= LATE:
        return context.now
    category = context.directory.categories[case.category_code]
    return deadlines.polite(context.now, case, category, calendar(context))


def _close_in_silence(context: Context, case: Case) -> None:
    """Not a case that was reopened meanwhile."""
    set_clock(case, None, None)
    if case.status is CaseStatus.RESOLVED:
        advance(context, case, Action.CLOSE, SYSTEM)
        case.closed_at, case.closed_by = context.now, ClosedBy.SILENCE
        text = replies.closed_in_silence(case.number)  # says nothing of what it was, so a group may read it
        if not notices.tell_reporters(context, case, text, text):
            tell_leaders(context, case, staff_replies.closed_untold(case.number))


def _check_accepted(context: Context, case: Case, turn: Turn) -> None:
    """An emergency nobody took goes up at once."""
    if case.status is not CaseStatus.ACCEPTED:
        _raise(context, case, turn, f"紧急情况{context.policy.emergency_accept_minutes}分钟无人接单")
    set_clock(case, ClockAction.DUE, case.due_at)


def _remind(context: Context, case: Case, turn: Turn) -> None:
    """A quarter of the time is left; late starts of the clock go straight on to the deadline."""
    if context.now < case.due_at:
        sentence = staff_replies.due_soon(case.number, case.due_at, case.urgency)
        turn.said.add(in_hands(context, case, turn.task), case, Why.SOON, sentence)
    category = context.directory.categories[case.category_code]
    set_clock(case, ClockAction.DUE, deadlines.polite(case.due_at, case, category, calendar(context)))


def _due(context: Context, case: Case, turn: Turn) -> None:
    if context.now < case.due_at:  # extended meanwhile
        set_clock(case, ClockAction.DUE, case.due_at)
        return
    sentence = staff_replies.overdue(case.number, case.urgency)
    turn.said.add(in_hands(context, case, turn.task), case, Why.OVERDUE, sentence)
    _plan_level_up(context, case, since=case.due_at)


def _level_up(context: Context, case: Case, turn: Turn) -> None:
    _raise(context, case, turn, "超过时限未办结")
    _plan_level_up(context, case, since=context.now)


def _raise(context: Context, case: Case, turn: Turn, why: str) -> None:
    if raise_level(context, case, SYSTEM, why=why):
        turn.said.add(now_leading(context, case), case, Why.RAISED, raised_sentence(context, case, why))


def _plan_level_up(context: Context, case: Case, *, since: dt.datetime) -> None:
    if case.level is LEVELS[-1]:
        set_clock(case, None, None)
        return
    category, days = context.directory.categories[case.category_code], calendar(context)
    moment = deadlines.level_up_at(case, category, days, since)
    set_clock(case, ClockAction.LEVEL_UP, deadlines.polite(moment, case, category, days))


_STEPS = {
    ClockAction.ACCEPT_CHECK: _check_accepted,
    ClockAction.REMIND: _remind,
    ClockAction.DUE: _due,
    ClockAction.LEVEL_UP: _level_up,
}
