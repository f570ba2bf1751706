"""Where a message is about: a table a community worker can check."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.place import Place, PlaceNames, find_place
from classifiers.place_names import read_number, usual_aliases, write_number
from classifiers.place_parts import find_buildings, find_entrance, find_floor, find_room, has_details

STREET = PlaceNames.of(
    [
        *((f"b{number}", number, ()) for number in range(1, 17)),
        ("jia3", None, ("甲3", "甲3号楼")),
        ("red", None, ("红楼",)),
    ],
    {"东门": None, "幸福便利店": "b2", "篮球场": None},
)
ONE_BUILDING = PlaceNames.of([("b7", 7, ())], home="b7")

# what was said | building | entrance | floor | room | shown to everybody
WORDS = [
    ("3号楼电梯坏了", "b3", None, None, None, "3号楼"),
    ("三号楼停水", "b3", None, None, None, "3号楼"),
    ("叁号楼停水", "b3", None, None, None, "3号楼"),
    ("十二号楼停水", "b12", None, None, None, "12号楼"),
    ("3栋楼道灯不亮", "b3", None, None, None, "3栋"),
    ("三栋没水了", "b3", None, None, None, "3栋"),
    ("3幢门禁坏了", "b3", None, None, None, "3幢"),
    ("3#楼下堆垃圾", "b3", None, None, None, "3号楼"),
    ("3#电梯停了", "b3", None, None, None, "3号楼"),
    ("３号楼，停水了", "b3", None, None, None, "3号楼"),
    ("13号楼不是3号楼那边", "b13", None, None, None, "13号楼"),
    ("三栋2单元5楼灯不亮", "b3", 2, 5, None, "3栋2单元5楼"),
    ("3号楼二单元五层漏水", "b3", 2, 5, None, "3号楼2单元5楼"),
    ("3楼2单元的灯坏了", "b3", 2, None, None, "3号楼2单元"),
    ("3号2单元停水", "b3", 2, None, None, "3号楼2单元"),
    ("二栋楼梯口太黑", "b2", None, None, None, "2栋"),
    ("13号楼2单元1302室漏水", "b13", 2, None, "1302", "13号楼2单元"),
    ("3-2-501漏水", "b3", 2, None, "501", "3号楼2单元"),
    ("3#2-501漏水", "b3", 2, None, "501", "3号楼2单元"),
    ("3栋501没电", "b3", None, None, "501", "3栋"),
    ("3-501没电", "b3", None, None, "501", "3号楼"),
    ("3-2停水了", "b3", 2, None, None, "3号楼2单元"),
    ("5号楼2单元 一层到三层没灯", "b5", 2, None, None, "5号楼2单元1-3楼"),
    ("5号楼负一楼漏水", "b5", None, -1, None, "5号楼负1楼"),
    ("5号楼地下一层漏水", "b5", None, -1, None, "5号楼负1楼"),
    ("5楼灯坏了", None, None, 5, None, "5楼"),
    ("B2车库一排都黑着", None, None, -2, None, "负2楼"),
    ("18号楼没电", None, None, None, None, "18号楼"),
    ("红楼3单元停水", "red", 3, None, None, "红楼3单元"),
    ("甲3楼下有人打架", "jia3", None, None, None, "甲3号楼"),
    ("甲3-1-101漏水", "jia3", 1, None, "101", "甲3号楼1单元"),
    ("东门没人管", None, None, None, None, "东门"),
    ("幸福便利店门口占道", "b2", None, None, None, "幸福便利店"),
    ("3号楼对面的篮球场", "b3", None, None, None, "3号楼篮球场"),
    ("3号楼停水,说错了,是5号楼", "b5", None, None, None, "5号楼"),
    ("不是3号楼,是5号楼停水", "b5", None, None, None, "5号楼"),
    ("更正一下,是6栋", "b6", None, None, None, "6栋"),
]

NO_PLACE = [
    "1027",
    "我电话13812345678",
    "11月3号停水",
    "2026-11-08开会",
    "这栋楼的人都知道",
    "一栋楼都没水",
    "等了3-2天",
    "要价3-500元",
    "比分3-2赢了",
    "一层灰没人扫",
    "早上好",
    "",
]

SEVERAL = [
    ("3号楼和5号楼都停水", ("b3", "b5"), "3号楼、5号楼"),
    ("1、2、3号楼停水", ("b1", "b2", "b3"), "1号楼、2号楼、3号楼"),
    ("3-5栋停电", ("b3", "b4", "b5"), "3号楼、4号楼、5号楼"),
]

# what was said | nickname | building | entrance | floor | room | shown
SENDERS = [
    ("楼道灯坏了", "3-2-501 老李", "b3", 2, None, "501", "3号楼2单元"),
    ("5楼灯坏了", "3-2-501 老李", "b3", 2, 5, None, "3号楼2单元5楼"),
    ("我们楼停水", "3-2-501 老李", "b3", None, None, None, "3号楼"),
    ("咱单元没电", "3-2-501 老李", "b3", 2, None, None, "3号楼2单元"),
    ("1单元停水", "3-2-501 老李", "b3", 1, None, None, "3号楼1单元"),
    ("停水了", "8栋团长-薇薇", "b8", None, None, None, "8栋"),
    ("停水了", "玲玲 3号楼", "b3", None, None, None, "3号楼"),
    ("停水了", "5-1503 豆豆妈", "b5", None, None, "1503", "5号楼"),
]


def found(said: str, names: PlaceNames = STREET, nickname: str = "") -> Place:
    place = find_place(said, names, nickname)
    assert place is not None
    return place


@pytest.mark.parametrize(
    ("said", "building", "entrance", "floor", "room", "shown"), WORDS, ids=[row[0] for row in WORDS]
)
def test_place_in_words(said, building, entrance, floor, room, shown):
    place = found(said)
    assert (place.building, place.entrance, place.floor, place.room, place.text) == (
        building,
        entrance,
        floor,
        room,
        shown,
    )
    assert (place.source, place.ambiguous) == ("text", ())


@pytest.mark.parametrize("said", NO_PLACE)
def test_no_place(said):
    assert find_place(said, STREET) is None


@pytest.mark.parametrize(("said", "keys", "shown"), SEVERAL, ids=[row[0] for row in SEVERAL])
def test_several_buildings_are_never_guessed(said, keys, shown):
    place = find_place(said, STREET)
    assert place == Place(text=shown, ambiguous=keys)


@pytest.mark.parametrize(("said", "nickname", "building", "entrance", "floor", "room", "shown"), SENDERS)
def test_place_of_the_sender(said, nickname, building, entrance, floor, room, shown):
    place = found(said, nickname=nickname)
    assert (place.building, place.entrance, place.floor, place.room, place.text) == (
        building,
        entrance,
        floor,
        room,
        shown,
    )
    assert place.source == "nickname"


@pytest.mark.parametrize("said", ["对面那栋停水了", "隔壁栋在冒烟", "后面那一栋的灯坏了", "斜对面的楼在漏水"])
def test_a_building_nearby_is_not_the_senders_and_not_guessed(said):
    for names, nickname in ((STREET, "3-2-501 老李"), (ONE_BUILDING, ""), (STREET, "")):
        place = find_place(said, names, nickname)
        assert place is None or place.building is None


def test_the_entrance_next_door_is_in_the_senders_building():
    place = found("隔壁单元在冒水", nickname="3-2-501 老李")
    assert (place.building, place.entrance, place.room) == ("b3", None, None)


def test_words_win_over_the_nickname():
    place = found("5号楼停水", nickname="3-2-501 老李")
    assert (place.building, place.room, place.source) == ("b5", None, "text")


def test_a_spot_outside_is_not_at_the_senders_door():
    place = found("东门没人管", nickname="3-2-501 老李")
    assert (place.building, place.name) == (None, "东门")


def test_group_of_one_building_is_the_last_resort():
    place = found("停水了", ONE_BUILDING)
    assert (place.building, place.source) == ("b7", "group")
    assert found("我们楼停水了", ONE_BUILDING).building == "b7"


def test_without_a_dictionary_the_number_stays_as_written():
    place = find_place("3号楼2单元501漏水")
    assert place == Place(entrance=2, room="501", text="3号楼2单元")


def test_known_room_number_that_looks_like_a_year():
    assert found("13-4-2026漏水").room == "2026"
    assert find_place("13-4-2026开会") is None


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("3", 3),
        ("三", 3),
        ("十", 10),
        ("十二", 12),
        ("二十", 20),
        ("二十一", 21),
        ("贰拾", 20),
        ("一百零三", 103),
        ("一二", 12),
    ],
)
def test_chinese_numbers(written, number):
    assert read_number(written) == number


@pytest.mark.parametrize("written", ["", "东", "3a", "三号"])
def test_no_number(written):
    assert read_number(written) is None


@given(st.integers(0, 99))
def test_every_number_that_is_written_is_read_back(number):
    assert read_number(write_number(number)) == number


def test_usual_aliases_of_building_three():
    assert {"3号楼", "三号楼", "叁号楼", "3栋", "三栋", "3幢", "3#", "3#楼", "3号", "3"} <= set(usual_aliases(3))


@given(st.integers(1, 16), st.sampled_from(["号楼", "栋", "幢", "#楼", "#"]))
def test_every_alias_finds_its_building(number, suffix):
    assert found(f"{number}{suffix}停水").building == f"b{number}"


@given(
    st.text("0123456789-—#号楼栋单元室层负一二三十百东门,。我们 B", max_size=60),
    st.text("0123456789-#栋 老李", max_size=20),
)
def test_any_text_has_a_place_or_none(said, nickname):
    place = find_place(said, STREET, nickname)
    assert place is None or place.text or place.room or place.building


@pytest.mark.parametrize("row", [row for row in WORDS if row[4]], ids=lambda row: row[0])
def test_room_is_never_shown(row):
    assert row[4] not in found(row[0]).text


_ADDRESS_PARTS = st.sampled_from(
    [*"0123一三十叁AB甲号楼栋座幢#-–_/ 、到至层室房户门|", "单元", "地下", "负", "我住", "号房"]
)


@given(st.lists(_ADDRESS_PARTS, max_size=12).map("".join))
def test_the_first_look_hides_no_building_and_no_detail(text):
    """What the patterns find in a text alone they find beside a building, which passes the first look."""
    alone = [mention.text for mention in find_buildings(text, STREET)]
    beside = [mention.text for mention in find_buildings(f"{text}。。。77栋", STREET)]
    assert beside == [*alone, "77栋"]
    assert has_details(text) or (find_entrance(text), find_room(text), find_floor(text)) == (None, None, (None, ""))
