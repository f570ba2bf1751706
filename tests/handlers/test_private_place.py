"""A report said privately reaches the grid of the building it names; where several may be meant it is asked."""

import pytest

from data.models import Case
from tests.handlers.scenes import COLLEAGUE, FIRST, MEMBER, RESIDENT, RUBBISH, heard, private
from tests.talking import Talk

LIFT = "清荷家园3号楼2单元电梯停了没人管"


def where(talk: Talk) -> tuple[str, str, str]:
    """Unit, building and written place of the first case."""
    directory, case = talk.bot.directory(), talk.case()
    building = directory.buildings[case.building_id].code if case.building_id else ""
    return directory.units[case.unit_id].code, building, case.place_text


def test_a_private_report_reaches_the_grid_of_its_building(talk: Talk) -> None:
    answer = private(talk, RESIDENT, LIFT)
    assert answer.startswith(f"已登记，编号 {FIRST}：清荷家园3号楼2单元 ")
    assert where(talk) == ("HX-01", "QHJY-3", "清荷家园3号楼2单元")
    assert talk.case().level == "grid"
    told = set(heard(talk))
    assert told & {MEMBER, COLLEAGUE}
    assert not told & {"chen.zhiyuan", "luo.xiaobei"}  # the heads of the street


@pytest.mark.parametrize(
    ("words", "unit", "building"),
    [
        ("9号楼垃圾成堆没人清理", "LD-02", "LTXC-9"),
        ("我住荷香雅苑，3号楼垃圾成堆没人清理", "HX-03", "HXYY-3"),
        ("快递驿站垃圾成堆没人清理", "HX-01", "QHJY-4"),
    ],
)
def test_what_only_one_estate_has_needs_no_more_words(sqlite_talk: Talk, words: str, unit: str, building: str) -> None:
    private(sqlite_talk, RESIDENT, words)
    assert where(sqlite_talk)[:2] == (unit, building)


def test_which_estate_is_asked_and_its_answer_moves_the_case(talk: Talk) -> None:
    asked = f"已登记，编号 {FIRST}。请回一句是哪一处：小区名和楼号，如「清荷家园3号楼」。"
    assert private(talk, RESIDENT, RUBBISH) == asked
    assert where(talk) == ("QH", "", "3号楼")
    heard(talk)
    talk.later(minutes=1)
    assert private(talk, RESIDENT, "清荷家园3号楼") == f"已补充到 {FIRST}。"
    assert where(talk) == ("HX-01", "QHJY-3", "清荷家园3号楼")
    assert set(heard(talk)) & {MEMBER, COLLEAGUE}
    assert len(talk.rows(Case)) == 1


def test_a_number_alone_is_asked_again(sqlite_talk: Talk) -> None:
    private(sqlite_talk, RESIDENT, "垃圾成堆没人清理")
    asked = f"{FIRST} 是在哪一处？请回一句：小区名和楼号，如「清荷家园3号楼」。"
    assert private(sqlite_talk, RESIDENT, "3号楼") == asked
    private(sqlite_talk, RESIDENT, "梧声苑3号楼")
    assert where(sqlite_talk) == ("WT-01-B", "WSY-3", "梧声苑3号楼")


def test_the_estate_alone_is_asked_about(sqlite_talk: Talk) -> None:
    assert "请回一句是哪一处：" in private(sqlite_talk, RESIDENT, "清荷家园垃圾成堆没人清理")
    assert where(sqlite_talk) == ("QH", "", "清荷家园")


def test_an_estate_nobody_registered_is_not_taken_for_another(sqlite_talk: Talk) -> None:
    private(sqlite_talk, RESIDENT, "翠湖小区9号楼垃圾成堆没人清理")
    assert where(sqlite_talk) == ("QH", "", "9号楼")


def test_the_name_the_sender_goes_by_may_tell_the_estate(sqlite_talk: Talk) -> None:
    private(sqlite_talk, RESIDENT, "楼道灯坏了三天了", nickname="荷香雅苑3-2-501 老李")
    assert where(sqlite_talk) == ("HX-03", "HXYY-3", "荷香雅苑3号楼2单元")
    assert sqlite_talk.case().room == "501"
