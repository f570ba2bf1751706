"""A candidate reads along without touching any answer; of chatter only counts are kept, of 纪检 only how many."""

import threading
from dataclasses import replace
from functools import partial

import pytest
from sqlmodel import select

from bot.shadow import MOST_WAITING
from classifiers import Action, Model, understand
from classifiers.linear import Heads
from data.models import Case, Message, PendingMessage, ShadowCount
from handlers import triage
from handlers.message import Understand
from tests.bot.shadowed import BreaksOn, compared, counted, differences, kept, run_of, shadowed
from tests.handlers.scenes import ACCUSATION, FIRST, LEADER, NO_WATER, RUBBISH, STORY, private, reads, report
from tests.talking import Talk

CHATTER = "今天的草莓真甜"
UNSURE = "3号楼那个灯又这样了"


def test_what_both_say_is_counted_and_a_case_they_differ_on_is_listed(talk: Talk, candidate) -> None:
    shadowed(talk, candidate)
    talk.say("r001", RUBBISH)
    talk.say("r002", NO_WATER)
    talk.say("r003", CHATTER)
    assert compared(talk) == 3
    assert (run_of(talk).messages, run_of(talk).failed, run_of(talk).discipline) == (3, 0, 0)
    assert counted(talk, "category") == {("M10", "M04"): 1, ("M01", "M01"): 1, ("-", "-"): 1}
    assert counted(talk, "intent") == {("report", "report"): 2, ("none", "none"): 1}
    assert differences(talk) == [(1, "category", "M10", "M04")]


def test_counts_add_up_and_a_case_is_listed_once(talk: Talk, candidate) -> None:
    shadowed(talk, candidate)
    talk.say("r001", RUBBISH)
    compared(talk)
    first = run_of(talk)
    talk.now = talk.now.replace(minute=30)
    talk.say("r001", "补充 1001 垃圾成堆没人清理")
    talk.say("r002", "12号楼垃圾成堆没人清理", "g012")
    compared(talk)
    assert run_of(talk).messages == 2
    assert counted(talk, "category") == {("M10", "M04"): 2}
    assert (run_of(talk).since, run_of(talk).last_at) == (first.since, talk.now)
    assert [case for case, *_ in differences(talk)] == [1, 2]


def test_the_answer_is_the_same_with_and_without_a_candidate(sqlite_talk: Talk, candidate) -> None:
    plain = sqlite_talk.say("r001", RUBBISH)
    shadowed(sqlite_talk, candidate)
    assert plain is not None
    other = sqlite_talk.say("r002", RUBBISH.replace("3号楼", "12号楼"), "g012")
    assert other == plain.replace("1001", "1002").replace("3号楼", "12号楼")
    assert [case.category_code for case in sqlite_talk.rows(Case)] == ["M10", "M10"]


def test_a_candidate_that_breaks_harms_nothing(sqlite_talk: Talk, candidate) -> None:
    broken = BreaksOn(candidate.vocabulary, candidate.heads, candidate.rules, "broken")
    shadowed(sqlite_talk, broken)
    assert "1001" in (sqlite_talk.say("r001", RUBBISH) or "")
    assert sqlite_talk.say("r003", CHATTER) is None
    assert compared(sqlite_talk) == 0
    assert (run_of(sqlite_talk).messages, run_of(sqlite_talk).failed) == (0, 2)
    assert differences(sqlite_talk) == []


def test_nothing_is_read_before_the_answer_went_out(sqlite_talk: Talk, candidate) -> None:
    """A candidate that stands still stops no message: it reads in the clock's thread."""
    begun, go_on = threading.Event(), threading.Event()

    class Slow(BreaksOn):
        def read(self, text):
            begun.set()
            go_on.wait(20)
            return candidate.read(text)

    shadowed(sqlite_talk, Slow(candidate.vocabulary, candidate.heads, candidate.rules, "slow"))
    sqlite_talk.say("r001", RUBBISH)
    clock = threading.Thread(target=compared, args=(sqlite_talk,))
    clock.start()
    assert begun.wait(20)
    assert "1002" in (sqlite_talk.say("r002", NO_WATER) or "")
    go_on.set()
    clock.join(20)
    compared(sqlite_talk)
    assert run_of(sqlite_talk).messages == 2


