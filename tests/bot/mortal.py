"""A process that is killed at a chosen moment, and a platform that lives on: a file with what it was given."""

import datetime as dt
import os
import signal
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, NoReturn

from bot.app import build, use_keys
from bot.channels import Outgoing, Receipt
from bot.commands.prepare import log_to_stderr
from bot.outbox import Outbox
from bot.settings import Settings
from data.database import Database
from tests.talking import MONDAY, RecordingChannel, Talk


class Moment(StrEnum):
    """When the process dies."""

    HANDLING = "in the middle of a handler"
    COMMITTED = "after the commit, before anything is sent"
    CLAIMED = "after the claim, before the platform has it"
    SENT = "after the platform has it, before the result is stored"


@dataclass
class PlatformFile(RecordingChannel):
    """Keeps every message in a file, which survives; may die just before or after."""

    file: Path = Path("platform.txt")
    dies: Moment | None = None
    spared: int = 0
    """How many messages it is given before it dies."""

    def send(self, outgoing: Outgoing) -> Receipt:
        dies = self.dies if len(self.given()) >= self.spared else None
        if dies is Moment.CLAIMED:
            die()
        known = [line.split("\t")[0] for line in self.given()]
        if not (self.checks_duplicates and outgoing.key in known):
            with self.file.open("a", encoding="utf-8") as file:
                file.write(f"{outgoing.key}\t{outgoing.text.splitlines()[0]}\n")
        if dies is Moment.SENT:
            die()
        return Receipt()

    def given(self) -> list[str]:
        return self.file.read_text(encoding="utf-8").splitlines() if self.file.exists() else []

    def texts(self) -> list[str]:
        return [line.split("\t")[1] for line in self.given()]


def die() -> NoReturn:
    """At once, as when the power fails: nothing is closed, nothing is flushed."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("still alive")


def deliver(url: str, platform: PlatformFile, now: dt.datetime) -> None:
    """The life of a sender: what is queued goes out, until it dies."""
    use_keys(Settings(env="test"))
    log_to_stderr("CRITICAL")
    database = Database(url)
    outbox = Outbox(database, {"console": platform})
    while outbox.deliver(now):
        pass
    database.close()


def receive(url: str, model_path: Path, words: str, moment: Moment) -> None:
    """The life of a receiver: one message comes in, and it dies."""
    settings = Settings(env="test", database_url=url, model_path=model_path)
    log_to_stderr("CRITICAL")
    bot = build(settings, channels={"console": RecordingChannel()})
    if moment is Moment.HANDLING:
        bot = replace(bot, inbox=replace(bot.inbox, policy=replace(bot.policy, reach=_dying)))
    Talk(bot, RecordingChannel(), MONDAY).say("r001", words)
    die()


def _dying(*_: Any) -> NoReturn:
    die()
