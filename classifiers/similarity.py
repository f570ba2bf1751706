"""How alike two texts are by the pairs of characters they share; used to notice that two neighbours report the same."""

from collections import Counter
from math import sqrt

from classifiers.words import normalise, shape


def similarity(first: str, second: str) -> float:
    """Cosine of the two texts' character pairs: 1.0 for the same words, 0.0 when nothing is shared."""
    pairs, others = _pairs(first), _pairs(second)
    if not pairs or not others:
        return 0.0
    shared = sum(count * others[pair] for pair, count in pairs.items())
    return shared / sqrt(_square(pairs) * _square(others))


def _pairs(text: str) -> Counter[str]:
    characters = "".join(character for character in shape(normalise(text)) if character.isalnum())
    if len(characters) == 1:  # a single character has no pair, but it can still be the same one
        return Counter([characters])
    return Counter(characters[i : i + 2] for i in range(len(characters) - 1))


def _square(pairs: Counter[str]) -> int:
    return sum(count * count for count in pairs.values())
