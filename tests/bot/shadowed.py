"""A bot with a candidate in its shadow, and what is kept of their comparison."""

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

from bot.live_model import ModelFile
from bot.shadow import Shadow
from classifiers import Model, Thresholds
from data.models import ShadowCount, ShadowDifference, ShadowRun
from tests.talking import Talk


@dataclass(frozen=True)
class BreaksOn(Model):
    """A candidate with a fault of its own."""

    def read(self, text: str) -> Any:
        raise RuntimeError(f"cannot read {text}")


def shadowed(talk: Talk, candidate: Model | None) -> Talk:
    """The same talk, with a shadow of its own: bots are shared between tests."""
    file = ModelFile(talk.bot.settings.candidate)
    file.model = candidate
    shadow = Shadow(file, Thresholds())
    talk.bot = replace(talk.bot, shadow=shadow, inbox=replace(talk.bot.inbox, shadow=shadow))
    return talk


def compared(talk: Talk) -> int:
    return talk.bot.compare_models(talk.now)


def run_of(talk: Talk) -> ShadowRun:
    (run,) = talk.rows(ShadowRun)
    found: ShadowRun = run
    return found


def counted(talk: Talk, question: str) -> Counter[tuple[str, str]]:
    rows: list[ShadowCount] = talk.rows(ShadowCount)
    return Counter({(row.live, row.candidate): row.count for row in rows if row.question == question})


def differences(talk: Talk) -> list[tuple[int, str, str, str]]:
    rows: list[ShadowDifference] = talk.rows(ShadowDifference)
    return [(row.case_id, row.question, row.live, row.candidate) for row in rows]


def kept(talk: Talk) -> str:
    """All that the shadow wrote."""
    return "\n".join(str(row) for table in (ShadowRun, ShadowCount, ShadowDifference) for row in talk.rows(table))
