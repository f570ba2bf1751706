"""What continues something said before: photos, places named later, "+1", a yes to our question."""

import datetime as dt

import pytest

from classifiers import Action
from data.models import Case, CaseReporter, CaseStatus, Media, Message, PendingMessage
from handlers import replies
from tests.handlers.scenes import (
    FIRST,
    LEADER,
    MEMBER,
    NEIGHBOUR,
    PASSER_BY,
    RESIDENT,
    RUBBISH,
    heard,
    private,
    reads,
    report,
    resolved,
    stored,
)
from tests.talking import Talk

NO_PLACE = "消防通道被堵死了"
TWO_BUILDINGS = "g031"  # buildings 2 and 3 of an estate whose building 5 belongs to the next grid


def photos(talk: Talk, number: int = FIRST) -> list[str]:
    """The photos of a case, oldest first."""
    of_case = {message.id for message in talk.rows(Message) if message.case_id == number - 1000}
    return [media.reference for media in talk.rows(Media) if media.message_id in of_case]


def test_a_photo_after_its_words(sqlite_talk: Talk) -> None:
    report(sqlite_talk)
    sqlite_talk.later(minutes=10)
    assert sqlite_talk.say(RESIDENT, media=("photo",)) is None
    assert photos(sqlite_talk) == ["photo"]
    assert sqlite_talk.outcome() == "attached"


def test_a_photo_sent_to_the_bot_is_answered(sqlite_talk: Talk) -> None:
    assert private(sqlite_talk, RESIDENT, media=("first",)) == replies.PHOTO_KEPT
    number = report(sqlite_talk, group=None)
    assert private(sqlite_talk, RESIDENT, media=("second",)) == f"照片已补充到 {number}。"
    assert sqlite_talk.say(RESIDENT, media=("third",), at=True) == replies.PHOTO_KEPT
    assert photos(sqlite_talk) == ["first", "second"]


def test_a_photo_long_after_its_words_waits_for_new_ones(sqlite_talk: Talk) -> None:
    report(sqlite_talk)
    sqlite_talk.later(minutes=11)
    sqlite_talk.say(RESIDENT, media=("photo",))
    assert photos(sqlite_talk) == []
    assert len(sqlite_talk.rows(PendingMessage)) == 1


def test_a_photo_before_its_words(sqlite_talk: Talk) -> None:
    for name in ("one", "two"):
        assert sqlite_talk.say(RESIDENT, media=(name,)) is None
    sqlite_talk.later(minutes=14)
    report(sqlite_talk)
    assert photos(sqlite_talk) == ["one", "two"]
    assert sqlite_talk.rows(PendingMessage) == []


@pytest.mark.parametrize(
    ("who", "group", "minutes"),
    [
        pytest.param(NEIGHBOUR, "g001", 1, id="别人的照片"),
        pytest.param(RESIDENT, "g002", 1, id="别的群里的照片"),
        pytest.param(RESIDENT, "g001", 15, id="十五分钟以前的照片"),
    ],
)
def test_a_photo_that_does_not_belong_here(sqlite_talk: Talk, who: str, group: str, minutes: int) -> None:
    sqlite_talk.say(who, media=("photo",), group=group)
    sqlite_talk.later(minutes=minutes)
    report(sqlite_talk)
    assert photos(sqlite_talk) == []


def test_a_photo_of_who_works_on_it(sqlite_talk: Talk) -> None:
    number = resolved(sqlite_talk)
    assert private(sqlite_talk, MEMBER, media=("after",)) == f"照片已补充到 {number}。"
    sqlite_talk.later(minutes=11)
    assert private(sqlite_talk, MEMBER, media=("next",)) == replies.PHOTO_KEPT
    assert photos(sqlite_talk) == ["after"]


def test_a_photo_of_staff_in_the_group_is_no_result(sqlite_talk: Talk) -> None:
    resolved(sqlite_talk)
    sqlite_talk.say(MEMBER, media=("lunch",))
    assert photos(sqlite_talk) == []


