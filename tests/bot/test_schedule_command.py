"""The command that says what will be sent to whom: the same list as the page, plain in JSON and harmless in a table."""

import json
from dataclasses import replace

import pytest
from rich.console import Console

from bot.app import build_policy
from bot.commands.schedule import as_object, coming, show, table
from handlers.message import Reach
from tests.handlers.schedule import plans
from tests.talking import Talk


def test_json(sqlite_talk: Talk) -> None:
    plans.only_listens(sqlite_talk, "g003")
    words = "=1+1 <b>{日期}</b> [red]{还剩}"
    audience = ("group:1", "group:3", "role:administrator")
    number = plans.planned_in(
        sqlite_talk,
        name="[b]国庆",
        text=words,
        repeat="once",
        on_day="2026-10-01",
        on_holiday="next",
        audience=audience,
    )
    found = coming(sqlite_talk.bot, sqlite_talk.now, 90)
    assert json.loads(json.dumps([as_object(one) for one in found])) == [
        {
            "when": "2026-10-08T09:00:00+08:00",
            "name": "[b]国庆",
            "text": "=1+1 <b>10月8日</b> [red]今天",
            "groups": ["清荷家园3号楼邻里群"],
            "people": [plans.administrator(sqlite_talk).name],
            "listening_groups": ["清荷家园2号楼邻里群"],
            "unreachable_people": [],
            "moved": "原定10月1日，节假日顺延",
            "key": f"scheduled:{number}:2026-10-01:0",
        }
    ]
    shown = _printed(sqlite_talk, 90)
    for part in ("[b]国庆", "2026-10-08", "星期四 09:00", "[red]今天", "节假日顺延", "1个群在试听，不发"):
        assert part in shown
    assert "共0条" in _printed(sqlite_talk, 20)


def test_json_is_one_line_for_a_pipe(sqlite_talk: Talk, capsys: pytest.CaptureFixture[str]) -> None:
    plans.planned_in(sqlite_talk, repeat="daily", text="早\n安")
    show(coming(sqlite_talk.bot, sqlite_talk.now, 3), 3, as_json=True)
    printed = capsys.readouterr().out
    assert printed.count("\n") == 1
    assert [one["text"] for one in json.loads(printed)] == ["早\n安"] * 3
    show(coming(sqlite_talk.bot, sqlite_talk.now, 3), 3, as_json=False)
    assert "共3条" in capsys.readouterr().out


def test_without_channels_nobody_is_called_unreachable(sqlite_talk: Talk) -> None:
    plans.planned_in(sqlite_talk, repeat="once", on_day="2026-10-01", audience=("person:1",))
    sqlite_talk.channel.reaches[plans.account_of(sqlite_talk, "p001")] = Reach.NONE
    assert coming(sqlite_talk.bot, sqlite_talk.now, 90)[0].to.unreachable == ("顾明川",)
    policy = build_policy(sqlite_talk.bot.settings, {}, unsure_category=0.5)
    alone = replace(sqlite_talk.bot, channels={}, policy=policy)
    assert coming(alone, sqlite_talk.now, 90)[0].to.people == ("顾明川",)


def _printed(talk: Talk, days: int) -> str:
    console = Console(width=200)
    with console.capture() as captured:
        console.print(table(coming(talk.bot, talk.now, days), days))
    return captured.get()
