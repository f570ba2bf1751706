"""What an administrator may save, what is refused and with which words, and what a change does to what is coming."""

import datetime as dt
from typing import Any

import pytest

from data.models import Claim, OnHoliday, Repeat, ScheduledMessage
from handlers.schedule import editing
from handlers.schedule.draft import NotAccepted, Typed
from handlers.schedule.editing import NoSuchDefinition
from tests.handlers.schedule import plans
from tests.talking import Talk

# The talk begins on Monday, 7 September 2026, at ten.
FORM: dict[str, Any] = {"name": "通知", "text": "请看通知", "repeat": "daily", "audience": ("members",)}


def _problems(talk: Talk, **form: Any) -> dict[str, str]:
    with pytest.raises(NotAccepted) as refused:
        plans.planned_in(talk, **(FORM | form))
    assert talk.rows(ScheduledMessage) == []
    return refused.value.problems


def _only(talk: Talk) -> ScheduledMessage:
    rows: list[ScheduledMessage] = talk.rows(ScheduledMessage)
    assert len(rows) == 1
    return rows[0]


def test_a_whole_form_is_stored(sqlite_talk: Talk) -> None:
    form = FORM | {
        "repeat": "monthly_weekday",
        "nth": "-1",
        "weekdays": ("4", "1"),
        "months": ("12", "3"),
        "days_before": "0,7",
        "at": "10:30",
        "quiet_from": "22:00",
        "quiet_to": "07:30",
        "on_holiday": "previous",
        "unit": "3",
        "until": "2027-12-31",
        "day": "99",
        "on_day": "1999-01-01",
    }
    plans.planned_in(sqlite_talk, **form)
    row = _only(sqlite_talk)
    assert (row.repeat, row.nth, row.weekdays, row.months) == (Repeat.MONTHLY_WEEKDAY, -1, ["1", "4"], ["3", "12"])
    assert (row.days_before, row.at_minute, row.on_holiday) == (["7", "0"], 630, OnHoliday.PREVIOUS)
    assert (row.quiet_from_minute, row.quiet_to_minute) == (1320, 450)
    assert (row.audience, row.unit_id, row.until) == (["members"], 3, dt.date(2027, 12, 31))
    assert (row.day, row.on_day, row.active, row.active_since) == (None, None, True, sqlite_talk.now)
    assert row.created_by_id == plans.administrator(sqlite_talk).id


def test_what_is_stored_fills_the_form_again(sqlite_talk: Talk) -> None:
    form = FORM | {"repeat": "monthly", "day": "31", "months": ("3",), "days_before": "7,1,0", "unit": "3"}
    form |= {"at": "09:05", "quiet_from": "00:00", "quiet_to": "00:00", "on_holiday": "skip", "until": "2030-01-01"}
    plans.planned_in(sqlite_talk, **form)
    again = Typed.of(_only(sqlite_talk))
    assert {name: getattr(again, name) for name in form} == form
    assert (again.on_day, again.nth) == ("", "-1")


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"name": ""}, "name", "请起一个名称。"),
    ({"text": " "}, "text", "请写要发的内容。"),
    ({"text": "x\x00"}, "text", "控制字符"),
    ({"text": "{谁}"}, "text", "没有变量 {谁}"),
    ({"repeat": "hourly"}, "repeat", "请选多久发一次。"),
    ({"repeat": "once"}, "on_day", "请选日期。"),
    ({"repeat": "once", "on_day": "2026-09-06"}, "on_day", "这一天已经过去了。"),
    ({"repeat": "once", "on_day": "2030-09-06"}, "on_day", "最多定到三年以后。"),
    ({"repeat": "once", "on_day": "2026-09-07", "at": "09:59"}, "repeat", "一条也不会发出"),
    ({"repeat": "weekly"}, "weekdays", "请选星期几。"),
    ({"repeat": "weekly", "weekdays": ("7",)}, "weekdays", "没有这个星期几。"),
    ({"repeat": "monthly", "day": ""}, "day", "请写 1 到 31 日"),
    ({"repeat": "monthly", "day": "32"}, "day", "请写 1 到 31 日"),
    ({"repeat": "monthly", "day": "1", "months": ("13",)}, "months", "没有这个月份。"),
    ({"repeat": "monthly_weekday", "weekdays": ("4",), "nth": "5"}, "nth", "请选第几个。"),
    ({"repeat": "monthly", "day": "1", "months": ("10",), "on_holiday": "skip"}, "repeat", "一条也不会发出"),
    ({"until": "2026-09-06"}, "until", "这一天已经过去了。"),
    ({"until": "2026-09-07", "at": "09:00"}, "repeat", "一条也不会发出"),
    ({"on_holiday": "later"}, "on_holiday", "请选遇到节假日怎么办。"),
    ({"at": "24:00"}, "at", "没有 24:00 这个时间"),
    ({"quiet_to": "25:00"}, "quiet", "没有 25:00 这个时间"),
    ({"days_before": "x"}, "days_before", "请写提前几天"),
    ({"audience": ()}, "audience", "请至少选一个群、一种岗位或一个人。"),
    ({"audience": ("role:discipline_reader",)}, "audience", "已经不在了"),
    ({"audience": ("person:0",)}, "audience", "已经不在了"),
    ({"audience": ("group:99999999999999999999",)}, "audience", "已经不在了"),
    ({"unit": "999"}, "unit", "没有这个单位"),
    ({"text": "{姓名}您好", "audience": ("group:1",)}, "text", "不能带{姓名}"),
    ({"text": "{姓名}您好", "audience": ("members", "groups_of:3")}, "text", "不能带{姓名}"),
    ({"text": "还剩{剩余天数}天", "days_before": "1,0"}, "text", "请改用{还剩}"),
    ({"days_before": "1,0", "at": "22:00"}, "at", "就过了截止日"),
    ({"text": "{还剩}截止", "at": "22:00"}, "at", "就过了截止日"),
]


