"""Carries callbacks to the bot: with the platform's timeout and retries, and with its bad luck when faults are on."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import httpx2

from bot.simulator.platform.faults import Fault
from bot.simulator.platform.state import State

TIMEOUT_SECONDS = 5.0
CHECK_SECONDS = 1.0
PAUSE_SECONDS = 1.0
ATTEMPTS = 3


class Fate(StrEnum):
    """What became of a callback."""

    TAKEN = "taken"
    LOST = "lost"
    """Every attempt failed, or a fault lost it: the bot may not know of it."""
    HELD = "held"
    """Goes after the next one."""
    NOT_DELIVERED = "not_delivered"
    """The platform has no callback for this."""


@dataclass(frozen=True)
class Letter:
    """A sealed callback: every attempt carries the same body and the same address."""

    url: str
    body: bytes
    query: Mapping[str, str]
    media_type: str
    attempts: int = ATTEMPTS
    on_answer: Callable[[bytes], None] = lambda _: None


class Postman:
    """Blocks while it delivers; may be called from any thread."""

    def __init__(
        self,
        state: State,
        *,
        timeout: float = TIMEOUT_SECONDS,
        pause: float = PAUSE_SECONDS,
        check_timeout: float = CHECK_SECONDS,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        self._state, self._pause, self._check_timeout = state, pause, check_timeout
        self._held: list[Letter] = []
        self._lock = threading.Lock()
        # A proxy named in the environment must not come between two servers on one machine.
        self._client = httpx2.Client(timeout=timeout, transport=transport, trust_env=False)

    def close(self) -> None:
        self._client.close()

    def deliver(self, letter: Letter) -> Fate:
        """Once, twice, later or never, as the faults say."""
        faults = self._state.faults
        if faults.draw(Fault.LOSS):
            self._count(lost=1)
            return Fate.LOST
        if faults.draw(Fault.REORDER):
            with self._lock:
                self._held.append(letter)
            return Fate.HELD
        fate = self._post(letter)
        if faults.draw(Fault.DUPLICATE):
            self._post(letter)
        self.flush()
        return fate

    def flush(self) -> None:
        """Deliver what was held back."""
        with self._lock:
            held, self._held = self._held, []
        for letter in held:
            self._post(letter)

    def check(self, url: str, query: Mapping[str, str]) -> bytes | None:
        """The answer to the check of a callback address; None when it did not come in time."""
        try:
            response = self._client.get(url, params=dict(query), timeout=self._check_timeout)
        except httpx2.HTTPError:
            return None
        return response.content if response.status_code == 200 else None

    def _post(self, letter: Letter) -> Fate:
        for attempt in range(letter.attempts):
            if attempt:
                time.sleep(self._pause)
            answer = self._attempt(letter)
            self._count(callbacks=1, retries=int(attempt > 0))
            if answer is not None:
                letter.on_answer(answer)
                self._count(taken=1)
                return Fate.TAKEN
        self._count(lost=1)
        return Fate.LOST

    def _attempt(self, letter: Letter) -> bytes | None:
        """Only HTTP 200 within the time counts."""
        headers = {"content-type": letter.media_type}
        try:
            response = self._client.post(letter.url, content=letter.body, params=dict(letter.query), headers=headers)
        except httpx2.HTTPError:
            return None
        return response.content if response.status_code == 200 else None

    def _count(self, **amounts: int) -> None:
        with self._state.lock:
            for name, amount in amounts.items():
                setattr(self._state.counters, name, getattr(self._state.counters, name) + amount)
