"""The invented year that bench measures: what is in it could have happened, and the board counts it right."""

import datetime as dt

from sqlmodel import select

from bot.commands.many_cases import DAYS, fill
from data.models import Account, Case, Evaluation, StatusChange
from handlers.cases import board
from handlers.cases.scope import By, Scope, last_days
from tests.talking import Talk

NUMBER = 700


def test_a_year_of_cases_that_could_have_happened(talk: Talk) -> None:
    bot, now = talk.bot, talk.now
    with bot.database.writing() as session:
        fill(session, bot.directory(), session.exec(select(Account.id)).first() or 0, now, NUMBER)
        session.commit()
    cases = talk.rows(Case)
    assert len(cases) == NUMBER
    assert min(case.received_at for case in cases) >= now - dt.timedelta(days=DAYS)
    for case in cases:
        moments = [case.received_at, case.dispatched_at, case.accepted_at, case.resolved_at, case.closed_at]
        known = [moment for moment in moments if moment is not None]
        assert known == sorted(known)
        assert (case.ended_at is None) == (case.status in ("dispatched", "accepted", "returned"))
    assert len({case.status for case in cases}) > 6
    assert len(talk.rows(StatusChange)) > 3 * NUMBER
    assert len(talk.rows(Evaluation)) > NUMBER / 4


def test_new_cases_come_after_them(talk: Talk) -> None:
    with talk.bot.database.writing() as session:
        account = session.exec(select(Account.id)).first() or 0
        fill(session, talk.bot.directory(), account, talk.now - dt.timedelta(days=2), 20)
        session.commit()
    talk.say("r001", "3号楼垃圾成堆没人清理")
    assert max(case.id for case in talk.rows(Case)) == 21


def test_the_board_counts_them(talk: Talk) -> None:
    bot, now = talk.bot, talk.now
    with bot.database.writing() as session:
        fill(session, bot.directory(), session.exec(select(Account.id)).first() or 0, now, NUMBER)
        found = board.overview(session, bot.directory(), By.WEEK, Scope(last_days(366, now)), now)
        cases = session.exec(select(Case)).all()
    counted = [c for c in cases if c.kind in ("complaint", "assistance", "irregularity") and c.status != "merged"]
    assert found.total.received == len(counted) == sum(week.received for week in found.weeks)
    assert found.total.closed == sum(case.status == "closed" for case in counted) == found.flow.closed
