"""The listen-only period of a group: the bot proposes, people decide, and how often they agreed is told.

Overheard talk that the bot alone would have registered waits for a decision like talk it is unsure of (triage.py).
"""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import col, select

from classifiers import Action
from data.models import ChatGroup, Correction, GroupMode
from handlers.cases.counts import Rate
from handlers.message import Context

LABEL = "action"
# Fewer decisions say nothing yet about how the bot would do.
FEWEST_DECISIONS = 20


@dataclass(frozen=True)
class Agreement:
    """Of what the bot alone would have registered in a group, how much people registered; and of what it doubted."""

    group: ChatGroup
    registered: Rate
    doubted: Rate

    @property
    def enough(self) -> bool:
        return self.registered.denominator >= FEWEST_DECISIONS


def is_listening(group: ChatGroup | None) -> bool:
    return group is not None and group.mode is GroupMode.LISTEN


def agreements(context: Context) -> list[Agreement]:
    """Every group by name, with what was decided about its talk."""
    decided = _decisions(context)
    groups = context.session.exec(select(ChatGroup).order_by(col(ChatGroup.name))).all()
    return [
        Agreement(
            group=group,
            registered=decided.get((group.id, Action.REGISTER), Rate(0, 0)),
            doubted=decided.get((group.id, Action.CANDIDATE), Rate(0, 0)),
        )
        for group in groups
    ]


def set_mode(context: Context, group_id: int, mode: GroupMode) -> ChatGroup | None:
    """From now on the bot speaks in the group, or only listens; None for a group that is not there."""
    group = context.session.get(ChatGroup, group_id)
    if group is not None:
        group.mode = mode
        context.session.add(group)
    return group


def _decisions(context: Context) -> dict[tuple[int | None, Action], Rate]:
    agreed = sa.func.count().filter(col(Correction.decided) == Action.REGISTER.value)
    statement = (
        sa.select(col(Correction.group_id), col(Correction.guessed), agreed, sa.func.count())
        .where(col(Correction.label) == LABEL)
        .group_by(col(Correction.group_id), col(Correction.guessed))
    )
    rows = context.session.execute(statement).all()
    return {(group, Action(guessed)): Rate(yes, total) for group, guessed, yes, total in rows}
