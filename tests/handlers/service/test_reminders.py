"""Who is told what and when: groups once, members who have not answered a week before, then those who come."""

import datetime as dt
from dataclasses import replace

import pytest

from data.models import Person, ServicePost
from handlers.local_time import SHANGHAI, Period
from handlers.schedule.sendings import planned
from handlers.schedule.sources import SOURCES
from handlers.service import planning, posts, reminders, replies
from handlers.service.posts import WantedPost
from tests.handlers.scenes import heard, private
from tests.handlers.service.scenes import (
    ELSEWHERE,
    HEAD,
    LIANG,
    QIAN,
    SATURDAY,
    WU,
    ZHAO,
    announced,
    at,
    change,
    drafted,
    moved_to,
    person,
)
from tests.talking import Talk

ANNOUNCED_ON = dt.date(2026, 11, 20)
WEEK_BEFORE, DAY_BEFORE = dt.date(2026, 12, 5), dt.date(2026, 12, 11)
# The party members of community HX, from the heads to the grids, that the sample street has.
MEMBERS = {
    "wang.xiuzhen", "sun.hao", "he.jianping", "li.guifang", "zhao.haitao", "wu.jianjun", "ding.wenjing", "yang.fan",
    "liang.suqin", "han.dongmei",
}  # fmt: skip
# Words that would make a duty of it.
PRESSING = ("必须", "务必", "应当", "不得", "缺席", "扣", "考核", "通报", "点名")


@pytest.fixture
def november(sqlite_talk: Talk) -> Talk:
    return at(sqlite_talk, ANNOUNCED_ON, "15:00")


def people(talk: Talk) -> dict[str, list[str]]:
    return {who: texts for who, texts in heard(talk).items() if not who.startswith("g0")}


def groups(talk: Talk) -> dict[str, list[str]]:
    return {who: texts for who, texts in heard(talk).items() if who.startswith("g0")}


def test_the_groups_under_the_unit_hear_of_it_once_the_next_morning(november: Talk) -> None:
    announced(november)
    for day, clock, told in [
        (ANNOUNCED_ON, "21:30", 0),
        (dt.date(2026, 11, 21), "08:59", 0),
        (dt.date(2026, 11, 21), "09:00", 18),
        (dt.date(2026, 11, 21), "09:01", 0),
        (dt.date(2026, 11, 22), "09:00", 0),
    ]:
        at(november, day, clock)
        found = groups(november)
        assert len(found) == told
        for group, texts in found.items():
            assert "g001" <= group <= "g018"  # those of community HX
            assert texts == [
                "【义工服务日】12月12日（周六）9:00至11:30，荷香社区：清洁楼道。地点：东门。"
                "党员自愿参加，请私信我发「报名」。"
            ]


@pytest.mark.parametrize(("clock", "day"), [("00:30", 20), ("08:59", 20), ("09:00", 20), ("09:01", 21), ("23:59", 21)])
def test_the_announcement_is_at_the_next_nine_o_clock(sqlite_talk: Talk, clock: str, day: int) -> None:
    at(sqlite_talk, ANNOUNCED_ON, clock)
    announced(sqlite_talk)
    (sending,) = forecast(sqlite_talk, ":announce")
    assert sending.at == dt.datetime(2026, 11, day, 9, tzinfo=SHANGHAI)


def test_a_grid_tells_its_own_groups_and_the_street_all(november: Talk) -> None:
    announced(november, unit="HX-01")
    announced(november, unit="QH")
    found = {sending.key: sending.groups for sending in forecast(november, ":announce")}
    assert sorted(map(len, found.values()))[-1] == 60
    assert 0 < len(found["service:1:announce"]) < 18


def test_a_week_before_those_who_have_not_answered_are_asked_once(november: Talk) -> None:
    announced(november)
    private(november, ZHAO, "报名 1")
    private(november, LIANG, "请假")
    groups(at(november, dt.date(2026, 11, 21), "09:00"))
    assert people(at(november, WEEK_BEFORE, "08:59")) == {}
    told = people(at(november, WEEK_BEFORE, "09:00"))
    assert set(told) == MEMBERS - {ZHAO, LIANG}
    assert {text for texts in told.values() for text in texts} == {
        "义工服务日：12月12日（周六）9:00至11:30，荷香社区：清洁楼道。还有空位，自愿参加："
        "发「报名 12月12日」看岗位。不方便不用回复。"
    }
    private(november, ZHAO, "请假")
    assert people(at(november, WEEK_BEFORE, "09:01")) == people(at(november, dt.date(2026, 12, 6), "09:00")) == {}