def test_a_place_named_later_moves_the_case_to_its_grid(sqlite_talk: Talk) -> None:
    number = report(sqlite_talk, NO_PLACE, group=TWO_BUILDINGS)
    assert sqlite_talk.case().place_text == ""
    assert list(heard(sqlite_talk)) == ["ye.zhiqiu"]
    sqlite_talk.later(minutes=14)
    assert sqlite_talk.say(RESIDENT, "在5号楼", TWO_BUILDINGS) is None
    case, directory = sqlite_talk.case(), sqlite_talk.bot.directory()
    assert (directory.units[case.unit_id].code, case.place_text) == ("LD-04", "5号楼")
    told = heard(sqlite_talk)
    assert told.pop("ye.zhiqiu")[-1] == f"{number} 已改派，不用再办。"
    assert sorted(told) == ["cheng.dayong", "su.ya"]
    assert all(f"新任务 {number}|消防安全|5号楼" in texts[0] for texts in told.values())
    assert "已接单" in private(sqlite_talk, "su.ya", f"接 {number}")


def test_a_place_in_the_same_grid_is_told_to_whoever_has_the_task(sqlite_talk: Talk) -> None:
    number = report(sqlite_talk, NO_PLACE, group=TWO_BUILDINGS)
    heard(sqlite_talk)
    assert sqlite_talk.say(RESIDENT, "3号楼1单元", TWO_BUILDINGS, at=True) == f"已补充到 {number}。"
    assert heard(sqlite_talk) == {"ye.zhiqiu": [f"{number} 有补充：3号楼1单元"]}
    case = sqlite_talk.case()
    assert (case.entrance, case.place_text) == (1, "3号楼1单元")


def test_a_place_named_after_somebody_took_it_stays_with_them(sqlite_talk: Talk) -> None:
    number = report(sqlite_talk, NO_PLACE, group=TWO_BUILDINGS)
    private(sqlite_talk, "ye.zhiqiu", f"接 {number}")
    heard(sqlite_talk)
    sqlite_talk.say(RESIDENT, "5号楼", TWO_BUILDINGS)
    assert heard(sqlite_talk) == {"ye.zhiqiu": [f"{number} 有补充：5号楼"]}
    assert sqlite_talk.case().status is CaseStatus.ACCEPTED


def test_a_level_that_was_raised_stays_when_the_place_becomes_known(sqlite_talk: Talk) -> None:
    report(sqlite_talk, "电梯困人了，快来人", group=TWO_BUILDINGS)
    sqlite_talk.later(minutes=5)
    assert sqlite_talk.case().level == "community"
    sqlite_talk.say(RESIDENT, "5号楼", TWO_BUILDINGS)
    assert sqlite_talk.case().level == "community"


def test_the_answer_to_our_question_which_of_two(sqlite_talk: Talk) -> None:
    answer = sqlite_talk.say(RESIDENT, "3号楼和5号楼的楼道灯都坏了")
    assert answer == f"已登记，编号 {FIRST}。请回一句是哪一处：3号楼、5号楼。"
    sqlite_talk.say(RESIDENT, "5号楼")
    case, directory = sqlite_talk.case(), sqlite_talk.bot.directory()
    assert (case.place_text, directory.units[case.unit_id].code) == ("5号楼", "HX-02-A")


@pytest.mark.parametrize(
    ("who", "said", "minutes"),
    [
        pytest.param(NEIGHBOUR, "5号楼", 1, id="别人说的"),
        pytest.param(RESIDENT, "5号楼", 16, id="太晚"),
        pytest.param(RESIDENT, "我明天去5号楼找张阿姨打牌", 1, id="另一句话"),
        pytest.param(RESIDENT, "2号楼和3号楼", 1, id="还是两处"),
    ],
)
def test_a_place_that_does_not_belong_here(sqlite_talk: Talk, who: str, said: str, minutes: int) -> None:
    report(sqlite_talk, NO_PLACE, group=TWO_BUILDINGS)
    sqlite_talk.later(minutes=minutes)
    sqlite_talk.say(who, said, TWO_BUILDINGS)
    assert sqlite_talk.case().place_text == ""


