"""同意 and 不同意 in whatever words, and what is sealed after a yes: the whole story, and never a call for help."""

import datetime as dt

import pytest

from data.models import Case, ConsentState, DisciplineConsent, PendingMessage, Person, SealedMatter
from handlers import replies
from handlers.cases import discipline
from tests.handlers.scenes import (
    ACCUSATION,
    FIRST,
    MEMBER,
    NEIGHBOUR,
    READER,
    RESIDENT,
    STORY,
    heard,
    no_reader,
    private,
    sealed,
    stored,
)
from tests.talking import Talk

FIRE = "清荷家园3号楼着火了，快来人"


@pytest.mark.parametrize("order", ["同意", "不同意"])
def test_a_yes_or_no_that_nobody_asked_for(sqlite_talk: Talk, order: str) -> None:
    assert private(sqlite_talk, RESIDENT, order) == replies.NOTHING_TO_CONSENT
    sqlite_talk.say(RESIDENT, ACCUSATION)
    assert sqlite_talk.say(RESIDENT, order, at=True) is None  # in the group it says nothing, and does nothing
    assert private(sqlite_talk, NEIGHBOUR, order) == replies.NOTHING_TO_CONSENT
    assert sqlite_talk.rows(DisciplineConsent)[0].state is ConsentState.ASKED


def test_a_no_ends_it(sqlite_talk: Talk) -> None:
    sqlite_talk.say(RESIDENT, ACCUSATION)
    assert private(sqlite_talk, RESIDENT, "不同意") == replies.DISCIPLINE_REFUSED
    assert private(sqlite_talk, RESIDENT, "同意") == replies.NOTHING_TO_CONSENT
    assert sqlite_talk.rows(SealedMatter) == []


@pytest.mark.parametrize("said", [["同意"], ["同意", STORY]])
def test_question_and_consent_run_out_after_a_day(sqlite_talk: Talk, said: list[str]) -> None:
    sqlite_talk.say(RESIDENT, ACCUSATION)
    for words in said[:-1]:
        private(sqlite_talk, RESIDENT, words)
    sqlite_talk.later(hours=24)
    private(sqlite_talk, RESIDENT, said[-1])
    assert sqlite_talk.rows(SealedMatter) == []


@pytest.mark.parametrize("said", ["同意", f"同意，{STORY}"])
def test_without_a_reader_in_post_nothing_is_stored(sqlite_talk: Talk, said: str) -> None:
    no_reader(sqlite_talk)
    sqlite_talk.say(RESIDENT, ACCUSATION)
    assert private(sqlite_talk, RESIDENT, said) == replies.DISCIPLINE_NO_READER
    assert STORY not in stored(sqlite_talk)
    assert f"编号 {FIRST}" in private(sqlite_talk, RESIDENT, "清荷家园3号楼2单元停水了")


def test_when_the_reader_leaves_between_the_yes_and_the_words(sqlite_talk: Talk) -> None:
    sqlite_talk.say(RESIDENT, ACCUSATION)
    private(sqlite_talk, RESIDENT, "同意")
    no_reader(sqlite_talk)
    assert private(sqlite_talk, RESIDENT, STORY) == replies.DISCIPLINE_NO_READER
    assert "119" in private(sqlite_talk, RESIDENT, FIRE)


def test_more_words_are_sealed_with_the_first(talk: Talk) -> None:
    """People begin by saying what they are about to say, and the story comes in several lines."""
    talk.say(RESIDENT, ACCUSATION)
    private(talk, RESIDENT, "同意")
    lines = [
        "我要说的是我们社区主任的事",
        "他去年把修3号楼的工程包给了自己小舅子，楼顶到现在还漏水",
        "3号楼好多人都知道这件事，没人敢说",
        "我们3号楼的低保都被他卡了",
    ]
    answers = []
    for line in lines:
        answers.append(private(talk, RESIDENT, line))
        talk.now += dt.timedelta(minutes=20)
    assert (
        answers
        == [replies.DISCIPLINE_SEALED.format(number="J0001")] + [replies.DISCIPLINE_ADDED.format(number="J0001")] * 3
    )
    (matter,) = talk.rows(SealedMatter)
    assert matter.text == "\n".join(lines)
    assert talk.rows(Case) == talk.rows(PendingMessage) == []
    assert [line for line in lines if line in stored(talk, without="sealed_matters")] == []
    assert len(heard(talk)[READER]) == 1


