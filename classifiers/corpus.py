"""What the shipped model learns from: the labelled lines of `data/corpus` and the words of `data/lexicon`."""

import csv
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from classifiers.labels import Intent
from classifiers.linear import ModelError
from classifiers.office_table import TableError, read_rows
from classifiers.words import LEXICON
from data.taxonomy import CaseClass, Urgency, read_taxonomy

CORPUS = LEXICON.parent / "corpus"
COLUMNS = ("text", "intent", "class", "category", "urgency")
LONGEST = 2000
_NOTHING = "-"
Word = TypeVar("Word", Intent, Urgency)


@dataclass(frozen=True)
class CorpusRow:
    """One labelled message; class, category and urgency are None where the intent is none."""

    text: str
    intent: Intent
    class_: CaseClass | None = None
    category: str | None = None
    urgency: Urgency | None = None


@dataclass(frozen=True)
class CorpusLine:
    """A row and where it stands."""

    file: str
    line: int
    row: CorpusRow


def read_corpus(folder: Path = CORPUS) -> list[CorpusRow]:
    """Every line of every CSV of a folder, checked against the taxonomy; the same text twice counts once."""
    rows = {found.row.text: found.row for found in read_lines(folder)}
    if not rows:
        raise ModelError(f"语料目录 {folder.name} 里没有可用的行")
    return list(rows.values())


def read_lines(folder: Path = CORPUS) -> Iterator[CorpusLine]:
    """The same with file and line, and the same text as often as it is there."""
    for path in sorted(folder.glob("*.csv")):
        yield from _read_file(path)


def read_corrections(path: Path) -> list[CorpusRow]:
    """Decisions of people as `suishoupai corrections` exports them; the last one about a text counts.

    Raises TableError with the first line that is wrong.
    """
    rows = {}
    for found in read_rows(path, COLUMNS):
        try:
            row = _row(found.cells)
        except (ValueError, KeyError) as error:
            raise TableError(f"{path.name} 第 {found.line} 行的标签有误：{error}") from None
        if not row.text or len(row.text) > LONGEST:
            raise TableError(f"{path.name} 第 {found.line} 行：文字要有，且不超过 {LONGEST} 字")
        rows[row.text] = row
    if not rows:
        raise TableError(f"{path.name}：一条更正也没有")
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


def rows_hash(rows: Sequence[CorpusRow]) -> str:
    """What rows that are in no file of the corpus say, whatever their order; empty without any."""
    told = sorted("\0".join((row.text, row.intent, row.category or "", row.urgency or "")) for row in rows)
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:16] if told else ""


def _read_file(path: Path) -> Iterator[CorpusLine]:
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        for line in reader:
            try:
                yield CorpusLine(path.name, reader.line_num, _row(line))
            except (ValueError, KeyError) as error:
                raise ModelError(f"语料 {path.name} 第 {reader.line_num} 行的标签有误:{error}") from error


def _row(line: dict[str, str]) -> CorpusRow:
    intent = _one_of(Intent, line["intent"])
    if intent is Intent.NONE:
        return CorpusRow(line["text"], intent)
    category = read_taxonomy().get(line["category"])
    if category is None:
        raise ValueError(f"没有类别 {line['category'] or '（空）'}")
    if category.class_ != line["class"]:
        raise ValueError(f"{line['category']} 不属于 {line['class']}")
    urgency = Urgency.NORMAL if line["urgency"] == _NOTHING else _one_of(Urgency, line["urgency"])
    return CorpusRow(line["text"], intent, category.class_, category.code, urgency)


def _one_of(kind: type[Word], value: str) -> Word:
    if value not in set(kind):
        raise ValueError(f"不认识「{value}」，可用的有 {'、'.join(kind)}")
    return kind(value)
