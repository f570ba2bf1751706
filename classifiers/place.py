"""Where a message is about: building, entrance, floor, room or a named spot, from its words, else from the nickname.

What is named twice and differently is never guessed: the keys are handed over as `ambiguous` and the caller asks.
"""

import re
from dataclasses import dataclass, replace

from classifiers.place_names import PlaceNames, StreetNames
from classifiers.place_parts import (
    Mention,
    estate_at,
    find_buildings,
    find_entrance,
    find_estates,
    find_floor,
    find_room,
    has_details,
    of_other_estate,
    only_estate,
    within_estate,
)
from classifiers.words import LEXICON, normalise, read_words

__all__ = ["Place", "PlaceNames", "StreetNames", "find_place"]

# Spots every estate has; they need no dictionary, but a dictionary wins over them.
_USUAL_SPOTS = tuple(sorted(read_words(LEXICON / "spots.txt"), key=lambda name: (-len(name), name)))
_ANY_SPOT = re.compile("|".join(map(re.escape, _USUAL_SPOTS)))  # one look, where most lines have none
_OWN_BUILDING = re.compile(r"(?:我们|咱们?|俺们?|本|我|咱这|我们这|自己)(?:这)?个?(?:楼|栋|幢)(?![上下])")
_OWN_ENTRANCE = re.compile(r"(?:我们|咱们?|俺们?|本|我|咱这|我们这)(?:这)?个?(?:单元|门洞|楼道)")
# Somewhere near, and which one nobody knows: it is asked, and never taken for the sender's own.
_SIDE = r"(?:对面|隔壁|旁边|前面|后面|前边|后边|斜对面|另外?一)(?:的)?(?:那|这)?一?"
_OTHER_BUILDING = re.compile(rf"{_SIDE}(?:个楼|栋|幢|座|号楼|楼(?![道梯上下层]))")
_OTHER_ENTRANCE = re.compile(rf"{_SIDE}个?(?:单元|门洞|楼道)")
_CORRECTION = re.compile(r"(?:说|写|打|发|弄|搞|讲|报)错|不对|更正|纠正|应该是|是我记错|记错")
_NEGATION = re.compile(r"(?:不是|并非|没说)(?:我们|咱们)?的?$")
LONGEST_NEGATION = 5


@dataclass(frozen=True)
class Place:
    """A place as far as it is known. `text` may be shown to everybody; `room` is personal and never part of it."""

    building: str | None = None
    entrance: int | None = None
    floor: int | None = None
    room: str | None = None
    name: str | None = None
    text: str = ""
    ambiguous: tuple[str, ...] = ()
    source: str = "text"  # text | nickname | group


def find_place(text: str, names: PlaceNames = PlaceNames.EMPTY, nickname: str = "") -> Place | None:
    """The place a message is about, or None when neither its words nor its sender tell."""
    return place_in(normalise(text), names, nickname)


def place_in(text: str, names: PlaceNames, nickname: str) -> Place | None:
    """The same for a text that is normalised already."""
    if isinstance(names, StreetNames):
        return _in_street(text, names, normalise(nickname))
    mentions = _meant(text, find_buildings(text, names))
    if mentions:
        return _named(text, mentions, names)
    if spot := _spot(text, names):
        return _at_spot(text, spot, names)
    return _at_sender(text, names, normalise(nickname))


def _in_street(text: str, names: StreetNames, nickname: str) -> Place | None:
    """The same where no group says which estate is meant: the words must, or the name the sender goes by."""
    estate, home = (only_estate(find_estates(said, names)) for said in (text, nickname))
    if mentions := _meant(text, find_buildings(text, names, home)):
        return _named(text, mentions, names)
    if spot := _spot(text, names):
        return _at_spot_in_street(text, spot, names, home)
    elsewhere = estate is not None and home is not None and estate != home
    found = _at_sender(text, names, "" if elsewhere else nickname, estate)
    known = found is not None and (found.building or found.ambiguous)
    return found if known or estate is None else _in_estate(estate, found or Place(), names)


def _in_estate(estate: str, place: Place, names: StreetNames) -> Place:
    """Only the estate is named: any of its buildings may be meant."""
    keys = names.estates[estate]
    only = keys[0] if len(keys) == 1 else None
    return replace(place, building=only, ambiguous=() if only else keys, text=estate + place.text)


def _meant(text: str, mentions: list[Mention]) -> list[Mention]:
    """Without those that were taken back: `3号楼…说错了,是5号楼`, `不是3号楼,是5号楼`."""
    kept = [
        mention
        for mention in mentions
        if not _NEGATION.search(text, max(0, mention.start - LONGEST_NEGATION), mention.start)
    ]
    for position in range(len(kept) - 1, 0, -1):
        if _CORRECTION.search(text, kept[position - 1].end, kept[position].start):
            return kept[position:]
    return _without_taken_back(text, kept)


