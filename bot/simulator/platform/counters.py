"""What happened at the platform, in numbers a test or a bench can compare."""

from dataclasses import dataclass


@dataclass
class Counters:
    """Changed under the platform's lock only."""

    calls: int = 0
    """Requests of the bot to the API."""
    refused_calls: int = 0
    """Of them answered with an errcode other than 0."""
    tokens_fetched: int = 0
    shown: int = 0
    """Messages of the bot that a member or a group saw."""
    dropped: int = 0
    """Answered with ok and shown to nobody: over a member's limit, or by a fault."""
    over_limit: int = 0
    """Refused with 45009 because a real limit was passed (not by a fault)."""
    duplicates_refused: int = 0
    """Second sends that the duplicate check kept away from the member."""
    said: int = 0
    """What people said or clicked."""
    not_delivered: int = 0
    """What a robot never gets to know: no @, a lone photo in a group, too many in progress."""
    callbacks: int = 0
    """Callbacks tried, every attempt counted."""
    retries: int = 0
    taken: int = 0
    lost: int = 0
    """Callbacks given up on: never sent, or without a good answer to the last attempt."""
    bad_answers: int = 0
    """Answers to a callback that the platform could not read, or does not allow."""
    repeated_answers: int = 0
    """Passive answers to a message that had been answered before; nobody saw them."""
    kicked: int = 0
