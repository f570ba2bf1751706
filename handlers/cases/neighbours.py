"""A second resident with the same matter: which open case the words point to, and who had said so before.

A quote decides, then the category, then the building, else the latest. Nothing is answered for it,
unless the words tell of danger.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from classifiers import Action, Continuing, Place, Understanding
from data.models import Case, CaseReporter, Outcome
from data.taxonomy import CaseClass, Urgency
from handlers.cases import danger, duplicates, intake, moving, talk
from handlers.joining_rules import rules
from handlers.message import Context, IncomingMessage

UNSORTED = "M99"


@dataclass(frozen=True)
class Joined:
    """The case whose reporter the sender is now, too; `danger` where only their words made an emergency of it."""

    case: Case
    danger: bool


def join(message: IncomingMessage, context: Context, said: Continuing, lines: Sequence[talk.Waiting]) -> Joined | None:
    """Make the sender a reporter of the case that the words mean, with the earlier lines; None if they mean none."""
    found = context.understanding
    if found.class_ is CaseClass.DISCIPLINE:
        return None
    case = _meant(message, context, said) or _endangered(message, context, said)
    if case is None:
        return None
    words = "\n".join([*(one.pending.text for one in lines), message.text])
    both = read(context, f"{case.text}\n{words}", message.nickname)
    _take_in(message, context, case, lines)
    if lines or said.characters >= rules().together_characters:  # a bare 同问 says nothing more
        intake.add_words(context, case, words)
    place_from(context, case, words)
    return Joined(case, danger.raised(context, case, danger.urgency_of(said, found, both), words))


def _take_in(message: IncomingMessage, context: Context, case: Case, lines: Sequence[talk.Waiting]) -> None:
    """The sender is a reporter too, and what they said and showed just now belongs to the case."""
    intake.attach(context, case, message, Outcome.ATTACHED)
    duplicates.add_reporter(context, case)
    photos = [one for one in talk.waiting(context, rules().own_minutes, own=True) if not one.pending.text]
    for one in (*lines, *photos):
        intake.keep(context, one.pending, case)


def place_from(context: Context, case: Case, words: str) -> bool:
    """A building named by whoever speaks of it, where nobody had named one for the case; True where it moved."""
    place = context.understanding.place
    named = place is not None and place.building and place.source == "text" and not place.ambiguous
    moves = place is not None and named and (case.building_id is None or case.place_source != "text")
    if place is not None and moves:
        moving.move(context, case, place, words)
    return bool(moves)


def pointed_at(message: IncomingMessage, context: Context, minutes: float) -> Case | None:
    """The case of a bare +1: the quoted one, else the latest; none where the talk is about something sealed."""
    cases = talk.live_cases(context, minutes)
    if (of_quote := _quoted(message, context, [case for case, _at in cases])) is not None:
        return of_quote
    if (message.quotes and talk.quoted(context, message.quotes) is not None) or not cases:
        return None
    case, at = cases[0]
    sealed = talk.accused(context, minutes, own=False)
    return None if sealed is not None and sealed > at else case


def call(context: Context, case: Case) -> None:
    """A case was opened: neighbours who had said the same, unsure alone, a moment before are its reporters too."""
    if case.group_id is None or case.class_ is CaseClass.DISCIPLINE or context.understand is None:
        return
    waiting = talk.waiting(context, rules().same_category_minutes, own=False)
    for account in dict.fromkeys(one.account.id for one in waiting):
        theirs = [one for one in waiting if one.account.id == account]
        if telling := [one for one in theirs if one.pending.text and _tells(context, one)]:
            words = "\n".join(one.pending.text for one in telling)
            if _same(read(context, words, telling[0].account.nickname), case):
                _bring(context, case, [one for one in theirs if one in telling or not one.pending.text])


def read(context: Context, words: str, nickname: str, has_photo: bool = False) -> Understanding:
    """What overheard words mean."""
    if context.understand is None:
        raise LookupError("joining needs the classifiers")
    names = context.directory.names_for(context.sender.group)
    return context.understand(words, names=names, nickname=nickname, addressed=False, has_photo=has_photo)


def complete_beside(found: Understanding, case: Case, *, own: bool = False) -> bool:
    """A report of its own beside the case: another building, a full second report, or the first sign of danger.

    `own`: said by the reporter of the case, whose full sentence may tell the place we asked for.
    """
    if found.urgency is Urgency.EMERGENCY and case.urgency is not Urgency.EMERGENCY:
        return found.action is Action.REGISTER
    place, sure = found.place, found.action is Action.REGISTER
    if place is None or place.source != "text":
        return False
    if case.building_id is None:
        return sure and (_another_spot(place, case) if case.place_text else not own)
    if not (place.building or place.ambiguous):
        return False
    return sure or place.building != str(case.building_id)


def _another_spot(place: Place, case: Case) -> bool:
    """凉亭 and 儿童滑梯: neither of them is part of the other."""
    return bool(place.text) and place.text not in case.place_text and case.place_text not in place.text


def elsewhere(found: Understanding, case: Case) -> bool:
    """Whether the words name another building than the case has."""
    building = found.place.building if found.place else None
    return building is not None and case.building_id is not None and building != str(case.building_id)


def _tells(context: Context, one: talk.Waiting) -> bool:
    return read(context, one.pending.text, one.account.nickname).chance >= rules().same_category_chance


def _bring(context: Context, case: Case, theirs: Sequence[talk.Waiting]) -> None:
    first = theirs[0]
    context.session.add(
        CaseReporter(case_id=case.id or 0, account_id=first.account.id or 0, at=first.message.received_at)
    )
    intake.add_words(context, case, "\n".join(one.pending.text for one in theirs if one.pending.text))
    for one in theirs:
        intake.keep(context, one.pending, case)


def _meant(message: IncomingMessage, context: Context, said: Continuing) -> Case | None:
    minutes, found = max(rules().neighbour_minutes, rules().same_category_minutes), context.understanding
    if not said.agrees and not _shared(found):
        return None
    live = talk.live_cases(context, minutes, None if said.agrees else found.category)
    cases = [case for case, _at in live if case.class_ is not CaseClass.DISCIPLINE]
    cases = [case for case in cases if not complete_beside(found, case)]
    if not cases:
        return None
    return _agreed(message, context, said, cases) if said.agrees else cases[0]


def _endangered(message: IncomingMessage, context: Context, said: Continuing) -> Case | None:
    """The case spoken of last, where words that are unsure alone make an emergency of it."""
    found = context.understanding
    dangerous = said.danger or found.urgency is Urgency.EMERGENCY
    stands = found.action is Action.REGISTER and found.urgency is Urgency.EMERGENCY
    if not dangerous or stands or said.settles:
        return None
    case = pointed_at(message, context, rules().neighbour_minutes)
    if case is None or case.class_ is CaseClass.DISCIPLINE or elsewhere(found, case):
        return None
    both = read(context, f"{case.text}\n{message.text}", message.nickname)
    return case if both.urgency is Urgency.EMERGENCY and both.category == case.category_code else None


def _agreed(message: IncomingMessage, context: Context, said: Continuing, cases: Sequence[Case]) -> Case | None:
    """Whom one agrees with: words of another matter that is sure of itself agree with nobody."""
    found = context.understanding
    case = _quoted(message, context, cases) or _by_words(found, cases)
    if case is not None:
        return case
    latest = pointed_at(message, context, rules().neighbour_minutes)
    if latest is not None and not said.echoes and _another_matter(found, latest):
        return None
    if latest is None or latest not in cases or found.action is not Action.REGISTER:
        return latest if latest in cases else None
    both = read(context, f"{latest.text}\n{message.text}", message.nickname)
    return latest if both.category == latest.category_code else None


def _another_matter(found: Understanding, case: Case) -> bool:
    """我家孩子也被狗咬了 under somebody's rubbish: a case of its own, or for a person to look at."""
    sure = found.confidence.category >= rules().same_category_sure
    offered = found.action in (Action.REGISTER, Action.CANDIDATE)  # else nobody would ever see the words
    return offered and sure and found.category not in (UNSORTED, case.category_code)


def _quoted(message: IncomingMessage, context: Context, cases: Sequence[Case]) -> Case | None:
    row = talk.quoted(context, message.quotes)
    return next((case for case in cases if row is not None and case.id == row.case_id), None)


def _by_words(found: Understanding, cases: Sequence[Case]) -> Case | None:
    of_category = next((case for case in cases if _same(found, case)), None)
    building = found.place.building if found.place and found.place.source == "text" else None
    return of_category or next((c for c in cases if building and str(c.building_id) == building), None)


def _same(found: Understanding, case: Case) -> bool:
    return _shared(found) and found.category == case.category_code and not complete_beside(found, case)


def _shared(found: Understanding) -> bool:
    """A kind of fault, said with some certainty; 其他 and what concerns one person (党建) nobody shares."""
    return (
        found.category != UNSORTED
        and found.class_ is CaseClass.LIVELIHOOD
        and found.chance >= rules().same_category_chance
        and found.confidence.category >= rules().same_category_sure
    )
