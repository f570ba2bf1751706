"""On the page of a case: what may be the same matter, and one click to merge the later into the earlier."""

import re
from html import unescape

import pytest
from sqlmodel import col, update
from starlette.testclient import TestClient

from data.models import Account, Case, CaseReporter, CaseStatus, Unit
from tests.bot.web.office import ADMINISTRATOR, GRID_MEMBER, HEAD, READER, Office
from tests.talking import Talk

GRID_LEADER = "p021"
TITLE = "可能是同一件事"
LAMP = "3号楼2单元楼道灯坏了三天了，电话13812345678"
AGAIN = "3号楼2单元声控灯不亮，楼道里黑灯瞎火的<script>"
FORM = re.compile(
    r'<form class="order" method="post" action="(/console/cases/\d+/orders)">\s*(<input[^\n]+)\n<button class="plain">'
)
FIELD = re.compile(r'name="(\w+)" value="([^"]*)"')


def two_reports(office: Office) -> Talk:
    talk = office.at_talks_time()
    talk.say("r001", LAMP)
    talk.say("r002", AGAIN)
    change(talk, 1002, category_code=talk.case().category_code)
    return talk


def change(talk: Talk, number: int, **values: object) -> None:
    with talk.bot.database.writing() as session:
        session.execute(update(Case).where(col(Case.id) == number - 1000).values(**values))
        session.commit()


def page_of(browser: TestClient, number: int) -> str:
    answer = browser.get(f"/console/cases/{number}")
    assert answer.status_code == 200
    return str(answer.text)


def forms(page: str) -> list[tuple[str, dict[str, str]]]:
    return [(address, dict(FIELD.findall(fields))) for address, fields in FORM.findall(page)]


def press(office: Office, browser: TestClient, page: str) -> str:
    """Send the panel's first form; what the page then answers."""
    address, fields = forms(page)[0]
    sent = office.post(browser, address, **fields)
    assert sent.status_code == 303
    shown = re.findall(r'<p class="answer" role="status">(.*?)</p>', browser.get(sent.headers["location"]).text)
    return unescape(shown[0])


@pytest.mark.parametrize(("number", "other"), [(1001, 1002), (1002, 1001)])
def test_either_page_shows_the_other_case(any_office: Office, number: int, other: int) -> None:
    two_reports(any_office)
    page = page_of(any_office.signed_in(GRID_LEADER), number)
    panel = page[page.index(TITLE) : page.index("<h2>照片")]
    assert f'<a href="/console/cases/{other}">{other}</a>' in panel
    assert "同一栋楼、同一类别，相隔不到1小时" in panel
    assert "13812345678" not in page
    assert "<script" not in page


@pytest.mark.parametrize("number", [1001, 1002])
def test_one_click_merges_the_later_into_the_earlier(any_office: Office, number: int) -> None:
    talk = two_reports(any_office)
    browser = any_office.signed_in(GRID_LEADER)
    assert "1002 已并入 1001" in press(any_office, browser, page_of(browser, number))
    assert (talk.case(1002).status, talk.case(1002).merged_into_id) == (CaseStatus.MERGED, 1)
    assert talk.case(1001).status is CaseStatus.DISPATCHED
    assert len([row for row in talk.rows(CaseReporter) if row.case_id == 1]) == 2
    assert TITLE not in page_of(browser, 1001)
    assert TITLE not in page_of(browser, 1002)


def test_two_clicks_on_one_page_are_two_orders(office: Office) -> None:
    """The page was not loaded again in between, and a form sent twice is still one order."""
    talk = two_reports(office)
    talk.say("r003", LAMP)
    change(talk, 1003, category_code=talk.case().category_code)
    browser = office.signed_in(GRID_LEADER)
    sent = forms(page_of(browser, 1001))
    assert len(sent) == 2
    for address, fields in [*sent, *sent]:
        assert office.post(browser, address, **fields).status_code == 303
    assert {talk.case(number).merged_into_id for number in (1002, 1003)} == {1}


@pytest.mark.parametrize("code", [GRID_LEADER, HEAD, ADMINISTRATOR])
def test_who_may_merge(office: Office, code: str) -> None:
    """Whoever leads the unit of both, from the grid up."""
    two_reports(office)
    page = page_of(office.signed_in(code), 1002)
    assert len(forms(page)) == 1


def test_without_a_chat_account_there_is_no_form(office: Office) -> None:
    talk = two_reports(office)
    person = office.person(HEAD).id
    with talk.bot.database.writing() as session:
        session.execute(update(Account).where(col(Account.person_id) == person).values(person_id=None))
        session.commit()
    talk.bot.reload_directory(talk.now)
    page = page_of(office.signed_in(HEAD), 1002)
    assert TITLE in page
    assert forms(page) == []


@pytest.mark.parametrize("code", [GRID_MEMBER, READER])
def test_who_leads_nothing_sees_nothing(office: Office, code: str) -> None:
    two_reports(office)
    answer = office.signed_in(code).get("/console/cases/1002")
    assert answer.status_code == 403
    assert TITLE not in answer.text


def test_a_case_of_a_unit_one_does_not_lead_is_not_shown(office: Office) -> None:
    talk = two_reports(office)
    own = talk.case().unit_id
    elsewhere = next(unit.id for unit in talk.rows(Unit) if unit.level == "grid" and unit.id != own)
    change(talk, 1001, unit_id=elsewhere)
    assert TITLE not in page_of(office.signed_in(GRID_LEADER), 1002)
    page = page_of(office.signed_in(ADMINISTRATOR), 1002)
    assert TITLE in page


def test_where_merging_is_not_allowed_now_there_is_no_form(office: Office) -> None:
    """A resolved case is over for its leader; the page of the open one no longer offers it either."""
    talk = two_reports(office)
    change(talk, 1002, status=CaseStatus.RESOLVED)
    browser = office.signed_in(GRID_LEADER)
    for number in (1001, 1002):
        assert TITLE not in page_of(browser, number)


def test_nothing_alike_no_panel(office: Office) -> None:
    talk = office.at_talks_time()
    talk.say("r001", LAMP)
    talk.say("r002", "3号楼垃圾成堆没人清理")
    assert TITLE not in page_of(office.signed_in(GRID_LEADER), 1002)


def test_a_case_that_was_moved_out_is_nowhere(office: Office) -> None:
    talk = two_reports(office)
    talk.say("li.guifang", "转纪检 1001", group=None)
    browser = office.signed_in(GRID_LEADER)
    for number in (1001, 1002):
        assert TITLE not in page_of(browser, number)
