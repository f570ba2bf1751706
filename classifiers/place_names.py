"""The dictionary of places of one community or of a whole street, and Chinese numbers as people write them."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar, Self, TypeVar

Row = TypeVar("Row")

_DIGITS = {
    **{character: value for value, character in enumerate("零一二三四五六七八九")},
    **{character: value for value, character in enumerate("〇壹贰叁肆伍陆柒捌玖")},
    **{"两": 2, "贰": 2, "陸": 6},
}
_UNITS = {"十": 10, "拾": 10, "百": 100, "佰": 100}
_PLAIN = "零一二三四五六七八九"
_FORMAL = "零壹贰叁肆伍陆柒捌玖"
SUFFIXES = ("号楼", "栋", "幢", "#楼", "#", "号")
# What people leave off the name of an estate: 清荷家园 is 清荷 to those who live there.
_ENDINGS = ("小区", "家园", "花园", "佳园", "嘉园", "雅园", "家苑", "佳苑", "嘉苑", "雅苑", "新苑", "新村")
_ENDINGS += ("公寓", "宿舍", "家属院", "人家", "大院", *"苑园")
_PHASE = r"(?!\s?[东南西北中一二三四五六七八九十A-Za-z\d]{1,2}[区期])"  # 柳汀新村二区 is not 柳汀新村
_NUMBER_FOLLOWS = r"(?=[的\s]{0,2}[A-Za-z甲乙丙丁\d一二三四五六七八九十]{1,3}\s?[号栋幢座#楼_/–—-])"


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
        alias = self.alias(designator)
        return None if alias is None else self.buildings[alias] or None

    def alias(self, designator: str) -> str | None:
        """How the dictionary writes it; None for what it does not know at all."""
        number = read_number(designator)
        bare = designator.upper() if number is None else str(number)
        if bare in self.buildings:
            return bare
        return next((bare + suffix for suffix in (*SUFFIXES, "座") if bare + suffix in self.buildings), None)

    @cached_property
    def special_aliases(self) -> tuple[str, ...]:
        """Aliases that are no numbers (`红楼`, `A座`, `甲3`), longest first."""
        special = (alias for alias in self.buildings if not _is_numbered(alias))
        return tuple(_longest_first(special))

    @cached_property
    def spots(self) -> tuple[str, ...]:
        """Names of places, longest first."""
        return tuple(_longest_first(filter(None, self.places)))


PlaceNames.EMPTY = PlaceNames({}, {})

Owned = tuple[str, str | None]
"""An estate ("" for none), and the key of the building there."""


@dataclass(frozen=True)
class StreetNames(PlaceNames):
    """What everything in a whole street is called, for talk that no group narrows down.

    A number or a spot alone is only known where one estate has it; else the estate must be named with it.
    """

    owners: Mapping[str, tuple[Owned, ...]] = field(default_factory=dict)
    """Of each alias of a building: all buildings called so."""
    spot_owners: Mapping[str, tuple[Owned, ...]] = field(default_factory=dict)
    estates: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The keys of each estate's buildings."""
    short: Mapping[str, str] = field(default_factory=dict)
    """Shortened names of estates; they only count right before a number."""

    @classmethod
    def of_street(
        cls,
        buildings: Iterable[tuple[str, str, int | None, Iterable[str]]],
        places: Iterable[tuple[str, str, str | None]] = (),
        taken: Iterable[str] = (),
    ) -> Self:
        """From (estate, key, number, further aliases) of buildings and (name, estate, key) of places.

        `taken` are names of other things (communities, streets) that no shortened name may be mistaken for.
        """
        owners: dict[str, list[Owned]] = defaultdict(list)
        estates: dict[str, list[str]] = defaultdict(list)
        for estate, key, number, further in buildings:
            estates[estate].append(key)
            for alias in {*(usual_aliases(number) if number is not None else ()), *further}:
                owners[alias].append((estate, key))
        spots: dict[str, list[Owned]] = defaultdict(list)
        for name, estate, spot_key in places:
            spots[name].append((estate, spot_key))
        return cls(
            buildings={alias: rows[0][1] or "" if len(rows) == 1 else "" for alias, rows in owners.items()},
            places=dict.fromkeys(spots),
            owners=_frozen(owners),
            spot_owners=_frozen(spots),
            estates=_frozen(estates),
            short=_shortened(tuple(filter(None, estates)), tuple(taken)),
        )

    def called(self, designator: str, estate: str | None) -> tuple[str, ...]:
        """The keys of all buildings that are called so, in this estate or in any."""
        rows = self.owners.get(designator) or self.owners.get(self.alias(designator) or "", ())
        return tuple(key for owner, key in rows if key and estate in (None, owner))

    def at_spot(self, name: str, estate: str | None) -> tuple[str, ...]:
        """The keys of the buildings a spot may belong to; none where one of several such spots has no building."""
        rows = {row for row in self.spot_owners.get(name, ()) if estate in (None, row[0])}
        keys = tuple(sorted(key for _, key in rows if key))
        return () if len(keys) == 1 and len(rows) > 1 else keys

    @cached_property
    def estate_of(self) -> dict[str, str]:
        """The estate of each building."""
        return {key: estate for estate, keys in self.estates.items() for key in keys}

    @cached_property
    def written(self) -> dict[str, str]:
        """The estate behind each writing of its name in a normalised text."""
        return dict(self.short) | {unicodedata.normalize("NFKC", estate): estate for estate in self.estates if estate}

    @cached_property
    def any_estate(self) -> re.Pattern[str]:
        """An estate by its whole name, or by a shortened one where a number follows."""
        long = "|".join(map(re.escape, _longest_first(self.written.keys() - self.short.keys()))) or r"(?!)"
        short = "|".join(map(re.escape, _longest_first(self.short))) or r"(?!)"
        return re.compile(rf"(?P<long>{long})(?:小区|大院)?{_PHASE}|(?P<short>{short})(?:小区)?{_NUMBER_FOLLOWS}")


def _frozen(rows: Mapping[str, list[Row]]) -> dict[str, tuple[Row, ...]]:
    return {name: tuple(found) for name, found in rows.items()}


def _longest_first(names: Iterable[str]) -> list[str]:
    return sorted(names, key=lambda name: (-len(name), name))


def _shortened(estates: tuple[str, ...], taken: tuple[str, ...]) -> dict[str, str]:
    """清荷 for 清荷家园, where nothing else is called so."""
    found: dict[str, str] = {}
    for estate in estates:
        others = [*taken, *(other for other in estates if other != estate)]
        stem = next((estate.removesuffix(ending) for ending in _ENDINGS if estate.endswith(ending)), "")
        if len(stem) > 1 and not any(stem in other for other in others):
            found[stem] = estate
    return found


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
