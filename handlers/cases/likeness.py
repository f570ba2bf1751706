"""Which open cases show the same photo: sent again, forwarded or cut a little. A reason to look, never a proof."""

from sqlalchemy import ColumnElement
from sqlmodel import col, select

from data.models import Case, Media, Message
from handlers.message import Context

# Of 64 bits; two different photos of one stairwell are further apart.
MOST_BITS_APART = 4


def same_photo(context: Context, case: Case, among: list[ColumnElement[bool]]) -> set[int]:
    """The ids of cases of the same group, `among` those meant, with a photo that is nearly one of this case."""
    own = _fingerprints(context, [col(Message.case_id) == case.id]) if case.group_id is not None else []
    if not own:
        return set()
    others = _fingerprints(context, [col(Case.group_id) == case.group_id, *among])
    return {number for number, other in others if any((one ^ other).bit_count() <= MOST_BITS_APART for _, one in own)}


def _fingerprints(context: Context, where: list[ColumnElement[bool]]) -> list[tuple[int, int]]:
    """Found from the cases, which are few: the index of fingerprints would give all photos there are."""
    statement = (
        select(Message.case_id, Media.dhash)
        .select_from(Media)
        .join(Message)
        .join(Case, col(Case.id) == col(Message.case_id))
        .where(*where)
    )
    rows = context.session.exec(statement).all()
    return [(number, int(dhash, 16)) for number, dhash in rows if number is not None and dhash]
