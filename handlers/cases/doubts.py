"""Cases a person should look at: the category is a guess, or the place is not known (decision 9).

The line is the classifier's own: below `Thresholds.category` its category is right less often than wrong, and the
routing that follows from it too. What a person decided is kept as a Correction and not asked again.
"""

from dataclasses import dataclass, replace

import sqlalchemy as sa
from sqlalchemy import ColumnElement
from sqlmodel import col, select

from classifiers import Place
from data.models import Building, Case, CaseStatus, Category, ChatGroup, Correction
from data.models.cases import FIRST_NUMBER
from data.taxonomy import CaseClass
from handlers import notices, staff_replies
from handlers.cases import deadlines, intake
from handlers.cases.actors import open_task
from handlers.cases.clock import calendar, start_clock
from handlers.cases.discipline import log_access
from handlers.cases.dispatch import dispatch, holders
from handlers.cases.lifecycle import OPEN, SYSTEM
from handlers.cases.listing import visible_units
from handlers.message import Context

MOST_LISTED = 50


@dataclass(frozen=True)
class Doubt:
    """An open case and what is unsure about it."""

    case: Case
    category: bool
    place: bool


def doubtful(context: Context) -> list[Doubt]:
    """What the sender leads and nobody has decided yet, the first to be due first."""
    units = visible_units(context.directory, context.sender.posts)
    led = col(Case.unit_id).in_(units) if units is not None else sa.true()
    statement = select(Case).where(*unsure(context), led).order_by(col(Case.due_at), col(Case.id)).limit(MOST_LISTED)
    return [_doubt(context, case) for case in context.session.exec(statement).all()]


def look(context: Context, case: Case) -> None:
    """The case is shown to the sender: logged."""
    log_access(context, context.sender.person.id if context.sender.person else None, "doubtful_case", case.id or 0)


def categories(context: Context) -> list[Category]:
    """What may be chosen; 纪检 has its own order, whose answer is never seen by others."""
    return [found for found in context.directory.categories.values() if found.class_ is not CaseClass.DISCIPLINE]


def buildings(context: Context, case: Case) -> list[Building]:
    """Where the case may be: the buildings its group speaks for."""
    found = context.directory.group_buildings.get(case.group_id or 0, ())
    return [context.directory.buildings[building] for building in found]


def decide_category(context: Context, number: int, code: str) -> Case | None:
    """The category is this one, the guessed or another; None where that was decided or the case is over."""
    case = _claimed(context, number)
    category = next((found for found in categories(context) if found.code == code), None)
    if case is None or category is None or context.sender.person is None:
        return None
    context.session.add(
        Correction(
            at=context.now,
            person_id=context.sender.person.id or 0,
            case_id=case.id,
            label="category",
            guessed=case.category_code,
            decided=code,
            model_hash=case.model_hash,
        )
    )
    if code != case.category_code:
        _change(context, case, category)
    return case


def decide_place(context: Context, number: int, building_id: int) -> Case | None:
    """The case is in this building: it moves to the grid that answers for it."""
    case = _claimed(context, number)
    building = next((b for b in buildings(context, case) if b.id == building_id), None) if case else None
    if case is None or building is None or not _doubt(context, case).place:
        return None
    before = case.unit_id
    place = Place(building=str(building_id), room=case.room, text=f"{building.number}号楼", source="staff")
    intake.set_place(_in_its_group(context, case), case, place)
    if case.unit_id != before and case.status is CaseStatus.DISPATCHED:
        dispatch(context, case, SYSTEM, note=case.routed_because)
    else:
        text = staff_replies.supplement_notice(case.number, case.place_text)
        notices.tell_people(context, holders(context, case), text, case)
    return case


def decisions(context: Context, case: Case) -> list[Correction]:
    """What people decided about the case's category, in order."""
    statement = select(Correction).where(Correction.case_id == case.id, Correction.label == "category")
    return list(context.session.exec(statement.order_by(col(Correction.id))).all())


def unsure(context: Context) -> tuple[ColumnElement[bool], ...]:
    """Open cases whose category or place is a guess that nobody decided on."""
    decided = select(Correction.id).where(Correction.case_id == Case.id, Correction.label == "category")
    guessed = col(Case.confidence)["category"].as_float() < context.policy.unsure_category
    return (
        col(Case.status).in_(OPEN),
        col(Case.class_) != CaseClass.DISCIPLINE,
        sa.or_(guessed, _placeless()),
        ~decided.exists(),
    )


def _placeless() -> ColumnElement[bool]:
    """A question or a suggestion needs no place; its community answers."""
    reported = col(Case.kind).not_in(intake.FOR_COMMUNITY)
    return reported & col(Case.building_id).is_(None) & (col(Case.place_text) == "")


def _doubt(context: Context, case: Case) -> Doubt:
    unsure = case.confidence.get("category", 1.0) < context.policy.unsure_category
    reported = case.kind not in intake.FOR_COMMUNITY
    return Doubt(case, category=unsure, place=reported and case.building_id is None and not case.place_text)


def _claimed(context: Context, number: int) -> Case | None:
    """The case, locked until the commit, if it still waits for a decision of the sender."""
    locked = select(Case).where(Case.id == number - FIRST_NUMBER, *unsure(context)).with_for_update(of=Case)
    case = context.session.exec(locked).first()
    units = visible_units(context.directory, context.sender.posts)
    return case if case is not None and (units is None or case.unit_id in units) else None


def _change(context: Context, case: Case, category: Category) -> None:
    """Department and limit follow the category; the unit follows the place, so the task stays where it is."""
    lead, task = case.lead_department_id, open_task(context, case)
    case.category_code, case.class_ = category.code, category.class_
    intake.set_route(_in_its_group(context, case), case)
    if task is not None and task.department_id is not None:
        case.lead_department_id = lead  # a person handed it there
    _set_limit(context, case, category)
    start_clock(context, case)
    text = staff_replies.category_changed(case.number, category.name, case.due_at)
    notices.tell_people(context, holders(context, case), text, case)
    context.session.add(case)


def _set_limit(context: Context, case: Case, category: Category) -> None:
    """The limit of the right category from the day of the report; from now where that is over already.

    What was put off stays put off, because its reporter was told that date.
    """
    if case.due_at != case.original_due_at:
        return
    found = deadlines.deadline(case.received_at, category, case.urgency, calendar(context))
    if found.due_at <= context.now:
        found = deadlines.deadline(context.now, category, case.urgency, calendar(context))
    case.due_at = case.original_due_at = found.due_at
    case.due_provisional = found.provisional


def _in_its_group(context: Context, case: Case) -> Context:
    """Where no building is known, the group tells which community answers."""
    group = context.session.get(ChatGroup, case.group_id) if case.group_id else None
    return replace(context, sender=replace(context.sender, group=group))
