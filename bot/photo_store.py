"""Where photos lie: a folder of this machine, or what several machines share, such as s3://bucket/path."""

from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from obstore.store import LocalStore, ObjectStore, from_url


@dataclass(frozen=True)
class PhotoStore:
    """Files by name; `url` wins over `folder`."""

    folder: Path
    url: str = ""

    def put(self, path: str, content: bytes) -> None:
        self._store.put(path, content)

    def get(self, path: str) -> bytes:
        """The content; raises FileNotFoundError."""
        return bytes(self._store.get(path).bytes())

    def delete(self, paths: list[str]) -> None:
        """Also where another process was faster with some of them."""
        try:
            self._store.delete(paths)
        except FileNotFoundError:
            for path in paths:
                with suppress(FileNotFoundError):
                    self._store.delete(path)

    def names(self) -> list[str]:
        return [meta["path"] for lot in self._store.list() for meta in lot]

    @property
    def _store(self) -> ObjectStore:
        # The folder may be moved away and put back while we run; a store elsewhere keeps its connections.
        return self._elsewhere if self.url else LocalStore(prefix=self.folder.resolve(), mkdir=True)

    @cached_property
    def _elsewhere(self) -> ObjectStore:
        return from_url(self.url, mkdir=True) if self.url.startswith("file:") else from_url(self.url)
