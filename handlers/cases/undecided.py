"""What the classifier was unsure of and nobody decided: counted every morning for who leads the unit it belongs to."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator

import sqlalchemy as sa
from sqlmodel import col

from data.models import Case, Message, Outcome
from handlers.cases.dispatch import heads
from handlers.cases.doubts import unsure
from handlers.message import Context

A_DAY, AN_HOUR = dt.timedelta(days=1), dt.timedelta(hours=1)
UNSEEN = (Outcome.CANDIDATE, Outcome.ASKED)


def undecided_by_person(context: Context) -> dict[int, tuple[int, int]]:
    """Of each leader: open cases whose category or place is a guess, and talk of the last day that nobody looked at."""
    cases, talk = Counter[int](), Counter[int]()
    for counts, found in ((cases, _cases(context)), (talk, _talk(context))):
        for unit, number in found:
            counts.update(dict.fromkeys(heads(context, unit), number))
    return {person: (cases[person], talk[person]) for person in cases | talk}


def _cases(context: Context) -> Iterator[tuple[int, int]]:
    """Not the newest: the reporter may yet name the place."""
    unit, settled = col(Case.unit_id), col(Case.received_at) <= context.now - AN_HOUR
    statement = sa.select(unit, sa.func.count()).where(*unsure(context), settled).group_by(unit)
    yield from ((unit_id, number) for unit_id, number in context.session.execute(statement).all())


def _talk(context: Context) -> Iterator[tuple[int, int]]:
    """Its words are gone after a quarter of an hour (decision 8); only that there was some is known."""
    groups = {group.id: group for group in context.directory.groups.values()}
    statement = (
        sa.select(col(Message.group_id), sa.func.count())
        .where(col(Message.outcome).in_(UNSEEN), col(Message.received_at) >= context.now - A_DAY)
        .group_by(col(Message.group_id))
    )
    for group_id, number in context.session.execute(statement).all():
        if group_id in groups:
            yield context.directory.home_unit(groups[group_id]), number
