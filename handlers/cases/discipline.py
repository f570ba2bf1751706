"""纪检 never shows itself (design decision 7): a neutral private note, consent, the sealed store, one named reader.

In the group nothing is answered. Until the person consents only the message's id and the hash of its words are
kept. Time limits: handed to the discipline inspection body within 5 working days (纪检监察机关处理检举控告工作规则,
2020, arts. 14–18).
"""

import datetime as dt
import hashlib

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
    Role,
    SealedMatter,
    SealedState,
    ShadowDifference,
    StatusChange,
)
from handlers import notices, replies, sent_messages
from handlers.cases import talk
from handlers.cases.actors import today
from handlers.cases.deadlines import working_days_after
from handlers.cases.lifecycle import Action, ActorRole, advance
from handlers.cases.working_days import WorkingDays
from handlers.joining_rules import rules, since
from handlers.local_time import when
from handlers.message import Context

TRANSFER_WORKING_DAYS = 5
CONSENT_HOURS = 24
SEALED_WORDS = "[已移出]"
# Built once, because every private message asks it.
CONSENT = (
    select(DisciplineConsent)
    .where(
        DisciplineConsent.account_id == bindparam("account"),
        DisciplineConsent.state == bindparam("state"),
        col(DisciplineConsent.expires_at) > bindparam("now"),
    )
    .order_by(col(DisciplineConsent.id).desc())
    .limit(1)
)


def suspect(context: Context, words: str) -> None:
    """A message that may be a discipline matter: ask its sender privately, or, without a private way, do nothing."""
    row = context.message_row
    row.outcome, row.text = Outcome.DISCIPLINE, None
    context.session.add(row)
    forget_photos(context, row)
    if context.sender.account:
        _ask_consent(context, context.sender.account, row.id or 0, words)


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


def _ask_consent(context: Context, account: Account, message_id: int, words: str) -> None:
    if not notices.tell_account(context, account, replies.DISCIPLINE_NOTE):
        return
    context.session.add(
        DisciplineConsent(
            message_id=message_id,
            account_id=account.id or 0,
            text_hash=hashlib.sha256(words.encode("utf-8", "replace")).hexdigest(),
            asked_at=context.now,
            expires_at=context.now + dt.timedelta(hours=CONSENT_HOURS),
        )
    )


def open_consent(context: Context, state: ConsentState) -> DisciplineConsent | None:
    """The sender's latest consent in that state that has not expired."""
    asked = {"account": context.sender.account_id, "state": state, "now": context.now}
    return context.session.exec(CONSENT, params=asked).first()


def decide(context: Context, consent: DisciplineConsent, state: ConsentState) -> None:
    """The sender said 同意 or 不同意; a yes gives them another day to write."""
    consent.state = state
    consent.expires_at = context.now + dt.timedelta(hours=CONSENT_HOURS)
    context.session.add(consent)


def seal(context: Context, consent: DisciplineConsent, words: str) -> SealedMatter | None:
    """Put the words into the sealed store and tell the one reader that there is something, not what.

    None where no reader is in post: nothing is stored then, because nobody might read it. Photos are never stored,
    because they would lie in the open store.
    """
    forget_photos(context, context.message_row)
    reader = _reader(context)
    if reader is None or context.sender.account is None:
        return None
    calendar = WorkingDays(context.directory.overrides)
    matter = SealedMatter(
        text=words,
        reporter=f"{context.sender.account.channel}:{context.sender.account.platform_id}",
        reader_id=reader,
        received_at=context.now,
        transfer_due_at=working_days_after(context.now, TRANSFER_WORKING_DAYS, calendar).due_at,
    )
    consent.state = ConsentState.USED
    context.session.add_all([matter, consent])
    context.session.flush()
    text = replies.DISCIPLINE_READER.format(number=matter.number, due=when(matter.transfer_due_at))
    notices.tell_people(context, [reader], text)
    return matter


def move_out(context: Context, case: Case, roles: frozenset[ActorRole]) -> None:
    """A case that turns out to be a discipline matter leaves the open store: its words and photos are deleted."""
    account = context.session.get_one(Account, case.account_id)
    first = context.session.exec(select(Message).where(Message.case_id == case.id).order_by(col(Message.id))).first()
    words = case.text
    advance(context, case, Action.SEAL, roles)
    _wipe(context, case)
    if first is not None:
        _ask_consent(context, account, first.id or 0, words)


def _wipe(context: Context, case: Case) -> None:
    """Delete what was said and shown; ids, times and states stay as history."""
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


def matters_for(context: Context, person: Person) -> list[SealedMatter]:
    """The matters this reader is named for; the look is logged. Somebody without the post gets nothing."""
    if _reader(context) != person.id:
        return []
    statement = select(SealedMatter).where(SealedMatter.reader_id == person.id).order_by(col(SealedMatter.id))
    matters = list(context.session.exec(statement).all())
    for matter in matters:
        log_access(context, person.id or 0, "sealed", matter.id or 0)
    return matters


def hand_over(context: Context, person: Person, matter_id: int) -> bool:
    """The reader has passed the matter to the discipline inspection body; False if it is not theirs."""
    matter = context.session.get(SealedMatter, matter_id)
    if matter is None or matter.reader_id != person.id or _reader(context) != person.id:
        return False
    matter.state, matter.handed_over_at = SealedState.HANDED_OVER, context.now
    context.session.add(matter)
    log_access(context, person.id or 0, "handed_over", matter_id)
    return True


def log_access(context: Context, person_id: int | None, what: str, reference: int) -> None:
    context.session.add(AccessLog(at=context.now, person_id=person_id, what=what, reference=reference))


def _reader(context: Context) -> int | None:
    """The one person who now holds the reader's post."""
    readers = [post for post in context.directory.posts if post.role is Role.DISCIPLINE_READER]
    on = today(context)
    return next((p.person_id for p in readers if p.since <= on and (p.until is None or on <= p.until)), None)
