"""Whether a message is known, and who speaks: its row and its sender's account, each stored once."""

import datetime as dt
from typing import Any

from sqlalchemy import bindparam, update
from sqlalchemy.orm import make_transient_to_detached
from sqlmodel import Session, select

from data.models import Account, Message
from data.rows import append_once
from handlers.directory import Directory
from handlers.local_time import SHANGHAI
from handlers.message import IncomingMessage, Sender

# What makes a message or an account known.
UNIQUE = ("channel", "platform_id")
# Built once, because every message asks it.
ACCOUNT = select(Account).where(
    Account.channel == bindparam("channel"), Account.platform_id == bindparam("platform_id")
)
# All that a handler may change of a message.
OUTCOME = (
    update(Message.__table__)  # type: ignore[attr-defined]
    .where(Message.__table__.c.id == bindparam("this"))  # type: ignore[attr-defined]
    .values({name: bindparam(name) for name in ("outcome", "case_id", "text", "group_id")})
)


def remember(session: Session, message: IncomingMessage, sender: Sender, now: dt.datetime) -> Message | None:
    """Insert the message's row; None if it is known already, also when another process is storing it now."""
    values: dict[str, Any] = {
        "channel": message.channel,
        "platform_id": message.platform_id,
        "group_id": sender.group.id if sender.group else None,
        "account_id": sender.account_id,
        "sent_at": message.sent_at,
        "received_at": now,
    }
    number = append_once(session, Message, UNIQUE, **values)
    if number is None:
        return None
    row = Message(id=number, **values)
    make_transient_to_detached(row)  # it stands in the table already; from here on changes are followed
    session.add(row)
    return row


def write_outcome(session: Session, row: Message) -> None:
    """What became of the message, past the unit of work, which is not called for this alone; the last thing done."""
    if session.is_modified(row):
        became = {name: getattr(row, name) for name in ("outcome", "case_id", "text", "group_id")}
        session.expunge(row)
        session.connection().execute(OUTCOME, {"this": row.id} | became)


def sender_of(session: Session, directory: Directory, message: IncomingMessage, now: dt.datetime) -> Sender:
    """Who speaks, as resident or as staff with the posts held today."""
    account = _known_account(directory, message) or _account(session, directory, message)
    group = directory.groups.get((message.channel, message.group)) if message.group else None
    if account.person_id is None:
        return Sender(account=account, group=group)
    posts = directory.posts_of(account.person_id, now.astimezone(SHANGHAI).date())
    return Sender(account=account, person=directory.people.get(account.person_id), posts=posts, group=group)


def _known_account(directory: Directory, message: IncomingMessage) -> Account | None:
    """Who spoke since the directory was read last need not be looked up again, unless there is something to write."""
    known = directory.accounts.get((message.channel, message.sender))
    return None if known is not None and _tells_more(message, known) else known


def _tells_more(message: IncomingMessage, account: Account) -> bool:
    """A new nickname, or the first words in private."""
    renamed = account.person_id is None and message.nickname not in ("", account.nickname)
    return renamed or (message.private and not account.spoke_alone)


def _account(session: Session, directory: Directory, message: IncomingMessage) -> Account:
    """The sender's account; one not seen before is a resident's. Two first messages may arrive at once."""
    who = {"channel": message.channel, "platform_id": message.sender}
    account = session.exec(ACCOUNT, params=who).first()
    if account is None:
        first: dict[str, Any] = {**who, "nickname": message.nickname, "spoke_alone": message.private}
        number = append_once(session, Account, UNIQUE, **first)
        if number is not None:
            account = Account(id=number, **first)
            make_transient_to_detached(account)
            session.add(account)
            return account
        account = session.exec(ACCOUNT, params=who).one()
    if _tells_more(message, account):  # not yet for others to know: it may still be rolled back
        directory.accounts.pop((message.channel, message.sender), None)
        account.spoke_alone |= message.private
        if account.person_id is None:
            account.nickname = message.nickname or account.nickname
    else:  # a copy that no session holds
        directory.accounts[message.channel, message.sender] = Account(**account.model_dump())
    return account
