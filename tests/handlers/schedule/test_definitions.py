"""Said once, in its hours, to those who were promised it: what the clock queues is what the preview shows."""

import datetime as dt
import os
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from bot.commands.prepare import log_to_stderr
from data.models import DayKind, OutboxMessage
from handlers.message import Reach
from handlers.schedule import editing
from handlers.schedule.preview import Planned, preview
from handlers.schedule.sendings import NAME
from handlers.schedule.sources import SOURCES
from tests.handlers.schedule import plans
from tests.talking import Talk

# The talk begins on Monday, 7 September 2026, at ten.
DAY = dt.timedelta(days=1)


def _preview(talk: Talk, days: int = 90) -> list[Planned]:
    with talk.bot.database.reading() as session:
        return preview(talk.context(session), SOURCES, days)


def _plan(talk: Talk, days: int = 90) -> list[tuple[str, str]]:
    return [(plans.local(one.sending.at), one.sending.text) for one in _preview(talk, days)]


def test_a_quarterly_report(sqlite_talk: Talk) -> None:
    plans.planned_in(
        sqlite_talk,
        text="{姓名}：报表{截止日期}截止，{还剩}截止",
        repeat="monthly",
        day="31",
        months=("9",),
        days_before="7,1,0",
        on_holiday="previous",
        audience=(plans.person(sqlite_talk, "p001"), plans.person(sqlite_talk, "p002")),
    )
    heard = plans.passes(sqlite_talk, "2026-10-09 00:00")
    assert heard == [
        (f"2026-09-{day} 09:00", f"{name}：报表9月30日截止，{left}截止")
        for day, left in ((23, "还有7天"), (29, "明天"), (30, "今天"))
        for name in ("顾明川", "沈若兰")
    ]
    accounts = {message.account_platform_id for message in plans.queued(sqlite_talk)}
    assert accounts == {plans.account_of(sqlite_talk, code) for code in ("p001", "p002")}


DEFINITIONS: list[dict[str, Any]] = [
    {
        "name": "每天",
        "text": "{日期}{星期}",
        "repeat": "daily",
        "on_holiday": "next",
        "audience": ("group:1", "group:3"),
    },
    {"name": "周末", "text": "周末好", "repeat": "weekly", "weekdays": ("5", "6"), "at": "22:00"},
    {"name": "例会", "text": "例会{还剩}", "repeat": "weekly", "weekdays": ("0",), "days_before": "2,1,0"},
    {
        "name": "月底",
        "text": "{姓名}，{单位}月报{截止日期}，{还剩}",
        "repeat": "monthly",
        "day": "31",
        "days_before": "7,1,0",
        "on_holiday": "previous",
        "audience": ("role:head", "role:deputy"),
        "unit": "3",
    },
    {
        "name": "党日",
        "text": "主题党日{日期}",
        "repeat": "monthly_weekday",
        "nth": "1",
        "weekdays": ("4",),
        "on_holiday": "skip",
        "audience": ("members",),
    },
    {"name": "国庆", "text": "节日快乐", "repeat": "once", "on_day": "2026-10-01", "at": "06:00", "quiet_to": "10:00"},
]


def test_what_is_shown_is_what_is_sent(sqlite_talk: Talk) -> None:
    """Ninety days, hour by hour, over National Day: every message, its hour and whom it reaches."""
    plans.only_listens(sqlite_talk, "g003")
    for definition in DEFINITIONS:
        plans.planned_in(sqlite_talk, **({"audience": ("group:1",), "on_holiday": "next"} | definition))
    shown = Counter(line for one in _preview(sqlite_talk) for line in _lines(sqlite_talk, one))
    plans.passes(sqlite_talk, "2026-12-06 10:00")
    sent = Counter((plans.local(row.created_at), row.text, _conversation(row)) for row in plans.queued(sqlite_talk))
    assert sent == shown
    assert len(sent) > 200
    assert set(sent.values()) == {1}
    assert _plan(sqlite_talk, 1) != []


def _lines(talk: Talk, one: Planned) -> Iterator[tuple[str, str, str]]:
    """Who gets which words, worked out from the names the preview shows."""
    directory = talk.bot.directory()
    groups = {group.name: group.platform_id for group in directory.groups.values()}
    people = {person.name: person.id or 0 for person in directory.people.values()}
    when = plans.local(one.sending.at)
    yield from ((when, one.sending.text, groups[name]) for name in one.to.groups)
    for name in one.to.people:
        for account in directory.staff_accounts[people[name]]:
            yield when, one.sending.text.replace(NAME, name), account.platform_id


def _conversation(row: OutboxMessage) -> str:
    return row.group_platform_id or row.account_platform_id or ""


