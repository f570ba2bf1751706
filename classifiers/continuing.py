"""How a line refers to what was said before: it agrees, corrects, settles, tells of danger, or is mere politeness.

The words lie in `data/joining_words.csv`; what follows from them is decided by the handlers.
"""

import csv
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from classifiers.words import normalise

WORDS = Path(__file__).parents[1] / "data" / "joining_words.csv"
_TOO = r"[^,。!?;\s]{0,6}?也"  # 我家厨房也, 五组也, 3号楼也
_START = r"^(?:@\S+\s)?(?:[嗯啊哎唉对是]+[,\s]*)?"
_CLAUSE = r"(?:^|[,。!;\s])"  # what asks (哪一家?我也去) agrees with nothing
_PICTURE_WORD = re.compile(r"\[[^\[\]]{1,8}\]")
_LONGEST_SUBJECT = 5  # characters before 楼, 单元, 组 … in 我们这栋, 三单元, 王家湾五组

_SOON = 6  # characters until 又 in 修好了,今天又


@dataclass(frozen=True)
class Continuing:
    """`echoes` is to agree in the first word (同问); `danger` is danger for a person.

    `characters` counts what is said besides politeness, emoji and signs.
    """

    agrees: bool
    echoes: bool
    corrects: bool
    settles: bool
    excuses: bool
    thanks: bool
    danger: bool
    characters: int


def read_continuing(text: str) -> Continuing:
    """What a line's own words say about what was said before."""
    line = normalise(text).lower()
    said = _PICTURE_WORD.sub("", line)
    thanks, echoes = _pattern("thanks"), _echo().search(said) is not None
    return Continuing(
        agrees=echoes or _agreement().search(said) is not None,
        echoes=echoes,
        corrects=_pattern("corrects").search(said) is not None,
        settles=_settlement().search(said) is not None,
        excuses=_pattern("excuses").search(said) is not None,
        thanks=thanks.search(said) is not None,
        danger=_pattern("danger").search(said) is not None,
        characters=sum(character.isalnum() for character in thanks.sub("", said)),
    )


@cache
def _words() -> dict[str, list[str]]:
    with WORDS.open(encoding="utf-8-sig", newline="") as file:
        return {row["kind"]: row["words"].lower().split("/") for row in csv.DictReader(file)}


@cache
def _pattern(kind: str) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, _words()[kind])))


@cache
def _settlement() -> re.Pattern[str]:
    """修好了; but neither 没修好 nor 修好了,今天又…"""
    return re.compile(rf"(?<![没未])(?<!没有)(?:{_pattern('settled').pattern})(?!.{{0,{_SOON}}}又)")


@cache
def _echo() -> re.Pattern[str]:
    """可不…, +1…, 同问…"""
    return re.compile(rf"{_START}(?:{_pattern('agree').pattern})")


@cache
def _agreement() -> re.Pattern[str]:
    """A subject near the start with 也 behind it: 我家也, 五组也没有."""
    return re.compile(rf"{_CLAUSE}[^,。!?;\s]{{0,{_LONGEST_SUBJECT}}}(?:{_pattern('me').pattern}){_TOO}")
