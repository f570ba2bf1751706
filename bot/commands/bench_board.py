"""Speeds of the office's pages over a year of a hundred thousand cases: the board, and the list page by page."""

import statistics
import time
from collections.abc import Callable
from typing import Any

from sqlmodel import Session, col, select

from bot.commands.many_cases import fill
from bot.running import Bot
from bot.web.filters import LONGEST_PERIOD_DAYS
from data.models import Account, Case
from handlers.cases import board, listing
from handlers.cases.listing import Filter
from handlers.cases.measures import Measure
from handlers.cases.scope import By, Scope, last_days
from handlers.directory import Directory

CASES, RUNS, PAGE = 100_000, 5, 51
SHORT_PERIOD_DAYS = 30


def measure(bot: Bot) -> dict[str, float]:
    """Milliseconds, the median of several runs; of the list the slowest measure at its slowest depth."""
    directory, now = bot.directory(), bot.clock()
    with bot.database.writing() as session:
        account = session.exec(select(Account.id).limit(1)).one()
        fill(session, directory, account or 0, now, CASES)
        session.commit()
    year, month = (Scope(last_days(days, now)) for days in (LONGEST_PERIOD_DAYS, SHORT_PERIOD_DAYS))

    def overview(session: Session, scope: Scope, by: By = By.COMMUNITY) -> float:
        return _milliseconds(lambda: board.overview(session, directory, by, scope, now))

    with bot.database.reading() as session:
        return {
            "overview_100k_ms": overview(session, year),
            "overview_100k_worst_ms": max(overview(session, year, by) for by in By),
            "overview_30_days_ms": overview(session, month),
            "case_list_100k_ms": max(_list_page(session, directory, Filter(m, year), bot) for m in Measure),
        }


def _list_page(session: Session, directory: Directory, filter: Filter, bot: Bot) -> float:
    """A page with its count, at the first, the middle and the deepest page."""
    now = bot.clock()
    oldest = col(Case.received_at)
    depths = [None, *session.exec(select(Case.id).order_by(oldest).offset(CASES // 2).limit(1)).all()]
    depths += session.exec(select(Case.id).order_by(oldest).offset(PAGE).limit(1)).all()

    def look(after: int | None) -> Any:
        found = listing.find(session, directory, filter, now, after=after, limit=PAGE)
        return found, listing.count(session, directory, filter, now)

    times = [_milliseconds(lambda after=after: look(after)) for after in depths]  # type: ignore[misc]
    return max(times)


def _milliseconds(work: Callable[[], Any]) -> float:
    times = []
    for _ in range(RUNS):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return round(statistics.median(times) * 1000, 1)
