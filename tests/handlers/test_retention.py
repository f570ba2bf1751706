"""What is deleted on time, and what stays."""

import datetime as dt

from data.models import ChatterCount, DisciplineConsent, Media, Message, PendingMessage
from handlers import retention
from handlers.message import Reach
from tests.handlers.scenes import ACCUSATION, NEIGHBOUR, RESIDENT, RUBBISH, private, report, stored
from tests.talking import Talk


def purge_after(talk: Talk, **duration: float) -> int:
    talk.now += dt.timedelta(**duration)
    return talk.bot.purge(talk.now)


def test_talk_and_photos_that_wait_are_gone_after_a_quarter_of_an_hour(sqlite_talk: Talk) -> None:
    sqlite_talk.say(RESIDENT, media=("photo",))
    assert purge_after(sqlite_talk, minutes=14) == 0
    assert purge_after(sqlite_talk, minutes=1) == 1
    sqlite_talk.bot.tidy_photos(sqlite_talk.now)
    assert sqlite_talk.rows(PendingMessage) == sqlite_talk.rows(Media) == []


def test_photos_of_a_case_stay(sqlite_talk: Talk) -> None:
    sqlite_talk.say(RESIDENT, RUBBISH, media=("photo",))
    purge_after(sqlite_talk, days=400)
    sqlite_talk.bot.tidy_photos(sqlite_talk.now)
    assert [media.reference for media in sqlite_talk.rows(Media)] == ["photo"]


def test_of_ignored_talk_a_count_by_day_and_group_remains(talk: Talk) -> None:
    """14 hours after Monday 10:00 it is Tuesday in Shanghai."""
    for who, group in [(RESIDENT, "g001"), (NEIGHBOUR, "g001"), (RESIDENT, "g002")]:
        talk.say(who, "今天天气不错", group)
    talk.now += dt.timedelta(hours=14)
    talk.say(RESIDENT, "晚安")
    assert purge_after(talk, hours=9, minutes=59) == 0
    assert purge_after(talk, minutes=1) == 3
    assert len(talk.rows(Message)) == 1
    assert purge_after(talk, hours=14) == 1
    counts = {(str(count.day), count.group_id): count.messages for count in talk.rows(ChatterCount)}
    assert counts == {("2026-09-07", 1): 2, ("2026-09-07", 2): 1, ("2026-09-08", 1): 1}


def test_counts_of_one_day_add_up_over_several_runs(sqlite_talk: Talk) -> None:
    for _ in range(3):
        sqlite_talk.say(RESIDENT, "今天天气不错")
        sqlite_talk.now += dt.timedelta(hours=1)
    sqlite_talk.now += dt.timedelta(hours=21)
    for _ in range(3):
        sqlite_talk.bot.purge(sqlite_talk.now)
        sqlite_talk.now += dt.timedelta(hours=1)
    assert [count.messages for count in sqlite_talk.rows(ChatterCount)] == [3]


def test_words_of_ignored_talk_are_never_stored(sqlite_talk: Talk) -> None:
    sqlite_talk.say(RESIDENT, "今天天气不错")
    assert "天气" not in stored(sqlite_talk)


def test_messages_of_cases_and_orders_stay(sqlite_talk: Talk) -> None:
    number = report(sqlite_talk)
    private(sqlite_talk, RESIDENT, f"查 {number}")
    private(sqlite_talk, RESIDENT, "帮助")
    purge_after(sqlite_talk, days=400)
    assert len(sqlite_talk.rows(Message)) == 3


def test_questions_for_consent_go_after_their_day_and_used_ones_stay(sqlite_talk: Talk) -> None:
    sqlite_talk.say(RESIDENT, ACCUSATION)
    sqlite_talk.say(NEIGHBOUR, ACCUSATION)
    private(sqlite_talk, NEIGHBOUR, "同意,去年三月的事")
    assert purge_after(sqlite_talk, hours=23) == 0
    assert purge_after(sqlite_talk, hours=1) == 2  # the question nobody answered, and the message of the yes
    assert [consent.state for consent in sqlite_talk.rows(DisciplineConsent)] == ["used"]


def test_that_somebody_accused_somebody_is_forgotten_after_a_day(talk: Talk) -> None:
    talk.channel.reaches[RESIDENT] = Reach.NONE
    talk.say(RESIDENT, ACCUSATION)
    talk.say(RESIDENT, "补助到底给了谁家亲戚")
    talk.say(NEIGHBOUR, ACCUSATION)
    private(talk, NEIGHBOUR, "同意，去年三月的事")
    report(talk)
    assert purge_after(talk, hours=24) == 3  # two of the resident, and the yes, which is known by its consent
    assert sorted(message.outcome for message in talk.rows(Message)) == ["discipline", "registered"]


def test_a_lot_is_never_larger_than_asked_and_the_rest_follows(sqlite_talk: Talk) -> None:
    for _ in range(5):
        sqlite_talk.say(RESIDENT, "今天天气不错")
    sqlite_talk.now += dt.timedelta(days=2)
    with sqlite_talk.bot.database.writing() as session:
        assert [retention.purge(sqlite_talk.context(session), limit=2) for _ in range(4)] == [2, 2, 1, 0]
