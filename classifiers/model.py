"""The shipped model: one vocabulary, a head for each question, the rules, and the corpus it comes from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, Self

from classifiers.corpus import CorpusRow, corpus_hash, read_corpus, rows_hash
from classifiers.features import Floats, Vector, Vocabulary, learn_vocabulary
from classifiers.labels import Intent
from classifiers.lessons import read_everyday, read_topics, talk_lessons, topic_lessons
from classifiers.linear import (
    Head,
    Heads,
    ModelError,
    fit_margins,
    learn_head,
    read_arrays,
    read_vocabulary,
    softmax,
    vocabulary_arrays,
    vocabulary_header,
    write_arrays,
)
from classifiers.rules import Findings, RuleBook, read_rule_rows
from classifiers.words import LEXICON, normalise, read_words, warm_up
from data.taxonomy import CaseClass, Urgency, read_taxonomy

__all__ = ["Model", "ModelError", "Reading", "corpus_hash", "load", "train"]

MESSAGE, SILENCE = "message", "none"
_ALLOWED = {
    "gate": {MESSAGE, SILENCE},
    "intent": {intent.value for intent in Intent} - {SILENCE},
    "class": {class_.value for class_ in CaseClass},
    "urgency": {urgency.value for urgency in Urgency},
}
_STRONG_WORD = 0.15  # log-odds below which a word is no reason worth showing


@dataclass(frozen=True)
class Reading:
    """A text as the model sees it: its features, their weights and scores, and the rules that hold for it."""

    text: str
    vector: Vector
    rows: Floats
    scores: list[float]
    found: Findings
    model: "Model"

    def chances(self, question: str, *, rules: bool = True) -> dict[str, float]:
        """The probability of each answer, from weights and rules."""
        labels, scores = self.model.heads.labels[question], self.scores[self.model.heads.columns[question]]
        if rules and (given := self.found.points.get(question)):
            for label, points in given.items():
                if label in labels:
                    scores[labels.index(label)] += points
        return dict(zip(labels, softmax(scores), strict=True))

    def odds(self, question: str, label: str, against: str) -> float:
        """How much more the weights speak for one label than for another, as a logarithm, without the rules."""
        place = self.model.heads.places
        return self.scores[place[question, label]] - self.scores[place[question, against]]

    def points(self, question: str) -> Mapping[str, float]:
        """What the rules that hold add to each answer."""
        return self.found.points.get(question, {})

    def reasons(self, question: str, label: str) -> list[str]:
        """The rules that speak for an answer, in words for a person."""
        return [f"规则:{reason}" for reason in self.found.speaking_for.get((question, label), ())]

    def strongest(self, question: str, label: str, most: int = 3) -> list[str]:
        """The words that add most to an answer."""
        words, term = self.vector.words, self.model.vocabulary.term
        weights = self.rows[:words] @ self.model.heads.contrasts[question, label]
        added = (self.vector.value[:words] * weights).tolist()
        strong = sorted((-round(weight, 9), place) for place, weight in enumerate(added) if weight >= _STRONG_WORD)
        named = ((term(int(self.vector.index[place])).replace(" ", ""), weight) for weight, place in strong)
        long = ((name, weight) for name, weight in named if len(name) > 1)
        return [f"词:{name} +{-weight:.1f}" for name, weight in islice(long, most)]


@dataclass(frozen=True)
class Model:
    """Everything `understand` needs; loaded once, shared by all threads, never changed."""

    vocabulary: Vocabulary
    heads: Heads
    rules: RuleBook
    corpus_hash: str
    corrections_hash: str = ""
    """Of the decisions of people that it learned beside the corpus; empty for the shipped model."""

    @cached_property
    def hash(self) -> str:
        """What it was learned from: by this a model is told from another."""
        return "+".join(filter(None, (self.corpus_hash, self.corrections_hash)))

    def read(self, text: str) -> Reading:
        text = normalise(text)
        vector = self.vocabulary.vector_of(text)
        rows = self.heads.rows(vector)
        scores = (vector.value @ rows + self.heads.bias).tolist()
        return Reading(text, vector, rows, scores, self.rules.find(text), self)

    def save(self, path: Path) -> None:
        header = {
            "kind": "suishoupai",
            "heads": self.heads.labels,
            "rules": [rule.row for rule in self.rules.rules],
            "lists": {name: sorted(words) for name, words in self.rules.lists.items()},
            "corpus_hash": self.corpus_hash,
            **({"corrections_hash": self.corrections_hash} if self.corrections_hash else {}),
            **vocabulary_header(self.vocabulary),
        }
        arrays = vocabulary_arrays(self.vocabulary)
        for question, head in self.heads.items():
            arrays.update(head.arrays(question))
        write_arrays(path, header, arrays)

    @classmethod
    def load(cls, path: Path) -> Self:
        """A saved model, checked against the taxonomy. The dictionary is read too, so the first message is fast."""
        header, arrays = read_arrays(path, kind="suishoupai")
        check_labels(header["heads"])
        heads = {question: Head.of(question, labels, arrays) for question, labels in header["heads"].items()}
        warm_up()
        vocabulary = read_vocabulary(header, arrays)
        if any(len(head.weights) != len(vocabulary) for head in heads.values()):
            raise ModelError(f"模型文件 {path.name} 的词表与权重不符，请重新训练")
        rules = RuleBook.of(header["rules"], header["lists"])
        hashes = header["corpus_hash"], header.get("corrections_hash", "")
        return cls(vocabulary, Heads.of(heads), rules, *hashes)


def load(path: Path) -> Model:
    return Model.load(path)


def check_labels(labels: Mapping[str, Sequence[str]]) -> None:
    """Refuse a model that could answer what the taxonomy does not know."""
    allowed = {**_ALLOWED, "category": set(read_taxonomy())}
    if missing := sorted(set(allowed) - set(labels)):
        raise ModelError(f"模型缺少 {'、'.join(missing)} 的权重,请重新训练")
    for question, known in allowed.items():
        if unknown := sorted(set(labels[question]) - known):
            raise ModelError(f"模型的标签与分类表不符:{'、'.join(unknown)},请重新训练")


def train(
    rows: Sequence[CorpusRow] | None = None, *, corrections: Sequence[CorpusRow] = (), lexicon: Path = LEXICON
) -> Model:
    """Learn the shipped model: from the committed corpus unless other rows are given. Needs scikit-learn.

    What people decided, the `corrections`, is learned beside it, and counts where the corpus has the same text.
    """
    spoken = {row.text: row for row in [*(read_corpus() if rows is None else rows), *corrections]}
    rows = [*spoken.values(), *topic_lessons(lexicon), *talk_lessons(lexicon)]
    topics = read_topics(lexicon)
    vocabulary, union = learn_vocabulary([*(row.text for row in rows), *(word for word, _ in topics)])
    heads = _learn_heads(rows, union.transform([row.text for row in rows]), topics, union)
    hashes = corpus_hash(lexicon=lexicon), rows_hash(corrections)
    return Model(vocabulary, Heads.of(heads), read_rule_book(lexicon), *hashes)


def read_rule_book(lexicon: Path = LEXICON) -> RuleBook:
    """The rules, and the lists whose words tell a message from talk."""
    weak = set(read_words(lexicon / "weak_words.txt"))
    lists = {
        "topic": [word for word, _ in read_topics(lexicon) if word not in weak],
        "weak": [word for word, _ in read_topics(lexicon) if word in weak],
        "office": read_words(lexicon / "office_words.txt"),
        "everyday": read_everyday(lexicon),
    }
    return RuleBook.of(read_rule_rows(lexicon / "rules.csv"), lists)


def _learn_heads(
    rows: Sequence[CorpusRow], lines: Any, topics: Sequence[tuple[str, str]], union: Any
) -> dict[str, Head]:
    """One head for each question; class and category also learn from the bare words of the lexicon."""
    from scipy.sparse import vstack

    spoken = [number for number, row in enumerate(rows) if row.intent is not Intent.NONE]
    said = [rows[number] for number in spoken]
    about = vstack((lines[spoken], union.transform([word for word, _ in topics]))).tocsr()
    categories = [row.category or "" for row in said] + [code for _, code in topics]
    taxonomy = read_taxonomy()
    return {
        "gate": learn_head(lines, [SILENCE if row.intent is Intent.NONE else MESSAGE for row in rows]),
        "intent": learn_head(lines[spoken], [row.intent.value for row in said]),
        "class": learn_head(about, [taxonomy[code].class_.value for code in categories], fit_margins),
        "category": learn_head(about, categories),
        "urgency": learn_head(lines[spoken], [(row.urgency or Urgency.NORMAL).value for row in said]),
    }
