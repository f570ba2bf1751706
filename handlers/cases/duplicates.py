"""Is this the same matter as an open case? It only suggests; people or a second resident's "+1" decide."""

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, bindparam, func, or_
from sqlmodel import col, select

from classifiers.similarity import LIKELY, shared_words, similarity
from data.models import Case, CaseReporter, CaseStatus
from data.models.cases import FIRST_NUMBER
from data.taxonomy import CaseClass
from handlers.cases.actors import leads_unit
from handlers.cases.discipline import SEALED_WORDS
from handlers.cases.lifecycle import OPEN
from handlers.cases.likeness import same_photo
from handlers.message import Context

PLUS_ONE = re.compile(r"^(?:(?:[+＋] ?1|加一|我们?家也是|我们?这也是|我也是|同样|一样|也是)[\s,，!！。.~]*)+$")
MOST_CANDIDATES = 5
MOST_COMPARED = 200  # the newest; a place with more open cases of one category has another problem than duplicates
LONGEST_WHY = 3
# A resident's own words and room stay unread.
COMPARED = (Case.id, Case.masked_text, Case.place_text, Case.received_at, Case.status, Case.unit_id)
# Built once, because every report asks it.
SAME_MATTER = (
    select(Case.id)
    .where(
        Case.building_id == bindparam("building"),
        col(Case.entrance).is_not_distinct_from(bindparam("entrance")),
        Case.category_code == bindparam("category"),
        col(Case.received_at) >= bindparam("since"),
        col(Case.status).in_(OPEN),
        Case.id != bindparam("this"),
        Case.account_id != bindparam("account"),
    )
    .limit(1)
)


@dataclass(frozen=True)
class Candidate:
    """An open case that may be about the same matter; `why` says it in Chinese, `score` is the texts' alone.

    `led` tells whether the sender leads its unit, too.
    """

    number: int
    words: str
    place: str
    received_at: dt.datetime
    status: CaseStatus
    unit_id: int
    score: float
    why: str
    led: bool


def candidates(context: Context, case: Case) -> list[Candidate]:
    """Open cases that may be the same matter, the most alike first; nothing is merged here.

    They share place and category and came within the window around this one; then the words decide. A case of the
    same group with the same photo is one of them whatever its words and category.
    """
    if case.class_ is CaseClass.DISCIPLINE or case.masked_text == SEALED_WORDS or not _place_known(case):
        return []
    rows = context.session.exec(_nearby(context, case)).all()
    pictured = same_photo(context, case, _open_around(context, case))
    near = {row.id for row in rows}
    if pictured - near:
        further = select(*COMPARED).where(col(Case.id).in_(pictured - near))  # type: ignore[call-overload]
        rows = [*rows, *context.session.exec(further).all()]
    scored = [(similarity(case.masked_text, row.masked_text), row) for row in rows]
    likely = [(score, row) for score, row in scored if score >= LIKELY or row.id in pictured]
    best = sorted(likely, key=lambda found: (found[1].id not in pictured, -found[0], -found[1].id))
    return [
        _candidate(context, row, score, _why(case, row, near=row.id in near, pictured=row.id in pictured))
        for score, row in best[:MOST_CANDIDATES]
    ]


def reported_before(context: Context, case: Case) -> bool:
    """Whether somebody else's open case of the same building, entrance and category came within the window."""
    if case.building_id is None:
        return False
    asked = {
        "building": case.building_id,
        "entrance": case.entrance,
        "category": case.category_code,
        "since": context.now - dt.timedelta(hours=context.policy.same_matter_hours),
        "this": case.id,
        "account": case.account_id,
    }
    # Past the session: everything it looks for is older than what waits to be written.
    return context.session.connection().execute(SAME_MATTER, asked).first() is not None


def add_reporter(context: Context, case: Case) -> bool:
    """Make the sender a reporter of the case too; False if they were one already."""
    statement = select(CaseReporter).where(
        CaseReporter.case_id == case.id, CaseReporter.account_id == context.sender.account_id
    )
    if context.session.exec(statement).first():
        return False
    reporter = CaseReporter(case_id=case.id or 0, account_id=context.sender.account_id, at=context.now)
    context.session.add(reporter)
    return True


def drop_reporter(context: Context, case: Case) -> None:
    """The sender took back what made them a reporter."""
    statement = select(CaseReporter).where(
        CaseReporter.case_id == case.id, CaseReporter.account_id == context.sender.account_id
    )
    for reporter in context.session.exec(statement).all():
        context.session.delete(reporter)


def _place_known(case: Case) -> bool:
    return case.building_id is not None or case.group_id is not None or bool(case.place_text)


def _open_around(context: Context, case: Case) -> list[ColumnElement[bool]]:
    """Other open cases that were received within the window."""
    window = dt.timedelta(hours=context.policy.same_matter_hours)
    return [
        col(Case.received_at).between(case.received_at - window, case.received_at + window),
        col(Case.status).in_(OPEN),
        col(Case.class_) != CaseClass.DISCIPLINE,
        col(Case.masked_text) != SEALED_WORDS,
        col(Case.id) != case.id,
    ]


def _nearby(context: Context, case: Case) -> Any:
    # A category of the whole district is no place to start; as an expression its index is left alone.
    category = col(Case.category_code).concat("")
    return (
        select(*COMPARED)  # type: ignore[call-overload]
        .where(*_same_place(case), category == case.category_code, *_open_around(context, case))
        .order_by(col(Case.id).desc())
        .limit(MOST_COMPARED)
    )


def _same_place(case: Case) -> list[ColumnElement[bool]]:
    """The same building and no other entrance; without a building the same group, or the same named place nearby."""
    if case.building_id is not None:
        here = [col(Case.building_id) == case.building_id]
        entrance = col(Case.entrance)
        return here if case.entrance is None else [*here, entrance.is_(None) | (entrance == case.entrance)]
    # Asked as an expression, because the index would give every case outside of buildings.
    return [func.coalesce(col(Case.building_id), 0) == 0, _same_spot(case)]


def _same_spot(case: Case) -> ColumnElement[bool]:
    group, place = col(Case.group_id) == case.group_id, col(Case.place_text)
    named = (col(Case.unit_id) == case.unit_id) & (place == case.place_text)
    if case.group_id is None:
        return named
    return or_(group & place.in_(("", case.place_text)), named) if case.place_text else group


def _candidate(context: Context, row: Any, score: float, why: str) -> Candidate:
    return Candidate(
        number=row.id + FIRST_NUMBER,
        words=row.masked_text,
        place=row.place_text,
        received_at=row.received_at,
        status=row.status,
        unit_id=row.unit_id,
        score=score,
        why=why,
        led=leads_unit(context, row.unit_id),
    )


def _why(case: Case, row: Any, *, near: bool, pictured: bool) -> str:
    """同一栋楼、同一类别，相隔2小时，照片几乎一样，都说到「电梯」"""
    where = "同一栋楼" if case.building_id is not None else "同一地点"
    shared = f"{where}、同一类别" if near else "同一个群"
    said = "、".join(f"「{word}」" for word in shared_words(case.masked_text, row.masked_text)[:LONGEST_WHY])
    reasons = [shared, _apart(abs(case.received_at - row.received_at))]
    return "，".join(reasons + ["照片几乎一样"] * pictured + [f"都说到{said}"] * bool(said))


def _apart(gap: dt.timedelta) -> str:
    hours = round(gap.total_seconds() / 3600)
    return f"相隔{hours}小时" if hours else "相隔不到1小时"
