"""A linear classifier, learned with scikit-learn and served without it: the score of a label is a sum of weights."""

import json
import os
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import exp
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from classifiers.features import Block, Floats, Vector, Vocabulary, learn_vocabulary

FORMAT = 1
STRENGTH = 8.0  # how closely the weights follow the corpus (scikit-learn's C)
_MARGIN_STRENGTH = 0.6  # chosen, like the count of titles, by cross-validation on letters to mayors
_TITLE_COUNTS = 5
_TEMPERATURES = (0.03, 3.0, 119)
_FOLDS = 4
_ROUNDS = 300
_FEW_LABELS = 5
_PARTS = {"table": {"heads"}, "suishoupai": {"heads", "rules", "lists", "corpus_hash"}}
Fit = Callable[[Any, Any], Any]  # of scikit-learn: a matrix and its labels to a model with coef_ and intercept_
Arrays = dict[str, npt.NDArray[Any]]


class ModelError(Exception):
    """A model file that cannot be used, with the reason and what to do."""


@dataclass(frozen=True)
class Head:
    """The weights of one question: a column for each label, a row for each feature, and a bias."""

    labels: tuple[str, ...]
    weights: npt.NDArray[np.float32]
    bias: Floats

    def scores(self, vector: Vector) -> Floats:
        """Log-odds of every label, up to a constant."""
        scores: Floats = vector.value @ self.weights[vector.index].astype(np.float64) + self.bias
        return scores

    def arrays(self, name: str) -> Arrays:
        return {f"{name}.weights": self.weights, f"{name}.bias": self.bias}

    @classmethod
    def of(cls, name: str, labels: Sequence[str], arrays: Mapping[str, Any]) -> Self:
        weights, bias = (arrays.get(f"{name}.{part}") for part in ("weights", "bias"))
        if weights is None or bias is None or weights.ndim != 2 or not weights.shape[1] == len(bias) == len(labels):
            raise ModelError(f"模型里 {name} 的权重不全，请重新训练")
        return cls(tuple(labels), weights, bias)


@dataclass(frozen=True, eq=False)
class Heads(Mapping[str, Head]):
    """The heads of several questions, their weights side by side: one multiplication answers all of them."""

    labels: Mapping[str, tuple[str, ...]]
    weights: npt.NDArray[np.float32]
    bias: Floats

    @classmethod
    def of(cls, heads: Mapping[str, Head]) -> Self:
        weights = np.hstack([head.weights for head in heads.values()])
        bias = np.concatenate([head.bias for head in heads.values()])
        return cls({question: head.labels for question, head in heads.items()}, weights, bias)

    def __getitem__(self, question: str) -> Head:
        columns = self.columns[question]
        return Head(self.labels[question], self.weights[:, columns], self.bias[columns])

    def __iter__(self) -> Iterator[str]:
        return iter(self.labels)

    def __len__(self) -> int:
        return len(self.labels)

    @cached_property
    def columns(self) -> dict[str, slice]:
        """Where the labels of each question stand."""
        columns, start = {}, 0
        for question, labels in self.labels.items():
            columns[question] = slice(start, start + len(labels))
            start += len(labels)
        return columns

    @cached_property
    def places(self) -> dict[tuple[str, str], int]:
        """Where each label of each question stands."""
        return {
            (question, label): place
            for question, columns in self.columns.items()
            for place, label in enumerate(self.labels[question], columns.start)
        }

    @cached_property
    def contrasts(self) -> dict[tuple[str, str], Floats]:
        """For each label what turns a row of weights into the row's weight for it, less the mean of its question."""
        contrasts = {}
        for question, columns in self.columns.items():
            for number, label in enumerate(self.labels[question], columns.start):
                contrast = np.zeros(len(self.bias))
                contrast[columns] = -1 / len(self.labels[question])
                contrast[number] += 1
                contrasts[question, label] = contrast
        return contrasts

    def rows(self, vector: Vector) -> Floats:
        """The weights of the features of a text."""
        return self.weights.take(vector.index, axis=0).astype(np.float64)


@dataclass(frozen=True)
class TextClassifier:
    """A vocabulary and one question; what `train FILE` makes of any labelled table."""

    vocabulary: Vocabulary
    head: Head

    def probabilities(self, text: str) -> dict[str, float]:
        values = softmax(self.head.scores(self.vocabulary.vector(_emphasised(text))).tolist())
        return dict(zip(self.head.labels, values, strict=True))

    def predict(self, text: str) -> tuple[str, float]:
        """The likeliest label and its probability."""
        chances = self.probabilities(text)
        label = max(chances, key=lambda name: chances[name])
        return label, chances[label]

    def save(self, path: Path) -> None:
        header = {"kind": "table", "heads": {"table": self.head.labels}, **vocabulary_header(self.vocabulary)}
        write_arrays(path, header, {**vocabulary_arrays(self.vocabulary), **self.head.arrays("table")})

    @classmethod
    def load(cls, path: Path) -> Self:
        header, arrays = read_arrays(path, kind="table")
        return cls(read_vocabulary(header, arrays), Head.of("table", header["heads"]["table"], arrays))


def train_table(texts: Sequence[str], labels: Sequence[str]) -> TextClassifier:
    """Learn any table of texts and labels; a label needs at least two texts."""
    if len(set(labels)) < 2:
        raise ModelError("训练至少需要两种标签")
    texts = [_emphasised(text) for text in texts]
    vocabulary, union = learn_vocabulary(texts)
    matrix = union.transform(texts)
    return TextClassifier(vocabulary, learn_head(matrix, labels, fit_margins))


