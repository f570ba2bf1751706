"""What the words of a message mean: `understand` answers with intent, class, category, urgency and place.

Pure and fast: no database, no files, no clock; places and thresholds are arguments.
"""

from dataclasses import dataclass

from classifiers.category import CategoryJudgement, judge_category
from classifiers.continuing import Continuing, read_continuing
from classifiers.intent import Action, Intent, IntentJudgement, choose_action, judge_intent
from classifiers.model import Model, ModelError, Reading, corpus_hash
from classifiers.place import Place, find_place, place_in
from classifiers.place_names import PlaceNames
from classifiers.thresholds import DEFAULT_THRESHOLDS, Thresholds
from classifiers.urgency import asks_help, judge_urgency
from data.taxonomy import CaseClass, Urgency

__all__ = [
    "Action",
    "Confidence",
    "Continuing",
    "Intent",
    "Model",
    "ModelError",
    "Place",
    "PlaceNames",
    "Thresholds",
    "Understanding",
    "corpus_hash",
    "find_place",
    "read_continuing",
    "understand",
]


@dataclass(frozen=True)
class Confidence:
    """How likely each answer is right, between 0 and 1."""

    intent: float
    class_: float
    category: float


@dataclass(frozen=True)
class Understanding:
    """What a message means and what to do with it. Class and category are best guesses even where action abstains."""

    intent: Intent
    class_: CaseClass | None
    category: str | None
    urgency: Urgency | None
    place: Place | None
    confidence: Confidence
    action: Action
    because: tuple[str, ...]
    asks_help: bool = False
    model_hash: str = ""
    """Which model said so."""
    chance: float = 0.0
    """How likely the words concern the community at all, whatever they want."""


def understand(
    text: str,
    *,
    model: Model,
    names: PlaceNames = PlaceNames.EMPTY,
    nickname: str = "",
    addressed: bool = False,
    has_photo: bool = False,
    thresholds: Thresholds = DEFAULT_THRESHOLDS,
) -> Understanding:
    """Judge one message. Never raises, whatever the text; the work is bounded whatever its length."""
    reading = model.read(text)
    intent = judge_intent(reading, addressed=addressed, has_photo=has_photo)
    if intent.intent is Intent.NONE:
        return _silence(reading, intent, addressed, thresholds)
    category = judge_category(reading, discipline=thresholds.discipline)
    urgency = judge_urgency(reading)
    return Understanding(
        intent=intent.intent,
        class_=category.class_,
        category=category.category,
        urgency=urgency,
        place=place_in(reading.text, names, nickname),
        confidence=Confidence(intent.confidence, category.class_confidence, category.category_confidence),
        action=choose_action(
            intent, addressed=addressed, emergency=urgency is Urgency.EMERGENCY, thresholds=thresholds
        ),
        because=_reasons(reading, intent, category, urgency),
        asks_help=intent.intent is Intent.REPORT and asks_help(reading),
        model_hash=model.hash,
        chance=intent.message,
    )


def _silence(reading: Reading, intent: IntentJudgement, addressed: bool, thresholds: Thresholds) -> Understanding:
    action = choose_action(intent, addressed=addressed, emergency=False, thresholds=thresholds)
    # Talk that nobody will look at needs no more reasons than the rules already gave.
    words = [] if action is Action.IGNORE else reading.strongest("gate", "none")
    because = (*reading.reasons("gate", "none"), *words)
    confidence = Confidence(intent.confidence, 1.0, 1.0)
    return Understanding(
        intent.intent,
        None,
        None,
        None,
        None,
        confidence,
        action,
        because,
        model_hash=reading.model.hash,
        chance=intent.message,
    )


def _reasons(
    reading: Reading, intent: IntentJudgement, category: CategoryJudgement, urgency: Urgency
) -> tuple[str, ...]:
    """The rules behind each answer, then the strongest words of the category; the same reason once."""
    rules: list[str] = []
    if reading.found.speaking_for:
        for question, label in (
            ("gate", "message"),
            ("intent", intent.intent),
            ("class", category.class_),
            ("category", category.category),
            ("urgency", urgency),
        ):
            rules += reading.reasons(question, label)
    return tuple(dict.fromkeys([*rules, *reading.strongest("category", category.category)]))
