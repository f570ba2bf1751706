"""What belongs to something said before: a photo after its words, a place named later, "+1", a yes, sealed words."""

import datetime as dt

from sqlmodel import col, select

from classifiers import Action, Continuing, Intent, Place, find_place, read_continuing
from data.models import Case, ConsentState, Outcome, PendingMessage, Task, TaskStatus
from data.taxonomy import CaseClass
from handlers import consent, located, replies, report
from handlers.cases import discipline, duplicates, intake, moving, neighbours, plus_one, talk
from handlers.command import parse
from handlers.joining_rules import rules
from handlers.listening import is_listening
from handlers.message import SILENCE, Context, IncomingMessage, Reply

YES = frozenset({"是", "是的", "对", "对的", "要", "确认", "登记"})
LONGEST_PLACE = 20
# 在…, 就是…, 说错了,是…: more words than that are a report of their own.
MOST_WORDS_AROUND = 5


def handle(message: IncomingMessage, context: Context) -> Reply | None:
    """The answer if the message continues something; None if it stands for itself."""
    if message.location is not None:
        typed = located.in_words(message)
        continued = located.handle(typed, context) or (_place_of_talk(typed, context) if typed.text else None)
        return continued or located.alone(message, context)
    if not message.text:
        return _sealed_photo(message, context) or _photo(message, context) if message.media else None
    for rule in (consent.words, _bare_order, _yes, _plus_one, _place):
        reply = rule(message, context)
        if reply is not None:
            return reply
    return None


def _bare_order(message: IncomingMessage, context: Context) -> Reply | None:
    """解决了 or 接 without a number and without a mention: about something known to those who talk, and no report."""
    order = None if message.addressed else parse(message.text)
    return SILENCE if order is not None and not order.rest else None


def _sealed_photo(message: IncomingMessage, context: Context) -> Reply | None:
    """After 同意, a photo belongs to the matter and must not end up in an ordinary case."""
    if not message.private or discipline.open_consent(context, ConsentState.GIVEN, ConsentState.USED) is None:
        return None
    discipline.keep_apart(context)
    return Reply(replies.DISCIPLINE_NO_PHOTO, private=True)


def _yes(message: IncomingMessage, context: Context) -> Reply | None:
    if message.text.strip() not in YES:
        return None
    statement = (
        select(PendingMessage)
        .where(
            PendingMessage.account_id == context.sender.account_id,
            PendingMessage.group_id == context.message_row.group_id,
            col(PendingMessage.asked),
            col(PendingMessage.expires_at) > context.now,
        )
        .order_by(col(PendingMessage.message_id).desc())
    )
    asked = context.session.exec(statement).first()
    return report.confirm(message, context, asked) if asked else None


def _plus_one(message: IncomingMessage, context: Context) -> Reply | None:
    """A neighbour says it is theirs too: joined to the group's latest case, silently unless we were spoken to."""
    if message.private or not duplicates.PLUS_ONE.match(message.text.strip()):
        return None
    if context.sender.posts and not message.addressed:
        return None  # staff who talk along report nothing
    case = neighbours.pointed_at(message, context, rules().plus_one_minutes)
    if case is None:
        return None
    if not message.addressed and not plus_one.means(message, context, case):
        return SILENCE
    context.message_row.case_id, context.message_row.outcome = case.id, Outcome.ATTACHED
    duplicates.add_reporter(context, case)
    return Reply(replies.joined(case.number), case_id=case.id) if message.addressed else SILENCE


def _place(message: IncomingMessage, context: Context) -> Reply | None:
    """The building, said or put right after the report: the case moves to the grid that answers for it."""
    if len(message.text) > LONGEST_PLACE:
        return None
    place = find_place(message.text, context.directory.names_for(context.sender.group))
    said = read_continuing(message.text)
    if place is None or not _only_a_place(message.text, place, said):
        return None
    if place.ambiguous:
        return _which(message, context, place, said)
    if place.source != "text" and not (said.corrects and place.text):
        return None
    case = _case_to_place(context, place, said)
    if case is None:
        return _place_of_talk(message, context)
    intake.attach(context, case, message, Outcome.ATTACHED)
    moving.move(context, case, place)
    return Reply(replies.supplemented(case.number), case_id=case.id) if message.addressed else SILENCE


