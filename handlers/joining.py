"""Does a line belong to what was said just before: the sender's own words, or the matter of a neighbour?

`data/joining.csv` says within which time and how sure. A discipline matter joins nothing, and what stands for
itself (a case with a place of its own, an emergency, another category) is left alone.
"""

from dataclasses import replace

from classifiers import Action, Continuing, Understanding, read_continuing
from data.models import Case, Outcome
from data.privacy import masked
from data.taxonomy import CaseClass, Urgency
from handlers import notices, replies, report, staff_replies
from handlers.cases import danger, discipline, intake, neighbours, talk
from handlers.cases.dispatch import holders
from handlers.joining_rules import rules
from handlers.message import SILENCE, Context, IncomingMessage, Reply
from handlers.together import read_together, read_with, waiting_lines


def handle(message: IncomingMessage, context: Context) -> Reply | None:
    """The answer if the understood line is joined or waits for company; None if it stands for itself."""
    said = read_continuing(message.text)
    if message.addressed:
        return _hushed(message, context, said) or _added(message, context)
    for rule in (_hushed, _own, _together, _neighbour, _wait):
        reply = rule(message, context, said)
        if reply is not None:
            return reply
    return None


def _added(message: IncomingMessage, context: Context) -> Reply | None:
    """Said to the bot right after a report: more words for it if they are not clear alone, or tell of danger."""
    found, said = context.understanding, read_continuing(message.text)
    if found.chance < rules().own_chance and found.action is not Action.ASK and not said.danger:
        return None  # nothing is looked up for chatter
    case = talk.own_case(context, rules().own_minutes)
    if case is None or found.class_ is CaseClass.DISCIPLINE:
        return None
    both = neighbours.read(context, f"{case.text}\n{message.text}", message.nickname)
    urgency = Urgency.EMERGENCY if said.danger else danger.urgency_of(said, found, both)
    if found.action is not Action.ASK and not _endangers(found, said, urgency, case):
        return None
    alarmed = _add(message, context, case, urgency)
    return Reply(report.emergency(case) if alarmed else replies.supplemented(case.number), case_id=case.id)


def _hushed(message: IncomingMessage, context: Context, said: Continuing) -> Reply | None:
    """Right after an accusation its speaker goes on about it: kept out of every case, answered only to them alone."""
    found, minutes = context.understanding, rules().discipline_minutes
    if found.class_ is CaseClass.DISCIPLINE:
        sure = found.chance >= rules().own_short_chance and talk.accused(context, minutes, own=False)
        return report.handle_discipline(message, context) if sure or found.action is Action.REGISTER else None
    if not goes_on_accusing(context):
        return None
    discipline.keep_apart(context)
    return Reply(discipline.not_kept(context), private=True) if message.private else SILENCE


def goes_on_accusing(context: Context) -> bool:
    """Whether the words follow an accusation of the same speaker, and are no matter of their own."""
    found = context.understanding
    if found.chance < rules().discipline_chance or _another_matter(found):
        return False
    return discipline.accused_lately(context)


def _own(message: IncomingMessage, context: Context, said: Continuing) -> Reply | None:
    """The next words of who reported a moment ago."""
    found = context.understanding
    if found.chance < rules().own_chance and not message.quotes and not said.danger:
        return None  # nothing is looked up for chatter
    quoted = talk.quoted(context, message.quotes)
    case = talk.own_case(context, rules().own_minutes)
    if case is None:
        return None
    if _over(found, said) and found.urgency is not Urgency.EMERGENCY and not _placed(found):
        return SILENCE  # 没事了: neither a new matter nor part of the old one
    of_own = quoted is not None and quoted.case_id == case.id and quoted.account_id == context.sender.account_id
    if not of_own and not said.danger and not _goes_on(found, said):
        return None
    both = neighbours.read(context, f"{case.text}\n{message.text}", message.nickname)
    if both.class_ is CaseClass.DISCIPLINE and both.action is Action.REGISTER:
        return report.handle_discipline(message, context.about(both))
    if found.class_ is CaseClass.DISCIPLINE:
        return None
    urgency = danger.urgency_of(said, found, both)
    if not of_own and not _endangers(found, said, urgency, case) and not _same_matter(found, both, case):
        return None
    return _silent(case, alarmed=_add(message, context, case, urgency))


def _add(message: IncomingMessage, context: Context, case: Case, urgency: Urgency) -> bool:
    """The reporter's words become part of the case, and whoever holds it is told; True where they raised an alarm."""
    intake.attach(context, case, message, Outcome.ATTACHED)
    intake.add_words(context, case, message.text)
    moved = neighbours.place_from(context, case, message.text)
    if danger.raised(context, case, urgency, message.text):
        return True
    if not moved:
        words = staff_replies.supplement_notice(case.number, masked(message.text)[:200])
        notices.tell_people(context, holders(context, case), words, case)
    return False