def test_a_case_that_has_its_place_keeps_it(sqlite_talk: Talk) -> None:
    report(sqlite_talk)
    sqlite_talk.say(RESIDENT, "5号楼")
    assert sqlite_talk.case().place_text == "3号楼"


@pytest.mark.parametrize("said", ["说错了，是5号楼", "打错了 是5号楼", "不好意思打错了，应该是5号楼"])
def test_a_correction_moves_the_case_to_the_right_building(talk: Talk, said: str) -> None:
    report(talk, "3号楼的楼道灯坏了，没人修")
    heard(talk)
    talk.later(minutes=20)
    assert talk.say(RESIDENT, said) is None
    case, directory = talk.case(), talk.bot.directory()
    assert (case.place_text, directory.units[case.unit_id].code) == ("5号楼", "HX-02-A")
    assert any(f"新任务 {FIRST}" in text for texts in heard(talk).values() for text in texts)


def test_a_correction_of_the_entrance_keeps_the_building(sqlite_talk: Talk) -> None:
    report(sqlite_talk, "3号楼2单元的楼道灯坏了，没人修")
    building = sqlite_talk.case().building_id
    sqlite_talk.say(RESIDENT, "打错了 是3单元")
    case = sqlite_talk.case()
    assert (case.building_id, case.entrance, case.place_text) == (building, 3, "3号楼3单元")


def test_the_floor_said_after_the_building_completes_the_place(sqlite_talk: Talk) -> None:
    report(sqlite_talk, NO_PLACE + "，5号楼", group=TWO_BUILDINGS)
    sqlite_talk.say(RESIDENT, "2单元", TWO_BUILDINGS)
    case = sqlite_talk.case()
    assert (case.entrance, case.place_text) == (2, "5号楼2单元")


@pytest.mark.parametrize(
    ("who", "said", "minutes"),
    [
        pytest.param(NEIGHBOUR, "说错了，是5号楼", 1, id="别人改的"),
        pytest.param(RESIDENT, "说错了，是5号楼", 31, id="太晚"),
        pytest.param(RESIDENT, "说错了，是3号楼或者5号楼", 1, id="还是两处"),
    ],
)
def test_a_correction_that_changes_nothing(sqlite_talk: Talk, who: str, said: str, minutes: int) -> None:
    report(sqlite_talk)
    sqlite_talk.later(minutes=minutes)
    sqlite_talk.say(who, said)
    assert sqlite_talk.case().place_text == "3号楼"


@pytest.mark.parametrize("said", ["+1", "＋1", "+ 1", "加一", "我家也是", "我也是！", "一样"])
def test_a_neighbour_joins(sqlite_talk: Talk, said: str) -> None:
    number = report(sqlite_talk)
    sqlite_talk.later(minutes=30)
    assert sqlite_talk.say(NEIGHBOUR, said) is None
    assert len(sqlite_talk.rows(Case)) == 1
    assert len(sqlite_talk.rows(CaseReporter)) == 2
    heard(sqlite_talk)
    private(sqlite_talk, MEMBER, f"办结 {number} 已清理")
    assert {RESIDENT, NEIGHBOUR} <= set(heard(sqlite_talk))


def test_who_joins_by_speaking_to_the_bot_is_answered(sqlite_talk: Talk) -> None:
    number = report(sqlite_talk)
    assert sqlite_talk.say(NEIGHBOUR, "+1", at=True) == f"已为您加入 {number}，办结后一并告知。"
    assert (sqlite_talk.say(NEIGHBOUR, f"催 {number}") or "").startswith("已催办")


