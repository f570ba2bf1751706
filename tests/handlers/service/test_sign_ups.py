"""Members take places, move, are excused; the last place goes to exactly one; nothing is asked of others."""

import datetime as dt
import threading

import pytest

from data.models import ServicePost, SignUp
from handlers.message import IncomingMessage, Reach
from handlers.replies import PRIVATE_ONLY
from handlers.service import replies
from tests.handlers.scenes import RESIDENT, private, stored
from tests.handlers.service.scenes import (
    ELSEWHERE,
    HEAD,
    LIANG,
    QIAN,
    SATURDAY,
    STAFF,
    WU,
    ZHAO,
    announced,
    at,
    name,
    places,
)
from tests.talking import Talk

SUNDAY, NEXT_SATURDAY = dt.date(2026, 12, 13), dt.date(2026, 12, 19)


def test_the_posts_are_shown_and_one_is_taken(sqlite_talk: Talk) -> None:
    announced(sqlite_talk)
    assert private(sqlite_talk, ZHAO, "报名").splitlines() == [
        "12月12日（周六）9:00至11:30，荷香社区：清洁楼道。",
        "1号岗 物资分发（东门） 余2",
        "2号岗 入户走访 余5",
        "自愿参加，选岗请发「报名 1」。",
    ]
    assert private(sqlite_talk, ZHAO, "报名 1") == (
        "已报名：12月12日（周六）9:00至11:30，荷香社区：清洁楼道，1号岗 物资分发（东门）。去不了发「请假 12月12日」。"
    )
    assert "1号岗 物资分发（东门） 余1" in private(sqlite_talk, LIANG, "报名")
    assert places(sqlite_talk) == {ZHAO: 1}


def test_a_full_post_shows_what_is_left(sqlite_talk: Talk) -> None:
    announced(sqlite_talk, capacity=1)
    private(sqlite_talk, ZHAO, "报名 1")
    assert private(sqlite_talk, LIANG, "报名 1") == "1号岗已满。12月12日（周六）还有：2号岗 入户走访 余5。"
    assert private(sqlite_talk, ZHAO, "报名 1").startswith("已报名")  # their own place is still theirs
    assert private(sqlite_talk, LIANG, "报名 7").startswith("没有7号岗。")
    assert private(sqlite_talk, LIANG, "报名 0").startswith("没有0号岗。")
    assert places(sqlite_talk) == {ZHAO: 1}


def test_signing_up_again_moves_and_leave_gives_the_place_free(sqlite_talk: Talk) -> None:
    announced(sqlite_talk, capacity=1)
    private(sqlite_talk, ZHAO, "报名 1")
    private(sqlite_talk, ZHAO, "报名 2")
    assert private(sqlite_talk, LIANG, "报名 1").startswith("已报名")
    assert places(sqlite_talk) == {ZHAO: 2, LIANG: 1}
    assert "岗位已让出" in private(sqlite_talk, LIANG, "请假 孩子发烧，要去医院")
    assert "岗位已让出" not in private(sqlite_talk, LIANG, "请假")
    assert private(sqlite_talk, ZHAO, "报名 1").startswith("已报名")
    assert places(sqlite_talk) == {ZHAO: 1, LIANG: None}
    assert "孩子发烧" not in stored(sqlite_talk)
    assert len(sqlite_talk.rows(SignUp)) == 2


def test_who_changed_their_mind_comes_back(sqlite_talk: Talk) -> None:
    announced(sqlite_talk)
    for words, place in [("请假", None), ("报名 2", 2), ("取消报名", None), ("我要报名 1", 1)]:
        private(sqlite_talk, ZHAO, words)
        assert places(sqlite_talk) == {ZHAO: place}


