"""The list of cases: exactly what is asked for, page by page, as far as a person leads the units."""

import re
from html import unescape

import pytest
from starlette.testclient import TestClient

from bot.web.cases import MEASURES, PAGE
from data.models import CaseStatus, EscalationLevel
from data.models.cases import FIRST_NUMBER
from handlers.cases.listing import visible_units
from handlers.cases.measures import Measure
from handlers.cases.scope import Scope, last_days
from handlers.local_time import local_day
from tests.bot.web.office import ADMINISTRATOR, GRID_MEMBER, HEAD, READER, Office
from tests.bot.web.test_board import GRID_LEADER, furnished
from tests.bot.web.test_case_page import report
from tests.handlers.cases.random_street import NOW, Street

ROW = re.compile(r'<a class="case" href="/console/cases/(\d+)">')
NOT_UNDERSTOOD = ["measure=moon", "measure=", "line=moon", "after=0", "after=x", "after=" + "9" * 30, "days=0"]
NOT_UNDERSTOOD += ["days=367", "start=x", "start=2026-09-01T10:00:00", "start=1999-01-01", "end=9999-12-31"]
NOT_UNDERSTOOD += ["end=0001-01-01", "category=" + "x" * 17, "status=moon", "level=0", "due=never", "step=jump"]
NOT_UNDERSTOOD += ["number=0", "number=x", "number=" + "9" * 30, "step=work&bucket=6", "step=work&bucket=-1"]


def listed(browser: TestClient, address: str) -> tuple[int, list[int]]:
    """The number in the heading, and the cases of all pages."""
    page = browser.get(address).text
    heading = int(re.findall(r'<strong class="count">(\d+)</strong>', page)[0])
    numbers = [int(number) for number in ROW.findall(page)]
    while further := re.search(r'href="([^"]*)" rel="next"', page):
        page = browser.get(unescape(further[1])).text
        numbers += [int(number) for number in ROW.findall(page)]
    return heading, numbers


def _expected(street: Street, measure: Measure, scope: Scope) -> list[int]:
    found = sorted(street.of(measure, scope), key=lambda case: (case.received_at, case.id), reverse=True)
    return [case.number for case in found]


def test_all_pages_hold_the_number_in_the_heading(any_office: Office) -> None:
    street = furnished(any_office)
    browser = any_office.signed_in(ADMINISTRATOR)
    scope = Scope(last_days(90, NOW))
    for measure in (Measure.RECEIVED, Measure.FLOW_RESOLVED, Measure.OVERDUE, Measure.EVERYTHING, Measure.INQUIRY):
        heading, numbers = listed(browser, f"/console/cases?measure={measure}&days=90")
        assert numbers == _expected(street, measure, scope)
        assert heading == len(numbers) > 0
    assert len(numbers) < PAGE < len(_expected(street, Measure.RECEIVED, scope))


def test_the_filters_of_the_form(office: Office) -> None:
    street = furnished(office)
    browser = office.signed_in(ADMINISTRATOR)
    every = street.of(Measure.EVERYTHING, Scope(last_days(90, NOW)))
    for query, cases in {
        "status=returned": [case for case in every if case.status is CaseStatus.RETURNED],
        "level=district": [case for case in every if case.level is EscalationLevel.DISTRICT],
        "due=overdue": [case for case in every if case.ended_at is None and case.due_at <= NOW],
        f"category={every[0].category_code}": [c for c in every if c.category_code == every[0].category_code],
        f"unit={every[0].unit_id}": [case for case in every if _lies_in(street, case.unit_id, every[0].unit_id)],
    }.items():
        heading, numbers = listed(browser, f"/console/cases?measure=everything&days=90&{query}")
        assert sorted(numbers) == sorted(case.number for case in cases)
        assert heading == len(cases) > 0
    old = min(street.cases, key=lambda case: case.received_at)
    assert listed(browser, f"/console/cases?number={old.number}&days=7") == (1, [old.number])
    assert listed(browser, "/console/cases?number=7") == (0, [])


