"""Short lines composed of word lists and frames: they teach the model words that no line of the corpus happens to use.

A frame such as 建议{} says what is wanted, a word such as 停水 what it is about; everyday words in the same kind of
frames teach what is only talk.
"""

import csv
from collections.abc import Sequence
from pathlib import Path

from classifiers.corpus import CorpusRow
from classifiers.labels import Intent
from classifiers.words import LEXICON
from data.taxonomy import CaseClass, Urgency, read_taxonomy

_TALK_FRAMES_A_WORD = 3
_STEP = 7  # no divisor of the number of frames, so that every word meets other frames


def topic_lessons(folder: Path = LEXICON) -> list[CorpusRow]:
    """Each word of a category in one frame; accusations are only ever reports."""
    frames = _frames(folder)
    spoken = [frame for frame in frames if frame[0] is not Intent.NONE]
    accusing = [frame for frame in frames if frame[0] is Intent.REPORT]
    taxonomy = read_taxonomy()
    lessons = []
    for number, (word, code) in enumerate(read_topics(folder)):
        class_ = taxonomy[code].class_
        choice = accusing if class_ is CaseClass.DISCIPLINE else spoken
        intent, frame = choice[number * _STEP % len(choice)]
        lessons.append(CorpusRow(frame.format(word), intent, class_, code, Urgency.NORMAL))
    return lessons


def talk_lessons(folder: Path = LEXICON) -> list[CorpusRow]:
    """Each everyday word in a few frames, all of them no message to anybody."""
    frames = [frame for intent, frame in _frames(folder) if intent is Intent.NONE]
    return [
        CorpusRow(frames[(number * _STEP + turn) % len(frames)].format(word), Intent.NONE)
        for number, word in enumerate(read_everyday(folder))
        for turn in range(_TALK_FRAMES_A_WORD)
    ]


def read_topics(folder: Path = LEXICON) -> list[tuple[str, str]]:
    """Pairs of a word and the category it speaks for."""
    pairs = _read_pairs(folder / "category_words.csv")
    return [(word, code) for code, words in pairs for word in words.split()]


def read_everyday(folder: Path = LEXICON) -> list[str]:
    """Words of ordinary talk."""
    return [word for _, words in _read_pairs(folder / "everyday_words.csv") for word in words.split()]


def _frames(folder: Path) -> Sequence[tuple[Intent, str]]:
    return [(Intent(intent), frame) for intent, frame in _read_pairs(folder / "frames.csv")]


def _read_pairs(path: Path) -> list[tuple[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))[1:]
    return [(row[0], row[1]) for row in rows]
