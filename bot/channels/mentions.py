"""Mentions before what is said are how the bot was called, and no part of it; only behind some of them is a space."""

import re

STOPS = "，,：:；;。！!？?、"
NAME = rf"[^\s@{STOPS}]"
# What is longer than most names and has no space behind it is likely what is said.
SHORT = rf"{NAME}{{1,8}}(?:[\s{STOPS}]+|$|(?=@))"
LONG = rf"{NAME}{{9,}}\s+"
# Of our own name we know where it ends, unless it is only the beginning of a longer one.
OURS = rf"随手拍(?={NAME}{{4,}}(?:[{STOPS}]|$))"
MENTIONS = re.compile(rf"^(?:\s*@(?:{OURS}|{SHORT}|{LONG}))+")


def without_mentions(words: str) -> str:
    """What is said behind the mentions; kept as typed where nobody can tell the one from the other."""
    return MENTIONS.sub("", words)
