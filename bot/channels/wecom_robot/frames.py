"""What comes over the robot's long connection is stored and answered there; what cannot be answered there is queued."""

import datetime as dt
from collections import OrderedDict
from collections.abc import Callable
from typing import TypeVar

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.channels import BadCallback, ChannelError, ChannelUnsure, Outgoing, Receive
from bot.channels.wecom_robot.answers import Cards, stream
from bot.channels.wecom_robot.long_connection import LongConnection
from bot.channels.wecom_robot.messages import read
from bot.channels.wecom_robot.session import Frame
from handlers.message import IncomingMessage

log = structlog.get_logger("wecom_robot")

SINGLE_CHAT, GROUP_CHAT = 1, 2
# The platform repeats nothing, so a message is not given up at the first trouble with our own store.
STORE_AGAIN_SECONDS = (1.0, 5.0, 15.0)
NOT_STORED = "系统出了点问题，没有收到您刚才的消息。请过几分钟再发一次。"
RECONNECTED_SECONDS = 30.0
MOST_ANSWERED = 1000
T = TypeVar("T")
GiveBack = Callable[[IncomingMessage], bool]
"""Queues the stored answer to a message, which did not get there; false if no answer to it is stored."""


class FrameHandler:
    """Handles one frame after the other, in the connection's thread."""

    def __init__(
        self,
        connection: LongConnection,
        cards: Cards,
        clock: Callable[[], dt.datetime],
        give_back: GiveBack,
        store_again: tuple[float, ...] = STORE_AGAIN_SECONDS,
    ) -> None:
        self._connection = connection
        self._cards = cards
        self._clock = clock
        self._give_back = give_back
        self._store_again = store_again
        self._answered: OrderedDict[str, None] = OrderedDict()

    def start(self, receive: Receive) -> None:
        self._connection.start(lambda frame: self._handle(frame, receive))

    def push(self, outgoing: Outgoing) -> None:
        """Speak first; the platform lets us only where somebody has spoken to the robot before."""
        to = {"chatid": outgoing.group or outgoing.account, "chat_type": GROUP_CHAT if outgoing.group else SINGLE_CHAT}
        self._connection.request("aibot_send_msg", to | self._cards.message(outgoing))

    def _handle(self, frame: Frame, receive: Receive) -> None:
        try:
            callback = read(frame.body, self._clock())
        except BadCallback as error:
            log.warning("callback not understood", why=str(error))
            return
        if content := self._cards.at_once(callback):
            command = "aibot_respond_welcome_msg" if callback.welcome else "aibot_respond_update_msg"
            self._try_to_answer(command, content, frame.request_id)
        if callback.message is None:
            return
        # With nobody there to hear it the answer goes through the outbox, to whoever connects next.
        passive = self._connection.ready and not callback.clicked
        message = callback.message
        answer = self._insisting(message, lambda: receive(message, passive), NOT_STORED)
        if answer and message.platform_id not in self._answered:
            self._answer(message, answer, frame.request_id)

    def _insisting(self, message: IncomingMessage, work: Callable[[], T | None], given_up: T) -> T | None:
        """Do it again if our database fails; in the end all that is left of a message is to ask for it again."""
        for pause in (*self._store_again, None):
            try:
                return work()
            except SQLAlchemyError as error:
                log.warning("database failed", id=message.platform_id, error=type(error).__name__)
                if pause is not None:
                    self._connection.rest(pause)
        log.error("lost, the platform does not repeat it", id=message.platform_id)
        return given_up

    def _answer(self, message: IncomingMessage, answer: str, request_id: str) -> None:
        """Once: a message that came twice is answered once, and what may have arrived is not said again."""
        content = stream(message.platform_id, answer)
        refused = self._try_to_answer("aibot_respond_msg", content, request_id)
        if refused is not None and not isinstance(refused, ChannelUnsure):
            self._answer_later(message, answer)
        self._answered[message.platform_id] = None
        if len(self._answered) > MOST_ANSWERED:
            self._answered.popitem(last=False)

    def _try_to_answer(self, command: str, content: dict[str, object], request_id: str) -> ChannelError | None:
        try:
            self._connection.request(command, content, request_id)
        except ChannelError as error:
            log.warning("callback not answered", command=command, reason=str(error))
            return error
        return None

    def _answer_later(self, message: IncomingMessage, answer: str) -> None:
        """Through the outbox, which keeps to order and limits and tries again; what no row knows is pushed once."""
        if answer != NOT_STORED:
            if not self._insisting(message, lambda: self._give_back(message), False):
                log.error("answer lost", id=message.platform_id)
            return
        self._connection.wait_until_ready(RECONNECTED_SECONDS)
        account = None if message.group else message.sender
        try:
            self.push(Outgoing(key="", text=answer, group=message.group, account=account))
        except ChannelError as error:
            log.error("answer lost", id=message.platform_id, reason=str(error))
