"""The clock over a case, driven by time passing: who is reminded, who hears of it next, and when it stops."""

import datetime as dt
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor, wait

import pytest

from bot.app import quiet
from data.models import Case, CaseStatus, ClosedBy, EscalationLevel, Evaluation, OutboxMessage, Source
from handlers.cases.escalation import sweep
from handlers.local_time import SHANGHAI
from handlers.message import Reach
from tests.handlers.scenes import (
    COLLEAGUE,
    DEPUTY,
    HEAD,
    LEADER,
    MEMBER,
    NO_WATER,
    RESIDENT,
    RUBBISH,
    STUCK,
    accepted,
    heard,
    private,
    report,
    resolved,
    steps,
)
from tests.talking import Talk

STREET, DISTRICT = ["chen.zhiyuan", "luo.xiaobei"], ["gu.mingchuan", "shen.ruolan"]
PLACES = ("3号楼", "3号楼2单元")
DAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日", "下周一", "下周二")


def clock(talk: Talk, moment: str, *, stood_still: bool = False) -> dict[str, list[str]]:
    """Time passes until `周二 10:00` of the week of the sample street; what people hear then, save for the digest."""
    day, time = moment.split()
    date = dt.date(2026, 9, 7) + dt.timedelta(days=DAYS.index(day))
    morning, then = (dt.datetime.combine(date, dt.time.fromisoformat(t), SHANGHAI) for t in ("09:00", time))
    stops = [morning, then] if talk.now < morning < then and not stood_still else [then]
    said: dict[str, list[str]] = defaultdict(list)
    for stop in stops:
        for who, texts in heard(talk.later(seconds=(stop - talk.now).total_seconds())).items():
            said[who] += [text for text in texts if not text.startswith("早上好")]
    return {who: texts for who, texts in said.items() if texts}


def test_a_limit_of_one_working_day_that_nobody_keeps(talk: Talk) -> None:
    """Reported on Monday at 10:00, due on Tuesday at 18:00, when the colleague has duty."""
    number = report(talk)
    heard(talk)
    assert clock(talk, "周二 09:59") == {}
    assert clock(talk, "周二 10:00") == {COLLEAGUE: [f"提醒：{number} 将在 9月8日18:00 到期。"]}
    assert clock(talk, "周二 17:59") == {}
    assert clock(talk, "周二 18:00") == {COLLEAGUE: [f"提醒：{number} 已到时限，还没有办结。"]}
    assert clock(talk, "周三 17:59") == {}
    why = "3号楼 环境卫生：超过时限未办结，请牵头办理。"
    for day, colour, people in [
        ("周三", "黄色·社区", [HEAD, DEPUTY]),
        ("周四", "蓝色·街道", STREET),
        ("周五", "红色·区", DISTRICT),
    ]:
        assert clock(talk, f"{day} 18:00") == {who: [f"【{colour}】{number} {why}"] for who in people}
    assert clock(talk, "下周二 18:00") == {}
    assert talk.case().level is EscalationLevel.DISTRICT
    assert steps(talk) == ["system dispatch"] + ["system escalate"] * 3


def test_who_accepted_is_reminded_whoever_has_duty(sqlite_talk: Talk) -> None:
    accepted(sqlite_talk)
    heard(sqlite_talk)
    assert list(clock(sqlite_talk, "周二 10:00")) == [MEMBER]
    assert list(clock(sqlite_talk, "周二 18:00")) == [MEMBER]


def test_a_limit_in_hours_leaves_the_night_in_peace(sqlite_talk: Talk) -> None:
    """24 hours from Monday 10:00; the last quarter begins at 04:00, the level goes up twelve hours after the end."""
    number = report(sqlite_talk, NO_WATER)
    heard(sqlite_talk)
    assert clock(sqlite_talk, "周二 06:59") == {}
    assert clock(sqlite_talk, "周二 07:00") == {COLLEAGUE: [f"【急】提醒：{number} 将在 9月8日10:00 到期。"]}
    assert clock(sqlite_talk, "周二 10:00") == {COLLEAGUE: [f"【急】提醒：{number} 已到时限，还没有办结。"]}
    assert clock(sqlite_talk, "周二 21:59") == {}
    assert sorted(clock(sqlite_talk, "周二 22:00")) == sorted([HEAD, DEPUTY])


def test_an_emergency_nobody_took_goes_up_after_five_minutes(sqlite_talk: Talk) -> None:
    number = report(sqlite_talk, STUCK)
    heard(sqlite_talk)
    assert clock(sqlite_talk, "周一 10:04") == {}
    told = clock(sqlite_talk, "周一 10:05")
    assert sorted(told) == sorted([HEAD, DEPUTY])
    assert told[HEAD] == [f"【黄色·社区】【紧急】{number} 3号楼 电梯：紧急情况5分钟无人接单，请牵头办理。"]
    assert list(clock(sqlite_talk, "周一 11:00")) == [MEMBER]
    assert sorted(clock(sqlite_talk, "周一 11:30")) == sorted(STREET)


