"""The board: what it shows is what a slow count finds, and every number leads to a list of exactly as many cases."""

import json
import re
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from sqlmodel import select
from starlette.testclient import TestClient

from bot.web.board import change, median_words, percent
from data.models import Person, Unit, UnitLevel
from handlers.cases.counts import Rate
from handlers.cases.listing import visible_units
from handlers.cases.measures import Measure
from handlers.cases.scope import By, Scope, days_between, last_days
from handlers.cases.steps import Step
from handlers.local_time import local_day
from tests.bot.web.office import ADMINISTRATOR, GRID_MEMBER, HEAD, READER, Office
from tests.handlers.cases.random_street import NOW, Street, bucket_of

GRID_LEADER = "p021"
LINK = re.compile(r'<a href="(/console/cases\?[^"]*)">(\d+)</a>')
HEADING = re.compile(r'<strong class="count">(\d+)</strong>')
SCRIPT = "</script><script>alert('x')</script>"
FORMULA = "=1+1|calc"
NOT_UNDERSTOOD = ["by=moon", "by=", "days=0", "days=-1", "days=367", "days=many", "days=" + "9" * 400]
NOT_UNDERSTOOD += ["start=x", "start=2026-02-30", "start=1999-01-01", "end=9999-12-31", "end=0001-01-01"]
NOT_UNDERSTOOD += ["unit=x", "unit=0", "unit=" + "9" * 30, "department=-1", "class=moon", "category=" + "x" * 17]


def furnished(office: Office) -> Street:
    """Random cases in the office's database, at the moment they are about; for the charts a file is there."""
    office.talk.bot = replace(office.talk.bot, clock=lambda: NOW)
    office.app.state.charts = Path(__file__)
    with office.talk.bot.database.writing() as session:
        street = Street(session)
        session.commit()
        session.expunge_all()
    return street


def links(page: str) -> list[tuple[str, int]]:
    return [(unescape(address), int(number)) for address, number in LINK.findall(page)]


def counted(browser: TestClient, address: str) -> int:
    """The number in the heading of a list."""
    return int(HEADING.findall(browser.get(address).text)[0])


def scope_of(office: Office, days: int = 30, **more: Any) -> Scope:
    return Scope(last_days(days, NOW), **more)


def test_every_number_leads_to_a_list_of_exactly_as_many(office: Office) -> None:
    furnished(office)
    browser = office.signed_in(ADMINISTRATOR)
    found = links(browser.get("/console?days=30").text)
    assert {"closed", "due_not_postponed", "flow_resolved", "unanswered", "late_then", "open", "praise"} <= {
        address.split("measure=")[1].split("&")[0] for address, _number in found
    }
    assert len(set(found)) > 120
    wrong = [(address, number) for address, number in set(found) if counted(browser, address) != number]
    assert wrong == []


@pytest.mark.parametrize("by", [By.GRID, By.DEPARTMENT, By.CATEGORY, By.WEEK])
def test_every_number_of_every_table_leads_to_as_many(any_office: Office, by: By) -> None:
    """Also with a filter, where a line of the table may lie above what is asked for."""
    street = furnished(any_office)
    browser = any_office.signed_in(ADMINISTRATOR)
    community = next(u for u in street.directory.units.values() if u.level is UnitLevel.COMMUNITY)
    for query in ({}, {"unit": community.id, "class": "民生"}):
        page = browser.get("/console?" + urlencode({"by": by, "days": 90, **query})).text
        table = links(page[page.index('id="table"') :])
        assert len(table) > 20
        some = [pair for pair in sorted(set(table)) if pair[1]][::3]
        assert [pair for pair in some if counted(browser, pair[0]) != pair[1]] == []


def test_the_bars_and_points_of_the_charts_lead_to_as_many(office: Office) -> None:
    furnished(office)
    browser = office.signed_in(ADMINISTRATOR)
    charts = _charts(browser.get("/console?days=30").text)
    assert [series["name"] for series in charts["trend"]] == ["受理", "办结", "周末超期"]
    for series in charts["trend"] + charts["steps"]:
        assert [counted(browser, address) for address in series["links"]] == series["values"]
    assert sum(sum(series["values"]) for series in charts["steps"]) > 50


