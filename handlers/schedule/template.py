"""The text of a definition with its variables: checked when it is saved, filled when it is sent.

Only whole known names between braces are replaced, once and by plain text; nothing that is filled in is read again.
"""

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass

from handlers.schedule.sendings import NAME

LONGEST = 500
DAYS_LEFT = "剩余天数"
VARIABLES = {
    "日期": "发出那天，如 10月8日",
    "星期": "发出那天，如 星期四",
    "截止日期": "规则定的那天，如 10月15日",
    "还剩": "还有7天、明天、今天",
    DAYS_LEFT: "数字，如 7；当天不能用",
    "单位": "限定的单位，没有限定就是街道",
    "姓名": "收到的人自己的姓名，不能发到群里",
}
WEEKDAYS = ("星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日")
SOON = {-1: "昨天", 0: "今天", 1: "明天"}
_VARIABLE = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True)
class Occasion:
    """What the variables of one message stand for; `today` is the day it is read."""

    today: dt.date
    deadline: dt.date
    unit: str

    @property
    def days_left(self) -> int:
        return (self.deadline - self.today).days


def fill(text: str, occasion: Occasion) -> str:
    """The words as they are sent; the person's name is put in for each person alone."""
    left = occasion.days_left
    values = {
        "日期": in_words(occasion.today),
        "星期": WEEKDAYS[occasion.today.weekday()],
        "截止日期": in_words(occasion.deadline),
        "还剩": SOON.get(left, f"还有{left}天"),
        DAYS_LEFT: str(max(left, 0)),
        "单位": occasion.unit.replace(NAME, ""),
    }
    return _VARIABLE.sub(lambda found: values.get(found[1], found[0]), text)


def problem(text: str, *, to_groups: bool, on_the_day: bool) -> str:
    """What is wrong with the text, empty if nothing is; `on_the_day` when it is also sent on the deadline itself."""
    return next(_problems(text, to_groups=to_groups, on_the_day=on_the_day), "")


def names_deadline(text: str) -> bool:
    """Whether the text speaks of the day the message is about."""
    return bool({"截止日期", "还剩", DAYS_LEFT}.intersection(_VARIABLE.findall(text)))


def in_words(day: dt.date) -> str:
    return f"{day.month}月{day.day}日"


def _problems(text: str, *, to_groups: bool, on_the_day: bool) -> Iterator[str]:
    if not text:
        yield "请写要发的内容。"
    if len(text) > LONGEST:
        yield f"内容有 {len(text)} 个字，最多 {LONGEST} 个字。"
    used = _VARIABLE.findall(text)
    for name in used:
        if name not in VARIABLES:
            yield f"没有变量 {{{name[:20]}}}，可以用的是：{_allowed()}。"
    if set("{}").intersection(_VARIABLE.sub("", text)):
        yield f"有一个单独的花括号；花括号只用来写变量：{_allowed()}。"
    if "姓名" in used and to_groups:
        yield f"发到群里的内容不能带{NAME}；要写姓名，就只选人，不选群。"
    if DAYS_LEFT in used and on_the_day:
        yield f"当天的{{{DAYS_LEFT}}}会写成 0，请改用{{还剩}}。"


def _allowed() -> str:
    return "".join(f"{{{name}}}" for name in VARIABLES)