def _without_taken_back(text: str, kept: list[Mention]) -> list[Mention]:
    """`3号楼停水 5号楼,刚才说错了`: the correction stands behind the right building."""
    if len(kept) == 2 and _CORRECTION.search(text, kept[1].end):
        return kept[1:]
    return kept


def _named(text: str, mentions: list[Mention], names: PlaceNames) -> Place:
    if len({mention.key or mention.among or mention.text for mention in mentions}) > 1:
        keys = tuple(dict.fromkeys(key for mention in mentions for key in (mention.key, *mention.among) if key))
        shown = "、".join(dict.fromkeys(mention.text for mention in mentions))
        return Place(text=shown, ambiguous=keys, name=_spot(text, names))
    first = mentions[0]
    entrance = next((mention.entrance for mention in mentions if mention.entrance), None)
    room = next((mention.room for mention in mentions if mention.room), None)
    spot = _spot(text, names)
    place = Place(first.key, entrance, room=room, name=spot, text=first.text, ambiguous=first.among)
    detailed = _with_details(place, _blank(text, mentions))
    return replace(detailed, text=detailed.text + (spot or ""))


def _at_spot(text: str, spot: str, names: PlaceNames) -> Place:
    place = Place(building=names.places.get(spot), name=spot)
    detailed = _with_details(place, text)
    return replace(detailed, text=spot + detailed.text)


def _at_spot_in_street(text: str, spot: str, names: StreetNames, home: str | None) -> Place:
    """The building of a spot only where its estate is told, or no other estate has such a spot."""
    position, estates = text.find(spot), find_estates(text, names)
    estate = estate_at(text, position, estates) or (None if estates else home)
    keys = names.at_spot(spot, estate)
    if len(keys) == 1 and estate is None and of_other_estate(text, position):
        keys = ()
    owner = names.estate_of[keys[0]] if len(keys) == 1 else estate or ""
    shown = spot if owner[:2] and spot.startswith(owner[:2]) else owner + spot
    building, ambiguous = (keys[0], ()) if len(keys) == 1 else (None, keys)
    detailed = _with_details(Place(building, name=spot), text)
    return replace(detailed, text=shown + detailed.text, ambiguous=ambiguous)


def _at_sender(text: str, names: PlaceNames, nickname: str, estate: str | None = None) -> Place | None:
    """No building named: the sender's own by the nickname, else the group's only one."""
    if _OTHER_BUILDING.search(text):
        elsewhere = _with_details(Place(), text)
        return elsewhere if elsewhere.text or elsewhere.room else None
    own = find_buildings(nickname, names, estate)[:1] if nickname else []
    if not own and names.home is None and not has_details(text):
        return None
    here = _with_details(Place(), text)
    if own:
        home = Place(building=own[0].key, entrance=own[0].entrance, room=own[0].room, text=own[0].text)
        return replace(_merge(text, here, home), source="nickname", ambiguous=own[0].among)
    if names.home is not None:
        return replace(here, building=names.home, source="group")
    return here if here.text or here.room else None


def _merge(text: str, here: Place, home: Place) -> Place:
    """The sender's building, with entrance and room only where the words do not point elsewhere in it."""
    whole = _OWN_BUILDING.search(text) is not None or (
        here.entrance is None and _OTHER_ENTRANCE.search(text) is not None
    )
    elsewhere = here.entrance is not None and here.entrance != home.entrance
    entrance = here.entrance if here.entrance is not None else None if whole else home.entrance
    own_room = None if whole or elsewhere or here.text or _OWN_ENTRANCE.search(text) else home.room
    shown = home.text + (f"{entrance}单元" if entrance is not None and here.entrance is None else "") + here.text
    return replace(here, building=home.building, entrance=entrance, room=here.room or own_room, text=shown)


def _with_details(place: Place, text: str) -> Place:
    """Add entrance, floor and room from the words around the building."""
    if place.entrance is None and not has_details(text):
        return place
    entrance = place.entrance if place.entrance is not None else find_entrance(text)
    floor, written = find_floor(text)
    shown = place.text + (f"{entrance}单元" if entrance is not None else "") + written
    return replace(place, entrance=entrance, floor=floor, room=place.room or find_room(text), text=shown)


def _blank(text: str, mentions: list[Mention]) -> str:
    """The text with the buildings taken out, so that their numbers are not read again as floors."""
    for mention in reversed(mentions):
        text = f"{text[: mention.start]}|{text[mention.end :]}"
    return text


def _spot(text: str, names: PlaceNames) -> str | None:
    """The longest name of a spot in the text: one of the dictionary, else a usual one."""
    usual = _USUAL_SPOTS if _ANY_SPOT.search(text) else ()
    found = next((name for name in (*names.spots, *usual) if name in text), None)
    if found and isinstance(names, StreetNames) and within_estate(text, found, names):
        return _spot(names.any_estate.sub("|", text), names)
    return found
