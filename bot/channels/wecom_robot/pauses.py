"""How long to wait before trying again: longer every time, never all at the same moment."""

import random


class Pauses:
    """Pauses that double up to `longest` seconds until somebody says that all is well again."""

    def __init__(self, longest: float) -> None:
        self._longest = longest
        self._ended = 0

    def next(self, first: float) -> float:
        """The next pause; `first` is the shortest for this kind of trouble."""
        pause = min(self._longest, first * 2.0 ** min(self._ended, 32))
        self._ended += 1
        return pause * random.uniform(0.8, 1.2)

    def reset(self) -> None:
        self._ended = 0
