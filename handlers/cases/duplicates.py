"""Is this the same matter as an open case? It only suggests; people or a second resident's "+1" decide."""

import datetime as dt
import re

from sqlmodel import col, select

from data.models import Case, CaseReporter
from handlers.cases.lifecycle import OPEN
from handlers.message import Context

PLUS_ONE = re.compile(r"^(?:(?:[+＋] ?1|加一|我们?家也是|我们?这也是|我也是|同样|一样|也是)[\s,，!！。.~]*)+$")


def same_matter(context: Context, case: Case) -> Case | None:
    """An older open case of the same building, entrance and category within the window."""
    since = context.now - dt.timedelta(hours=context.policy.same_matter_hours)
    statement = (
        select(Case)
        .where(
            Case.building_id == case.building_id,
            col(Case.building_id).is_not(None),
            Case.entrance == case.entrance if case.entrance is not None else col(Case.entrance).is_(None),
            Case.category_code == case.category_code,
            col(Case.received_at) >= since,
            col(Case.status).in_(OPEN),
            Case.id != case.id,
        )
        .order_by(col(Case.id).desc())
        .limit(1)
    )
    with context.session.no_autoflush:  # everything it looks for is older than what waits to be written
        return context.session.exec(statement).first()


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
