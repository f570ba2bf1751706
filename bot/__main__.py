"""The command line. Every command is a few lines here; longer bodies live in bot/commands."""

import datetime as dt
import json
import sys
from pathlib import Path
from typing import Annotated

import typer
import uvicorn
from cryptography.fernet import Fernet
from rich.progress import Progress
from rich.table import Table
from sqlmodel import select

from bot.app import build, build_app
from bot.commands import bench as benchmark
from bot.commands import database, tables, training, transcript
from bot.commands import demo as demonstration
from bot.commands import evaluate as evaluation
from bot.commands import model as care
from bot.commands import replay as replaying
from bot.commands import schedule as scheduled
from bot.commands.fault_run import fault_run
from bot.commands.prepare import (
    check_schema,
    console,
    live_model,
    log_to_stderr,
    quiet_bot,
    ready_bot,
    ready_database,
    ready_model,
)
from bot.commands.simulate import simulate
from bot.commands.wecom import wecom
from bot.settings import Environment, Settings
from bot.web.sign_in import make_login
from classifiers import ModelError, understand
from classifiers.office_table import TableError
from data.models import Case, Person
from data.models.cases import FIRST_NUMBER
from data.privacy import KeyMissing
from handlers.cases.explain import explain as reasons
from handlers.cases.scope import By, last_days
from handlers.local_time import local_day

app = typer.Typer(help="随手拍:居民微信群里的上报、派单、督办与结案统计。", no_args_is_help=True)
app.add_typer(database.db, name="db")
app.add_typer(training.training)
app.add_typer(care.care)
app.add_typer(wecom)
app.command("fault-run")(fault_run)

# What an operator can mend: told in one line, without a stack trace. ReplayError and SeedError are ValueErrors.
EXPECTED = (KeyMissing, ModelError, demonstration.PortTaken, evaluation.DevDataMissing, ValueError)
WRONG_FILE = 2  # as typer itself for wrong arguments

FileArgument = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="要读的文件")]
JsonOption = Annotated[bool, typer.Option("--json", help="输出 JSON")]


@app.command()
def demo(
    once: Annotated[bool, typer.Option(help="演一遍故事就结束")] = False,
    port: Annotated[int, typer.Option(help="管理后台端口")] = demonstration.PORT,
    platform_port: Annotated[int, typer.Option(help="聊天页面端口")] = demonstration.PLATFORM_PORT,
) -> None:
    """机器人和模拟聊天平台一起启动,可以扮演居民和网格员。"""
    if once:
        demonstration.play_once()
    else:
        demonstration.serve(port, platform_port)


@app.command()
def serve() -> None:
    """正式运行;设置来自环境变量 SUISHOUPAI_…、.env 或 suishoupai.toml。"""
    settings = Settings()
    log_to_stderr()
    check_schema(settings)
    ready_model(settings)
    bot = build(settings)
    uvicorn.run(build_app(bot), host=settings.host, port=settings.port, access_log=False, log_level="warning")


@app.command()
def classify(as_json: JsonOption = False) -> None:
    """每行一条消息(标准输入),每行一个结果。"""
    model = live_model(Settings())
    for line in sys.stdin:
        text = line.rstrip("\n")
        found = evaluation.as_json_line(understand(text, model=model), text)
        if as_json:
            typer.echo(json.dumps(found, ensure_ascii=False))
        else:
            typer.echo("\t".join(str(found[key] or "-") for key in ("action", "intent", "class", "category", "text")))


@app.command("transcript")
def play_transcript(file: FileArgument, as_json: JsonOption = False) -> None:
    """一段群聊记录走完整个流程,列出登记了什么。"""
    result = transcript.play(quiet_bot(), file)
    typer.echo(json.dumps(result, ensure_ascii=False, indent=None if as_json else 2))


@app.command()
def replay(file: FileArgument) -> None:
    """把聊天记录或 CSV 放进所设数据库;可中断,重跑不会重复,不向任何人发消息。"""
    settings = Settings()
    log_to_stderr("ERROR")
    ready_database(settings).close()
    ready_model(settings)
    bot = build(settings, channels={})
    sample = settings.env is not Environment.PRODUCTION
    done = replaying.replay(bot, file, sample=sample, now=dt.datetime.now(dt.UTC))
    typer.echo(json.dumps({"lines": done.lines, "new": done.new, "outcomes": done.outcomes}, ensure_ascii=False))


