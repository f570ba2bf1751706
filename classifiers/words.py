"""How a text is read: cleaned characters first, then the words that jieba would cut.

One tokenizer serves the whole process; it is built once, from the dictionary that jieba ships and our own words.
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
_RAW_CHARACTERS = 2 * SCORED_CHARACTERS  # cut before NFKC, which can make one character into eighteen

# Controls (but not tab and line ends), lone surrogates, and everything that has no width on the screen.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]"
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
    visible = _INVISIBLE.sub("", unicodedata.normalize("NFKC", _INVISIBLE.sub("", text[:_RAW_CHARACTERS])))
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
    """How often each word occurs, by the tokenizer; the logarithms of single characters are taken once."""

    frequencies: Mapping[str, int]
    whole: float  # the logarithm of all together
    single: Mapping[str, float]


@cache
def _weights() -> _Weights:
    frequencies, whole = tokenizer().FREQ, log(tokenizer().total)
    single = {word: log(frequency) - whole for word, frequency in frequencies.items() if frequency and len(word) == 1}
    return _Weights(frequencies, whole, single)


def _likeliest_ends(piece: str, weights: _Weights) -> list[int]:
    """Where the word that starts at each character ends, if the rest is cut most likely; the longer of equals."""
    known, whole = weights.frequencies.get, weights.whole
    alone = list(map(weights.single.get, piece))
    pairs = [*map(known, map(add, piece, piece[1:])), None]
    size = len(piece)
    scores, ends = [0.0] * (size + 1), list(range(1, size + 1))
    for start in range(size - 1, -1, -1):
        frequency, end = pairs[start], start + 2
        best = -inf if (single := alone[start]) is None else single + scores[start + 1]
        while frequency is not None:
            if frequency and (score := log(frequency) - whole + scores[end]) >= best:
                best, ends[start] = score, end
            end += 1
            frequency = known(piece[start:end]) if end <= size else None
        scores[start] = best if best > -inf else scores[start + 1] - whole
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


@cache
def tokenizer() -> jieba.Tokenizer:
    """The one tokenizer; a later call returns the same."""
    built = jieba.Tokenizer()
    built.FREQ = _frequencies(built)
    for word in read_words(LEXICON / "user_words.txt"):
        built.FREQ[word] = _OUR_WORD_FREQUENCY
        _add_beginnings(built.FREQ, word)
    built.total = sum(built.FREQ.values())
    built.initialized = True
    return built


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
