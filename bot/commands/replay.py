"""`suishoupai replay FILE`: a chat log or CSV through the whole pipeline, into the configured database.

Every line is a message with an id made of the file's name, the line number and the text, so an interrupted run
can be run again: lines that are in already are known. Nothing outbound is queued.
"""

import csv
import datetime as dt
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sqlmodel import col, func, select

from bot.app import quiet
from bot.channels.console import ConsoleChannel
from bot.commands.prepare import console
from bot.running import Bot
from classifiers import Action, Intent, Understanding
from data.models import Message, Source
from handlers.message import IncomingMessage, Understand

TEXT_COLUMNS = ("text", "content", "message", "内容", "title")


@dataclass(frozen=True)
class Replayed:
    """How a replay went; `outcomes` counts what became of the messages of this file."""

    lines: int
    new: int
    outcomes: dict[str, int]


class ReplayError(ValueError):
    """The file cannot be replayed; the message says why."""


def replay(bot: Bot, path: Path, *, sample: bool, now: dt.datetime) -> Replayed:
    """Play every line in order; `sample` allows lines without group and sender to be spread over the street."""
    lines = list(read_lines(path))
    silent = quiet(bot, source=Source.REPLAY)
    silent = replace(silent, inbox=replace(silent.inbox, understand=never_ask(silent.inbox.understand)))
    groups = sorted(platform_id for _channel, platform_id in bot.directory().groups)
    before = _known(bot, path)
    with _progress() as progress:
        task = progress.add_task(path.name, total=len(lines))
        for number, line in enumerate(lines, start=2):
            message = to_message(path, number, line, groups if sample else [], now)
            if message is not None:
                silent.inbox.receive(message, message.sent_at)
            progress.advance(task)
    return Replayed(len(lines), sum(_known(bot, path).values()) - sum(before.values()), _known(bot, path))


def read_lines(path: Path) -> Iterator[dict[str, str]]:
    """The rows of a CSV or TSV, with the message under `text`."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, delimiter="\t" if path.suffix == ".tsv" else ",")
        column = next((name for name in TEXT_COLUMNS if name in (reader.fieldnames or ())), None)
        if column is None:
            raise ReplayError(f"{path.name}: 没有文字列,需要其中一列:{'、'.join(TEXT_COLUMNS)}")
        for row in reader:
            yield {**row, "text": row[column] or ""}


def to_message(
    path: Path, number: int, line: dict[str, str], groups: list[str], now: dt.datetime
) -> IncomingMessage | None:
    """One line as a message. Without a group it was written to the office, so it counts as addressed."""
    text = line["text"].strip()
    if not text:
        return None
    group, sender = line.get("group"), line.get("sender")
    addressed = group is None
    digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
    if group is None and not groups:
        raise ReplayError(f"{path.name}: 没有 group 列;只有演示数据才可以把消息分散到各群")
    return IncomingMessage(
        channel=ConsoleChannel.name,
        platform_id=f"{_prefix(path)}{number}:{digest[:16]}",
        # Each line without a sender is somebody of their own: unrelated letters must not look like one person's talk.
        sender=sender or f"replay-{number}-{digest[:8]}",
        nickname=line.get("nick") or "",
        sent_at=dt.datetime.fromisoformat(line["at"]).astimezone(dt.UTC) if line.get("at") else now,
        text=text,
        group=group or groups[int(digest[8:16], 16) % len(groups)],
        addressed=addressed,
    )


def never_ask(understand: Understand) -> Understand:
    """Nobody is there to answer a question, so what may be a matter is registered for a person to look at."""

    def decided(text: str, **arguments: Any) -> Understanding:
        found = understand(text, **arguments)
        if found.action is not Action.ASK:
            return found
        intent = Intent.REPORT if found.intent is Intent.NONE else found.intent
        return replace(found, intent=intent, action=Action.REGISTER)

    return decided


def _prefix(path: Path) -> str:
    return f"replay:{path.name[:40]}:"


def _known(bot: Bot, path: Path) -> dict[str, int]:
    """Messages of this file in the database, by outcome."""
    statement = (
        select(Message.outcome, func.count())
        .where(col(Message.platform_id).startswith(_prefix(path), autoescape=True))
        .group_by(col(Message.outcome))
    )
    with bot.database.reading() as session:
        return {str(outcome): count for outcome, count in session.exec(statement).all()}


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console)
