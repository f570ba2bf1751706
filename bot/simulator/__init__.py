"""Stand-ins for the servers of chat platforms; they talk to the bot over the network only, signed like the real ones.

The demo plays on `Stage`, people on the stand-in of WeCom, with the chat page of `chat_app`. `Simulator` is the other
end of the console channel, a platform so simple that tests use it.
"""

from bot.simulator.cast import Cast, Group, NotAllowed, NotInCast, Person, PersonKind
from bot.simulator.chat_server import chat_app
from bot.simulator.conversations import Delivery, Message, MessageKind
from bot.simulator.counters import Counters
from bot.simulator.server import app_of
from bot.simulator.simulator import Simulator
from bot.simulator.stage import Stage, words_of

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
    "Stage",
    "app_of",
    "chat_app",
    "words_of",
]
