"""Unsure talk while it waits: decided once, by those who lead the place, and logged; and the page itself."""

import datetime as dt
import re

from sqlmodel import col, update

from classifiers import Action
from data.models import AccessLog, Account, Case, Correction, Message, PendingMessage
from data.taxonomy import CaseClass
from tests.bot.web.office import ADMINISTRATOR, GRID_MEMBER, HEAD, Office
from tests.bot.web.triage_scenes import (
    GRID_LEADER,
    HINT,
    NEIGHBOUR,
    PAGE,
    UNSURE,
    corrections,
    decide,
    doubtful,
    read_text,
    waiting,
)
from tests.handlers.scenes import reads


def test_unsure_talk_becomes_a_case_by_a_persons_word(any_office: Office) -> None:
    talk = waiting(any_office)
    browser = any_office.signed_in(GRID_LEADER)
    assert HINT in browser.get(PAGE).text
    said = decide(any_office, browser, "talk/1/register")
    assert "1001 ：已登记为案件" in said
    case, message = talk.case(), talk.rows(Message)[0]
    assert (case.text, case.status, message.case_id, message.outcome.value) == (UNSURE, "dispatched", 1, "registered")
    assert talk.rows(PendingMessage) == []
    assert any("1001" in text for text in talk.told("r001"))
    assert any("新任务 1001" in text for text in talk.told("zhao.haitao"))
    correction = talk.rows(Correction)[0]
    assert (correction.label, correction.decided, correction.case_id, correction.message_id) == (
        "intent",
        "report",
        1,
        1,
    )
    assert correction.person_id == any_office.person(GRID_LEADER).id
    assert correction.model_hash == talk.bot.model.model.hash


def test_what_was_no_report_is_forgotten_at_once(any_office: Office) -> None:
    talk = waiting(any_office)
    browser = any_office.signed_in(HEAD)
    assert "已记为不是上报" in decide(any_office, browser, "talk/1/dismiss")
    assert (talk.rows(PendingMessage), talk.rows(Case)) == ([], [])
    assert talk.rows(Message)[0].outcome.value == "ignored"
    assert [row[2] for row in corrections(talk)] == ["none", "ignore"]
    assert "现在没有要判断的" in browser.get(PAGE).text
    assert talk.told("r001") == []


def test_a_question_of_the_bot_that_nobody_answered_waits_here_too(office: Office) -> None:
    talk = office.at_talks_time()
    trained = talk.bot
    reads(talk, Action.ASK)
    assert talk.say("r001", UNSURE, at=True)
    talk.bot = trained
    browser = office.signed_in(GRID_LEADER)
    assert HINT in browser.get(PAGE).text
    assert "已登记为案件" in decide(office, browser, "talk/1/register")


def test_after_a_quarter_of_an_hour_it_is_gone_before_it_is_deleted(office: Office) -> None:
    talk = waiting(office)
    browser = office.signed_in(GRID_LEADER)
    talk.now += dt.timedelta(minutes=15)
    assert HINT not in browser.get(PAGE).text
    for what in ("register", "dismiss"):
        assert "已经过时" in decide(office, browser, f"talk/1/{what}")
    assert (talk.rows(Case), talk.rows(Correction)) == ([], [])


def test_decided_twice_counts_once(any_office: Office) -> None:
    talk = waiting(any_office)
    first, second = any_office.signed_in(GRID_LEADER), any_office.signed_in(HEAD)
    assert "已登记为案件" in decide(any_office, first, "talk/1/register")
    for what in ("register", "dismiss"):
        assert "已有人处理" in decide(any_office, second, f"talk/1/{what}")
    assert (len(talk.rows(Case)), len(talk.rows(Correction))) == (
        1,
        2,
    )  # what it was, and what the bot alone would have done


def test_a_photo_before_the_words_comes_along(office: Office) -> None:
    talk = office.at_talks_time()
    talk.say("r001", "", media=("a.jpg",))
    waiting(office)
    decide(office, office.signed_in(GRID_LEADER), "talk/2/register")
    assert {message.case_id for message in talk.rows(Message)} == {1}


