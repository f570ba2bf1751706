"""The clock over the cases: reminders, levels by colour, closing in silence. Driven by one sweep over due rows.

Each case says in `next_action` and `next_action_at` what the clock does with it next; the sweep takes the rows
that are due, does that step and writes the next one, so a crash or a late start loses nothing.
"""

import datetime as dt

from sqlmodel import col, select

from data.models import Case, CaseStatus, ClockAction, ClosedBy, EscalationLevel, UnitLevel
from handlers import notices, replies
from handlers.cases import deadlines
from handlers.cases.clock import calendar, set_clock
from handlers.cases.dispatch import holders, tell_heads
from handlers.cases.lifecycle import OPEN, SYSTEM, Action, ActorRole, advance
from handlers.message import Context

LEVELS = tuple(EscalationLevel)


def sweep(context: Context, *, limit: int = 500) -> int:
    """Do what is due for at most `limit` cases; returns how many. The caller commits and calls again."""
    statement = (
        select(Case)
        .where(col(Case.next_action_at) <= context.now)
        .order_by(col(Case.next_action_at))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    cases = context.session.exec(statement).all()
    for case in cases:
        _act(context, case)
        context.session.add(case)
    return len(cases)


def raise_level(context: Context, case: Case, roles: frozenset[ActorRole], *, why: str) -> EscalationLevel:
    """One level up: history, colour, and the new level's head is told. The highest level stays."""
    advance(context, case, Action.ESCALATE, roles, note=why)
    if case.level is LEVELS[-1]:
        return case.level
    case.level = LEVELS[LEVELS.index(case.level) + 1]
    unit = context.directory.ancestor(case.unit_id, UnitLevel(case.level.value))
    category = context.directory.categories[case.category_code].name
    text = replies.escalation_notice(case.number, case.level, case.place_text, category, why)
    tell_heads(context, case, unit.id or 0, text)
    return case.level


def _act(context: Context, case: Case) -> None:
    if case.next_action is ClockAction.CLOSE and case.status is CaseStatus.RESOLVED:
        _close_in_silence(context, case)
    elif case.status not in OPEN or case.next_action is None:
        set_clock(case, None, None)
    else:
        _STEPS[case.next_action](context, case)


def _close_in_silence(context: Context, case: Case) -> None:
    advance(context, case, Action.CLOSE, SYSTEM)
    case.closed_at, case.closed_by = context.now, ClosedBy.SILENCE
    set_clock(case, None, None)
    notices.tell_reporters(context, case, replies.closed_in_silence(case.number))


def _check_accepted(context: Context, case: Case) -> None:
    """An emergency nobody took goes up at once."""
    if case.status is not CaseStatus.ACCEPTED:
        minutes = context.policy.emergency_accept_minutes
        raise_level(context, case, SYSTEM, why=f"紧急情况{minutes}分钟无人接单")
    set_clock(case, ClockAction.DUE, case.due_at)


def _remind(context: Context, case: Case) -> None:
    """A quarter of the time is left; late starts of the clock go straight on to the deadline."""
    if context.now < case.due_at:
        notices.tell_people(context, holders(context, case), replies.due_soon(case.number, case.due_at), case)
    category = context.directory.categories[case.category_code]
    set_clock(case, ClockAction.DUE, deadlines.polite(case.due_at, case, category, calendar(context)))


def _due(context: Context, case: Case) -> None:
    if context.now < case.due_at:  # extended meanwhile
        set_clock(case, ClockAction.DUE, case.due_at)
        return
    notices.tell_people(context, holders(context, case), replies.overdue(case.number), case)
    _plan_level_up(context, case, since=case.due_at)


def _level_up(context: Context, case: Case) -> None:
    raise_level(context, case, SYSTEM, why="超过时限未办结")
    _plan_level_up(context, case, since=context.now)


def _plan_level_up(context: Context, case: Case, *, since: dt.datetime) -> None:
    if case.level is LEVELS[-1]:
        set_clock(case, None, None)
        return
    category, days = context.directory.categories[case.category_code], calendar(context)
    moment = deadlines.level_up_at(case, category, days, since)
    set_clock(case, ClockAction.LEVEL_UP, deadlines.polite(moment, case, category, days))


def _forget_clock(context: Context, case: Case) -> None:
    """A case that was reopened meanwhile is not closed in silence."""
    set_clock(case, None, None)


_STEPS = {
    ClockAction.ACCEPT_CHECK: _check_accepted,
    ClockAction.REMIND: _remind,
    ClockAction.DUE: _due,
    ClockAction.LEVEL_UP: _level_up,
    ClockAction.CLOSE: _forget_clock,
}
