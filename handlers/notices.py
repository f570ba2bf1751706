"""Who is told what, by which way: outbox rows, written in the same transaction as what they tell about."""

from collections.abc import Iterable

from sqlalchemy import bindparam
from sqlmodel import select

from data.models import Account, Case, CaseReporter, ChatGroup, GroupMode, OutboxMessage
from data.rows import append
from handlers.message import Context, Reach

# Built once, because every step of a case asks it.
REPORTERS = select(Account).join(CaseReporter).where(CaseReporter.case_id == bindparam("case"))


def tell_account(
    context: Context, account: Account, text: str, case: Case | None = None, *, orders: Iterable[str] = ()
) -> bool:
    """Queue a private message; False where the channel has no private way to this person.

    `orders` are typed orders the person may give now, shown as buttons where the platform has them.
    """
    if context.policy.reach(account.channel, account.platform_id) is not Reach.PRIVATE:
        return False
    _queue(context, account.channel, text, case, account=account.platform_id, orders=orders)
    return True


def tell_people(
    context: Context, person_ids: Iterable[int], text: str, case: Case | None = None, *, orders: Iterable[str] = ()
) -> bool:
    """Queue a private message to members of staff, once each; False if none of them can be reached."""
    accounts = [a for person in dict.fromkeys(person_ids) for a in context.directory.staff_accounts.get(person, ())]
    orders = list(orders)
    told = [tell_account(context, account, text, case, orders=orders) for account in accounts]
    return any(told)


def reachable(context: Context, person_id: int) -> bool:
    """Whether a member of staff has a private way."""
    accounts = context.directory.staff_accounts.get(person_id, ())
    return any(context.policy.reach(a.channel, a.platform_id) is Reach.PRIVATE for a in accounts)


def tell_group(context: Context, group_id: int | None, text: str, case: Case | None = None) -> bool:
    """Queue one line to a group; False where there is none or it is in its listen-only period."""
    group = context.session.get(ChatGroup, group_id) if group_id else None
    if group is None or group.mode is GroupMode.LISTEN:
        return False
    _queue(context, group.channel, text, case, group=group.platform_id)
    return True


def tell_reporters(context: Context, case: Case, text: str, group_text: str | None = None) -> bool:
    """Tell everybody who reported the case: privately where possible, else one neutral line in the group.

    False when somebody could not be told at all; the caller makes that a matter for a person (decision 5).
    """
    reporters = context.session.exec(REPORTERS, params={"case": case.id})
    told = [tell_account(context, account, text, case) for account in reporters]
    if all(told):
        return True
    return group_text is not None and tell_group(context, case.group_id, group_text, case)


def _queue(
    context: Context,
    channel: str,
    text: str,
    case: Case | None,
    *,
    group: str | None = None,
    account: str | None = None,
    orders: Iterable[str] = (),
) -> None:
    if context.policy.quiet:
        return
    append(
        context.session,
        OutboxMessage,
        channel=channel,
        conversation=conversation_key(channel, group, account),
        group_platform_id=group,
        account_platform_id=account,
        case_id=case.id if case else None,
        text=text,
        orders=list(orders),
        created_at=context.now,
        not_before=context.now,
    )


def conversation_key(channel: str, group: str | None, account: str | None) -> str:
    """Messages with the same key are sent in order."""
    return f"{channel}:g:{group}" if group else f"{channel}:u:{account}"
