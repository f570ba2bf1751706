"""From every number of the board to exactly the cases it counts, as far as a person leads them."""

import datetime as dt
import random
import re
from html import unescape
from itertools import cycle
from urllib.parse import parse_qsl, urlsplit

import pytest
from starlette.testclient import TestClient

from bot.web.cases import PAGE, asked
from data.models import Account, Case, CaseStatus, ClosedBy, EscalationLevel, RequestKind, UnitLevel
from data.taxonomy import CaseClass, Urgency
from handlers.cases import listing
from handlers.cases.listing import Filter, Measure
from handlers.cases.statistics import By
from tests.bot.web.office import ADMINISTRATOR, GRID_MEMBER, HEAD, READER, Office
from tests.bot.web.test_case_page import GRID_LEADER, report
from tests.talking import Talk

LINK = re.compile(r'<a href="(/console/cases\?[^"]*)">(\d+)</a>')
ROW = re.compile(r'<a class="case" href="/console/cases/(\d+)">')
NOT_UNDERSTOOD = ["measure=moon", "measure=", "by=moon", "by=", "after=0", "after=x", "after=" + "9" * 30, "days=0"]
NOT_UNDERSTOOD += ["days=367", "start=x", "start=2026-09-01T00:00:00", "start=1999-01-01T00:00:00Z"]
NOT_UNDERSTOOD += ["end=9999-12-31T00:00:00Z", "end=0001-01-01T00:00:00%2B14:00", "value=" + "x" * 129]


def _random_cases(talk: Talk, number: int) -> None:
    """Cases of the last weeks in every state, some overdue, some put off."""
    dice, directory, now = random.Random(7), talk.bot.directory(), dt.datetime.now(dt.UTC)
    units = [unit.id or 0 for unit in directory.units.values() if unit.level is not UnitLevel.DISTRICT]
    states, kinds = cycle(CaseStatus), cycle([*[RequestKind.COMPLAINT] * 6, *RequestKind])
    account = talk.rows(Account)[0].id
    with talk.bot.database.writing() as session:
        for _ in range(number):
            status, received = next(states), now - dt.timedelta(hours=dice.randint(1, 600))
            due = received + dt.timedelta(hours=dice.choice([2, 24, 400]))
            resolved = received + dt.timedelta(hours=1) if status in ("resolved", "closed") else None
            session.add(
                Case(
                    kind=next(kinds),
                    class_=CaseClass.LIVELIHOOD,
                    category_code=dice.choice(sorted(directory.categories)),
                    urgency=Urgency.NORMAL,
                    status=status,
                    text="楼道灯坏了",
                    masked_text="楼道灯坏了",
                    account_id=account,
                    unit_id=dice.choice(units),
                    level=dice.choice(list(EscalationLevel)),
                    lead_department_id=dice.choice(sorted(directory.departments)),
                    received_at=received,
                    original_due_at=due,
                    due_at=due + dt.timedelta(days=dice.choice([0, 0, 40])),
                    resolved_at=resolved,
                    closed_at=resolved if status == "closed" else None,
                    closed_by=dice.choice([ClosedBy.REPORTER, ClosedBy.SILENCE]) if status == "closed" else None,
                )
            )
        session.commit()


def _listed(browser: TestClient, address: str) -> tuple[int, list[int]]:
    """The number in the heading, and the cases of all pages."""
    page = browser.get(address).text
    heading = int(re.findall(r'<strong class="count">(\d+)</strong>', page)[0])
    numbers = [int(number) for number in ROW.findall(page)]
    while further := re.search(r'href="([^"]*)" rel="next"', page):
        page = browser.get(unescape(further[1])).text
        numbers += [int(number) for number in ROW.findall(page)]
    return heading, numbers


@pytest.mark.parametrize("by", By)
def test_every_number_leads_to_exactly_the_cases_it_counts(office: Office, by: By) -> None:
    _random_cases(office.talk, 150)
    browser = office.signed_in(ADMINISTRATOR)
    page = browser.get("/console", params={"by": by.value}).text
    links = {(unescape(address), int(number)) for address, number in LINK.findall(page)}
    assert {"closed", "due_not_postponed", "flow_resolved", "unanswered", "praise"} <= {_measure(a) for a, _ in links}
    assert any(number > PAGE for _address, number in links)
    directory, now = office.talk.bot.directory(), dt.datetime.now(dt.UTC)
    with office.talk.bot.database.reading() as session:
        for address, number in links:
            wanted = _asked(address)
            found = listing.find(session, directory, wanted, now, limit=1_000)
            assert (listing.count(session, directory, wanted, now), len(found)) == (number, number), address
    for address, number in random.Random(1).sample(sorted(links), 20):
        heading, numbers = _listed(browser, address)
        assert (heading, len(numbers), len(set(numbers))) == (number, number, number), address


