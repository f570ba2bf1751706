"""A group speaks for the buildings of a code that staff typed in it; codes work once, and history is kept."""

import datetime as dt
from collections.abc import Iterable

import pytest
from sqlmodel import SQLModel, col, select

from data.models import BindingCode, Building, Case, ChatGroup, GroupBinding, GroupBuilding, GroupMode, Message, Outcome
from handlers import binding, replies, staff_replies
from handlers.binding import CODE_LENGTH, LETTERS, MOST_BUILDINGS, MOST_REFUSED, VALID, place_name
from handlers.command import Command, Verb, parse
from handlers.errors import NotUnderstood
from tests.handlers.scenes import HEAD, MEMBER, RESIDENT, STRANGER, heard, private
from tests.talking import Talk

NEW = "wrNewGroup"


def numbers(talk: Talk, *codes: str) -> list[int]:
    ids = {building.code: building.id for building in talk.rows(Building)}
    return [ids[code] for code in codes]


def code_for(talk: Talk, *codes: str) -> str:
    with talk.bot.database.writing() as session:
        code = binding.make_code(talk.context(session), 1, numbers(talk, *codes))
        session.commit()
    return code


def typed(talk: Talk, code: str, who: str = MEMBER, group: str = NEW, *, at: bool = True) -> str:
    """Said in the group; the clock reloads the master data afterwards."""
    answer = talk.say(who, f"绑定 {code}", group, at=at)
    talk.bot.directory.reload()
    return answer or ""


def group(talk: Talk, platform_id: str = NEW) -> ChatGroup | None:
    return next((one for one in talk.rows(ChatGroup) if one.platform_id == platform_id), None)


def speaks_for(talk: Talk, platform_id: str = NEW) -> set[int]:
    found = group(talk, platform_id)
    return {link.building_id for link in talk.rows(GroupBuilding) if found and link.group_id == found.id}


def periods(talk: Talk, platform_id: str = NEW) -> list[tuple[dt.datetime, dt.datetime | None]]:
    found = group(talk, platform_id)
    rows: Iterable[GroupBinding] = talk.rows(GroupBinding)
    return [(row.since, row.until) for row in rows if found and row.group_id == found.id]


def test_a_new_group_listens_for_its_building_and_the_old_one_is_silent(talk: Talk) -> None:
    answer = typed(talk, code_for(talk, "QHJY-3"))
    assert answer == staff_replies.bound("清荷家园3号楼", replaced=True, listening=True)
    new, old = group(talk), group(talk, "g001")
    assert new is not None
    assert (new.name, new.mode, new.channel) == ("清荷家园3号楼群", GroupMode.LISTEN, "console")
    assert (speaks_for(talk), speaks_for(talk, "g001")) == (set(numbers(talk, "QHJY-3")), set())
    assert old is not None
    assert (old.ended_at, old.mode) == (talk.now, GroupMode.LISTEN)
    assert (periods(talk), periods(talk, "g001")) == ([(talk.now, None)], [(talk.now, talk.now)])


def test_the_report_of_a_bound_group_finds_its_building(talk: Talk) -> None:
    typed(talk, code_for(talk, "QHJY-3"))
    assert "已登记" in (talk.say(RESIDENT, "垃圾成堆没人清理", NEW, at=True) or "")
    case: Case = talk.rows(Case)[0]
    assert case.building_id == numbers(talk, "QHJY-3")[0]
    found = group(talk)
    assert found is not None
    assert case.group_id == found.id


def test_an_ended_group_hears_nothing_more(sqlite_talk: Talk) -> None:
    talk = sqlite_talk
    number_of_old = talk.say(RESIDENT, "3号楼垃圾成堆没人清理") and talk.rows(Case)[0]
    heard(talk)
    typed(talk, code_for(talk, "QHJY-3"))
    assert talk.say("r002", "3号楼停水了，没人管") is None
    assert talk.say("r002", "3号楼停水了，没人管", at=True) == replies.GROUP_UNKNOWN
    assert len(talk.rows(Case)) == 1
    private(talk, MEMBER, f"接 {number_of_old.number}")
    private(talk, MEMBER, f"办结 {number_of_old.number} 已清理")
    assert "g001" not in heard(talk)


def test_a_code_works_once(talk: Talk) -> None:
    code = code_for(talk, "QHJY-3")
    typed(talk, code)
    assert typed(talk, code, group="wrOther") == staff_replies.BIND_WRONG
    assert (group(talk, "wrOther"), talk.outcome()) == (None, Outcome.REFUSED.value)


@pytest.mark.parametrize("code", ["", "2345", "ABCD2345", "ABCDEFGH2345"])
def test_a_wrong_code_binds_nothing(sqlite_talk: Talk, code: str) -> None:
    code_for(sqlite_talk, "QHJY-3")
    assert typed(sqlite_talk, code) == staff_replies.BIND_WRONG
    assert (group(sqlite_talk), speaks_for(sqlite_talk, "g001")) == (None, set(numbers(sqlite_talk, "QHJY-3")))


