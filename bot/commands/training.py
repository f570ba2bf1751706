"""`suishoupai train` and `evaluate`: the shipped model, a candidate from corrections, or any labelled table."""

import datetime as dt
import json
from pathlib import Path
from typing import Annotated, Any

import typer

from bot import promotion
from bot.commands import evaluate as evaluation
from bot.commands.model_tables import trial_table
from bot.commands.prepare import console, live_model, quiet_bot, user
from bot.settings import Settings
from classifiers import Model, ModelError
from classifiers import model as shipped_model
from classifiers.candidate import try_candidate
from classifiers.corpus import read_corrections
from classifiers.linear import train_table
from classifiers.office_table import TableError, read_for_training
from classifiers.scores import score_table

training = typer.Typer()

DEV_DATA = Path(__file__).parents[3] / "shared" / "data"
TextOption = Annotated[list[str] | None, typer.Option("--text", help="文字列，可多次")]
LabelOption = Annotated[str, typer.Option("--label", help="标签列")]
TableArgument = Annotated[Path | None, typer.Argument(exists=True, dir_okay=False, help="带标签的 CSV")]


@training.command()
def train(
    file: TableArgument = None,
    text: TextOption = None,
    label: LabelOption = "label",
    out: Annotated[Path | None, typer.Option(help="模型存到哪里")] = None,
    corrections: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="人的更正，和语料一起训练候选模型")
    ] = None,
) -> None:
    """训练自带的模型；给了文件就用它训练，任何标签都可以；给了更正就训练候选模型，不动正在用的。"""
    settings = Settings()
    if file is not None and corrections is not None:
        raise typer.BadParameter("文件和 --corrections 只能给一个")
    if corrections is not None:
        result = train_candidate(settings, corrections, out or settings.candidate)
    elif file is not None:
        result = train_on_table(file, text or ["text"], label, out or Path("var") / f"{file.stem}.npz")
    else:
        result = train_shipped(settings, out or settings.model_path)
    typer.echo(json.dumps(result, ensure_ascii=False))


@training.command()
def evaluate(
    file: TableArgument = None,
    model: Annotated[Path | None, typer.Option(help="train 存下的模型")] = None,
    text: TextOption = None,
    label: LabelOption = "label",
    dev: Annotated[bool, typer.Option(help="自带模型在 ../shared/data 上的成绩")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """给存下的模型打分。"""
    if dev:
        bot = quiet_bot()
        scores = evaluation.evaluate_dev(bot, live_model(bot.settings), DEV_DATA)
    elif file is not None and model is not None:
        scores = evaluation.evaluate_table(model, file, text or ["text"], label)
    else:
        raise typer.BadParameter("要么 --dev，要么给出文件和 --model")
    typer.echo(json.dumps(scores, ensure_ascii=False, indent=None if as_json else 2))


def train_shipped(settings: Settings, target: Path) -> dict[str, Any]:
    """The model of the committed corpus alone; where it takes the live model's place, that is logged."""
    with console.status("训练分类模型…"):
        model = shipped_model.train()
    if target.resolve() == settings.model_path.resolve():
        promotion.put_trained(target, model, by=user(), now=dt.datetime.now(dt.UTC))
    else:
        model.save(_ready(target))
    return {"model": str(target), "corpus_hash": model.corpus_hash}


def train_on_table(file: Path, text: list[str], label: str, target: Path) -> dict[str, Any]:
    """Any labels; the scores are those on the lines it learned, so they say little about others."""
    table = read_for_training(file, text, label)
    evaluation.tell(table.left_out)
    with console.status("训练…"):
        classifier = train_table(table.texts, table.labels)
    classifier.save(_ready(target))
    scores = score_table(table.labels, [classifier.predict(line)[0] for line in table.texts])
    return {"model": str(target), "on_training_data": scores.as_dict()}


def train_candidate(settings: Settings, corrections: Path, target: Path) -> dict[str, Any]:
    """A candidate beside the live model, which stays as it is; raises TableError for a bad line."""
    if target.resolve() == settings.model_path.resolve():
        raise TableError(f"{target}：这是正在用的模型，候选模型请存到别处，再用 suishoupai promote 换上")
    rows = read_corrections(corrections)
    with console.status("训练候选模型，要训练两遍…"):
        trial = try_candidate(rows, live=_live_if_any(settings.model_path))
    trial.candidate.save(_ready(target))
    console.print(trial_table(trial))
    return {"model": str(target), **trial.as_dict()}


def _live_if_any(path: Path) -> Model | None:
    try:
        return Model.load(path)
    except ModelError:
        return None


def _ready(target: Path) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    return target