def test_a_calendar_that_changes_after_it_was_sent(sqlite_talk: Talk) -> None:
    """Friday was said; that Friday is declared a holiday in the afternoon: Monday does not say it again."""
    plans.planned_in(sqlite_talk, repeat="weekly", weekdays=("4",), on_holiday="next", audience=("group:1",))
    assert plans.passes(sqlite_talk, "2026-09-11 12:00") == [("2026-09-11 09:00", "请看通知")]
    plans.calendar_changes(sqlite_talk, "2026-09-11", DayKind.HOLIDAY)
    assert plans.passes(sqlite_talk, "2026-09-16 12:00") == []
    assert plans.passes(sqlite_talk, "2026-09-18 12:00") == [("2026-09-18 09:00", "请看通知")]


def test_a_calendar_that_changes_before_it_is_sent(sqlite_talk: Talk) -> None:
    plans.planned_in(sqlite_talk, repeat="weekly", weekdays=("4",), on_holiday="next", audience=("group:1",))
    assert _plan(sqlite_talk, 7) == [("2026-09-11 09:00", "请看通知")]
    plans.calendar_changes(sqlite_talk, "2026-09-11", DayKind.HOLIDAY)
    assert _plan(sqlite_talk, 8) == [("2026-09-14 09:00", "请看通知")]
    assert plans.passes(sqlite_talk, "2026-09-17 12:00") == [("2026-09-14 09:00", "请看通知")]


def test_days_that_met_stay_said_when_the_calendar_parts_them(sqlite_talk: Talk) -> None:
    """Saturday's and Sunday's words were said on Friday; Sunday becomes a working day that evening."""
    plans.planned_in(sqlite_talk, repeat="weekly", weekdays=("5", "6"), on_holiday="previous", audience=("group:1",))
    assert plans.passes(sqlite_talk, "2026-09-11 20:00") == [("2026-09-11 09:00", "请看通知")]
    plans.calendar_changes(sqlite_talk, "2026-09-13", DayKind.WORKING)
    assert plans.passes(sqlite_talk, "2026-09-14 20:00") == [("2026-09-13 09:00", "请看通知")]


def test_quiet_hours_over_midnight(sqlite_talk: Talk) -> None:
    plans.planned_in(sqlite_talk, repeat="daily", at="22:00", audience=("group:1",))
    plans.planned_in(sqlite_talk, name="早", text="早", repeat="daily", at="05:00", audience=("group:1",))
    heard = plans.passes(sqlite_talk, "2026-09-09 12:00")
    assert heard == [(f"2026-09-{day} 08:00", words) for day in ("08", "09") for words in ("请看通知", "早")]
    assert {one.sending.moved for one in _preview(sqlite_talk)} == {"避开免打扰时段"}


def test_a_server_in_another_time_zone(sqlite_talk: Talk) -> None:
    plans.planned_in(sqlite_talk, text="{日期}{星期}", repeat="daily", at="00:30", quiet_from="00:00", quiet_to="00:00")
    here = os.environ.get("TZ")
    try:
        os.environ["TZ"] = "America/Los_Angeles"
        time.tzset()
        assert plans.passes(sqlite_talk, "2026-09-08 02:00") == [("2026-09-08 01:00", "9月8日星期二")]
    finally:
        os.environ.pop("TZ") if here is None else os.environ.update(TZ=here)
        time.tzset()


def test_what_is_late_within_a_day_is_said_as_of_now(sqlite_talk: Talk) -> None:
    plans.planned_in(
        sqlite_talk,
        text="{日期}：{还剩}截止",
        repeat="once",
        on_day="2026-09-09",
        days_before="1,0",
        audience=("group:1",),
    )
    heard = plans.passes(sqlite_talk, "2026-09-09 08:30", step=dt.timedelta(hours=46, minutes=30))
    assert heard == [("2026-09-09 08:30", "9月9日：今天截止")]
    assert plans.passes(sqlite_talk, "2026-09-10 08:30", step=DAY) == [("2026-09-10 08:30", "9月10日：昨天截止")]


def test_what_is_late_for_more_than_a_day_is_skipped_with_a_line(
    sqlite_talk: Talk, capsys: pytest.CaptureFixture[str]
) -> None:
    number = plans.planned_in(sqlite_talk, repeat="once", on_day="2026-09-08", audience=("group:1",))
    log_to_stderr("WARNING")
    try:
        assert plans.passes(sqlite_talk, "2026-09-09 10:00", step=2 * DAY) == []
        assert plans.passes(sqlite_talk, "2026-09-12 10:00") == []
    finally:
        log_to_stderr("CRITICAL")
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert "missed for more than a day, skipped" in lines[0]
    assert f"scheduled:{number}:2026-09-08:0" in lines[0]


