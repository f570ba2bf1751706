"""The same photo in the same group is a reason to look at two cases together, whatever their words."""

import datetime as dt

import pytest
from sqlmodel import col, update

from data.models import Case, CaseStatus, Media
from handlers.cases.duplicates import Candidate, candidates
from handlers.cases.likeness import MOST_BITS_APART
from tests.handlers.scenes import FIRST, LEADER, RESIDENT
from tests.talking import Talk

SEEN = 0x0123456789ABCDEF
LAMP, RUBBISH = "3号楼2单元楼道灯坏了三天了", "垃圾成堆没人清理"


def shown(talk: Talk, who: str, words: str, dhash: int | None, group: str | None = "g001") -> None:
    """A report with a photo that looks so; fetching is another story."""
    photo = f"/media/{who}{len(talk.rows(Media))}.jpg"
    talk.say(who, words, group, media=(photo,))
    with talk.bot.database.writing() as session:
        looks = None if dhash is None else f"{dhash:016x}"
        session.execute(update(Media).where(col(Media.reference) == photo).values(dhash=looks))
        session.commit()


def found(talk: Talk, number: int = FIRST) -> list[Candidate]:
    with talk.bot.database.reading() as session:
        return candidates(talk.context(session, LEADER), session.get_one(Case, number - 1000))


def pair(talk: Talk, other: int | None, *, words: str = RUBBISH, group: str | None = "g001") -> list[Candidate]:
    shown(talk, RESIDENT, LAMP, SEEN)
    talk.now += dt.timedelta(hours=2)
    shown(talk, "r002", words, other, group)
    return found(talk)


def apart(bits: int) -> int:
    return SEEN ^ (2**bits - 1) << 20


@pytest.mark.parametrize("bits", [0, 1, MOST_BITS_APART])
def test_nearly_the_same_photo_is_the_reason_that_is_stated(talk: Talk, bits: int) -> None:
    (one,) = pair(talk, apart(bits))
    assert one.number == FIRST + 1
    assert one.why == "同一个群，相隔2小时，照片几乎一样"
    assert [case.number for case in found(talk, FIRST + 1)] == [FIRST]


def test_beside_the_words_it_strengthens(sqlite_talk: Talk) -> None:
    (one,) = pair(sqlite_talk, SEEN, words=LAMP)
    assert one.why.startswith("同一栋楼、同一类别，相隔2小时，照片几乎一样，都说到「")
    assert one.score == 1.0


@pytest.mark.parametrize("other", [apart(MOST_BITS_APART + 1), SEEN ^ (2**64 - 1), None])
def test_another_photo_says_nothing(sqlite_talk: Talk, other: int | None) -> None:
    assert pair(sqlite_talk, other) == []


def test_a_photo_of_another_group_or_of_private_talk_says_nothing(sqlite_talk: Talk) -> None:
    assert pair(sqlite_talk, SEEN, words="13号楼" + RUBBISH, group="g002") == []
    shown(sqlite_talk, "r003", RUBBISH, SEEN, None)
    assert [found(sqlite_talk, number) for number in (FIRST, FIRST + 2)] == [[], []]


def test_only_open_cases_within_the_window(sqlite_talk: Talk) -> None:
    talk = sqlite_talk
    assert len(pair(talk, SEEN)) == 1
    for values in ({"status": CaseStatus.CLOSED}, {"received_at": talk.now + dt.timedelta(hours=71)}):
        with talk.bot.database.writing() as session:
            session.execute(update(Case).where(col(Case.id) == 2).values(status=CaseStatus.DISPATCHED))
            session.execute(update(Case).where(col(Case.id) == 2).values(**values))
            session.commit()
        assert found(talk) == []