@pytest.mark.parametrize(("form", "field", "wanted"), REFUSED, ids=[f"{n}-{f}" for n, (_, f, _) in enumerate(REFUSED)])
def test_refused(sqlite_talk: Talk, form: dict[str, Any], field: str, wanted: str) -> None:
    problems = _problems(sqlite_talk, **form)
    assert set(problems) == {field}
    assert wanted in problems[field]


def test_everything_wrong_is_told_at_once(sqlite_talk: Talk) -> None:
    problems = _problems(sqlite_talk, name="", text="{", at="24:00", audience=(), days_before="")
    assert set(problems) == {"name", "text", "at", "audience", "days_before"}


def test_late_words_without_a_deadline_may_wait_for_the_morning(sqlite_talk: Talk) -> None:
    plans.planned_in(sqlite_talk, **FORM, at="22:00")
    plans.planned_in(sqlite_talk, **FORM | {"name": "二", "at": "07:00", "days_before": "1,0"})
    assert len(sqlite_talk.rows(ScheduledMessage)) == 2


def test_two_of_one_name(talk: Talk) -> None:
    first = plans.planned_in(talk, **FORM)
    second = plans.planned_in(talk, **FORM | {"name": "另一条"})
    with pytest.raises(NotAccepted, match="同名"):
        plans.planned_in(talk, **FORM)
    with pytest.raises(NotAccepted, match="同名"):
        plans.changed(talk, second, name="通知")
    plans.changed(talk, first, text="同一个名称可以再存")
    names = {row.name: row.text for row in talk.rows(ScheduledMessage)}
    assert names == {"通知": "同一个名称可以再存", "另一条": "请看通知"}


def test_other_words_do_not_start_it_anew_other_times_do(sqlite_talk: Talk) -> None:
    started = sqlite_talk.now
    number = plans.planned_in(sqlite_talk, **FORM)
    sqlite_talk.now += dt.timedelta(hours=1)
    plans.changed(sqlite_talk, number, text="别的话", audience=("members", "role:head"), unit="3")
    assert _only(sqlite_talk).active_since == started
    plans.changed(sqlite_talk, number, at="09:30")
    assert _only(sqlite_talk).active_since == sqlite_talk.now


def test_pause_and_resume(sqlite_talk: Talk) -> None:
    started = sqlite_talk.now
    number = plans.planned_in(sqlite_talk, **FORM)
    sqlite_talk.now += dt.timedelta(hours=1)
    plans.switched(sqlite_talk, number, editing.resume)
    assert _only(sqlite_talk).active_since == started
    plans.switched(sqlite_talk, number, editing.pause)
    assert not _only(sqlite_talk).active
    plans.switched(sqlite_talk, number, editing.resume)
    assert _only(sqlite_talk).active
    assert _only(sqlite_talk).active_since == sqlite_talk.now


def test_what_is_gone(sqlite_talk: Talk) -> None:
    number = plans.planned_in(sqlite_talk, **FORM)
    plans.switched(sqlite_talk, number, editing.remove)
    for step in (editing.pause, editing.resume, editing.remove):
        with pytest.raises(NoSuchDefinition):
            plans.switched(sqlite_talk, number, step)
    with pytest.raises(NoSuchDefinition):
        plans.changed(sqlite_talk, number, text="x")


def test_a_number_that_is_given_again_does_not_silence_the_new_one(talk: Talk) -> None:
    """SQLite gives the number of a deleted row again."""
    first = plans.planned_in(talk, repeat="daily", at="11:00", text="旧的")
    plans.passes(talk, "2026-09-07 12:00")
    plans.switched(talk, first, editing.remove)
    plans.planned_in(talk, repeat="daily", at="13:00", text="新的")
    assert plans.passes(talk, "2026-09-07 14:00") == [("2026-09-07 13:00", "新的")]
    assert len(talk.rows(Claim)) == (1 if talk.bot.database.is_sqlite else 2)
