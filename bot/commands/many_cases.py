"""A year of invented cases for measuring: realistic states, times and histories, written in bulk."""

import datetime as dt
import random
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, SQLModel

from data.models import (
    Case,
    CaseStatus,
    ClosedBy,
    EscalationLevel,
    Evaluation,
    RequestKind,
    Source,
    StatusChange,
    UnitLevel,
)
from data.privacy import Ring, encrypt
from data.taxonomy import CaseClass, Urgency
from handlers.directory import Directory

DAYS = 364
LOT = 5_000
Row = dict[str, Any]
# How long each step took, in hours: most are quick, a few are very slow.
STEP_HOURS = (0.2, 0.5, 0.8, 2, 3, 6, 10, 20, 30, 60, 100, 200)
ENDINGS = [CaseStatus.CLOSED] * 44 + [CaseStatus.RESOLVED] * 2 + [CaseStatus.MERGED, CaseStatus.WITHDRAWN]
ENDINGS += [CaseStatus.DECLINED, CaseStatus.RETURNED]
KINDS = [RequestKind.COMPLAINT] * 15 + [RequestKind.ASSISTANCE] * 3 + [RequestKind.SUGGESTION, RequestKind.INQUIRY]


def fill(session: Session, directory: Directory, account_id: int, now: dt.datetime, number: int) -> None:
    """`number` cases received over the year before `now`, oldest first, with history and verdicts."""
    dice = random.Random(number)
    sealed = sa.literal(encrypt(Ring.OPEN, "3号楼2单元楼道灯坏了三天了"), sa.LargeBinary)
    gap = dt.timedelta(days=DAYS) / number
    rows = (_case(dice, directory, account_id, now - gap * (number - i), now) for i in range(number))
    next_id: int = session.execute(sa.select(sa.func.coalesce(sa.func.max(Case.id), 0))).scalar_one() + 1
    while lot := list(islice(rows, LOT)):
        for row in lot:
            row["id"], next_id = next_id, next_id + 1
        _insert(session, Case, lot, text=sealed)
        _insert(session, StatusChange, (line for row in lot for line in _history(row, dice)), note=sealed)
        _insert(session, Evaluation, (v for row in lot for v in _verdict(row, dice)), note=sealed)
    if session.connection().dialect.name == "postgresql":  # the numbers were given by us
        session.execute(sa.text("SELECT setval(pg_get_serial_sequence('cases', 'id'), :last)"), {"last": next_id - 1})
    session.connection().exec_driver_sql("ANALYZE")


def _insert(session: Session, model: type[SQLModel], rows: Iterable[Row], **same: Any) -> None:
    table = SQLModel.metadata.tables[str(model.__tablename__)]
    session.connection().execute(sa.insert(table).values(**same), list(rows))


def _case(dice: random.Random, directory: Directory, account_id: int, received: dt.datetime, now: dt.datetime) -> Row:
    due = received + dt.timedelta(hours=dice.choice((2, 24, 24, 72, 168)))
    return {
        "source": Source.CHAT,
        "kind": dice.choice(KINDS),
        "class_": dice.choice(list(CaseClass)),
        "category_code": dice.choice(list(directory.categories)),
        "urgency": dice.choice(list(Urgency)),
        "masked_text": "3号楼2单元楼道灯坏了三天了，晚上老人下楼看不见",
        "account_id": account_id,
        "unit_id": dice.choice(_grids(directory)),
        "level": dice.choices(list(EscalationLevel), (80, 12, 6, 2))[0],
        "lead_department_id": dice.choice(list(directory.departments)),
        "place_text": "清荷家园3号楼2单元",
        "place_source": "text",
        "co_units": [],
        "received_at": received,
        "due_at": due + dt.timedelta(days=dice.choice((0,) * 9 + (3,))),
        "original_due_at": due,
        "due_provisional": False,
        "confidence": {"intent": 0.97, "class": 0.95, "category": 0.9},
        "because": ["楼道灯", "坏了"],
        "routed_because": "楼道照明由物业负责",
        "model_hash": "0" * 64,
        **_course(dice, received, now),
    }


def _grids(directory: Directory) -> list[int]:
    return [key for key, unit in directory.units.items() if unit.level is UnitLevel.GRID]


def _course(dice: random.Random, received: dt.datetime, now: dt.datetime) -> Row:
    """How far the case has come by now."""
    dispatched = received + dt.timedelta(seconds=dice.randint(0, 30))
    accepted, resolved, closed = _moments(dice, dispatched)
    ending = dice.choice(ENDINGS)
    course: Row = dict.fromkeys(("accepted_at", "resolved_at", "closed_at", "ended_at", "closed_by"))
    course |= {"status": CaseStatus.DISPATCHED, "dispatched_at": dispatched}
    if accepted <= now:
        course |= {"status": CaseStatus.ACCEPTED, "accepted_at": accepted}
    if resolved > now:
        return course
    if ending not in (CaseStatus.CLOSED, CaseStatus.RESOLVED):
        over = None if ending is CaseStatus.RETURNED else resolved
        return course | {"status": ending, "accepted_at": None, "ended_at": over}
    course |= {"status": CaseStatus.RESOLVED, "resolved_at": resolved, "ended_at": resolved}
    if closed <= now and ending is CaseStatus.CLOSED:
        by = dice.choice((ClosedBy.REPORTER, ClosedBy.REPORTER, ClosedBy.SILENCE))
        course |= {"status": CaseStatus.CLOSED, "closed_at": closed, "closed_by": by}
    return course


def _moments(dice: random.Random, start: dt.datetime) -> Iterator[dt.datetime]:
    """When it was accepted, resolved and closed."""
    for _ in range(3):
        start += dt.timedelta(hours=dice.choice(STEP_HOURS), seconds=dice.randint(0, 3_000))
        yield start


def _history(row: Row, dice: random.Random) -> Iterator[Row]:
    steps = [("register", "received_at", CaseStatus.RECEIVED), ("dispatch", "dispatched_at", CaseStatus.DISPATCHED)]
    steps += [("accept", "accepted_at", CaseStatus.ACCEPTED), ("resolve", "resolved_at", CaseStatus.RESOLVED)]
    steps += [("close", "closed_at", CaseStatus.CLOSED)]
    for action, column, to in steps:
        if row[column]:
            yield {"case_id": row["id"], "at": row[column], "action": action, "to_status": to, "actor_role": "holder"}
    if row["resolved_at"] and dice.random() < 0.03:  # it had been said to be done before
        early = row["received_at"] + (row["resolved_at"] - row["received_at"]) / 2
        again = {"case_id": row["id"], "at": early, "to_status": CaseStatus.RESOLVED, "actor_role": "holder"}
        yield again | {"action": "resolve"}


def _verdict(row: Row, dice: random.Random) -> Iterator[Row]:
    if row["closed_by"] is ClosedBy.REPORTER:
        verdict = {"case_id": row["id"], "account_id": row["account_id"], "at": row["closed_at"]}
        yield verdict | {"resolved": dice.random() < 0.95, "satisfied": dice.choice((True, True, False, None))}