def test_an_emergency_somebody_took_stays_and_is_reminded(sqlite_talk: Talk) -> None:
    accepted(sqlite_talk, STUCK)
    heard(sqlite_talk)
    assert clock(sqlite_talk, "周一 10:05") == {}
    assert list(clock(sqlite_talk, "周一 10:45")) == [MEMBER]
    assert sqlite_talk.case().level is EscalationLevel.GRID


def test_an_emergency_that_was_returned_goes_up_too(sqlite_talk: Talk) -> None:
    number = accepted(sqlite_talk, STUCK)
    private(sqlite_talk, MEMBER, f"退 {number} 我在外地")
    heard(sqlite_talk)
    assert sorted(clock(sqlite_talk, "周一 10:05")) == sorted([HEAD, DEPUTY])


def test_an_emergency_at_night_is_for_now(sqlite_talk: Talk) -> None:
    clock(sqlite_talk, "周六 23:50")
    report(sqlite_talk, STUCK)
    heard(sqlite_talk)
    assert sorted(clock(sqlite_talk, "周六 23:55")) == sorted([HEAD, DEPUTY])


def test_an_extension_moves_the_clock(sqlite_talk: Talk) -> None:
    number = accepted(sqlite_talk)
    private(sqlite_talk, MEMBER, f"延期 {number} 2天 清运车在修")
    heard(sqlite_talk)
    assert clock(sqlite_talk, "周二 10:00") == clock(sqlite_talk, "周二 18:00") == {}
    assert clock(sqlite_talk, "周四 09:00") == {}  # the digest of that morning says that it is due
    assert clock(sqlite_talk, "周四 18:00") == {MEMBER: [f"提醒：{number} 已到时限，还没有办结。"]}


def test_an_extension_after_the_reminder_reminds_again(sqlite_talk: Talk) -> None:
    number = accepted(sqlite_talk)
    clock(sqlite_talk, "周二 17:00")
    private(sqlite_talk, MEMBER, f"延期 {number} 1天 清运车在修")
    heard(sqlite_talk)
    assert clock(sqlite_talk, "周二 18:00") == {}
    assert clock(sqlite_talk, "周三 09:00") == {}  # the digest again
    assert list(clock(sqlite_talk, "周三 18:00")) == [MEMBER]


def test_two_weeks_of_silence_close_a_case(sqlite_talk: Talk) -> None:
    number = resolved(sqlite_talk)
    heard(sqlite_talk.later(days=13, hours=23, minutes=59))
    assert sqlite_talk.case().status is CaseStatus.RESOLVED
    told = heard(sqlite_talk.later(minutes=1))
    assert told == {RESIDENT: [f"{number} 办结已满14天没有收到意见，先行结案。有问题仍可回「没解决 {number}」。"]}
    case = sqlite_talk.case()
    assert (case.status, case.closed_by, case.closed_at) == (CaseStatus.CLOSED, ClosedBy.SILENCE, sqlite_talk.now)
    assert case.next_action_at is None
    assert steps(sqlite_talk)[-1] == "system close"
    assert sqlite_talk.rows(Evaluation) == []  # silence is never satisfaction


@pytest.mark.parametrize(
    ("group", "who", "line"),
    [
        ("g001", "g001", "1001 办结已满14天没有收到意见，先行结案。有问题仍可回「没解决 1001」。"),
        (None, "chen.zhiyuan", "1001 办结满14天没有收到意见，已结案。有上报人无法私信通知，请当面或电话告知。"),
    ],
)
def test_who_cannot_be_told_alone_hears_of_it_in_the_group_or_from_a_person(
    sqlite_talk: Talk, group: str | None, who: str, line: str
) -> None:
    number = report(sqlite_talk, group=group)
    private(sqlite_talk, MEMBER if group else "chen.zhiyuan", f"办结 {number}")
    sqlite_talk.channel.reaches[RESIDENT] = Reach.GROUP_ONLY
    heard(sqlite_talk.later(days=13))
    assert heard(sqlite_talk.later(days=1))[who] == [line]


def test_a_case_reopened_meanwhile_is_not_closed_in_silence(sqlite_talk: Talk) -> None:
    number = resolved(sqlite_talk)
    sqlite_talk.later(days=13)
    private(sqlite_talk, RESIDENT, f"没解决 {number}")
    sqlite_talk.later(days=2)
    assert sqlite_talk.case().status is CaseStatus.DISPATCHED


def test_a_second_sweep_does_nothing(talk: Talk) -> None:
    report(talk)
    report(talk, STUCK)
    resolved(talk)
    for days in (1, 1, 1, 12):
        talk.later(days=days)
        talk.deliver()
        while talk.bot.sweep(talk.now):  # several steps may have become due
            pass
        before = (talk.rows(Case), len(talk.rows(OutboxMessage)))
        assert talk.bot.sweep(talk.now) == 0
        assert (talk.rows(Case), len(talk.rows(OutboxMessage))) == before


