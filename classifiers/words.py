"""How a text is read: cleaned characters first, then the words that jieba would cut.

One dictionary serves the whole process; it is read once, from the file that jieba ships and our own words.
The cutting itself is done here, over jieba's frequencies: the same words in a fifth of the time.
"""

import re
import unicodedata
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from math import inf, log
from operator import add
from pathlib import Path

with warnings.catch_warnings():
    # jieba 0.42.1 has invalid escapes in its patterns and asks pkg_resources for its dictionary: both warn at
    # import, neither changes what it does, and nobody maintains it any more.
    warnings.simplefilter("ignore")
    import jieba

LEXICON = Path(__file__).parents[1] / "data" / "lexicon"
SCORED_CHARACTERS = 2_000  # nobody reports in more; beyond it only the work would grow
_RAW_CHARACTERS = 2 * SCORED_CHARACTERS  # cut before and after NFKC, which can make one character into eighteen

# Controls (but not tab and line ends), lone surrogates, everything that has no width on the screen, and two Arabic
# signs of which each unfolds into a whole sentence.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ufdfa\ufdfb\ufe00-\ufe0f\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]"
)
_SPACES = re.compile(r"\s+")
_DIGIT = re.compile(r"\d")
# What jieba looks for words in; every other character stands alone.
_PIECE = re.compile(r"[\u4e00-\u9fd5a-zA-Z0-9+#&._%-]+|[^ ]", re.DOTALL)
_LATIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
_OUR_WORD_FREQUENCY = 20_000  # above any chance that its parts win against it
_LONGEST_WORD = 8


def normalise(text: str) -> str:
    """The text as it is judged: full width made half, nothing invisible, single spaces, a bounded length."""
    folded = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text[:_RAW_CHARACTERS]))
    visible = _INVISIBLE.sub("", folded[:_RAW_CHARACTERS])
    return _SPACES.sub(" ", visible).strip()[:SCORED_CHARACTERS]


def shape(text: str) -> str:
    """A normalised text without case and figures, so that no room or phone number ever becomes a feature."""
    return _DIGIT.sub("0", text.lower())


def cut(text: str) -> list[str]:
    """Words of a normalised text, spaces left out: those of jieba without its guesses at unknown words."""
    words: list[str] = []
    for piece in _PIECE.findall(text):
        if len(piece) == 1:
            words.append(piece)
        else:
            words += _joined(piece, _likeliest_ends(piece, _weights()))
    return words


@dataclass(frozen=True)
class _Weights:
    """The logarithm of how likely each word is; the beginnings of longer words are entered as impossible."""

    likely: Mapping[str, float]
    single: Mapping[str, float]  # the possible ones of one character, once more in a small table
    unknown: float  # of a character that nobody counted


@cache
def _weights() -> _Weights:
    frequencies = _counted(jieba.Tokenizer())
    whole = log(sum(frequencies.values()))
    likely = {word: log(frequency) - whole if frequency else -inf for word, frequency in frequencies.items()}
    single = {word: weight for word, weight in likely.items() if len(word) == 1 and weight > -inf}
    return _Weights(likely, single, -whole)


def _likeliest_ends(piece: str, weights: _Weights) -> list[int]:
    """Where the word that starts at each character ends, if the rest is cut most likely; the longer of equals."""
    known, unknown = weights.likely.get, weights.unknown
    size = len(piece)
    ends = list(range(1, size + 1))
    singles = list(map(weights.single.get, piece))
    pairs = list(map(known, map(add, piece, piece[1:])))
    scores = [0.0] * (size + 1)
    after = scores[size - 1] = unknown if singles[-1] is None else singles[-1]
    for start in range(size - 2, -1, -1):
        single, weight = singles[start], pairs[start]
        if weight is None:  # no word of several characters starts here, as nearly everywhere
            after = scores[start] = after + (unknown if single is None else single)
            continue
        best, end = -inf if single is None else single + after, start + 2
        while weight is not None:
            if weight + scores[end] >= best and weight > -inf:
                best, ends[start] = weight + scores[end], end
            end += 1
            weight = known(piece[start:end]) if end <= size else None
        after = scores[start] = best if best > -inf else unknown + after
    return ends


def _joined(piece: str, ends: list[int]) -> list[str]:
    """The words of a piece; single Latin letters and figures that follow one another make one word."""
    words: list[str] = []
    start, running = 0, False
    while start < len(piece):
        word = piece[start : ends[start]]
        latin = word in _LATIN
        if latin and running:
            words[-1] += word
        else:
            words.append(word)
        start, running = ends[start], latin
    return words


def read_words(path: Path) -> list[str]:
    """Entries of a word list: one a line, `#` starts a remark."""
    lines = (line.split("#")[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line]


def warm_up() -> None:
    """Read the dictionary now, so that the first message is as fast as the others."""
    _weights()


@cache
def tokenizer() -> jieba.Tokenizer:
    """jieba itself with our words: what `cut` must agree with; serving does without it."""
    built = jieba.Tokenizer()
    built.FREQ = _counted(built)
    built.total = sum(built.FREQ.values())
    built.initialized = True
    return built


def _counted(source: jieba.Tokenizer) -> dict[str, int]:
    """How often each word occurs, ours among them."""
    frequencies = _frequencies(source)
    for word in read_words(LEXICON / "user_words.txt"):
        frequencies[word] = _OUR_WORD_FREQUENCY
        _add_beginnings(frequencies, word)
    return frequencies


def _frequencies(source: jieba.Tokenizer) -> dict[str, int]:
    """jieba's dictionary, without its cache: that is a marshal file in a folder everybody may write to."""
    with source.get_dict_file() as file:
        columns = file.read().decode("utf-8").split()  # word, frequency, kind of word
    counted = zip(columns[0::3], map(int, columns[1::3]), strict=True)
    frequencies = {word: frequency for word, frequency in counted if len(word) <= _LONGEST_WORD}
    for word in list(frequencies):
        _add_beginnings(frequencies, word)
    return frequencies


def _add_beginnings(frequencies: dict[str, int], word: str) -> None:
    """Enter, as jieba expects, every beginning of a word; where one is known, so are or will be those of it."""
    for end in range(len(word) - 1, 0, -1):
        if word[:end] in frequencies:
            return
        frequencies[word[:end]] = 0


class WordSearch:
    """Finds which of thousands of words stand in a text, by the first two characters of each."""

    def __init__(self, words: Iterable[str]) -> None:
        self._by_pair: dict[str, list[str]] = {}
        for word in sorted(set(words)):
            self._by_pair.setdefault(word[:2], []).append(word)

    def present(self, text: str) -> set[str]:
        """The words a text has."""
        by_pair = self._by_pair
        pairs = {*text, *map(add, text, text[1:])} & by_pair.keys()
        return {word for pair in pairs for word in by_pair[pair] if word in text}