def test_joining_twice_or_joining_oneself_changes_nothing(sqlite_talk: Talk) -> None:
    report(sqlite_talk)
    for who in (RESIDENT, NEIGHBOUR, NEIGHBOUR):
        sqlite_talk.say(who, "+1")
    assert len(sqlite_talk.rows(CaseReporter)) == 2


def test_joining_means_the_latest_open_case_of_the_group(sqlite_talk: Talk) -> None:
    first, second = report(sqlite_talk), report(sqlite_talk, "3号楼停水了，没人管", NEIGHBOUR)
    sqlite_talk.say(PASSER_BY, "+1")
    private(sqlite_talk, LEADER, f"不受理 {second} 不在本街道")
    sqlite_talk.say("r004", "+1")
    joined = [(row.case_id + 1000, row.account_id) for row in sqlite_talk.rows(CaseReporter)]
    assert [number for number, _account in joined] == [first, second, second, first]


@pytest.mark.parametrize(
    ("group", "minutes"),
    [pytest.param("g002", 1, id="别的群"), pytest.param(None, 1, id="私聊"), pytest.param("g001", 31, id="太晚")],
)
def test_a_plus_one_to_something_else(sqlite_talk: Talk, group: str | None, minutes: int) -> None:
    report(sqlite_talk)
    sqlite_talk.later(minutes=minutes)
    sqlite_talk.say(NEIGHBOUR, "+1", group)
    assert len(sqlite_talk.rows(CaseReporter)) == 1


EGGS = "今天超市鸡蛋打折，我买了两板"


@pytest.mark.parametrize("said", ["我也是", "一样", "也是！", "同样"])
@pytest.mark.parametrize("minutes", [0, 4, 20])
def test_agreeing_with_what_was_said_meanwhile_joins_nothing(sqlite_talk: Talk, said: str, minutes: int) -> None:
    report(sqlite_talk)
    sqlite_talk.later(minutes=minutes)
    sqlite_talk.say(PASSER_BY, EGGS)
    assert sqlite_talk.say(NEIGHBOUR, said) is None
    assert len(sqlite_talk.rows(CaseReporter)) == 1
    assert sqlite_talk.outcome() == "ignored"


@pytest.mark.parametrize(("minutes", "joined"), [(4, 2), (20, 1)])
@pytest.mark.parametrize("said", ["+1", "我家也是"])
def test_a_plus_one_looks_past_other_talk_for_a_moment(talk: Talk, said: str, minutes: int, joined: int) -> None:
    report(talk)
    talk.later(minutes=minutes)
    talk.say(PASSER_BY, EGGS)
    talk.say(NEIGHBOUR, said)
    assert len(talk.rows(CaseReporter)) == joined


def test_what_was_said_meanwhile_does_not_matter_where_it_is_clear_what_is_meant(sqlite_talk: Talk) -> None:
    number = report(sqlite_talk)
    sqlite_talk.later(minutes=20)
    sqlite_talk.say(PASSER_BY, EGGS)
    assert sqlite_talk.say(NEIGHBOUR, "我也是", quotes="m1") is None
    sqlite_talk.say(PASSER_BY, EGGS)
    assert sqlite_talk.say(PASSER_BY, "我也是", at=True) == f"已为您加入 {number}，办结后一并告知。"
    assert len(sqlite_talk.rows(CaseReporter)) == 3


def test_the_answer_of_staff_and_other_agreement_are_no_other_subject(sqlite_talk: Talk) -> None:
    number = report(sqlite_talk)
    for who, said in [
        (MEMBER, "收到，马上安排人去看"),
        (NEIGHBOUR, "我也是"),
        (PASSER_BY, f"查 {number}"),
        (PASSER_BY, "好吵啊"),
        (PASSER_BY, "我也是"),
    ]:
        sqlite_talk.later(minutes=6)
        sqlite_talk.say(who, said)
    assert len(sqlite_talk.rows(CaseReporter)) == 3


