"""The morning digest: who gets it, what it says, once, and only in the morning of a working day."""

import datetime as dt

import pytest
from sqlmodel import col, select

from bot.app import quiet
from data.models import CalendarOverride, Case, Claim, DayKind, Message, Outcome, Source
from data.models.cases import FIRST_NUMBER
from handlers import staff_replies
from handlers.cases.digest import send_digests
from handlers.local_time import SHANGHAI
from tests.handlers.scenes import (
    COLLEAGUE,
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
)
from tests.talking import Talk

HELLO = "早上好"


def at(talk: Talk, day: int, time: str) -> dict[str, list[str]]:
    """What people hear when the clock of September 2026 comes to that moment."""
    then = dt.datetime.combine(dt.date(2026, 9, day), dt.time.fromisoformat(time), SHANGHAI)
    return heard(talk.later(seconds=(then - talk.now).total_seconds()))


def digests(said: dict[str, list[str]]) -> dict[str, list[str]]:
    return {who: found for who, texts in said.items() if (found := [t for t in texts if t.startswith(HELLO)])}


def test_everybody_with_something_to_do_gets_one(talk: Talk) -> None:
    """The water is due this morning, the rubbish tonight, both in the same hands; a resident hears nothing."""
    rubbish, water = accepted(talk), report(talk, NO_WATER)
    private(talk, MEMBER, f"接 {water}")
    heard(talk)
    assert digests(at(talk, 8, "08:59")) == {}
    assert digests(at(talk, 8, "09:00")) == {
        MEMBER: [
            f"早上好，您今天待办 2 件，超期 0，24小时内到期 2。\n快到期：\n"
            f"{water} 3号楼 供水排水，9月8日10:00前\n{rubbish} 3号楼 环境卫生，9月8日18:00前"
        ]
    }
    assert digests(at(talk, 8, "09:01")) == digests(at(talk, 8, "11:59")) == {}


def test_what_is_overdue_comes_first(sqlite_talk: Talk) -> None:
    number = accepted(sqlite_talk)
    at(sqlite_talk, 8, "18:00")
    fresh = report(sqlite_talk, "3号楼门禁坏了谁都能进")
    private(sqlite_talk, MEMBER, f"接 {fresh}")
    text = digests(at(sqlite_talk, 9, "09:00"))[MEMBER][0]
    assert "超期 1" in text
    assert text.index("已超期") < text.index(str(number)) < text.index(str(fresh))


def test_a_returned_case_waits_for_a_leader(sqlite_talk: Talk) -> None:
    number = accepted(sqlite_talk)
    private(sqlite_talk, MEMBER, f"退 {number} 不归我")
    told = digests(at(sqlite_talk, 8, "09:00"))
    assert list(told) == [LEADER]
    assert str(number) in told[LEADER][0]


@pytest.mark.parametrize("scene", [resolved, None])
def test_who_has_nothing_to_do_gets_none(sqlite_talk: Talk, scene: object) -> None:
    if scene is not None:
        resolved(sqlite_talk)
    assert digests(at(sqlite_talk, 8, "09:00")) == {}


def test_none_on_a_free_day_and_one_on_a_working_saturday(sqlite_talk: Talk) -> None:
    """12 September 2026 is a Saturday, 20 September the working Sunday before the National Day."""
    report(sqlite_talk)
    assert digests(at(sqlite_talk, 12, "09:00")) == {}
    assert digests(at(sqlite_talk, 20, "09:00")) != {}


def test_the_office_may_declare_a_day_free(sqlite_talk: Talk) -> None:
    report(sqlite_talk)
    with sqlite_talk.bot.database.writing() as session:
        session.add(CalendarOverride(day=dt.date(2026, 9, 8), kind=DayKind.HOLIDAY, source="街道通知"))
        session.commit()
    sqlite_talk.bot.directory.reload()
    assert digests(at(sqlite_talk, 8, "09:00")) == {}


