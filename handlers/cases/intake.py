"""A report becomes a case: its words and photos are gathered, its place and unit found, its deadline set."""

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import bindparam
from sqlmodel import col, select

from classifiers import Intent, Place, Understanding
from data.models import (
    Case,
    CaseReporter,
    EscalationLevel,
    Media,
    Message,
    Outcome,
    PendingMessage,
    RequestKind,
    UnitLevel,
)
from data.privacy import masked
from data.rows import append
from data.taxonomy import CaseClass, Urgency
from handlers.cases import deadlines
from handlers.cases.dispatch import dispatch
from handlers.cases.escalation import LEVELS
from handlers.cases.lifecycle import OPEN, SYSTEM, Action, advance
from handlers.cases.routing import Matter, answering_unit, route
from handlers.cases.working_days import WorkingDays
from handlers.message import Context, IncomingMessage

MOST_CHARACTERS = 2000
# Built once, because every report asks it.
PENDING = (
    select(PendingMessage)
    .where(
        PendingMessage.account_id == bindparam("account"),
        col(PendingMessage.group_id).is_not_distinct_from(bindparam("group")),
        col(PendingMessage.expires_at) > bindparam("now"),
    )
    .order_by(col(PendingMessage.message_id))
)
FOR_COMMUNITY = (RequestKind.INQUIRY, RequestKind.SUGGESTION, RequestKind.PRAISE)


def register(context: Context, message: IncomingMessage, *, joined: Sequence[PendingMessage] = ()) -> Case:
    """Make the case of an understood message and dispatch it.

    `joined` is earlier talk it completes; photos of the same person that wait for their words come along.
    """
    waiting = pending_of_sender(context)
    earlier = [row for row in waiting if row in joined or not row.text]
    words = [row.text for row in earlier if row.text] + ([message.text] if message.text else [])
    case = _new_case(context, "\n".join(words)[:MOST_CHARACTERS])
    context.session.add(case)
    with context.session.no_autoflush:  # one round of inserts, where the new case gets its number
        _start(context, case)
    append(context.session, CaseReporter, case_id=case.id, account_id=context.sender.account_id, at=context.now)
    attach(context, case, message, Outcome.REGISTERED)
    for row in waiting:
        if row in earlier:
            keep(context, row, case)
        elif row.asked:  # said again and clearer, so that a yes that comes now must not open a second case
            context.session.delete(row)
    return case


def kind_of(understanding: Understanding) -> RequestKind:
    """The request kind that the intent implies (design, section 4)."""
    by_intent = {
        Intent.INQUIRY: RequestKind.INQUIRY,
        Intent.SUGGESTION: RequestKind.SUGGESTION,
        Intent.PRAISE: RequestKind.PRAISE,
    }
    if understanding.intent in by_intent:
        return by_intent[understanding.intent]
    if understanding.class_ is CaseClass.DISCIPLINE:
        return RequestKind.IRREGULARITY
    return RequestKind.ASSISTANCE if understanding.asks_help else RequestKind.COMPLAINT


def attach(context: Context, case: Case, message: IncomingMessage, outcome: Outcome) -> None:
    """Make a message part of a case: only now its words are kept."""
    row = context.message_row
    row.case_id, row.outcome = case.id, outcome
    row.text = message.text[:MOST_CHARACTERS] or None
    context.session.add(row)


def add_words(context: Context, case: Case, words: str) -> None:
    """What else was said of it, by its reporter or a neighbour, is shown with what was reported."""
    context.session.refresh(case, with_for_update=True)  # another line may be added at the same time
    case.text = f"{case.text}\n{words}"[:MOST_CHARACTERS]
    case.masked_text = masked(case.text)
    context.session.add(case)


def keep_pending(context: Context, message: IncomingMessage, *, asked: bool = False) -> None:
    """Hold talk that may yet belong to a case, encrypted, for at most 15 minutes (decision 8)."""
    context.session.add(
        PendingMessage(
            message_id=context.message_row.id or 0,
            group_id=context.message_row.group_id,
            account_id=context.sender.account_id,
            text=message.text[:MOST_CHARACTERS],
            asked=asked,
            expires_at=context.now + dt.timedelta(minutes=context.policy.pending_minutes),
        )
    )


