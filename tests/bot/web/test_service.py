"""The office's pages of service days: plan, announce, see who comes, keep the ledger; only for their organisers."""

import datetime as dt
import re
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from data.models import (
    AccessLog,
    CalendarOverride,
    DayKind,
    ServiceDay,
    ServiceDayState,
    ServiceHours,
    ServicePost,
    SignUp,
)
from tests.bot.web.office import ADMINISTRATOR, GRID_MEMBER, HEAD, READER, Office
from tests.handlers.scenes import heard, private
from tests.handlers.service.scenes import LIANG, SATURDAY, WU, ZHAO, announced, at, drafted, ledger, name, unit_named
from tests.talking import Talk

HOME = "/console/service"
GRID_LEADER, OTHER_HEAD, DISTRICT_HEAD, COMMUNITY_STAFF = "p021", "p009", "p001", "p007"
COMMUNITY_HEAD = "p005"
HOSTILE = '<script>alert("x")</script>'
NONSENSE = ["", " ", "x", "-1", "0", "99999999999999999999", "１", "\x00", "2026-13-40", "25:99", HOSTILE, "好" * 5000]


@pytest.fixture
def winter(office: Office) -> Office:
    """The office on a November morning that stands still until a test moves it."""
    return in_november(office)


def in_november(office: Office) -> Office:
    talk = office.talk
    talk.bot = replace(talk.bot, clock=lambda: talk.now)
    at(talk, dt.date(2026, 11, 20), "10:00")
    return office


def planned(office: Office, browser: TestClient, **fields: object) -> int:
    form = {"unit": unit_named(office.talk, "HX"), "year": 2026, "quarter": 4, "count": 3, "weekday": 5} | fields
    return office.post(browser, f"{HOME}/plan", **form).status_code


def days(talk: Talk) -> list[ServiceDay]:
    return sorted(talk.rows(ServiceDay), key=lambda day: day.day)


def test_a_quarter_is_planned_edited_and_announced(any_office: Office) -> None:
    office, talk = in_november(any_office), any_office.talk
    browser = office.signed_in(COMMUNITY_HEAD)
    assert planned(office, browser, themes="清洁楼道\n\n入户走访") == 303
    first, second, third = days(talk)
    assert {(day.theme, day.state) for day in (first, third)} == {("清洁楼道", ServiceDayState.DRAFT)}
    page = browser.get(f"{HOME}?year=2026&quarter=4").text
    assert page.count('class="service-day"') == 3
    address = f"{HOME}/{second.id}"
    form = {"date": "2026-12-13", "theme": "慰问老人", "starts": "14:00", "ends": "16:30"}
    assert office.post(browser, f"{address}/change", **form).status_code == 303
    assert office.post(browser, f"{address}/posts", name="秩序维护", place="东门", capacity=3).status_code == 303
    assert office.post(browser, f"{address}/announce").status_code == 303
    assert private(talk, ZHAO, "报名 2").startswith("已报名：12月13日（周日）14:00至16:30，荷香社区：慰问老人，2号岗")
    assert office.post(browser, f"{HOME}/{first.id}/cancel").status_code == 303
    assert len(days(talk)) == 2
    assert "已报名 <b>1</b>/13" in browser.get(f"{HOME}?year=2026&quarter=4").text


def test_the_day_page_confirms_books_and_corrects(any_office: Office) -> None:
    office, talk = in_november(any_office), any_office.talk
    day_id = announced(talk)
    private(talk, ZHAO, "报名 1")
    private(talk, LIANG, "报名 1")
    at(talk, SATURDAY, "09:00")
    private(talk, ZHAO, "签到")
    browser, address = office.signed_in(COMMUNITY_HEAD), f"{HOME}/{day_id}"
    zhao, liang = sorted(talk.rows(SignUp), key=lambda answer: answer.id)
    assert "待确认" in browser.get(address).text
    assert office.post(browser, f"{address}/answers/{zhao.id}/confirm").status_code == 303
    assert office.post(browser, f"{address}/answers/{liang.id}/confirm").status_code == 422
    at(talk, SATURDAY, "11:00")
    private(talk, ZHAO, "签退")
    at(talk, SATURDAY, "13:00")
    form = {"starts": "09:00", "ends": "11:30", "reason": "忘了签退"}
    assert office.post(browser, f"{address}/answers/{liang.id}/hours", **form).status_code == 303
    assert "重叠" in office.post(browser, f"{address}/answers/{liang.id}/hours", **form).text
    assert office.post(browser, f"{address}/hours/1/correct", **form | {"reason": ""}).status_code == 422
    assert office.post(browser, f"{address}/hours/1/correct", **form | {"ends": "10:00"}).status_code == 303
    assert "更正过" in office.post(browser, f"{address}/hours/1/correct", **form).text
    assert office.post(browser, f"{address}/hours/3/correct", **form | {"void": "yes"}).status_code == 303
    assert [line[3] for line in ledger(talk)] == [120, 150, 60, 0]
    page = browser.get(address).text
    assert page.count('class="struck"') == 2
    assert "整条取消" in page
    assert private(talk, ZHAO, "我的服务").startswith("2026年服务时长：0小时")


