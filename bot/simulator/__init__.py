"""A stand-in for a chat platform's servers, and the chat page of the demo.

It talks to the bot over HTTP only, signed like the real platforms, and knows nothing of what happens inside.
"""

from bot.simulator.cast import Cast, Group, NotAllowed, NotInCast, Person, PersonKind
from bot.simulator.conversations import Delivery, Message, MessageKind
from bot.simulator.counters import Counters
from bot.simulator.server import app_of, create_app
from bot.simulator.simulator import Simulator

__all__ = [
    "Cast",
    "Counters",
    "Delivery",
    "Group",
    "Message",
    "MessageKind",
    "NotAllowed",
    "NotInCast",
    "Person",
    "PersonKind",
    "Simulator",
    "app_of",
    "create_app",
]
