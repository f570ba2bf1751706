"""Variables are whole known names, filled once; everything else between braces is refused when it is saved."""

import datetime as dt

import pytest

from handlers.schedule.template import LONGEST, VARIABLES, Occasion, fill, names_deadline, problem

DEADLINE = dt.date(2026, 10, 8)
ALLOWED = "{日期}{星期}{截止日期}{还剩}{剩余天数}{单位}{姓名}"


def _on(today: str, text: str, unit: str = "清荷街道") -> str:
    return fill(text, Occasion(dt.date.fromisoformat(today), DEADLINE, unit))


LEFT = [
    ("2026-10-01", "还有7天截止"),
    ("2026-10-06", "还有2天截止"),
    ("2026-10-07", "明天截止"),
    ("2026-10-08", "今天截止"),
    ("2026-10-09", "昨天截止"),
]


@pytest.mark.parametrize(("today", "wanted"), LEFT)
def test_what_is_left(today: str, wanted: str) -> None:
    assert _on(today, "{还剩}截止") == wanted


def test_every_variable() -> None:
    text = "{单位}：今天{日期}{星期}，{截止日期}截止，还剩{剩余天数}天"
    assert _on("2026-10-01", text) == "清荷街道：今天10月1日星期四，10月8日截止，还剩7天"
    assert _on("2026-10-09", "{剩余天数}") == "0"
    assert _on("2026-10-01", "{姓名}同志") == "{姓名}同志"
    assert "".join(f"{{{name}}}" for name in VARIABLES) == ALLOWED


def test_what_is_filled_in_is_not_read_again() -> None:
    assert _on("2026-10-01", "{单位}", unit="{日期}{姓名}社区") == "{日期}社区"


def test_a_stored_text_that_no_longer_fits_is_still_sent() -> None:
    assert _on("2026-10-01", "{谁}{日期.__class__}{ {日期}") == "{谁}{日期.__class__}{ 10月1日"


REFUSED = [
    ("", "请写要发的内容。"),
    ("字" * (LONGEST + 1), "内容有 501 个字，最多 500 个字。"),
    ("{日期.__class__}", f"没有变量 {{日期.__class__}}，可以用的是：{ALLOWED}。"),
    ("{日期!r:>10}", f"没有变量 {{日期!r:>10}}，可以用的是：{ALLOWED}。"),
    ("{}", f"没有变量 {{}}，可以用的是：{ALLOWED}。"),
    ("{ 日期 }", f"没有变量 {{ 日期 }}，可以用的是：{ALLOWED}。"),
    ("{0}", f"没有变量 {{0}}，可以用的是：{ALLOWED}。"),
    ("今天{日期", f"有一个单独的花括号；花括号只用来写变量：{ALLOWED}。"),
    ("今天日期}", f"有一个单独的花括号；花括号只用来写变量：{ALLOWED}。"),
    ("{{日期}}", f"有一个单独的花括号；花括号只用来写变量：{ALLOWED}。"),
]


@pytest.mark.parametrize(("text", "wanted"), REFUSED, ids=[text[:12] for text, _ in REFUSED])
def test_refused(text: str, wanted: str) -> None:
    assert problem(text, to_groups=False, on_the_day=False) == wanted


def test_accepted() -> None:
    assert problem("字" * LONGEST, to_groups=True, on_the_day=True) == ""
    assert problem("=1+1 <b>{日期}</b> %s %(x)s $x", to_groups=True, on_the_day=True) == ""
    assert problem(ALLOWED, to_groups=False, on_the_day=False) == ""


def test_a_name_for_a_group_and_a_zero_on_the_day() -> None:
    assert "不能带{姓名}" in problem("{姓名}您好", to_groups=True, on_the_day=False)
    assert problem("{姓名}您好", to_groups=False, on_the_day=True) == ""
    assert "请改用{还剩}" in problem("还剩{剩余天数}天", to_groups=False, on_the_day=True)


def test_which_texts_speak_of_a_deadline() -> None:
    assert names_deadline("{还剩}")
    assert names_deadline("请于{截止日期}前")
    assert not names_deadline("{日期}截止日期")