def _which(message: IncomingMessage, context: Context, place: Place, said: Continuing) -> Reply | None:
    """Privately 3号楼 is not enough: its estate is asked for, and the words stay with the case."""
    case = _case_to_place(context, place, said) if message.private and len(place.ambiguous) > 1 else None
    if case is None:
        return None
    intake.attach(context, case, message, Outcome.ATTACHED)
    return Reply(replies.which_place(case.number, context.directory.choices(place)), case_id=case.id)


def _case_to_place(context: Context, place: Place, said: Continuing) -> Case | None:
    """The sender's latest case: any where the place is put right, else one that does not know it yet."""
    if said.corrects:
        return intake.recent_case(context, int(rules().correction_minutes))
    case = intake.recent_case(context, int(rules().place_minutes))
    if case is not None and moving.lacks(case, place):
        return case
    return intake.recent_case(context, int(rules().place_minutes), placeless=True) if place.building else None


def _place_of_talk(message: IncomingMessage, context: Context) -> Reply | None:
    """又停电了 … 3号楼2单元: unsure talk of the same person becomes a report by the place that follows it."""
    unsure = [row for row in intake.pending_of_sender(context) if row.text]
    if not unsure or context.understand is None or (is_listening(context.sender.group) and not message.addressed):
        return None
    words = f"{unsure[-1].text},{message.text}"
    names = context.directory.names_for(context.sender.group)
    found = context.understand(words, names=names, nickname=message.nickname, addressed=True, has_photo=False)
    if found.action is not Action.REGISTER or found.intent is not Intent.REPORT:
        return None
    if found.class_ is CaseClass.DISCIPLINE:
        return report.handle_discipline(message, context)
    return report.handle(message, context.about(found), joined=unsure[-1:])


def _only_a_place(text: str, place: Place, said: Continuing) -> bool:
    """Whether hardly anything is said besides the place (and the room, which `place.text` leaves out).

    Who answers a question or puts it right (对头,… 说错了,…) says a few words more.
    """
    most = MOST_WORDS_AROUND * (3 if said.corrects else 2 if said.agrees else 1)
    return not said.danger and len(text) - len(place.text) - len(place.room or "") <= most


def _photo(message: IncomingMessage, context: Context) -> Reply:
    """A photo alone: of the case just reported or just worked on, else it waits for its words."""
    if discipline.accused_lately(context):
        discipline.keep_apart(context)  # right after an accusation: it must not end up in an ordinary case
        return SILENCE
    case = talk.own_case(context, context.policy.photo_after_minutes) or _case_at_work(context)
    if case is not None:
        intake.attach(context, case, message, Outcome.ATTACHED)
        return _if_addressed(message, replies.PHOTO_ADDED.format(number=case.number), case)
    intake.keep_pending(context, message)
    return _if_addressed(message, replies.PHOTO_KEPT, None)


def _if_addressed(message: IncomingMessage, text: str, case: Case | None) -> Reply:
    return Reply(text, case_id=case.id if case else None) if message.addressed else SILENCE


def _case_at_work(context: Context) -> Case | None:
    """The case this member of staff has accepted or just finished, if they write privately."""
    if context.sender.person is None or context.message_row.group_id is not None:
        return None
    just_now = context.now - dt.timedelta(minutes=context.policy.photo_after_minutes)
    statement = (
        select(Case)
        .join(Task)
        .where(
            Task.person_id == context.sender.person.id,
            (col(Task.status) == TaskStatus.ACCEPTED)
            | (col(Task.status) == TaskStatus.DONE) & (col(Task.ended_at) >= just_now),
        )
        .order_by(col(Task.accepted_at).desc())
        .limit(1)
    )
    return context.session.exec(statement).first()
