"""How a text is read: cleaned characters first, then words cut by jieba.

One tokenizer serves the whole process; it is built once, from the dictionary that jieba ships and our own words.
"""

import re
import unicodedata
import warnings
from functools import cache
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
    """Words of a normalised text, spaces left out."""
    return [word for word in tokenizer().cut(text, HMM=False) if word != " "]


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
        _add(built.FREQ, word, _OUR_WORD_FREQUENCY)
    built.total = sum(built.FREQ.values())
    built.initialized = True
    return built


def _frequencies(source: jieba.Tokenizer) -> dict[str, int]:
    """jieba's dictionary, without its cache: that is a marshal file in a folder everybody may write to."""
    frequencies: dict[str, int] = {}
    with source.get_dict_file() as file:
        for line in file.read().decode("utf-8").splitlines():
            word, frequency, _ = line.split(" ", 2)
            if len(word) <= _LONGEST_WORD:
                _add(frequencies, word, int(frequency))
    return frequencies


def _add(frequencies: dict[str, int], word: str, frequency: int) -> None:
    """Enter a word and, as jieba expects, every beginning of it."""
    frequencies[word] = frequency
    for end in range(1, len(word)):
        frequencies.setdefault(word[:end], 0)