def test_who_holds_no_post_belongs_to_the_street(november: Talk) -> None:
    announced(november, unit="QH")
    (sending,) = forecast(november, ":t7")
    assert person(november, "ouyang.desheng") in sending.people
    assert person(november, ELSEWHERE) in sending.people
    assert person(november, QIAN) not in sending.people
    assert person(november, "gu.mingchuan") not in sending.people  # of the district above
    assert all(november.bot.directory().people[who].party_member for who in sending.people)


def test_when_every_place_is_taken_nobody_is_asked(november: Talk) -> None:
    day_id = announced(november, capacity=1)
    change(november, day_id, posts.remove, november.rows(ServicePost)[1])
    private(november, ZHAO, "报名 1")
    assert people(at(november, WEEK_BEFORE, "09:00")) == {}


def test_a_day_announced_late_has_no_week_before(november: Talk) -> None:
    at(november, WEEK_BEFORE, "09:01")
    announced(november)
    assert people(at(november, WEEK_BEFORE, "09:02")) == people(at(november, dt.date(2026, 12, 6), "10:00")) == {}


def test_only_those_who_come_are_reminded_with_post_and_place(november: Talk) -> None:
    announced(november)
    private(november, ZHAO, "报名 1")
    private(november, WU, "报名 2")
    private(november, LIANG, "报名 1")
    heard(at(november, WEEK_BEFORE, "09:00"))
    private(november, LIANG, "请假")
    assert people(at(november, DAY_BEFORE, "15:59")) == {}
    told = people(at(november, DAY_BEFORE, "16:00"))
    assert {who: [text.split("：清洁楼道，")[1] for text in texts] for who, texts in told.items()} == {
        ZHAO: ["1号岗 物资分发（东门）。去不了没关系，发「请假 12月12日」就行。"],
        WU: ["2号岗 入户走访。去不了没关系，发「请假 12月12日」就行。"],
    }
    private(november, WU, "请假")
    assert people(at(november, SATURDAY, "07:29")) == {}
    assert people(at(november, SATURDAY, "07:30")) == {
        ZHAO: [
            "今天9:00义工服务（荷香社区）：1号岗 物资分发（东门）。到了发「签到」，走时发「签退」；来不了发「请假」。"
        ]
    }
    assert people(at(november, SATURDAY, "08:30")) == {}


def test_each_gets_each_reminder_at_most_once_however_they_move(november: Talk) -> None:
    announced(november)
    private(november, ZHAO, "报名 1")
    heard(at(november, WEEK_BEFORE, "09:00"))
    assert list(people(at(november, DAY_BEFORE, "16:00"))) == [ZHAO]
    november.now += dt.timedelta(minutes=1)
    private(november, ZHAO, "报名 2")
    private(november, LIANG, "报名 2")
    assert people(at(november, DAY_BEFORE, "16:02")) == {}  # both have just read where and when
    assert set(people(at(november, SATURDAY, "07:30"))) == {ZHAO, LIANG}
    private(november, ZHAO, "报名 1")
    assert people(at(november, SATURDAY, "07:40")) == {}


@pytest.mark.parametrize(
    ("starts", "clock"), [(0, None), (420, None), (449, None), (450, "07:00"), (479, "07:00"), (480, "07:30")]
)
def test_nobody_is_woken_before_seven(november: Talk, starts: int, clock: str | None) -> None:
    announced(november, hours=(starts, 1440))
    private(november, ZHAO, "报名 1")
    found = [sending.at.astimezone(SHANGHAI) for sending in forecast(november, ":morning")]
    assert [f"{moment:%H:%M}" for moment in found] == ([clock] if clock else [])


def test_a_moved_day_is_remembered_on_its_new_date_and_asked_about_once(november: Talk) -> None:
    day_id = announced(november)
    private(november, ZHAO, "报名 1")
    heard(at(november, WEEK_BEFORE, "09:00"))
    heard(at(november, DAY_BEFORE, "16:00"))
    moved_to(november, day_id, dt.date(2026, 12, 26))
    assert list(people(november)) == [ZHAO]
    assert heard(at(november, SATURDAY, "07:30")) == {}
    assert heard(at(november, dt.date(2026, 12, 19), "09:00")) == {}
    assert "12月26日" in people(at(november, dt.date(2026, 12, 25), "16:00"))[ZHAO][0]
    assert list(people(at(november, dt.date(2026, 12, 26), "07:30"))) == [ZHAO]


