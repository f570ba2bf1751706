"""What the shipped model learns from: the labelled lines of `data/corpus` and the words of `data/lexicon`."""

import csv
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from classifiers.labels import Intent
from classifiers.linear import ModelError
from classifiers.words import LEXICON
from data.taxonomy import CaseClass, Urgency, read_taxonomy

CORPUS = LEXICON.parent / "corpus"
_NOTHING = "-"


@dataclass(frozen=True)
class CorpusRow:
    """One labelled message; class, category and urgency are None where the intent is none."""

    text: str
    intent: Intent
    class_: CaseClass | None = None
    category: str | None = None
    urgency: Urgency | None = None


def read_corpus(folder: Path = CORPUS) -> list[CorpusRow]:
    """Every line of every CSV of a folder, checked against the taxonomy; the same text twice counts once."""
    rows = {row.text: row for path in sorted(folder.glob("*.csv")) for row in _read_file(path)}
    if not rows:
        raise ModelError(f"语料目录 {folder.name} 里没有可用的行")
    return list(rows.values())


def corpus_hash(corpus: Path = CORPUS, lexicon: Path = LEXICON) -> str:
    """What the corpus and the word lists are at this moment; a model with another hash is stale."""
    digest = hashlib.sha256()
    for path in (
        *sorted(corpus.glob("*.csv")),
        *sorted(path for path in lexicon.iterdir() if path.is_file()),
    ):
        digest.update(f"{path.name}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _read_file(path: Path) -> Iterator[CorpusRow]:
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        for line in reader:
            try:
                yield _row(line)
            except (ValueError, KeyError) as error:
                raise ModelError(f"语料 {path.name} 第 {reader.line_num} 行的标签有误:{error}") from error


def _row(line: dict[str, str]) -> CorpusRow:
    intent = Intent(line["intent"])
    if intent is Intent.NONE:
        return CorpusRow(line["text"], intent)
    category = read_taxonomy()[line["category"]]
    if category.class_ != line["class"]:
        raise ValueError(f"{line['category']} 不属于 {line['class']}")
    urgency = Urgency.NORMAL if line["urgency"] == _NOTHING else Urgency(line["urgency"])
    return CorpusRow(line["text"], intent, category.class_, category.code, urgency)
