"""`suishoupai evaluate`: the figures of a model on labelled messages, and of the whole pipeline on transcripts."""

import csv
import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.progress import track

from bot.commands.prepare import console
from bot.commands.transcript import play
from bot.running import Bot
from classifiers import Action, Model, ModelError, Understanding, understand
from classifiers.linear import TextClassifier
from classifiers.office_table import TableError, read_labelled
from classifiers.scores import score_messages, score_table
from data.taxonomy import CaseClass


class DevDataMissing(FileNotFoundError):
    """The labelled messages lie beside the checkout, not in it."""


def evaluate_table(model_path: Path, path: Path, text: list[str], label: str) -> dict[str, Any]:
    """accuracy, macro_f1, per_class and n of a saved model on a labelled table."""
    table = read_labelled(path, text, label)
    tell(table.left_out)
    try:
        model = TextClassifier.load(model_path)
    except ModelError as error:
        raise TableError(str(error)) from None
    return score_table(table.labels, [model.predict(line)[0] for line in table.texts]).as_dict()


def tell(notes: Iterable[str]) -> None:
    """What was left out of a table, to whoever sits in front of it."""
    for note in notes:
        console.print(note, highlight=False, markup=False, soft_wrap=True)


def evaluate_dev(bot: Bot, model: Model, folder: Path) -> dict[str, Any]:
    """The shipped model and pipeline on the messages of `folder`; raises DevDataMissing without it."""
    if not (folder / "dev_labelled.csv").exists():
        raise DevDataMissing(f"{folder} 不在这里:--dev 需要检出目录旁边的 shared/data")
    results = {
        name: _messages(model, folder / name, addressed=False) for name in ("dev_labelled.csv", "single_dev.tsv")
    }
    return {
        **results,
        "chat_train.csv": _chat(model, folder / "chat_train.csv"),
        "transcripts": score_transcripts(bot, sorted((folder / "transcripts").glob("*.json"))),
    }


def _messages(model: Model, path: Path, *, addressed: bool) -> dict[str, Any]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t" if path.suffix == ".tsv" else ","))
    answers = [understand(row["text"], model=model, addressed=addressed) for row in _shown(rows, path.name)]
    return score_messages(rows, answers).as_dict()


def _chat(model: Model, path: Path) -> dict[str, Any]:
    """How many of many lines of ordinary talk the bot would not ignore; none is addressed to it."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        texts = [row["text"] for row in csv.DictReader(file)]
    started = time.perf_counter()
    actions = [understand(text, model=model).action for text in _shown(texts, path.name)]
    seconds = time.perf_counter() - started
    counts = {action.value: actions.count(action) for action in Action}
    share = 1 - counts[Action.IGNORE.value] / len(texts)
    return {"n": len(texts), "not_ignored": share, "actions": counts, "us_per_line": seconds / len(texts) * 1e6}


def _shown(items: list[Any], name: str) -> Iterable[Any]:
    return track(items, description=name, console=console, transient=True)


@dataclass
class _Tally:
    expected: int = 0
    found: int = 0
    registered: int = 0
    wrong: int = 0
    jaccard: float = 0.0
    category: int = 0
    urgency: int = 0
    merged: int = 0
    exposed: int = 0


def score_transcripts(bot: Bot, paths: list[Path]) -> dict[str, Any]:
    """Scores as `reference/transcript.md` defines them, over all files together."""
    tally = _Tally()
    for path in paths:
        expected = json.loads(path.read_text(encoding="utf-8"))["expected_cases"]
        _score_one(tally, expected, play(bot, path)["cases"])
    found = tally.found or 1
    return {
        "files": len(paths),
        "expected": tally.expected,
        "found": tally.found,
        "found_share": tally.found / (tally.expected or 1),
        "registered": tally.registered,
        "wrongly_registered": tally.wrong,
        "wrongly_registered_share": tally.wrong / (tally.registered or 1),
        "jaccard": tally.jaccard / found,
        "category": tally.category / found,
        "urgency": tally.urgency / found,
        "merged_reporters": tally.merged / found,
        "discipline_with_public_reply": tally.exposed,
    }


def _score_one(tally: _Tally, expected: list[dict[str, Any]], cases: list[dict[str, Any]]) -> None:
    tally.expected += len(expected)
    tally.registered += len(cases)
    tally.wrong += sum(not any(_overlap(case, want) for want in expected) for case in cases)
    tally.exposed += sum(case["class"] == CaseClass.DISCIPLINE and case["public_reply"] for case in cases)
    for want in expected:
        fitting = [case for case in cases if _overlap(case, want) and case["class"] == want["class"]]
        if fitting:
            best = max(fitting, key=lambda case: _jaccard(case, want))
            tally.found += 1
            tally.jaccard += _jaccard(best, want)
            tally.category += best["category"] == want["category"]
            tally.urgency += best["urgency"] == want["urgency"]
            tally.merged += set(best["merged_reporters"]) == set(want["merged_reporters"])


def _overlap(case: dict[str, Any], want: dict[str, Any]) -> bool:
    return bool(set(case["messages"]) & set(want["messages"]))


def _jaccard(case: dict[str, Any], want: dict[str, Any]) -> float:
    ours, theirs = set(case["messages"]), set(want["messages"])
    return len(ours & theirs) / len(ours | theirs)


def as_json_line(found: Understanding, text: str) -> dict[str, Any]:
    """One line of `suishoupai classify --json`."""
    confidence = found.confidence
    return {
        "text": text,
        "intent": found.intent.value,
        "class": found.class_.value if found.class_ else None,
        "category": found.category,
        "urgency": found.urgency.value if found.urgency else None,
        "place": found.place.text if found.place else None,
        "confidence": {
            "intent": round(confidence.intent, 4),
            "class": round(confidence.class_, 4),
            "category": round(confidence.category, 4),
        },
        "action": found.action.value,
        "because": list(found.because),
    }
