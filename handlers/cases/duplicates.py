"""Is this the same matter as an open case? It only suggests; people or a second resident's "+1" decide."""

import datetime as dt
import re

from sqlalchemy import bindparam
from sqlmodel import col, select

from data.models import Case, CaseReporter
from handlers.cases.lifecycle import OPEN
from handlers.message import Context

PLUS_ONE = re.compile(r"^(?:(?:[+＋] ?1|加一|我们?家也是|我们?这也是|我也是|同样|一样|也是)[\s,，!！。.~]*)+$")


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
    )
    .limit(1)
)


def reported_before(context: Context, case: Case) -> bool:
    """Whether an open case of the same building, entrance and category was received within the window."""
    if case.building_id is None:
        return False
    asked = {
        "building": case.building_id,
        "entrance": case.entrance,
        "category": case.category_code,
        "since": context.now - dt.timedelta(hours=context.policy.same_matter_hours),
        "this": case.id,
    }
    with context.session.no_autoflush:  # everything it looks for is older than what waits to be written
        return context.session.exec(SAME_MATTER, params=asked).first() is not None


def latest_in_group(context: Context, minutes: int) -> Case | None:
    """The group's latest open case: what a bare "+1" means."""
    statement = (
        select(Case)
        .where(
            Case.group_id == context.message_row.group_id,
            col(Case.received_at) >= context.now - dt.timedelta(minutes=minutes),
            col(Case.status).in_(OPEN),
        )
        .order_by(col(Case.id).desc())
        .limit(1)
    )
    return context.session.exec(statement).first()


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