@pytest.mark.parametrize("who", [RESIDENT, QIAN, STAFF])
@pytest.mark.parametrize("words", ["报名", "报名 1", "请假", "我的服务", "签到", "签退"])
def test_who_is_no_member_is_told_kindly(sqlite_talk: Talk, who: str, words: str) -> None:
    announced(sqlite_talk)
    assert private(sqlite_talk, who, words) == replies.MEMBERS_ONLY
    assert places(sqlite_talk) == {}


def test_days_of_other_communities_are_not_offered_and_those_above_and_below_are(sqlite_talk: Talk) -> None:
    announced(sqlite_talk)
    assert private(sqlite_talk, ELSEWHERE, "报名") == replies.NO_OPEN_DAY
    assert private(sqlite_talk, ELSEWHERE, "报名 1") == replies.NO_OPEN_DAY
    assert private(sqlite_talk, "ke.yuhang", "报名 2").startswith("已报名")  # the street's administrator
    announced(sqlite_talk, NEXT_SATURDAY, unit="QH")
    assert private(sqlite_talk, ELSEWHERE, "报名 2").startswith("已报名：12月19日（周六）")


def test_with_several_days_the_date_must_be_named(sqlite_talk: Talk) -> None:
    announced(sqlite_talk)
    announced(sqlite_talk, NEXT_SATURDAY)
    shown = private(sqlite_talk, ZHAO, "报名")
    assert "选岗请发「报名 12月12日 1」" in shown
    assert "还有：「报名 12月19日」" in shown
    asked = private(sqlite_talk, ZHAO, "报名 2")
    assert asked == "有几个服务日，请写明是哪一天：「报名 12月12日 2」、「报名 12月19日 2」。"
    assert places(sqlite_talk) == {}
    assert private(sqlite_talk, ZHAO, "报名 12月19日").startswith("12月19日（周六）")
    assert private(sqlite_talk, ZHAO, "报名12月19日 2").startswith("已报名：12月19日（周六）")
    assert private(sqlite_talk, LIANG, "请假").startswith("请写明是哪一天")
    assert private(sqlite_talk, ZHAO, "请假").startswith("好的，12月19日（周六）")  # the one they had signed up for
    assert private(sqlite_talk, LIANG, "请假 12月12日 出差").startswith("好的，12月12日（周六）")
    assert private(sqlite_talk, LIANG, "请假 12月25日") == replies.NO_SUCH_DAY


def test_two_units_on_one_date_are_told_apart_by_name(sqlite_talk: Talk) -> None:
    announced(sqlite_talk)
    announced(sqlite_talk, unit="HX-01")
    asked = private(sqlite_talk, ZHAO, "报名 12月12日 2")
    assert "「报名 12月12日 荷香社区 2」" in asked
    assert "「报名 12月12日 荷香社区第一网格 2」" in asked
    assert "荷香社区第一网格：" in private(sqlite_talk, ZHAO, "报名 12月12日 荷香社区第一网格 2")
    assert "柳堤" not in private(sqlite_talk, ZHAO, "报名 12月12日 柳堤社区 2")
    assert places(sqlite_talk) == {ZHAO: 2}
    assert "荷香社区：" in private(sqlite_talk, LIANG, "报名 12月12日 荷香社区 2")  # who lives in another grid


def test_a_unit_that_has_no_day_then_is_not_taken_for_another(sqlite_talk: Talk) -> None:
    announced(sqlite_talk)
    assert private(sqlite_talk, ZHAO, "报名 12月12日 柳堤社区 2") == replies.NO_SUCH_DAY
    assert places(sqlite_talk) == {}


def test_until_the_end_one_can_come_and_then_no_more(sqlite_talk: Talk) -> None:
    announced(sqlite_talk)
    at(sqlite_talk, SATURDAY, "11:29")
    assert private(sqlite_talk, ZHAO, "报名 2").startswith("已报名")
    at(sqlite_talk, SATURDAY, "11:30")
    assert private(sqlite_talk, LIANG, "报名 2") == replies.NO_OPEN_DAY
    assert private(sqlite_talk, LIANG, "请假") == replies.NOTHING_TO_LEAVE