def test_a_cancelled_day_and_a_draft_say_nothing(november: Talk) -> None:
    drafted(november, dt.date(2026, 12, 13))
    day_id = announced(november)
    private(november, ZHAO, "报名 1")
    change(november, day_id, planning.cancel)
    heard(november)
    for day, clock in [(ANNOUNCED_ON, "16:00"), (WEEK_BEFORE, "09:00"), (DAY_BEFORE, "16:00"), (SATURDAY, "07:30")]:
        assert heard(at(november, day, clock)) == {}


def test_what_was_missed_is_made_up_for_but_never_after_the_start(november: Talk) -> None:
    announced(november)
    private(november, ZHAO, "报名 1")
    heard(at(november, WEEK_BEFORE, "09:00"))
    assert heard(at(november, DAY_BEFORE, "22:00")) == {}  # quiet hours
    assert "到了发「签到」" in people(at(november, SATURDAY, "08:10"))[ZHAO][0]  # and not that of the day before
    announced(november, dt.date(2026, 12, 19))
    private(november, ZHAO, "报名 12月19日 1")
    heard(november)
    assert heard(at(november, dt.date(2026, 12, 19), "09:00")) == {}


def test_around_the_clock_nothing_is_said_outside_the_hours(november: Talk) -> None:
    announced(november)
    private(november, ZHAO, "报名 1")
    heard(november)
    spoken = []
    for _ in range(24 * 23):
        november.now += dt.timedelta(hours=1)
        november.bot.send_scheduled(november.now)
        if heard(november):
            spoken.append(f"{november.now.astimezone(SHANGHAI):%m-%d %H}")
    assert spoken == ["11-21 09", "12-05 09", "12-11 16", "12-12 08"]


def test_every_sentence_asks_and_none_presses(november: Talk) -> None:
    announced(november)
    private(november, ZHAO, "报名 1")
    texts = [sending.text for sending in forecast(november, "")]
    asking = [text for text in texts if "报名" in text and "您报名的" not in text]
    assert asking
    assert all("自愿" in text for text in asking)
    everything = [*texts, *(value for value in vars(replies).values() if isinstance(value, str))]
    assert not [text for text in everything if any(word in text for word in PRESSING)]


def test_names_and_words_of_others_are_never_in_what_groups_hear(november: Talk) -> None:
    day_id = announced(november)
    change(november, day_id, posts.add, WantedPost("<b>x</b>{姓名}", "%s", 1))
    private(november, ZHAO, "报名 1")
    (sending,) = forecast(november, ":announce")
    assert not [who.name for who in november.rows(Person) if who.name in sending.text]
    assert "\n" not in sending.text


def test_the_preview_is_what_is_sent(november: Talk) -> None:
    announced(november)
    private(november, ZHAO, "报名 1")
    keys = [(sending.key, f"{sending.at.astimezone(SHANGHAI):%m-%d %H:%M}") for sending in forecast(november, "")]
    assert keys == [
        ("service:1:announce", "11-21 09:00"),
        ("service:1:t7", "12-05 09:00"),
        ("service:1:t1:2026-12-12:1", "12-11 16:00"),
        ("service:1:morning:2026-12-12:1", "12-12 07:30"),
    ]
    assert reminders.sendings in SOURCES


def test_a_member_without_a_private_way_is_left_alone(november: Talk) -> None:
    directory = november.bot.directory()
    members = {**directory.people, 999: Person(id=999, code="x", name="无账号", party_member=True)}
    announced(november, unit="QH")
    with november.bot.database.reading() as session:
        context = replace(november.context(session), directory=replace(directory, people=members))
        found = list(reminders.sendings(context, whole_time(november)))
    assert all(999 not in sending.people for sending in found)
    assert person(november, HEAD) in found[1].people


def whole_time(talk: Talk) -> Period:
    return Period(talk.now - dt.timedelta(days=1), talk.now + dt.timedelta(days=60))


def forecast(talk: Talk, part: str) -> list[reminders.Sending]:
    """What the coming weeks hold, of this part of the key."""
    with talk.bot.database.reading() as session:
        found = planned(talk.context(session), [reminders.sendings], whole_time(talk))
    return [sending for sending in found if part in sending.key]
