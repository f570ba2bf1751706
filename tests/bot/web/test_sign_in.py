"""Signing in to the console: what gets in, what does not, how long it lasts, and how it ends."""

import datetime as dt
from dataclasses import replace
from http.cookies import SimpleCookie

import pytest
from itsdangerous import Signer
from sqlmodel import col, select
from starlette.testclient import TestClient

from bot.web import sessions
from bot.web.sign_in import COOKIE, FORM_COOKIE, make_login, session_keys
from bot.web.task_page import link_signer
from data.models import Login, LoginSession, Person, Post, SignInFailure
from tests.bot.web.office import ADMINISTRATOR, GRID_MEMBER, HEAD, OWN_TOKEN, READER, Office

LONG_AGO = dt.date(2020, 1, 1)
ODD = [("\x00", "x"), (ADMINISTRATOR + "\x00", "\x00"), ("楼🙂" * 9_000, "楼🙂" * 9_000), ("' OR 1=1 --", "x")]
QUARTER = dt.timedelta(minutes=15)


class Watch:
    """The bot's clock, set by hand."""

    def __init__(self) -> None:
        self.now = dt.datetime.now(dt.UTC)

    def __call__(self) -> dt.datetime:
        return self.now


@pytest.fixture
def watch(office: Office) -> Watch:
    watch = Watch()
    office.talk.bot = replace(office.talk.bot, clock=watch)
    return watch


def _cookie(office: Office, browser: TestClient, code: str = ADMINISTRATOR) -> str:
    """Sign in by the front door; the header that sets the session."""
    response = office.sign_in(browser, code, office.password(code))
    assert (response.status_code, response.headers["location"]) == (303, "/console")
    return str(response.headers["set-cookie"])


def _with_session(office: Office, value: str) -> TestClient:
    browser = office.browser()
    browser.cookies.set(COOKIE, value)
    return browser


def _key(office: Office) -> str:
    return office.talk.bot.settings.signing_key.get_secret_value()


def _is_in(browser: TestClient) -> bool:
    answer = browser.get("/console/sessions")
    if answer.status_code == 303:
        assert answer.headers["location"] == "/sign-in"
    return answer.status_code == 200


def _wrong(office: Office, name: str, times: int) -> list[int]:
    browser = office.browser()
    return [office.sign_in(browser, name, f"wrong {n}").status_code for n in range(times)]


def test_the_right_password_opens_the_console(any_office: Office) -> None:
    browser = any_office.browser()
    _cookie(any_office, browser)
    page = browser.get("/console")
    assert page.status_code == 200
    assert any_office.person(ADMINISTRATOR).name in page.text


def test_who_may_not_see_the_board_starts_elsewhere(office: Office) -> None:
    for code, first in ((READER, "/console/sealed"), (HEAD, "/console"), (GRID_MEMBER, "/console")):
        answer = office.sign_in(office.browser(), code, office.password(code))
        assert (answer.status_code, answer.headers["location"]) == (303, first)


def test_the_cookie_is_for_this_site_and_no_script(office: Office) -> None:
    morsel = SimpleCookie(_cookie(office, office.browser()))[COOKIE]
    lasts = str(int(sessions.LASTS.total_seconds()))
    assert (morsel["httponly"], morsel["samesite"], morsel["max-age"]) == (True, "strict", lasts)
    assert morsel["secure"] == ""
    assert SimpleCookie(_cookie(office, office.browser("https://testserver")))[COOKIE]["secure"] is True


def test_behind_a_proxy_that_ends_https_the_cookie_is_secure_too(office: Office) -> None:
    settings = office.talk.bot.settings.model_copy(update={"public_url": "https://street.test"})
    office.talk.bot = replace(office.talk.bot, settings=settings)
    cookies = SimpleCookie(office.browser().get("/sign-in").headers["set-cookie"])
    assert cookies[FORM_COOKIE]["secure"] is True


def test_the_table_of_sessions_opens_nothing(office: Office) -> None:
    """Whoever reads the database finds a hash there, and no cookie can be made of it."""
    office.signed_in(ADMINISTRATOR)
    found = office.talk.rows(LoginSession)[0].key_hash
    keys = session_keys(office.talk.bot)
    for value in (found, keys.cookie(found)):
        assert not _is_in(_with_session(office, value))


