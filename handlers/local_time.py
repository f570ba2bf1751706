"""The office's own time zone: dates and hours are always those of Asia/Shanghai, wherever the server stands."""

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True)
class Period:
    """From `start` up to and without `end`, aware moments."""

    start: dt.datetime
    end: dt.datetime


def moment_of(day: dt.date, minute: int) -> dt.datetime:
    """The moment `minute` minutes after local midnight, in UTC; 1440 is the end of the day."""
    return (dt.datetime.combine(day, dt.time(), SHANGHAI) + dt.timedelta(minutes=minute)).astimezone(dt.UTC)


def local_day(moment: dt.datetime) -> dt.date:
    """The date in the office's own time zone."""
    return moment.astimezone(SHANGHAI).date()


def when(moment: dt.datetime) -> str:
    """A moment as people say it, in local time."""
    local = moment.astimezone(SHANGHAI)
    return f"{local.month}月{local.day}日{local:%H:%M}"
