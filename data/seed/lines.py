"""The lines of the seed files, and how their values are read: whatever is wrong is named with file, line and column."""

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any


class SeedError(ValueError):
    """A seed file is wrong; the message names file, line and column."""


class Line:
    """One line of a seed file, which knows where it stands when something in it is wrong."""

    def __init__(self, file: str, number: int, values: dict[str, str]) -> None:
        self._file, self._number, self._values = file, number, values

    def __getitem__(self, column: str) -> str:
        if self._values.get(column) is None:
            raise self.error(f"column '{column}' is missing")
        return self._values[column].strip()

    def many(self, column: str) -> list[str]:
        return [part for part in self[column].split("|") if part]

    def read(self, column: str, convert: Callable[[str], Any]) -> Any:
        """The value converted; what cannot be converted is an error of this line."""
        try:
            return convert(self[column])
        except (ValueError, KeyError):
            raise self.error(f"column '{column}' has no valid value: '{self[column]}'") from None

    def maybe(self, column: str, convert: Callable[[str], Any]) -> Any:
        return self.read(column, convert) if self[column] else None

    def error(self, what: str) -> SeedError:
        return SeedError(f"{self._file}, line {self._number}: {what}")


def read_lines(folder: Path, name: str) -> Iterator[Line]:
    """The lines of a seed file, with their numbers."""
    path = folder / name
    if not path.exists():
        raise SeedError(f"{name}: the file is missing in {folder}")
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise SeedError(f"{name}: the file is not UTF-8; office programs offer it as “CSV UTF-8”") from None
    for number, values in enumerate(csv.DictReader(io.StringIO(text, newline="")), start=2):
        yield Line(name, number, values)


def weekday(text: str) -> int:
    """0 is Monday."""
    if text not in tuple("0123456"):
        raise ValueError(text)
    return int(text)


def weekdays(text: str) -> list[str]:
    return [str(weekday(day)) for day in text.split("|") if day]


def minute_of_day(text: str) -> int:
    """`HH:MM` as minutes from midnight; `24:00` is the end of the day."""
    hour, minute = text.split(":")
    total = int(hour) * 60 + int(minute)
    if not (0 <= total <= 24 * 60 and 0 <= int(minute) < 60):
        raise ValueError(text)
    return total


def hours(text: str) -> tuple[int, int]:
    start, end = text.split("-")
    return minute_of_day(start), minute_of_day(end)
