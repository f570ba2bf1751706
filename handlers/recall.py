"""A message is recalled on the platform: what we hold of it goes too, and what stood on it alone."""

from sqlmodel import col, select

from data.models import Case, FailedMessage, Media, Message, OutboxMessage, Outcome, PendingMessage, StatusChange
from data.privacy import masked
from handlers import staff_replies
from handlers.cases import duplicates
from handlers.cases.actors import roles_in
from handlers.cases.lifecycle import ALLOWED, Action
from handlers.command import parse
from handlers.message import SILENCE, Context, IncomingMessage, Reply
from handlers.progress import withdraw_case

RECALLED_WORDS = "[已撤回]"


def handle(message: IncomingMessage, context: Context) -> Reply:
    """Forget the recalled message; a case that stood on it alone is withdrawn. Never answered."""
    context.message_row.outcome = Outcome.RECALLED
    recalled = _recalled(message, context)
    if recalled is None:
        return SILENCE
    for table in (PendingMessage, FailedMessage):  # what waits for company, and what waits for another try
        waiting = context.session.get(table, recalled.id)
        if waiting is not None:
            context.session.delete(waiting)
    case = context.session.get(Case, recalled.case_id) if recalled.case_id else None
    if case is not None:
        _take_back(context, case, recalled)
    _forget(context, recalled)
    return SILENCE


def _take_back(context: Context, case: Case, recalled: Message) -> None:
    """The case, if nobody else said anything for it, and else the sender's part in it."""
    others = _others_of(context, case, recalled)
    words = any(one.text is not None or one.account_id != recalled.account_id for one in others)
    reported = any(one.outcome is Outcome.REGISTERED for one in (recalled, *others))
    if reported and not words:
        _withdraw(context, case)
    elif case.account_id != recalled.account_id and all(one.account_id != recalled.account_id for one in others):
        duplicates.drop_reporter(context, case)


def _others_of(context: Context, case: Case, recalled: Message) -> list[Message]:
    """What else the case stands on: what was reported or joined, no orders and nothing recalled."""
    standing = (Outcome.REGISTERED, Outcome.ATTACHED)
    statement = select(Message).where(
        Message.case_id == case.id, Message.id != recalled.id, col(Message.outcome).in_(standing)
    )
    return list(context.session.exec(statement).all())


def _recalled(message: IncomingMessage, context: Context) -> Message | None:
    """The row of the recalled message, if it is the sender's own."""
    statement = select(Message).where(
        Message.channel == message.channel,
        Message.platform_id == message.recalls,
        Message.account_id == context.sender.account_id,
    )
    return context.session.exec(statement).first()


def _withdraw(context: Context, case: Case) -> None:
    if (case.status, Action.WITHDRAW) in ALLOWED:
        withdraw_case(context, case, roles_in(context, case), note="消息被撤回")


def _forget(context: Context, recalled: Message) -> None:
    if recalled.case_id and recalled.text:
        case = context.session.get_one(Case, recalled.case_id)
        _forget_words(context, case, recalled.text)
        order = parse(recalled.text, str(case.number))
        if order is not None and order.rest:
            _forget_order(context, case, order.rest)
    recalled.text, recalled.outcome = None, Outcome.RECALLED
    context.session.add(recalled)
    for media in context.session.exec(select(Media).where(col(Media.message_id) == recalled.id)):
        context.session.delete(media)


def _forget_words(context: Context, case: Case, words: str) -> None:
    """The case and what was told about it quote the message; only these words go, others stay."""
    case.text = case.text.replace(words, RECALLED_WORDS)
    case.masked_text = case.masked_text.replace(masked(words), RECALLED_WORDS)
    for notice in context.session.exec(select(OutboxMessage).where(OutboxMessage.case_id == case.id)):
        notice.text = notice.text.replace(masked(words)[:200], RECALLED_WORDS)


def _forget_order(context: Context, case: Case, rest: str) -> None:
    """The message holds the whole order (补充 1001 …), history and the holder's notice hold what came behind it."""
    for change in context.session.exec(select(StatusChange).where(StatusChange.case_id == case.id)):
        if change.account_id == context.sender.account_id and change.note == rest:
            change.note = RECALLED_WORDS
    told = staff_replies.supplement_notice(case.number, masked(rest)[:200])
    for notice in context.session.exec(select(OutboxMessage).where(OutboxMessage.case_id == case.id)):
        notice.text = notice.text.replace(told, staff_replies.supplement_notice(case.number, RECALLED_WORDS))
