"""What can be counted, and which cases each number counts: the conditions of the board and of its lists."""

import datetime as dt
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement
from sqlmodel import col, select

from data.models import Case, CaseStatus, ClosedBy, Evaluation, RequestKind, StatusChange
from data.models.cases import APART, COUNTED, EVER_LATE, OPEN_STILL
from handlers.cases.lifecycle import Action
from handlers.cases.scope import Condition, within
from handlers.local_time import Period

MOMENT = Case.__table__.c.received_at.type  # type: ignore[attr-defined]
CASE_KINDS = (RequestKind.COMPLAINT, RequestKind.ASSISTANCE, RequestKind.IRREGULARITY)
SOON = dt.timedelta(hours=24)
# Nobody has taken it yet; a returned one waits for a leader and is counted apart.
UNTAKEN = (CaseStatus.RECEIVED, CaseStatus.DISPATCHED, CaseStatus.REOPENED)


class Measure(StrEnum):
    """Every number that leads to a list. First those of the cohort: cases received in the period, until now."""

    RECEIVED = "received"
    HANDLED = "handled"
    CLOSED = "closed"
    FINISHED = "finished"
    CLOSED_BY_SILENCE = "closed_by_silence"
    CLOSED_ON_TIME = "closed_on_time"
    DUE = "due"
    DUE_CLOSED = "due_closed"
    POSTPONED = "postponed"
    DUE_NOT_POSTPONED = "due_not_postponed"
    OVERDUE_OPEN = "overdue_open"
    WITHDRAWN = "withdrawn"
    DECLINED = "declined"
    ASKED_SOLVED = "asked_solved"
    SOLVED = "solved"
    ASKED_SATISFIED = "asked_satisfied"
    SATISFIED = "satisfied"
    UNANSWERED = "unanswered"
    # What happened in the period, whenever the case was received.
    FLOW_RESOLVED = "flow_resolved"
    FLOW_CLOSED = "flow_closed"
    # How it stood at the end of the period, or stands now.
    LATE_THEN = "late_then"
    OPEN = "open"
    OVERDUE = "overdue"
    DUE_SOON = "due_soon"
    UNTAKEN = "untaken"
    RETURNED = "returned"
    # Received in the period, but no case with a rate.
    INQUIRY = "inquiry"
    SUGGESTION = "suggestion"
    PRAISE = "praise"
    EVERYTHING = "everything"


M = Measure
NOW = (M.OPEN, M.OVERDUE, M.DUE_SOON, M.UNTAKEN, M.RETURNED)
KINDS_APART = {Measure(kind.value): kind for kind in RequestKind if kind not in CASE_KINDS}


def conditions(measure: Measure, period: Period, now: dt.datetime) -> list[Condition]:
    """All that a case must fulfil to be counted, but for the places of the scope."""
    if measure is M.EVERYTHING:
        return [*within(Case.received_at, period)]
    if measure in KINDS_APART:
        return [*within(Case.received_at, period), sa.text(APART), col(Case.kind) == KINDS_APART[measure]]
    if measure is M.FLOW_RESOLVED:
        return [sa.text(COUNTED), sa.or_(*_resolved(period))]
    if measure is M.FLOW_CLOSED:
        # Not by the index of closing times: a page of a list is found in the order of arrival.
        return [sa.text(COUNTED), *within(sa.func.coalesce(Case.closed_at, None, type_=MOMENT), period)]
    if measure is M.LATE_THEN:
        return [sa.text(COUNTED), *late_at(min(period.end, now))]
    if measure in NOW:
        return [*still_open(), present(now)[measure]]
    return [*cohort(period), of_cohort(now)[measure]]


def cohort(period: Period) -> tuple[Condition, ...]:
    """The cases that have rates, received in the period; merged ones leave the denominators."""
    return (*within(Case.received_at, period), sa.text(COUNTED))


def still_open() -> tuple[Condition, ...]:
    return (sa.text(COUNTED), sa.text(OPEN_STILL))


def present(now: dt.datetime) -> dict[Measure, ColumnElement[bool]]:
    """Among the open cases."""
    due = col(Case.due_at)
    return {
        M.OPEN: sa.true(),
        M.OVERDUE: due <= now,
        M.DUE_SOON: (due > now) & (due <= now + SOON),
        M.UNTAKEN: col(Case.status).in_(UNTAKEN),
        M.RETURNED: col(Case.status) == CaseStatus.RETURNED,
    }


