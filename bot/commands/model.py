"""The commands that care for the model: export decisions, look at the corpus, compare, put in place, take back."""

import csv
import datetime as dt
import json
from pathlib import Path
from typing import Annotated

import typer

from bot import promotion
from bot.commands import model_tables as tables
from bot.commands.prepare import ready_bot, user
from bot.promotion import Exchange
from bot.settings import Settings
from classifiers.corpus import CORPUS, read_lines
from classifiers.corpus_report import NEAR
from classifiers.corpus_report import report as report_on
from handlers import shadow_report
from handlers.cases import lessons

care = typer.Typer()

JsonOption = Annotated[bool, typer.Option("--json", help="输出 JSON")]
ByOption = Annotated[str | None, typer.Option("--by", help="谁决定的；不写就是登录这台电脑的人")]


@care.command()
def corrections(file: Annotated[Path, typer.Argument(dir_okay=False, help="写到哪个 CSV，可作训练语料")]) -> None:
    """把人对类别的判断导出成训练语料（文字已遮住号码，仍请只在内部使用）。"""
    bot = ready_bot()
    with bot.database.reading() as session, file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, lessons.COLUMNS)
        writer.writeheader()
        count = sum(writer.writerow(line) > 0 for line in lessons.lessons(session))
    bot.close()
    typer.echo(f"{count} 条")


@care.command()
def corpus(
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="语料目录")] = CORPUS,
    near: Annotated[float, typer.Option(min=0.3, max=1.0, help="多像才算近似（相邻两字的重合度）")] = NEAR,
    as_json: JsonOption = False,
) -> None:
    """检查训练语料：重复、近似、每个标签多少条、长短；同样的话标了不同标签时退出码为 1。"""
    found = report_on(read_lines(folder), near=near)
    if as_json:
        typer.echo(json.dumps(tables.corpus_object(found), ensure_ascii=False))
    else:
        for table in tables.corpus_tables(found):
            tables.console.print(table)
    raise typer.Exit(1 if found.conflicting else 0)


@care.command()
def shadow(as_json: JsonOption = False) -> None:
    """候选模型和正在用的模型在同样的消息上比得怎么样。"""
    bot = ready_bot(channels={})
    with bot.database.reading() as session:
        run = shadow_report.latest_run(session)
        found = shadow_report.report(session, run) if run else None
    bot.close()
    if as_json:
        typer.echo(json.dumps(tables.shadow_object(found) if found else None, ensure_ascii=False))
    elif found is None:
        typer.echo("还没有比过：放好候选模型，服务运行时就会比")
    else:
        for table in tables.shadow_tables(found):
            tables.console.print(table)
        typer.echo(tables.sealed_line(found))


@care.command()
def promote(by: ByOption = None) -> None:
    """把候选模型换上；原来的留着，谁换的记下来。"""
    settings = Settings()
    now = dt.datetime.now(dt.UTC)
    _tell("已换上", promotion.promote(settings.model_path, settings.candidate, by=by or user(), now=now))


@care.command()
def rollback(by: ByOption = None) -> None:
    """换回上一个模型；再来一次就又换过去。"""
    now = dt.datetime.now(dt.UTC)
    _tell("已换回", promotion.rollback(Settings().model_path, by=by or user(), now=now))


@care.command("model")
def show_models(as_json: JsonOption = False) -> None:
    """现在用哪个模型，有没有候选，谁什么时候换过。"""
    settings = Settings()
    if as_json:
        typer.echo(json.dumps(tables.models_object(settings), ensure_ascii=False))
        return
    for table in tables.models_tables(settings):
        tables.console.print(table)


def _tell(what: str, done: Exchange) -> None:
    typer.echo(f"{what}：{done.before} → {done.after}（{done.by}）。运行中的服务半分钟内自动换上，不用重启。")
