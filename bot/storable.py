"""Makes any message storable, whatever a platform lets through: no database takes NUL or half a character."""

import re
from dataclasses import replace

from handlers.message import IncomingMessage, Location

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def storable(message: IncomingMessage) -> IncomingMessage:
    """The message without control characters; half a character becomes a question mark."""
    return replace(
        message,
        platform_id=_clean(message.platform_id),
        sender=_clean(message.sender),
        text=_clean(message.text),
        group=None if message.group is None else _clean(message.group),
        nickname=_clean(message.nickname),
        media=tuple(map(_clean, message.media)),
        quoted_text=_clean(message.quoted_text),
        location=_clean_place(message.location),
        recalls=None if message.recalls is None else _clean(message.recalls),
        quotes=None if message.quotes is None else _clean(message.quotes),
    )


def _clean_place(place: Location | None) -> Location | None:
    return place and replace(place, name=_clean(place.name), address=_clean(place.address))


def _clean(text: str) -> str:
    return CONTROL.sub("", text).encode("utf-8", "replace").decode()
