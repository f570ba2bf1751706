"""What was said lately in one conversation: live cases, lines that wait, and talk that must stay apart from both."""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import func
from sqlmodel import col, select

from data.models import Account, Case, Message, Outcome, PendingMessage
from handlers.cases.lifecycle import OPEN
from handlers.joining_rules import since
from handlers.message import Context

MOST_CASES = 10
MOST_LINES = 50


@dataclass(frozen=True)
class Waiting:
    """One line or photo that waits, with its message and speaker."""

    pending: PendingMessage
    message: Message
    account: Account


def live_cases(context: Context, minutes: float) -> list[tuple[Case, dt.datetime]]:
    """Open cases of this conversation to which something was said so lately, the latest first, and when."""
    last = func.max(col(Message.received_at))
    statement = (
        select(Case, last)
        .join(Message, col(Message.case_id) == col(Case.id))
        .where(
            Message.group_id == context.message_row.group_id,
            col(Message.received_at) >= since(context.now, minutes),
            col(Case.status).in_(OPEN),
        )
        .group_by(col(Case.id))
        .order_by(func.max(col(Message.id)).desc())
        .limit(MOST_CASES)
    )
    return [(case, at) for case, at in context.session.exec(statement).all()]


def own_case(context: Context, minutes: float) -> Case | None:
    """The open case to which the sender added something in this conversation so lately."""
    statement = (
        select(Case)
        .join(Message, col(Message.case_id) == col(Case.id))
        .where(
            Message.account_id == context.sender.account_id,
            col(Message.group_id).is_not_distinct_from(context.message_row.group_id),
            col(Message.received_at) >= since(context.now, minutes),
            col(Message.outcome).in_((Outcome.REGISTERED, Outcome.ATTACHED)),
            col(Case.status).in_(OPEN),
        )
        .order_by(col(Message.id).desc())
        .limit(1)
    )
    return context.session.exec(statement).first()


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
    account, sender = col(PendingMessage.account_id), context.sender.account_id
    statement = (
        select(PendingMessage, Message, Account)
        .join(Message, col(PendingMessage.message_id) == col(Message.id))
        .join(Account, col(PendingMessage.account_id) == col(Account.id))
        .where(
            account == sender if own else account != sender,
            col(PendingMessage.group_id).is_not_distinct_from(context.message_row.group_id),
            col(PendingMessage.expires_at) > context.now,
            col(PendingMessage.asked).is_(False),
            col(Message.received_at) >= since(context.now, minutes),
        )
        .order_by(col(PendingMessage.message_id).desc())
        .limit(MOST_LINES)
    )
    return [Waiting(*row) for row in reversed(context.session.exec(statement).all())]
