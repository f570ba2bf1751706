"""What a message wants, and what to do with it: register a case, ask back, offer it to a person, or stay silent."""

import re
from dataclasses import dataclass
from math import exp

from classifiers.labels import Action, Intent
from classifiers.model import Reading
from classifiers.rules import Rule
from classifiers.thresholds import Thresholds

__all__ = ["Action", "Intent", "IntentJudgement", "choose_action", "judge_intent", "says_something"]

_SAYS_SOMETHING = re.compile(r"[^\W\d_]")
# A letter that stands in no word for a place: nothing that is taken out of the text has it.
_SAYS_MORE = re.compile(r"[^\W\d_一二三四五六七八九十百号楼院栋单元幢座层室在是就那的说错了]")
_PICTURE_WORD = re.compile(r"\[[^\[\]]{1,8}\]")  # [捂脸]: how an emoji of the platform arrives as text
# 3号楼2单元, 五栋, 在二楼: where, and not yet what.
_WHERE = re.compile(
    r"(?:[\d一二三四五六七八九十百]+[-#]?)+(?:号楼|号院|楼栋|单元|栋|幢|座|楼|层|室|号|#)?|[在是就那的说错了]"
)
# What the words of a list add to the log-odds of "message", each word once and only so many of them; set, like the
# thresholds, on real messages that the model never learned from.
_LEARNED_SHARE = 0.7
_EVIDENCE = {"topic": (1.0, 4), "weak": (0.3, 3), "office": (1.5, 5), "everyday": (-0.3, 3)}
_NO_EVIDENCE = -0.7
_TOPIC_AT_ALL = 1.0
_COMBINED, _MOST_COMBINED = 1.5, 2  # rules that join words, such as 井盖+没
_SUREST = 20.7  # log-odds of one in a thousand million
_ADDRESSED_POINTS = 1.0  # who calls the bot rather wants something
_PHOTO_POINTS = 0.5


@dataclass(frozen=True)
class IntentJudgement:
    """The intent, how sure it is, how likely the message concerns the community, and whether a word shows it."""

    intent: Intent
    confidence: float
    message: float
    evident: bool


def says_something(text: str) -> bool:
    """Whether a normalised text has a word; emoji, figures, signs and a bare place have none."""
    if "[" not in text and _SAYS_MORE.search(text):  # nearly always, and the first character tells
        return True
    return _SAYS_SOMETHING.search(_WHERE.sub("", _PICTURE_WORD.sub("", text))) is not None


def judge_intent(reading: Reading, *, addressed: bool, has_photo: bool) -> IntentJudgement:
    if not says_something(reading.text):
        return IntentJudgement(Intent.NONE, 1.0, 0.0, evident=False)
    extra = addressed * _ADDRESSED_POINTS + has_photo * _PHOTO_POINTS
    telling = _telling(reading)
    message = _sigmoid(_learned(reading) + _evidence(reading, telling) + extra)
    evident = _evident(reading, telling)
    if message < 0.5:
        return IntentJudgement(Intent.NONE, 1 - message, message, evident)
    among = reading.chances("intent")
    likeliest = max(among, key=lambda name: among[name])
    return IntentJudgement(Intent(likeliest), message * among[likeliest], message, evident)


def _learned(reading: Reading) -> float:
    """The gate's own log-odds with its rules, damped: it has learned ways of speaking more than matters."""
    points = reading.points("gate")
    odds = reading.odds("gate", "message", "none") + points.get("message", 0.0) - points.get("none", 0.0)
    return _LEARNED_SHARE * min(max(odds, -_SUREST), _SUREST)


def _evidence(reading: Reading, telling: list[Rule]) -> float:
    """Talk without a word of any community matter needs much to be taken for a message."""
    counts = reading.found.counts
    points = _NO_EVIDENCE
    for name, (weight, most) in _EVIDENCE.items():
        if count := counts.get(name):
            points += weight * min(count, most)
    if counts.get("topic"):
        points += _TOPIC_AT_ALL
    if telling:
        points += _COMBINED * min(sum(len(rule.words) > 1 for rule in telling), _MOST_COMBINED)
    return points


def _evident(reading: Reading, telling: list[Rule]) -> bool:
    """Whether a word or rule can be named that makes it a community matter, not only a way of speaking."""
    counts = reading.found.counts
    return bool(counts.get("topic") or counts.get("office") or telling or reading.points("gate").get("message"))


def _telling(reading: Reading) -> list[Rule]:
    """The rules that hold and say what a message is about."""
    rules = (fired.rule for fired in reading.found.fired)
    return [rule for rule in rules if rule.question in ("class", "category") and rule.points > 0]


def _sigmoid(logit: float) -> float:
    return 1 / (1 + exp(-logit))


def choose_action(judgement: IntentJudgement, *, addressed: bool, emergency: bool, thresholds: Thresholds) -> Action:
    """Addressed talk is taken or asked back; overheard talk needs clearly more certainty, and a word that shows it.

    An emergency is taken as soon as it would be offered to a person: here a false alarm costs less than a missed one.
    """
    message = judgement.message
    if addressed:
        if message >= thresholds.addressed:
            return Action.REGISTER
        return Action.ASK if message >= thresholds.ask else Action.IGNORE
    if not judgement.evident or message < thresholds.candidate:
        return Action.IGNORE
    return Action.REGISTER if emergency or message >= thresholds.register else Action.CANDIDATE
