"""同意 or 不同意 to a neutral discipline note; only privately, and only when we asked."""

from data.models import ConsentState, Outcome
from handlers import replies
from handlers.cases import discipline
from handlers.message import SILENCE, Context, IncomingMessage, Reply


def agree(message: IncomingMessage, context: Context) -> Reply:
    """Ask for the words; words that came with the yes are sealed at once."""
    consent = discipline.open_consent(context, ConsentState.ASKED) if message.private else None
    if consent is None:
        return _nothing(message)
    context.message_row.outcome = Outcome.DISCIPLINE
    discipline.decide(context, consent, ConsentState.GIVEN)
    if not context.command.rest:
        return Reply(replies.DISCIPLINE_TELL_US, private=True)
    matter = discipline.seal(context, consent, context.command.rest)
    text = replies.DISCIPLINE_SEALED.format(number=matter.number) if matter else replies.DISCIPLINE_NO_READER
    return Reply(text, private=True)


def refuse(message: IncomingMessage, context: Context) -> Reply:
    consent = discipline.open_consent(context, ConsentState.ASKED) if message.private else None
    if consent is None:
        return _nothing(message)
    context.message_row.outcome = Outcome.DISCIPLINE
    discipline.decide(context, consent, ConsentState.REFUSED)
    return Reply(replies.DISCIPLINE_REFUSED, private=True)


def _nothing(message: IncomingMessage) -> Reply:
    return Reply(replies.NOTHING_TO_CONSENT, private=True) if message.private else SILENCE
