"""From what was typed to a draft, with a sentence for every field that does not fit, all at once."""

import datetime as dt
from collections.abc import Callable
from typing import TypeVar

from data.models import OnHoliday, Repeat, ScheduledMessage
from handlers.directory import Directory
from handlers.local_time import local_day, moment_of
from handlers.message import Context
from handlers.schedule import fields, template
from handlers.schedule.audience import known_entries, spelt_out
from handlers.schedule.definitions import next_time
from handlers.schedule.draft import Draft, NotAccepted, Timing, Typed
from handlers.schedule.rule_words import NTH
from handlers.schedule.sendings import QuietHours

Value = TypeVar("Value")
MONTHS = tuple(str(number) for number in range(1, 13))
WEEKDAYS = tuple(str(number) for number in range(7))
LONGEST_AHEAD = dt.timedelta(days=3 * 365)


def understood(context: Context, form: Typed, current: ScheduledMessage | None = None) -> Draft:
    """The draft; raises NotAccepted with everything that does not fit at once."""
    reading = _Reading(context, form)
    draft = Draft(
        name=reading.field("name", fields.name, form.name, ""),
        text=reading.field("text", fields.words, form.text, ""),
        audience=reading.field("audience", reading.entries, form.audience, []),
        unit_id=reading.field("unit", reading.unit, form.unit, None),
        timing=reading.timing(),
    )
    reading.check(draft)
    if not reading.problems and not _ever_speaks(context, draft, current):
        reading.problems["repeat"] = "这样设定一条也不会发出：时间已经过去，或者每次都被跳过。"
    if reading.problems:
        raise NotAccepted(reading.problems)
    return draft


class _Reading:
    """Reads field by field and keeps what is wrong with each."""

    def __init__(self, context: Context, form: Typed) -> None:
        self.problems: dict[str, str] = {}
        self._directory: Directory = context.directory
        self._today = local_day(context.now)
        self._form = form

    def field(self, name: str, read: Callable[..., Value], value: object, otherwise: Value) -> Value:
        try:
            return read(value)
        except fields.Wrong as wrong:
            self.problems.setdefault(name, str(wrong))
            return otherwise

    def timing(self) -> Timing:
        """Fields that another kind of rule asks for are left empty, whatever stands in them."""
        form = self._form
        repeat = Repeat(self.field("repeat", _repeat, form.repeat, Repeat.DAILY.value))
        once, monthly = repeat is Repeat.ONCE, repeat is Repeat.MONTHLY
        by_weekday, nth = repeat in (Repeat.WEEKLY, Repeat.MONTHLY_WEEKDAY), repeat is Repeat.MONTHLY_WEEKDAY
        return Timing(
            repeat=repeat,
            on_day=self.field("on_day", self.on_day, form.on_day, None) if once else None,
            months=[] if once else self.field("months", _months, form.months, []),
            weekdays=self.field("weekdays", _weekdays, form.weekdays, []) if by_weekday else [],
            nth=int(self.field("nth", _nth, form.nth, "1")) if nth else None,
            day=self.field("day", _day, form.day, 1) if monthly else None,
            until=None if once else self.field("until", self.until, form.until, None),
            days_before=self.field("days_before", fields.days_before, form.days_before, ["0"]),
            at_minute=self.field("at", fields.minute, form.at, 0),
            quiet_from_minute=self.field("quiet", fields.minute, form.quiet_from, 0),
            quiet_to_minute=self.field("quiet", fields.minute, form.quiet_to, 0),
            on_holiday=OnHoliday(self.field("on_holiday", _on_holiday, form.on_holiday, OnHoliday.SEND.value)),
        )

    def on_day(self, value: str) -> dt.date:
        day = fields.day(value)
        if day is None:
            raise fields.Wrong("请选日期。")
        if day < self._today:
            raise fields.Wrong("这一天已经过去了。")
        if day > self._today + LONGEST_AHEAD:
            raise fields.Wrong("最多定到三年以后。")
        return day

    def until(self, value: str) -> dt.date | None:
        day = fields.day(value)
        if day is not None and day < self._today:
            raise fields.Wrong("这一天已经过去了。")
        return day

    def entries(self, values: tuple[str, ...]) -> list[str]:
        found = spelt_out(self._directory, values)
        if not found:
            raise fields.Wrong("请至少选一个群、一种岗位或一个人。")
        if not known_entries(self._directory).issuperset(found):
            raise fields.Wrong("选中的群、岗位或人里，有的已经不在了，请重新选。")
        return found

    def unit(self, value: str) -> int | None:
        known = {str(unit_id): unit_id for unit_id in self._directory.units}
        return known[fields.chosen(value, known, "没有这个单位，请重新选。")] if value else None

    def check(self, draft: Draft) -> None:
        """What only shows when fields are seen together."""
        to_groups = any(entry.startswith("group:") for entry in draft.audience)
        wrong = template.problem(draft.text, to_groups=to_groups, on_the_day="0" in draft.timing.days_before)
        if wrong:
            self.problems.setdefault("text", wrong)
        warns = draft.timing.days_before != ["0"] or template.names_deadline(draft.text)
        if warns and _is_late(draft.timing, self._today):
            self.problems.setdefault("at", "这个时间在免打扰时段里，会推到第二天，就过了截止日；请改时间。")


def _is_late(timing: Timing, day: dt.date) -> bool:
    """Whether quiet hours put off until the next day what is said at this time."""
    quiet = QuietHours(timing.quiet_from_minute, timing.quiet_to_minute)
    return local_day(quiet.end_after(moment_of(day, timing.at_minute))) != day


def _ever_speaks(context: Context, draft: Draft, current: ScheduledMessage | None) -> bool:
    own = current.id if current else None
    trial = ScheduledMessage(id=own, active_since=context.now, **draft.columns())
    return next_time(context, trial) is not None


def _repeat(value: str) -> str:
    return fields.chosen(value, list(Repeat), "请选多久发一次。")


def _on_holiday(value: str) -> str:
    return fields.chosen(value, list(OnHoliday), "请选遇到节假日怎么办。")


def _months(values: tuple[str, ...]) -> list[str]:
    return fields.several(values, MONTHS, "没有这个月份。")


def _weekdays(values: tuple[str, ...]) -> list[str]:
    found = fields.several(values, WEEKDAYS, "没有这个星期几。")
    if not found:
        raise fields.Wrong("请选星期几。")
    return found


def _nth(value: str) -> str:
    return fields.chosen(value, [str(number) for number in NTH], "请选第几个。")


def _day(value: str) -> int:
    return fields.number(value, 1, 31, "请写 1 到 31 日；没有这一天的月份在最后一天发。")