def test_the_page_shows_what_a_slow_count_finds(any_office: Office) -> None:
    street = furnished(any_office)
    page = any_office.signed_in(ADMINISTRATOR).get("/console?days=30").text
    scope = scope_of(any_office)
    total, before = street.total(scope), street.total(scope.previous())
    for rate, old in [
        (total.handled_rate, before.handled_rate),
        (total.closure_rate, before.closure_rate),
        (total.on_time_closure_rate, before.on_time_closure_rate),
        (total.net_closure_rate, before.net_closure_rate),
    ]:
        bare = _without_links(page)
        assert (
            f'<span class="rate">{percent(rate)}</span> <span class="parts">{rate.numerator}/{rate.denominator}<'
            in bare
        )
        assert f"比上期 <b>{change(rate, old)}</b> 个百分点" in bare
        assert f'上期 {percent(old)} <span class="parts">{old.numerator}/{old.denominator}<' in bare
    times = [bucket_of(case, Step.ALL) for case in street.of(Measure.RECEIVED, scope)]
    row = re.findall(r"<tr><th>全程</th>(.*?)</tr>", page)[0]
    assert [int(n) for n in re.findall(r">(\d+)</a>", row)] == [
        *(times.count(bucket) for bucket in range(6)),
        len([bucket for bucket in times if bucket is not None]),
    ]


def test_the_table_is_that_of_the_statistics(office: Office) -> None:
    street = furnished(office)
    browser = office.signed_in(ADMINISTRATOR)
    for by in By:
        rows = _rows(browser.get("/console", params={"by": by.value, "days": 30}).text)
        cases = street.of(Measure.RECEIVED, scope_of(office))
        assert set(rows) == {street.label(case, by) for case in cases}
        for name, (received, closed) in rows.items():
            here = [case for case in cases if street.label(case, by) == name]
            assert (received, closed) == (len(here), sum(case.status == "closed" for case in here))


def test_a_leader_sees_numbers_of_the_own_units_only(any_office: Office) -> None:
    street = furnished(any_office)
    for code in (GRID_LEADER, HEAD):
        posts = any_office.talk.bot.directory().posts_of(any_office.person(code).id or 0, local_day(NOW))
        units = visible_units(street.directory, posts)
        assert units is not None
        page = any_office.signed_in(code).get("/console?days=30").text
        received = street.of(Measure.RECEIVED, scope_of(any_office, units=units))
        assert dict(links(page))[_link(page, "received")] == len(received) > 0
        assert "只看您负责的范围" in page
        browser = any_office.signed_in(code)
        some = sorted(set(links(page)))[::15]
        assert [pair for pair in some if counted(browser, pair[0]) != pair[1]] == []


def test_who_leads_nothing_sees_no_board(office: Office) -> None:
    for code in (GRID_MEMBER, READER):
        assert office.signed_in(code).get("/console").status_code == 403


def test_no_number_of_the_board_is_without_a_link(office: Office) -> None:
    furnished(office)
    page = office.signed_in(ADMINISTRATOR).get("/console").text
    rest = LINK.sub("", page[page.index('<section class="present"') : page.index('<script type="application/json"')])
    rest = re.sub(r"<option.*?</option>|<h2.*?</h2>|<thead>.*?</thead>", "", rest, flags=re.DOTALL)
    assert re.findall(r">\s*/?\d+\s*<", rest) == []
    assert re.findall(r"(?:受理|办结|结案|咨询|建议|表扬|超期) *\d", rest) == []


def test_an_empty_street_has_no_rates(office: Office) -> None:
    page = office.signed_in(ADMINISTRATOR).get("/console").text
    assert "这段时间没有受理案件" in page
    assert '<span class="rate">–</span> <span class="parts">0/0</span>' in _without_links(page)
    assert page.count("上期没有可比的数") == 4
    assert {number for _address, number in links(page)} == {0}


def test_dates_in_the_address(office: Office) -> None:
    street = furnished(office)
    browser = office.signed_in(ADMINISTRATOR)
    today = local_day(NOW)
    for query, first, last in [
        ({"start": "2026-09-01", "end": "2026-09-07"}, "2026-09-01", "2026-09-07"),
        ({"start": "2026-09-01"}, "2026-09-01", today.isoformat()),
        ({"end": "2026-09-07"}, "2026-08-09", "2026-09-07"),
        ({"days": "7"}, "2026-09-14", today.isoformat()),
        (
            {"days": "", "start": "", "end": "", "unit": "", "class": "", "category": ""},
            "2026-08-22",
            today.isoformat(),
        ),
    ]:
        page = browser.get("/console", params=query).text
        scope = Scope(days_between(type(today).fromisoformat(first), type(today).fromisoformat(last)))
        assert f"{first} 至 {last}" in page
        assert dict(links(page))[_link(page, "received")] == len(street.of(Measure.RECEIVED, scope)) > 0


