"""How long one round of the clock takes over 100,000 open cases, of which a thousand are due at that moment.

A thousand at once is a bad Monday morning: on a working day with as many cases there are some thirty a minute.
"""

import datetime as dt
import statistics
import time

import sqlalchemy as sa
from sqlmodel import col, select

from bot.commands.many_cases import fill
from bot.running import Bot
from data.models import Account, Case, CaseStatus, ClockAction, Task, TaskStatus

CASES, DUE, RUNS = 100_000, 1_000, 5
LATER = dt.timedelta(days=30)


def clock_figures(bot: Bot, now: dt.datetime) -> dict[str, float]:
    """Seconds of the morning's first round, with a digest of all, and the median of a few later ones."""
    _all_open(bot, now)
    morning = _timed(bot, now, 0)
    rounds = [_due_and_timed(bot, now, run) for run in range(RUNS)]
    return {"digest_100k_s": round(morning, 2), "sweep_100k_s": round(statistics.median(rounds), 3)}


def _due_and_timed(bot: Bot, now: dt.datetime, run: int) -> float:
    _make_due(bot, now, run)
    return _timed(bot, now, DUE)


def _timed(bot: Bot, now: dt.datetime, expected: int) -> float:
    started = time.perf_counter()
    done = bot.sweep(now)
    took = time.perf_counter() - started
    if done != expected:
        raise RuntimeError(f"{done} cases were swept, not {expected}")
    return took


def _all_open(bot: Bot, now: dt.datetime) -> None:
    """Every case waits for its grid members, with a clock that is not due."""
    with bot.database.writing() as session:
        account = session.exec(select(Account.id)).first() or 0
        fill(session, bot.directory(), account, now, CASES)
        waiting = {"status": CaseStatus.DISPATCHED, "next_action": ClockAction.REMIND, "next_action_at": now + LATER}
        session.execute(sa.update(Case).values(due_at=now + 2 * LATER, urgency="normal", **waiting))
        offer = (col(Case.id), col(Case.unit_id), sa.literal(TaskStatus.OFFERED.value), col(Case.received_at))
        columns = ["case_id", "unit_id", "status", "offered_at"]
        session.execute(sa.insert(Task).from_select(columns, sa.select(*offer)))
        session.commit()


def _make_due(bot: Bot, now: dt.datetime, run: int) -> None:
    with bot.database.writing() as session:
        first = run * DUE
        lot = (col(Case.id) > first, col(Case.id) <= first + DUE)
        session.execute(sa.update(Case).where(*lot).values(next_action_at=now))
        session.commit()
