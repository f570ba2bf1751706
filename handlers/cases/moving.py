"""A case learns its place after it was opened: it moves to the grid that answers for it, and its holders are told."""

from dataclasses import replace

from classifiers import Place
from data.models import Case, CaseStatus
from data.privacy import masked
from handlers import notices, staff_replies
from handlers.cases import intake
from handlers.cases.dispatch import dispatch, holders
from handlers.cases.lifecycle import SYSTEM
from handlers.message import Context


def move(context: Context, case: Case, place: Place, words: str = "") -> None:
    """Put the case there; an entrance or a floor alone is one of the building the case has already.

    `words` is what was said besides the place.
    """
    before = case.unit_id
    intake.set_place(context, case, _within(case, place))
    case.place_source = "text"
    if case.unit_id != before and case.status is CaseStatus.DISPATCHED:
        dispatch(context, case, SYSTEM, note=case.routed_because)
    else:
        text = staff_replies.supplement_notice(case.number, masked(words)[:200] or case.place_text)
        notices.tell_people(context, holders(context, case), text, case)


def lacks(case: Case, place: Place) -> bool:
    """Whether the place says what the case does not know: its building, or where in it."""
    if case.place_source != "text":
        return True
    detail = place.building is None and (place.entrance is not None or place.floor is not None)
    return detail and case.building_id is not None and case.entrance is None and case.floor is None


def _within(case: Case, place: Place) -> Place:
    """A building that only the group's binding tells gives way to the one that was named."""
    if case.building_id is None or (place.building is not None and place.source == "text"):
        return place
    entrance = place.entrance if place.entrance is not None else case.entrance
    kept = f"{entrance}单元" if entrance is not None and place.entrance is None else ""
    return replace(place, building=str(case.building_id), entrance=entrance, text=kept + place.text, source="group")
