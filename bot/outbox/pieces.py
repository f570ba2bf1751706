"""A text too long for one message, cut into pieces where a sentence ends; platforms count UTF-8 bytes."""

import re

# A dot ends no sentence here, because addresses and numbers have dots in them.
SENTENCE_ENDS = re.compile(r"[。！？；\n]+[」』”’）]*|[!?;](?=\s)")
PAUSES = re.compile(r"[，、,\s]+")


def pieces(text: str, longest_bytes: int) -> list[str]:
    """The text in order, each piece within the limit; always the same pieces for the same text."""
    found, rest = [], text
    while size_of(rest) > longest_bytes:
        cut = _cut(_beginning(rest, longest_bytes))
        found.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return [piece for piece in (*found, rest) if piece] or [text]


def size_of(text: str) -> int:
    """Bytes on the wire; half a character, as a cut-off emoji leaves it, goes out as a question mark."""
    return len(text.encode("utf-8", "replace"))


def _beginning(text: str, longest_bytes: int) -> str:
    """As many whole characters as fit."""
    return text.encode("utf-8", "replace")[:longest_bytes].decode("utf-8", "ignore")


def _cut(window: str) -> int:
    """Behind the last sentence, else the last pause; a cut in the first half would leave scraps."""
    for marks in (SENTENCE_ENDS, PAUSES):
        ends = [match.end() for match in marks.finditer(window) if match.end() > len(window) // 2]
        if ends:
            return ends[-1]
    return len(window) or 1