def test_only_those_who_lead_the_group_are_shown_its_talk(office: Office) -> None:
    talk = waiting(office)
    for code, seen in ((GRID_LEADER, True), (HEAD, True), (ADMINISTRATOR, True), (NEIGHBOUR, False)):
        browser = office.signed_in(code)
        page = browser.get(PAGE)
        assert (page.status_code, HINT in page.text) == (200, seen), code
        if not seen:
            assert "已有人处理" in decide(office, browser, "talk/1/register")
    assert office.signed_in(GRID_MEMBER).get(PAGE).status_code == 403
    assert talk.rows(Case) == []


def test_every_look_at_the_words_is_logged_and_only_one_thing_is_shown(any_office: Office) -> None:
    talk = waiting(any_office)
    waiting(any_office, "r002", "5单元门口也是老样子")
    browser = any_office.signed_in(GRID_LEADER)
    assert "老样子" not in browser.get(PAGE).text
    page = browser.get(PAGE, params={"item": "t2"}).text
    assert ("老样子" in page, HINT in page) == (True, False)
    person = any_office.person(GRID_LEADER).id
    looks = [(look.what, look.reference, look.person_id) for look in talk.rows(AccessLog)]
    assert looks == [("unsure_talk", 1, person), ("unsure_talk", 2, person)]


def test_what_may_be_a_discipline_matter_never_comes_here(office: Office) -> None:
    """Neither what the bot took for one, nor what it takes for one now."""
    talk = waiting(office, class_=CaseClass.DISCIPLINE, category="D01")
    assert talk.rows(PendingMessage) == []
    waiting(office, "r002", "居委会书记贪污低保款")
    assert len(talk.rows(PendingMessage)) == 1
    browser = office.signed_in(ADMINISTRATOR)
    assert "现在没有要判断的" in browser.get(PAGE).text
    assert "已有人处理" in decide(office, browser, "talk/2/register")
    assert (talk.rows(Case), talk.rows(AccessLog)) == ([], [])


def test_the_next_thing_comes_up_after_a_decision(office: Office) -> None:
    doubtful(office)
    talk = waiting(office, "r002")
    browser = office.signed_in(GRID_LEADER)
    message = talk.rows(PendingMessage)[0].message_id
    first = read_text(browser.get(PAGE).text)
    assert ("这句话是上报吗" in first, "待判断 2 条" in first) == (True, True)
    then = decide(office, browser, f"talk/{message}/dismiss")
    assert ("类别对吗" in then, "待判断 1 条" in then) == (True, True)


def test_every_button_has_its_key_and_no_key_two_buttons(office: Office) -> None:
    doubtful(office)
    page = office.signed_in(GRID_LEADER).get(PAGE).text
    keys = re.findall(r'data-key="([^"]*)"', page)
    assert len(keys) == len(set(keys)) > 20
    for key in keys:
        assert f"<kbd>{key.upper()}</kbd>" in page
    assert re.findall(r"\son\w+=|\sstyle=|<script>", page) == []


def test_no_question_makes_the_server_stumble(any_office: Office) -> None:
    doubtful(any_office)
    browser = any_office.signed_in(ADMINISTRATOR)
    for query in ("item=t9999999999", "item=c1", "item=", "result=late&number=1001"):
        assert browser.get(f"{PAGE}?{query}").status_code == 200, query
    for query in ("item=x", "item=t%00", "result=moon", "number=0", "number=x"):
        assert browser.get(f"{PAGE}?{query}").status_code == 422, query
    for path in ("talk/0/register", "talk/x/dismiss", "cases/99999999999/category", "cases/1001/place"):
        assert any_office.post(browser, f"{PAGE}/{path}", category="\x00", building="x").status_code == 422, path
    for path in ("talk/999/register", "talk/999/dismiss"):
        assert "已有人处理" in decide(any_office, browser, path)


def test_a_leader_without_an_account_in_chat_decides_all_the_same(office: Office) -> None:
    talk = waiting(office)
    with talk.bot.database.writing() as session:
        session.exec(update(Account).where(col(Account.person_id) == office.person(HEAD).id).values(person_id=None))
        session.commit()
    talk.bot.directory.reload()
    assert "已登记为案件" in decide(office, office.signed_in(HEAD), "talk/1/register")
    assert talk.rows(Correction)[0].person_id == office.person(HEAD).id