def of_cohort(now: dt.datetime) -> dict[Measure, ColumnElement[bool]]:
    """Among the cohort."""
    status, closed = col(Case.status), col(Case.status) == CaseStatus.CLOSED
    refused = status.in_((CaseStatus.WITHDRAWN, CaseStatus.DECLINED))
    due = (col(Case.original_due_at) <= now) & ~refused
    postponed = (col(Case.due_at) > now) & due & ~closed
    return {
        M.RECEIVED: sa.true(),
        M.HANDLED: status.in_((CaseStatus.RESOLVED, CaseStatus.CLOSED)),
        M.CLOSED: closed,
        M.FINISHED: col(Case.resolved_at).is_not(None),
        M.CLOSED_BY_SILENCE: closed & (col(Case.closed_by) == ClosedBy.SILENCE),
        M.CLOSED_ON_TIME: closed & (col(Case.closed_at) <= col(Case.due_at)),
        M.DUE: due,
        M.DUE_CLOSED: due & closed,
        M.POSTPONED: postponed,
        M.DUE_NOT_POSTPONED: due & ~postponed,
        M.OVERDUE_OPEN: (col(Case.due_at) <= now) & col(Case.ended_at).is_(None),
        M.WITHDRAWN: status == CaseStatus.WITHDRAWN,
        M.DECLINED: status == CaseStatus.DECLINED,
    } | _answers()


def late_at(moment: dt.datetime) -> tuple[Condition, ...]:
    """Overdue at the moment: its limit was over and its work was not."""
    ended = col(Case.ended_at)
    return (sa.text(EVER_LATE), col(Case.due_at) <= moment, ended.is_(None) | (ended > moment))


def parts(measure: Measure, period: Period, now: dt.datetime) -> list[list[Condition]]:
    """The same cases in parts without overlap, each of which an index counts fast."""
    if measure is M.FLOW_CLOSED:
        return [[sa.text(COUNTED), *within(Case.closed_at, period)]]
    if measure is M.FLOW_RESOLVED:
        last, before = _resolved(period)
        outside = col(Case.resolved_at).is_(None) | sa.not_(last)
        return [[sa.text(COUNTED), last], [sa.text(COUNTED), before, outside]]
    return [conditions(measure, period, now)]


def _resolved(period: Period) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Somebody said 办结 in the period, be it that the case was opened again later.

    `resolved_at` knows the last time; earlier ones are only in the history, and only of cases that were reopened.
    """
    return sa.and_(*within(Case.resolved_at, period)), col(Case.id).in_(resolved_before(period))


def resolved_before(period: Period) -> Any:
    """The reopened cases among those that were resolved in the period, by their history."""
    return (
        select(StatusChange.case_id)
        .where(col(StatusChange.action) == Action.RESOLVE, *within(StatusChange.at, period))
        .where(col(StatusChange.case_id).in_(reopened()))
    )


def reopened() -> Any:
    return select(StatusChange.case_id).where(col(StatusChange.action) == Action.REOPEN)


def _answers() -> dict[Measure, ColumnElement[bool]]:
    """By what the reporters said; where they disagree, one no is a no."""
    solved, satisfied = col(Evaluation.resolved), col(Evaluation.satisfied)
    answered = _evaluated(solved.is_not(None) | satisfied.is_not(None))
    return {
        M.ASKED_SOLVED: _evaluated(solved.is_not(None)),
        M.SOLVED: _evaluated(solved.is_(True)) & ~_evaluated(solved.is_(False)),
        M.ASKED_SATISFIED: _evaluated(satisfied.is_not(None)),
        M.SATISFIED: _evaluated(satisfied.is_(True)) & ~_evaluated(satisfied.is_(False)),
        M.UNANSWERED: col(Case.resolved_at).is_not(None) & ~answered,
    }


def _evaluated(how: ColumnElement[bool]) -> ColumnElement[bool]:
    return select(Evaluation.id).where(col(Evaluation.case_id) == Case.id, how).correlate(Case).exists()
