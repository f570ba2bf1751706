"""What will be said at set times, for the terminal: when, what, to whom, and why it was moved."""

import datetime as dt
import json
import sys
from dataclasses import replace
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bot.running import Bot
from handlers.local_time import SHANGHAI
from handlers.message import Reach
from handlers.schedule.preview import Planned, preview
from handlers.schedule.sources import SOURCES
from handlers.schedule.template import WEEKDAYS

MOST_NAMES = 6


def coming(bot: Bot, now: dt.datetime, days: int) -> list[Planned]:
    """Everything that is still to be sent in the next days."""
    with bot.database.reading() as session:
        context = bot.context(session, now)
        if not bot.channels:  # run beside the server, without its settings: nobody here knows who is reached
            context = replace(context, policy=replace(context.policy, reach=lambda *_: Reach.PRIVATE))
        return preview(context, SOURCES, days)


def show(found: list[Planned], days: int, *, as_json: bool) -> None:
    """One JSON array for machines, a table for people."""
    if as_json:
        sys.stdout.write(json.dumps([as_object(one) for one in found], ensure_ascii=False) + "\n")
    else:
        console = Console() if sys.stdout.isatty() else Console(width=140)
        console.print(table(found, days))


def as_object(one: Planned) -> dict[str, Any]:
    """One message with all names; whoever is listed under `groups` and `people` gets it."""
    return {
        "when": one.sending.at.astimezone(SHANGHAI).isoformat(),
        "name": one.sending.name,
        "text": one.sending.text,
        "groups": list(one.to.groups),
        "people": list(one.to.people),
        "listening_groups": list(one.to.listening),
        "unreachable_people": list(one.to.unreachable),
        "moved": one.sending.moved,
        "key": one.sending.key,
    }


def table(found: list[Planned], days: int) -> Table:
    """The same for people; long lists of names are cut short."""
    shown = Table(title=f"未来{days}天的定时消息，共{len(found)}条", title_justify="left", show_lines=True)
    for heading in ("时间", "名称", "内容", "发给", "改期"):
        shown.add_column(heading, overflow="fold")
    for one in found:
        local = one.sending.at.astimezone(SHANGHAI)
        moment = f"{local:%Y-%m-%d}\n{WEEKDAYS[local.weekday()]} {local:%H:%M}"
        cells = (moment, one.sending.name, one.sending.text, _to_whom(one), one.sending.moved)
        shown.add_row(*map(escape, cells))
    return shown


def _to_whom(one: Planned) -> str:
    parts = (
        ("个群", one.to.groups),
        ("个人", one.to.people),
        ("个群在试听，不发", one.to.listening),
        ("个人没有可达的私聊", one.to.unreachable),
    )
    return "\n".join(f"{len(names)}{kind}：{_names(names)}" for kind, names in parts if names) or "没有人"


def _names(names: tuple[str, ...]) -> str:
    return "、".join(names[:MOST_NAMES]) + ("…" if len(names) > MOST_NAMES else "")
