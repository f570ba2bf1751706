"""Putting a candidate in the live model's place and taking it back: whole files, the one before kept, each logged."""

import datetime as dt
import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

from classifiers import Model, ModelError

UNREADABLE, NONE = "unreadable", "none"
LONGEST_NAME = 64


class PromotionError(ValueError):
    """The models stay as they are, with the reason."""


class Step(StrEnum):
    PROMOTE = "promote"
    ROLLBACK = "rollback"
    TRAIN = "train"


@dataclass(frozen=True)
class Exchange:
    """One line of the log: who put which model in place of which."""

    at: str
    step: Step
    by: str
    before: str
    after: str

    @property
    def moment(self) -> dt.datetime:
        return dt.datetime.fromisoformat(self.at)


def previous_of(live: Path) -> Path:
    """Where the model before the live one is kept."""
    return live.with_name(f"{live.stem}.previous{live.suffix}")


def log_of(live: Path) -> Path:
    return live.with_name(f"{live.stem}.log")


def promote(live: Path, candidate: Path, *, by: str, now: dt.datetime) -> Exchange:
    """The candidate becomes the live model; it must fit the taxonomy. Raises PromotionError and ModelError."""
    with _alone(live):
        if not candidate.exists():
            raise PromotionError(f"没有候选模型 {candidate.name}，请先运行 suishoupai train --corrections")
        after, before = Model.load(candidate).hash, hash_of(live)
        if after == before:
            raise PromotionError("候选模型和正在用的是同一个，没有换")
        coming = _copied(candidate, live)
        if live.exists():
            _copied(live, previous_of(live)).replace(previous_of(live))
        done = _note(live, Exchange(now.isoformat(), Step.PROMOTE, _name(by), before, after))
        coming.replace(live)
        candidate.unlink()
        return done


def rollback(live: Path, *, by: str, now: dt.datetime) -> Exchange:
    """The model before is live again, and the one it replaces is kept: a second rollback takes the first back."""
    with _alone(live):
        previous = previous_of(live)
        if not previous.exists():
            raise PromotionError("没有上一个模型，退不回去")
        after, before = Model.load(previous).hash, hash_of(live)
        leaving = _copied(live, previous) if live.exists() else None
        coming = _copied(previous, live)
        done = _note(live, Exchange(now.isoformat(), Step.ROLLBACK, _name(by), before, after))
        coming.replace(live)
        if leaving is not None:
            leaving.replace(previous)
        return done


def put_trained(live: Path, model: Model, *, by: str, now: dt.datetime) -> None:
    """The shipped model, trained anew by hand, is live; it may be trained over when the corpus changes."""
    with _alone(live):
        before = hash_of(live)
        coming = live.with_name(f"{live.name}.{os.getpid()}.trained")
        model.save(coming)
        if live.exists() and before != model.hash:
            _copied(live, previous_of(live)).replace(previous_of(live))
        _note(live, Exchange(now.isoformat(), Step.TRAIN, _name(by), before, model.hash))
        coming.replace(live)


def history(live: Path) -> list[Exchange]:
    """Every exchange, the first one first; a line that was cut off is passed over."""
    try:
        lines = log_of(live).read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return []
    return [found for line in lines if (found := _read(line)) is not None]


def chosen(live: Path) -> Exchange | None:
    """The exchange by which a person chose the model in place; None where it is the shipped one."""
    last = next(reversed(history(live)), None)
    return last if last is not None and last.step is not Step.TRAIN else None


def hash_of(path: Path) -> str:
    """Of which model a file is."""
    try:
        return Model.load(path).hash if path.exists() else NONE
    except ModelError:
        return UNREADABLE


@contextmanager
def _alone(live: Path) -> Iterator[None]:
    """Two never exchange at the same time; what the disk refuses is said in one line."""
    try:
        live.parent.mkdir(parents=True, exist_ok=True)
        with log_of(live).open("a", encoding="utf-8") as log:
            fcntl.flock(log, fcntl.LOCK_EX)
            yield
    except OSError as error:
        raise PromotionError(f"{live.parent} 里写不进去：{error.strerror}") from error


def _copied(source: Path, target: Path) -> Path:
    """A whole copy beside the target, safely on disk, yet to be put in place."""
    unfinished = target.with_name(f"{target.name}.{os.getpid()}.new")
    shutil.copyfile(source, unfinished)
    with unfinished.open("rb+") as file:
        os.fsync(file.fileno())
    return unfinished


def _note(live: Path, exchange: Exchange) -> Exchange:
    """Written before the files change places, so that no exchange goes without a line."""
    with log_of(live).open("a", encoding="utf-8") as log:
        log.write(json.dumps(asdict(exchange), ensure_ascii=False) + "\n")
        log.flush()
        os.fsync(log.fileno())
    return exchange


def _read(line: str) -> Exchange | None:
    try:
        found = json.loads(line)
        read = Exchange(found["at"], Step(found["step"]), found["by"], found["before"], found["after"])
        return read if read.moment.tzinfo else None
    except (ValueError, KeyError, TypeError):
        return None


def _name(by: str) -> str:
    """Who did it, on one line."""
    name = " ".join("".join(sign if sign.isprintable() else " " for sign in by).split())[:LONGEST_NAME]
    if not name:
        raise PromotionError("请用 --by 写明是谁换的")
    return name