def _lies_in(street: Street, unit_id: int, above: int) -> bool:
    return above in {unit.id for unit in street.directory.lineage(unit_id)}


def test_the_form_says_what_is_shown(office: Office) -> None:
    furnished(office)
    query = "measure=closed&start=2026-09-01&end=2026-09-07&status=closed&due=later&class=党建&step=work&bucket=2"
    page = office.signed_in(ADMINISTRATOR).get(f"/console/cases?{query}").text
    for value in ("closed", "later", "党建"):
        assert f'<option value="{value}" selected>' in page
    assert 'name="start" value="2026-09-01"' in page
    assert "办理用时1天内" in page
    without = unescape(re.findall(r'<a href="([^"]*)">去掉这个条件', page)[0])
    assert "step" not in without
    assert "status=closed" in without


def test_every_measure_has_a_name() -> None:
    assert set(MEASURES) == set(Measure)


def test_a_leader_sees_the_cases_of_the_own_units_and_no_number_of_others(any_office: Office) -> None:
    street = furnished(any_office)
    scope = Scope(last_days(30, NOW))
    for code in (GRID_LEADER, HEAD):
        posts = any_office.talk.bot.directory().posts_of(any_office.person(code).id or 0, local_day(NOW))
        units = visible_units(street.directory, posts)
        own = [c.number for c in street.of(Measure.RECEIVED, scope) if units is not None and c.unit_id in units]
        heading, numbers = listed(any_office.signed_in(code), "/console/cases")
        assert (heading, sorted(numbers)) == (len(own), sorted(own))
        assert own


def test_a_number_outside_the_own_units_is_not_found(office: Office) -> None:
    street = furnished(office)
    posts = office.talk.bot.directory().posts_of(office.person(GRID_LEADER).id or 0, local_day(NOW))
    units = visible_units(street.directory, posts) or frozenset()
    browser = office.signed_in(GRID_LEADER)
    for case in street.cases[:40]:
        assert listed(browser, f"/console/cases?number={case.number}")[0] == (case.unit_id in units)


def test_who_leads_nothing_sees_no_list_and_learns_no_numbers(office: Office) -> None:
    report(office)
    for code in (GRID_MEMBER, READER):
        browser = office.signed_in(code)
        paths = ("/console/cases", "/console/cases/1001", "/console/cases/9999", "/console/cases/9999/photo/1")
        assert {browser.get(path).status_code for path in paths} == {403}


def test_overdue_is_marked_where_it_is_true(office: Office) -> None:
    street = furnished(office)
    rows = office.signed_in(ADMINISTRATOR).get("/console/cases?days=90").text.split('<a class="case"')[1:]
    marked = {int(re.findall(r"/console/cases/(\d+)", row)[0]) for row in rows if "<em>超期</em>" in row}
    shown = {int(re.findall(r"/console/cases/(\d+)", row)[0]) for row in rows}
    assert marked == shown & {case.number for case in street.of(Measure.OVERDUE, Scope(last_days(90, NOW)))}
    assert marked


@pytest.mark.parametrize("query", NOT_UNDERSTOOD)
def test_no_question_makes_the_server_stumble(office: Office, query: str) -> None:
    assert office.signed_in(ADMINISTRATOR).get(f"/console/cases?{query}").status_code == 422


def test_odd_but_clear_questions_get_an_empty_list(any_office: Office) -> None:
    report(any_office)
    browser = any_office.signed_in(ADMINISTRATOR)
    odd = ("unit=99999", "unit=99999&line=grid", "category=%00", "category=%F0%9F%98%80", "after=1", "after=77777")
    for query in (*odd, "start=2026-09-09&end=2026-09-01", f"number={FIRST_NUMBER}", "department=2147483647"):
        assert listed(browser, f"/console/cases?{query}")[1] == [], query
    for number in ("0", "-1", "x", "9" * 12, "1.5", "%00"):
        assert browser.get(f"/console/cases/{number}").status_code in (404, 422), number
