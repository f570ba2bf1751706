"""The page of scheduled messages: who may use it, what it refuses without losing a word, what it says is coming."""

import re
from html import unescape
from typing import Any

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from data.models import ScheduledMessage
from handlers.message import Reach
from tests.bot.web.office import ADMINISTRATOR, GRID_MEMBER, HEAD, READER, Office
from tests.handlers.schedule import plans

HOME = "/console/schedule"
SCRIPT = "<script>alert('x')</script>"
FORM: dict[str, Any] = {
    "name": "季度报表",
    "text": "报表请于{截止日期}前报送，{还剩}截止。",
    "repeat": "monthly",
    "day": "31",
    "months": ["3", "6", "9", "12"],
    "days_before": "7,1,0",
    "on_holiday": "previous",
    "audience": ["group:1", "role:head"],
}


@pytest.fixture
def desk(office: Office) -> Office:
    """The office on the Monday the talk begins."""
    office.at_talks_time()
    return office


def _send(desk: Office, browser: TestClient, address: str, **fields: Any) -> Response:
    """A form with several ticked boxes of one name."""
    return browser.post(address, data=fields | {"form_token": desk.form_token(browser)})


def _saved(desk: Office, **fields: Any) -> TestClient:
    browser = desk.signed_in(ADMINISTRATOR)
    response = _send(desk, browser, f"{HOME}/new", **(FORM | fields))
    assert (response.status_code, response.headers["location"]) == (303, HOME)
    return browser


def _rows(office: Office) -> list[ScheduledMessage]:
    rows: list[ScheduledMessage] = office.talk.rows(ScheduledMessage)
    return rows


