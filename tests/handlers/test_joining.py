"""Many messages, one case: the reporter's next words, lines read together, neighbours; and what must stay apart."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlmodel import select

from data.models import Case, CaseReporter, CaseStatus, ChatGroup, GroupMode, Media, Message, PendingMessage
from handlers import replies
from handlers.message import Kind
from tests.handlers.scenes import (
    ACCUSATION,
    FIRST,
    LEADER,
    MEMBER,
    NEIGHBOUR,
    NO_WATER,
    PASSER_BY,
    RESIDENT,
    heard,
    private,
    report,
    stored,
)
from tests.talking import Talk

MORE = "老人在家连口热饭都吃不上"  # goes on about the water
LIGHTS = ("换了三次灯泡还是不亮", "一楼到三楼都摸着黑走")  # each is ignored alone
DOG = ("那条狗又没拴", "追着孩子跑了半条街")
LIFT = "电梯也坏了，没人修"


def messages(talk: Talk) -> list[Message]:
    return sorted(talk.rows(Message), key=lambda message: message.id)


def outcomes(talk: Talk) -> list[str]:
    return [message.outcome.value for message in messages(talk)]


def reporters(talk: Talk, number: int = FIRST) -> int:
    return sum(row.case_id == number - 1000 for row in talk.rows(CaseReporter))


def test_the_next_words_of_the_reporter_join_their_case(talk: Talk) -> None:
    report(talk, NO_WATER)
    talk.later(minutes=2)
    assert talk.say(RESIDENT, MORE) is None
    assert talk.case().text == f"{NO_WATER}\n{MORE}"
    assert outcomes(talk) == ["registered", "attached"]
    assert messages(talk)[1].text == MORE


@pytest.mark.parametrize(
    "said", ["谢谢大家", "哈哈哈哈", "[捂脸]", "明天降温多穿点", "周末谁去钓鱼 我有车位", "已经修好了"]
)
def test_chatter_of_the_reporter_does_not_join_and_is_not_kept(sqlite_talk: Talk, said: str) -> None:
    report(sqlite_talk, NO_WATER)
    assert sqlite_talk.say(RESIDENT, said) is None
    assert sqlite_talk.case().text == NO_WATER
    assert messages(sqlite_talk)[1].text is None
    assert sqlite_talk.rows(PendingMessage) == []


def test_a_line_waits_for_another_that_is_added_at_the_same_time(postgresql_talk: Talk) -> None:
    """Otherwise it would write back the text as it was before the other line."""
    report(postgresql_talk, NO_WATER)
    line = postgresql_talk.message(RESIDENT, MORE)
    with postgresql_talk.bot.database.writing() as session, ThreadPoolExecutor(1) as thread:
        case = session.get_one(Case, 1, with_for_update=True)
        case.text += "\n水管也在响"
        session.flush()
        joined = thread.submit(postgresql_talk.bot.inbox.receive, line, postgresql_talk.now)
        with pytest.raises(TimeoutError):
            joined.result(timeout=0.5)
        session.commit()
        assert joined.result(timeout=10) is None
    assert postgresql_talk.case().text == f"{NO_WATER}\n水管也在响\n{MORE}"


def test_another_report_of_the_reporter_is_its_own_case(talk: Talk) -> None:
    report(talk, NO_WATER)
    assert f"编号 {FIRST + 1}" in (talk.say(RESIDENT, LIFT) or "")
    assert [case.category_code for case in talk.rows(Case)] == ["M01", "M04"]


@pytest.mark.parametrize(
    "said",
    [
        "不好意思再说一个，楼道灯坏了好几天没人修",
        "对了还有，单元门禁上次没修好，今天又打不开了",
        "另外，楼上漏水说修好了，今天又漏，把我家电线都泡了",
    ],
)
def test_a_sure_report_is_not_lost_for_an_excuse_or_a_bad_repair(sqlite_talk: Talk, said: str) -> None:
    report(sqlite_talk, NO_WATER)
    sqlite_talk.later(minutes=4)
    sqlite_talk.say(RESIDENT, said)
    assert sqlite_talk.outcome() in ("registered", "attached")
    assert any(said in case.text for case in sqlite_talk.rows(Case))


@pytest.mark.parametrize("said", ["不好意思打扰了", "误会误会", "师傅来修好了"])
def test_what_settles_the_matter_joins_nothing(sqlite_talk: Talk, said: str) -> None:
    report(sqlite_talk, NO_WATER)
    assert sqlite_talk.say(RESIDENT, said) is None
    assert sqlite_talk.case().text == NO_WATER


def test_words_long_after_the_report_stand_alone(sqlite_talk: Talk) -> None:
    report(sqlite_talk, NO_WATER)
    sqlite_talk.later(minutes=6)
    sqlite_talk.say(RESIDENT, MORE)
    assert sqlite_talk.case().text == NO_WATER


def test_words_in_another_group_do_not_join(sqlite_talk: Talk) -> None:
    report(sqlite_talk, NO_WATER)
    sqlite_talk.say(RESIDENT, MORE, "g002")
    assert sqlite_talk.case().text == NO_WATER


@pytest.mark.parametrize("lines", [LIGHTS, DOG], ids=["灯", "狗"])
def test_lines_that_are_unsure_alone_are_understood_together(talk: Talk, lines: tuple[str, str]) -> None:
    assert talk.say(RESIDENT, lines[0]) is None
    assert talk.rows(Case) == []
    talk.later(minutes=1)
    assert f"编号 {FIRST}" in (talk.say(RESIDENT, lines[1]) or "")
    assert talk.case().text == "\n".join(lines)
    assert outcomes(talk) == ["attached", "registered"]
    assert talk.rows(PendingMessage) == []


def test_a_photo_between_the_lines_comes_along(sqlite_talk: Talk) -> None:
    sqlite_talk.say(RESIDENT, LIGHTS[0])
    sqlite_talk.say(RESIDENT, media=("dark",))
    sqlite_talk.say(RESIDENT, LIGHTS[1])
    assert [message.case_id for message in messages(sqlite_talk)] == [1, 1, 1]


@pytest.mark.parametrize(
    ("who", "minutes"), [pytest.param(NEIGHBOUR, 1, id="两个人说的"), pytest.param(RESIDENT, 6, id="隔得太久")]
)
def test_lines_that_are_not_read_together(sqlite_talk: Talk, who: str, minutes: int) -> None:
    sqlite_talk.say(RESIDENT, LIGHTS[0])
    sqlite_talk.later(minutes=minutes)
    assert sqlite_talk.say(who, LIGHTS[1]) is None
    assert sqlite_talk.rows(Case) == []


def test_chatter_read_together_stays_chatter(sqlite_talk: Talk) -> None:
    for said in ("周末谁去钓鱼 我有车位", "得嘞", "晚上一起吃火锅去不去", "哈哈哈哈", "明天降温多穿点"):
        assert sqlite_talk.say(RESIDENT, said) is None
    assert sqlite_talk.rows(Case) == []
    assert set(outcomes(sqlite_talk)) == {"ignored"}


def test_what_waits_is_gone_after_fifteen_minutes(sqlite_talk: Talk) -> None:
    sqlite_talk.say(RESIDENT, LIGHTS[0])
    assert [row.text for row in sqlite_talk.rows(PendingMessage)] == [LIGHTS[0]]
    sqlite_talk.later(minutes=15)
    sqlite_talk.bot.purge(sqlite_talk.now)
    assert LIGHTS[0] not in stored(sqlite_talk)


def test_a_listening_group_registers_nothing_from_lines_read_together(sqlite_talk: Talk) -> None:
    with sqlite_talk.bot.database.writing() as session:
        group = session.exec(select(ChatGroup).where(ChatGroup.platform_id == "g001")).one()
        group.mode = GroupMode.LISTEN
        session.commit()
    sqlite_talk.bot.directory.reload()
    for line in LIGHTS:
        assert sqlite_talk.say(RESIDENT, line) is None
    assert sqlite_talk.rows(Case) == sqlite_talk.rows(PendingMessage) == []


@pytest.mark.parametrize("said", ["我家也是 一滴都没有", "我们这栋也没水了", "可不是 厨房一滴都没有", "同问"])
def test_a_neighbour_with_the_same_matter_joins_silently(talk: Talk, said: str) -> None:
    report(talk, NO_WATER)
    talk.later(minutes=2)
    assert talk.say(NEIGHBOUR, said) is None
    assert len(talk.rows(Case)) == 1
    assert reporters(talk) == 2
    assert talk.outcome() == "attached"


def test_the_neighbour_is_told_the_result_too(sqlite_talk: Talk) -> None:
    number = report(sqlite_talk, NO_WATER)
    sqlite_talk.say(NEIGHBOUR, "我家也是 一滴都没有")
    private(sqlite_talk, MEMBER, f"接 {number}")
    heard(sqlite_talk)
    private(sqlite_talk, MEMBER, f"办结 {number} 已来水")
    assert {RESIDENT, NEIGHBOUR} <= set(heard(sqlite_talk))


def test_two_matters_at_once_are_not_mixed_up(talk: Talk) -> None:
    water = report(talk, NO_WATER)
    lift = report(talk, "3号楼电梯坏了，没人修", NEIGHBOUR)
    talk.say(PASSER_BY, "我家也停水了，厨房一滴都没有")
    assert (reporters(talk, water), reporters(talk, lift)) == (2, 1)
    talk.say("r004", "可不是")
    assert (reporters(talk, water), reporters(talk, lift)) == (3, 1)  # the matter spoken of last


def test_a_quote_says_which_case_is_meant(talk: Talk) -> None:
    water = report(talk, NO_WATER)
    lift = report(talk, "3号楼电梯坏了，没人修", NEIGHBOUR)
    assert talk.say(PASSER_BY, "我家也是", quotes="m1") is None
    assert (reporters(talk, water), reporters(talk, lift)) == (2, 1)


def test_agreeing_with_something_else_that_is_quoted_joins_nothing(sqlite_talk: Talk) -> None:
    sqlite_talk.say(PASSER_BY, "明天降温多穿点")
    report(sqlite_talk, NO_WATER)
    sqlite_talk.say(NEIGHBOUR, "+1", quotes="m1")
    assert reporters(sqlite_talk) == 1


def test_another_building_is_another_case(sqlite_talk: Talk) -> None:
    report(sqlite_talk, NO_WATER)
    assert f"编号 {FIRST + 1}" in (sqlite_talk.say(NEIGHBOUR, "5号楼也停水了，没人管") or "")
    assert reporters(sqlite_talk) == 1


def test_a_neighbour_who_had_said_it_before_is_a_reporter_too(talk: Talk) -> None:
    talk.say(NEIGHBOUR, "我家停水了 厨房一滴都没有")
    assert talk.rows(Case) == []
    talk.later(minutes=1)
    report(talk, NO_WATER)
    assert reporters(talk) == 2
    assert outcomes(talk) == ["attached", "registered"]
    assert talk.case().text == f"{NO_WATER}\n我家停水了 厨房一滴都没有"


def test_the_photo_of_a_neighbour_who_joined_belongs_to_the_case(sqlite_talk: Talk) -> None:
    report(sqlite_talk, NO_WATER)
    sqlite_talk.say(NEIGHBOUR, "我家也是 一滴都没有")
    sqlite_talk.say(NEIGHBOUR, media=("tap",))
    assert [media.reference for media in sqlite_talk.rows(Media)] == ["tap"]
    assert outcomes(sqlite_talk) == ["registered", "attached", "attached"]


@pytest.mark.parametrize("who", [MEMBER, LEADER])
def test_the_answer_of_staff_opens_no_case(sqlite_talk: Talk, who: str) -> None:
    report(sqlite_talk, NO_WATER)
    for said in ("收到，马上安排人去看停水", "3号楼停水是水泵坏了，师傅在修"):
        assert sqlite_talk.say(who, said) is None
    assert len(sqlite_talk.rows(Case)) == 1
    assert reporters(sqlite_talk) == 1


def test_what_follows_an_accusation_is_kept_out_of_every_case(talk: Talk) -> None:
    report(talk, NO_WATER)
    assert talk.say(RESIDENT, ACCUSATION) is None
    assert talk.say(RESIDENT, "补助到底给了谁家亲戚") is None
    assert talk.say(RESIDENT, media=("list",)) is None
    assert outcomes(talk) == ["registered", "discipline", "discipline", "discipline"]
    assert talk.rows(Media) == []
    assert "谁家亲戚" not in stored(talk)


def test_lines_that_only_together_accuse_somebody_are_kept_out(talk: Talk) -> None:
    for said in ("圈出来的这一户 大家看看", "家里两台车 住大房子"):
        talk.say(RESIDENT, said)
    talk.say(RESIDENT, media=("list",))
    assert talk.say(RESIDENT, "居委会书记贪污低保款") is None
    assert talk.rows(Case) == talk.rows(PendingMessage) == talk.rows(Media) == []
    assert talk.outcome() == "discipline"


def test_agreeing_with_an_accusation_joins_no_case(sqlite_talk: Talk) -> None:
    report(sqlite_talk, NO_WATER)
    sqlite_talk.later(minutes=1)
    sqlite_talk.say(NEIGHBOUR, ACCUSATION)
    assert sqlite_talk.say(PASSER_BY, "+1") is None
    assert sqlite_talk.say(PASSER_BY, "可不是") is None
    assert reporters(sqlite_talk) == 1


@pytest.mark.parametrize("said", [NO_WATER, LIFT])
def test_another_matter_after_an_accusation_is_a_case(sqlite_talk: Talk, said: str) -> None:
    sqlite_talk.say(RESIDENT, ACCUSATION)
    assert f"编号 {FIRST}" in (sqlite_talk.say(RESIDENT, said) or "")


def test_more_words_to_the_bot_are_answered(sqlite_talk: Talk) -> None:
    number = report(sqlite_talk, NO_WATER, group=None)
    sqlite_talk.later(minutes=1)
    assert private(sqlite_talk, RESIDENT, "换了三次还是这样") == replies.supplemented(number)


def test_what_stood_on_a_recalled_message_alone(talk: Talk) -> None:
    report(talk, NO_WATER)
    talk.say(NEIGHBOUR, "我家也是 一滴都没有")
    talk.say(NEIGHBOUR, kind=Kind.RECALL, recalls="m2")
    assert (reporters(talk), talk.case().status) == (1, CaseStatus.DISPATCHED)
    talk.say(RESIDENT, kind=Kind.RECALL, recalls="m1")
    assert talk.case().status is CaseStatus.WITHDRAWN


def test_a_case_that_a_neighbour_joined_outlives_the_first_message(talk: Talk) -> None:
    report(talk, NO_WATER)
    talk.say(NEIGHBOUR, "我家也是 一滴都没有")
    talk.say(RESIDENT, kind=Kind.RECALL, recalls="m1")
    assert talk.case().status is CaseStatus.DISPATCHED
    assert talk.case().text == "[已撤回]\n我家也是 一滴都没有"
