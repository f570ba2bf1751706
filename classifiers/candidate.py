"""A candidate for the live model's place: learned from corpus and what people decided, scored on lines held out.

Which lines are held out is decided by their own words, so that the same files give the same scores.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from classifiers import Model, understand
from classifiers.corpus import CorpusRow, read_corpus
from classifiers.model import train
from classifiers.scores import TableScores, score_table
from classifiers.words import LEXICON

HELD_OUT_ONE_IN = 5
NOTHING = "-"


@dataclass(frozen=True)
class HeldOutScores:
    """What a model that has not seen these lines makes of them; a line of talk has the class and category `-`."""

    intent: TableScores
    class_: TableScores
    category: TableScores

    def as_dict(self) -> dict[str, Any]:
        return {"intent": asdict(self.intent), "class": asdict(self.class_), "category": asdict(self.category)}


@dataclass(frozen=True)
class Trial:
    """A candidate learned from everything, and the scores of one that was kept from the held-out lines."""

    candidate: Model
    corpus_lines: int
    corrections: int
    on_corpus: HeldOutScores
    on_corrections: HeldOutScores | None
    live_on_corrections: HeldOutScores | None
    """The live model on the same corrections: if it learned them earlier, it looks better than it is."""

    def as_dict(self) -> dict[str, Any]:
        scores = {
            "corpus": self.on_corpus,
            "corrections": self.on_corrections,
            "corrections_by_live_model": self.live_on_corrections,
        }
        return {
            "hash": self.candidate.hash,
            "corpus_lines": self.corpus_lines,
            "corrections": self.corrections,
            "held_out": {name: found.as_dict() for name, found in scores.items() if found is not None},
        }


def try_candidate(
    corrections: Sequence[CorpusRow],
    *,
    rows: Sequence[CorpusRow] | None = None,
    live: Model | None = None,
    lexicon: Path = LEXICON,
) -> Trial:
    """Learn twice: once without every fifth line for the scores, once with all of them for use."""
    decided = {row.text for row in corrections}
    corpus = [row for row in (read_corpus() if rows is None else rows) if row.text not in decided]
    asked, kept = [row for row in corpus if held_out(row)], [row for row in corpus if not held_out(row)]
    judged = [row for row in corrections if held_out(row)]
    learned = [row for row in corrections if not held_out(row)]
    apart = train(kept, corrections=learned, lexicon=lexicon)
    return Trial(
        candidate=train(corpus, corrections=corrections, lexicon=lexicon),
        corpus_lines=len(corpus),
        corrections=len(corrections),
        on_corpus=score_rows(apart, asked),
        on_corrections=score_rows(apart, judged) if judged else None,
        live_on_corrections=score_rows(live, judged) if judged and live is not None else None,
    )


def held_out(row: CorpusRow) -> bool:
    """Whether the line is kept for the scores."""
    return hashlib.sha256(row.text.encode()).digest()[0] % HELD_OUT_ONE_IN == 0


def score_rows(model: Model, rows: Iterable[CorpusRow]) -> HeldOutScores:
    """Labelled lines against what the model understands, as if they were overheard."""
    rows = list(rows)
    found = [understand(row.text, model=model) for row in rows]
    return HeldOutScores(
        intent=score_table([row.intent for row in rows], [answer.intent for answer in found]),
        class_=_score([row.class_ for row in rows], [answer.class_ for answer in found]),
        category=_score([row.category for row in rows], [answer.category for answer in found]),
    )


def _score(truth: Sequence[str | None], answers: Sequence[str | None]) -> TableScores:
    return score_table([label or NOTHING for label in truth], [label or NOTHING for label in answers])
