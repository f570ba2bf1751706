"""What a bare +1 or 我也是 in a group refers to: with so few words only what was said before it can tell."""

import re
from typing import Any

import sqlalchemy as sa
from sqlalchemy import BindParameter, bindparam
from sqlmodel import col

from data.models import Account, Case, Message, Outcome
from handlers.cases import neighbours, talk
from handlers.joining_rules import rules, since
from handlers.message import Context, IncomingMessage

# These are said of a matter; 我也是 and 一样 are said of anything.
OF_A_MATTER = re.compile(r"[+＋] ?1|加一|家也是|这也是")
# Orders and what nobody sees any more are no talk.
UNHEARD = (Outcome.COMMAND, Outcome.REFUSED, Outcome.RECALLED)
GROUP: BindParameter[Any] = bindparam("group")
SINCE: BindParameter[Any] = bindparam("since")
# What another resident said last: whatever staff answers, and what the speaker said before, changes no subject.
SAID_LAST = (
    sa.select(col(Message.case_id))
    .join(Account, col(Message.account_id) == col(Account.id))
    .where(
        col(Message.group_id) == GROUP,
        col(Message.received_at) >= SINCE,
        col(Message.account_id) != bindparam("sender"),
        col(Message.outcome).not_in(UNHEARD),
        col(Account.person_id).is_(None),
    )
    .order_by(col(Message.received_at).desc(), col(Message.id).desc())
    .limit(1)
)


def means(message: IncomingMessage, context: Context, case: Case) -> bool:
    """Whether an overheard bare agreement with the case is one: it is quoted, was spoken of last, or a moment ago."""
    if talk.quoted(context, message.quotes) is not None:
        return True
    last = context.session.connection().execute(SAID_LAST, _here(context)).first()
    if last is None or last[0] == case.id:
        return True
    lately = neighbours.pointed_at(message, context, rules().neighbour_minutes)
    return lately is not None and OF_A_MATTER.search(message.text) is not None


def _here(context: Context) -> dict[str, object]:
    return {
        "group": context.message_row.group_id,
        "sender": context.sender.account_id,
        "since": since(context.now, rules().plus_one_minutes),
    }
