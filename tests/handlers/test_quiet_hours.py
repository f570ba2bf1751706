"""At night people are left in peace; an emergency and an answer to who just wrote are not held."""

import datetime as dt

import pytest
from sqlmodel import select

from data.models import ChatGroup, OutboxMessage
from handlers import notices
from handlers.local_time import SHANGHAI
from handlers.message import Reach
from tests.handlers.scenes import COLLEAGUE, MEMBER, NO_WATER, RESIDENT, RUBBISH, STUCK, heard, private, report
from tests.talking import RecordingChannel, Talk

NIGHT = dt.datetime(2026, 9, 7, 23, 30, tzinfo=SHANGHAI).astimezone(dt.UTC)
MORNING = dt.datetime(2026, 9, 8, 7, 0, tzinfo=SHANGHAI).astimezone(dt.UTC)


@pytest.mark.parametrize(
    ("time", "until"),
    [
        ("09-07 21:59", None),
        ("09-07 22:00", "09-08 07:00"),
        ("09-07 23:59", "09-08 07:00"),
        ("09-08 00:00", "09-08 07:00"),
        ("09-08 06:59", "09-08 07:00"),
        ("09-08 07:00", None),
        ("12-31 23:00", "01-01 07:00"),
    ],
)
def test_when_it_is_quiet(time: str, until: str | None) -> None:
    moment = dt.datetime.strptime(f"2026-{time} +0800", "%Y-%m-%d %H:%M %z")
    found = notices.quiet_until(moment.astimezone(dt.UTC))
    assert (found and f"{found.astimezone(SHANGHAI):%m-%d %H:%M}") == until


def test_an_ordinary_task_is_offered_in_the_morning(talk: Talk) -> None:
    talk.now = NIGHT
    report(talk, RUBBISH)
    assert heard(talk) == {}
    talk.now = MORNING - dt.timedelta(seconds=1)
    assert heard(talk) == {}
    talk.now = MORNING
    assert [text.count("1001") > 0 for texts in heard(talk).values() for text in texts]


def test_an_emergency_wakes_them_and_overtakes_what_waits(talk: Talk) -> None:
    talk.now = NIGHT
    report(talk, NO_WATER)
    report(talk, STUCK)
    at_night = heard(talk)
    assert at_night
    assert all("1002" in text for texts in at_night.values() for text in texts)
    talk.now = MORNING
    assert any("1001" in text for texts in heard(talk).values() for text in texts)


def test_by_day_nothing_is_held(sqlite_talk: Talk) -> None:
    report(sqlite_talk, RUBBISH)
    assert heard(sqlite_talk)
    assert {row.quiet_until for row in sqlite_talk.rows(OutboxMessage)} == {None}


def test_a_resident_hears_of_it_in_the_morning(sqlite_talk: Talk) -> None:
    talk = sqlite_talk
    report(talk, RUBBISH)
    private(talk, MEMBER, "接 1001")
    talk.deliver()
    talk.now = NIGHT
    private(talk, MEMBER, "办结 1001 已清理")
    assert heard(talk) == {}
    talk.now = MORNING
    assert list(heard(talk)) == [RESIDENT]


def test_who_just_wrote_is_answered(sqlite_talk: Talk) -> None:
    talk = sqlite_talk
    report(talk, RUBBISH)
    talk.deliver()
    talk.now = NIGHT
    talk.say(RESIDENT, "我的上报", "g001", at=True)
    talk.say(COLLEAGUE, "我的待办", "g001", at=True)
    assert sorted(heard(talk)) == sorted([RESIDENT, COLLEAGUE])


def test_what_has_its_own_hours_is_not_held(sqlite_talk: Talk) -> None:
    talk = sqlite_talk
    talk.now = NIGHT
    with talk.bot.database.writing() as session:
        context = talk.context(session)
        person = next(iter(context.directory.staff_accounts))
        notices.tell_people(context, [person], "早些休息", at_once=True)
        session.commit()
    assert [sent.text for sent in talk.deliver()] == ["早些休息"]


class Webhook(RecordingChannel):
    """Reaches groups only."""

    def reach(self, account: str) -> Reach:
        return Reach.GROUP_ONLY


def _told_in_group(talk: Talk, key: str | None) -> list[tuple[str, str | None]]:
    with talk.bot.database.writing() as session:
        group = session.exec(select(ChatGroup).where(ChatGroup.platform_id == "g001")).one()
        group.webhook_key = key
        session.flush()
        notices.tell_group(talk.context(session), group.id, "周六义工服务日")
        session.commit()
    return [(row.channel, row.group_platform_id) for row in talk.rows(OutboxMessage)][-1:]


def test_a_group_with_a_webhook_is_told_through_it(sqlite_talk: Talk) -> None:
    webhook = Webhook(name="wecom_webhook")
    sqlite_talk.bot.channels["wecom_webhook"] = webhook
    try:
        assert _told_in_group(sqlite_talk, "secret-key") == [("wecom_webhook", "g001")]
        assert _told_in_group(sqlite_talk, None) == [("console", "g001")]
        sqlite_talk.deliver()
    finally:
        del sqlite_talk.bot.channels["wecom_webhook"]
    assert [(sent.group, sent.text) for sent in webhook.sent] == [("g001", "周六义工服务日")]


def test_a_webhook_that_is_switched_off_is_not_used(sqlite_talk: Talk) -> None:
    assert _told_in_group(sqlite_talk, "secret-key") == [("console", "g001")]