@pytest.mark.parametrize("end", ["说完了", "算了。", "不同意", None])
def test_after_the_last_words_ordinary_reports_are_cases_again(sqlite_talk: Talk, end: str | None) -> None:
    sealed(sqlite_talk)
    if end is None:
        sqlite_talk.now += dt.timedelta(minutes=discipline.MORE_MINUTES)
    else:
        assert private(sqlite_talk, RESIDENT, end) == replies.DISCIPLINE_ENDED
    assert f"编号 {FIRST}" in private(sqlite_talk, RESIDENT, "清荷家园3号楼2单元停水了")
    assert sqlite_talk.rows(SealedMatter)[0].text == STORY


def test_what_comes_after_the_hand_over_is_a_matter_of_its_own(sqlite_talk: Talk) -> None:
    sealed(sqlite_talk)
    with sqlite_talk.bot.database.writing() as session:
        discipline.hand_over(sqlite_talk.context(session), session.get_one(Person, 84), 1)
        session.commit()
    assert "J0002" in private(sqlite_talk, RESIDENT, "还有他小舅子")


def test_a_reader_who_has_looked_is_told_of_more_words(sqlite_talk: Talk) -> None:
    sealed(sqlite_talk)
    with sqlite_talk.bot.database.writing() as session:
        discipline.matters_for(sqlite_talk.context(session), session.get_one(Person, 84))
        session.commit()
    heard(sqlite_talk)
    private(sqlite_talk, RESIDENT, "还有他小舅子")
    assert heard(sqlite_talk) == {READER: [replies.DISCIPLINE_READ_AGAIN.format(number="J0001")]}


def test_the_words_of_two_people_are_two_matters(sqlite_talk: Talk) -> None:
    sealed(sqlite_talk)
    private(sqlite_talk, NEIGHBOUR, ACCUSATION)
    assert "J0002" in private(sqlite_talk, NEIGHBOUR, f"同意，{STORY}")
    assert "J0001" in private(sqlite_talk, RESIDENT, "还有他小舅子")


@pytest.mark.parametrize("before", [["同意"], ["同意", STORY]])
def test_danger_is_never_sealed_away(sqlite_talk: Talk, before: list[str]) -> None:
    sqlite_talk.say(RESIDENT, ACCUSATION)
    for words in before:
        private(sqlite_talk, RESIDENT, words)
    assert "119" in private(sqlite_talk, RESIDENT, FIRE)
    assert len(sqlite_talk.rows(Case)) == 1
    assert MEMBER in heard(sqlite_talk)


@pytest.mark.parametrize("yes", ["我同意", "好的，同意", "“同意”", "同意转交", "嗯 我同意。"])
def test_other_words_for_yes(sqlite_talk: Talk, yes: str) -> None:
    sqlite_talk.say(RESIDENT, ACCUSATION)
    assert private(sqlite_talk, RESIDENT, yes) == replies.DISCIPLINE_TELL_US


def test_words_after_another_yes_are_sealed_at_once(sqlite_talk: Talk) -> None:
    sqlite_talk.say(RESIDENT, ACCUSATION)
    assert "J0001" in private(sqlite_talk, RESIDENT, f"我同意转交，{STORY}")
    assert sqlite_talk.rows(SealedMatter)[0].text == STORY


@pytest.mark.parametrize("said", ["同意什么呀", "同意书记他把低保给了亲戚", "我同意楼上说的"])
def test_what_only_begins_like_a_yes_is_none(sqlite_talk: Talk, said: str) -> None:
    sqlite_talk.say(RESIDENT, ACCUSATION)
    private(sqlite_talk, RESIDENT, said)
    assert [consent.state for consent in sqlite_talk.rows(DisciplineConsent)] == [ConsentState.ASKED]


@pytest.mark.parametrize("no", ["算了", "不同意", "我不同意", "算了，不同意"])
def test_a_no_after_the_yes_ends_it_too(sqlite_talk: Talk, no: str) -> None:
    sqlite_talk.say(RESIDENT, ACCUSATION)
    private(sqlite_talk, RESIDENT, "同意")
    assert private(sqlite_talk, RESIDENT, no) == replies.DISCIPLINE_REFUSED
    assert sqlite_talk.rows(SealedMatter) == []
    assert f"编号 {FIRST}" in private(sqlite_talk, RESIDENT, "清荷家园3号楼2单元停水了")
