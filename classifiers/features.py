"""What a linear model sees of a text: words and pairs of words, and runs of one to three characters, weighed by TF-IDF.

Learning uses scikit-learn; serving uses the arithmetic here, which gives the same numbers without importing it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
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
    return words + [f"{first} {second}" for first, second in pairwise(words)]


def character_terms(text: str) -> list[str]:
    """Runs of one to three characters of a shaped text, spaces left out."""
    run = text.replace(" ", "")
    return [run[i : i + n] for n in range(1, _LONGEST_RUN + 1) for i in range(len(run) - n + 1)]


@dataclass(frozen=True)
class Vector:
    """The features of one text that the vocabulary knows: their numbers and weights."""

    index: Indices
    value: Floats


@dataclass(frozen=True)
class Block:
    """One kind of term with the weight of each; its part of a vector has length one."""

    terms: tuple[str, ...]
    idf: Floats

    @cached_property
    def number(self) -> dict[str, int]:
        return {term: number for number, term in enumerate(self.terms)}

    def vector(self, terms: Iterable[str]) -> Vector:
        counts: dict[int, int] = {}
        number = self.number
        for term in terms:
            place = number.get(term)
            if place is not None:
                counts[place] = counts.get(place, 0) + 1
        index = np.fromiter(counts.keys(), np.intp, len(counts))
        value = (1.0 + np.log(np.fromiter(counts.values(), np.float64, len(counts)))) * self.idf[index]
        length = np.sqrt(value @ value)
        return Vector(index, value / length if length else value)


@dataclass(frozen=True)
class Vocabulary:
    """Both kinds of terms; characters are numbered behind the words."""

    words: Block
    characters: Block

    def __len__(self) -> int:
        return len(self.words.terms) + len(self.characters.terms)

    def term(self, number: int) -> str | None:
        """The word or pair of words behind a feature's number; None for runs of characters, which explain nothing."""
        return self.words.terms[number] if number < len(self.words.terms) else None

    def vector(self, text: str) -> Vector:
        """The features of any text."""
        text = shape(normalise(text))
        words, characters = self.words.vector(word_terms(text)), self.characters.vector(character_terms(text))
        shifted = characters.index + len(self.words.terms)
        return Vector(np.concatenate((words.index, shifted)), np.concatenate((words.value, characters.value)))


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
