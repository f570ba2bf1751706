"""What people were told and that no longer holds: words are called back, and cards lose their buttons.

Here it is only written down at each message, in the same transaction as what it follows from; bot/ does it.
"""

import sqlalchemy as sa
from sqlalchemy import bindparam
from sqlmodel import col, select

from data.models import Afterwards, Case, OutboxMessage, OutboxStatus
from handlers.message import Context
from handlers.notices import conversation_key

_STATUS, _AFTERWARDS = col(OutboxMessage.status), col(OutboxMessage.afterwards)
_OF_CASE = col(OutboxMessage.case_id) == bindparam("case")
# Built once, because every step of a case asks them.
_SETTLE = (
    sa.update(OutboxMessage)
    .where(
        _OF_CASE,
        sa.cast(col(OutboxMessage.orders), sa.Text) != "[]",
        col(OutboxMessage.conversation).not_in(bindparam("kept", expanding=True)),
        # What may still become a card, and what is one.
        _STATUS.in_((OutboxStatus.QUEUED, OutboxStatus.SENDING)) | col(OutboxMessage.response_code).is_not(None),
        _AFTERWARDS.is_(None),
    )
    .values(afterwards=Afterwards.SETTLE, card_words=bindparam("words"))
)
_DROP_OFFERS = sa.delete(OutboxMessage).where(
    _OF_CASE,
    _AFTERWARDS == Afterwards.SETTLE,
    (_STATUS == OutboxStatus.QUEUED) & (col(OutboxMessage.attempts) == 0),
    col(OutboxMessage.passive_for_id).is_(None),
)


def call_back(context: Context, case: Case, instead: str) -> None:
    """What was told about the case is wiped, not sent any more, and recalled from people's chats where it was sent.

    An answer that rode in a response is gone for good. Groups were told no words of anybody, so their lines stay.
    """
    told = select(OutboxMessage).where(OutboxMessage.case_id == case.id).order_by(col(OutboxMessage.id))
    # Locked, because a message on its way must be known as such.
    for notice in context.session.exec(told.with_for_update().execution_options(populate_existing=True)):
        rode_in_response = notice.passive_for_id is not None and notice.attempts == 0
        if rode_in_response or notice.status in (OutboxStatus.QUEUED, OutboxStatus.DEAD):
            context.session.delete(notice)
            continue
        notice.text = instead
        if notice.account_platform_id is not None:
            notice.afterwards = Afterwards.RECALL


def settle_cards(context: Context, case: Case, words: str, *, keep: int | None = None) -> None:
    """The cards told about the case lose their buttons, save those of the person `keep`; `words` say why.

    An offer that still waits is not sent any more. An answer is, and settled then; so is what may have arrived.
    """
    if context.policy.quiet:
        return
    accounts = context.directory.staff_accounts.get(keep or 0, ())
    kept = [conversation_key(account.channel, None, account.platform_id) for account in accounts]
    connection, of_case = context.session.connection(), {"case": case.id}
    if connection.execute(_SETTLE, of_case | {"kept": kept, "words": words}).rowcount:
        connection.execute(_DROP_OFFERS, of_case)