def test_nobody_confirms_or_books_themselves_on_the_page(winter: Office) -> None:
    day_id = announced(winter.talk)
    private(winter.talk, "wang.xiuzhen", "报名 1")
    at(winter.talk, SATURDAY, "09:00")
    private(winter.talk, "wang.xiuzhen", "签到")
    browser, address = winter.signed_in(COMMUNITY_HEAD), f"{HOME}/{day_id}/answers/1"
    at(winter.talk, SATURDAY, "11:00")
    assert "/answers/1/" not in browser.get(f"{HOME}/{day_id}").text
    assert "不能自己确认" in winter.post(browser, f"{address}/confirm").text
    form = {"starts": "09:00", "ends": "10:00", "reason": "忘了"}
    assert "不能给自己记" in winter.post(browser, f"{address}/hours", **form).text
    assert winter.talk.rows(ServiceHours) == []
    assert winter.post(winter.signed_in(COMMUNITY_STAFF), f"{address}/hours", **form).status_code == 303


def test_a_day_that_became_a_holiday_is_marked_and_goes_on(winter: Office) -> None:
    talk, browser = winter.talk, winter.signed_in(COMMUNITY_HEAD)
    day_id = announced(talk)
    assert "节假日。" not in browser.get(f"{HOME}/{day_id}").text
    for kind, words in [(DayKind.HOLIDAY, "这一天现在是节假日"), (DayKind.WORKING, "这一天现在是调休上班日")]:
        with talk.bot.database.writing() as session:
            session.merge(CalendarOverride(day=SATURDAY, kind=kind, source="通知"))
            session.commit()
        talk.bot.directory.reload()
        assert words in browser.get(f"{HOME}/{day_id}").text
        assert words in browser.get(f"{HOME}?year=2026&quarter=4").text
    heard(at(talk, dt.date(2026, 11, 21), "09:00"))
    assert ZHAO in heard(at(talk, dt.date(2026, 12, 5), "09:00"))


def test_moving_and_cancelling_on_the_page_is_told(winter: Office) -> None:
    talk, browser = winter.talk, winter.signed_in(COMMUNITY_HEAD)
    day_id = announced(talk)
    private(talk, WU, "报名 1")
    form = {"date": "2026-12-13", "theme": "清洁楼道", "starts": "09:00", "ends": "11:30"}
    assert winter.post(browser, f"{HOME}/{day_id}/change", **form).status_code == 303
    assert "改为12月13日" in heard(talk)["wu.jianjun"][0]
    assert winter.post(browser, f"{HOME}/{day_id}/cancel").status_code == 303
    assert "取消了" in heard(talk)["wu.jianjun"][0]
    assert "已经取消" in winter.post(browser, f"{HOME}/{day_id}/change", **form).text
    assert "已取消" in browser.get(f"{HOME}/{day_id}").text


@pytest.mark.parametrize("who", [GRID_MEMBER, GRID_LEADER, READER, "p065", "p087"])
def test_who_organises_nothing_sees_nothing(winter: Office, who: str) -> None:
    day_id, browser = announced(winter.talk), winter.signed_in(who)
    assert browser.get(HOME).status_code == browser.get(f"{HOME}/{day_id}").status_code == 403
    assert planned(winter, browser) == 403
    assert winter.post(browser, f"{HOME}/{day_id}/cancel").status_code == 403


