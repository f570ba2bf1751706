"""Cases in doubt: the category or the place is decided by a person, and what follows from it."""

import datetime as dt
import re
from dataclasses import replace

import pytest

from classifiers import Thresholds
from data.models import CaseStatus, ClockAction, Correction
from tests.bot.web.office import ADMINISTRATOR, HEAD, Office
from tests.bot.web.triage_scenes import (
    GRID_LEADER,
    NEIGHBOUR,
    PAGE,
    corrections,
    decide,
    doubtful,
)


@pytest.mark.parametrize(
    ("confidence", "shown"), [(Thresholds().category - 0.01, True), (Thresholds().category, False)]
)
def test_a_guessed_category_is_shown_below_the_classifiers_own_line(
    any_office: Office, confidence: float, shown: bool
) -> None:
    doubtful(any_office, category=confidence)
    page = any_office.signed_in(GRID_LEADER).get(PAGE).text
    assert ("楼道灯坏了" in page) is shown


def test_the_category_was_right(any_office: Office) -> None:
    talk = doubtful(any_office)
    before = talk.case()
    browser = any_office.signed_in(GRID_LEADER)
    form = {"category": before.category_code, "shown": before.category_code}
    assert "类别没有错" in decide(any_office, browser, "cases/1001/category", **form)
    assert corrections(talk) == [("category", before.category_code, before.category_code)]
    after = talk.case()
    assert (after.category_code, after.due_at) == (before.category_code, before.due_at)
    assert "现在没有要判断的" in browser.get(PAGE).text


def test_another_category_changes_department_and_limit_but_not_whose_task_it_is(any_office: Office) -> None:
    talk = doubtful(any_office)
    talk.say("zhao.haitao", "接1001", group=None)
    before = talk.case()
    talk.now += dt.timedelta(hours=2)
    browser = any_office.signed_in(GRID_LEADER)
    form = {"category": "M05", "shown": before.category_code}
    assert "类别已改" in decide(any_office, browser, "cases/1001/category", **form)
    after = talk.case()
    assert (after.category_code, after.status, after.unit_id) == ("M05", CaseStatus.ACCEPTED, before.unit_id)
    assert (before.co_units, after.co_units) == (["power"], ["housing"])
    assert (after.due_at, after.next_action) != (before.due_at, None)
    assert after.due_at == after.original_due_at
    assert (after.due_at - talk.now).days in range(18, 28)  # fifteen working days from the report
    assert corrections(talk) == [("category", before.category_code, "M05")]
    name = talk.bot.directory().categories["M05"].name
    assert any(f"1001 的类别改为{name}" in text for text in talk.told("zhao.haitao"))
    assert f"李桂芳判断：类别由供电照明改为{name}" in browser.get("/console/cases/1001").text


def test_a_limit_that_is_over_already_starts_now(office: Office) -> None:
    talk = doubtful(office)
    talk.now += dt.timedelta(days=3)
    form = {"category": "M01", "shown": "M02"}  # within 24 hours
    decide(office, office.signed_in(GRID_LEADER), "cases/1001/category", **form)
    assert talk.case().due_at == talk.now + dt.timedelta(hours=24)
    assert talk.case().next_action is ClockAction.REMIND


def test_what_a_person_put_off_or_handed_on_stays_so(office: Office) -> None:
    talk = doubtful(office)
    talk.say("zhao.haitao", "接1001", group=None)
    talk.say("zhao.haitao", "延期 1001 3天 等配件", group=None)
    talk.say("zhao.haitao", "转 1001 供电 线路问题", group=None)
    before = talk.case()
    form = {"category": "M05", "shown": "M02"}
    decide(office, office.signed_in(GRID_LEADER), "cases/1001/category", **form)
    after = talk.case()
    assert (after.due_at, after.original_due_at) == (before.due_at, before.original_due_at)
    assert (after.category_code, after.lead_department_id) == ("M05", before.lead_department_id)


def test_discipline_is_no_category_to_choose(office: Office) -> None:
    talk = doubtful(office)
    browser = office.signed_in(ADMINISTRATOR)
    page = browser.get(PAGE).text
    assert 'value="M05"' in page
    assert re.findall(r'value="D\d\d"', page) == []
    for code in ("D01", "X99"):
        assert "已有人处理" in decide(office, browser, "cases/1001/category", category=code, shown="M02")
    assert talk.rows(Correction) == []


def test_a_case_that_is_over_is_decided_no_more(office: Office) -> None:
    talk = doubtful(office)
    browser = office.signed_in(HEAD)
    talk.say("r001", "撤回 1001", group=None)
    assert "楼道灯" not in browser.get(PAGE).text
    assert "已有人处理" in decide(office, browser, "cases/1001/category", category="M05", shown="M02")
    assert talk.rows(Correction) == []


def test_a_neighbour_decides_nothing_here(office: Office) -> None:
    talk = doubtful(office)
    browser = office.signed_in(NEIGHBOUR)
    assert "楼道灯" not in browser.get(PAGE).text
    assert "已有人处理" in decide(office, browser, "cases/1001/category", category="M05", shown="M02")
    assert talk.rows(Correction) == []


def test_a_place_that_nobody_named_is_given_by_hand(any_office: Office) -> None:
    talk = any_office.at_talks_time()
    # A group of several buildings: the words alone do not tell which one.
    groups = talk.bot.directory()
    group = next(g for g in groups.groups.values() if len(groups.group_buildings[g.id or 0]) > 1)
    talk.say("r001", "楼道灯坏了三天了，没人管", group=group.platform_id)
    case = talk.case()
    assert (case.building_id, case.place_text) == (None, "")
    browser = any_office.signed_in(ADMINISTRATOR)
    page = browser.get(PAGE).text
    building = re.findall(r'<option value="(\d+)">', page)[0]
    assert "位置已定" in decide(any_office, browser, "cases/1001/place", building=building)
    placed = talk.case()
    assert (placed.building_id, placed.place_source) == (int(building), "staff")
    assert placed.unit_id == groups.buildings[int(building)].unit_id
    assert "已有人处理" in decide(any_office, browser, "cases/1001/place", building=building)


def test_a_building_of_elsewhere_is_no_place_of_this_case(office: Office) -> None:
    doubtful(office)
    assert "已有人处理" in decide(office, office.signed_in(ADMINISTRATOR), "cases/1001/place", building=1)


def test_an_office_decides_what_is_a_guess(office: Office) -> None:
    """Its own table of costs reaches the list through the policy."""
    talk = doubtful(office, category=0.7)
    assert "楼道灯坏了" not in office.signed_in(GRID_LEADER).get(PAGE).text
    talk.bot = replace(talk.bot, policy=replace(talk.bot.policy, unsure_category=0.8))
    stricter = Office(talk)
    assert "楼道灯坏了" in stricter.signed_in(GRID_LEADER).get(PAGE).text
