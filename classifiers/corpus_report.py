"""What is in a corpus: labels, lengths, lines said twice, and lines that say nearly the same."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil
from statistics import median

from classifiers.corpus import CorpusLine, CorpusRow
from classifiers.words import normalise
from data.taxonomy import read_taxonomy

NEAR = 0.6  # share of common character pairs from which two lines are called nearly the same
LENGTHS = (5, 10, 20, 40, 80, 160)
_NO_LETTER = re.compile(r"[\W_]+")
Pair = tuple[CorpusLine, CorpusLine]


@dataclass(frozen=True)
class NearPair:
    first: CorpusLine
    second: CorpusLine
    alike: float

    @property
    def conflicting(self) -> bool:
        return labels_of(self.first.row) != labels_of(self.second.row)


@dataclass(frozen=True)
class CorpusReport:
    """Counts by file, label and length; groups of lines with the same words, and pairs with nearly the same."""

    files: dict[str, int]
    labels: dict[str, dict[str, int]]
    missing: list[str]
    """Categories of the taxonomy without a line."""
    lengths: dict[str, int]
    median_length: float
    exact: list[list[CorpusLine]]
    same_words: list[list[CorpusLine]]
    """The same but for signs, spaces and width."""
    near: list[NearPair]

    @property
    def conflicting(self) -> list[list[CorpusLine]]:
        """Lines that say the same and teach different things."""
        groups = [*self.exact, *self.same_words]
        return [group for group in groups if len({labels_of(line.row) for line in group}) > 1]


def labels_of(row: CorpusRow) -> tuple[str, ...]:
    return (row.intent, row.class_ or "", row.category or "", row.urgency or "")


def report(lines: Iterable[CorpusLine], *, near: float = NEAR) -> CorpusReport:
    lines = list(lines)
    sizes = [len(line.row.text) for line in lines]
    exact = _groups(lines, [line.row.text for line in lines])
    once = list({line.row.text: line for line in lines}.values())
    bare = [bare_words(line.row.text) for line in once]
    return CorpusReport(
        files=dict(Counter(line.file for line in lines)),
        labels=_label_counts([line.row for line in lines]),
        missing=sorted(set(read_taxonomy()) - {line.row.category for line in lines}),
        lengths=_length_counts(sizes),
        median_length=median(sizes) if sizes else 0,
        exact=exact,
        same_words=_groups(once, bare),
        near=near_pairs(once, bare, near),
    )


def bare_words(text: str) -> str:
    """The letters and figures of a text alone, in one width and case."""
    return _NO_LETTER.sub("", normalise(text)).lower()


def near_pairs(lines: Sequence[CorpusLine], bare: Sequence[str], near: float) -> list[NearPair]:
    """Pairs whose sets of neighbouring characters overlap by at least `near` (Jaccard), the most alike first.

    Two such sets share one of their rarest members, so only lines that do are compared; the same words are no pair.
    """
    sets = [_pairs_of_characters(text) for text in bare]
    found = [
        NearPair(lines[first], lines[second], alike)
        for first, second in _worth_comparing(sets, near)
        if bare[first] != bare[second] and (alike := _jaccard(sets[first], sets[second])) >= near
    ]
    return sorted(found, key=lambda pair: (-pair.alike, pair.first.file, pair.first.line))


def _worth_comparing(sets: Sequence[frozenset[str]], near: float) -> Iterator[tuple[int, int]]:
    counts = Counter(pair for pairs in sets for pair in pairs)
    holders: dict[str, list[int]] = defaultdict(list)
    for number, pairs in enumerate(sets):
        rarest = sorted(pairs, key=lambda pair: (counts[pair], pair))[: len(pairs) - ceil(near * len(pairs)) + 1]
        for other in sorted({other for pair in rarest for other in holders[pair]}):
            yield other, number
        for pair in rarest:
            holders[pair].append(number)


def _pairs_of_characters(text: str) -> frozenset[str]:
    return frozenset(text[start : start + 2] for start in range(max(len(text) - 1, 1)) if text)


def _jaccard(first: frozenset[str], second: frozenset[str]) -> float:
    return len(first & second) / len(first | second)


def _groups(lines: Sequence[CorpusLine], keys: Sequence[str]) -> list[list[CorpusLine]]:
    """Lines with the same key, where there are several."""
    groups: dict[str, list[CorpusLine]] = defaultdict(list)
    for line, key in zip(lines, keys, strict=True):
        if key:
            groups[key].append(line)
    return [group for group in groups.values() if len(group) > 1]


def _label_counts(rows: Sequence[CorpusRow]) -> dict[str, dict[str, int]]:
    said = [row for row in rows if row.category]
    columns: dict[str, list[str]] = {
        "intent": [row.intent for row in rows],
        "class": [row.class_ or "" for row in said],
        "category": [row.category or "" for row in said],
        "urgency": [row.urgency or "" for row in said],
    }
    return {name: dict(sorted(Counter(map(str, values)).items())) for name, values in columns.items()}


def _length_counts(sizes: Sequence[int]) -> dict[str, int]:
    bounds = [0, *LENGTHS]
    counts = {f"{low + 1}-{high}": sum(low < size <= high for size in sizes) for low, high in pairwise(bounds)}
    return counts | {f"{LENGTHS[-1] + 1}-": sum(size > LENGTHS[-1] for size in sizes)}
