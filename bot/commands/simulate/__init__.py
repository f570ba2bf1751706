"""`suishoupai simulate --days N`: the sample street lives through time, and the promises of the system are checked."""

import datetime as dt
import json
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, select

from bot.app import build
from bot.commands.prepare import ready_model
from bot.commands.sample_corp import GROUPS, STAFF, sample_corp
from bot.commands.simulate.calendar import define_messages, plan_service
from bot.commands.simulate.promises import broken_promises, messages_a_day
from bot.commands.simulate.street import Clock, Street
from bot.running import Bot
from bot.settings import Environment, Settings
from data.models import Case, Message, OutboxMessage, OutboxStatus, ServiceHours
from data.seed import load_street
from handlers.cases import trend
from handlers.cases.scope import Scope
from handlers.local_time import Period, moment_of


@dataclass(frozen=True)
class Simulated:
    """What came of it; `broken` holds every promise that was not kept, in words."""

    days: int
    seconds: float
    messages_in: int
    messages_queued: int
    cases: int
    by_status: dict[str, int]
    service_hours: float
    broken: list[str]
    by_week: list[dict[str, Any]]
    messages_a_day: list[dict[str, Any]]

    def as_json(self) -> str:
        return json.dumps(self.__dict__, ensure_ascii=False)


def simulate(
    last: dt.date,
    days: int,
    *,
    reports_a_day: float,
    seed: int,
    keep: Path | None,
    tell: Callable[[int], None],
    model_path: Path | None = None,
) -> Simulated:
    """Live through `days` days up to and with `last`; in memory, or in the file `keep`, which a console can show."""
    started, first = time.monotonic(), last - dt.timedelta(days=days - 1)
    clock = Clock(moment_of(first, 0))
    bot = replace(_bot(keep, model_path), clock=clock)
    street = Street(bot, clock, random.Random(seed))
    define_messages(street)
    for day in range(days):
        plan_service(street, first + dt.timedelta(days=day))
        street.pass_day(first + dt.timedelta(days=day), reports_a_day)
        tell(day + 1)
    _mark_sent(bot)
    found = _figures(street, Period(moment_of(first, 0), clock.now), days, time.monotonic() - started)
    bot.close()
    return found


def _bot(keep: Path | None, model_path: Path | None) -> Bot:
    url = f"sqlite:///{keep}" if keep else "sqlite://"
    # Nothing is ever sent: no connection is begun, and no address that answers is known.
    settings = Settings(env=Environment.TEST, database_url=url, **sample_corp("http://127.0.0.1:9"))
    if model_path:
        settings = settings.model_copy(update={"model_path": model_path})
    ready_model(settings)
    bot = build(settings)
    bot.database.upgrade()
    with bot.database.writing() as session:
        if not load_street(session, channel=GROUPS, staff_channel=STAFF):
            raise ValueError(f"{keep} 里已经有数据，请换一个新文件")
        session.commit()
    bot.directory.reload()
    return bot


def _mark_sent(bot: Bot) -> None:
    """Nobody is there to get it, and a server that opens the file later must not send a year of messages."""
    with bot.database.writing() as session:
        session.execute(sa.update(OutboxMessage).values(status=OutboxStatus.SENT))
        session.commit()


def _figures(street: Street, lived: Period, days: int, seconds: float) -> Simulated:
    bot = street.bot
    broken, load = broken_promises(bot, street.rounds, lived.end), messages_a_day(bot)
    with bot.database.reading() as session:
        weeks = trend.weekly(session, bot.directory(), Scope(lived), lived.end)
        statuses = Counter(case.status.value for case in session.exec(select(Case)).all())
        minutes = session.exec(select(sa.func.sum(ServiceHours.minutes))).one() or 0
        return Simulated(
            days=days,
            seconds=round(seconds, 1),
            messages_in=_count(session, Message),
            messages_queued=_count(session, OutboxMessage),
            cases=statuses.total(),
            by_status=dict(sorted(statuses.items())),
            service_hours=round(minutes / 60, 1),
            broken=broken,
            by_week=[asdict(week) | {"monday": week.monday.isoformat()} for week in weeks],
            messages_a_day=load,
        )


def _count(session: Session, model: type[SQLModel]) -> int:
    return int(session.exec(select(sa.func.count()).select_from(model)).one())
