"""A place sent from a map: put to what was just reported, asked where it names two buildings, and no position kept."""

import pytest

from data.models import Case, Outcome
from handlers import replies
from handlers.message import Kind, Location
from tests.handlers.scenes import FIRST, MEMBER, RESIDENT, heard, stored
from tests.talking import Talk

RUBBISH = "垃圾成堆没人清理"
LATITUDE, LONGITUDE = 39.123456, 116.654321


def sent(talk: Talk, name: str, address: str = "", group: str | None = "g001", *, at: bool = True) -> str | None:
    place = Location(name, address, LATITUDE, LONGITUDE)
    return talk.say(RESIDENT, "", group, at=at, kind=Kind.LOCATION, location=place)


def case(talk: Talk) -> Case:
    found: Case = talk.rows(Case)[0]
    return found


def code_of(talk: Talk, building_id: int | None) -> str:
    return talk.bot.directory().buildings[building_id].code if building_id else ""


def test_the_building_the_map_names(talk: Talk) -> None:
    talk.say(RESIDENT, RUBBISH)
    assert sent(talk, "清荷家园5号楼", "清河街道清荷路18号") == replies.supplemented(FIRST)
    assert (code_of(talk, case(talk).building_id), case(talk).place_source) == ("QHJY-5", "text")
    assert talk.outcome() == Outcome.ATTACHED.value


def test_what_the_map_says_where_no_building_is_named(sqlite_talk: Talk) -> None:
    """In private nobody knows which buildings are meant."""
    talk = sqlite_talk
    talk.say(RESIDENT, RUBBISH, None)
    assert sent(talk, "便民菜店", "清荷路18号", None) == replies.supplemented(FIRST)
    assert (case(talk).place_text, case(talk).building_id) == ("清荷路18号 便民菜店", None)


def test_two_buildings_are_asked_about(sqlite_talk: Talk) -> None:
    talk = sqlite_talk
    talk.say(RESIDENT, RUBBISH)
    assert sent(talk, "清荷家园3号楼和5号楼之间") == replies.which_place(FIRST, "3号楼、5号楼")
    talk.say(RESIDENT, "5号楼")
    assert code_of(talk, case(talk).building_id) == "QHJY-5"


def test_words_of_the_resident_stay_and_the_holder_is_told(sqlite_talk: Talk) -> None:
    talk = sqlite_talk
    talk.say(RESIDENT, "3号楼2单元垃圾成堆没人清理")
    heard(talk)
    before = case(talk).place_text
    assert sent(talk, "清荷家园东门") == replies.supplemented(FIRST)
    assert (case(talk).place_text, code_of(talk, case(talk).building_id)) == (before, "QHJY-3")
    assert any("清荷家园东门" in text for text in heard(talk)[MEMBER])


def test_overheard_it_is_put_there_silently(sqlite_talk: Talk) -> None:
    sqlite_talk.say(RESIDENT, RUBBISH)
    assert sent(sqlite_talk, "清荷家园5号楼", at=False) is None
    assert code_of(sqlite_talk, case(sqlite_talk).building_id) == "QHJY-5"
    assert sqlite_talk.say("r002", "", kind=Kind.LOCATION, location=Location("家", "", 0, 0)) is None


@pytest.mark.parametrize("group", ["g001", None])
def test_alone_it_waits_for_words(sqlite_talk: Talk, group: str | None) -> None:
    assert sent(sqlite_talk, "清荷家园5号楼", group=group) == replies.LOCATION_FIRST_WORDS
    assert sent(sqlite_talk, "", group=group) == replies.LOCATION_FIRST_WORDS
    assert sqlite_talk.rows(Case) == []


def test_neither_position_nor_room_is_kept(sqlite_talk: Talk) -> None:
    talk = sqlite_talk
    talk.say(RESIDENT, RUBBISH, None)
    sent(talk, "清荷家园5号楼2单元302室", "电话13800138000", None)
    kept = stored(talk)
    for gone in (str(LATITUDE), str(LONGITUDE), "302室", "13800138000"):
        assert gone not in kept


def test_after_consent_it_is_not_put_into_an_ordinary_case(sqlite_talk: Talk) -> None:
    talk = sqlite_talk
    talk.say(RESIDENT, RUBBISH, None)
    talk.say(RESIDENT, "居委会书记贪污低保款", None)
    talk.say(RESIDENT, "同意", None)
    assert sent(talk, "清荷家园5号楼", "清荷路18号", None) == replies.DISCIPLINE_NO_LOCATION
    assert "清荷路18号" not in stored(talk)
    assert talk.outcome() == Outcome.DISCIPLINE.value


def test_control_characters_are_no_reason_to_fail(talk: Talk) -> None:
    talk.say(RESIDENT, RUBBISH, None)
    assert sent(talk, "便民\x00菜店", "清荷路\ud80018号", None) == replies.supplemented(FIRST)
    assert "菜店" in case(talk).place_text