@pytest.mark.parametrize("query", NOT_UNDERSTOOD)
def test_no_question_makes_the_server_stumble(office: Office, query: str) -> None:
    assert office.signed_in(ADMINISTRATOR).get(f"/console?{query}").status_code == 422


def test_odd_but_clear_questions_get_an_empty_board(any_office: Office) -> None:
    furnished(any_office)
    browser = any_office.signed_in(ADMINISTRATOR)
    for query in (
        "unit=99999",
        "department=99999",
        "category=%00",
        "category=%F0%9F%98%80",
        "start=2026-09-09&end=2026-09-01",
    ):
        page = browser.get(f"/console?{query}")
        assert page.status_code == 200, query
        assert "这段时间没有受理案件" in page.text, query
    assert browser.get("/console?start=2000-01-01&end=2100-01-01").status_code == 200


def test_names_are_shown_as_they_are_and_run_nothing(office: Office) -> None:
    talk = office.talk
    with talk.bot.database.writing() as session:
        for number, unit in enumerate(session.exec(select(Unit)).all()):
            unit.name = (SCRIPT, FORMULA)[number % 2]
        session.exec(select(Person).where(Person.code == ADMINISTRATOR)).one().name = SCRIPT
        session.commit()
    talk.bot.directory.reload()
    furnished(office)
    for address in ("/console", "/console?by=grid", "/console/cases", f"/console/cases?category={SCRIPT}"[:40]):
        page = office.signed_in(ADMINISTRATOR).get(address).text
        assert SCRIPT not in page
        assert "<script>" not in page
    assert SCRIPT in unescape(office.signed_in(ADMINISTRATOR).get("/console").text)


def test_without_the_charts_the_tables_are_still_there(office: Office, tmp_path: Path) -> None:
    furnished(office)
    office.app.state.charts = tmp_path / "never-built.js"
    page = office.signed_in(ADMINISTRATOR).get("/console").text
    assert "<script" not in page
    assert 'class="chart"' not in page
    assert page.count('<details open class="figures">') == 2
    assert "<th>全程</th>" in page


@pytest.mark.parametrize(
    ("now", "before", "words"),
    [
        (Rate(1, 2), Rate(1, 4), "+25.0"),
        (Rate(1, 4), Rate(1, 2), "−25.0"),
        (Rate(1, 3), Rate(2, 6), "0.0"),
        (Rate(0, 0), Rate(1, 2), ""),
        (Rate(1, 2), Rate(0, 0), ""),
    ],
)
def test_the_change_is_in_percentage_points(now: Rate, before: Rate, words: str) -> None:
    assert change(now, before) == words


def test_the_middle_in_words() -> None:
    assert [median_words(bucket) for bucket in (None, 0, 4, 5)] == [
        "还没有",
        "一半在1小时内",
        "一半在7天内",
        "一半超过7天",
    ]
    assert percent(Rate(0, 0)) == "–"


def _charts(page: str) -> dict[str, Any]:
    found = re.findall(r'<script type="application/json" id="board-data">(.*?)</script>', page, re.DOTALL)
    return dict(json.loads(found[0]))


def _link(page: str, measure: str) -> str:
    """The first link of that measure in the cohort's cards."""
    return next(a for a, _n in links(page[page.index('<section class="cohort">') :]) if f"measure={measure}&" in a)


def _without_links(page: str) -> str:
    return re.sub(r"</?a\b[^>]*>", "", page)


def _rows(page: str) -> dict[str, tuple[int, int]]:
    """Received and closed of each line of the closure table."""
    table = _without_links(page[page.index('<table class="closure">') :])
    found = {}
    for name, cells in re.findall(r"<tr><th>([^<]*)</th><td>(.*?)</tr>", table, re.DOTALL):
        parts = re.findall(r'<span class="parts">(\d+)/(\d+)</span>', cells)
        found[unescape(name)] = (int(cells.split("<")[0]), int(parts[1][0]))
    return found