def test_in_a_group_it_is_one_line_without_a_name_and_only_for_who_asks(sqlite_talk: Talk) -> None:
    announced(sqlite_talk)
    for words in ("报名", "报名 1", "请假", "签到", "签退", f"确认 {name(sqlite_talk, LIANG)}", "确认"):
        assert sqlite_talk.say(ZHAO, words) is None  # overheard it is talk
        answer = sqlite_talk.say(ZHAO, words, at=True)
        assert answer is not None
        assert "\n" not in answer
        assert name(sqlite_talk, ZHAO) not in answer
        assert name(sqlite_talk, LIANG) not in answer


@pytest.mark.parametrize("reach", [Reach.PRIVATE, Reach.GROUP_ONLY])
def test_the_own_hours_are_never_said_in_a_group(sqlite_talk: Talk, reach: Reach) -> None:
    sqlite_talk.channel.reaches[ZHAO] = reach
    announced(sqlite_talk)
    private(sqlite_talk, ZHAO, "报名 1")
    answer = sqlite_talk.say(ZHAO, "我的服务", at=True)
    assert answer == (None if reach is Reach.PRIVATE else PRIVATE_ONLY)
    assert [outgoing.group for outgoing in sqlite_talk.deliver()] == ([None] if reach is Reach.PRIVATE else [])


def test_the_own_service_shows_hours_target_and_what_is_next(sqlite_talk: Talk) -> None:
    announced(sqlite_talk)
    assert private(sqlite_talk, ZHAO, "我的服务").splitlines() == [
        "2026年服务时长：0小时。自己的目标24小时，还差24小时。",
        replies.NO_NEXT,
        replies.VOLUNTARY,
    ]
    private(sqlite_talk, ZHAO, "报名 1")
    expected = "下一次：12月12日（周六）9:00至11:30，荷香社区：清洁楼道，1号岗 物资分发（东门）。"
    assert private(sqlite_talk, ZHAO, "我的服务").splitlines()[1] == expected


def test_strange_orders_get_an_answer(sqlite_talk: Talk) -> None:
    announced(sqlite_talk)
    for words in (
        "报名 １",
        "报名 99",
        "请假 <script>",
        "请假 {姓名} %s {{7*7}}",
        "确认 某某某",
        "报名 99月99日 1",
        "请假 0月0日",
    ):
        assert private(sqlite_talk, HEAD, words)
        assert sqlite_talk.outcome() in ("command", "refused")


@pytest.mark.parametrize("members", [2, 6])
def test_the_last_place_goes_to_exactly_one(talk: Talk, members: int) -> None:
    announced(talk, capacity=1)
    crowd = [ZHAO, LIANG, WU, HEAD, "sun.hao", "he.jianping"][:members]
    messages = [talk.message(who, "报名 1", group=None) for who in crowd]
    answers = together(talk, messages)
    assert sum(answer.startswith("已报名") for answer in answers) == 1
    assert sum(answer.startswith("1号岗已满") for answer in answers) == members - 1
    assert list(places(talk).values()) == [1]
    assert len(talk.rows(ServicePost)) == 2


def test_the_same_member_twice_at_once_has_one_place(talk: Talk) -> None:
    announced(talk)
    messages = [talk.message(ZHAO, f"报名 {number}", group=None) for number in (1, 2, 1, 2)]
    answers = together(talk, messages)
    assert all(answer.startswith("已报名") for answer in answers)
    assert len(talk.rows(SignUp)) == 1


def together(talk: Talk, messages: list[IncomingMessage]) -> list[str]:
    """All said at the same moment; the answers."""
    start, answers = threading.Barrier(len(messages)), []

    def say(message: IncomingMessage) -> None:
        start.wait()
        answers.append(talk.bot.inbox.receive(message, talk.now) or "")

    threads = [threading.Thread(target=say, args=(message,)) for message in messages]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers
