"""What people type into times, dates and numbers, and what they are told about what does not exist."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from handlers.schedule import fields
from handlers.schedule.fields import Wrong

READ: list[tuple[Callable[[str], Any], str, Any]] = [
    (fields.minute, "00:00", 0),
    (fields.minute, " 9:05 ", 545),
    (fields.minute, "９：０５", 545),
    (fields.minute, "23:59", 1439),
    (fields.minute, "09:00:00", 540),
    (fields.day, "2028-02-29", dt.date(2028, 2, 29)),
    (fields.day, "  ", None),
    (fields.days_before, "7,1,0", ["7", "1", "0"]),
    (fields.days_before, "0、1，7 7", ["7", "1", "0"]),
    (fields.words, " 一\r\n二\r三 ", "一\n二\n三"),
    (fields.words, "=1+1 <b>😀</b>\t‘", "=1+1 <b>😀</b>\t‘"),
    (fields.name, " 季度\n 报表 ", "季度 报表"),
]


@pytest.mark.parametrize(("read", "text", "wanted"), READ)
def test_read(read: Callable[[str], Any], text: str, wanted: object) -> None:
    assert read(text) == wanted


REFUSED: list[tuple[Callable[[str], Any], str, str]] = [
    (fields.minute, "24:00", "没有 24:00 这个时间；时间从 00:00 到 23:59，半夜12点是第二天的 00:00。"),
    (fields.minute, "09:60", "没有 09:60 这个时间"),
    (fields.minute, "99:99", "没有 99:99 这个时间"),
    (fields.minute, "", "请写几点几分，如 09:00。"),
    (fields.minute, "九点", "请写几点几分"),
    (fields.minute, "-1:00", "请写几点几分"),
    (fields.minute, "٠٩:٠٠", "请写几点几分"),
    (fields.minute, "1" * 10_000, "请写几点几分"),
    (fields.day, "2027-02-29", "没有这一天；请按 2026-10-08 的样子写日期。"),
    (fields.day, "明天", "没有这一天"),
    (fields.day, "0001-01-01", "日期应在 2000 年到 2099 年之间。"),
    (fields.day, "9999-12-31", "日期应在 2000 年到 2099 年之间。"),
    (fields.days_before, "", "请写提前几天，用逗号隔开，如 7,1,0；0 表示当天，最多提前 60 天。"),
    (fields.days_before, "-1", "请写提前几天"),
    (fields.days_before, "61", "请写提前几天"),
    (fields.days_before, "9" * 5000, "请写提前几天"),
    (fields.days_before, "1,2,3,4,5,6,7,8,9", "最多提醒 8 次。"),
    (fields.name, " \n ", "请起一个名称。"),
    (fields.name, "长" * 41, "名称有 41 个字，最多 40 个字。"),
    (fields.name, "季度\x00", "里面有看不见的控制字符，请删掉后重新输入。"),
    (fields.words, "a\x00b", "里面有看不见的控制字符"),
    (fields.words, "a\x1bb", "里面有看不见的控制字符"),
    (fields.words, "a\ud800b", "里面有看不见的控制字符"),
]


@pytest.mark.parametrize(("read", "text", "wanted"), REFUSED)
def test_refused(read: Callable[[str], Any], text: str, wanted: str) -> None:
    with pytest.raises(Wrong) as refused:
        read(text)
    assert str(refused.value).startswith(wanted)


@pytest.mark.parametrize("text", ["0", "32", "1.5", "", "一"])
def test_numbers(text: str) -> None:
    assert fields.number("31", 1, 31, "不行") == 31
    with pytest.raises(Wrong, match="不行"):
        fields.number(text, 1, 31, "不行")


def test_choices() -> None:
    assert fields.several(["6", "0", "6"], "0123456", "没有") == ["0", "6"]
    with pytest.raises(Wrong):
        fields.several(["7"], "0123456", "没有")
    with pytest.raises(Wrong):
        fields.chosen("", ["a"], "没有")
