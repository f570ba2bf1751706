"""A message is recalled on the platform: what we hold of it goes too."""

from sqlmodel import col, select

from data.models import Case, Media, Message, OutboxMessage, Outcome, PendingMessage
from data.privacy import masked
from handlers.cases.actors import roles_in
from handlers.cases.lifecycle import ALLOWED, Action
from handlers.message import SILENCE, Context, IncomingMessage, Reply
from handlers.progress import withdraw_case

RECALLED_WORDS = "[已撤回]"


def handle(message: IncomingMessage, context: Context) -> Reply:
    """Forget the recalled message; a case that stood on it alone is withdrawn. Never answered."""
    context.message_row.outcome = Outcome.RECALLED
    recalled = _recalled(message, context)
    if recalled is None:
        return SILENCE
    pending = context.session.get(PendingMessage, recalled.id)
    if pending is not None:
        context.session.delete(pending)
    case = context.session.get(Case, recalled.case_id) if recalled.case_id else None
    if case is not None and recalled.outcome is Outcome.REGISTERED:
        _withdraw(context, case)
    _forget(context, recalled)
    return SILENCE


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
        _forget_words(context, context.session.get_one(Case, recalled.case_id), recalled.text)
    recalled.text = None
    context.session.add(recalled)
    for media in context.session.exec(select(Media).where(col(Media.message_id) == recalled.id)):
        context.session.delete(media)


def _forget_words(context: Context, case: Case, words: str) -> None:
    """The case and what was told about it quote the message; only these words go, others stay."""
    case.text = case.text.replace(words, RECALLED_WORDS)
    case.masked_text = case.masked_text.replace(masked(words), RECALLED_WORDS)
    for notice in context.session.exec(select(OutboxMessage).where(OutboxMessage.case_id == case.id)):
        notice.text = notice.text.replace(masked(words)[:200], RECALLED_WORDS)
