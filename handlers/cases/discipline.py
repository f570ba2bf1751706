"""纪检 never shows itself (design decision 7): a neutral private note, consent, the sealed store, one named reader.

In the group nothing is answered. Until the person consents only the message's id and the hash of its words are
kept.
"""

import datetime as dt
import hashlib
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import bindparam
from sqlmodel import col, select

from data.models import (
    AccessLog,
    Account,
    Case,
    ConsentState,
    DisciplineConsent,
    Evaluation,
    Media,
    Message,
    Outcome,
    PendingMessage,
    Person,
    SealedMatter,
    SealedState,
    ShadowDifference,
    StatusChange,
)
from handlers import notices, replies, sent_messages
from handlers.cases import sealed, talk
from handlers.cases.lifecycle import Action, ActorRole, advance
from handlers.errors import NotAllowedNow
from handlers.joining_rules import rules, since
from handlers.message import Context

CONSENT_HOURS = 24
# So long after the last words the next ones still belong to the same matter.
MORE_MINUTES = 30
SEALED_WORDS = "[已移出]"
OPEN = (ConsentState.ASKED, ConsentState.GIVEN, ConsentState.USED)
# Built once, because every private message asks it.
CONSENT = (
    select(DisciplineConsent)
    .where(
        DisciplineConsent.account_id == bindparam("account"),
        col(DisciplineConsent.state).in_(bindparam("states", expanding=True)),
        col(DisciplineConsent.expires_at) > bindparam("now"),
    )
    .order_by(col(DisciplineConsent.id).desc())
    .limit(1)
)


def suspect(context: Context, words: str) -> str:
    """A message that may be a discipline matter: ask its sender privately, or, without a private way, do nothing.

    Said in private, the question is the answer, which is returned: a private chat needs no other way.
    """
    row, account = context.message_row, context.sender.account
    row.text = None
    keep_apart(context)
    context.session.add(row)
    if account is None:
        return ""
    if row.group_id is not None:
        _ask_consent(context, account, row.id or 0, words)
        return ""
    if open_consent(context, *OPEN) is not None:
        return not_kept(context)
    _await_consent(context, account, row.id or 0, words)
    return replies.DISCIPLINE_NOTE


def set_apart(context: Context, pending: PendingMessage, message: Message) -> None:
    """Talk that waited and turns out to be of a discipline matter: only its id stays."""
    message.outcome, message.text = Outcome.DISCIPLINE, None
    forget_photos(context, message)
    context.session.add(message)
    context.session.delete(pending)


def keep_apart(context: Context) -> None:
    """What is said right after an accusation, or may be one itself: part of no case, and nothing of it is kept."""
    context.message_row.outcome = Outcome.DISCIPLINE
    forget_photos(context, context.message_row)


def accused_lately(context: Context) -> bool:
    """Whether the sender said here a moment ago what may be a discipline matter, or was asked here about it."""
    minutes = rules().discipline_minutes
    if talk.accused(context, minutes, own=True):
        return True
    asked = open_consent(context, ConsentState.ASKED) if context.message_row.group_id is None else None
    return asked is not None and asked.asked_at >= since(context.now, minutes)


def not_kept(context: Context) -> str:
    """What is told to who goes on privately without having agreed."""
    asked = open_consent(context, ConsentState.ASKED)
    return replies.DISCIPLINE_YES_FIRST if asked else replies.DISCIPLINE_NOT_KEPT


def forget_photos(context: Context, message: Message) -> None:
    """The photos of a message are not kept; they are deleted before anybody fetches them."""
    for media in context.session.exec(select(Media).where(Media.message_id == message.id)):
        context.session.delete(media)


def _ask_consent(context: Context, account: Account, message_id: int, words: str) -> bool:
    """Whether the person was asked, now or a moment ago: several lines are one matter and one question."""
    if _consent_of(context, account.id, OPEN) is not None:
        return True
    told = notices.tell_account(context, account, replies.DISCIPLINE_NOTE)
    if told:
        _await_consent(context, account, message_id, words)
    return told


def _await_consent(context: Context, account: Account, message_id: int, words: str) -> None:
    context.session.add(
        DisciplineConsent(
            message_id=message_id,
            account_id=account.id or 0,
            text_hash=hashlib.sha256(words.encode("utf-8", "replace")).hexdigest(),
            asked_at=context.now,
            expires_at=context.now + dt.timedelta(hours=CONSENT_HOURS),
        )
    )


def open_consent(context: Context, *states: ConsentState) -> DisciplineConsent | None:
    """The sender's latest consent in one of these states that has not expired.

    A used one is open for as long as what its giver says belongs to the sealed matter.
    """
    return _consent_of(context, context.sender.account_id, states)


def _consent_of(context: Context, account_id: int | None, states: Sequence[ConsentState]) -> DisciplineConsent | None:
    asked = {"account": account_id, "states": states, "now": context.now}
    return context.session.exec(CONSENT, params=asked).first()


