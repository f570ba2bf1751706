"""Which class (纪检, 党建, 民生) and which of the 41 categories a message belongs to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import exp, log

from classifiers.model import Reading
from data.taxonomy import CaseClass, read_taxonomy

# Set on real messages that the model never learned from, like the thresholds.
_RULE_WEIGHT = 2.0  # rules know better than words who is accused
_OWN_WEIGHT = 0.7  # by cross-validation on the corpus, as on real messages
_SOBER_CLASS = (0.5, 0.7)
_SOBER_CATEGORY = (0.5, 0.0)
_TINY = 1e-9


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
    shares = {class_: [categories.get(code, 0.0) for code in codes] for class_, codes in _codes()}
    classes = _classes(reading, {class_: sum(share) for class_, share in shares.items()})
    if classes[CaseClass.DISCIPLINE] >= discipline:
        return _within(CaseClass.DISCIPLINE, classes, shares)
    likelier = CaseClass.PARTY if classes[CaseClass.PARTY] > classes[CaseClass.LIVELIHOOD] else CaseClass.LIVELIHOOD
    return _within(likelier, classes, shares)


@cache
def _codes() -> tuple[tuple[CaseClass, tuple[str, ...]], ...]:
    """Each class with its categories, in the order of their codes."""
    rows = read_taxonomy().items()
    return tuple((class_, tuple(sorted(code for code, row in rows if row.class_ is class_))) for class_ in CaseClass)


def _within(
    class_: CaseClass, classes: Mapping[CaseClass, float], shares: Mapping[CaseClass, Sequence[float]]
) -> CategoryJudgement:
    within, codes = shares[class_], dict(_codes())[class_]
    likeliest = max(within)
    category, share = codes[within.index(likeliest)], likeliest / sum(within)
    return CategoryJudgement(
        class_, _sobered(classes[class_], *_SOBER_CLASS), category, _sobered(classes[class_] * share, *_SOBER_CATEGORY)
    )


def _sobered(chance: float, slope: float, shift: float) -> float:
    """A probability as real messages bear it out: they are stranger than the corpus, on which it was learned."""
    held = min(max(chance, _TINY), 1 - _TINY)
    return 1 / (1 + exp(-(slope * log(held / (1 - held)) + shift)))


def _classes(reading: Reading, sums: Mapping[CaseClass, float]) -> dict[CaseClass, float]:
    """Two opinions on the class, its own weights and the sum over its categories; then the rules."""
    own, points = reading.chances("class", rules=False), reading.points("class")
    joint = {
        class_: own.get(class_, 0.0) ** _OWN_WEIGHT * chance ** (1 - _OWN_WEIGHT) for class_, chance in sums.items()
    }
    for class_ in points:
        joint[CaseClass(class_)] *= exp(_RULE_WEIGHT * points[class_])
    whole = sum(joint.values()) or 1.0
    return {class_: chance / whole for class_, chance in joint.items()}
