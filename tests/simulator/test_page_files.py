"""The chat page's own files: readable for Chrome 78, no markup made from words, nothing loaded from elsewhere."""

import re
from pathlib import Path

import pytest

from bot.simulator.chat_server import PAGE

FILES = sorted(PAGE.iterdir())
# What Chrome 78 does not know, or what would let a resident's words act as markup.
FORBIDDEN = {
    ".js": [
        r"\?\.[A-Za-z_\[(]", r"\?\?", r"\|\|=", r"&&=", r"\breplaceAll\(", r"\.at\(", r"\breplaceChildren\(",
        r"\bstructuredClone\b", r"\bhasOwn\(", r"\.findLast", r"\(\?<[=!]", r"^\s*(static )?#\w", r"this\.#",
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function",
    ],
    ".css": [
        r":has\(", r":is\(", r":where\(", r":focus-visible", r"^\s*&", r"\binset\s*:", r"aspect-ratio", r"\bgap\s*:",
        r"\b(min|max|clamp)\(", r"\d[sdl]v[hw]\b", r"@layer", r"@container", r"color-mix", r"@import", r"url\(",
    ],
    ".html": [r"\son\w+=", r"<style", r"<script(?![^>]*\ssrc=)", r"style="],
}  # fmt: skip


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_nothing_a_chrome_78_cannot_read_and_no_markup_from_words(path: Path) -> None:
    text = path.read_text("utf-8")
    found = [rule for rule in FORBIDDEN[path.suffix] if re.search(rule, text, re.MULTILINE)]
    assert found == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_nothing_is_loaded_from_elsewhere_and_files_stay_small(path: Path) -> None:
    text = path.read_text("utf-8")
    assert re.findall(r"https?://[a-z0-9]", text) == []
    assert len(text.splitlines()) <= 300