def test_another_community_is_another_house(winter: Office) -> None:
    talk = winter.talk
    day_id = announced(talk)
    private(talk, ZHAO, "报名 1")
    browser, address = winter.signed_in(OTHER_HEAD), f"{HOME}/{day_id}"
    assert browser.get(address).status_code == 403
    assert name(talk, ZHAO) not in browser.get(f"{HOME}?year=2026&quarter=4").text
    assert planned(winter, browser) == 403
    for step in ("change", "announce", "cancel", "posts", "posts/1", "posts/1/remove"):
        assert winter.post(browser, f"{address}/{step}").status_code == 403
    for step in ("answers/1/confirm", "answers/1/hours", "hours/1/correct"):
        form = {"starts": "09:00", "ends": "10:00", "reason": "x"}
        assert winter.post(browser, f"{address}/{step}", **form).status_code == 403
    assert [day.state for day in days(talk)] == [ServiceDayState.ANNOUNCED]


@pytest.mark.parametrize("who", [COMMUNITY_HEAD, COMMUNITY_STAFF, HEAD, DISTRICT_HEAD, ADMINISTRATOR])
def test_the_unit_and_those_above_see_who_comes_and_every_look_is_logged(winter: Office, who: str) -> None:
    day_id = announced(winter.talk)
    private(winter.talk, ZHAO, "报名 1")
    assert name(winter.talk, ZHAO) in winter.signed_in(who).get(f"{HOME}/{day_id}").text
    (look,) = winter.talk.rows(AccessLog)
    assert (look.what, look.reference, look.person_id) == ("service_day", day_id, winter.person(who).id)


def test_parts_of_another_day_are_not_reached_through_ones_own(winter: Office) -> None:
    talk = winter.talk
    own, foreign = announced(talk), announced(talk, unit="LD")
    private(talk, "deng.lihua", "报名 1")
    at(talk, SATURDAY, "09:30")
    private(talk, "deng.lihua", "签到")
    browser = winter.signed_in(COMMUNITY_HEAD)
    (post,) = [post for post in talk.rows(ServicePost) if post.service_day_id == foreign and post.number == 1]
    (answer,) = talk.rows(SignUp)
    for step in (f"posts/{post.id}/remove", f"answers/{answer.id}/confirm"):
        assert "不在了" in winter.post(browser, f"{HOME}/{own}/{step}").text
    assert talk.rows(SignUp)[0].confirmed_at is None
    assert len(talk.rows(ServicePost)) == 4


def test_a_form_that_is_not_from_our_page_changes_nothing(winter: Office) -> None:
    day_id, browser = drafted(winter.talk), winter.signed_in(ADMINISTRATOR)
    steps = ["change", "announce", "cancel", "posts", "posts/1", "posts/1/remove", "answers/1/confirm"]
    steps += ["answers/1/hours", "hours/1/correct"]
    for address in [f"{HOME}/plan", *(f"{HOME}/{day_id}/{step}" for step in steps)]:
        for token in ({}, {"form_token": "forged"}, {"form_token": "好"}):
            assert browser.post(address, data=token).status_code == 403
        assert winter.browser().post(address, data={}).status_code == 303  # to the sign-in
    assert [day.state for day in days(winter.talk)] == [ServiceDayState.DRAFT]
    assert len(winter.talk.rows(ServicePost)) == 2


def test_every_form_on_the_pages_carries_the_token(winter: Office) -> None:
    talk = winter.talk
    day_id = announced(talk)
    private(talk, ZHAO, "报名 1")
    at(talk, SATURDAY, "09:00")
    private(talk, ZHAO, "签到")
    browser = winter.signed_in(COMMUNITY_HEAD)
    for address in (HOME, f"{HOME}/{day_id}", f"{HOME}/{drafted(talk, dt.date(2026, 12, 19))}"):
        page = browser.get(address).text
        forms = re.findall(r'<form[^>]*method="post".*?</form>', page, re.DOTALL)
        assert len(forms) >= 2
        assert all('name="form_token"' in form for form in forms)
        assert not re.search(r"<script| style=| on\w+=", page)