def test_a_code_is_good_for_two_days(sqlite_talk: Talk) -> None:
    first, second = code_for(sqlite_talk, "QHJY-3"), code_for(sqlite_talk, "QHJY-4")
    sqlite_talk.now += VALID - dt.timedelta(seconds=1)
    assert "已绑定" in typed(sqlite_talk, first)
    sqlite_talk.now += dt.timedelta(seconds=1)
    assert typed(sqlite_talk, second, group="wrOther") == staff_replies.BIND_WRONG
    code_for(sqlite_talk, "QHJY-5")
    assert len(sqlite_talk.rows(BindingCode)) == 1  # the old ones are gone


@pytest.mark.parametrize(
    ("who", "answer"),
    [(RESIDENT, staff_replies.BIND_BY_STAFF), (STRANGER, staff_replies.BIND_NOT_YOURS)],
)
def test_only_staff_of_these_buildings_may_and_the_code_stays_good(sqlite_talk: Talk, who: str, answer: str) -> None:
    code = code_for(sqlite_talk, "QHJY-3")
    assert typed(sqlite_talk, code, who) == answer
    assert group(sqlite_talk) is None
    assert "已绑定" in typed(sqlite_talk, code, HEAD)


def test_a_residents_wrong_code_is_answered_like_a_right_one(sqlite_talk: Talk) -> None:
    assert typed(sqlite_talk, "ABCD2345", RESIDENT) == staff_replies.BIND_BY_STAFF


def test_overheard_it_is_no_order(sqlite_talk: Talk) -> None:
    code = code_for(sqlite_talk, "QHJY-3")
    assert typed(sqlite_talk, code, at=False) == ""
    assert typed(sqlite_talk, code, group="g002", at=False) == ""
    assert (group(sqlite_talk), speaks_for(sqlite_talk, "g002")) == (None, set(numbers(sqlite_talk, "QHJY-1")))


def test_in_private_it_is_told_where(sqlite_talk: Talk) -> None:
    code = code_for(sqlite_talk, "QHJY-3")
    assert private(sqlite_talk, MEMBER, f"绑定 {code}") == staff_replies.BIND_IN_GROUP


def test_who_guesses_is_stopped_for_an_hour(talk: Talk) -> None:
    code = code_for(talk, "QHJY-3")
    for _ in range(MOST_REFUSED):
        assert typed(talk, "ABCD2345") == staff_replies.BIND_WRONG
    assert typed(talk, code) == staff_replies.BIND_TOO_OFTEN
    assert "已绑定" in typed(talk, code_for(talk, "QHJY-4"), HEAD)
    talk.now += dt.timedelta(hours=2)
    assert "已绑定" in typed(talk, code)


def test_talk_in_a_new_group_is_no_wrong_code(talk: Talk) -> None:
    """Whoever invites the bot says hello to the neighbours first, and only then types the code."""
    code = code_for(talk, "QHJY-3")
    for number in range(MOST_REFUSED + 1):
        assert talk.say(MEMBER, f"大家好{number}", NEW) is None
        assert talk.say(MEMBER, f"你好{number}", NEW, at=True) == replies.GROUP_UNKNOWN
    assert "已绑定" in typed(talk, code)


def test_the_same_message_again_binds_once_and_answers_the_same(sqlite_talk: Talk) -> None:
    code = code_for(sqlite_talk, "QHJY-3")
    message = sqlite_talk.message(MEMBER, f"绑定 {code}", NEW, at=True)
    first, again = (sqlite_talk.bot.inbox.receive(message, sqlite_talk.now) for _ in range(2))
    assert first == again == staff_replies.bound("清荷家园3号楼", replaced=True, listening=True)
    assert len(periods(sqlite_talk)) == 1


def test_a_group_takes_other_buildings_and_comes_back(talk: Talk) -> None:
    start = talk.now
    typed(talk, code_for(talk, "QHJY-3"))
    typed(talk, code_for(talk, "QHJY-3", "QHJY-4"))
    talk.now += dt.timedelta(days=1)
    typed(talk, code_for(talk, "QHJY-4", "QHJY-2"))
    assert speaks_for(talk) == set(numbers(talk, "QHJY-4", "QHJY-2"))
    assert sorted(periods(talk), key=str) == sorted([(start, talk.now), (start, None), (talk.now, None)], key=str)
    typed(talk, code_for(talk, "QHJY-3"), group="g001")
    back = group(talk, "g001")
    assert back is not None
    assert (back.ended_at, back.mode, speaks_for(talk, "g001")) == (
        None,
        GroupMode.LISTEN,
        set(numbers(talk, "QHJY-3")),
    )