def agree(context: Context, consent: DisciplineConsent) -> str:
    """The sender said yes, which gives them another day to write; returns what they are told."""
    keep_apart(context)
    if sealed.reader_in_post(context) is None:
        return _without_reader(context, consent)
    if consent.state is ConsentState.ASKED:
        _decide(context, consent, ConsentState.GIVEN)
    return replies.DISCIPLINE_TELL_US


def _without_reader(context: Context, consent: DisciplineConsent) -> str:
    """Over, or for a day all private words would be refused."""
    _decide(context, consent, ConsentState.REFUSED)
    return replies.DISCIPLINE_NO_READER


def _decide(context: Context, consent: DisciplineConsent, state: ConsentState) -> None:
    consent.state = state
    consent.expires_at = context.now + dt.timedelta(hours=CONSENT_HOURS)
    context.session.add(consent)


def seal(context: Context, consent: DisciplineConsent, words: str) -> str:
    """Put the words into the sealed store, with what the sender sealed a moment ago; returns what they are told.

    Where no reader is in post nothing is stored, because nobody might read it, and the consent is over. Photos are
    never stored, because they would lie in the open store.
    """
    keep_apart(context)
    reader = sealed.reader_in_post(context)
    if reader is None:
        return _without_reader(context, consent)
    begun = sealed.begun(context, reader) if consent.state is ConsentState.USED else None
    text = replies.DISCIPLINE_SEALED if begun is None else replies.DISCIPLINE_ADDED
    matter = sealed.new(context, reader, words) if begun is None else sealed.add(context, begun, words)
    consent.state, consent.expires_at = ConsentState.USED, context.now + dt.timedelta(minutes=MORE_MINUTES)
    context.session.add(consent)
    return text.format(number=matter.number)


def end(context: Context, consent: DisciplineConsent) -> str:
    """The sender has said all, or says no: from now on their private words are ordinary ones again."""
    keep_apart(context)
    if consent.state is not ConsentState.USED:
        _decide(context, consent, ConsentState.REFUSED)
        return replies.DISCIPLINE_REFUSED
    consent.expires_at = context.now
    context.session.add(consent)
    return replies.DISCIPLINE_ENDED


def move_out(context: Context, case: Case, roles: frozenset[ActorRole]) -> bool:
    """A case that turns out to be a discipline matter leaves the open store: its words and photos are deleted.

    Whether its reporter could be asked for consent.
    """
    if case.masked_text == SEALED_WORDS:
        raise NotAllowedNow(case.number, case.status, Action.SEAL)
    account = context.session.get_one(Account, case.account_id)
    first = context.session.exec(select(Message).where(Message.case_id == case.id).order_by(col(Message.id))).first()
    words = case.text
    advance(context, case, Action.SEAL, roles)
    _wipe(context, case)
    return first is not None and _ask_consent(context, account, first.id or 0, words)


def _wipe(context: Context, case: Case) -> None:
    """Delete what was said and shown, also of what was merged into it; ids, times and states stay as history."""
    case.text = case.masked_text = SEALED_WORDS
    case.room, case.because, case.next_action, case.next_action_at = None, [], None, None
    for message in context.session.exec(select(Message).where(Message.case_id == case.id)):
        message.text, message.outcome = None, Outcome.DISCIPLINE
        forget_photos(context, message)
    for change in context.session.exec(select(StatusChange).where(StatusChange.case_id == case.id)):
        change.note = ""
    for evaluation in context.session.exec(select(Evaluation).where(Evaluation.case_id == case.id)):
        evaluation.note = ""
    # What another model made of it would tell that there is such a matter.
    context.session.execute(sa.delete(ShadowDifference).where(col(ShadowDifference.case_id) == case.id))
    # What was told about the case quotes it.
    sent_messages.call_back(context, case, SEALED_WORDS)
    for twin in context.session.exec(select(Case).where(Case.merged_into_id == case.id)).all():
        _wipe(context, twin)


def matters_for(context: Context, person: Person) -> list[SealedMatter]:
    """The matters this reader is named for; the look is logged. Somebody without the post gets nothing."""
    if sealed.reader_in_post(context) != person.id:
        return []
    statement = select(SealedMatter).where(SealedMatter.reader_id == person.id).order_by(col(SealedMatter.id))
    matters = list(context.session.exec(statement).all())
    for matter in matters:
        log_access(context, person.id or 0, "sealed", matter.id or 0)
    return matters


def hand_over(context: Context, person: Person, matter_id: int) -> bool:
    """The reader has passed the matter to the discipline inspection body; False if it is not theirs."""
    matter = context.session.get(SealedMatter, matter_id)
    if matter is None or matter.reader_id != person.id or sealed.reader_in_post(context) != person.id:
        return False
    matter.state, matter.handed_over_at = SealedState.HANDED_OVER, context.now
    context.session.add(matter)
    log_access(context, person.id or 0, "handed_over", matter_id)
    return True


def log_access(context: Context, person_id: int | None, what: str, reference: int) -> None:
    context.session.add(AccessLog(at=context.now, person_id=person_id, what=what, reference=reference))
