"""Signing in to the console: what gets in, what does not, and how long it lasts."""

import datetime as dt
import time
from http.cookies import SimpleCookie

from itsdangerous import TimestampSigner, URLSafeTimedSerializer
from sqlmodel import col, select
from starlette.testclient import TestClient

from bot.web.sign_in import COOKIE, SESSION_SECONDS, make_login
from bot.web.task_page import link_signer
from data.models import Login, Person, Post
from tests.bot.web.office import ADMINISTRATOR, HEAD, Office

LONG_AGO = dt.date(2020, 1, 1)
ODD = [("\x00", "x"), (ADMINISTRATOR + "\x00", "\x00"), ("楼🙂" * 50_000, "楼🙂" * 50_000), ("' OR 1=1 --", "x")]


def _cookie(office: Office, browser: TestClient) -> str:
    """Sign in by the front door; the header that sets the session."""
    form = {"username": ADMINISTRATOR, "password": office.password(ADMINISTRATOR)}
    response = browser.post("/sign-in", data=form)
    assert (response.status_code, response.headers["location"]) == (303, "/console")
    return str(response.headers["set-cookie"])


def _with_session(office: Office, value: str) -> TestClient:
    browser = office.browser()
    browser.cookies.set(COOKIE, value)
    return browser


def _key(office: Office) -> str:
    return office.talk.bot.settings.signing_key.get_secret_value()


def test_the_right_password_opens_the_console(any_office: Office) -> None:
    browser = any_office.browser()
    _cookie(any_office, browser)
    page = browser.get("/console")
    assert page.status_code == 200
    assert any_office.person(ADMINISTRATOR).name in page.text


def test_the_cookie_is_for_this_site_and_no_script(office: Office) -> None:
    morsel = SimpleCookie(_cookie(office, office.browser()))[COOKIE]
    assert (morsel["httponly"], morsel["samesite"], morsel["max-age"]) == (True, "strict", str(SESSION_SECONDS))
    assert morsel["secure"] == ""
    assert SimpleCookie(_cookie(office, office.browser("https://testserver")))[COOKIE]["secure"] is True


def test_a_wrong_password_and_an_unknown_name_look_the_same(office: Office) -> None:
    office.password(ADMINISTRATOR)
    tries = [(ADMINISTRATOR, "wrong"), ("nobody", "wrong")]
    pages = [office.browser().post("/sign-in", data={"username": n, "password": p}) for n, p in tries]
    assert {page.status_code for page in pages} == {403}
    assert len({page.text for page in pages}) == 1
    assert "用户名或密码不对" in pages[0].text
    assert all("set-cookie" not in page.headers for page in pages)


def test_no_form_makes_the_server_stumble(any_office: Office) -> None:
    any_office.password(ADMINISTRATOR)
    for username, password in ODD:
        form = {"username": username, "password": password}
        assert any_office.browser().post("/sign-in", data=form).status_code in (400, 403), username[:9]


def test_half_a_form_is_refused(office: Office) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    for body in (b"", b"username=a", b"password=a", b"\xff\xfe", b"username=%ff&password=%ff"):
        answer = office.browser().post("/sign-in", content=body, headers=headers)
        assert answer.status_code in (400, 403, 422), body


def test_a_made_up_session_is_none(office: Office) -> None:
    for value in ("", "x", "1", "ImFhIg.aaaa.bbbb", "é", "." * 1_000):
        response = office.browser().get("/console", headers={b"cookie": f"{COOKIE}={value}".encode()})
        assert (response.status_code, response.headers["location"]) == (303, "/sign-in"), value


def test_a_changed_session_is_none(office: Office) -> None:
    value = SimpleCookie(_cookie(office, office.browser()))[COOKIE].value
    assert _with_session(office, value).get("/console").status_code == 200
    for changed in ("A" + value, value[:-2] + "AA", value.replace(".", "A", 1)):
        assert _with_session(office, changed).get("/console").status_code == 303


def test_the_key_of_a_task_link_opens_no_console(office: Office) -> None:
    person = str(office.person(ADMINISTRATOR).id)
    link = str(link_signer(_key(office)).dumps(person))
    assert _with_session(office, link).get("/console").status_code == 303


def test_a_session_ends_after_its_hours(office: Office) -> None:
    class Earlier(TimestampSigner):
        def get_timestamp(self) -> int:
            return int(time.time()) - SESSION_SECONDS - 60

    serializer = URLSafeTimedSerializer(_key(office), salt="session", signer=Earlier)
    value = str(serializer.dumps(str(office.person(ADMINISTRATOR).id)))
    assert _with_session(office, value).get("/console").status_code == 303


def test_a_post_that_ended_opens_nothing_more(office: Office) -> None:
    """Without a new sign-in: the posts are looked up at every request."""
    browser, bot = office.signed_in(HEAD), office.talk.bot
    assert browser.get("/console").status_code == 200
    with bot.database.writing() as session:
        for post in session.exec(select(Post).where(Post.person_id == office.person(HEAD).id)):
            post.until = LONG_AGO + dt.timedelta(days=1)
            post.since = LONG_AGO
        session.commit()
    bot.directory.reload()
    assert browser.get("/console").status_code == 403


def test_a_person_who_is_gone_is_not_signed_in(office: Office) -> None:
    browser, bot = office.signed_in(ADMINISTRATOR), office.talk.bot
    del bot.directory().people[office.person(ADMINISTRATOR).id or 0]
    assert browser.get("/console").status_code == 303


def test_signing_out(office: Office) -> None:
    browser = office.browser()
    _cookie(office, browser)
    assert browser.post("/sign-out").headers["location"] == "/sign-in"
    assert browser.get("/console").status_code == 303


def test_a_new_password_replaces_the_old_one(office: Office) -> None:
    old, bot = office.password(ADMINISTRATOR), office.talk.bot
    with bot.database.writing() as session:
        new = make_login(session, office.person(ADMINISTRATOR).id or 0, ADMINISTRATOR)
        session.commit()
    with bot.database.reading() as session:
        logins = session.exec(select(Login).join(Person).where(col(Person.code) == ADMINISTRATOR)).all()
    assert len(logins) == 1
    assert new not in logins[0].password_hash
    answers = [office.browser().post("/sign-in", data={"username": ADMINISTRATOR, "password": p}) for p in (old, new)]
    assert [answer.status_code for answer in answers] == [403, 303]