def test_without_a_candidate_nothing_waits(sqlite_talk: Talk, shipped) -> None:
    shadowed(sqlite_talk, None)
    talk_over(sqlite_talk)
    assert (compared(sqlite_talk), kept(sqlite_talk)) == (0, "")
    shadowed(sqlite_talk, shipped)  # the same model twice: there is nothing to compare
    talk_over(sqlite_talk)
    assert (compared(sqlite_talk), kept(sqlite_talk)) == (0, "")


def test_the_queue_is_short(sqlite_talk: Talk, candidate) -> None:
    shadow = shadowed(sqlite_talk, candidate).bot.shadow
    listener = shadow.listen(sqlite_talk.bot.inbox.understand, CHATTER)
    names = sqlite_talk.bot.directory().names_for(None)
    listener(CHATTER, names=names, nickname="", addressed=False, has_photo=False)
    for number in range(MOST_WAITING + 5):
        shadow.offer(Message(id=number + 1), listener)
    found, _failed = shadow.compare()
    assert [found[0].message_id, found[-1].message_id, len(found)] == [6, MOST_WAITING + 5, MOST_WAITING]


def test_no_words_are_kept(sqlite_talk: Talk, candidate) -> None:
    shadowed(sqlite_talk, candidate)
    for number, words in enumerate((RUBBISH, NO_WATER, CHATTER, UNSURE, ACCUSATION)):
        sqlite_talk.say(f"r00{number}", words)
    compared(sqlite_talk)
    written = kept(sqlite_talk)
    assert "M04" in written
    for word in ("垃圾", "停水", "草莓", "灯", "书记", "贪污", "3号楼", "纪检"):
        assert word not in written


@pytest.mark.parametrize("blind", ["live", "candidate", "neither"])
def test_of_a_discipline_matter_only_that_there_was_one_is_kept(
    sqlite_talk: Talk, candidate, shipped, blind: str
) -> None:
    """Also where only one of the two sees it: a list of such cases would hint at them."""
    harmless = without_discipline(shipped)
    seeing = replace(candidate, heads=shipped.heads)
    shadowed(sqlite_talk, replace(harmless, corrections_hash="1") if blind == "candidate" else seeing)
    if blind == "live":
        sqlite_talk.bot = replace(sqlite_talk.bot, inbox=replace(sqlite_talk.bot.inbox, understand=reader(harmless)))
    sqlite_talk.say("r001", ACCUSATION)
    compared(sqlite_talk)
    run = run_of(sqlite_talk)
    assert (run.messages, run.discipline, run.discipline_agreed) == (0, 1, blind == "neither")
    assert (sqlite_talk.rows(ShadowCount), differences(sqlite_talk)) == ([], [])


def test_what_belongs_to_one_or_is_sealed_is_not_compared_at_all(sqlite_talk: Talk, candidate) -> None:
    shadowed(sqlite_talk, candidate)
    sqlite_talk.say("r001", ACCUSATION)
    sqlite_talk.say("r001", "上个月还收了我2000块")
    private(sqlite_talk, "r001", "同意")
    for words in (STORY, "书记还收了他小舅子的钱"):
        assert "J0001" in private(sqlite_talk, "r001", words)
    assert compared(sqlite_talk) == 1
    assert (run_of(sqlite_talk).messages, run_of(sqlite_talk).discipline) == (0, 1)


def test_a_case_that_turns_out_to_be_one_is_listed_no_more(talk: Talk, candidate) -> None:
    shadowed(talk, candidate)
    report(talk)
    compared(talk)
    assert differences(talk)
    private(talk, LEADER, f"转纪检 {FIRST}")
    assert differences(talk) == []


