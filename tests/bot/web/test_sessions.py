"""The page 登录情况: who is signed in since when, and how a session is ended from there."""

import re
from html import unescape

from data.models import LoginSession
from tests.bot.web.office import ADMINISTRATOR, GRID_MEMBER, HEAD, READER, Office

PAGE = "/console/sessions"


def _key_hash(office: Office, code: str) -> str:
    """The session of somebody who has one."""
    person = office.person(code).id
    return next(str(row.key_hash) for row in office.talk.rows(LoginSession) if row.person_id == person)


def test_the_page_names_everybody_who_is_signed_in(any_office: Office) -> None:
    browser = any_office.signed_in(ADMINISTRATOR)
    for code in (HEAD, HEAD, READER):
        any_office.signed_in(code)
    page = re.sub(r"<[^>]*>", "", unescape(browser.get(PAGE).text))
    for code, times in ((HEAD, 2), (READER, 1), (ADMINISTRATOR, 1)):
        assert f"{any_office.person(code).name} {times} 处登录" in page
    assert any_office.person(GRID_MEMBER).name not in page
    assert page.count("（就是这里）") == 1


def test_one_session_is_ended(any_office: Office) -> None:
    browser, leaver = any_office.signed_in(ADMINISTRATOR), any_office.signed_in(HEAD)
    ended = _key_hash(any_office, HEAD)
    stayer = any_office.signed_in(HEAD)
    answer = any_office.post(browser, f"{PAGE}/end", key_hash=ended)
    assert (answer.status_code, answer.headers["location"]) == (303, PAGE)
    assert [one.get("/console").status_code for one in (leaver, stayer)] == [303, 200]
    assert "1 处登录" in browser.get(PAGE).text


def test_a_person_is_out_everywhere(any_office: Office) -> None:
    browser = any_office.signed_in(ADMINISTRATOR)
    leavers = [any_office.signed_in(HEAD) for _ in range(3)]
    assert any_office.post(browser, f"{PAGE}/end-all", person_id=any_office.person(HEAD).id).status_code == 303
    assert {one.get("/console").status_code for one in leavers} == {303}
    assert browser.get("/console").status_code == 200


def test_an_ended_session_stays_ended_at_the_moment_it_ended(office: Office) -> None:
    browser = office.signed_in(ADMINISTRATOR)
    office.signed_in(HEAD)
    ended = _key_hash(office, HEAD)
    moments = []
    for _ in range(2):
        office.post(browser, f"{PAGE}/end", key_hash=ended)
        moments += [row.revoked_at for row in office.talk.rows(LoginSession) if row.key_hash == ended]
    assert moments[0] == moments[1] is not None


def test_no_session_is_ended_without_the_pages_own_form(office: Office) -> None:
    browser, other = office.signed_in(ADMINISTRATOR), office.signed_in(HEAD)
    forms = {"end": {"key_hash": _key_hash(office, HEAD)}, "end-all": {"person_id": office.person(HEAD).id}}
    for path, form in forms.items():
        for token in ("", "x", office.form_token(other)):
            answer = browser.post(f"{PAGE}/{path}", data={**form, "form_token": token})
            assert (answer.status_code, "已经过期" in answer.text) == (403, True)
    assert other.get("/console").status_code == 200


def test_no_form_makes_the_server_stumble(office: Office) -> None:
    browser = office.signed_in(ADMINISTRATOR)
    for value in ("", "x", "\x00", "f" * 63, "F" * 64, "f" * 65):
        assert office.post(browser, f"{PAGE}/end", key_hash=value).status_code == 422, value
    for number in ("", "x", "0", "-1", "9" * 12):
        assert office.post(browser, f"{PAGE}/end-all", person_id=number).status_code == 422, number
    assert office.post(browser, f"{PAGE}/end", key_hash="f" * 64).status_code == 303