def test_whatever_is_typed_is_refused_in_chinese_or_stored_as_text(any_office: Office) -> None:
    office = in_november(any_office)
    talk, browser = office.talk, office.signed_in(COMMUNITY_HEAD)
    day_id = announced(talk)
    private(talk, ZHAO, "报名 1")
    good = {
        "plan": {"unit": unit_named(talk, "HX"), "year": 2027, "quarter": 1, "count": 1, "weekday": 5, "themes": "x"},
        f"{day_id}/change": {"date": "2026-12-12", "theme": "清洁", "starts": "09:00", "ends": "11:00"},
        f"{day_id}/posts": {"name": "秩序", "place": "门口", "capacity": 2},
        f"{day_id}/answers/1/hours": {"starts": "09:00", "ends": "11:00", "reason": "忘了"},
    }
    for path, form in good.items():
        for field in form:
            for bad in NONSENSE:
                response = office.post(browser, f"{HOME}/{path}", **form | {field: bad})
                refused = (403,) if field == "unit" else ()  # a unit that is not theirs
                assert response.status_code in (303, 422, *refused), (path, field, bad)
                if response.status_code == 422:
                    assert "没有保存：" in response.text or 'class="alarm"' in response.text
                    assert HOSTILE not in response.text
    page = browser.get(f"{HOME}/{day_id}").text
    assert HOSTILE not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize("path", ["/0", "/-1", "/x", f"/{2**31}", "?year=1", "?quarter=5", "?year=9999999999999"])
def test_addresses_that_make_no_sense(winter: Office, path: str) -> None:
    assert winter.signed_in(ADMINISTRATOR).get(HOME + path).status_code == 422


@pytest.mark.parametrize(
    ("year", "quarter", "status"), [(2099, 4, 303), (2099, 1, 303), (2000, 1, 422), (2026, 3, 422)]
)
def test_far_years_are_planned_and_past_ones_are_not(winter: Office, year: int, quarter: int, status: int) -> None:
    browser = winter.signed_in(COMMUNITY_HEAD)
    assert planned(winter, browser, year=year, quarter=quarter) == status
    assert browser.get(f"{HOME}?year={year}&quarter={quarter}").status_code == 200


def test_a_day_that_is_gone_leads_back_to_the_list(winter: Office) -> None:
    browser = winter.signed_in(ADMINISTRATOR)
    for response in (browser.get(f"{HOME}/77"), winter.post(browser, f"{HOME}/77/cancel")):
        assert (response.status_code, response.headers["location"]) == (303, HOME)


def test_totals_show_units_never_people(winter: Office) -> None:
    talk = winter.talk
    day_id = announced(talk, capacity=9)
    for who in (ZHAO, LIANG, WU, "sun.hao", "li.guifang"):
        private(talk, who, "报名 1")
    at(talk, SATURDAY, "12:00")
    browser = winter.signed_in(COMMUNITY_HEAD)
    for number in range(1, 6):
        page = browser.get(f"{HOME}?year=2026&quarter=1").text
        assert "少于5人</td>" in page
        form = {"starts": "09:00", "ends": "11:30", "reason": "纸面签到"}
        assert winter.post(browser, f"{HOME}/{day_id}/answers/{number}/hours", **form).status_code == 303
    page = browser.get(f"{HOME}?year=2026&quarter=1").text
    assert "<td>5 人</td><td>12小时30分</td>" in page
    assert not [who for who in (ZHAO, LIANG, WU) if name(talk, who) in page]
    assert "少于5人</td>" not in winter.signed_in(OTHER_HEAD).get(f"{HOME}?year=2026&quarter=1").text


@pytest.mark.parametrize(("year", "quarter"), [(2000, 1), (2099, 4), (2026, 1), (2026, 4)])
def test_quarters_lead_to_their_neighbours(winter: Office, year: int, quarter: int) -> None:
    browser = winter.signed_in(ADMINISTRATOR)
    page = browser.get(f"{HOME}?year={year}&quarter={quarter}").text
    links = re.findall(r"year=(\d+)&amp;quarter=(\d)", page)
    near = {(y, q) for y, q in ((int(a), int(b)) for a, b in links)}
    flat = year * 4 + quarter - 1
    assert near == {divmod_quarter(n) for n in (flat - 1, flat + 1) if 2000 * 4 <= n < 2100 * 4}
    assert all(browser.get(f"{HOME}?year={y}&quarter={q}").status_code == 200 for y, q in near)


def divmod_quarter(flat: int) -> tuple[int, int]:
    return flat // 4, flat % 4 + 1
