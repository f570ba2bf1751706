"""What was said lately in one conversation: live cases, lines that wait, and talk that must stay apart from both."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import BindParameter, bindparam, func
from sqlalchemy.orm import defer
from sqlmodel import col, select

from data.models import Account, Case, Message, Outcome, PendingMessage
from handlers.cases.lifecycle import OPEN
from handlers.joining_rules import since
from handlers.message import Context

MOST_CASES = 10
MOST_LINES = 50
HERE: BindParameter[Any] = bindparam("group")
SENDER: BindParameter[Any] = bindparam("sender")
NOW: BindParameter[Any] = bindparam("now")
SINCE: BindParameter[Any] = bindparam("since")
# Built once, because every report asks them.
LATEST = (
    sa.select(col(Message.id), col(Message.case_id), col(Message.received_at))
    .where(col(Message.group_id) == HERE, col(Message.received_at) >= SINCE, col(Message.case_id).is_not(None))
    .order_by(col(Message.received_at).desc(), col(Message.id).desc())
    .limit(MOST_LINES)
    .subquery()
)
LIVE_CASES = (
    select(Case, func.max(LATEST.c.received_at))
    .join(LATEST, LATEST.c.case_id == col(Case.id))
    .where(col(Case.status).in_(OPEN))
    .group_by(col(Case.id))
    .order_by(func.max(LATEST.c.id).desc())
    .limit(MOST_CASES)
    .options(defer(Case.text), defer(Case.masked_text))  # type: ignore[arg-type]  # deciphered where they are read
)
LIVE_CASES_OF = LIVE_CASES.where(col(Case.category_code) == bindparam("category"))
OWN_CASE = (
    select(Case)
    .join(Message, col(Message.case_id) == col(Case.id))
    .where(
        col(Message.account_id) == SENDER,
        col(Message.group_id).is_not_distinct_from(HERE),
        col(Message.received_at) >= SINCE,
        col(Message.outcome).in_((Outcome.REGISTERED, Outcome.ATTACHED)),
        col(Case.status).in_(OPEN),
    )
    .order_by(col(Message.id).desc())
    .limit(1)
)
ANYTHING_WAITS = (
    sa.select(col(PendingMessage.message_id))
    .where(col(PendingMessage.group_id).is_not_distinct_from(HERE), col(PendingMessage.expires_at) > NOW)
    .limit(1)
)
WAITING = (
    sa.select(PendingMessage, Message, Account)
    .join(Message, col(PendingMessage.message_id) == col(Message.id))
    .join(Account, col(PendingMessage.account_id) == col(Account.id))
    .where(
        col(PendingMessage.group_id).is_not_distinct_from(HERE),
        col(PendingMessage.expires_at) > NOW,
        col(PendingMessage.asked).is_(False),
        col(Message.received_at) >= SINCE,
    )
    .order_by(col(PendingMessage.message_id).desc())
    .limit(MOST_LINES)
)
OWN_WAITING = WAITING.where(col(PendingMessage.account_id) == SENDER)
OTHERS_WAITING = WAITING.where(col(PendingMessage.account_id) != SENDER)


@dataclass(frozen=True)
class Waiting:
    """One line or photo that waits, with its message and speaker."""

    pending: PendingMessage
    message: Message
    account: Account


def live_cases(context: Context, minutes: float, category: str | None = None) -> list[tuple[Case, dt.datetime]]:
    """Open cases of this conversation to which something was said so lately, the latest first, and when.

    With a category only those of it.
    """
    statement = LIVE_CASES if category is None else LIVE_CASES_OF
    found = context.session.execute(statement, _here(context, minutes) | {"category": category})
    return [(case, at) for case, at in found.all()]


def own_case(context: Context, minutes: float) -> Case | None:
    """The open case to which the sender added something in this conversation so lately."""
    return context.session.scalars(OWN_CASE, _here(context, minutes)).first()


def quoted(context: Context, platform_id: str | None) -> Message | None:
    """The message that is quoted, if it was said in this conversation."""
    if not platform_id:
        return None
    row = context.message_row
    statement = select(Message).where(
        Message.channel == row.channel, Message.platform_id == platform_id, Message.group_id == row.group_id
    )
    return context.session.exec(statement).first()


def accused(context: Context, minutes: float, *, own: bool) -> dt.datetime | None:
    """When something that may be a discipline matter was last said here, by the sender or by anybody."""
    statement = select(func.max(col(Message.received_at))).where(
        Message.outcome == Outcome.DISCIPLINE,
        col(Message.group_id).is_not_distinct_from(context.message_row.group_id),
        col(Message.received_at) >= since(context.now, minutes),
    )
    if own or context.message_row.group_id is None:
        statement = statement.where(Message.account_id == context.sender.account_id)
    return context.session.exec(statement).one()


def waiting(context: Context, minutes: float, *, own: bool) -> list[Waiting]:
    """What waits in this conversation since so lately, oldest first: the sender's, or that of others."""
    here = _here(context, minutes)
    # Mostly nothing waits, and to learn that costs a tenth.
    if context.session.connection().execute(ANYTHING_WAITS, here).first() is None:
        return []
    found = context.session.execute(OWN_WAITING if own else OTHERS_WAITING, here)
    return [Waiting(*row) for row in reversed(found.all())]


def _here(context: Context, minutes: float) -> dict[str, object]:
    """This conversation and sender, now and since then, for the statements above."""
    return {
        "group": context.message_row.group_id,
        "sender": context.sender.account_id,
        "now": context.now,
        "since": since(context.now, minutes),
    }