@pytest.mark.parametrize("codes", [("QHJY-3",), ("QHJY-2", "QHJY-3"), ("QHJY-1", "QHJY-2", "QHJY-3", "QHJY-4")])
def test_only_the_group_of_the_very_same_buildings_is_replaced(sqlite_talk: Talk, codes: tuple[str, ...]) -> None:
    """Building 3 has a group of its own, and one about the car park of buildings 1 to 4."""
    talk = sqlite_talk
    answer = typed(talk, code_for(talk, *codes))
    ended = {one.platform_id for one in talk.rows(ChatGroup) if one.ended_at}
    assert ended == {1: {"g001"}, 2: set(), 4: {"g009"}}[len(codes)]
    assert ("不再使用" in answer) == bool(ended)


def test_binding_the_same_again_changes_nothing_but_the_code(sqlite_talk: Talk) -> None:
    talk = sqlite_talk
    answer = typed(talk, code_for(talk, "QHJY-3"), group="g001")
    assert answer == staff_replies.bound("清荷家园3号楼", replaced=False, listening=False)
    same = group(talk, "g001")
    assert same is not None
    assert (same.mode, same.ended_at, periods(talk, "g001")) == (GroupMode.ON, None, [])


@pytest.mark.parametrize("codes", [(), ("QHJY-1", "LTXC-1")], ids=["none", "two estates"])
def test_a_code_is_for_buildings_of_one_estate(sqlite_talk: Talk, codes: tuple[str, ...]) -> None:
    with pytest.raises(NotUnderstood, match="同一个小区"):
        code_for(sqlite_talk, *codes)


@pytest.mark.parametrize("wrong", [[99_999], list(range(1, MOST_BUILDINGS + 2))], ids=["unknown", "too many"])
def test_a_code_is_for_buildings_there_are(sqlite_talk: Talk, wrong: list[int]) -> None:
    with sqlite_talk.bot.database.writing() as session, pytest.raises(NotUnderstood):
        binding.make_code(sqlite_talk.context(session), 1, wrong)


def test_the_code_is_kept_as_a_hash_alone(sqlite_talk: Talk) -> None:
    code = code_for(sqlite_talk, "QHJY-3")
    assert len(code) == CODE_LENGTH
    assert set(code) <= set(LETTERS)
    assert not set("01ILO") & set(LETTERS)
    (row,) = sqlite_talk.rows(BindingCode)
    assert code not in str(row.model_dump())
    typed(sqlite_talk, code)
    assert all(code not in str(row.model_dump()) for table in _tables() for row in sqlite_talk.rows(table))


def _tables() -> list[type[SQLModel]]:
    return [BindingCode, ChatGroup, GroupBinding, Message]


def test_two_groups_with_one_code_at_a_time(talk: Talk) -> None:
    """The second finds the code used, whichever database keeps it."""
    code = code_for(talk, "QHJY-3")
    typed(talk, code, group="wrOne")
    with talk.bot.database.reading() as session:
        used = session.exec(select(BindingCode).where(col(BindingCode.used_at).is_not(None))).all()
    assert len(used) == 1
    assert typed(talk, code, group="wrTwo") == staff_replies.BIND_WRONG


def test_buildings_in_words() -> None:
    buildings = [Building(code=str(n), unit_id=1, estate="清荷家园", number=n) for n in (12, 2, 1)]
    assert place_name(buildings) == "清荷家园1、2、12号楼"
    assert place_name([]) == ""


def test_the_office_ends_a_group(talk: Talk) -> None:
    old = group(talk, "g001")
    assert old is not None
    with talk.bot.database.writing() as session:
        assert binding.end(talk.context(session), old.id or 0)
        assert not binding.end(talk.context(session), old.id or 0)
        assert not binding.end(talk.context(session), 99_999)
        session.commit()
    talk.bot.directory.reload()
    assert ("console", "g001") not in talk.bot.directory().groups
    assert (speaks_for(talk, "g001"), periods(talk, "g001")) == (set(), [(talk.now, talk.now)])


@pytest.mark.parametrize(
    "typed",
    [
        "绑定 ABCD2345",
        "绑定ABCD2345",
        "绑定码：abcd2345",
        "@随手拍 绑定 ABCD 2345",
        "绑定 ＡＢＣＤ２３４５。",
        "绑定：ABCD-2345",
    ],
)
def test_a_binding_code_however_it_is_typed(typed: str) -> None:
    assert parse(typed) == Command(Verb.BIND, None, "ABCD2345", explicit=False)


def test_a_binding_code_of_digits_is_no_case_and_talk_about_binding_is_no_order() -> None:
    assert parse("绑定 23456789") == Command(Verb.BIND, None, "23456789", explicit=False)
    assert parse("绑定") == Command(Verb.BIND, None, "", explicit=False)
    for talk in ("绑定手机号怎么弄", "绑定一下微信", "怎么绑定ABCD2345", "绑定 ABCD2345 可以吗"):
        assert parse(talk) is None
