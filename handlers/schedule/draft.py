"""A definition as an administrator typed it, and the draft it becomes if everything fits."""

import datetime as dt
from dataclasses import asdict, dataclass, fields
from typing import Any

from data.models import OnHoliday, Repeat, ScheduledMessage
from handlers.errors import SuishoupaiError
from handlers.schedule.rule_words import clock


class NotAccepted(SuishoupaiError):
    """What was typed does not fit; `problems` has a sentence for each field."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__("".join(problems.values()))
        self.problems = problems


@dataclass(frozen=True)
class Typed:
    """The form, exactly as it was filled in."""

    name: str = ""
    text: str = ""
    repeat: str = Repeat.ONCE.value
    on_day: str = ""
    months: tuple[str, ...] = ()
    weekdays: tuple[str, ...] = ()
    nth: str = "-1"
    day: str = ""
    days_before: str = "0"
    at: str = "09:00"
    quiet_from: str = "21:00"
    quiet_to: str = "08:00"
    on_holiday: str = OnHoliday.SEND.value
    audience: tuple[str, ...] = ()
    unit: str = ""
    until: str = ""

    @classmethod
    def of(cls, row: ScheduledMessage) -> "Typed":
        """What one would have typed to get this definition."""
        texts = {name: str(value) for name in ("on_day", "nth", "day", "until") if (value := getattr(row, name))}
        return cls(
            name=row.name,
            text=row.text,
            repeat=row.repeat.value,
            months=tuple(row.months),
            weekdays=tuple(row.weekdays),
            days_before=",".join(row.days_before),
            at=clock(row.at_minute),
            quiet_from=clock(row.quiet_from_minute),
            quiet_to=clock(row.quiet_to_minute),
            on_holiday=row.on_holiday.value,
            audience=tuple(row.audience),
            unit=str(row.unit_id or ""),
            **texts,
        )


@dataclass(frozen=True)
class Timing:
    """When a definition speaks; a change of any of it starts the definition anew."""

    repeat: Repeat
    on_day: dt.date | None
    months: list[str]
    weekdays: list[str]
    nth: int | None
    day: int | None
    until: dt.date | None
    days_before: list[str]
    at_minute: int
    quiet_from_minute: int
    quiet_to_minute: int
    on_holiday: OnHoliday


@dataclass(frozen=True)
class Draft:
    """Everything of a definition that an administrator decides, checked."""

    name: str
    text: str
    audience: list[str]
    unit_id: int | None
    timing: Timing

    def columns(self) -> dict[str, Any]:
        """What is stored, by column."""
        own = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "timing"}
        return own | asdict(self.timing)

    def write_to(self, row: ScheduledMessage) -> bool:
        """Change the row; whether it now speaks at other times than before."""
        changes = {name: value for name, value in self.columns().items() if getattr(row, name) != value}
        for name, value in changes.items():
            setattr(row, name, value)
        return any(field.name in changes for field in fields(Timing))
