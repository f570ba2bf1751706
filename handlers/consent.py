"""同意 or 不同意 to a neutral discipline note, and the words after a yes; only privately, and only when we asked."""

import re

from classifiers import Action
from data.models import ConsentState
from data.taxonomy import CaseClass, Urgency
from handlers import replies
from handlers.cases import discipline
from handlers.command import Command, Verb
from handlers.message import SILENCE, Context, IncomingMessage, Reply

NOTHING_MORE = frozenset(
    {"算了", "算了吧", "不说了", "不用了", "不写了", "没有了", "没了", "说完了", "写完了", "完了", "就这些", "就这样"}
)
_EDGES = " \t\n。.!！~～“”\"'「」『』"
_GAP = r"[\s,，、。.!！:：]"
# 我同意, 好的，同意, 同意转交：…; words that run on without a gap (同意书记的说法) are no yes.
_YES = re.compile(
    rf"(?:(?:好|好的|可以|行|嗯+|我|本人|{_GAP})*)同意(?:由?专人)?(?:转交|保存)?(?:纪委)?[了的啊呀吧]?(?:{_GAP}+(.*))?",
    re.DOTALL,
)
_NO = re.compile(rf"(?:算了|我|还是|{_GAP})*不同意(?:转交|保存)?[了的啊呀吧]?")


def agree(message: IncomingMessage, context: Context) -> Reply:
    """Ask for the words; words that came with the yes are sealed at once."""
    consent = discipline.open_consent(context, *discipline.OPEN) if message.private else None
    if consent is None:
        return _nothing(message)
    if context.command.rest:
        return Reply(discipline.seal(context, consent, context.command.rest), private=True)
    return Reply(discipline.agree(context, consent), private=True)


def refuse(message: IncomingMessage, context: Context) -> Reply:
    consent = discipline.open_consent(context, *discipline.OPEN) if message.private else None
    if consent is None:
        return _nothing(message)
    return Reply(discipline.end(context, consent), private=True)


def words(message: IncomingMessage, context: Context) -> Reply | None:
    """A yes or no in other words, and after a yes the matter itself; None where nothing was asked, or in danger."""
    consent = discipline.open_consent(context, *discipline.OPEN) if message.private else None
    if consent is None:
        return None
    plain = message.text.strip(_EDGES)
    if _NO.fullmatch(plain):
        return refuse(message, context)
    if yes := _YES.fullmatch(plain):
        return agree(message, context.about(Command(Verb.CONSENT, None, (yes[1] or "").strip())))
    if consent.state is ConsentState.ASKED:
        return None
    if plain in NOTHING_MORE:
        return refuse(message, context)
    if _calls_for_help(message, context):
        return None
    return Reply(discipline.seal(context, consent, message.text), private=True)


def _calls_for_help(message: IncomingMessage, context: Context) -> bool:
    """An emergency that is no part of the matter: sealed, nobody would be told of it in time."""
    if context.understand is None:
        return False
    names = context.directory.names_for(context.sender.group)
    found = context.understand(message.text, names=names, nickname="", addressed=True, has_photo=False)
    urgent = found.action is Action.REGISTER and found.urgency is Urgency.EMERGENCY
    return urgent and found.class_ is not CaseClass.DISCIPLINE


def _nothing(message: IncomingMessage) -> Reply:
    return Reply(replies.NOTHING_TO_CONSENT, private=True) if message.private else SILENCE
