"""What a robot says, as the platform wants it: texts as markdown that stays plain, and cards whose buttons change."""

import hashlib
import re
import threading
from collections import OrderedDict
from typing import Any

from bot.channels import Outgoing
from bot.channels.cards import Size, button_card, settles
from bot.channels.wecom_robot.messages import RobotCallback
from handlers import replies

LONGEST_BYTES = 20_480
# Making a text plain replaces one byte by at most three.
LONGEST_PLAIN_BYTES = LONGEST_BYTES // 3
CUT_OFF = "…"
ROBOT_CARD = Size(title=26, body=112)
SUBMITTED = "已提交"
MOST_CARDS = 1000
# The letters of an address, without those that could begin something new right behind it.
ADDRESS = re.compile(r"(https?://[\w.~:/?#@!$&'()+,;=%-]+)", re.ASCII)
HEADING = re.compile(r"^(\s*)#", re.MULTILINE)
# Whether the platform knows backslashes is not documented; a full-width twin means nothing to it and reads the same.
TWINS = str.maketrans("*_`<>[]|~", "\uff0a\uff3f\uff40\uff1c\uff1e\uff3b\uff3d\uff5c\uff5e")


def plain(text: str) -> str:
    """The text so that no markdown in it works: nobody's words may mention people, hide a link or shout."""
    parts = ADDRESS.split(text)
    parts[::2] = [HEADING.sub("\\1\uff03", part.translate(TWINS)) for part in parts[::2]]
    return cut("".join(parts))


def cut(text: str, longest: int = LONGEST_BYTES) -> str:
    """The beginning that fits; the outbox splits what is sent, so this only meets answers inside a response."""
    content = text.encode("utf-8", "replace")
    if len(content) <= longest:
        return content.decode()
    return content[: longest - len(CUT_OFF.encode())].decode("utf-8", "ignore") + CUT_OFF


def stream(message_id: str, text: str) -> dict[str, Any]:
    """An answer, finished at once; the same message gets the same stream, so that a repeated answer replaces it."""
    stream_id = hashlib.sha256(message_id.encode()).hexdigest()[:32]
    return {"msgtype": "stream", "stream": {"id": stream_id, "finish": True, "content": plain(text)}}


def markdown(text: str) -> dict[str, Any]:
    return {"msgtype": "markdown", "markdown": {"content": plain(text)}}


class Cards:
    """The cards sent lately by this process. A click brings no card, and only a whole card can replace one.

    After a restart old cards keep their buttons; the order is answered in words all the same.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sent: OrderedDict[str, dict[str, Any]] = OrderedDict()

    def message(self, outgoing: Outgoing) -> dict[str, Any]:
        """A card where there are buttons and a single chat; else, or where the text does not fit, the text."""
        card = button_card(outgoing.key, outgoing.text, outgoing.orders, ROBOT_CARD) if not outgoing.group else None
        if card is None:
            return markdown(outgoing.text)
        with self._lock:
            self._sent[card["task_id"]] = card
            if len(self._sent) > MOST_CARDS:
                self._sent.popitem(last=False)
        return {"msgtype": "template_card", "template_card": card}

    def at_once(self, callback: RobotCallback) -> dict[str, Any] | None:
        """What answers an event before anything is stored: a welcome, or the pressed card without its buttons.

        The card says no more than that the order was handed in: whether it was right is said in words.
        """
        if callback.welcome:
            return {"msgtype": "text", "text": {"content": replies.HELP_RESIDENT}}
        if not callback.clicked or callback.message is None:
            return None
        order = callback.message.text
        with self._lock:
            card = self._sent.get(callback.clicked)
        if card is None or not settles(order):
            return None
        kept = {name: part for name, part in card.items() if name != "button_selection"}
        done = {"text": SUBMITTED, "style": 2, "key": order}
        return {"response_type": "update_template_card", "template_card": kept | {"button_list": [done]}}
