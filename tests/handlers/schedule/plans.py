"""Definitions the tests of the schedule start from, and a clock that passes over them."""

import datetime as dt
from typing import Any

from sqlmodel import Session, col, select

from data.models import (
    Account,
    CalendarOverride,
    ChatGroup,
    DayKind,
    GroupMode,
    OutboxMessage,
    Person,
    Repeat,
    ScheduledMessage,
)
from handlers.local_time import SHANGHAI
from handlers.schedule import editing
from handlers.schedule.draft import Typed
from handlers.schedule.sendings import send_due
from handlers.schedule.sources import SOURCES
from tests.talking import Talk

HOUR = dt.timedelta(hours=1)
LONG_AGO = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
ADMINISTRATOR = "p085"


def row(repeat: Repeat = Repeat.DAILY, **changes: Any) -> ScheduledMessage:
    """A definition that no database knows; at nine, without quiet hours."""
    values: dict[str, Any] = {"name": "通知", "text": "请看通知"}
    values |= {"days_before": ["0"], "active_since": LONG_AGO, "at_minute": 540}
    values |= {"quiet_from_minute": 0, "quiet_to_minute": 0, "audience": ["members"], "months": [], "weekdays": []}
    return ScheduledMessage(repeat=repeat, **(values | changes))


def planned_in(talk: Talk, **form: Any) -> int:
    """An administrator fills in the form now; the number of the definition."""
    values = {"name": "通知", "text": "请看通知", "repeat": "daily", "audience": (group(talk),)} | form
    with talk.bot.database.writing() as session:
        made = editing.create(talk.context(session), Typed(**values), administrator(talk))
        session.commit()
        return made.id or 0


def changed(talk: Talk, definition_id: int, **form: Any) -> None:
    with talk.bot.database.writing() as session:
        context = talk.context(session)
        values = vars(Typed.of(editing.find(context, definition_id))) | form
        editing.update(context, definition_id, Typed(**values), administrator(talk))
        session.commit()


def switched(talk: Talk, definition_id: int, step: Any) -> None:
    """`step` is one of editing.pause, resume, remove."""
    with talk.bot.database.writing() as session:
        step(talk.context(session), definition_id, administrator(talk))
        session.commit()


def administrator(talk: Talk) -> Person:
    return next(person for person in talk.bot.directory().people.values() if person.code == ADMINISTRATOR)


def group(talk: Talk, platform_id: str = "g001") -> str:
    return f"group:{talk.bot.directory().groups['console', platform_id].id}"


def person(talk: Talk, code: str) -> str:
    found = next(person for person in talk.bot.directory().people.values() if person.code == code)
    return f"person:{found.id}"


def at(text: str) -> dt.datetime:
    """`2026-10-08 09:00` of the office, in UTC."""
    return dt.datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=SHANGHAI).astimezone(dt.UTC)


def passes(talk: Talk, until: str, step: dt.timedelta = HOUR) -> list[tuple[str, str]]:
    """The clock goes on step by step; what was queued meanwhile, as local time and text."""
    before = len(queued(talk))
    while talk.now + step <= at(until):
        talk.now += step
        talk.bot.send_scheduled(talk.now)
    return [(local(message.created_at), message.text) for message in queued(talk)[before:]]


def queued(talk: Talk) -> list[OutboxMessage]:
    with talk.bot.database.reading() as session:
        return list(session.exec(select(OutboxMessage).order_by(col(OutboxMessage.id))).all())


def local(moment: dt.datetime) -> str:
    return f"{moment.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"


def calendar_changes(talk: Talk, day: str, kind: DayKind) -> None:
    """The office writes an exception into its calendar."""
    with talk.bot.database.writing() as session:
        session.merge(CalendarOverride(day=dt.date.fromisoformat(day), kind=kind, source="测试"))
        session.commit()
    talk.bot.directory.reload()


def only_listens(talk: Talk, platform_id: str) -> None:
    with talk.bot.database.writing() as session:
        found = session.exec(select(ChatGroup).where(ChatGroup.platform_id == platform_id)).one()
        found.mode = GroupMode.LISTEN
        session.add(found)
        session.commit()
    talk.bot.directory.reload()


def account_of(talk: Talk, code: str) -> str:
    """The platform id of a member of staff."""
    number = int(person(talk, code).partition(":")[2])
    with talk.bot.database.reading() as session:
        return session.exec(select(Account.platform_id).where(Account.person_id == number)).one()


def queue(talk: Talk, session: Session) -> int:
    """What a replica does before it commits."""
    return send_due(talk.context(session), SOURCES)