def test_no_number_of_the_board_is_without_a_link(office: Office) -> None:
    """But for the verdicts, which count answers and not cases."""
    _random_cases(office.talk, 30)
    page = office.signed_in(ADMINISTRATOR).get("/console").text
    rest = LINK.sub("", page[page.index('<section class="cards">') : page.index("<details>")])
    rest = re.sub(r"居民回答:.*?未回答", "", rest, flags=re.DOTALL)
    assert re.findall(r">\s*/?\d+\s*<", rest) == []
    assert re.findall(r"(?:受理|办结|结案|咨询|建议|表扬) *\d", rest) == []


def _asked(address: str) -> Filter:
    """The filter as the page reads it from the address."""
    query = dict(parse_qsl(urlsplit(address).query))
    moments = {name: dt.datetime.fromisoformat(query[name]) for name in ("start", "end")}
    by = By(query["by"]) if "by" in query else None
    return asked(Measure(query["measure"]), by, query.get("value", ""), **moments)


def _measure(address: str) -> str:
    return address.split("measure=")[1].split("&")[0]


def test_a_leader_sees_the_cases_of_the_own_units_and_how_many_others_there_are(any_office: Office) -> None:
    talk = any_office.talk
    report(any_office)
    _random_cases(talk, 90)
    grid = talk.case().unit_id
    every = {case.number: case.unit_id for case in talk.rows(Case) if case.status != "merged" and _counted(case)}
    own = sorted((number for number, unit in every.items() if unit == grid), reverse=True)
    browser = any_office.signed_in(GRID_LEADER)
    heading, numbers = _listed(browser, "/console/cases")
    assert (heading, numbers) == (len(every), own)
    assert f"{len(own)} 件在您负责的范围内，其余 {len(every) - len(own)} 件不列出" in browser.get("/console/cases").text
    assert _listed(any_office.signed_in(HEAD), "/console/cases")[1] == sorted(every, reverse=True)


def _counted(case: Case) -> bool:
    return case.kind in ("complaint", "assistance", "irregularity")


def test_who_leads_nothing_sees_no_list_and_learns_no_numbers(office: Office) -> None:
    report(office)
    for code in (GRID_MEMBER, READER):
        browser = office.signed_in(code)
        paths = ("/console/cases", "/console/cases/1001", "/console/cases/9999", "/console/cases/9999/photo/1")
        assert {browser.get(path).status_code for path in paths} == {403}


def test_overdue_is_marked_where_it_is_true(office: Office) -> None:
    _random_cases(office.talk, 60)
    browser = office.signed_in(ADMINISTRATOR)
    overdue = set(_listed(browser, "/console/cases?measure=overdue_open")[1])
    assert overdue
    rows = browser.get("/console/cases").text.split('<a class="case"')[1:]
    marked = {int(re.findall(r"/console/cases/(\d+)", row)[0]) for row in rows if "<em>超期</em>" in row}
    assert marked == {int(re.findall(r"/console/cases/(\d+)", row)[0]) for row in rows} & overdue


@pytest.mark.parametrize("query", NOT_UNDERSTOOD)
def test_no_question_makes_the_server_stumble(office: Office, query: str) -> None:
    assert office.signed_in(ADMINISTRATOR).get(f"/console/cases?{query}").status_code == 422


def test_odd_but_clear_questions_get_an_empty_list(any_office: Office) -> None:
    report(any_office)
    browser = any_office.signed_in(ADMINISTRATOR)
    for query in (
        "by=grid",
        "by=week&value=%00",
        "by=category&value=%F0%9F%98%80",
        "after=1",
    ):
        assert _listed(browser, f"/console/cases?{query}")[1] == []
    for number in ("0", "-1", "x", "9" * 12, "1.5", "%00"):
        assert browser.get(f"/console/cases/{number}").status_code in (404, 422), number
