"""What went over the wire so far, for tests and for the end of the demo."""

from dataclasses import dataclass, replace
from threading import Lock


@dataclass(frozen=True)
class Counters:
    """`attempts` counts callbacks posted, retries among them; `sent` what the bot sent and was shown."""

    said: int = 0
    attempts: int = 0
    retries: int = 0
    lost: int = 0
    refused: int = 0
    replies: int = 0
    repeated_replies: int = 0
    sent: int = 0
    duplicates: int = 0
    unknown_recipients: int = 0
    bad_sends: int = 0


class Tally:
    """Counters that several threads may raise."""

    def __init__(self) -> None:
        self._counters = Counters()
        self._lock = Lock()

    def read(self) -> Counters:
        with self._lock:
            return self._counters

    def add(self, **more: int) -> None:
        """`tally.add(sent=1)`."""
        with self._lock:
            current = self._counters
            self._counters = replace(current, **{k: getattr(current, k) + n for k, n in more.items()})
