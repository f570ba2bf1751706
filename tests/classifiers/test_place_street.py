"""Where a message is about when no group narrows it down: estates, their numbers, and what is only asked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.place import Place, StreetNames, find_place

ESTATES = ("春晖家园", "春晖家园二期", "秋实花园", "堤上人家", "老干部小区")
ROWS = [
    (estate, f"{letter}{number}", number, ())
    for letter, estate in zip("abcde", ESTATES, strict=True)
    for number in (1, 3)
]
STREET = StreetNames.of_street(
    [*ROWS, ("秋实花园", "c9", 9, ("红楼",)), ("堤上人家", "d8", 8, ()), ("平安里", "f5", 55, ())],
    [
        ("东门", "春晖家园", "a1"),
        ("东门", "秋实花园", "c1"),
        ("堤上", "", None),
        ("地库", "春晖家园", "a3"),
        ("地库", "", None),
        ("超市", "秋实花园", "c3"),
    ],
    ["秋实街道"],
)

# what was said | building | entrance | room | shown to everybody
KNOWN = [
    ("春晖家园3号楼停水", "a3", None, None, "春晖家园3号楼"),
    ("春晖家园小区的三栋2单元停水", "a3", 2, None, "春晖家园3栋2单元"),
    ("春晖家园3-2-501漏水", "a3", 2, "501", "春晖家园3号楼2单元"),
    ("春晖家园3-2停水了", "a3", 2, None, "春晖家园3号楼2单元"),
    ("春晖家园二期3号楼停水", "b3", None, None, "春晖家园二期3号楼"),
    ("堤上3号楼停水", "d3", None, None, "堤上人家3号楼"),
    ("堤上人家3号楼停水", "d3", None, None, "堤上人家3号楼"),
    ("老干部3号楼停水", "e3", None, None, "老干部小区3号楼"),
    ("9号楼停水", "c9", None, None, "秋实花园9号楼"),
    ("我们小区9号楼停水", "c9", None, None, "秋实花园9号楼"),
    ("红楼停水", "c9", None, None, "秋实花园红楼"),
    ("我住秋实花园，3号楼停水", "c3", None, None, "秋实花园3号楼"),
    ("3号楼停水，秋实花园的", "c3", None, None, "秋实花园3号楼"),
    ("春晖家园对面的秋实花园3号楼停水", "c3", None, None, "秋实花园3号楼"),
    ("隔壁春晖家园3号楼停水", "a3", None, None, "春晖家园3号楼"),
    ("不是春晖家园3号楼，是秋实花园3号楼", "c3", None, None, "秋实花园3号楼"),
    ("超市门口堵了", "c3", None, None, "秋实花园超市"),
    ("春晖家园的东门堵了", "a1", None, None, "春晖家园东门"),
    ("平安里停水", "f5", None, None, "平安里"),
]

# what was said | shown | among which buildings
ASKED = [
    ("3号楼停水", "3号楼", ("a3", "b3", "c3", "d3", "e3")),
    ("3号楼2单元停水", "3号楼2单元", ("a3", "b3", "c3", "d3", "e3")),
    ("秋实3号楼停水", "3号楼", ("a3", "b3", "c3", "d3", "e3")),
    ("隔壁春晖家园都修了，我们3号楼还停着", "3号楼", ("a3", "b3", "c3", "d3", "e3")),
    ("春晖家园对面的3号楼停水", "3号楼", ("a3", "b3", "c3", "d3", "e3")),
    ("春晖家园三期3号楼停水", "3号楼", ("a3", "b3", "c3", "d3", "e3")),
    ("春晖家园3号楼和秋实花园1号楼停水", "春晖家园3号楼、秋实花园1号楼", ("a3", "c1")),
    ("春晖家园停水", "春晖家园", ("a1", "a3")),
    ("东门堵了", "东门", ("a1", "c1")),
]

# what was said | shown: nothing we know, and nothing to choose from
UNKNOWN = [
    ("翠湖小区9号楼停水", "9号楼"),
    ("翠湖家园超市堵了", "超市"),
    ("春晖家园18号楼停水", "春晖家园18号楼"),
    ("堤上人家东门堵了", "堤上人家东门"),
    ("地库漏水", "地库"),
]


def found(said: str, nickname: str = "") -> Place:
    place = find_place(said, STREET, nickname)
    assert place is not None
    return place


@pytest.mark.parametrize(("said", "building", "entrance", "room", "shown"), KNOWN, ids=[row[0] for row in KNOWN])
def test_a_building_is_meant_with_its_estate_or_where_it_is_the_only_one(said, building, entrance, room, shown):
    place = found(said)
    assert (place.building, place.entrance, place.room, place.text) == (building, entrance, room, shown)
    assert (place.ambiguous, place.source) == ((), "text")


@pytest.mark.parametrize(("said", "shown", "among"), ASKED, ids=[row[0] for row in ASKED])
def test_what_several_estates_have_is_never_guessed(said, shown, among):
    place = found(said)
    assert (place.building, place.text, place.ambiguous) == (None, shown, among)


@pytest.mark.parametrize(("said", "shown"), UNKNOWN, ids=[row[0] for row in UNKNOWN])
def test_what_we_do_not_know_is_not_taken_for_something_else(said, shown):
    place = found(said)
    assert (place.building, place.text, place.ambiguous) == (None, shown, ())


@pytest.mark.parametrize("said", ["停水了", "隔壁春晖家园停水了"])
def test_nothing_is_named(said):
    assert find_place(said, STREET) is None


@pytest.mark.parametrize(
    ("said", "nickname", "building", "among"),
    [
        ("停水了", "春晖家园3-2-501 老李", "a3", ()),
        ("1号楼停水了", "春晖家园3-2-501 老李", "a1", ()),
        ("停水了", "9-2-501 老李", "c9", ()),
        ("停水了", "3-2-501 老李", None, ("a3", "b3", "c3", "d3", "e3")),
        ("春晖家园停水了", "3-2-501 老李", "a3", ()),
        ("秋实花园垃圾成堆", "春晖家园3-2-501 老李", None, ("c1", "c3", "c9")),
        ("东门堵了", "秋实花园 老李", "c1", ()),
    ],
)
def test_the_name_of_the_sender_helps_only_with_an_estate(said, nickname, building, among):
    place = found(said, nickname)
    assert (place.building, place.ambiguous) == (building, among)


def test_an_estate_in_full_width_letters():
    names = StreetNames.of_street([("Ａ区（北）", "x1", 1, ()), ("乙区", "y1", 1, ())])
    place = find_place("Ａ区（北）1号楼停水", names)
    assert place is not None
    assert place.building == "x1"


def test_two_buildings_of_one_estate_with_the_same_number_are_asked_about():
    names = StreetNames.of_street([("春晖家园", "a", 1, ()), ("春晖家园", "b", 1, ())])
    place = find_place("春晖家园1号楼停水", names)
    assert place == Place(text="春晖家园1号楼", ambiguous=("a", "b"))


_WORDS = st.sampled_from(
    [*ESTATES, "春晖", "堤上", "东门", "地库", "超市", "小区", "对面", *"0139号楼栋-的、，和不是#单元室"]
)


@given(st.lists(_WORDS, max_size=14).map("".join), st.sampled_from(["", "3-2-501", "秋实花园9栋", "堤上人家"]))
def test_any_text_names_a_known_building_or_several_or_none(said, nickname):
    place = find_place(said, STREET, nickname)
    assert place is None or place.text or place.room
    if place is not None:
        keys = (place.building, *place.ambiguous) if place.building else place.ambiguous
        assert set(keys) <= set(STREET.estate_of)
        assert not (place.building and place.ambiguous)


def test_a_street_without_estates_knows_nothing():
    assert find_place("3号楼停水", StreetNames.of_street([])) == Place(text="3号楼")