@pytest.mark.parametrize("who", [MEMBER, LEADER])
@pytest.mark.parametrize("said", ["+1", "也是", "我家也是"])
def test_staff_who_talk_along_become_no_reporters(sqlite_talk: Talk, who: str, said: str) -> None:
    number = report(sqlite_talk)
    assert sqlite_talk.say(who, said) is None
    assert len(sqlite_talk.rows(CaseReporter)) == 1
    assert sqlite_talk.say(who, said, at=True) == f"已为您加入 {number}，办结后一并告知。"


@pytest.mark.parametrize("yes", ["是", "是的", "对", "要", "登记"])
def test_a_yes_to_our_question_makes_the_case(sqlite_talk: Talk, yes: str) -> None:
    reads(sqlite_talk, Action.ASK)
    assert sqlite_talk.say(RESIDENT, "那个东西好像不对", at=True) == replies.ASK_WHETHER_REPORT
    assert sqlite_talk.outcome() == "asked"
    sqlite_talk.later(minutes=14)
    assert (sqlite_talk.say(RESIDENT, yes) or "").startswith(f"已登记，编号 {FIRST}")
    assert sqlite_talk.case().text == "那个东西好像不对"
    assert sqlite_talk.rows(PendingMessage) == []


@pytest.mark.parametrize(
    ("who", "group", "minutes"),
    [
        pytest.param(NEIGHBOUR, "g001", 1, id="别人说是"),
        pytest.param(RESIDENT, "g002", 1, id="在别的群说是"),
        pytest.param(RESIDENT, "g001", 15, id="太晚说是"),
    ],
)
def test_a_yes_to_something_else(sqlite_talk: Talk, who: str, group: str, minutes: int) -> None:
    reads(sqlite_talk, Action.ASK)
    sqlite_talk.say(RESIDENT, "那个东西好像不对", at=True)
    reads(sqlite_talk, Action.IGNORE)
    sqlite_talk.later(minutes=minutes)
    assert sqlite_talk.say(who, "是", group) is None
    assert sqlite_talk.rows(Case) == []


def test_unsure_talk_is_completed_by_the_place_that_follows_it(sqlite_talk: Talk) -> None:
    reads(sqlite_talk, Action.CANDIDATE)
    assert sqlite_talk.say(RESIDENT, "又停电了") is None
    reads(sqlite_talk, Action.REGISTER)
    sqlite_talk.say(RESIDENT, "3号楼2单元")
    assert sqlite_talk.case().text == "又停电了\n3号楼2单元"
    assert [message.case_id for message in sqlite_talk.rows(Message)] == [1, 1]


def test_unsure_talk_alone_leaves_nothing_behind(sqlite_talk: Talk) -> None:
    reads(sqlite_talk, Action.CANDIDATE)
    sqlite_talk.say(RESIDENT, "又停电了")
    assert [row.text for row in sqlite_talk.rows(PendingMessage)] == ["又停电了"]
    sqlite_talk.later(minutes=15)
    sqlite_talk.bot.purge(sqlite_talk.now)
    assert sqlite_talk.rows(PendingMessage) == sqlite_talk.rows(Case) == []


def test_what_stands_for_itself_is_not_continued(sqlite_talk: Talk) -> None:
    report(sqlite_talk)
    assert f"编号 {FIRST + 1}" in (sqlite_talk.say(RESIDENT, RUBBISH.replace("3号楼", "5号楼")) or "")
    assert len(sqlite_talk.rows(Case)) == 2


def test_a_yes_after_clearer_words_opens_no_second_case(talk: Talk) -> None:
    assert talk.say(RESIDENT, "去年的事了", at=True) == replies.ASK_WHETHER_REPORT
    assert f"编号 {FIRST}" in (talk.say(RESIDENT, "3号楼楼道灯不亮没人修", at=True) or "")
    talk.now += dt.timedelta(minutes=7)
    assert talk.say(RESIDENT, "对") is None
    assert len(talk.rows(Case)) == 1
    assert "去年的事了" not in stored(talk)
