"""The switches by which the platform misbehaves, each for a share of cases or a number of times."""

import random
import threading
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum


class Fault(StrEnum):
    """What can go wrong; the first group at the bot's calls, the second at callbacks and the long connection."""

    LATENCY = "latency"
    """The answer comes `seconds` later."""
    HANG = "hang"
    """Nothing happens, and no answer for `seconds`."""
    LOST_ANSWER = "lost_answer"
    """It is done, and no answer for `seconds`."""
    CUT = "cut"
    """It is done, and the connection breaks in the middle of the answer."""
    SERVER_ERROR = "server_error"
    """HTTP 502 with a page."""
    HTML = "html"
    """HTTP 200 with a page."""
    BUSY = "busy"
    """errcode -1."""
    RATE = "rate"
    """errcode 45009."""
    PARALLEL = "parallel"
    """errcode 45033."""
    TOKEN_REVOKED = "token_revoked"
    """The token of this call is revoked just before it."""
    SILENT_DROP = "silent_drop"
    """Answered with ok, shown to nobody."""
    MEDIA_EXPIRED = "media_expired"

    DUPLICATE = "duplicate"
    """The same callback twice."""
    REORDER = "reorder"
    """A callback is held back until the next one has gone."""
    LOSS = "loss"
    """A callback is never sent."""
    NO_PONG = "no_pong"
    KICK = "kick"
    """Another connection of the same robot opens when a frame arrives, and this one is put out."""


@dataclass
class Switch:
    """A fault that is on: where (an endpoint or command, empty for everywhere), how often, for how long."""

    fault: Fault
    endpoint: str = ""
    share: float = 1.0
    times: int | None = None
    seconds: float = 0.0


class Faults:
    """All switches. The dice are seeded, so that a run can be repeated; safe for threads."""

    def __init__(self, seed: int = 1) -> None:
        self._dice = random.Random(seed)
        self._switches: list[Switch] = []
        self._lock = threading.Lock()
        self.happened: Counter[Fault] = Counter()

    def set(
        self, fault: Fault, *, endpoint: str = "", share: float = 1.0, times: int | None = None, seconds: float = 30.0
    ) -> None:
        """Switch it on: `faults.set(Fault.BUSY, endpoint="message/send", times=2)`."""
        with self._lock:
            self._switches.append(Switch(Fault(fault), endpoint, share, times, seconds))

    def clear(self, fault: Fault | None = None) -> None:
        """Switch one off, or all."""
        with self._lock:
            self._switches = [s for s in self._switches if fault is not None and s.fault is not fault]

    def draw(self, fault: Fault, endpoint: str = "") -> Switch | None:
        """Whether it happens this time."""
        with self._lock:
            for switch in self._switches:
                if switch.fault is fault and switch.endpoint in ("", endpoint) and self._falls(switch):
                    self.happened[fault] += 1
                    return switch
        return None

    def on(self) -> list[Switch]:
        with self._lock:
            return list(self._switches)

    def _falls(self, switch: Switch) -> bool:
        if switch.times == 0 or self._dice.random() >= switch.share:
            return False
        if switch.times is not None:
            switch.times -= 1
        return True