def test_of_two_replicas_that_sweep_at_once_one_waits_and_finds_nothing_left(postgresql_talk: Talk) -> None:
    report(postgresql_talk)
    postgresql_talk.now += dt.timedelta(days=1)
    database = postgresql_talk.bot.database

    def second() -> int:
        with database.writing() as session:
            return sweep(postgresql_talk.context(session))

    with ThreadPoolExecutor(1) as pool, database.writing() as session:
        assert sweep(postgresql_talk.context(session)) == 1
        waiting = pool.submit(second)
        assert not wait([waiting], timeout=0.2).done
        session.commit()
        assert waiting.result() == 0


def test_a_lot_is_never_larger_than_asked(sqlite_talk: Talk) -> None:
    for group in ("g001", "g002", "g003"):
        report(sqlite_talk, "楼下垃圾成堆没人清理，3号楼", group=group)
    sqlite_talk.now += dt.timedelta(days=1)
    with sqlite_talk.bot.database.writing() as session:
        assert [sweep(sqlite_talk.context(session), limit=2) for _ in range(3)] == [2, 1, 0]


def test_a_clock_that_stood_still_for_days_loses_nothing_and_skips_what_is_pointless(sqlite_talk: Talk) -> None:
    number = report(sqlite_talk)
    heard(sqlite_talk)
    told = clock(sqlite_talk, "周五 12:00", stood_still=True)
    for _ in range(5):
        sqlite_talk.bot.sweep(sqlite_talk.now)
    told = told | heard(sqlite_talk)
    assert told.pop(MEMBER) == [f"提醒：{number} 已到时限，还没有办结。"]  # no "will be due" when it is overdue
    assert sorted(told) == sorted([HEAD, DEPUTY])  # one level, and a working day for it to act
    assert list(clock(sqlite_talk, "下周一 18:00")) == STREET


@pytest.mark.parametrize("end", ["撤回 {}", "解决了 {}"])
def test_the_clock_of_an_ended_case_stands_still(sqlite_talk: Talk, end: str) -> None:
    number = resolved(sqlite_talk) if "解决" in end else report(sqlite_talk)
    private(sqlite_talk, RESIDENT, end.format(number))
    heard(sqlite_talk)
    assert heard(sqlite_talk.later(days=30)) == {}
    assert sqlite_talk.case().next_action_at is None


def test_a_case_split_off_after_its_deadline_has_a_clock_again(sqlite_talk: Talk) -> None:
    first, second = report(sqlite_talk), report(sqlite_talk, NO_WATER)
    private(sqlite_talk, LEADER, f"并 {second} {first}")
    clock(sqlite_talk, "周四 12:00")
    private(sqlite_talk, LEADER, f"拆 {second}")
    heard(sqlite_talk)
    sqlite_talk.later(minutes=1)
    assert f"【急】提醒：{second} 已到时限，还没有办结。" in heard(sqlite_talk)[COLLEAGUE]


def test_what_the_clock_missed_waits_for_a_polite_hour(sqlite_talk: Talk) -> None:
    """The server stands still from before the deadline until late in the evening."""
    number = report(sqlite_talk)
    heard(sqlite_talk)
    assert clock(sqlite_talk, "周二 09:00") == {}
    assert clock(sqlite_talk, "周二 22:30", stood_still=True) == {}
    assert sqlite_talk.case(number).next_action_at == dt.datetime(2026, 9, 9, 9, 0, tzinfo=SHANGHAI)


def test_a_clock_set_back_says_nothing_twice(sqlite_talk: Talk) -> None:
    report(sqlite_talk)
    heard(sqlite_talk)
    assert list(clock(sqlite_talk, "周二 10:00")) == [COLLEAGUE]
    sqlite_talk.later(hours=-3)
    assert heard(sqlite_talk.later(hours=3)) == {}


def test_several_cases_are_one_message_a_person(sqlite_talk: Talk) -> None:
    """Two run out at once on Tuesday evening, and go up together a day later."""
    numbers = [report(sqlite_talk, words) for words in (RUBBISH, "3号楼2单元门口垃圾好几天没人清理")]
    heard(sqlite_talk)
    lines = "".join(
        f"\n{number} {place} 环境卫生，9月8日18:00前" for number, place in zip(numbers, PLACES, strict=True)
    )
    assert len(clock(sqlite_talk, "周二 10:00")[COLLEAGUE]) == 1
    assert clock(sqlite_talk, "周二 18:00") == {COLLEAGUE: [f"提醒：2 件要您处理。\n已超期：{lines}"]}
    raised = [f"提醒：2 件要您处理。\n升级到您这里：{lines}"]
    assert clock(sqlite_talk, "周三 18:00") == {HEAD: raised, DEPUTY: raised}


def test_replayed_cases_never_act(sqlite_talk: Talk) -> None:
    sqlite_talk.bot = quiet(sqlite_talk.bot, source=Source.REPLAY)
    assert sqlite_talk.say(RESIDENT, RUBBISH) is None
    sqlite_talk.say(RESIDENT, STUCK)
    for _ in range(4):
        sqlite_talk.later(days=5)
    assert [case.source for case in sqlite_talk.rows(Case)] == [Source.REPLAY] * 2
    assert {case.level for case in sqlite_talk.rows(Case)} == {EscalationLevel.GRID}
    assert steps(sqlite_talk) == ["system dispatch"]
    assert sqlite_talk.rows(OutboxMessage) == []
