"""What handlers want done about messages after they were sent: cards settled, words of sealed cases called back."""

import datetime as dt

import pytest
from sqlmodel import col, select

from data.models import Afterwards, OutboxMessage, OutboxStatus
from handlers import staff_replies
from handlers.cases.discipline import SEALED_WORDS
from handlers.local_time import SHANGHAI
from tests.handlers.scenes import (
    COLLEAGUE,
    FIRST,
    HEAD,
    LEADER,
    MEMBER,
    RESIDENT,
    STUCK,
    heard,
    private,
    report,
)
from tests.sent_messages import changing, without_roster
from tests.talking import Talk

NIGHT = dt.datetime(2026, 9, 7, 23, 0, tzinfo=SHANGHAI).astimezone(dt.UTC)
MORNING = dt.datetime(2026, 9, 8, 7, 0, tzinfo=SHANGHAI).astimezone(dt.UTC)


def _settled(talk: Talk) -> list[tuple[str, str]]:
    """Whose cards are to be settled, and with which words."""
    with talk.bot.database.reading() as session:
        statement = select(OutboxMessage).where(OutboxMessage.afterwards == Afterwards.SETTLE)
        rows = session.exec(statement.order_by(col(OutboxMessage.id))).all()
    return [(row.account_platform_id or "", row.card_words) for row in rows]


def _rows(talk: Talk, to: str) -> list[OutboxMessage]:
    return [row for row in talk.rows(OutboxMessage) if row.account_platform_id == to]


@pytest.fixture(autouse=True)
def _cards(request: pytest.FixtureRequest) -> None:
    """Every test runs on a channel with cards, and both members of the grid are offered everything."""
    name = "talk" if "talk" in request.fixturenames else "sqlite_talk"
    talk = request.getfixturevalue(name)
    changing(talk)
    without_roster(talk)


def test_the_cards_of_the_others_are_settled_when_somebody_accepts(talk: Talk) -> None:
    report(talk)
    assert sorted(who for who in heard(talk) if who in (MEMBER, COLLEAGUE)) == sorted([MEMBER, COLLEAGUE])
    private(talk, COLLEAGUE, f"接 {FIRST}")
    assert _settled(talk) == [(MEMBER, "已由他人接单")]


def test_a_card_of_another_case_keeps_its_buttons(sqlite_talk: Talk) -> None:
    report(sqlite_talk)
    second = report(sqlite_talk, STUCK)
    heard(sqlite_talk)
    private(sqlite_talk, COLLEAGUE, f"接 {second}")
    [settled] = [row for row in _rows(sqlite_talk, MEMBER) if row.afterwards]
    assert str(second) in settled.text


def test_all_cards_are_settled_when_the_task_is_taken_back(talk: Talk) -> None:
    report(talk)
    heard(talk)
    private(talk, RESIDENT, f"撤回 {FIRST}")
    assert sorted(_settled(talk)) == sorted([(MEMBER, "已收回"), (COLLEAGUE, "已收回")])


@pytest.mark.parametrize(("order", "words"), [("办结 {} 已清理", "已办结"), ("退 {} 不属于本网格", "已退回")])
def test_the_words_say_how_the_task_ended(sqlite_talk: Talk, order: str, words: str) -> None:
    report(sqlite_talk)
    heard(sqlite_talk)
    private(sqlite_talk, COLLEAGUE, f"接 {FIRST}")
    private(sqlite_talk, COLLEAGUE, order.format(FIRST))
    assert _settled(sqlite_talk)[-1] == (COLLEAGUE, words)
    assert (MEMBER, "已由他人接单") in _settled(sqlite_talk)


def test_a_new_offer_keeps_its_buttons_while_the_old_one_is_settled(sqlite_talk: Talk) -> None:
    report(sqlite_talk)
    heard(sqlite_talk)
    private(sqlite_talk, LEADER, f"派 {FIRST} 赵海涛")
    assert sorted(_settled(sqlite_talk)) == sorted([(MEMBER, "已收回"), (COLLEAGUE, "已收回")])
    assert [row.status for row in _rows(sqlite_talk, MEMBER) if row.orders and not row.afterwards] == [
        OutboxStatus.QUEUED
    ]


def test_an_offer_that_still_waits_is_not_sent_any_more(talk: Talk) -> None:
    talk.now = NIGHT
    report(talk)
    private(talk, COLLEAGUE, f"接 {FIRST}")
    talk.now = MORNING
    assert MEMBER not in heard(talk)
    assert _settled(talk) == []


def test_other_words_that_wait_are_sent(sqlite_talk: Talk) -> None:
    sqlite_talk.now = NIGHT
    report(sqlite_talk)
    private(sqlite_talk, RESIDENT, f"补充 {FIRST} 还有旧沙发")
    private(sqlite_talk, COLLEAGUE, f"接 {FIRST}")
    sqlite_talk.now = MORNING
    [supplement] = heard(sqlite_talk)[MEMBER]
    assert "旧沙发" in supplement


