"""One request of the bot to the API, as the endpoints read it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.simulator.platform.answers import PlatformError
from bot.simulator.platform.corp import App


@dataclass(frozen=True)
class File:
    """The uploaded part named `media`."""

    content: bytes
    filename: str


@dataclass(frozen=True)
class Download:
    """An answer that is a file and no JSON."""

    content: bytes
    filename: str
    media_type: str


@dataclass(frozen=True)
class Call:
    """`app` is whose token it carried; endpoints without a token see None."""

    path: str
    query: Mapping[str, str]
    body: bytes
    ip: str
    file: File | None = None
    caller: App | None = None

    @property
    def app(self) -> App:
        if self.caller is None:
            raise PlatformError(41001)
        return self.caller

    def json(self) -> dict[str, Any]:
        """The object in the body."""
        try:
            content = json.loads(self.body)
        except (ValueError, RecursionError):
            raise PlatformError(47001) from None
        if not isinstance(content, dict):
            raise PlatformError(47001)
        return content


Answer = dict[str, Any] | Download


def text_of(body: Mapping[str, Any], name: str, errcode: int = 40058) -> str:
    """A field that must be a text with something in it."""
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise PlatformError(errcode, f"missing {name}")
    return value


def list_of(body: Mapping[str, Any], name: str) -> list[Any]:
    """A field that is a list, or not there."""
    value = body.get(name, [])
    if not isinstance(value, list):
        raise PlatformError(40058, f"{name} must be an array")
    return value


def object_of(body: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A field that must be an object."""
    value = body.get(name)
    if not isinstance(value, dict):
        raise PlatformError(40058, f"missing {name}")
    return value


def number_of(query: Mapping[str, str], name: str, default: int) -> int:
    """A number in the address."""
    try:
        return int(query.get(name) or default)
    except ValueError:
        raise PlatformError(40058, f"invalid {name}") from None
