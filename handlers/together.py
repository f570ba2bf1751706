"""Lines of one speaker that are unsure alone, read as one text by the same model: together they may be a report."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from classifiers import Action, Intent, Understanding
from data.taxonomy import CaseClass, Urgency
from handlers.cases import neighbours, talk
from handlers.joining_rules import rules
from handlers.message import Context, IncomingMessage

# Praise of two halves is talk.
JOINED = (Intent.REPORT, Intent.INQUIRY, Intent.SUGGESTION)


@dataclass(frozen=True)
class Together:
    """Earlier lines, and what they mean with the line said now."""

    lines: tuple[talk.Waiting, ...]
    meaning: Understanding


@dataclass(frozen=True)
class _Line:
    waiting: talk.Waiting
    alone: Understanding


def waiting_lines(context: Context) -> list[talk.Waiting]:
    """What the sender said in the last minutes and belongs to nothing yet, oldest first."""
    lines = [one for one in talk.waiting(context, rules().together_minutes, own=True) if one.pending.text]
    return lines[-int(rules().together_lines) :]


def read_with(message: IncomingMessage, context: Context, lines: Sequence[talk.Waiting]) -> Understanding:
    """What the lines mean with the message behind them."""
    words = "\n".join([*(one.pending.text for one in lines), message.text])
    return neighbours.read(context, words, message.nickname, bool(message.media))


def read_together(message: IncomingMessage, context: Context) -> Together | None:
    """The line with those before it, where together they are as sure as a line must be; None where they are not."""
    found = context.understanding
    lines = [_Line(one, _alone(context, one)) for one in waiting_lines(context)]
    for chosen in _choices(lines):
        meaning = read_with(message, context, [one.waiting for one in chosen])
        alone = [one.alone for one in chosen]
        if found.action is Action.REGISTER and _blurs(found, meaning, alone):
            continue
        if _sure(meaning, [*alone, found]):
            return Together(tuple(one.waiting for one in chosen), meaning)
    return None


def _alone(context: Context, one: talk.Waiting) -> Understanding:
    return neighbours.read(context, one.pending.text, one.account.nickname)


def _choices(lines: Sequence[_Line]) -> Iterator[Sequence[_Line]]:
    """All of them; then without those that look more like chatter than like a report."""
    likely = [one for one in lines if one.alone.chance >= rules().together_each]
    if lines:
        yield lines
    if likely and len(likely) < len(lines):
        yield likely


def _blurs(found: Understanding, meaning: Understanding, earlier: Sequence[Understanding]) -> bool:
    """Whether the earlier lines would only blur what this one says by itself."""
    if meaning.category == found.category or meaning.class_ is CaseClass.DISCIPLINE:
        return False
    borne_out = any(one.category == meaning.category for one in earlier)
    return found.confidence.category >= rules().same_category_sure and not borne_out


def _sure(meaning: Understanding, each: Sequence[Understanding]) -> bool:
    """As sure as of a single line; where no word tells the matter, every line must look like a report."""
    if meaning.intent not in JOINED:
        return False
    if meaning.action is Action.REGISTER:
        return meaning.chance >= rules().together_sure or meaning.urgency is Urgency.EMERGENCY
    clear = meaning.confidence.class_ >= rules().together_class
    weakest = min(one.chance for one in each)
    return clear and meaning.chance >= rules().together_unsaid and weakest >= rules().together_each
