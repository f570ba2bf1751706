"""The parts of an address that a text names: buildings, entrance, floor, room, each by its own pattern."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from classifiers.place_names import PlaceNames, StreetNames, read_number

_CN = "零〇一二三四五六七八九十百壹贰叁肆伍陆柒捌玖拾"
_NUMBER = rf"(?:\d{{1,3}}|[{_CN}]{{1,5}})"
_NAME = rf"(?:[A-Za-z甲乙丙丁戊]?\d{{1,3}}|[{_CN}]{{1,5}}|[A-Za-z甲乙丙丁戊])"  # 3, 十二, A3, 甲3, A
_DASH = r"\s?[-–—_/]\s?"
_START = rf"(?<![0-9A-Za-z.:#{_CN}])"
_NO_UNIT = r"(?![\d元块米斤度平万千人个分年月日点次天条件]|号(?!房))"
_ROOM = rf"(?P<room>\d{{3,4}})(?:室|号?房)?{_NO_UNIT}"

# 这一栋, 有一栋, 一栋楼 count buildings, they do not name one.
_SUFFIX = r"(?:号\s?楼|#\s?楼|#|栋|幢|座(?!位|椅|谈)|楼(?=\s?[\d一二三四五六七八九]\s?单元))"
_NAMED = re.compile(rf"{_START}(?<![这那每整同几有某哪])(?P<name>{_NAME})\s?(?P<suffix>{_SUFFIX})")
_COUNTED = re.compile(r"[一两](?:栋楼(?![梯道下上顶门])|座)")
_HOUSE = re.compile(rf"{_START}(?<![月年第])(?P<name>{_NAME})号(?=\s?(?:{_NUMBER}\s?单元|\d{{3,4}}(?:室|{_NO_UNIT})))")
_LIST = re.compile(r"(?<![\d.:-])(?P<names>\d{1,3}(?:\s?[、,和及]\s?\d{1,3})+)\s?(?:号楼|#|栋|幢)")
_RANGE = re.compile(r"(?<![\d.:-])(?P<from>\d{1,3})\s?[-~–—到至]\s?(?P<to>\d{1,3})\s?(?:号楼|#|栋|幢)")
_DASHED = re.compile(
    rf"{_START}(?<!-)(?P<name>[A-Za-z甲乙丙丁戊]?\d{{1,2}}){_DASH}"
    rf"(?:(?P<entrance>\d{{1,2}}){_DASH})?(?P<room>\d{{3,4}}){_NO_UNIT}(?!-)"
)
_SHORT = re.compile(
    rf"{_START}(?<![-比第赢输分])(?P<name>[A-Za-z甲乙丙丁戊]?\d{{1,2}})-(?P<entrance>\d)"
    r"(?![-.:\d%天个月年日点分小人元块斤次岁米周号级倍成度折层万千百双件只条位名票球局胜比排套]|楼(?!道))"
)
_TAIL = re.compile(
    rf"[\s,、的-]{{0,2}}(?:(?P<entrance>{_NUMBER})\s?(?:单元|门洞|门(?![口禁前锁岗卫铃牌外后])|-(?=\d{{3,4}}))[\s,、的-]{{0,2}})?"
    rf"(?:{_ROOM})?"
)
_ENTRANCE = re.compile(rf"(?<![\d{_CN}])(?P<entrance>{_NUMBER})\s?(?:号)?单元")
_ROOMS = (
    re.compile(r"(?<![\d-])(?P<room>\d{3,4})\s?(?:室|号房|房间|(?:房|户)(?![价东租子产屋贷型口籍]))"),
    re.compile(r"(?:我是|我住|住在|我(?:们)?家(?:是|在|住)?)\s?(?P<room>\d{3,4})" + _NO_UNIT),
)
_BASEMENT = re.compile(
    r"(?:(?:负|地下|(?<![\d-])-)(?P<down>[一二三四五1-5])(?:楼|层|(?![\d点分度]))|(?<![A-Za-z0-9])[Bb](?P<deck>[1-5])(?![0-9A-Za-z栋座幢号#-]))"
)
_FLOOR_RANGE = re.compile(rf"(?<![\d{_CN}])(?P<from>{_NUMBER})(?:楼|层)?[-~到至](?P<to>{_NUMBER})(?:楼|层)")
_FLOOR = re.compile(
    rf"(?<![\d这那每同某上下.{_CN}])(?P<floor>{_NUMBER})(?:楼(?![盘市价宇])|层(?![灰油泥土冰霜皮膜纱水沙白黑黄厚薄意高楼]))"
)
_HIGHEST = 99
# Most lines name no building and no floor: one look spares them the patterns above, as all these find has this in it.
_ANY_BUILDING = re.compile(rf"[\dA-Za-z甲乙丙丁戊{_CN}]\s?[号#栋幢座楼]|\d{_DASH}\d")
_ANY_DETAIL = re.compile(rf"\d|[{_CN}]\s?(?:楼|层|号?单元)|负|地下|-[一二三四五]")
# Named only to say that something is near it, or not like there.
_NEAR_BEFORE = re.compile(r"(?:隔壁|对面|旁边|附近|人家|不像|像|跟|和|比|学学|靠近?|挨着|离|去|到)的?$")
_NEAR_BEHIND = re.compile(r"\s?的?(?:隔壁|对面|旁边|附近|斜对|那边的?人|往[东南西北])")
_SAME_BREATH = re.compile(r"[^,。;!?]{0,6}")  # between an estate and the number that belongs to it
_TOUCHING = re.compile(r"[\s的,、里内-]{0,2}")
# 翠湖小区9号楼 is not the only 9号楼 we know; 我们小区9号楼 is.
_OTHER_ESTATE = re.compile(
    r"(?<!我们)(?<!咱们)(?<!这个)(?<![咱我本这])(?:小区|[家花佳嘉雅][园苑]|新[村苑]|公寓|宿舍|家属院|[苑庭府湾园])的?\s?$"
)
LONGEST_GAP = 8


@dataclass(frozen=True)
class Mention:
    """One building as the text names it; `key` is None when the dictionary does not know it.

    `called` is what stands for it in the dictionary; `among` are the buildings of a street that are called so.
    """

    key: str | None
    text: str
    start: int
    end: int
    entrance: int | None = None
    room: str | None = None
    called: str = ""
    among: tuple[str, ...] = ()


@dataclass(frozen=True)
class Estate:
    """An estate as the text names it; `aside` when only as a neighbour of what it is about."""

    name: str
    start: int
    end: int
    aside: bool


def find_buildings(text: str, names: PlaceNames, estate: str | None = None) -> list[Mention]:
    """All buildings a text names, in its order; where two patterns overlap the more telling one stays.

    `estate` is the one meant where the text of a whole street names none.
    """
    found: list[Mention] = []
    for mention in _candidates(text, names):
        if all(mention.end <= other.start or mention.start >= other.end for other in found):
            found.append(mention)
    found.sort(key=lambda mention: mention.start)
    return _in_street(text, found, names, estate) if found and isinstance(names, StreetNames) else found


def find_estates(text: str, names: StreetNames) -> list[Estate]:
    """All estates a text names, in its order."""
    return [
        Estate(names.written[match["long"] or match["short"]], match.start(), match.end(), _aside(text, match))
        for match in names.any_estate.finditer(text)
    ]


def estate_at(text: str, position: int, estates: list[Estate]) -> str | None:
    """The estate that what stands at `position` belongs to: named right before it, else the only one named at all."""
    before = [estate for estate in estates if estate.end <= position]
    if before and _SAME_BREATH.fullmatch(text, before[-1].end, position):
        near = _NEAR_BEHIND.match(text, before[-1].end)
        return None if near and near.end() <= position else before[-1].name
    return only_estate(estates)


def only_estate(estates: list[Estate]) -> str | None:
    """The one estate a text is about, if there is one."""
    named = {estate.name for estate in estates}
    return named.pop() if len(named) == 1 and not any(estate.aside for estate in estates) else None


def within_estate(text: str, spot: str, names: StreetNames) -> bool:
    """Whether a spot is only a piece of an estate's name: 堤上 in 堤上人家."""
    start = text.find(spot)
    return any(estate.start <= start and start + len(spot) <= estate.end for estate in find_estates(text, names))


