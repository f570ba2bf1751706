"""Reading what was typed into the fields of a form: days, times, numbers; each refusal is a sentence for its field."""

import datetime as dt
import re
import unicodedata
from collections.abc import Collection, Iterable

LONGEST_NAME = 40
FURTHEST_REMINDER = 60
MOST_REMINDERS = 8
EARLIEST, LATEST = dt.date(2000, 1, 1), dt.date(2099, 12, 31)
LAST_HOUR, LAST_MINUTE = 23, 59
_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{1,2})(:00)?")
_SEPARATORS = re.compile(r"[\s,、;，；]+")


class Wrong(Exception):
    """What stands in a field does not fit; the words say why."""


def words(value: str) -> str:
    """Text as it is stored; characters no database or phone can show are refused."""
    text = value.replace("\r\n", "\n").replace("\r", "\n").strip()
    if any(unicodedata.category(character) in ("Cc", "Cs") and character not in "\n\t" for character in text):
        raise Wrong("里面有看不见的控制字符，请删掉后重新输入。")
    return text


def name(value: str) -> str:
    text = " ".join(words(value).split())
    if not text:
        raise Wrong("请起一个名称。")
    if len(text) > LONGEST_NAME:
        raise Wrong(f"名称有 {len(text)} 个字，最多 {LONGEST_NAME} 个字。")
    return text


def minute(value: str) -> int:
    """`09:00` as minutes after midnight."""
    found = _CLOCK.fullmatch(plain(value))
    if found is None:
        raise Wrong("请写几点几分，如 09:00。")
    hour, minute = int(found[1]), int(found[2])
    if hour > LAST_HOUR or minute > LAST_MINUTE:
        raise Wrong(f"没有 {found[1]}:{found[2]} 这个时间；时间从 00:00 到 23:59，半夜12点是第二天的 00:00。")
    return hour * 60 + minute


def day(value: str) -> dt.date | None:
    """A date, or nothing where nothing is typed."""
    if not value.strip():
        return None
    try:
        found = dt.datetime.strptime(plain(value), "%Y-%m-%d").date()  # noqa: DTZ007 a date has no zone
    except ValueError:
        raise Wrong("没有这一天；请按 2026-10-08 的样子写日期。") from None
    if not EARLIEST <= found <= LATEST:
        raise Wrong("日期应在 2000 年到 2099 年之间。")
    return found


def number(value: str, lowest: int, highest: int, refusal: str) -> int:
    text = plain(value)
    if re.fullmatch(r"-?[0-9]{1,3}", text) is None or not lowest <= int(text) <= highest:
        raise Wrong(refusal)
    return int(text)


def days_before(value: str) -> list[str]:
    """`7,1,0` in any order, each once, the furthest first."""
    parts = [part for part in _SEPARATORS.split(plain(value)) if part]
    refusal = f"请写提前几天，用逗号隔开，如 7,1,0；0 表示当天，最多提前 {FURTHEST_REMINDER} 天。"
    days = {number(part, 0, FURTHEST_REMINDER, refusal) for part in parts}
    if not days:
        raise Wrong(refusal)
    if len(days) > MOST_REMINDERS:
        raise Wrong(f"最多提醒 {MOST_REMINDERS} 次。")
    return [str(day) for day in sorted(days, reverse=True)]


def chosen(value: str, allowed: Collection[str], refusal: str) -> str:
    if value not in allowed:
        raise Wrong(refusal)
    return value


def several(values: Iterable[str], allowed: Iterable[str], refusal: str) -> list[str]:
    """Each once, in the order of `allowed`."""
    known, found = list(allowed), set(values)
    if not found <= set(known):
        raise Wrong(refusal)
    return [value for value in known if value in found]


def plain(value: str) -> str:
    """What a Chinese keyboard writes wide, written narrow."""
    return unicodedata.normalize("NFKC", value[:100]).strip()
