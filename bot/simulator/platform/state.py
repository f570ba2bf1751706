"""Everything the platform knows, in one place, under one lock."""

import secrets
import threading
from dataclasses import dataclass, field
from typing import Any

from bot.simulator.platform.clock import VirtualClock
from bot.simulator.platform.corp import Corp
from bot.simulator.platform.counters import Counters
from bot.simulator.platform.faults import Faults
from bot.simulator.platform.rates import Rates
from bot.simulator.platform.records import CardCode, Media, Sealed, Sent, Talk, Token, Upload
from bot.simulator.platform.screens import Screens


@dataclass
class State:
    """Endpoints read and change it while they hold the lock; nobody waits for a network with it."""

    corp: Corp
    clock: VirtualClock
    faults: Faults
    counters: Counters = field(default_factory=Counters)
    screens: Screens = field(default_factory=Screens)
    rates: Rates = field(default_factory=Rates)
    tokens: dict[str, Token] = field(default_factory=dict)
    bad_secrets: dict[str, int] = field(default_factory=dict)
    banned_until: dict[str, float] = field(default_factory=dict)
    media: dict[str, Media] = field(default_factory=dict)
    sealed: dict[str, Sealed] = field(default_factory=dict)
    sent: dict[str, Sent] = field(default_factory=dict)
    recent: dict[str, tuple[float, dict[str, Any]]] = field(default_factory=dict)
    codes: dict[str, CardCode] = field(default_factory=dict)
    tasks: set[tuple[str, str]] = field(default_factory=set)
    talks: dict[str, Talk] = field(default_factory=dict)
    response_urls: dict[str, Talk] = field(default_factory=dict)
    uploads: dict[str, Upload] = field(default_factory=dict)
    spoken: set[tuple[str, str]] = field(default_factory=set)
    lock: threading.RLock = field(default_factory=threading.RLock)
    base_url: str = "http://127.0.0.1"
    """Where links in callbacks (response_url, encrypted photos) lead."""

    def now(self) -> float:
        return self.clock.now()


def new_id(letters: int = 32) -> str:
    """An id like those of the platform; nobody may guess it."""
    return secrets.token_urlsafe(letters)[:letters]