def _silent(case: Case, *, alarmed: bool) -> Reply:
    """Nothing is said for more words, save that an emergency is answered like one that was reported at once."""
    return Reply(report.emergency(case), case_id=case.id) if alarmed else SILENCE


def _endangers(found: Understanding, said: Continuing, urgency: Urgency, case: Case) -> bool:
    """Whether the words make an emergency of the case and are no emergency of their own, or in another building."""
    if urgency is not Urgency.EMERGENCY or (_placed(found) and neighbours.elsewhere(found, case)):
        return False
    if _over(found, said) and found.urgency is not Urgency.EMERGENCY:
        return False
    if found.action is Action.REGISTER and found.urgency is Urgency.EMERGENCY:
        return found.place is None and bool(case.place_text)  # said in private: helpers need to know where
    return said.danger or (found.action is not Action.REGISTER and case.urgency is not Urgency.EMERGENCY)


def _over(found: Understanding, said: Continuing) -> bool:
    """The matter is settled; an excuse settles it only where no other matter follows (不好意思再说一个)."""
    return said.settles or (said.excuses and found.action is not Action.REGISTER)


def _goes_on(found: Understanding, said: Continuing) -> bool:
    """Long enough to add something, or, where short, like a report by itself."""
    if found.action is Action.REGISTER or found.chance >= rules().own_short_chance:
        return True
    return found.chance >= rules().own_chance and said.characters >= rules().own_characters and not said.thanks


def _same_matter(found: Understanding, both: Understanding, case: Case) -> bool:
    """Whether words that may stand alone rather belong to the case, as far as their categories tell."""
    if found.action is Action.IGNORE or found.category == case.category_code:
        return not neighbours.complete_beside(found, case, own=True)
    sure = found.confidence.category >= rules().same_category_sure
    return not sure and both.category == case.category_code and not _complete(found)


def _together(message: IncomingMessage, context: Context, said: Continuing) -> Reply | None:
    """Unsure alone, but not together with what the sender said in the last minutes."""
    found = context.understanding
    if found.chance < rules().together_chance or _over(found, said) or _empty(said):
        return None
    read = read_together(message, context)
    if read is None or (found.class_ is CaseClass.DISCIPLINE and read.meaning.class_ is not CaseClass.DISCIPLINE):
        return None
    context = context.about(read.meaning)
    if read.meaning.class_ is CaseClass.DISCIPLINE:
        return report.handle_discipline(message, context)
    joined = neighbours.join(message, context, said, read.lines)
    if joined is not None:
        return _silent(joined.case, alarmed=joined.danger)
    return report.open_case(message, context, [one.pending for one in read.lines])


def _empty(said: Continuing) -> bool:
    return said.characters < rules().together_characters


def _neighbour(message: IncomingMessage, context: Context, said: Continuing) -> Reply | None:
    """我家也是, or the same kind of thing said a moment after somebody reported it."""
    found = context.understanding
    if found.chance < rules().together_chance and not (said.agrees or said.danger):
        return None
    joined = neighbours.join(message, context, said, [])
    alone = found.action is Action.REGISTER or found.class_ is CaseClass.DISCIPLINE or _over(found, said)
    if joined is None and not alone and (lines := waiting_lines(context)):
        meaning = replace(read_with(message, context, lines), action=Action.IGNORE)  # too little for its own case
        joined = neighbours.join(message, context.about(meaning), said, lines)
    return _silent(joined.case, alarmed=joined.danger) if joined else None


def _wait(message: IncomingMessage, context: Context, said: Continuing) -> Reply | None:
    """Neither chatter nor a report: it waits a few minutes for more words, and nobody is shown it."""
    found = context.understanding
    if found.action is not Action.IGNORE or found.chance < rules().together_chance:
        return None
    if found.class_ is not CaseClass.DISCIPLINE and not _over(found, said) and not _empty(said):
        intake.keep_pending(context, message)
    return SILENCE


def _another_matter(found: Understanding) -> bool:
    """A report that nobody takes for part of an accusation: it must not be lost."""
    if found.action is not Action.REGISTER or found.urgency is Urgency.EMERGENCY:
        return found.action is Action.REGISTER
    if _placed(found):  # 3号楼好多人都知道 names a place and no matter
        return found.confidence.category >= rules().same_category_sure
    return found.class_ is CaseClass.LIVELIHOOD and found.confidence.category >= rules().discipline_other


def _complete(found: Understanding) -> bool:
    """A report by itself, with its own place, danger or a category beyond doubt."""
    if found.action is not Action.REGISTER:
        return False
    return _placed(found) or found.urgency is Urgency.EMERGENCY


def _placed(found: Understanding) -> bool:
    return found.place is not None and found.place.building is not None and found.place.source == "text"
