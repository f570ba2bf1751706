"""Rules a community worker can read: which words together speak for or against an answer, and how strongly.

They live in `data/lexicon/rules.csv`; their points are added to the model's log-odds, so a rule can settle a question
or merely tip it. Word lists lie beside them: how many words of a list a text has is evidence too.
"""

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

from classifiers.words import WordSearch

Row = tuple[str, str, float, str, str]
_COLUMNS = 5
_CLOSELY = r"[^。!?;\n]{0,8}"  # what may stand between the groups of an ordered rule


@dataclass(frozen=True)
class Rule:
    """`words` are groups of alternatives: one of each group must stand in the text, and none of `unless`.

    In an `ordered` rule the groups follow one another closely, within one sentence: 局 > 违规 is an accusation of the
    office, while 违规 somewhere before 局 may be what the office is asked to stop.
    """

    question: str
    label: str
    points: float
    words: tuple[tuple[str, ...], ...]
    unless: tuple[str, ...] = ()
    ordered: bool = False

    @classmethod
    def of(cls, row: Sequence[object]) -> Self:
        """From a row of the file: question, label, points, `电梯/轿厢 + 停/坏` (`>` if ordered), `演习/电影`."""
        question, label, points, words, unless = (str(value).strip() for value in row)
        ordered = ">" in words
        groups = tuple(tuple(group.strip().split("/")) for group in words.split(">" if ordered else "+"))
        return cls(question, label, float(points), groups, tuple(filter(None, unless.split("/"))), ordered)

    @property
    def row(self) -> Row:
        words = (">" if self.ordered else "+").join("/".join(group) for group in self.words)
        return self.question, self.label, self.points, words, "/".join(self.unless)

    def holds(self, present: set[str], text: str) -> bool:
        if not present.isdisjoint(self.unless) or any(map(present.isdisjoint, self.words)):
            return False
        return not self.ordered or self._in_order.search(text) is not None

    @cached_property
    def _in_order(self) -> re.Pattern[str]:
        groups = ("|".join(re.escape(word) for word in group) for group in self.words)
        return re.compile(_CLOSELY.join(f"(?:{group})" for group in groups))

    def reason(self, present: set[str]) -> str:
        """What a person is shown: the words that were really there."""
        return "+".join(next(word for word in group if word in present) for group in self.words)


@dataclass(frozen=True)
class Fired:
    """A rule that holds for a text, and the words that made it hold."""

    rule: Rule
    reason: str


@dataclass(frozen=True)
class Findings:
    """What the rules and lists find in one text."""

    fired: tuple[Fired, ...]
    counts: Mapping[str, int]  # how many different words of each list
    points: Mapping[str, Mapping[str, float]]  # what the rules add to each label of each question
    speaking_for: Mapping[tuple[str, str], Sequence[str]]  # reasons of the rules that speak for question and label


@dataclass(frozen=True)
class RuleBook:
    rules: tuple[Rule, ...]
    lists: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, rows: Iterable[Sequence[object]], lists: Mapping[str, Iterable[str]]) -> Self:
        """From the rows of the file or of a model, which are the same."""
        return cls(tuple(Rule.of(row) for row in rows), {name: frozenset(words) for name, words in lists.items()})

    def find(self, text: str) -> Findings:
        """Rules that hold for a normalised text, in the order of the file, and the counts of the lists."""
        present = self._search.present(text)
        by_word = self._rules_by_word
        numbers = {number for word in present & by_word.keys() for number in by_word[word]}
        rules = (self.rules[number] for number in sorted(numbers))
        fired = tuple(Fired(rule, rule.reason(present)) for rule in rules if rule.holds(present, text))
        counts = {name: len(words & present) for name, words in self.lists.items()}
        return Findings(fired, counts, _points(fired), _speaking_for(fired))

    @cached_property
    def _search(self) -> WordSearch:
        in_rules = (word for rule in self.rules for group in (*rule.words, rule.unless) for word in group)
        return WordSearch(frozenset(in_rules).union(*self.lists.values()))

    @cached_property
    def _rules_by_word(self) -> dict[str, tuple[int, ...]]:
        """Rules by the words of their first group: without one of these a rule need not be looked at."""
        numbers: dict[str, list[int]] = {}
        for number, rule in enumerate(self.rules):
            for word in rule.words[0]:
                numbers.setdefault(word, []).append(number)
        return {word: tuple(of_word) for word, of_word in numbers.items()}


def _points(fired: Iterable[Fired]) -> dict[str, dict[str, float]]:
    points: dict[str, dict[str, float]] = {}
    for rule in (one.rule for one in fired):
        of_question = points.setdefault(rule.question, {})
        of_question[rule.label] = of_question.get(rule.label, 0.0) + rule.points
    return points


def _speaking_for(fired: Iterable[Fired]) -> dict[tuple[str, str], list[str]]:
    reasons: dict[tuple[str, str], list[str]] = {}
    for one in fired:
        if one.rule.points > 0:
            reasons.setdefault((one.rule.question, one.rule.label), []).append(one.reason)
    return reasons


def read_rule_rows(path: Path) -> list[list[str]]:
    """The rows of the rule file; lines that start with `#` are remarks, and `unless` may be left out."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(line for line in file if line.strip() and not line.startswith("#")))[1:]
    return [row if len(row) == _COLUMNS else [*row, ""] for row in rows]
