"""The dictionary of places of one community, and Chinese numbers as people write them on buildings."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Self

_DIGITS = {
    **{character: value for value, character in enumerate("零一二三四五六七八九")},
    **{character: value for value, character in enumerate("〇壹贰叁肆伍陆柒捌玖")},
    **{"两": 2, "贰": 2, "陸": 6},
}
_UNITS = {"十": 10, "拾": 10, "百": 100, "佰": 100}
_PLAIN = "零一二三四五六七八九"
_FORMAL = "零壹贰叁肆伍陆柒捌玖"
SUFFIXES = ("号楼", "栋", "幢", "#楼", "#", "号")


@dataclass(frozen=True)
class PlaceNames:
    """What the buildings and spots of one chat group are called; the caller builds it once and passes it in.

    `buildings` maps every alias as people type it to the building's key. A bare number among the aliases is only
    used for forms such as 3-2-501. `home` is the building of a group that is bound to exactly one.
    """

    buildings: Mapping[str, str]
    places: Mapping[str, str | None]
    home: str | None = None

    EMPTY: ClassVar["PlaceNames"]

    @classmethod
    def of(
        cls,
        buildings: Iterable[tuple[str, int | None, Iterable[str]]] = (),
        places: Mapping[str, str | None] | None = None,
        home: str | None = None,
    ) -> Self:
        """From (key, number, further aliases) of each building: the usual spellings of its number are added."""
        aliases: dict[str, str] = {}
        for key, number, further in buildings:
            for alias in (*(usual_aliases(number) if number is not None else ()), *further):
                aliases.setdefault(alias, key)
        return cls(aliases, dict(places or {}), home)

    def building(self, designator: str) -> str | None:
        """The key of a building by what stands before 号楼 or 栋: `3`, `三`, `A`, `甲3`."""
        number = read_number(designator)
        bare = designator.upper() if number is None else str(number)
        for alias in (bare, *(bare + suffix for suffix in SUFFIXES), bare + "座"):
            if alias in self.buildings:
                return self.buildings[alias]
        return None

    @cached_property
    def special_aliases(self) -> tuple[str, ...]:
        """Aliases that are no numbers (`红楼`, `A座`, `甲3`), longest first."""
        special = (alias for alias in self.buildings if not _is_numbered(alias))
        return tuple(sorted(special, key=lambda alias: (-len(alias), alias)))

    @cached_property
    def spots(self) -> tuple[str, ...]:
        """Names of places, longest first."""
        return tuple(sorted(filter(None, self.places), key=lambda name: (-len(name), name)))


PlaceNames.EMPTY = PlaceNames({}, {})


def usual_aliases(number: int) -> tuple[str, ...]:
    """All usual spellings of building number `number`: 3号楼, 三号楼, 叁号楼, 3栋, 三幢, 3#, 3#楼, 3号, 3."""
    plain, formal = write_number(number), write_number(number, digits=_FORMAL, ten="拾")
    written = (str(number), plain, formal)
    return (*(writing + suffix for suffix in SUFFIXES for writing in written), str(number))


def read_number(text: str) -> int | None:
    """A whole number below a thousand in figures or Chinese: 12, 十二, 二十, 一百零三, 贰拾; None for anything else."""
    if text.isascii():
        return int(text) if text.isdigit() else None
    if not text or any(character not in _DIGITS and character not in _UNITS for character in text):
        return None
    if not any(character in _UNITS for character in text):  # 一二 is read figure by figure
        return int("".join(str(_DIGITS[character]) for character in text))
    total, pending = 0, 0
    for character in text:
        if character in _UNITS:
            total += (pending or 1) * _UNITS[character]
            pending = 0
        else:
            pending = _DIGITS[character]
    return total + pending


def write_number(number: int, *, digits: str = _PLAIN, ten: str = "十") -> str:
    """The Chinese writing of a number below a hundred (三, 十二, 二十一); larger ones figure by figure."""
    tens, ones = divmod(number, 10)
    if not 0 <= number < 100:
        return "".join(digits[int(figure)] for figure in str(abs(number)))
    if tens == 0:
        return digits[number]
    return (digits[tens] if tens > 1 else "") + ten + (digits[ones] if ones else "")


def _is_numbered(alias: str) -> bool:
    stem = next((alias.removesuffix(suffix) for suffix in SUFFIXES if alias.endswith(suffix)), alias)
    return read_number(stem) is not None
