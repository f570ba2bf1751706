"""How soon somebody must act, and whether help for a person is asked."""

from classifiers.model import Reading
from data.taxonomy import Urgency


def judge_urgency(reading: Reading) -> Urgency:
    """The likeliest urgency; an emergency needs a rule (人被困, 燃气味, 触电), because it wakes people."""
    chances = reading.chances("urgency")
    likeliest = max(chances, key=lambda name: chances[name])
    if likeliest == Urgency.EMERGENCY and not _ruled(reading):
        return Urgency.URGENT
    return Urgency(likeliest)


def _ruled(reading: Reading) -> bool:
    return reading.points("urgency").get(Urgency.EMERGENCY, 0.0) > 0


def asks_help(reading: Reading) -> bool:
    """Help for a person, not a fault: it becomes a request for assistance."""
    return any(fired.rule.question == "help" for fired in reading.found.fired)
