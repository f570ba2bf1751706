"""Reading the forms of the service days: what was typed becomes what handlers/service takes, or a sentence why not."""

import datetime as dt
from dataclasses import dataclass
from typing import Annotated

from fastapi import Form

from handlers.local_time import Period, moment_of
from handlers.schedule import fields
from handlers.schedule.fields import Wrong
from handlers.service.planning import MOST_PROPOSED, Wanted
from handlers.service.posts import WantedPost

LONGEST_TEXT, LONGEST_REASON = 40, 200
MOST_PLACES = 500
Typed = Annotated[str, Form()]


@dataclass(frozen=True)
class Plan:
    """A quarter to be planned for a unit."""

    unit_id: int
    year: int
    quarter: int
    count: int
    weekday: int
    themes: list[str]


def plan(
    unit: Typed = "", year: Typed = "", quarter: Typed = "", count: Typed = "", weekday: Typed = "", themes: Typed = ""
) -> Plan | Wrong:
    """A dependency: dependencies cannot answer with a page, so what is wrong is handed on."""
    try:
        return Plan(
            unit_id=_id(unit, "请选择单位。"),
            year=_year(year),
            quarter=fields.number(quarter, 1, 4, "请选择季度。"),
            count=fields.number(count, 1, MOST_PROPOSED, f"天数请写 1 到 {MOST_PROPOSED}。"),
            weekday=fields.number(weekday, 0, 6, "请选择星期几。"),
            themes=[text(line, "主题") for line in fields.words(themes).splitlines() if line.strip()][:MOST_PROPOSED],
        )
    except Wrong as wrong:
        return wrong


def day(date: Typed = "", theme: Typed = "", starts: Typed = "", ends: Typed = "") -> Wanted | Wrong:
    try:
        found = fields.day(date)
        if found is None:
            return Wrong("请写日期。")
        return Wanted(found, text(theme, "主题"), fields.minute(starts), _end_minute(ends))
    except Wrong as wrong:
        return wrong


def post(name: Typed = "", place: Typed = "", capacity: Typed = "") -> WantedPost | Wrong:
    try:
        places = fields.number(capacity, 1, MOST_PLACES, f"名额请写 1 到 {MOST_PLACES}。")
        return WantedPost(text(name, "岗位"), text(place, "地点", needed=False), places)
    except Wrong as wrong:
        return wrong


@dataclass(frozen=True)
class Served:
    """Minutes of a day, and why they are written by hand."""

    starts_minute: int
    ends_minute: int
    reason: str

    def on(self, day: dt.date) -> Period:
        return Period(moment_of(day, self.starts_minute), moment_of(day, self.ends_minute))


def served(starts: Typed = "", ends: Typed = "", reason: Typed = "", void: Typed = "") -> Served | Wrong:
    """`void` takes a line away: a stretch without length."""
    try:
        because = text(reason, "原因", longest=LONGEST_REASON)
        begin = fields.minute(starts)
        return Served(begin, begin if void else _end_minute(ends), because)
    except Wrong as wrong:
        return wrong


def text(value: str, what: str, *, longest: int = LONGEST_TEXT, needed: bool = True) -> str:
    """One line, because it is said in groups."""
    line = " ".join(fields.words(value).split())
    if needed and not line:
        raise Wrong(f"请写{what}。")
    if len(line) > longest:
        raise Wrong(f"{what}最多 {longest} 个字。")
    return line


def _end_minute(value: str) -> int:
    """Midnight at the end is the end of the day."""
    return 1440 if value.strip() in ("24:00", "00:00", "0:00") else fields.minute(value)


def _year(value: str) -> int:
    year = value.strip()
    if not (year.isascii() and year.isdigit() and 2000 <= int(year[:5]) <= 2099):
        raise Wrong("年份应在 2000 年到 2099 年之间。")
    return int(year)


def _id(value: str, refusal: str) -> int:
    if not (value.isascii() and value.isdigit() and len(value) < 10):
        raise Wrong(refusal)
    return int(value)