def test_a_wrong_password_and_an_unknown_name_look_the_same(office: Office) -> None:
    office.password(ADMINISTRATOR)
    pages = [office.sign_in(office.browser(), name, "wrong") for name in (ADMINISTRATOR, "nobody")]
    assert {page.status_code for page in pages} == {403}
    assert len({OWN_TOKEN.sub("", page.text) for page in pages}) == 1
    assert "用户名或密码不对" in pages[0].text
    assert all(COOKIE not in page.headers["set-cookie"] for page in pages)


@pytest.mark.parametrize("name", [ADMINISTRATOR, "nobody"])
def test_after_five_wrong_passwords_a_name_rests_a_quarter_of_an_hour(office: Office, watch: Watch, name: str) -> None:
    """Known or not; the right password does not help either, and it is not asked for in vain for ever."""
    password = office.password(ADMINISTRATOR)
    assert _wrong(office, name, 7) == [403] * 5 + [429] * 2
    refused = office.sign_in(office.browser(), name, password)
    assert (refused.status_code, "15分钟后再试" in refused.text) == (429, True)
    watch.now += QUARTER
    assert office.sign_in(office.browser(), name, password).status_code == (303 if name == ADMINISTRATOR else 403)


def test_another_name_is_not_held_up(office: Office) -> None:
    password = office.password(HEAD)
    assert _wrong(office, ADMINISTRATOR, 6)[-1] == 429
    assert office.sign_in(office.browser(), HEAD, password).status_code == 303


def test_the_right_password_clears_the_slips_before_it(any_office: Office) -> None:
    password = any_office.password(ADMINISTRATOR)
    for _ in range(3):
        assert _wrong(any_office, ADMINISTRATOR, 4) == [403] * 4
        assert any_office.sign_in(any_office.browser(), ADMINISTRATOR, password).status_code == 303
    assert any_office.talk.rows(SignInFailure) == []


def test_what_was_typed_as_a_name_is_not_stored(office: Office) -> None:
    """Neither as it is nor as a hash that could be found by trying passwords."""
    office.sign_in(office.browser(), "my secret password", "x")
    stored = office.talk.rows(SignInFailure)[0].name_hash
    assert stored not in ("my secret password", sessions.hash_of("my secret password"))


def test_nobody_is_signed_in_from_another_site(office: Office) -> None:
    """A form that was not fetched by this browser signs nobody in, not even with the right password."""
    form = {"username": ADMINISTRATOR, "password": office.password(ADMINISTRATOR)}
    elsewhere = OWN_TOKEN.findall(office.browser().get("/sign-in").text)[0]
    browser = office.browser()
    browser.get("/sign-in")
    for token in ({}, {"form_token": ""}, {"form_token": "x"}, {"form_token": elsewhere}):
        answer = browser.post("/sign-in", data=form | token)
        assert (answer.status_code, "已经过期" in answer.text) == (403, True)
        assert COOKIE not in browser.cookies
    without_cookie = office.browser().post("/sign-in", data=form | {"form_token": elsewhere})
    assert without_cookie.status_code == 403
    assert office.talk.rows(SignInFailure) == []


def test_no_form_makes_the_server_stumble(any_office: Office) -> None:
    any_office.password(ADMINISTRATOR)
    for username, password in ODD:
        assert any_office.sign_in(any_office.browser(), username, password).status_code in (400, 403), username[:9]


def test_half_a_form_is_refused(office: Office) -> None:
    urlencoded = "application/x-www-form-urlencoded"
    multipart = "multipart/form-data; charset=raw_unicode_escape; boundary=x"
    parts = (b"username", b"password", b"form_token")
    half_characters = b"".join(
        b'--x\r\nContent-Disposition: form-data; name="%b"\r\n\r\n\\ud800\r\n' % part for part in parts
    )
    bodies = [(urlencoded, b) for b in (b"", b"username=a", b"password=a", b"\xff\xfe", b"username=%ff&password=%ff")]
    browser = office.browser()
    browser.get("/sign-in")
    for kind, body in [*bodies, (multipart, half_characters + b"--x--\r\n")]:
        answer = browser.post("/sign-in", content=body, headers={"content-type": kind})
        assert answer.status_code in (400, 403, 422), body


