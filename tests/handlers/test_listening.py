"""A group that is only listened to: nothing is said or registered, people decide, and their agreement is counted."""

from dataclasses import replace

import pytest

from classifiers import Action
from data.models import Case, ChatGroup, Correction, GroupMode, Media, Message, Outcome, PendingMessage
from handlers import listening, triage
from handlers.listening import Agreement
from tests.handlers.scenes import ACCUSATION, HEAD, RESIDENT, heard, reads
from tests.talking import Talk

LISTENED = "g041"
RUBBISH = "13号楼垃圾成堆没人清理"


def decide(talk: Talk, *, registers: bool) -> None:
    """A leader of the whole street decides about everything that waits."""
    with talk.bot.database.writing() as session:
        context = replace(talk.context(session, "chen.zhiyuan"), understand=talk.bot.inbox.understand)
        for waiting in triage.waiting(context):
            key = waiting.pending.message_id
            assert triage.register(context, key) if registers else triage.dismiss(context, key)
        session.commit()


def agreement(talk: Talk, group: str = LISTENED) -> Agreement:
    with talk.bot.database.reading() as session:
        found = listening.agreements(talk.context(session))
    return next(one for one in found if one.group.platform_id == group)


def test_what_it_would_register_waits_for_a_person(talk: Talk) -> None:
    assert talk.say(RESIDENT, RUBBISH, LISTENED) is None
    assert talk.outcome() == Outcome.CANDIDATE
    assert [row.text for row in talk.rows(PendingMessage)] == [RUBBISH]
    assert (talk.rows(Case), heard(talk)) == ([], {})


def test_a_person_registers_it_and_only_its_reporter_hears(talk: Talk) -> None:
    talk.say(RESIDENT, RUBBISH, LISTENED)
    decide(talk, registers=True)
    assert [case.masked_text for case in talk.rows(Case)] == [RUBBISH]
    told = heard(talk)
    assert RESIDENT in told
    assert LISTENED not in told


def test_agreement_counts_what_people_decided(talk: Talk) -> None:
    for words in (RUBBISH, "13号楼电梯坏了，按了没反应", "13号楼2单元下水道堵了往外冒水"):
        talk.say(RESIDENT, words, LISTENED)
    decide(talk, registers=True)
    talk.say(RESIDENT, "13号楼3单元楼道灯坏了三天了", LISTENED)
    decide(talk, registers=False)
    found = agreement(talk)
    assert (str(found.registered), found.enough) == ("75.0% (3/4)", False)
    assert {row.label for row in talk.rows(Correction)} == {"intent", "action"}


def test_agreement_stays_when_the_talk_is_gone(sqlite_talk: Talk) -> None:
    sqlite_talk.say(RESIDENT, RUBBISH, LISTENED)
    decide(sqlite_talk, registers=False)
    sqlite_talk.later(days=3)
    sqlite_talk.bot.purge(sqlite_talk.now)
    assert str(agreement(sqlite_talk).registered) == "0.0% (0/1)"


def test_nothing_comes_of_what_nobody_decides(sqlite_talk: Talk) -> None:
    sqlite_talk.say(RESIDENT, RUBBISH, LISTENED)
    sqlite_talk.later(minutes=16)
    sqlite_talk.bot.purge(sqlite_talk.now)
    assert (sqlite_talk.rows(PendingMessage), sqlite_talk.rows(Case)) == ([], [])
    assert agreement(sqlite_talk).registered.denominator == 0


def test_a_place_said_later_registers_nothing_there(sqlite_talk: Talk) -> None:
    sqlite_talk.say(RESIDENT, "又停电了，冰箱里的肉都要坏了", LISTENED)
    sqlite_talk.say(RESIDENT, "13号楼2单元", LISTENED)
    assert sqlite_talk.rows(Case) == []


def test_an_accusation_leaves_nothing_behind(sqlite_talk: Talk) -> None:
    assert sqlite_talk.say(RESIDENT, ACCUSATION, LISTENED) is None
    assert (sqlite_talk.rows(PendingMessage), sqlite_talk.rows(Case), heard(sqlite_talk)) == ([], [], {})


def test_what_follows_an_accusation_waits_for_nobody(sqlite_talk: Talk) -> None:
    sqlite_talk.say(RESIDENT, ACCUSATION, LISTENED)
    sqlite_talk.say(RESIDENT, media=("list",), group=LISTENED)
    reads(sqlite_talk, Action.CANDIDATE, chance=0.9)
    sqlite_talk.say(RESIDENT, "补助到底给了谁家亲戚", LISTENED)
    assert {row.outcome for row in sqlite_talk.rows(Message)} == {Outcome.DISCIPLINE}
    assert sqlite_talk.rows(Media) == sqlite_talk.rows(PendingMessage) == []


def test_another_matter_after_an_accusation_still_waits_for_a_person(sqlite_talk: Talk) -> None:
    sqlite_talk.say(RESIDENT, ACCUSATION, LISTENED)
    sqlite_talk.say(RESIDENT, RUBBISH, LISTENED)
    assert [row.text for row in sqlite_talk.rows(PendingMessage)] == [RUBBISH]


@pytest.mark.parametrize("mode", list(GroupMode))
def test_a_group_is_switched(sqlite_talk: Talk, mode: GroupMode) -> None:
    group = next(g for g in sqlite_talk.rows(ChatGroup) if g.platform_id == LISTENED)
    with sqlite_talk.bot.database.writing() as session:
        changed = listening.set_mode(sqlite_talk.context(session, HEAD), group.id or 0, mode)
        assert changed is not None
        assert listening.set_mode(sqlite_talk.context(session, HEAD), 99_999, mode) is None
        session.commit()
    sqlite_talk.bot.directory.reload()
    answer = sqlite_talk.say(RESIDENT, RUBBISH, LISTENED)
    assert (answer is not None) is (mode is GroupMode.ON)
