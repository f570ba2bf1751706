"""The course of a fault run: lives of a few seconds under changing faults, until everything is said."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from bot.commands.fault_run.crowd import Crowd
from bot.commands.fault_run.process import MortalBot
from bot.commands.fault_run.trouble import CHANGE_SECONDS, Trouble, untrusted
from bot.simulator.platform import Platform

KILL_EVERY_SECONDS = 5.0
# Of all starts one in ten is killed before the process serves anything.
KILLED_EARLY = 0.1
REFUSED_AT = 0.9
LAST_WORDS_SECONDS = 3.0


@dataclass(frozen=True)
class Plan:
    """How long, how hard, on what."""

    messages: int = 10_000
    seed: int = 1
    kill_every: float = KILL_EVERY_SECONDS
    long_connection: bool = False
    database_url: str = ""
    model_path: Path | None = None


class Course:
    """One run from the first start to the last words; `tell` hears how many things were said."""

    def __init__(
        self, plan: Plan, platform: Platform, bot: MortalBot, crowd: Crowd, tell: Callable[[int], None]
    ) -> None:
        self._plan, self._platform, self._bot, self._crowd, self._tell = plan, platform, bot, crowd, tell
        self._trouble = Trouble(platform, plan.seed, long_connection=plan.long_connection)
        self._dice = Random(plan.seed)
        self._was_refused = False

    def run(self) -> None:
        """The last life is left in peace, so that what the platform held back can still be delivered."""
        self._bot.start()
        self._bot.must_serve()
        talking = self._crowd.begin()
        while not self._crowd.done:
            if self._dice.random() < KILLED_EARLY:
                self._bot.kill()
                self._bot.start()
                self._bot.wait_until_it_serves(at_most=self._dice.uniform(0.1, 2.0))
            else:
                self._one_life()
            self._bot.kill()
            self._bot.start()
            self._bot.must_serve()
        talking.join()
        self._trouble.end()
        self._platform.flush()
        time.sleep(LAST_WORDS_SECONDS)

    def _one_life(self) -> None:
        over = time.monotonic() + self._plan.kill_every
        while (left := over - time.monotonic()) > 0 and not self._crowd.done:
            self._tell(self._crowd.said)
            self._some_trouble(min(left, CHANGE_SECONDS))

    def _some_trouble(self, seconds: float) -> None:
        """Near the end, once, our address is no longer trusted: it takes the bot minutes to speak again."""
        if self._crowd.said < self._plan.messages * REFUSED_AT or self._was_refused:
            self._trouble.change()
            time.sleep(seconds)
            return
        self._was_refused = True
        with untrusted(self._platform):
            time.sleep(seconds)
