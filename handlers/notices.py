"""Who is told what, by which way: outbox rows, written in the same transaction as what they tell about.

At night people are left in peace: what can wait is held until the morning, an emergency and an answer are not.
"""

import datetime as dt
from collections.abc import Iterable

from sqlalchemy import bindparam
from sqlmodel import select

from data.models import Account, Case, CaseReporter, ChatGroup, GroupMode, OutboxMessage
from data.rows import append
from data.taxonomy import Urgency
from handlers.local_time import SHANGHAI, local_day, moment_of
from handlers.message import Context, Reach

QUIET_FROM, QUIET_TO = dt.time(22, 0), dt.time(7, 0)
# Sends to groups in which the channel of the group cannot speak by itself.
WEBHOOK = "wecom_webhook"
# Built once, because every step of a case asks it.
REPORTERS = select(Account).join(CaseReporter).where(CaseReporter.case_id == bindparam("case"))


def tell_account(
    context: Context,
    account: Account,
    text: str,
    case: Case | None = None,
    *,
    orders: Iterable[str] = (),
    at_once: bool = False,
) -> bool:
    """Queue a private message; False where the channel has no private way to this person.

    `orders` are typed orders the person may give now, shown as buttons where the platform has them. `at_once` is
    for what has its own hours or answers something: it is not held at night.
    """
    if not has_private_way(context, account):
        return False
    urgent = at_once or (case is not None and case.urgency is Urgency.EMERGENCY) or _just_wrote(context, account)
    held = None if urgent else quiet_until(context.now)
    _queue(context, account.channel, text, case, account=account.platform_id, orders=orders, held=held)
    return True


def tell_people(
    context: Context,
    person_ids: Iterable[int],
    text: str,
    case: Case | None = None,
    *,
    orders: Iterable[str] = (),
    at_once: bool = False,
) -> bool:
    """Queue a private message to members of staff, once each by their first way; False if nobody can be reached."""
    orders = list(orders)

    def tell(person: int) -> bool:
        accounts = context.directory.staff_accounts.get(person, ())
        return any(tell_account(context, a, text, case, orders=orders, at_once=at_once) for a in accounts)

    told = [tell(person) for person in dict.fromkeys(person_ids)]
    return any(told)


def reachable(context: Context, person_id: int) -> bool:
    """Whether a member of staff has a private way."""
    accounts = context.directory.staff_accounts.get(person_id, ())
    return any(has_private_way(context, account) for account in accounts)


def has_private_way(context: Context, account: Account) -> bool:
    """Whether the channel lets us speak to this person alone, now."""
    reach = context.policy.reach(account.channel, account.platform_id)
    return reach is Reach.PRIVATE or (reach is Reach.AFTER_SPEAKING and account.spoke_alone)


def tell_group(context: Context, group_id: int | None, text: str, case: Case | None = None) -> bool:
    """Queue one line to a group; False where there is none or it is in its listen-only period."""
    group = context.session.get(ChatGroup, group_id) if group_id else None
    if group is None or group.mode is GroupMode.LISTEN:
        return False
    _queue(context, _channel_into(context, group), text, case, group=group.platform_id)
    return True


def _channel_into(context: Context, group: ChatGroup) -> str:
    """An office gives a group a webhook key because its own channel cannot speak there unasked."""
    on = group.webhook_key and context.policy.reach(WEBHOOK, group.platform_id) is Reach.GROUP_ONLY
    return WEBHOOK if on else group.channel


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
    held: dt.datetime | None = None,
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
        quiet_until=held,
    )


def quiet_until(now: dt.datetime) -> dt.datetime | None:
    """The end of the quiet hours in which `now` lies; None by day."""
    time, today = now.astimezone(SHANGHAI).time(), local_day(now)
    if QUIET_TO <= time < QUIET_FROM:
        return None
    morning = today if time < QUIET_TO else today + dt.timedelta(days=1)
    return moment_of(morning, QUIET_TO.hour * 60)


def _just_wrote(context: Context, account: Account) -> bool:
    """Whether this is the person whose message is being handled, on whichever account."""
    sender = context.sender
    if sender.account is not None and sender.account.id == account.id:
        return True
    return sender.person is not None and sender.person.id == account.person_id


def conversation_key(channel: str, group: str | None, account: str | None) -> str:
    """Messages with the same key are sent in order."""
    return f"{channel}:g:{group}" if group else f"{channel}:u:{account}"
