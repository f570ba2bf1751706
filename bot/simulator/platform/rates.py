"""Frequency limits by sliding windows; some refuse for as long as the window, some drop in silence."""

from collections import defaultdict, deque
from collections.abc import Hashable, Iterable
from dataclasses import dataclass

MINUTE, HOUR, DAY = 60, 3600, 86400


@dataclass(frozen=True)
class Rate:
    """At most `count` in `seconds`."""

    count: int
    seconds: int


API_CALLS = (Rate(10_000, MINUTE), Rate(150_000, HOUR))
"""Of one corporation at one endpoint."""
MEMBER = (Rate(30, MINUTE), Rate(1000, HOUR))
"""What one member receives of one app; the surplus is dropped in silence."""
ROBOT_CHAT = (Rate(30, MINUTE), Rate(1000, HOUR))
ROBOT_UPLOAD = (Rate(30, MINUTE), Rate(1000, HOUR))
WEBHOOK = (Rate(20, MINUTE),)
APPCHAT_CREATE = (Rate(1000, DAY),)
APPCHAT_PERSONS = (Rate(20_000, MINUTE),)
APPCHAT_MEMBER = (Rate(200, MINUTE), Rate(10_000, DAY))
SUBSCRIBE = (Rate(30, MINUTE),)
MESSAGES_PER_ACCOUNT_AND_DAY = 200


class Rates:
    """Who did how much; the caller gives the moment."""

    def __init__(self) -> None:
        self._taken: dict[tuple[Hashable, Rate], deque[float]] = defaultdict(deque)
        self._blocked: dict[Hashable, float] = {}

    def take(self, key: Hashable, rates: Iterable[Rate], now: float, amount: int = 1) -> bool:
        """Count it if all windows have room; when not, nothing is counted."""
        rates = tuple(rates)
        if any(self._within(key, rate, now) + amount > rate.count for rate in rates):
            return False
        for rate in rates:
            self._taken[key, rate].extend([now] * amount)
        return True

    def take_or_block(self, key: Hashable, rates: Iterable[Rate], now: float, amount: int = 1) -> bool:
        """The same, but who once asked too much is refused until the window that was full has passed."""
        rates = tuple(rates)
        if now < self._blocked.get(key, 0):
            return False
        if self.take(key, rates, now, amount):
            return True
        full = [rate.seconds for rate in rates if self._within(key, rate, now) + amount > rate.count]
        self._blocked[key] = now + max(full)
        return False

    def _within(self, key: Hashable, rate: Rate, now: float) -> int:
        moments = self._taken[key, rate]
        while moments and moments[0] <= now - rate.seconds:
            moments.popleft()
        return len(moments)
