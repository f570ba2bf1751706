"""The rule as the list of definitions says it."""

import datetime as dt
from typing import Any

import pytest

from data.models import OnHoliday, Repeat
from handlers.schedule.rule_words import in_words
from tests.handlers.schedule.plans import row

SAID: list[tuple[Repeat, dict[str, Any], str]] = [
    (Repeat.ONCE, {"on_day": dt.date(2026, 10, 8)}, "2026年10月8日 09:00"),
    (Repeat.DAILY, {"at_minute": 1439}, "每天 23:59"),
    (Repeat.DAILY, {"months": ["12", "7"]}, "7、12月每天 09:00"),
    (Repeat.WEEKLY, {"weekdays": ["2", "0"]}, "每星期一、星期三 09:00"),
    (Repeat.MONTHLY, {"day": 5, "on_holiday": OnHoliday.NEXT}, "每月5日 09:00，遇节假日顺延"),
    (Repeat.MONTHLY, {"day": 30}, "每月30日（没有30日的月份在最后一天） 09:00"),
    (
        Repeat.MONTHLY,
        {"day": 31, "months": ["3", "6", "9", "12"], "days_before": ["7", "1", "0"]},
        "3、6、9、12月最后一天 09:00，提前7天、1天提醒，当天再提醒",
    ),
    (
        Repeat.MONTHLY_WEEKDAY,
        {"weekdays": ["4"], "nth": -1, "on_holiday": OnHoliday.PREVIOUS},
        "每月最后一个星期五 09:00，遇节假日提前",
    ),
    (
        Repeat.MONTHLY_WEEKDAY,
        {"weekdays": ["1"], "nth": 2, "on_holiday": OnHoliday.SKIP, "days_before": ["3"]},
        "每月第二个星期二 09:00，遇节假日不发，提前3天提醒",
    ),
    (Repeat.DAILY, {"until": dt.date(2026, 12, 31)}, "每天 09:00，到2026年12月31日为止"),
]


@pytest.mark.parametrize(("repeat", "values", "wanted"), SAID, ids=[wanted for _, _, wanted in SAID])
def test_in_words(repeat: Repeat, values: dict[str, Any], wanted: str) -> None:
    assert in_words(row(repeat, **values)) == wanted