def test_an_answer_that_waits_is_sent_and_its_card_settled(sqlite_talk: Talk) -> None:
    report(sqlite_talk)
    heard(sqlite_talk)
    pressed = sqlite_talk.message(MEMBER, f"接 {FIRST}", None)
    sqlite_talk.bot.inbox.receive(pressed, sqlite_talk.now, passive=False)
    private(sqlite_talk, RESIDENT, f"撤回 {FIRST}")
    answer, _over = heard(sqlite_talk)[MEMBER]
    assert answer.startswith(f"已接单 {FIRST}")
    assert _settled(sqlite_talk)[-1] == (MEMBER, "已收回")


def test_an_offer_that_may_have_arrived_is_sent_and_settled(sqlite_talk: Talk) -> None:
    """A platform that dropped the second one still tells by which code its card is changed."""
    report(sqlite_talk)
    with sqlite_talk.bot.database.writing() as session:
        for row in session.exec(select(OutboxMessage).where(OutboxMessage.account_platform_id == MEMBER)).all():
            row.attempts = 1
        session.commit()
    private(sqlite_talk, COLLEAGUE, f"接 {FIRST}")
    assert _settled(sqlite_talk) == [(MEMBER, "已由他人接单")]
    assert MEMBER in heard(sqlite_talk)


def test_what_has_no_card_is_left_alone(sqlite_talk: Talk) -> None:
    """A text is sent where the platform has no buttons; nothing of it could be pressed."""
    report(sqlite_talk)
    heard(sqlite_talk)
    with sqlite_talk.bot.database.writing() as session:
        for row in session.exec(select(OutboxMessage)).all():
            row.response_code = None
        session.commit()
    private(sqlite_talk, COLLEAGUE, f"接 {FIRST}")
    assert _settled(sqlite_talk) == []


def test_a_sealed_case_is_called_back_from_everybodys_chat(talk: Talk) -> None:
    report(talk)
    heard(talk)
    private(talk, RESIDENT, f"补充 {FIRST} 清洁费年年涨")
    heard(talk)
    private(talk, HEAD, f"转纪检 {FIRST}")
    for member in (MEMBER, COLLEAGUE):
        offer, supplement, over = _rows(talk, member)
        assert (offer.text, offer.afterwards) == (SEALED_WORDS, Afterwards.RECALL)
        assert (supplement.text, supplement.afterwards) == (SEALED_WORDS, Afterwards.RECALL)
        assert (over.text, over.afterwards) == (staff_replies.task_over(FIRST), None)


def test_an_answer_sent_as_a_message_is_called_back_and_one_in_a_response_is_deleted(sqlite_talk: Talk) -> None:
    report(sqlite_talk)
    heard(sqlite_talk)
    pressed = sqlite_talk.message(MEMBER, f"接 {FIRST}", None)
    sqlite_talk.bot.inbox.receive(pressed, sqlite_talk.now, passive=False)
    heard(sqlite_talk)
    private(sqlite_talk, MEMBER, f"查 {FIRST}")
    before = len(_rows(sqlite_talk, MEMBER))
    private(sqlite_talk, HEAD, f"转纪检 {FIRST}")
    assert [row.afterwards for row in _rows(sqlite_talk, MEMBER)] == [Afterwards.RECALL, Afterwards.RECALL, None]
    assert before == 3  # offer, answer, what rode in the response; the last is replaced by word that it is over


def test_what_never_arrived_is_deleted(sqlite_talk: Talk) -> None:
    report(sqlite_talk)
    heard(sqlite_talk)
    with sqlite_talk.bot.database.writing() as session:
        for row in session.exec(select(OutboxMessage).where(OutboxMessage.account_platform_id == MEMBER)).all():
            row.status = OutboxStatus.DEAD
        session.commit()
    private(sqlite_talk, HEAD, f"转纪检 {FIRST}")
    assert [row.text for row in _rows(sqlite_talk, MEMBER)] == [staff_replies.task_over(FIRST)]


def test_a_card_that_waits_to_be_settled_is_recalled_instead(sqlite_talk: Talk) -> None:
    report(sqlite_talk)
    heard(sqlite_talk)
    private(sqlite_talk, COLLEAGUE, f"接 {FIRST}")
    assert _settled(sqlite_talk) == [(MEMBER, "已由他人接单")]
    private(sqlite_talk, HEAD, f"转纪检 {FIRST}")
    assert _settled(sqlite_talk) == []
    assert _rows(sqlite_talk, MEMBER)[0].afterwards is Afterwards.RECALL


def test_lines_in_the_group_stay_because_they_hold_no_words(sqlite_talk: Talk) -> None:
    report(sqlite_talk)
    private(sqlite_talk, MEMBER, f"接 {FIRST}")
    heard(sqlite_talk)
    private(sqlite_talk, HEAD, f"转纪检 {FIRST}")
    groups = [row for row in sqlite_talk.rows(OutboxMessage) if row.group_platform_id]
    assert {row.afterwards for row in groups} <= {None}
