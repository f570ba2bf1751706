"""WeCom's XML as dictionaries and back, by expat alone: no entities, no DTD, nothing large, nothing deep."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from xml.parsers import expat

from bot.channels import BadCallback

LARGEST_BYTES = 1_000_000
DEEPEST = 16
ROOT = "xml"
# What no XML may hold, also not escaped; half a character would not even become UTF-8.
FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
NAME = re.compile("[A-Za-z_][A-Za-z0-9_.-]*")


def parse(body: bytes) -> dict[str, Any]:
    """The elements inside <xml>: texts stripped, empty ones None, repeated ones a list; attributes are left out."""
    if len(body) > LARGEST_BYTES:
        raise BadCallback("the XML is too large")
    if b"\0" in body:  # UTF-16, which expat would read although it was told UTF-8
        raise BadCallback("a NUL in the XML")
    tree: dict[str, Any] = {}
    try:
        _parser(tree).Parse(body, True)
    except expat.ExpatError as error:
        raise BadCallback(f"no XML: {error}") from error
    content = tree.get(ROOT, "")
    if content is not None and not isinstance(content, dict):
        raise BadCallback("the XML holds no message")
    return content or {}


def _parser(tree: dict[str, Any]) -> expat.XMLParserType:
    """A parser that fills `tree`; closures and a list's own append, because this runs for every message twice."""
    elements: list[dict[str, Any]] = [tree]
    text: list[str] = []

    def start(name: str, attributes: list[str]) -> None:
        if len(elements) > DEEPEST:
            raise BadCallback("the XML is nested too deeply")
        elements.append({})
        text.clear()

    def end(name: str) -> None:
        value = elements.pop() or "".join(text).strip() or None
        text.clear()
        parent = elements[-1]
        if name not in parent:
            parent[name] = value
        elif isinstance(parent[name], list):
            parent[name].append(value)
        else:
            parent[name] = [parent[name], value]

    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.ordered_attributes = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text.append
    parser.StartDoctypeDeclHandler = _no_doctype
    return parser


def _no_doctype(*declaration: Any) -> None:
    raise BadCallback("a DTD in the XML")


def render(content: Mapping[str, Any]) -> bytes:
    """<xml> with these elements; whatever a text says, it stays text."""
    return f"<{ROOT}>{''.join(_elements(content))}</{ROOT}>".encode()


def _elements(content: Mapping[str, Any]) -> Iterator[str]:
    for name, value in content.items():
        if not NAME.fullmatch(name):
            raise ValueError(f"no name of an element: {name!r}")
        for one in value if isinstance(value, list | tuple) else [value]:
            yield f"<{name}>{_inside(one)}</{name}>"


def _inside(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return "".join(_elements(value))
    if isinstance(value, int):
        return str(int(value))
    text = FORBIDDEN.sub("", str(value)).replace("]]>", "]]]]><![CDATA[>")
    return f"<![CDATA[{text}]]>"