def _words(response: Response) -> str:
    """What somebody reads on the page."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", response.text)))


def test_a_definition_and_what_it_will_say(desk: Office) -> None:
    browser = _saved(desk)
    page = _words(browser.get(HOME))
    assert "3、6、9、12月最后一天 09:00，遇节假日提前，提前7天、1天提醒，当天再提醒" in page
    assert "发给：主要负责人、1个群。下次： 9月23日09:00" in page
    for day, left in (("9月23日 星期三", "还有7天"), ("9月29日 星期二", "明天"), ("9月30日 星期三", "今天")):
        assert f"2026年{day} 09:00 季度报表 报表请于9月30日前报送，{left}截止。 1 个群 清荷家园3号楼邻里群" in page
    assert page.count("个人 顾明川") == 3


def test_ninety_days_or_as_many_as_asked_for(desk: Office) -> None:
    browser = _saved(desk)
    assert "12月31日前" not in _words(browser.get(HOME))
    assert "12月31日前" in _words(browser.get(HOME, params={"days": 120}))
    assert browser.get(HOME, params={"days": 0}).status_code == 422
    assert browser.get(HOME, params={"days": 10**9}).status_code == 422


def test_a_long_preview_says_how_much_more_there_is(desk: Office) -> None:
    browser = _saved(desk, repeat="daily", months=[], days_before="5,4,3,2,1,0", on_holiday="send")
    page = browser.get(HOME)
    assert page.text.count("<article>") == 500
    assert "一共 540 条，这里列出最近的 500 条。" in _words(page)


def test_who_gets_nothing_is_said(desk: Office) -> None:
    plans.only_listens(desk.talk, "g001")
    desk.talk.channel.reaches[plans.account_of(desk.talk, "p001")] = Reach.NONE
    page = _words(_saved(desk, audience=["group:1", "person:1", "person:2"]).get(HOME))
    assert "1 个群还在试听，不发 清荷家园3号楼邻里群" in page
    assert "1 个人没有可达的私聊，收不到 顾明川" in page
    assert "1 个人 沈若兰" in page


def test_change_pause_resume_delete(desk: Office) -> None:
    browser = _saved(desk)
    address = f"{HOME}/{_rows(desk)[0].id}"
    assert 'value="季度报表"' in browser.get(address).text
    assert _send(desk, browser, address, **(FORM | {"name": "年报", "months": ["12"]})).status_code == 303
    assert [(row.name, row.months) for row in _rows(desk)] == [("年报", ["12"])]
    assert _send(desk, browser, f"{address}/pause").status_code == 303
    assert "已暂停" in (page := _words(browser.get(HOME)))
    assert "没有要发的。" in page
    assert _send(desk, browser, f"{address}/resume").status_code == 303
    assert "已暂停" not in _words(browser.get(HOME))
    assert _send(desk, browser, f"{address}/delete").status_code == 303
    assert _rows(desk) == []
    for step in ("/pause", "/resume", "/delete", ""):
        assert _send(desk, browser, address + step, **FORM).status_code in (303, 422)
    assert (browser.get(address).status_code, _rows(desk)) == (303, [])


def test_a_definition_deleted_meanwhile_keeps_what_was_typed(desk: Office) -> None:
    browser = desk.signed_in(ADMINISTRATOR)
    response = _send(desk, browser, f"{HOME}/77", **FORM)
    assert response.status_code == 422
    assert f'action="{HOME}/new"' in response.text
    assert FORM["text"] in response.text


def test_nothing_typed_is_lost(desk: Office) -> None:
    browser = desk.signed_in(ADMINISTRATOR)
    typed = FORM | {
        "name": '"名称">' + SCRIPT,
        "text": f"\n\n两行\n{SCRIPT}{{谁}}",
        "at": "24:00",
        "quiet_from": "25:00",
    }
    typed |= {"day": "40", "months": ["2"], "weekdays": ["3"], "days_before": "=1+1", "until": "明天", "unit": "3"}
    typed |= {"audience": ["role:head", "members", "group:2", "person:3"], "on_day": "2026-13-01", "nth": "2"}
    response = _send(desk, browser, f"{HOME}/new", **typed)
    assert response.status_code == 422
    kept = _fields(response.text)
    for name, value in typed.items():
        assert kept[name] == ([value] if isinstance(value, str) else value), name
    assert SCRIPT not in response.text
    problems = re.findall(r'class="problem">([^<]*)<', response.text)
    for wanted in (
        "没有变量 {谁}",
        "没有 24:00 这个时间",
        "没有 25:00 这个时间",
        "没有这一天",
        "请写提前几天",
        "1 到 31",
    ):
        assert any(wanted in unescape(problem) for problem in problems), wanted
    assert _rows(desk) == []


def _fields(page: str) -> dict[str, list[str]]:
    """What a browser would send back from the page."""
    form = page[page.index('class="definition"') :]
    found: dict[str, list[str]] = {}
    for tag in re.findall(r"<input [^>]*>", form):
        values = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if values.get("type") not in ("checkbox", "radio") or tag.endswith(" checked>"):
            found.setdefault(values["name"], []).append(unescape(values["value"]))
    for name, options in re.findall(r'<select name="(\w+)">(.*?)</select>', form, re.S):
        found[name] = [unescape(value) for value in re.findall(r'value="([^"]*)" selected', options)]
    for name, value in re.findall(r'<textarea name="(\w+)"[^>]*>\n(.*?)</textarea>', form, re.S):
        found[name] = [unescape(value)]
    found["audience"] = sorted(found["audience"], key=["role:head", "members", "group:2", "person:3"].index)
    return found


def test_markup_and_formulas_are_harmless(desk: Office) -> None:
    words = f"=1+1 {SCRIPT} <b>粗</b> & \" '"
    browser = _saved(desk, name=words[:40], text=words)
    for address in (HOME, f"{HOME}/{_rows(desk)[0].id}"):
        page = browser.get(address).text
        assert "<script" not in page
        assert "<b>粗" not in page
        assert words in unescape(page)


IMPOSSIBLE: list[dict[str, Any]] = [
    {"name": "a\x00b"},
    {"text": "a\x00b"},
    {"text": "字" * 100_000},
    {"name": "长" * 10_000},
    {"unit": "9" * 30},
    {"unit": "\x00"},
    {"audience": ["group:-1"]},
    {"audience": ["person:1\x00"]},
    {"repeat": "\x00"},
    {"day": "٣"},
    {"days_before": "1e9"},
    {"at": ""},
    {"until": "10000-01-01"},
    {"months": ["1", "1", "0"]},
]


@pytest.mark.parametrize("fields", IMPOSSIBLE, ids=[str(n) for n in range(len(IMPOSSIBLE))])
def test_what_cannot_be_stored_is_refused_with_words(desk: Office, fields: dict[str, Any]) -> None:
    response = _send(desk, desk.signed_in(ADMINISTRATOR), f"{HOME}/new", **(FORM | fields))
    assert response.status_code == 422
    assert 'class="problem"' in response.text
    assert _rows(desk) == []


def test_odd_requests(desk: Office) -> None:
    browser = desk.signed_in(ADMINISTRATOR)
    own = {"form_token": desk.form_token(browser)}
    assert browser.post(f"{HOME}/new", data=own).status_code == 422
    upload = browser.post(f"{HOME}/new", data=FORM | own, files={"text": ("x.txt", b"words")})
    assert upload.status_code == 303
    assert _rows(desk)[0].text == FORM["text"]
    for address in ("0", "-1", str(2**31), "x", "new/pause", "1/explode"):
        assert _send(desk, browser, f"{HOME}/{address}", **FORM).status_code in (404, 405, 422)
    assert browser.get(f"{HOME}/{2**31}").status_code == 422


ADDRESSES = ("/new", "/1", "/1/pause", "/1/resume", "/1/delete")


@pytest.mark.parametrize("code", [HEAD, GRID_MEMBER, READER])
def test_only_the_administrator(desk: Office, code: str) -> None:
    _saved(desk)
    browser = desk.signed_in(code)
    for address in ("", "/new", "/1"):
        assert browser.get(HOME + address).status_code == 403
    for address in ADDRESSES:
        assert _send(desk, browser, HOME + address, **(FORM | {"name": "别人的"})).status_code == 403
    assert [(row.name, row.active) for row in _rows(desk)] == [("季度报表", True)]


def test_a_forged_form(desk: Office) -> None:
    browser = _saved(desk)
    others = desk.form_token(desk.signed_in(HEAD))
    for token in ("", "x", others):
        for address in ADDRESSES:
            forged = FORM | {"name": "假的", "form_token": token}
            assert browser.post(HOME + address, data=forged).status_code == 403
    assert [(row.name, row.active) for row in _rows(desk)] == [("季度报表", True)]


def test_on_both_databases(any_office: Office) -> None:
    desk = any_office
    desk.at_talks_time()
    browser = _saved(desk)
    again = _send(desk, browser, f"{HOME}/new", **FORM)
    assert again.status_code == 422
    assert "已经有一条同名的定时消息" in again.text
    assert _send(desk, browser, f"{HOME}/new", **(FORM | {"name": "a\x00"})).status_code == 422
    assert "季度报表" in browser.get(HOME).text
    assert plans.passes(desk.talk, "2026-09-24 00:00")[0] == (
        "2026-09-23 09:00",
        "报表请于9月30日前报送，还有7天截止。",
    )