def test_a_case_moved_out_before_it_was_compared_is_not_listed(sqlite_talk: Talk, candidate) -> None:
    shadowed(sqlite_talk, candidate)
    report(sqlite_talk)
    private(sqlite_talk, LEADER, f"转纪检 {FIRST}")
    compared(sqlite_talk)
    assert differences(sqlite_talk) == []


def test_talk_a_person_registers_is_listed_when_it_is_a_case(talk: Talk, candidate) -> None:
    shadowed(talk, candidate)
    reads(talk, Action.CANDIDATE)
    talk.say("r001", UNSURE)
    compared(talk)
    assert (differences(talk), len(talk.bot.shadow.differing)) == ([], 1)
    decide(talk, triage.register)
    compared(talk)
    assert {question for _case, question, *_ in differences(talk)} >= {"category"}
    assert talk.bot.shadow.differing == []


def test_of_talk_a_person_dismisses_is_counted_who_had_said_so(talk: Talk, candidate, shipped) -> None:
    shadowed(talk, replace(silent(shipped), corrections_hash="1"))
    reads(talk, Action.CANDIDATE)
    talk.say("r001", UNSURE)
    compared(talk)
    decide(talk, triage.dismiss)
    compared(talk)
    assert counted(talk, "dismissed") == {("wrong", "right"): 1}
    assert (differences(talk), talk.bot.shadow.differing) == ([], [])


def test_talk_that_nobody_decided_leaves_nothing_but_counts(sqlite_talk: Talk, candidate) -> None:
    shadowed(sqlite_talk, candidate)
    reads(sqlite_talk, Action.CANDIDATE)
    sqlite_talk.say("r001", UNSURE)
    compared(sqlite_talk)
    sqlite_talk.now = sqlite_talk.now.replace(minute=50)
    sqlite_talk.bot.purge(sqlite_talk.now)
    compared(sqlite_talk)
    assert (sqlite_talk.rows(PendingMessage), sqlite_talk.bot.shadow.differing) == ([], [])
    assert (counted(sqlite_talk, "dismissed"), differences(sqlite_talk)) == ({}, [])


def test_two_processes_add_to_the_same_counts(talk: Talk, candidate) -> None:
    shadowed(talk, candidate)
    talk.say("r001", RUBBISH)
    compared(talk)
    first = talk.bot
    other = shadowed(Talk(first, talk.channel, now=talk.now, _count=10), candidate)
    other.say("r002", "12号楼垃圾成堆没人清理", "g012")
    compared(other)
    assert run_of(talk).messages == 2
    assert counted(talk, "category") == {("M10", "M04"): 2}


def tilted(model: Model, question: str, *labels: str) -> Model:
    """The same model that never gives one of these answers."""
    bias = model.heads.bias.copy()
    for number, label in enumerate(model.heads.labels[question], model.heads.columns[question].start):
        bias[number] -= 1000.0 * (label in labels)
    return replace(model, heads=Heads(model.heads.labels, model.heads.weights, bias))


def without_discipline(model: Model) -> Model:
    codes = [code for code in model.heads.labels["category"] if code.startswith("D")]
    return tilted(tilted(model, "class", "纪检"), "category", *codes)


def silent(model: Model) -> Model:
    return tilted(model, "gate", "message")


def reader(model: Model) -> Understand:
    return partial(understand, model=model)


def talk_over(talk: Talk) -> None:
    talk.say("r001", RUBBISH)
    talk.say("r003", CHATTER)


def decide(talk: Talk, decision) -> None:
    with talk.bot.database.writing() as session:
        context = replace(talk.context(session, LEADER), understand=talk.bot.inbox.understand)
        pending = session.exec(select(PendingMessage)).one()
        assert decision(context, pending.message_id)
        session.commit()