@app.command()
def explain(case: Annotated[int, typer.Argument(help="案件编号")]) -> None:
    """这件案子为什么这样理解、分派、计时、定色。"""
    bot = ready_bot()
    with bot.database.reading() as session:
        found = session.get(Case, case - FIRST_NUMBER)
        if found is None:
            raise typer.BadParameter(f"没有编号 {case}")
        table = Table(show_header=False)
        for question, answer in reasons(session, bot.directory(), found):
            table.add_row(question, answer)
    console.print(table)


@app.command()
def stats(
    by: Annotated[By, typer.Option(help="按什么分")] = By.COMMUNITY,
    days: Annotated[int, typer.Option(min=1, max=3660, help="最近多少天受理的")] = 30,
) -> None:
    """结案率表,每个比率都带分子和分母。"""
    bot = ready_bot(channels={})
    now = dt.datetime.now(dt.UTC)
    with bot.database.reading() as session:
        demonstration.console.print(tables.closure_table(session, bot.directory(), by, last_days(days, now), now))


@app.command()
def schedule(
    days: Annotated[int, typer.Option(min=1, max=366, help="看未来多少天")] = 90, as_json: JsonOption = False
) -> None:
    """未来会在什么时候给谁发什么定时消息。"""
    coming = scheduled.coming(build(Settings()), dt.datetime.now(dt.UTC), days)
    scheduled.show(coming, days, as_json=as_json)


@app.command("simulate")
def live_through(
    days: Annotated[int, typer.Option(min=1, max=3660, help="演多少天，到昨天为止")] = 30,
    reports_a_day: Annotated[float, typer.Option("--reports", min=0, max=100, help="平均每天多少条上报")] = 10,
    seed: Annotated[int, typer.Option(help="随机种子：同样的种子，同样的经过")] = 1,
    keep: Annotated[Path | None, typer.Option(help="把结果留在这个新的数据库文件里，可用后台打开看")] = None,
) -> None:
    """示例街道在虚拟时间里过一段日子，再核对系统的承诺：时段、汇总、时限、升级、不重复。"""
    log_to_stderr("ERROR")
    with Progress(console=console) as progress:
        task = progress.add_task("演出", total=days)
        lived = simulate(
            local_day(dt.datetime.now(dt.UTC)) - dt.timedelta(days=1),
            days,
            reports_a_day=reports_a_day,
            seed=seed,
            keep=keep,
            tell=lambda day: progress.update(task, completed=day),
        )
    typer.echo(lived.as_json())
    raise typer.Exit(1 if lived.broken else 0)


@app.command()
def bench(
    groups: Annotated[list[str] | None, typer.Argument(help="只测这些组:" + "、".join(benchmark.GROUPS))] = None,
    as_json: JsonOption = False,
) -> None:
    """测量速度,打印一个对象,键名带单位。"""
    figures = benchmark.run(groups or list(benchmark.GROUPS))
    typer.echo(json.dumps(figures, indent=None if as_json else 2))


@app.command()
def login(username: str, person: Annotated[str, typer.Option(help="人员代码,如 p085")]) -> None:
    """给一位工作人员设用户名和新密码(只显示一次)。"""
    settings = Settings()
    database = ready_database(settings)
    with database.writing() as session:
        found = session.exec(select(Person).where(Person.code == person)).first()
        if found is None or found.id is None:
            raise typer.BadParameter(f"没有人员 {person}")
        password = make_login(session, found.id, username, dt.datetime.now(dt.UTC))
        session.commit()
    typer.echo(f"用户名 {username}  密码 {password}")


@app.command()
def keys() -> None:
    """生成正式运行要用的密钥,写进 .env。"""
    for name in ("ENCRYPTION_KEYS", "SEALED_KEYS"):
        typer.echo(f"SUISHOUPAI_{name}='[\"{Fernet.generate_key().decode()}\"]'")
    typer.echo(f"SUISHOUPAI_SIGNING_KEY={Fernet.generate_key().decode()}")


def main() -> None:
    """Run a command; what an operator can mend is one line, not a stack trace."""
    try:
        app()
    except EXPECTED as error:
        console.print(str(error), style="red", highlight=False, markup=False, soft_wrap=True)
        raise SystemExit(WRONG_FILE if isinstance(error, TableError) else 1) from None


if __name__ == "__main__":
    main()
