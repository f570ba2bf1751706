"""Uploaded photos, kept in memory for a while as on a real platform.

Any bytes pass, on purpose, so that bad photos can be tried too.
"""

import secrets
from collections import OrderedDict
from threading import Lock

# Over the bot's own limit of 20 million bytes, so that a photo it must refuse can still be sent.
LARGEST_PHOTO_BYTES = 20 * 1024 * 1024
MOST_KEPT_BYTES = 200_000_000
_MAGIC = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF8", "image/gif"),
    (b"RIFF", "image/webp"),
)


class PhotoTooLarge(ValueError):
    """More bytes than the platform takes."""


class Photos:
    """Photos by their path on the simulator's server; the oldest go first when the room is used up."""

    def __init__(self, most_kept_bytes: int = MOST_KEPT_BYTES) -> None:
        self._most_kept_bytes = most_kept_bytes
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._pinned: dict[str, bytes] = {}
        self._lock = Lock()

    def keep(self, content: bytes) -> str:
        """Store a photo; the answer is the path under which it is served."""
        if len(content) > LARGEST_PHOTO_BYTES:
            raise PhotoTooLarge(f"{len(content)} bytes")
        path = f"/media/{secrets.token_hex(12)}"
        with self._lock:
            self._kept[path] = content
            while sum(map(len, self._kept.values())) > self._most_kept_bytes:
                self._kept.popitem(last=False)
        return path

    def pin(self, name: str, content: bytes) -> str:
        """A photo of the house, which never goes."""
        self._pinned[f"/media/{name}"] = content
        return f"/media/{name}"

    def get(self, path: str) -> bytes | None:
        with self._lock:
            return self._pinned.get(path) or self._kept.get(path)


def media_type(content: bytes) -> str:
    """What the first bytes say; a browser is never told that an upload is a page."""
    for magic, name in _MAGIC:
        if content.startswith(magic):
            return name
    return "application/octet-stream"
