"""Talk the classifier was unsure of, while it still waits: a person says whether it was a report (decisions 8 and 9).

Words are shown to nobody else and only while they wait; whoever is shown them is logged. What may be a discipline
matter never comes here.
"""

from dataclasses import dataclass, replace

from sqlmodel import col, select

from classifiers import Action, Intent, Understanding, find_place
from data.models import Account, Case, ChatGroup, Correction, Message, Outcome, PendingMessage
from data.taxonomy import CaseClass
from handlers import listening, notices, report
from handlers.cases.discipline import log_access
from handlers.cases.listing import visible_units
from handlers.message import Context, IncomingMessage, Sender

UNSURE = (Outcome.CANDIDATE, Outcome.ASKED)
MOST_LISTED = 50


@dataclass(frozen=True)
class Talk:
    """One message that waits, where it was said, and what the classifier makes of it."""

    pending: PendingMessage
    message: Message
    group: ChatGroup | None
    guess: Understanding


def waiting(context: Context) -> list[Talk]:
    """What waits in the groups the sender leads, the first to expire first."""
    statement = (
        select(PendingMessage, Message)
        .join(Message)
        .where(col(Message.outcome).in_(UNSURE), col(PendingMessage.expires_at) > context.now)
        .order_by(col(PendingMessage.expires_at), col(PendingMessage.message_id))
        .limit(MOST_LISTED)
    )
    found = [_talk(context, *row) for row in context.session.exec(statement).all()]
    return [talk for talk in found if talk is not None]


def look(context: Context, talk: Talk) -> None:
    """The words are shown to the sender: logged."""
    log_access(context, _person(context), "unsure_talk", talk.pending.message_id)


def register(context: Context, message_id: int) -> Case | None:
    """It was a report: a case as if the bot had been sure, and its reporter is told. None where it waits no more."""
    talk = _claimed(context, message_id)
    if talk is None:
        return None
    message, speaker = _as_said(context, talk)
    context.session.delete(talk.pending)
    context.session.flush()
    found = _as_report(speaker, message, talk.guess)
    reply = report.handle(message, speaker.about(found))
    case = context.session.get_one(Case, reply.case_id)
    account = speaker.sender.account
    if account is None or not notices.tell_account(speaker, account, reply.text, case):
        notices.tell_group(speaker, talk.pending.group_id, reply.text, case)
    _note(context, talk, found.intent, case_id=case.id)
    return case


def dismiss(context: Context, message_id: int) -> bool:
    """It was none: the words are deleted at once. False where it waits no more."""
    talk = _claimed(context, message_id)
    if talk is None:
        return False
    talk.message.outcome = Outcome.IGNORED
    context.session.add(talk.message)
    context.session.delete(talk.pending)
    _note(context, talk, Intent.NONE, case_id=None)
    return True


def _claimed(context: Context, message_id: int) -> Talk | None:
    """Locked until the commit, because two may decide at the same time."""
    pending = context.session.get(PendingMessage, message_id, with_for_update=True)
    if pending is None or pending.expires_at <= context.now:
        return None
    message = context.session.get_one(Message, message_id)
    return _talk(context, pending, message) if message.outcome in UNSURE else None


def _talk(context: Context, pending: PendingMessage, message: Message) -> Talk | None:
    """None for a photo without words, for what others lead, and for what may be a discipline matter."""
    group = context.session.get(ChatGroup, pending.group_id) if pending.group_id else None
    units = visible_units(context.directory, context.sender.posts)
    if not pending.text or (units is not None and context.directory.home_unit(group) not in units):
        return None
    guess = _guess(context, pending, group)
    return Talk(pending, message, group, guess) if guess.class_ is not CaseClass.DISCIPLINE else None


def _guess(context: Context, pending: PendingMessage, group: ChatGroup | None) -> Understanding:
    """Read as if it had been said to the bot: only then the classifier names a category for what it doubts."""
    if context.understand is None:
        raise LookupError("triage needs the classifiers")
    names = context.directory.names_for(group)
    return context.understand(pending.text, names=names, nickname="", addressed=True, has_photo=False)


def _as_said(context: Context, talk: Talk) -> tuple[IncomingMessage, Context]:
    """The message and its speaker's context, as when it came in."""
    account = context.session.get_one(Account, talk.pending.account_id)
    message = IncomingMessage(
        channel=account.channel,
        platform_id=talk.message.platform_id,
        sender=account.platform_id,
        sent_at=talk.message.sent_at,
        text=talk.pending.text,
        group=talk.group.platform_id if talk.group else None,
        nickname=account.nickname,
    )
    return message, replace(context, sender=Sender(account=account, group=talk.group), record=talk.message)


def _as_report(context: Context, message: IncomingMessage, guess: Understanding) -> Understanding:
    if guess.intent is not Intent.NONE:
        return guess
    place = find_place(message.text, context.directory.names_for(context.sender.group), message.nickname)
    return replace(guess, intent=Intent.REPORT, place=place)


def _note(context: Context, talk: Talk, decided: Intent, *, case_id: int | None) -> None:
    """What it was taken for; and, where it was overheard, what the bot alone would have done."""
    action = Action.IGNORE if decided is Intent.NONE else Action.REGISTER
    labels = [("intent", talk.guess.intent.value, decided.value)]
    if talk.group is not None and not talk.pending.asked:
        labels.append((listening.LABEL, _alone(context, talk).value, action.value))
    for label, guessed, meant in labels:
        context.session.add(
            Correction(
                at=context.now,
                person_id=_person(context),
                case_id=case_id,
                message_id=talk.pending.message_id,
                group_id=talk.pending.group_id,
                label=label,
                guessed=guessed,
                decided=meant,
                model_hash=talk.guess.model_hash,
            )
        )


def _alone(context: Context, talk: Talk) -> Action:
    """What the bot would have done by itself with overheard words."""
    if context.understand is None:
        raise LookupError("triage needs the classifiers")
    names = context.directory.names_for(talk.group)
    found = context.understand(talk.pending.text, names=names, nickname="", addressed=False, has_photo=False)
    return found.action


def _person(context: Context) -> int:
    if context.sender.person is None:
        raise LookupError("a decision needs a person")
    return context.sender.person.id or 0