def of_other_estate(text: str, position: int) -> bool:
    """Whether the name of an estate that we do not know stands right before it."""
    return _OTHER_ESTATE.search(text, max(0, position - LONGEST_GAP), position) is not None


def has_details(text: str) -> bool:
    """Whether a text may name an entrance, a floor or a room."""
    return _ANY_DETAIL.search(text) is not None


def find_entrance(text: str) -> int | None:
    match = _ENTRANCE.search(text)
    return read_number(match["entrance"]) if match else None


def find_room(text: str) -> str | None:
    return next((match["room"] for pattern in _ROOMS if (match := pattern.search(text))), None)


def find_floor(text: str) -> tuple[int | None, str]:
    """The floor and how to write it; a range of floors (一到三层) has a writing but no single number."""
    if match := _BASEMENT.search(text):
        depth = read_number(match["down"] or match["deck"]) or 1
        return -depth, f"负{depth}楼"
    if match := _FLOOR_RANGE.search(text):
        first, last = read_number(match["from"]), read_number(match["to"])
        if first and last and first < last <= _HIGHEST:
            return None, f"{first}-{last}楼"
    for match in _FLOOR.finditer(text):
        floor = read_number(match["floor"])
        if floor and floor <= _HIGHEST:
            return floor, f"{floor}楼"
    return None, ""


def _aside(text: str, match: re.Match[str]) -> bool:
    before = _NEAR_BEFORE.search(text, max(0, match.start() - LONGEST_GAP), match.start())
    return before is not None or _NEAR_BEHIND.match(text, match.end()) is not None


def _in_street(text: str, found: list[Mention], names: StreetNames, estate: str | None) -> list[Mention]:
    estates = find_estates(text, names)
    return [_of_estate(text, mention, names, estates, estate) for mention in found]