def test_paused_resumed_and_deleted(sqlite_talk: Talk) -> None:
    number = plans.planned_in(sqlite_talk, repeat="daily", audience=("group:1",))
    assert len(plans.passes(sqlite_talk, "2026-09-08 10:00")) == 1
    plans.switched(sqlite_talk, number, editing.pause)
    assert _plan(sqlite_talk) == []
    assert plans.passes(sqlite_talk, "2026-09-10 10:00") == []
    plans.switched(sqlite_talk, number, editing.resume)
    assert plans.passes(sqlite_talk, "2026-09-11 08:00") == []
    assert plans.passes(sqlite_talk, "2026-09-11 10:00") == [("2026-09-11 09:00", "请看通知")]
    plans.switched(sqlite_talk, number, editing.remove)
    assert plans.passes(sqlite_talk, "2026-09-13 10:00") == []


def test_a_new_hour_on_a_day_that_was_said(sqlite_talk: Talk) -> None:
    """Said at eleven and then moved to three: not again today, and the preview says so."""
    number = plans.planned_in(sqlite_talk, repeat="daily", at="11:00", audience=("group:1",))
    assert len(plans.passes(sqlite_talk, "2026-09-07 12:00")) == 1
    plans.changed(sqlite_talk, number, at="15:00")
    assert _plan(sqlite_talk, 2) == [("2026-09-08 15:00", "请看通知")]
    assert plans.passes(sqlite_talk, "2026-09-08 16:00") == [("2026-09-08 15:00", "请看通知")]


def test_an_earlier_hour_is_not_made_up_for(sqlite_talk: Talk) -> None:
    number = plans.planned_in(sqlite_talk, repeat="daily", at="15:00", audience=("group:1",))
    plans.changed(sqlite_talk, number, at="09:00")
    assert plans.passes(sqlite_talk, "2026-09-07 20:00") == []
    assert plans.passes(sqlite_talk, "2026-09-08 20:00") == [("2026-09-08 09:00", "请看通知")]


def test_who_cannot_be_reached_is_shown_and_not_written_to(sqlite_talk: Talk) -> None:
    plans.only_listens(sqlite_talk, "g003")
    lost = plans.account_of(sqlite_talk, "p002")
    sqlite_talk.channel.reaches[lost] = Reach.NONE
    audience = ("group:1", "group:3", "person:1", "person:2")
    plans.planned_in(sqlite_talk, repeat="once", on_day="2026-09-08", audience=audience)
    shown = _preview(sqlite_talk)[0].to
    assert (shown.people, shown.unreachable) == (("顾明川",), ("沈若兰",))
    assert (len(shown.groups), len(shown.listening)) == (1, 1)
    plans.passes(sqlite_talk, "2026-09-08 10:00")
    told = {_conversation(row) for row in plans.queued(sqlite_talk)}
    assert told == {"g001", plans.account_of(sqlite_talk, "p001")}


def test_nobody_holds_the_post(sqlite_talk: Talk) -> None:
    everybody = sqlite_talk.bot.directory()
    plans.planned_in(sqlite_talk, repeat="once", on_day="2026-09-08", audience=("role:head",))
    sqlite_talk.bot.directory._current = replace(everybody, posts=())
    try:
        shown = _preview(sqlite_talk)[0].to
        assert (shown.groups, shown.people, shown.listening, shown.unreachable) == ((), (), (), ())
        assert plans.passes(sqlite_talk, "2026-09-09 10:00") == []
    finally:
        sqlite_talk.bot.directory._current = everybody


def test_two_replicas_at_once_send_once(talk: Talk) -> None:
    plans.planned_in(talk, repeat="daily", at="11:00", audience=("group:1", "role:head"))
    people = len(_preview(talk, 1)[0].to.people)
    start, done = threading.Barrier(4), []

    def replica() -> None:
        start.wait(timeout=30)
        done.append(talk.bot.send_scheduled(talk.now + dt.timedelta(hours=1)))

    threads = [threading.Thread(target=replica) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(done) == [0, 0, 0, 1]
    assert len(plans.queued(talk)) == 1 + people > 2


def test_the_second_replica_waits_for_the_first(postgresql_talk: Talk) -> None:
    """The first has queued and not committed; whoever comes meanwhile queues nothing."""
    talk = postgresql_talk
    plans.planned_in(talk, repeat="daily", at="11:00", audience=("group:1",))
    talk.now += dt.timedelta(hours=1)
    done: list[int] = []
    other = threading.Thread(target=lambda: done.append(talk.bot.send_scheduled(talk.now)))
    with talk.bot.database.writing() as session:
        assert plans.queue(talk, session) == 1
        other.start()
        session.commit()
    other.join(timeout=60)
    assert done == [0]
    assert len(plans.queued(talk)) == 1
