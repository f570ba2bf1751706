"""A channel that lets us change what was sent, and the two grid members who are offered the same task on it."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field

import sqlalchemy as sa

from bot.channels import Outgoing, Receipt
from data.models import Duty
from tests.talking import RecordingChannel, Talk


@dataclass
class ChangingChannel(RecordingChannel):
    """Numbers what it is given; `refusals` are raised first, one a change; `meanwhile` happens during any call."""

    recall_within: dt.timedelta = dt.timedelta(hours=24)
    settle_within: dt.timedelta = dt.timedelta(hours=72)
    recalled: list[str] = field(default_factory=list)
    settled: list[tuple[str, str, str]] = field(default_factory=list)
    refusals: list[BaseException] = field(default_factory=list)
    meanwhile: Callable[[], object] | None = None

    def send(self, outgoing: Outgoing) -> Receipt:
        self._meanwhile()
        super().send(outgoing)
        number = len(self.sent)
        return Receipt(f"m-{number}", f"code-{number}" if outgoing.orders else "")

    def recall(self, message_id: str) -> None:
        self._change()
        self.recalled.append(message_id)

    def settle_card(self, account: str, response_code: str, words: str) -> None:
        self._change()
        self.settled.append((account, response_code, words))

    def _change(self) -> None:
        self._meanwhile()
        if self.refusals:
            raise self.refusals.pop(0)

    def _meanwhile(self) -> None:
        happening, self.meanwhile = self.meanwhile, None
        if happening is not None:
            happening()


def changing(talk: Talk) -> ChangingChannel:
    """The channel the talk runs on from now on."""
    talk.channel = channel = ChangingChannel()
    talk.bot.channels["console"] = channel
    return channel


def without_roster(talk: Talk) -> None:
    """Every task is offered to all members of its grid."""
    with talk.bot.database.writing() as session:
        session.execute(sa.delete(Duty))
        session.commit()
    talk.bot.directory.reload()
