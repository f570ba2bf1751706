"""Which class (纪检, 党建, 民生) and which of the 41 categories a message belongs to."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import repeat
from math import exp, log

from classifiers.model import Reading
from data.taxonomy import CaseClass, read_taxonomy

# Set on real messages that the model never learned from, like the thresholds.
_RULE_WEIGHT = 2.0  # rules know better than words who is accused
_OWN_WEIGHT = 0.7  # by cross-validation on the corpus, as on real messages
_SOBER_CLASS = (0.5, 0.7)
_SOBER_CATEGORY = (0.5, 0.0)
_TINY = 1e-9
_CLASSES = tuple(CaseClass)


@dataclass(frozen=True)
class CategoryJudgement:
    """The answers and how likely each is right."""

    class_: CaseClass
    class_confidence: float
    category: str
    category_confidence: float


def judge_category(reading: Reading, *, discipline: float) -> CategoryJudgement:
    """The likeliest category of the likeliest class; 纪检 exactly from the probability `discipline` on."""
    categories = reading.chances("category")
    classes = _classes(reading, categories)
    if classes[CaseClass.DISCIPLINE] >= discipline:
        return _within(CaseClass.DISCIPLINE, classes, categories)
    likelier = CaseClass.PARTY if classes[CaseClass.PARTY] > classes[CaseClass.LIVELIHOOD] else CaseClass.LIVELIHOOD
    return _within(likelier, classes, categories)


@cache
def _codes(class_: CaseClass) -> tuple[str, ...]:
    """The categories of a class."""
    return tuple(sorted(code for code, row in read_taxonomy().items() if row.class_ is class_))


def _chances(class_: CaseClass, categories: Mapping[str, float]) -> list[float]:
    """The probabilities of the categories of a class, in the order of their codes."""
    return list(map(categories.get, _codes(class_), repeat(0.0)))


def _within(
    class_: CaseClass, classes: Mapping[CaseClass, float], categories: Mapping[str, float]
) -> CategoryJudgement:
    within = _chances(class_, categories)
    likeliest = max(within)
    category, share = _codes(class_)[within.index(likeliest)], likeliest / sum(within)
    return CategoryJudgement(
        class_, _sobered(classes[class_], *_SOBER_CLASS), category, _sobered(classes[class_] * share, *_SOBER_CATEGORY)
    )


def _sobered(chance: float, slope: float, shift: float) -> float:
    """A probability as real messages bear it out: they are stranger than the corpus, on which it was learned."""
    held = min(max(chance, _TINY), 1 - _TINY)
    return 1 / (1 + exp(-(slope * log(held / (1 - held)) + shift)))


def _classes(reading: Reading, categories: Mapping[str, float]) -> dict[CaseClass, float]:
    """Two opinions on the class, its own weights and the sum over its categories; then the rules."""
    own, points = reading.chances("class", rules=False), reading.points("class")
    joint = {
        class_: own.get(class_, 0.0) ** _OWN_WEIGHT
        * sum(_chances(class_, categories)) ** (1 - _OWN_WEIGHT)
        * exp(_RULE_WEIGHT * points.get(class_, 0.0))
        for class_ in _CLASSES
    }
    whole = sum(joint.values()) or 1.0
    return {class_: chance / whole for class_, chance in joint.items()}
