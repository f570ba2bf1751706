"""By which way somebody is told, and how often."""

from sqlmodel import select

from data.models import Account, OutboxMessage
from handlers import notices
from handlers.message import Reach
from tests.talking import Talk

FIRST, SECOND = "zhao.haitao", "zhao.on.the.robot"


def _known_twice(talk: Talk) -> int:
    """The grid member has an account on the robot too; returns who that is."""
    with talk.bot.database.writing() as session:
        person = session.exec(select(Account.person_id).where(Account.platform_id == FIRST)).one()
        assert person is not None
        session.add(Account(channel="wecom_robot", platform_id=SECOND, person_id=person))
        session.commit()
    talk.bot.directory.reload()
    return person


def _told(talk: Talk, person: int) -> list[str | None]:
    with talk.bot.database.writing() as session:
        assert notices.tell_people(talk.context(session), [person], "早上好")
        session.commit()
    return [row.account_platform_id for row in talk.rows(OutboxMessage)]


def test_somebody_known_twice_is_told_once(talk: Talk) -> None:
    assert _told(talk, _known_twice(talk)) == [FIRST]


def test_the_second_way_is_taken_where_the_first_does_not_reach(sqlite_talk: Talk) -> None:
    person = _known_twice(sqlite_talk)
    sqlite_talk.channel.reaches[FIRST] = Reach.NONE
    sqlite_talk.bot.channels["wecom_robot"] = sqlite_talk.channel
    assert _told(sqlite_talk, person) == [SECOND]
    del sqlite_talk.bot.channels["wecom_robot"]
