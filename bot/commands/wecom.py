"""The commands about WeCom: who is known there, groups of the app, and the stand-in of its servers."""

import datetime as dt
from typing import Annotated

import typer

from bot.commands import contacts as known
from bot.commands.prepare import console, ready_database
from bot.commands.simulate_platform import simulate_platform
from bot.settings import Settings

wecom = typer.Typer()
wecom.command("simulate-platform")(simulate_platform)


@wecom.command()
def contacts(
    link: Annotated[bool, typer.Option("--link", help="把能确定是同一个人的账号连上")] = False,
) -> None:
    """对照企业微信通讯录和这里的人员：谁连上了，谁没有，谁说不准。"""
    settings = Settings()
    console.print(known.show_contacts(settings, ready_database(settings), dt.datetime.now(dt.UTC), link=link))


@wecom.command("app-group")
def app_group(
    name: Annotated[str, typer.Argument(help="群名")],
    userids: Annotated[list[str], typer.Argument(help="成员账号，第一个是群主，至少两个")],
) -> None:
    """由自建应用建一个内部群，机器人可以往里发消息（群里说的话它看不到）。"""
    settings = Settings()
    typer.echo(known.create_group(settings, ready_database(settings), name, userids))
