"""What a linear model sees of a text: words and pairs of words, and runs of one to three characters, weighed by TF-IDF.

Learning uses scikit-learn; serving uses the arithmetic here, which gives the same numbers without importing it.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import log, sqrt
from operator import add
from typing import Any

import numpy as np
import numpy.typing as npt

from classifiers.words import cut, normalise, shape

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]

WORD_LIMIT = 24_000
CHARACTER_LIMIT = 30_000
SEEN_AT_LEAST = 2  # a term seen once teaches the model that one line, nothing more
_SMALL_CORPUS = 200  # below it every term is kept
_LONGEST_RUN = 3


def word_terms(text: str) -> list[str]:
    """Words of a shaped text and pairs of neighbouring words."""
    words = cut(text)
    return [*words, *map(" ".join, pairwise(words))]


def character_terms(text: str, longest: int = _LONGEST_RUN) -> list[str]:
    """Runs of one to `longest` characters of a shaped text, spaces left out."""
    text = text.replace(" ", "")
    terms = runs = list(text)
    for longer in range(1, longest):
        runs = list(map(add, runs, text[longer:]))
        terms = terms + runs
    return terms


@dataclass(frozen=True)
class Vector:
    """The features of one text that the vocabulary knows: their numbers and weights, first those of `words` words."""

    index: Indices
    value: Floats
    words: int


@dataclass(frozen=True)
class Block:
    """One kind of term with the weight of each; its part of a vector has length one."""

    terms: tuple[str, ...]
    idf: Floats


@dataclass(frozen=True)
class Vocabulary:
    """Both kinds of terms; characters are numbered behind the words."""

    words: Block
    characters: Block

    def __len__(self) -> int:
        return len(self.words.terms) + len(self.characters.terms)

    def term(self, number: int) -> str:
        """The word, pair of words or run of characters behind a feature's number."""
        behind = number - len(self.words.terms)
        return self.words.terms[number] if behind < 0 else self.characters.terms[behind]

    def vector(self, text: str) -> Vector:
        """The features of any text."""
        return self.vector_of(normalise(text))

    def vector_of(self, text: str) -> Vector:
        """The features of a normalised text."""
        text = shape(text)
        words = _known(self._word_numbers, word_terms(text))
        numbers = words + _known(self._character_numbers, character_terms(text))
        counts = Counter(numbers)
        index = np.array(list(counts), np.intp)
        value = self._idf.take(index)
        if len(counts) < len(numbers):
            for place, count in enumerate(counts.values()):
                if count > 1:
                    value[place] *= 1.0 + log(count)
        border = len(set(words))
        for part in (value[:border], value[border:]):
            part /= sqrt(part @ part) or 1.0
        return Vector(index, value, border)

    @cached_property
    def _idf(self) -> Floats:
        return np.concatenate((self.words.idf, self.characters.idf))

    @cached_property
    def _word_numbers(self) -> dict[str, int]:
        return {term: number for number, term in enumerate(self.words.terms)}

    @cached_property
    def _character_numbers(self) -> dict[str, int]:
        return {term: number for number, term in enumerate(self.characters.terms, len(self.words.terms))}


def _known(numbers: dict[str, int], terms: list[str]) -> list[int]:
    """The numbers of the terms that are known."""
    return [number for number in map(numbers.get, terms) if number is not None]


def learn_vocabulary(texts: Sequence[str]) -> tuple[Vocabulary, Any]:
    """The vocabulary of a corpus, and scikit-learn's own object that gives the same features as a matrix."""
    from sklearn.pipeline import FeatureUnion

    seen = SEEN_AT_LEAST if len(texts) >= _SMALL_CORPUS else 1
    steps = [
        ("words", _vectorizer(word_terms, WORD_LIMIT, seen)),
        ("characters", _vectorizer(character_terms, CHARACTER_LIMIT, seen)),
    ]
    union = FeatureUnion(steps).fit(texts)
    words, characters = (_block(step) for _, step in union.transformer_list)
    return Vocabulary(words, characters), union


def _vectorizer(terms: Callable[[str], list[str]], limit: int, seen: int) -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(
        analyzer=lambda text: terms(shape(normalise(text))), sublinear_tf=True, min_df=seen, max_features=limit
    )


def _block(vectorizer: Any) -> Block:
    return Block(tuple(vectorizer.get_feature_names_out()), np.asarray(vectorizer.idf_, dtype=np.float64))
