"""Sign-in to the console: a local login, a session that can be revoked, posts looked up anew at every request."""

import datetime as dt
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated

import structlog
from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pwdlib import PasswordHash
from sqlmodel import Session, select

from bot.running import Bot
from bot.web import sessions
from bot.web.pages import render
from bot.web.permissions import Area, areas_of
from data.models import Login, Person, Post
from handlers.local_time import local_day

log = structlog.get_logger("sign_in")
router = APIRouter()

COOKIE = "suishoupai_session"
HASHER = PasswordHash.recommended()
# Verified when the name is unknown, so that the answer takes as long as for a known one.
_NOBODY = HASHER.hash(secrets.token_hex(8))


class NotSignedIn(Exception):
    """No valid session."""


class Denied(Exception):
    """Signed in, but this part of the office is not theirs, or the form is not from one of our pages."""

    def __init__(self, staff: "Staff") -> None:
        self.staff = staff


@dataclass(frozen=True)
class Staff:
    """Who is signed in, with the posts held today; `form_token` goes into every form."""

    person: Person
    posts: tuple[Post, ...]
    form_token: str

    @cached_property
    def areas(self) -> frozenset[Area]:
        return areas_of(self.posts)

    def owns(self, form_token: str) -> bool:
        """Whether a form that carries this token came from a page of this session."""
        return hmac.compare_digest(self.form_token.encode(), form_token.encode())


def signed_in(request: Request) -> Staff:
    """The person behind the session cookie; raises NotSignedIn."""
    bot: Bot = request.app.state.bot
    keys, now = session_keys(bot), bot.clock()
    key = keys.key(request.cookies.get(COOKIE, ""))
    if key is None:
        raise NotSignedIn
    with bot.database.reading() as session:
        person_id = sessions.person_of(session, key, now)
    person = bot.directory().people.get(person_id or 0)
    if person is None:
        raise NotSignedIn
    return Staff(person, bot.directory().posts_of(person_id or 0, local_day(now)), keys.form_token(key))


StaffDep = Annotated[Staff, Depends(signed_in)]


def staff_in(area: Area) -> Callable[[Staff], Staff]:
    """A dependency: who is signed in, if they may enter the area; raises Denied."""

    def entering(staff: StaffDep) -> Staff:
        if area not in staff.areas:
            raise Denied(staff)
        return staff

    return entering


def own_form(staff: StaffDep, form_token: Annotated[str, Form()] = "") -> None:
    """A dependency of whatever changes something: the form carries its session's token; raises Denied."""
    if not staff.owns(form_token):
        raise Denied(staff)


OWN_FORM = Depends(own_form)


@router.get("/sign-in")
def form() -> HTMLResponse:
    return HTMLResponse(render("sign_in.html", problem=""))


@router.post("/sign-in")
def sign_in(request: Request, username: Annotated[str, Form()], password: Annotated[str, Form()]) -> Response:
    """Check the password; a wrong one and an unknown name look the same."""
    bot: Bot = request.app.state.bot
    # PostgreSQL takes no NUL, not even to look for it.
    name, now = username.replace("\x00", "")[:64], bot.clock()
    with bot.database.reading() as session:
        if sessions.too_many_failures(session, name, now):
            log.warning("sign-in refused, too many wrong passwords")
            return _refused("密码错了太多次，请15分钟后再试。", 429)
        login = session.exec(select(Login).where(Login.username == name)).first()
    correct = HASHER.verify(password[:256], login.password_hash if login else _NOBODY)
    with bot.database.writing() as session:
        if login is None or not correct:
            log.warning("sign-in refused")
            sessions.note_failure(session, name, now)
            session.commit()
            return _refused("用户名或密码不对。", 403)
        key = sessions.start(session, login.person_id, now)
        session.commit()
    response = RedirectResponse("/console", status_code=303)
    _set_cookie(response, session_keys(bot).cookie(key), secure=request.url.scheme == "https")
    return response


@router.post("/sign-out", dependencies=[OWN_FORM])
def sign_out(request: Request) -> Response:
    """The session ends here and for every copy of its cookie."""
    bot: Bot = request.app.state.bot
    key = session_keys(bot).key(request.cookies.get(COOKIE, ""))
    if key is not None:
        with bot.database.writing() as session:
            sessions.revoke(session, key, bot.clock())
            session.commit()
    response = RedirectResponse("/sign-in", status_code=303)
    response.delete_cookie(COOKIE)
    return response


def ask_to_sign_in(request: Request, error: Exception) -> Response:
    return RedirectResponse("/sign-in", status_code=303)


def say_denied(request: Request, error: Exception) -> Response:
    staff = error.staff if isinstance(error, Denied) else None
    return HTMLResponse(render("denied.html", staff=staff), status_code=403)


def make_login(session: Session, person_id: int, username: str, now: dt.datetime) -> str:
    """Give a person a fresh random password and return it; whoever is signed in with the old one is out.

    The caller commits and shows it once.
    """
    password = secrets.token_urlsafe(9)
    login = session.get(Login, person_id) or Login(person_id=person_id, username=username, password_hash="")
    login.username, login.password_hash = username, HASHER.hash(password)
    session.add(login)
    sessions.revoke_all(session, person_id, now)
    return password


def session_keys(bot: Bot) -> sessions.Keys:
    return sessions.Keys(bot.settings.signing_key.get_secret_value())


def _set_cookie(response: Response, value: str, *, secure: bool) -> None:
    lasts = int(sessions.LASTS.total_seconds())
    response.set_cookie(COOKIE, value, max_age=lasts, httponly=True, samesite="strict", secure=secure)


def _refused(problem: str, status: int) -> Response:
    return HTMLResponse(render("sign_in.html", problem=problem), status_code=status)
