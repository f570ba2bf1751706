"""Sign-in to the console: a local login, a signed cookie, posts looked up anew at every request."""

import datetime as dt
import secrets
from dataclasses import dataclass
from typing import Annotated

import structlog
from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from itsdangerous import BadSignature, URLSafeTimedSerializer
from pwdlib import PasswordHash
from sqlmodel import Session, select

from bot.running import Bot
from bot.web.pages import render
from data.models import Login, Person, Post, Role
from handlers.local_time import SHANGHAI

log = structlog.get_logger("sign_in")
router = APIRouter()

COOKIE = "suishoupai_session"
SESSION_SECONDS = 8 * 3600
HASHER = PasswordHash.recommended()
# Verified when the name is unknown, so that the answer takes as long as for a known one.
_NOBODY = HASHER.hash(secrets.token_hex(8))


class NotSignedIn(Exception):
    """No valid session, or one without the post the page asks for."""


@dataclass(frozen=True)
class Staff:
    """Who is signed in, with the posts held today."""

    person: Person
    posts: tuple[Post, ...]

    def has(self, *roles: Role) -> bool:
        return any(post.role in roles for post in self.posts)


def signed_in(request: Request) -> Staff:
    """The person behind the session cookie; raises NotSignedIn."""
    bot: Bot = request.app.state.bot
    try:
        person_id = int(_serializer(bot).loads(request.cookies.get(COOKIE, ""), max_age=SESSION_SECONDS))
    except (BadSignature, ValueError):
        raise NotSignedIn from None
    directory = bot.directory()
    person = directory.people.get(person_id)
    if person is None:
        raise NotSignedIn
    return Staff(person, directory.posts_of(person_id, dt.datetime.now(SHANGHAI).date()))


StaffDep = Annotated[Staff, Depends(signed_in)]


@router.get("/sign-in")
def form() -> HTMLResponse:
    return HTMLResponse(render("sign_in.html", wrong=False))


@router.post("/sign-in")
def sign_in(request: Request, username: Annotated[str, Form()], password: Annotated[str, Form()]) -> Response:
    """Check the password; a wrong one and an unknown name look the same."""
    bot: Bot = request.app.state.bot
    with bot.database.reading() as session:
        # PostgreSQL takes no NUL, not even to look for it.
        name = username.replace("\x00", "")[:64]
        login = session.exec(select(Login).where(Login.username == name)).first()
    correct = HASHER.verify(password[:256], login.password_hash if login else _NOBODY)
    if login is None or not correct:
        log.warning("sign-in refused")
        return HTMLResponse(render("sign_in.html", wrong=True), status_code=403)
    response = RedirectResponse("/console", status_code=303)
    value = _serializer(bot).dumps(str(login.person_id))
    secure = request.url.scheme == "https"
    response.set_cookie(COOKIE, value, max_age=SESSION_SECONDS, httponly=True, samesite="strict", secure=secure)
    return response


@router.post("/sign-out")
def sign_out() -> Response:
    response = RedirectResponse("/sign-in", status_code=303)
    response.delete_cookie(COOKIE)
    return response


def ask_to_sign_in(request: Request, error: Exception) -> Response:
    return RedirectResponse("/sign-in", status_code=303)


def make_login(session: Session, person_id: int, username: str) -> str:
    """Give a person a fresh random password and return it; the caller commits and shows it once."""
    password = secrets.token_urlsafe(9)
    login = session.get(Login, person_id) or Login(person_id=person_id, username=username, password_hash="")
    login.username, login.password_hash = username, HASHER.hash(password)
    session.add(login)
    return password


def _serializer(bot: Bot) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(bot.settings.signing_key.get_secret_value(), salt="session")
