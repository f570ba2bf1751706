"""The XML of app callbacks: writing ours, reading the bot's answers."""

from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape

# The platform writes numbers bare and everything else as CDATA.
Fields = Mapping[str, Any]


def write(fields: Fields) -> str:
    """`<xml>…</xml>`; a list repeats its element."""
    return f"<xml>{_inner(fields)}</xml>"


def _inner(fields: Fields) -> str:
    return "".join(
        f"<{name}>{_value(one)}</{name}>"
        for name, value in fields.items()
        for one in (value if isinstance(value, list) else [value])
    )


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return _inner(value)
    if isinstance(value, int | float):
        return str(value)
    if "]]>" in value:
        return escape(value)
    return f"<![CDATA[{value}]]>"


def read(body: bytes) -> dict[str, Any]:
    """The same the other way round; raises ValueError."""
    try:
        root = ElementTree.fromstring(body)
    except ElementTree.ParseError as error:
        raise ValueError("the answer is no XML") from error
    if root.tag != "xml":
        raise ValueError("the answer is no <xml>")
    content = _element(root)
    return content if isinstance(content, dict) else {}


def _element(element: ElementTree.Element) -> Any:
    if not len(element):
        return element.text or ""
    found: dict[str, Any] = {}
    for child in element:
        value = _element(child)
        if child.tag in found:
            before = found[child.tag]
            found[child.tag] = [*before, value] if isinstance(before, list) else [before, value]
        else:
            found[child.tag] = value
    return found
