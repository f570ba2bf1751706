"""A place sent from a map belongs to what was just reported. Its words are kept, its position never is."""

from dataclasses import replace

from classifiers import Place, find_place
from data.models import Case, ConsentState, Outcome
from data.privacy import masked
from handlers import notices, replies, staff_replies
from handlers.cases import discipline, intake, moving
from handlers.cases.dispatch import holders
from handlers.joining_rules import rules
from handlers.message import SILENCE, Context, IncomingMessage, Reply

LONGEST_PLACE = 100


def in_words(message: IncomingMessage) -> IncomingMessage:
    """The same message as if the place had been typed."""
    if message.location is None:
        return message
    name, address = message.location.name.strip(), message.location.address.strip()
    words = address if name in address else f"{address} {name}".strip()
    return replace(message, text=masked(words)[:LONGEST_PLACE])


def handle(message: IncomingMessage, context: Context) -> Reply | None:
    """Put the sender's latest case there; None where they have reported nothing just now."""
    if message.private and discipline.open_consent(context, ConsentState.GIVEN, ConsentState.USED):
        context.message_row.outcome = Outcome.DISCIPLINE
        return Reply(replies.DISCIPLINE_NO_LOCATION, private=True)
    case = intake.recent_case(context, int(rules().place_minutes)) if message.text else None
    if case is None:
        return None
    place = _place(message.text, context)
    intake.attach(context, case, message, Outcome.ATTACHED)
    if len(place.ambiguous) > 1:
        return _if_addressed(message, case, replies.which_place(case.number, context.directory.choices(place)))
    _put(context, case, place, message.text)
    return _if_addressed(message, case, replies.supplemented(case.number))


def alone(message: IncomingMessage, context: Context) -> Reply:
    """Nothing to put there: the words have to come first."""
    if not message.addressed:
        return SILENCE
    context.message_row.outcome = Outcome.ASKED
    return Reply(replies.LOCATION_FIRST_WORDS)


def _place(words: str, context: Context) -> Place:
    """A building of the group if the map names one, else what the map says."""
    found = find_place(words, context.directory.names_for(context.sender.group))
    named = found is not None and found.source == "text" and (found.building or len(found.ambiguous) > 1)
    return found if found is not None and named else Place(name=words, text=words)


def _put(context: Context, case: Case, place: Place, words: str) -> None:
    """What was said of the place in words stays; then the map only adds to it."""
    if moving.lacks(case, place):
        moving.move(context, case, place)
    else:
        notices.tell_people(context, holders(context, case), staff_replies.supplement_notice(case.number, words), case)


def _if_addressed(message: IncomingMessage, case: Case, text: str) -> Reply:
    return Reply(text, case_id=case.id) if message.addressed else SILENCE
