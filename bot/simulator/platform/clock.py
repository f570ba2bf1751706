"""The platform's own time: it runs like the wall's, and a test may let hours pass at once."""

import time
from collections.abc import Callable


class VirtualClock:
    """Seconds since 1970. Every window of the platform (tokens, media, codes, limits) is measured by it."""

    def __init__(self, real: Callable[[], float] = time.time) -> None:
        self._real = real
        self._ahead = 0.0

    def now(self) -> float:
        return self._real() + self._ahead

    def advance(self, seconds: float) -> None:
        """Let time pass, at once."""
        self._ahead += seconds
