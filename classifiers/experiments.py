"""What else the classifier could be: features and learners side by side, without rules and lists.

`python -m classifiers.experiments [FILE.csv ...]` prints one JSON line each: the score of unseen lines of the corpus
(cross-validation), and of labelled messages in the files. docs/decisions/0002 says what was chosen, and why.
"""

import csv
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from classifiers.corpus import CorpusRow, read_corpus
from classifiers.features import character_terms, word_terms
from classifiers.intent import Intent
from classifiers.lessons import talk_lessons, topic_lessons
from classifiers.linear import fit_logistic, fit_margins
from classifiers.scores import accuracy, macro_f1, per_class
from classifiers.words import cut, normalise, shape

Terms = Callable[[str], list[str]]
Fit = Callable[[Any, Sequence[str]], Any]
FOLDS = 4
FEATURES: dict[str, tuple[Terms, ...]] = {
    "words": (cut,),
    "words and pairs": (word_terms,),
    "characters 1-2": (partial(character_terms, longest=2),),
    "characters 1-3": (partial(character_terms, longest=3),),
    "characters 1-4": (partial(character_terms, longest=4),),
    "words, characters 1-2": (cut, partial(character_terms, longest=2)),
    "words and pairs, characters 1-3": (word_terms, partial(character_terms, longest=3)),
}
SHIPPED = "words and pairs, characters 1-3"
SHARES = (0.125, 0.25, 0.5, 1.0)


@dataclass(frozen=True)
class Question:
    """What is asked, of which lines, and how answers are scored: the share of right ones, or macro-F1."""

    name: str
    of_talk: bool = False
    by_accuracy: bool = False

    def label(self, row: CorpusRow) -> str:
        if self.of_talk:
            return "none" if row.intent is Intent.NONE else "message"
        return str(getattr(row, "class_" if self.name == "class" else self.name))

    def asked(self, rows: Sequence[CorpusRow]) -> list[CorpusRow]:
        return [row for row in rows if self.of_talk or row.intent is not Intent.NONE]

    def score(self, truth: Sequence[str], answers: Sequence[str]) -> float:
        return accuracy(truth, answers) if self.by_accuracy else macro_f1(per_class(truth, answers))


QUESTIONS = (Question("gate", of_talk=True), Question("class"), Question("category", by_accuracy=True))


def learners() -> dict[str, Fit]:
    """Ways to fit the same matrix; what each returns has `predict`."""
    from sklearn.linear_model import RidgeClassifier
    from sklearn.naive_bayes import ComplementNB
    from sklearn.svm import LinearSVC

    return {
        "logistic, C 8": fit_logistic,
        "logistic, C 1": partial(fit_logistic, strength=1.0),
        "margins, C 0.6": fit_margins,
        "margins, no class weights": lambda matrix, labels: LinearSVC(C=0.6, random_state=0).fit(matrix, labels),
        "ridge": RidgeClassifier(class_weight="balanced").fit,
        "complement naive Bayes": ComplementNB(alpha=0.3).fit,
    }


def answers(
    question: Question, terms: Sequence[Terms], fit: Fit, rows: Sequence[CorpusRow], texts: Sequence[str]
) -> list[str]:
    """What is answered to texts after learning rows."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import FeatureUnion

    def shaped(kind: Terms) -> Terms:
        return lambda text: kind(shape(normalise(text)))

    seen = [row.text for row in rows]
    kinds = [
        (str(place), TfidfVectorizer(analyzer=shaped(kind), sublinear_tf=True, min_df=2))
        for place, kind in enumerate(terms)
    ]
    union = FeatureUnion(kinds).fit(seen)
    model = fit(union.transform(seen), [question.label(row) for row in rows])
    return [str(answer) for answer in model.predict(union.transform(texts))]


def cross_validated(
    question: Question, terms: Sequence[Terms], fit: Fit, rows: Sequence[CorpusRow], lessons: Sequence[CorpusRow]
) -> float:
    """The score of lines that were left out, each once; the lessons of the lexicon are always learned."""
    from sklearn.model_selection import StratifiedKFold

    rows, lessons = question.asked(rows), question.asked(lessons)
    truth = [question.label(row) for row in rows]
    given = [""] * len(rows)
    for learn, check in StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(rows, truth):
        told = answers(question, terms, fit, [*(rows[i] for i in learn), *lessons], [rows[i].text for i in check])
        for i, answer in zip(check, told, strict=True):
            given[i] = answer
    return question.score(truth, given)


def on_messages(question: Question, terms: Sequence[Terms], fit: Fit, rows: Sequence[CorpusRow], path: Path) -> float:
    """The score on the labelled messages of a file, none of them learned."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file, delimiter="\t" if path.suffix == ".tsv" else ","))
    lines = [line for line in lines if question.of_talk or line["intent"] != Intent.NONE]
    talk = {True: "none", False: "message"}
    truth = [talk[line["intent"] == Intent.NONE] if question.of_talk else line[question.name] for line in lines]
    return question.score(truth, answers(question, terms, fit, question.asked(rows), [line["text"] for line in lines]))


def experiments(
    rows: Sequence[CorpusRow], lessons: Sequence[CorpusRow], files: Sequence[Path]
) -> Iterator[dict[str, Any]]:
    """Every kind of features, then every learner, then ever more of the corpus, for each question."""
    ways = learners()
    usual = {"gate": "logistic, C 8", "class": "margins, C 0.6", "category": "margins, C 0.6"}
    for question in QUESTIONS:
        tried = [(kind, usual[question.name]) for kind in FEATURES]
        tried += [(SHIPPED, way) for way in ways if way != usual[question.name]]
        for kind, way in tried:
            terms, fit = FEATURES[kind], ways[way]
            scores = {path.name: on_messages(question, terms, fit, [*rows, *lessons], path) for path in files}
            scores["corpus"] = cross_validated(question, terms, fit, rows, lessons)
            yield {"question": question.name, "features": kind, "learner": way, **_rounded(scores)}
        for share in SHARES if files else ():
            part = [*_part(rows, share), *lessons]
            terms, fit = FEATURES[SHIPPED], ways[usual[question.name]]
            scores = {path.name: on_messages(question, terms, fit, part, path) for path in files}
            yield {"question": question.name, "share of the corpus": share, **_rounded(scores)}


def _part(rows: Sequence[CorpusRow], share: float) -> list[CorpusRow]:
    """A share of the rows, spread over all files of the corpus."""
    return [row for place, row in enumerate(rows) if place % 8 < round(share * 8)]


def _rounded(scores: Mapping[str, float]) -> dict[str, float]:
    return {name: round(score, 3) for name, score in scores.items()}


if __name__ == "__main__":
    for found in experiments(read_corpus(), [*topic_lessons(), *talk_lessons()], [Path(name) for name in sys.argv[1:]]):
        sys.stdout.write(json.dumps(found, ensure_ascii=False) + "\n")
        sys.stdout.flush()