def test_a_morning_that_was_missed_is_skipped(sqlite_talk: Talk) -> None:
    report(sqlite_talk)
    assert digests(at(sqlite_talk, 8, "12:00")) == digests(at(sqlite_talk, 8, "12:01")) == {}
    assert "digest:2026-09-08" in [claim.key for claim in sqlite_talk.rows(Claim)]
    assert digests(at(sqlite_talk, 9, "11:59")) != {}


def test_it_takes_the_place_of_the_reminders_it_contains(sqlite_talk: Talk) -> None:
    """Due on Tuesday at 10:00, the reminder of the night waits until 09:00 at the latest: there is one message."""
    report(sqlite_talk)
    heard(sqlite_talk)
    told = at(sqlite_talk, 8, "10:00")
    assert [text[:3] for text in told[COLLEAGUE]] == [HELLO]


def test_an_emergency_is_said_apart_even_then(sqlite_talk: Talk) -> None:
    sqlite_talk.now = dt.datetime(2026, 9, 8, 8, 58, tzinfo=SHANGHAI).astimezone(dt.UTC)
    number = report(sqlite_talk, STUCK)
    heard(sqlite_talk)
    told = at(sqlite_talk, 8, "09:03")
    assert any(text.startswith("【黄色·社区】") and str(number) in text for text in told[HEAD])


def test_replayed_cases_are_nobodys_work(sqlite_talk: Talk) -> None:
    bot = sqlite_talk.bot
    sqlite_talk.bot = quiet(bot, source=Source.REPLAY)
    sqlite_talk.say(RESIDENT, RUBBISH)
    sqlite_talk.bot = bot
    assert digests(at(sqlite_talk, 8, "09:00")) == {}


def test_a_phone_shows_a_dozen_lines_and_says_what_is_left_out() -> None:
    lines = {"overdue": [f"超{i}" for i in range(10)], "soon": [f"快{i}" for i in range(10)], "rest": ["缓"]}
    text = staff_replies.digest({why: len(found) for why, found in lines.items()}, lines)
    assert text.splitlines()[0] == "早上好，您今天待办 21 件，超期 10，24小时内到期 10。"
    assert text.splitlines()[-3:] == ["快0", "快1", "还有 9 件，回「我的待办」看全部。"]


def test_two_replicas_say_it_once(postgresql_talk: Talk) -> None:
    report(postgresql_talk)
    postgresql_talk.now = dt.datetime(2026, 9, 8, 9, 0, tzinfo=SHANGHAI).astimezone(dt.UTC)
    database = postgresql_talk.bot.database
    with database.writing() as first:
        assert send_digests(postgresql_talk.context(first))
        first.commit()
    with database.writing() as second:
        assert not send_digests(postgresql_talk.context(second))


def test_what_the_bot_was_unsure_of_is_told_to_who_leads(talk: Talk) -> None:
    """A guess nobody decided on, and talk that went by unseen; the grid member is told only of their own work."""
    number = accepted(talk)
    _unsure(talk, number)
    said = digests(at(talk, 8, "09:00"))
    assert set(said) == {MEMBER, LEADER}
    assert said[LEADER] == [
        "早上好，您今天待办 0 件，超期 0，24小时内到期 0。"
        "\n1 件的类别或地点拿不准，请到后台「待人工处理」定一下。"
        "\n昨天以来群里有 1 句话像是上报又拿不准，没人看就过期了。"
    ]
    assert "拿不准" not in said[MEMBER][0]


def _unsure(talk: Talk, number: int) -> None:
    """As if the model had been less sure of the case, and of one line of talk behind it."""
    with talk.bot.database.writing() as session:
        case = session.get_one(Case, number - FIRST_NUMBER)
        case.confidence = case.confidence | {"category": 0.1}
        session.add(case)
        session.commit()
    talk.say("r009", "今天天气不错", group="g001")
    with talk.bot.database.writing() as session:
        message = session.exec(select(Message).order_by(col(Message.id).desc())).first()
        assert message is not None
        message.outcome = Outcome.CANDIDATE
        message.received_at = talk.now + dt.timedelta(hours=12)
        session.add(message)
        session.commit()
