"""How likely two texts report the same matter: by the characters that carry meaning and by the matters they name.

It is meant for texts of one place and one category, where building and subject are shared anyway; what counts is
whether the fault is the same one. The words of each matter lie in `data/pairs/matters.csv`.
"""

import csv
import re
from collections.abc import Collection
from functools import cache
from math import sqrt

from classifiers.words import LEXICON, cut, normalise, shape

PAIRS = LEXICON.parent / "pairs"
# Chosen by five folds of `data/pairs/similar.csv`: the lowest score at which four suggestions of five are right.
LIKELY = 0.32
ELSEWHERE = (
    0.3  # what remains of a score, never enough to suggest, when the texts name different entrances, floors or sides
)

# Characters that say how, when, who and how many, and never what is wrong.
_EMPTY = frozenset(
    "的了没有一不是在人都个我们你他她它这那就还也到上下里来去得着过把被给说跟和又再能会要什么怎吗呢吧啊呀哦嘛啦咯哈谁哪几多少很太好大小"
    "天昨今明早晚日月年周点半次回三两二四五六七八九十家请各位领导尊敬社区反映情况栋号单元层室楼"
)
_NUMBER = "[0-9零一二三四五六七八九十两]"
_PLACE = re.compile(rf"{_NUMBER}+(?:号楼|栋|幢|单元|#|楼(?![道梯上下顶])|层|室)|\[[^\]]{{1,3}}\]")
_WITHIN = re.compile(rf"({_NUMBER}+)(单元|层|楼(?![道梯上下顶]))")
_SIDE = re.compile("([东西南北左右])(?:边|门|面)")
_DIGITS = str.maketrans("零一二三四五六七八九两", "01234567892")


def similarity(first: str, second: str) -> float:
    """From 0.0 for nothing in common to 1.0; above LIKELY a person should look whether it is the same matter."""
    score = _overlap(_characters(first), _characters(second))
    matters, others = _matters(first), _matters(second)
    if matters and others:
        score = (score + _overlap(matters.keys(), others.keys())) / 2
    return score * ELSEWHERE if _elsewhere(first, second) else score


def shared_words(first: str, second: str) -> list[str]:
    """What makes the texts alike, as they say it: words of both, or a pair of words for the same matter."""
    matters, others = _matters(first), _matters(second)
    said = [_both(matters[name], others[name]) for name in matters if name in others]
    mine = set(_content(second))
    return list(dict.fromkeys([*said, *(word for word in _content(first) if word in mine)]))


def _overlap(first: Collection[str], second: Collection[str]) -> float:
    """Cosine of two sets."""
    if not first or not second:
        return 0.0
    return len(set(first) & set(second)) / sqrt(len(first) * len(second))


def _characters(text: str) -> frozenset[str]:
    """Without the place; a text of empty characters only is compared by these."""
    text = shape(_PLACE.sub("", normalise(text)))
    found = frozenset(character for character in text if character.isalnum())
    return found - _EMPTY or found


def _content(text: str) -> list[str]:
    words = cut(_PLACE.sub(" ", normalise(text)))
    return [word for word in words if len(word) > 1 and word.isalnum() and not set(word) & _EMPTY]


def _matters(text: str) -> dict[str, str]:
    """The matters a text names, each with the word that names it."""
    text = normalise(text)
    return {name: said for name, words in _words_of_matters() if (said := next((w for w in words if w in text), None))}


def _both(said: str, otherwise: str) -> str:
    return said if said == otherwise else f"{said}／{otherwise}"


def _elsewhere(first: str, second: str) -> bool:
    """Whether both say where in the building it is, and not the same."""
    places, others = _whereabouts(first), _whereabouts(second)
    return any(places[kind].isdisjoint(others[kind]) for kind in places.keys() & others.keys())


def _whereabouts(text: str) -> dict[str, set[str]]:
    """Entrances, floors and sides a text names; 三单元 and 3单元 are the same."""
    text, found = normalise(text), dict[str, set[str]]()
    for number, kind in _WITHIN.findall(text):
        found.setdefault("楼" if kind == "层" else kind, set()).add(number.translate(_DIGITS))
    for side in _SIDE.findall(text):
        found.setdefault("边", set()).add(side)
    return found


@cache
def _words_of_matters() -> tuple[tuple[str, tuple[str, ...]], ...]:
    with (PAIRS / "matters.csv").open(encoding="utf-8", newline="") as file:
        return tuple((row["matter"], tuple(row["words"].split())) for row in csv.DictReader(file))
