"""A candidate model in the shadow of the live one: it reads each message after the answer went out (decision 9).

The way of a message is never touched: its words are put into a short queue in memory after the commit, and a job of
the clock compares. When the queue is full the oldest are not compared; when the process ends the queue is gone.
"""

from collections import Counter, deque
from dataclasses import dataclass
from typing import Any

import structlog

from bot.live_model import ModelFile
from classifiers import Model, PlaceNames, Thresholds, Understanding, understand
from data.models import Message, Outcome
from data.taxonomy import CaseClass
from handlers.message import Understand
from handlers.shadow import Comparison, Differing

log = structlog.get_logger("shadow")

MOST_WAITING = 1000


@dataclass(frozen=True)
class Heard:
    """One message as the live model was asked about it, and its answer."""

    message_id: int
    text: str
    circumstances: dict[str, Any]
    live: Understanding


class Listener:
    """The live model, remembering what it said to the words of one message."""

    def __init__(self, understand: Understand, text: str) -> None:
        self._understand, self._text = understand, text
        self.heard: tuple[dict[str, Any], Understanding] | None = None

    def __call__(
        self, text: str, *, names: PlaceNames, nickname: str, addressed: bool, has_photo: bool
    ) -> Understanding:
        asked = {"names": names, "nickname": nickname, "addressed": addressed, "has_photo": has_photo}
        found = self._understand(text, names=names, nickname=nickname, addressed=addressed, has_photo=has_photo)
        if text == self._text:
            self.heard = asked, found
        return found


class Shadow:
    """The candidate, if there is one, and what it has yet to read."""

    def __init__(self, candidate: ModelFile, thresholds: Thresholds) -> None:
        self.candidate = candidate
        self._thresholds = thresholds
        self._waiting: deque[Heard] = deque(maxlen=MOST_WAITING)
        self.differing: list[Differing] = []
        """What the models differ on and what may yet become a case: labels alone, no words."""

    def listen(self, understand: Understand, text: str) -> Understand:
        """What answers a message: the live model itself where there is no candidate."""
        return understand if self.candidate.model is None else Listener(understand, text)

    def offer(self, row: Message, understand: Understand | None) -> None:
        """A message was answered and committed: its comparison can wait.

        What belongs to a discipline matter without saying so itself, or may have been sealed, is not compared.
        """
        if row.id and isinstance(understand, Listener) and understand.heard is not None:
            apart = row.outcome is Outcome.DISCIPLINE
            if apart and (row.group_id is None or understand.heard[1].class_ is not CaseClass.DISCIPLINE):
                return
            self._waiting.append(Heard(row.id, understand._text, *understand.heard))

    def compare(self) -> tuple[list[Comparison], Counter[tuple[str, str]]]:
        """Read what waits with the candidate; also how often it broke, by live and candidate model."""
        compared: list[Comparison] = []
        failed: Counter[tuple[str, str]] = Counter()
        model = self.candidate.model
        for _ in range(len(self._waiting)):
            heard = self._waiting.popleft()
            if model is None or model.hash == heard.live.model_hash:
                continue
            try:
                compared.append(Comparison(heard.message_id, heard.live, self._read(heard, model)))
            except Exception as error:
                failed[heard.live.model_hash, model.hash] += 1
                log.warning("candidate broke on a message", id=heard.message_id, error=type(error).__name__)
        return compared, failed

    def _read(self, heard: Heard, model: Model) -> Understanding:
        return understand(heard.text, model=model, thresholds=self._thresholds, **heard.circumstances)
