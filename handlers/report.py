"""A resident reports something: it becomes a case, or, where unsure, a question."""

from collections.abc import Sequence
from dataclasses import replace

from classifiers import Action, Intent, find_place
from data.models import Case, Message, Outcome, PendingMessage
from data.taxonomy import CaseClass, Urgency
from handlers import replies, request
from handlers.cases import discipline, duplicates, intake, neighbours, talk
from handlers.joining_rules import rules
from handlers.message import SILENCE, Context, IncomingMessage, Reply

# Words that name the danger decide which number the person should call first.
HOTLINES = (
    ("119", ("火", "烟", "燃气", "煤气", "电梯", "困", "触电", "塌")),
    ("120", ("晕", "昏", "受伤", "流血", "心脏")),
)


def handle(message: IncomingMessage, context: Context, *, joined: Sequence[PendingMessage] = ()) -> Reply:
    """Register the report, with earlier talk it completes, and answer in one line."""
    case = intake.register(context, message, joined=joined)
    neighbours.call(context, case)
    return Reply(_answer(context, case), case_id=case.id)


def open_case(message: IncomingMessage, context: Context, joined: Sequence[PendingMessage]) -> Reply:
    """Register lines that were understood together, by what they want together."""
    if context.understanding.intent is Intent.REPORT:
        return handle(message, context, joined=joined)
    return request.handle(message, context, joined=joined)


def handle_discipline(message: IncomingMessage, context: Context) -> Reply:
    """Never an answer where others can read it; the sender is asked privately, in private by the answer itself.

    What the sender said or showed just before belongs to it and must not become part of an ordinary case.
    """
    for line in talk.waiting(context, rules().together_minutes, own=True):
        discipline.set_apart(context, line.pending, line.message)
    for row in intake.pending_of_sender(context):
        if row.asked:  # a yes that comes now must not open a case of what was asked before
            discipline.set_apart(context, row, context.session.get_one(Message, row.message_id))
    return Reply(discipline.suspect(context, message.text), private=True)


def ask(message: IncomingMessage, context: Context) -> Reply:
    """Addressed, but unsure what is meant: one question, and the words wait for the answer."""
    intake.keep_pending(context, message, asked=True)
    context.message_row.outcome = Outcome.ASKED
    return Reply(replies.ASK_WHETHER_REPORT)


def keep_candidate(message: IncomingMessage, context: Context, *, apart: bool = False) -> Reply:
    """Overheard and unsure: the words wait a few minutes for company, and nothing is said.

    Words that may be a discipline matter, or go on about one (`apart`), do not wait: they must not become part of
    another report, and neither must what their speaker says or shows next.
    """
    if apart or context.understanding.class_ is CaseClass.DISCIPLINE:
        discipline.keep_apart(context)
        return SILENCE
    intake.keep_pending(context, message)
    context.message_row.outcome = Outcome.CANDIDATE
    return SILENCE


def confirm(message: IncomingMessage, context: Context, asked: PendingMessage) -> Reply:
    """The sender said yes: what we asked about becomes a case."""
    if context.understand is None:
        return SILENCE
    names = context.directory.names_for(context.sender.group)
    found = context.understand(asked.text, names=names, nickname="", addressed=True, has_photo=False)
    if found.intent is Intent.NONE or found.action is Action.IGNORE:
        found = replace(found, intent=Intent.REPORT, place=find_place(asked.text, names, message.nickname))
    # The yes itself is no part of the report.
    return handle(replace(message, text=""), context.about(found), joined=[asked])


def emergency(case: Case, words: str = "") -> str:
    """The one line of an emergency: whom to call first, and that people were told; `words` were said of it later."""
    return replies.registered_emergency(case.number, case.place_text, _hotline(words + case.masked_text))


def _answer(context: Context, case: Case) -> str:
    if case.urgency is Urgency.EMERGENCY:
        return emergency(case)
    place = context.understanding.place
    category = context.directory.categories[case.category_code].name
    if place is not None and len(place.ambiguous) > 1:
        return replies.registered_which(case.number, context.directory.choices(place))
    if not case.place_text:
        return replies.registered_where(case.number, category)
    if duplicates.reported_before(context, case):
        return replies.registered_again(case.number, case.place_text, category)
    return replies.registered(case.number, case.place_text, category, case.due_at)


def _hotline(words: str) -> str:
    return next((number for number, signs in HOTLINES if any(sign in words for sign in signs)), "110")