def _of_estate(text: str, mention: Mention, names: StreetNames, estates: list[Estate], default: str | None) -> Mention:
    """The building of the estate that is named with it, or the only one called so; else all that may be meant."""
    owner = estate_at(text, mention.start, estates) or (None if estates else default)
    keys = names.called(mention.called, owner)
    if len(keys) == 1 and owner is None and of_other_estate(text, mention.start):
        keys = ()
    start = next((e.start for e in estates if _touches(text, e, mention)), mention.start)
    if len(keys) == 1:
        shown = _with_estate(names.estate_of[keys[0]], mention.text)
        return replace(mention, key=keys[0], text=shown, start=start)
    return replace(mention, key=None, text=_with_estate(owner or "", mention.text), start=start, among=keys)


def _touches(text: str, estate: Estate, mention: Mention) -> bool:
    return estate.end <= mention.start and _TOUCHING.fullmatch(text, estate.end, mention.start) is not None


def _with_estate(estate: str, shown: str) -> str:
    """清荷家园3号楼, but not 锦帆公寓锦帆A座."""
    return shown if estate[:2] and shown.startswith(estate[:2]) else estate + shown


def _candidates(text: str, names: PlaceNames) -> Iterator[Mention]:
    yield from _special(text, names)
    if not _ANY_BUILDING.search(text):
        return
    yield from _several(text, names)
    for match in _DASHED.finditer(text):
        if names.alias(match["name"]) or not _like_a_date(match):
            yield _dashed(match, names)
    for pattern in (_NAMED, _HOUSE):
        for match in pattern.finditer(text):
            if not _COUNTED.match(text, match.start()):
                yield _with_tail(text, match["name"], match, names)
    for match in _SHORT.finditer(text):
        if names.alias(match["name"]):
            yield _dashed(match, names)


def _special(text: str, names: PlaceNames) -> Iterator[Mention]:
    for alias in names.special_aliases:
        start = text.find(alias)
        if start < 0 or not _stands_alone(text, alias, start):
            continue
        end, entrance, room = _tail(text, start + len(alias))
        shown = f"{alias}号楼" if alias[-1].isdigit() else alias
        yield Mention(names.buildings[alias] or None, shown, start, end, entrance, room, alias)


def _stands_alone(text: str, alias: str, start: int) -> bool:
    """Not a piece of something longer: `甲3` is not named in `甲31`, nor `A座` in `AA座`."""
    before, after = text[start - 1 : start], text[start + len(alias) : start + len(alias) + 1]
    torn_before = before.isascii() and before.isalnum() and alias[0].isascii()
    return not torn_before and not (after.isdigit() and alias[-1].isdigit())


def _several(text: str, names: PlaceNames) -> Iterator[Mention]:
    """1、2、3号楼 and 3-5栋 name each building; their spans are cut so that none hides another."""
    for match in _LIST.finditer(text):
        numbers = re.findall(r"\d+", match["names"])
        yield from _spread(numbers, match, names)
    for match in _RANGE.finditer(text):
        first, last = int(match["from"]), int(match["to"])
        if first < last <= first + 30:
            yield from _spread([str(number) for number in range(first, last + 1)], match, names)


def _spread(numbers: list[str], match: re.Match[str], names: PlaceNames) -> Iterator[Mention]:
    for place, number in enumerate(numbers):
        start = match.end() - 1 if place == len(numbers) - 1 else match.start()
        end = match.end() if place == len(numbers) - 1 else match.start()
        yield Mention(names.building(number), f"{int(number)}号楼", start, end, called=number)


def _dashed(match: re.Match[str], names: PlaceNames) -> Mention:
    parts = match.groupdict()
    entrance = int(parts["entrance"]) if parts["entrance"] else None
    text = _show(match["name"], "号楼")
    key, room = names.building(match["name"]), parts.get("room")
    return Mention(key, text, match.start(), match.end(), entrance, room, match["name"])


def _with_tail(text: str, name: str, match: re.Match[str], names: PlaceNames) -> Mention:
    end, entrance, room = _tail(text, match.end())
    suffix = match.groupdict().get("suffix") or "号楼"
    shown = _show(name, suffix if suffix in ("栋", "幢", "座") else "号楼")
    return Mention(names.building(name), shown, match.start(), end, entrance, room, name)


def _tail(text: str, start: int) -> tuple[int, int | None, str | None]:
    """Entrance and room right behind a building: where it ends, and both if they are there."""
    match = _TAIL.match(text, start)
    if match is None or not (match["entrance"] or match["room"]):
        return start, None, None
    return match.end(), read_number(match["entrance"]) if match["entrance"] else None, match["room"]


def _show(name: str, suffix: str) -> str:
    number = read_number(name)
    return f"{name.upper() if number is None else number}{suffix}"


def _like_a_date(match: re.Match[str]) -> bool:
    """13-4-2026 and 12-2025: a building the dictionary does not know, and a room that is a year."""
    return re.fullmatch(r"(?:19|20)\d\d", match["room"]) is not None