def _emphasised(text: str) -> str:
    """A text of several lines with its first line, which is mostly a title, as often as it deserves."""
    title, end, body = text.partition("\n")
    return f"{title}\n" * _TITLE_COUNTS + body if end else text


def softmax(scores: Sequence[float]) -> list[float]:
    """Probabilities from log-odds; for so few numbers plain Python is faster than arrays."""
    highest = max(scores)
    raised = [exp(score - highest) for score in scores]
    whole = sum(raised)
    return [value / whole for value in raised]


def learn_head(matrix: Any, labels: Sequence[str], fit: Fit | None = None) -> Head:
    """Fit weights, by logistic regression unless told, and cool them: on unseen lines 80 % sure means right in 80 %."""
    fit = fit or fit_logistic
    return head_of(fit(matrix, labels), _temperature(matrix, np.asarray(labels), fit))


def fit_margins(matrix: Any, labels: Sequence[str]) -> Any:
    """scikit-learn's linear support vector machine: on tables of long texts better than the logistic regression."""
    from sklearn.svm import LinearSVC

    return LinearSVC(C=_MARGIN_STRENGTH, class_weight="balanced", random_state=0).fit(matrix, labels)


def fit_logistic(matrix: Any, labels: Sequence[str], strength: float = STRENGTH) -> Any:
    """scikit-learn's model; with many labels SAGA is ten times as fast as its default, and as good on unseen lines."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    solver = "saga" if len(set(labels)) > _FEW_LABELS else "lbfgs"
    model = LogisticRegression(
        C=strength, class_weight="balanced", solver=solver, tol=1e-3, max_iter=_ROUNDS, random_state=0
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # weights after so many rounds are good enough
        return model.fit(matrix, labels)


def head_of(model: Any, temperature: float = 1.0) -> Head:
    """The weights of scikit-learn's model; two labels get a column each, the first of them zero."""
    weights, bias = model.coef_.T / temperature, model.intercept_ / temperature
    if len(model.classes_) == 2:
        weights, bias = np.hstack((np.zeros_like(weights), weights)), np.concatenate(([0.0], bias))
    labels = tuple(str(label) for label in model.classes_)
    return Head(labels, np.ascontiguousarray(weights, dtype=np.float32), np.asarray(bias, dtype=np.float64))


def _temperature(matrix: Any, labels: npt.NDArray[Any], fit: Fit) -> float:
    """What to divide the scores by so that a quarter of the lines, left out for it, is as likely as can be."""
    names, counts = np.unique(labels, return_counts=True)
    if counts.min() < _FOLDS:
        return 1.0
    from sklearn.model_selection import StratifiedKFold

    learn, check = next(StratifiedKFold(_FOLDS, shuffle=True, random_state=0).split(matrix, labels))
    head = head_of(fit(matrix[learn], labels[learn]))
    scores = matrix[check] @ head.weights + head.bias
    truth = np.searchsorted(names, labels[check])
    temperatures: list[float] = np.geomspace(*_TEMPERATURES).tolist()
    return min(temperatures, key=lambda temperature: _surprise(scores / temperature, truth))


def _surprise(scores: Floats, truth: npt.NDArray[Any]) -> float:
    shifted = scores - scores.max(axis=1, keepdims=True)
    chances = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return float(-chances[np.arange(len(truth)), truth].mean())


def vocabulary_header(vocabulary: Vocabulary) -> dict[str, Any]:
    return {"words": vocabulary.words.terms, "characters": vocabulary.characters.terms}


def vocabulary_arrays(vocabulary: Vocabulary) -> Arrays:
    return {"words.idf": vocabulary.words.idf, "characters.idf": vocabulary.characters.idf}


def read_vocabulary(header: Mapping[str, Any], arrays: Mapping[str, Any]) -> Vocabulary:
    words, characters = (Block(tuple(header[kind]), arrays[f"{kind}.idf"]) for kind in ("words", "characters"))
    return Vocabulary(words, characters)


def write_arrays(path: Path, header: Mapping[str, Any], arrays: Arrays) -> None:
    """One file: a header in JSON and the arrays, never a pickle; the same model gives the same bytes.

    It is put in place whole, so that a process that reads meanwhile sees the old file or the new one.
    """
    text = json.dumps({"format": FORMAT, **header}, ensure_ascii=False, sort_keys=True)
    arrays = {"header": np.frombuffer(text.encode(), dtype=np.uint8), **arrays}
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.new")
    with unfinished.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)
    unfinished.replace(path)


def read_arrays(path: Path, *, kind: str) -> tuple[dict[str, Any], Arrays]:
    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        header = json.loads(arrays.pop("header").tobytes())
    except FileNotFoundError:
        raise ModelError(f"没有模型文件 {path.name},请先运行 suishoupai train") from None
    except (
        OSError,
        ValueError,
        TypeError,
        KeyError,
        EOFError,
        AttributeError,
        zipfile.BadZipFile,
        zlib.error,
    ) as error:
        raise ModelError(f"模型文件 {path.name} 已损坏,请重新训练:{error}") from error
    known = isinstance(header, dict) and (header.get("format"), header.get("kind")) == (FORMAT, kind)
    if not known or not _PARTS[kind] <= set(header):
        raise ModelError(f"模型文件 {path.name} 的格式不符,请用当前版本重新训练")
    return header, arrays
