"""What mistakes cost, as numbers: how sure the bot must be before it acts. Administrators may pass their own."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Thresholds:
    """Probabilities between 0 and 1; the defaults were set on real messages that the model never learned from."""

    register: float = 0.96
    """Overheard talk becomes a case only from here on: a false alarm disturbs two hundred neighbours."""

    addressed: float = 0.5
    """What was said to the bot becomes a case from here on: who calls it wants something."""

    candidate: float = 0.85
    """Overheard talk below `register` is offered to a person from here on, and not answered."""

    ask: float = 0.15
    """What was said to the bot is asked back from here on; below it is small talk."""

    discipline: float = 0.8
    """纪检 is chosen exactly from here on: lower finds more accusations, higher sends less 民生 to that office."""

    category: float = 0.5
    """Below it the category is a guess that a person should look at."""


DEFAULT_THRESHOLDS = Thresholds()
