"""A resident asks about, adds to, urges or withdraws what they reported."""

import datetime as dt

from sqlmodel import col, select

from classifiers import read_continuing
from data.models import Case, CaseReporter, CaseStatus, Outcome
from data.models.cases import FIRST_NUMBER
from data.privacy import masked
from data.taxonomy import Urgency
from handlers import notices, replies, report, staff_replies
from handlers.cases import danger, duplicates, intake, neighbours
from handlers.cases.actors import find_case, others_report, roles_in
from handlers.cases.clock import start_clock
from handlers.cases.dispatch import heads, holders, take_back
from handlers.cases.lifecycle import FINAL, OPEN, Action, ActorRole, advance, step
from handlers.errors import NoSuchCase, NotYourCase, NumberMissing, WordsMissing
from handlers.message import Context, IncomingMessage, Reply

MOST_LISTED = 8
SUMMARY_CHARACTERS = 16
URGE_EVERY = dt.timedelta(hours=24)


def number_of(context: Context) -> int:
    if context.command.number is None:
        raise NumberMissing(context.command.verb)
    return context.command.number


def show(message: IncomingMessage, context: Context) -> Reply:
    """State and deadline, nothing else: the group may read along."""
    number = number_of(context)
    case = context.session.get(Case, number - FIRST_NUMBER)
    if case is None:
        raise NoSuchCase(number)
    same_group = case.group_id is not None and case.group_id == context.message_row.group_id
    if not same_group and not roles_in(context, case):
        raise NotYourCase(number)
    if case.closed_at or case.status in FINAL:
        return Reply(replies.ended(number, case.status), case_id=case.id)
    return Reply(replies.progress(number, case.status, case.level, case.due_at), case_id=case.id)


def my_reports(message: IncomingMessage, context: Context) -> Reply:
    """The sender's own reports, newest first; always privately, because the list says what they reported."""
    statement = (
        select(Case)
        .join(CaseReporter, col(CaseReporter.case_id) == col(Case.id))
        .where(CaseReporter.account_id == context.sender.account_id)
        .order_by(col(Case.id).desc())
        .limit(MOST_LISTED)
    )
    lines = [
        replies.report_line(case.number, case.status, case.masked_text[:SUMMARY_CHARACTERS])
        for case in context.session.exec(statement).all()
    ]
    return Reply("\n".join(lines) or replies.NO_REPORTS, private=True, instead=replies.PRIVATE_ONLY)


def supplement(message: IncomingMessage, context: Context) -> Reply:
    """More words (or photos) for a case; whoever holds it is told."""
    case, roles = find_case(context, number_of(context))
    if not context.command.rest and not message.media:
        raise WordsMissing(context.command.verb, "补充的内容")
    advance(context, case, Action.SUPPLEMENT, roles, note=context.command.rest)
    intake.attach(context, case, message, Outcome.ATTACHED)
    if _alarmed(context, case, context.command.rest):
        return Reply(report.emergency(case, context.command.rest), case_id=case.id)
    words = staff_replies.supplement_notice(case.number, masked(context.command.rest)[:200])
    notices.tell_people(context, holders(context, case), words, case)
    return Reply(replies.supplemented(case.number), case_id=case.id)


def _alarmed(context: Context, case: Case, words: str) -> bool:
    """Whether the words make an emergency of a case that is worked on; then everybody was told them."""
    said = read_continuing(words)
    if context.understand is None or case.status not in OPEN or said.settles or not words:
        return False
    alone, both = (neighbours.read(context, text, "") for text in (words, f"{case.text}\n{words}"))
    urgency = danger.urgency_of(said, alone, both)
    return urgency is Urgency.EMERGENCY and danger.raised(context, case, urgency, words)


def urge(message: IncomingMessage, context: Context) -> Reply:
    """A resident may urge once a day; whoever has the task is told at once, and a leader too if nobody took it."""
    case, roles = find_case(context, number_of(context))
    step(case, Action.URGE, roles)
    if case.urged_at and context.now - case.urged_at < URGE_EVERY:
        return Reply(replies.urged_already(case.number), case_id=case.id)
    advance(context, case, Action.URGE, roles)
    case.urged_at = context.now
    people = holders(context, case)
    if case.status is not CaseStatus.ACCEPTED:
        people += heads(context, case.unit_id)
    notices.tell_people(context, people, staff_replies.urge_notice(case.number), case)
    return Reply(replies.urged(case.number), case_id=case.id)


def withdraw(message: IncomingMessage, context: Context) -> Reply:
    """Only one's own part: a case that others reported, too, goes on for them."""
    case, roles = find_case(context, number_of(context))
    step(case, Action.WITHDRAW, roles)
    ended = withdraw_case(context, case, roles, note=context.command.rest)
    say = replies.withdrawn if ended else replies.own_part_withdrawn
    return Reply(say(case.number), case_id=case.id)


def withdraw_case(context: Context, case: Case, roles: frozenset[ActorRole], *, note: str) -> bool:
    """End the case at its last reporter's wish and take the task back; False where others reported it, too."""
    if others_report(context, case):
        duplicates.drop_reporter(context, case)
        left = staff_replies.reporter_left(case.number, masked(note)[:100])
        notices.tell_people(context, holders(context, case), left, case)
        return False
    advance(context, case, Action.WITHDRAW, roles, note=note)
    take_back(context, case, replies.withdrawn(case.number))
    start_clock(context, case)
    return True