def test_a_made_up_session_is_none(office: Office) -> None:
    for value in ("", "x", "1", "ImFhIg.aaaa.bbbb", "é", "." * 1_000, Signer("another key", salt="session").sign("x")):
        text = value if isinstance(value, str) else value.decode()
        response = office.browser().get("/console", headers={b"cookie": f"{COOKIE}={text}".encode()})
        assert (response.status_code, response.headers["location"]) == (303, "/sign-in"), text


def test_a_signed_key_that_was_never_given_out_is_none(office: Office) -> None:
    assert not _is_in(_with_session(office, session_keys(office.talk.bot).cookie(sessions.new_key())))


def test_the_cookie_of_the_sign_in_form_is_no_session(office: Office) -> None:
    browser = office.browser()
    browser.get("/sign-in")
    assert not _is_in(_with_session(office, browser.cookies[FORM_COOKIE]))


def test_a_changed_session_is_none(office: Office) -> None:
    value = SimpleCookie(_cookie(office, office.browser()))[COOKIE].value
    assert _is_in(_with_session(office, value))
    for changed in ("A" + value, value[:-2] + "AA", value.replace(".", "A", 1), value.split(".")[0]):
        assert not _is_in(_with_session(office, changed))


def test_the_key_of_a_task_link_opens_no_console(office: Office) -> None:
    person = str(office.person(ADMINISTRATOR).id)
    link = str(link_signer(_key(office)).dumps(person))
    assert not _is_in(_with_session(office, link))


def test_a_session_ends_after_its_hours(office: Office, watch: Watch) -> None:
    browser = office.browser()
    _cookie(office, browser)
    started = watch.now
    watch.now = started + sessions.LASTS - dt.timedelta(seconds=1)
    assert _is_in(browser)
    watch.now = started + sessions.LASTS
    assert not _is_in(browser)


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
    page = browser.get("/console")
    assert (page.status_code, "您的岗位不能查看" in page.text) == (403, True)


def test_a_person_who_is_gone_is_not_signed_in(office: Office) -> None:
    browser, bot = office.signed_in(ADMINISTRATOR), office.talk.bot
    del bot.directory().people[office.person(ADMINISTRATOR).id or 0]
    assert not _is_in(browser)


def test_signing_out_ends_every_copy_of_the_cookie(any_office: Office) -> None:
    browser = any_office.browser()
    _cookie(any_office, browser)
    copy, other = _with_session(any_office, browser.cookies[COOKIE]), any_office.signed_in(ADMINISTRATOR)
    assert any_office.post(browser, "/sign-out").headers["location"] == "/sign-in"
    assert [_is_in(one) for one in (browser, copy, other)] == [False, False, True]


def test_nobody_is_signed_out_from_another_site(office: Office) -> None:
    browser, other = office.signed_in(ADMINISTRATOR), office.signed_in(ADMINISTRATOR)
    for token in ("", "x", office.form_token(other)):
        assert browser.post("/sign-out", data={"form_token": token}).status_code == 403
    assert _is_in(browser)


def test_a_new_password_replaces_the_old_one_and_ends_all_sessions(any_office: Office) -> None:
    old, bot = any_office.password(ADMINISTRATOR), any_office.talk.bot
    browsers = [any_office.signed_in(ADMINISTRATOR) for _ in range(2)]
    stranger = any_office.signed_in(HEAD)
    with bot.database.writing() as session:
        new = make_login(session, any_office.person(ADMINISTRATOR).id or 0, ADMINISTRATOR, bot.clock())
        session.commit()
    with bot.database.reading() as session:
        logins = session.exec(select(Login).join(Person).where(col(Person.code) == ADMINISTRATOR)).all()
    assert len(logins) == 1
    assert new not in logins[0].password_hash
    assert [_is_in(browser) for browser in browsers] == [False, False]
    assert stranger.get("/console").status_code == 200
    tried = [any_office.sign_in(any_office.browser(), ADMINISTRATOR, p).status_code for p in (old, new)]
    assert tried == [403, 303]