def recent_case(context: Context, minutes: int, *, placeless: bool = False) -> Case | None:
    """The sender's latest open case in this conversation within so many minutes; `placeless`: none was named yet."""
    group_id = context.message_row.group_id
    statement = (
        select(Case)
        .where(
            Case.account_id == context.sender.account_id,
            Case.group_id == group_id,
            col(Case.received_at) >= context.now - dt.timedelta(minutes=minutes),
            col(Case.status).in_(OPEN),
        )
        .order_by(col(Case.id).desc())
        .limit(1)
    )
    if placeless:
        statement = statement.where(Case.place_source != "text")
    return context.session.exec(statement).first()


def set_place(context: Context, case: Case, place: Place) -> None:
    """Put the case where the place says and move it to the grid that answers for it."""
    building = context.directory.buildings.get(int(place.building)) if place.building else None
    # In a group of one building nobody names it, so its number is put in front.
    unnamed = f"{building.number}号楼" if building and place.source == "group" else ""
    case.building_id = building.id if building else None
    case.entrance, case.floor, case.room = place.entrance, place.floor, place.room
    # Two places named at once are none yet: we ask, and the answer is to be found.
    case.place_text, case.place_source = (unnamed + place.text)[:128], "" if place.ambiguous else place.source
    set_route(context, case)
    context.session.add(case)


def set_deadline(context: Context, case: Case) -> None:
    """A new clock from now."""
    category = context.directory.categories[case.category_code]
    calendar = WorkingDays(context.directory.overrides)
    found = deadlines.deadline(context.now, category, case.urgency, calendar)
    case.due_at = case.original_due_at = found.due_at
    case.due_provisional = found.provisional


def _new_case(context: Context, words: str) -> Case:
    understanding = context.understanding
    case = Case(
        source=context.policy.source,
        kind=kind_of(understanding),
        class_=understanding.class_ or CaseClass.LIVELIHOOD,
        category_code=understanding.category or "M99",
        urgency=understanding.urgency or Urgency.NORMAL,
        text=words,
        masked_text=masked(words),
        group_id=context.message_row.group_id,
        account_id=context.sender.account_id,
        unit_id=0,
        lead_department_id=0,
        received_at=context.now,
        due_at=context.now,
        original_due_at=context.now,
        confidence=_confidence(understanding),
        because=list(understanding.because),
        model_hash=understanding.model_hash,
    )
    set_place(context, case, understanding.place or Place(source=""))
    set_deadline(context, case)
    return case


def _confidence(understanding: Understanding) -> dict[str, float]:
    found = understanding.confidence
    return {"intent": found.intent, "class": found.class_, "category": found.category}


def set_route(context: Context, case: Case) -> None:
    """Unit, department, co-units and first level from the place and the routing table; a raised level stays."""
    directory = context.directory
    building = directory.buildings.get(case.building_id) if case.building_id else None
    home = building.unit_id if building else directory.home_unit(context.sender.group)
    unit = answering_unit(directory, home, for_community=case.kind in FOR_COMMUNITY)
    raised = bool(case.unit_id) and case.level is not _first_level(directory.units[case.unit_id].level)
    matter = Matter(case.class_, case.category_code, home, building, context.now)
    found = route(directory, matter)
    case.unit_id = unit.id or 0
    case.lead_department_id, case.co_units = found.lead_department_id, list(found.co_units)
    case.routed_because = found.because[:256]
    if not raised:
        case.level = _first_level(unit.level)


def _first_level(level: UnitLevel) -> EscalationLevel:
    return EscalationLevel(level.value) if level.value in LEVELS else EscalationLevel.GRID


def _start(context: Context, case: Case) -> None:
    """First line of history, then to somebody's hands; praise needs no hands and is closed at once."""
    if case.kind is RequestKind.PRAISE:
        advance(context, case, Action.ACKNOWLEDGE, SYSTEM)
        case.closed_at = context.now
        context.session.flush()
    else:
        dispatch(context, case, SYSTEM, note=case.routed_because)


def pending_of_sender(context: Context) -> list[PendingMessage]:
    """What the sender said or showed in this conversation in the last minutes, oldest first."""
    mine = {"account": context.sender.account_id, "group": context.message_row.group_id, "now": context.now}
    return list(context.session.exec(PENDING, params=mine).all())


def keep(context: Context, pending: PendingMessage, case: Case) -> None:
    """What waited becomes part of a case."""
    row = context.session.get_one(Message, pending.message_id)
    row.case_id, row.outcome, row.text = case.id, Outcome.ATTACHED, pending.text or None
    context.session.add(row)
    context.session.delete(pending)


def photos_of(context: Context, case: Case) -> list[Media]:
    """All photos that belong to the case, oldest first."""
    statement = select(Media).join(Message).where(Message.case_id == case.id).order_by(col(Media.id))
    return list(context.session.exec(statement).all())
