"""The office's own time zone: dates and hours are always those of Asia/Shanghai, wherever the server stands."""

import datetime as dt
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


def when(moment: dt.datetime) -> str:
    """A moment as people say it, in local time."""
    local = moment.astimezone(SHANGHAI)
    return f"{local.month}月{local.day}日{local:%H:%M}"
