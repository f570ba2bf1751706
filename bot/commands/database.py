"""`suishoupai db …`: the schema, and an office's own street."""

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from bot.commands.prepare import first_logins, ready_database
from bot.settings import Settings
from data.seed import load_street

db = typer.Typer(help="数据库结构。", no_args_is_help=True)


@db.command()
def upgrade() -> None:
    """升级数据库结构;演示和测试环境的空库会装入示例街道。"""
    database = ready_database(Settings())
    _show_logins(first_logins(database, dt.datetime.now(dt.UTC)))


@db.command()
def load(
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="放着 units.csv 等文件的文件夹")],
    channel: Annotated[str, typer.Option(help="群和人员账号属于哪个通道")] = "console",
) -> None:
    """把本地的单位、楼栋、群、人员、值班和分派规则装入空库;有错就指出文件和行,什么也不装。"""
    database = ready_database(Settings(), sample_street=False)
    with database.writing() as session:
        if not load_street(session, folder, channel=channel):
            raise ValueError("数据库里已经有街道数据,没有装入")
        session.commit()
    _show_logins(first_logins(database, dt.datetime.now(dt.UTC)))


def _show_logins(logins: dict[str, str]) -> None:
    for username, password in logins.items():
        typer.echo(f"用户名 {username}  密码 {password}")
