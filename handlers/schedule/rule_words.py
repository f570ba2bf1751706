"""The rule of a definition as people say it: 每月最后一个星期五 09:00，遇节假日提前."""

from collections.abc import Iterator

from data.models import OnHoliday, Repeat, ScheduledMessage
from handlers.schedule.template import WEEKDAYS

ON_HOLIDAY = {
    OnHoliday.SEND: "照常发送",
    OnHoliday.NEXT: "顺延到下一个工作日",
    OnHoliday.PREVIOUS: "提前到上一个工作日",
    OnHoliday.SKIP: "这一次不发",
}
_MOVES = {OnHoliday.NEXT: "遇节假日顺延", OnHoliday.PREVIOUS: "遇节假日提前", OnHoliday.SKIP: "遇节假日不发"}
NTH = {1: "第一个", 2: "第二个", 3: "第三个", 4: "第四个", -1: "最后一个"}
LAST_DAY = 31
ALWAYS_THERE = 28


def in_words(definition: ScheduledMessage) -> str:
    """When it speaks."""
    return "，".join(_parts(definition))


def clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _parts(definition: ScheduledMessage) -> Iterator[str]:
    yield f"{_days(definition)} {clock(definition.at_minute)}"
    if definition.on_holiday in _MOVES:
        yield _MOVES[definition.on_holiday]
    if definition.days_before != ["0"]:
        yield _ahead(definition.days_before)
    if definition.until:
        yield f"到{definition.until.year}年{definition.until.month}月{definition.until.day}日为止"


def _days(definition: ScheduledMessage) -> str:
    if definition.repeat is Repeat.ONCE:
        day = definition.on_day
        return f"{day.year}年{day.month}月{day.day}日" if day else "没有日期"
    if definition.repeat is Repeat.DAILY:
        return f"{_months(definition)}每天" if definition.months else "每天"
    weekdays = "、".join(WEEKDAYS[int(number)] for number in sorted(definition.weekdays))
    if definition.repeat is Repeat.WEEKLY:
        return f"{_months(definition) if definition.months else ''}每{weekdays}"
    month = _months(definition) if definition.months else "每月"
    if definition.repeat is Repeat.MONTHLY_WEEKDAY:
        return f"{month}{NTH.get(definition.nth or 0, '')}{weekdays}"
    return f"{month}{_day(definition.day or 0)}"


def _months(definition: ScheduledMessage) -> str:
    return "、".join(sorted(definition.months, key=int)) + "月"


def _day(day: int) -> str:
    if day == LAST_DAY:
        return "最后一天"
    return f"{day}日" if day <= ALWAYS_THERE else f"{day}日（没有{day}日的月份在最后一天）"


def _ahead(days_before: list[str]) -> str:
    days = sorted(map(int, days_before), reverse=True)
    ahead = "、".join(f"{day}天" for day in days if day)
    return f"提前{ahead}提醒" + ("，当天再提醒" if 0 in days else "")
