"""A browser in front of the bot's web application, and members of staff who can sign in to it."""

import datetime as dt
import re
from dataclasses import dataclass, field, replace
from functools import cached_property

from fastapi import FastAPI
from httpx2 import Response
from starlette.testclient import TestClient

from bot.app import build_app
from bot.web import sessions
from bot.web.sign_in import COOKIE, make_login, session_keys
from data.models import Person
from tests.talking import Talk

OWN_TOKEN = re.compile(r'name="form_token" value="([^"]+)"')
# Who holds which post on the sample street today.
ADMINISTRATOR, READER, HEAD, GRID_MEMBER = "p085", "p084", "p001", "p022"


@dataclass
class Office:
    """The bot, and browsers to look at it with; each browser keeps its own cookies."""

    talk: Talk
    passwords: dict[str, str] = field(default_factory=dict)

    @cached_property
    def app(self) -> FastAPI:
        return build_app(self.talk.bot)

    def at_talks_time(self) -> Talk:
        """From now on the pages have the time of the talk; before the first browser is opened."""
        self.talk.bot = replace(self.talk.bot, clock=lambda: self.talk.now)
        return self.talk

    def browser(self, url: str = "http://testserver") -> TestClient:
        return TestClient(self.app, base_url=url, follow_redirects=False, raise_server_exceptions=False)

    def person(self, code: str) -> Person:
        rows: list[Person] = self.talk.rows(Person)
        return next(person for person in rows if person.code == code)

    def password(self, code: str) -> str:
        """The person's password; a login is made at the first time."""
        if code not in self.passwords:
            with self.talk.bot.database.writing() as session:
                self.passwords[code] = make_login(session, self.person(code).id or 0, code, dt.datetime.now(dt.UTC))
                session.commit()
        return self.passwords[code]

    def sign_in(self, browser: TestClient, username: str, password: str) -> Response:
        """By the front door: the form as it was fetched, filled in and sent."""
        token = OWN_TOKEN.findall(browser.get("/sign-in").text)[0]
        form = {"username": username, "password": password, "form_token": token}
        return browser.post("/sign-in", data=form)

    def signed_in(self, code: str) -> TestClient:
        """A browser with the person's session; test_sign_in shows how one gets it, which takes a while on purpose."""
        browser = self.browser()
        bot = self.talk.bot
        with bot.database.writing() as session:
            key = sessions.start(session, self.person(code).id or 0, bot.clock())
            session.commit()
        browser.cookies.set(COOKIE, session_keys(bot).cookie(key))
        return browser

    def form_token(self, browser: TestClient) -> str:
        """What the pages of this browser's session put into their forms."""
        keys = session_keys(self.talk.bot)
        return keys.form_token(keys.key(browser.cookies[COOKIE]) or "")

    def post(self, browser: TestClient, address: str, **fields: object) -> Response:
        """Send a form as a page of the browser's own session would."""
        own = {"form_token": self.form_token(browser)}
        return browser.post(address, data={name: str(value) for name, value in fields.items()} | own)
