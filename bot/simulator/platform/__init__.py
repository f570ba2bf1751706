"""A stand-in of the servers of WeCom (企业微信), as far as the bot's channels touch them.

It speaks HTTP(S) and WebSocket, calls the bot's callbacks signed and encrypted, can misbehave in every known way, and
knows what people would have seen. Nothing of the bot's own crypto or parsing is used here: a bug there shows here.
"""

from bot.simulator.platform.clock import VirtualClock
from bot.simulator.platform.counters import Counters
from bot.simulator.platform.envelope import new_key
from bot.simulator.platform.faults import Fault, Faults
from bot.simulator.platform.people import Location, NotThere, Told
from bot.simulator.platform.platform import Platform
from bot.simulator.platform.postman import Fate
from bot.simulator.platform.screens import Button, Card, Shown
from bot.simulator.platform.server import app_of, served

__all__ = [
    "Button",
    "Card",
    "Counters",
    "Fate",
    "Fault",
    "Faults",
    "Location",
    "NotThere",
    "Platform",
    "Shown",
    "Told",
    "VirtualClock",
    "app_of",
    "new_key",
    "served",
]
