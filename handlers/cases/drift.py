"""Whether the classifier knows its street less well than before: more unsure answers, or more that were corrected.

The last two weeks are compared with the two months before them, and only a rise that chance does not explain counts.
"""

import datetime as dt
from dataclasses import dataclass
from math import sqrt

import sqlalchemy as sa
from sqlmodel import col, select

from data.models import Case, Correction, Source
from handlers.cases.counts import Rate
from handlers.local_time import Period
from handlers.message import Context

RECENT, BEFORE = dt.timedelta(days=14), dt.timedelta(days=60)
FEWEST_CASES = 30
# A rise of less is nobody's concern, however certain it is.
SMALLEST_RISE = 0.05
STANDARD_ERRORS = 2.0


@dataclass(frozen=True)
class Drift:
    """A share that rose: what it is a share of in words, then and now."""

    what: str
    before: Rate
    now: Rate


def drifts(context: Context) -> list[Drift]:
    """What rose beyond chance; empty when all is as it was, or when there are too few cases to say."""
    now = context.now
    recent, before = Period(now - RECENT, now), Period(now - RECENT - BEFORE, now - RECENT)
    pairs = zip(_shares(context, before), _shares(context, recent), strict=True)
    found = [Drift(what, then, since) for (what, then), (_what, since) in pairs]
    return [drift for drift in found if rose(drift.before, drift.now)]


def rose(before: Rate, now: Rate) -> bool:
    """Whether the share is higher by more than two standard errors of the difference."""
    if min(before.denominator, now.denominator) < FEWEST_CASES:
        return False
    rise = (now.value or 0.0) - (before.value or 0.0)
    shared = (before.numerator + now.numerator) / (before.denominator + now.denominator)
    error = sqrt(shared * (1 - shared) * (1 / before.denominator + 1 / now.denominator))
    return rise >= SMALLEST_RISE and rise > STANDARD_ERRORS * error


def _shares(context: Context, period: Period) -> list[tuple[str, Rate]]:
    received = (col(Case.received_at) >= period.start, col(Case.received_at) < period.end)
    understood = (*received, col(Case.source) == Source.CHAT)
    unsure = col(Case.confidence)["category"].as_float() < context.policy.unsure_category
    wrong = select(Correction.id).where(
        Correction.case_id == Case.id, Correction.label == "category", Correction.guessed != Correction.decided
    )
    counts = (sa.func.count(), sa.func.count().filter(unsure), sa.func.count().filter(wrong.exists()))
    total, unsure_count, wrong_count = context.session.execute(sa.select(*counts).where(*understood)).one()
    return [("类别没有把握的案件", Rate(unsure_count, total)), ("类别被人改过的案件", Rate(wrong_count, total))]
