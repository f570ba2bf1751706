"""What goes wrong at the platform during a fault run: a new mixture of faults every two seconds, by seeded dice."""

import random
from collections.abc import Iterator
from contextlib import contextmanager

from bot.simulator.platform import Fault, Platform

CHANGE_SECONDS = 2.0
FEWEST_AT_ONCE, MOST_AT_ONCE = 2, 6
# How often each happens while it is on, and how long it takes. The client waits ten seconds for an answer, so some
# hang longer than that; they are rare, because nothing else goes out meanwhile. So is a revoked token: the client asks
# for another once, and two in a row shut the channel for three minutes.
KINDS: dict[Fault, tuple[float, tuple[float, float]]] = {
    Fault.LATENCY: (0.2, (0.05, 1.0)),
    Fault.HANG: (0.02, (1.0, 12.0)),
    Fault.LOST_ANSWER: (0.02, (2.0, 12.0)),
    Fault.CUT: (0.1, (0.0, 0.0)),
    Fault.SERVER_ERROR: (0.15, (0.0, 0.0)),
    Fault.HTML: (0.15, (0.0, 0.0)),
    Fault.BUSY: (0.15, (0.0, 0.0)),
    Fault.RATE: (0.05, (0.0, 0.0)),
    Fault.PARALLEL: (0.15, (0.0, 0.0)),
    Fault.TOKEN_REVOKED: (0.03, (0.0, 0.0)),
    Fault.SILENT_DROP: (0.05, (0.0, 0.0)),
    Fault.MEDIA_EXPIRED: (0.3, (0.0, 0.0)),
    Fault.DUPLICATE: (0.3, (0.0, 0.0)),
    Fault.REORDER: (0.1, (0.0, 0.0)),
    Fault.LOSS: (0.03, (0.0, 0.0)),
    Fault.NO_PONG: (0.5, (0.0, 0.0)),
}
KICK = 0.01
"""Of every frame over the long connection; the bot then stays away for a minute."""


class Trouble:
    """Switches faults on and off; every kind has its turn before one comes again."""

    def __init__(self, platform: Platform, seed: int, *, long_connection: bool) -> None:
        self._platform, self._dice = platform, random.Random(seed)
        self._kinds = KINDS | ({Fault.KICK: (KICK, (0.0, 0.0))} if long_connection else {})
        self._waiting = self._shuffled()

    def change(self) -> None:
        """Another mixture from now on."""
        self._platform.faults.clear()
        for fault in (next(self._waiting) for _ in range(self._dice.randint(FEWEST_AT_ONCE, MOST_AT_ONCE))):
            share, (shortest, longest) = self._kinds[fault]
            self._platform.faults.set(fault, share=share, seconds=self._dice.uniform(shortest, longest))

    def end(self) -> None:
        self._platform.faults.clear()

    def _shuffled(self) -> Iterator[Fault]:
        while True:
            kinds = list(self._kinds)
            self._dice.shuffle(kinds)
            yield from kinds


@contextmanager
def untrusted(platform: Platform) -> Iterator[None]:
    """While it lasts the platform refuses this machine's address (60020), as after a move to another network."""
    platform.trust_only("192.0.2.1")
    try:
        yield
    finally:
        platform.state.corp.trusted_ips = None
