"""Sign-in to the console: a local login, a session that can be revoked, posts looked up anew at every request."""

import datetime as dt
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
FORM_COOKIE = "suishoupai_sign_in"
HASHER = PasswordHash.recommended()
# Verified when the name is unknown, so that the answer takes as long as for a known one.
_NOBODY = HASHER.hash(secrets.token_hex(8))


class NotSignedIn(Exception):
    """No valid session."""


class Denied(Exception):
    """Signed in, but this part of the office is not theirs; `why` is what they read."""

    why = "您的岗位不能查看这一页。"

    def __init__(self, staff: "Staff") -> None:
        self.staff = staff


class ForeignForm(Denied):
    """The form is from another site, or from a page of a session that ended."""

    why = "这一页已经过期，请返回刷新后再试。"


@dataclass(frozen=True)
class Staff:
    """Who is signed in, with the posts held today; `form_token` goes into every form, `key_hash` is the session's."""

    person: Person
    posts: tuple[Post, ...]
    form_token: str
    key_hash: str

    @cached_property
    def areas(self) -> frozenset[Area]:
        return areas_of(self.posts)


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
    posts = bot.directory().posts_of(person.id or 0, local_day(now))
    return Staff(person, posts, keys.form_token(key), sessions.hash_of(key))


StaffDep = Annotated[Staff, Depends(signed_in)]


def staff_in(area: Area) -> Callable[[Staff], Staff]:
    """A dependency: who is signed in, if they may enter the area; raises Denied."""

    def entering(staff: StaffDep) -> Staff:
        if area not in staff.areas:
            raise Denied(staff)
        return staff

    return entering


def own_form(request: Request, staff: StaffDep, form_token: Annotated[str, Form()] = "") -> None:
    """A dependency of whatever changes something: the form carries its session's token; raises ForeignForm."""
    bot: Bot = request.app.state.bot
    keys = session_keys(bot)
    if not keys.owns(keys.key(request.cookies[COOKIE]) or "", form_token):
        raise ForeignForm(staff)


OWN_FORM = Depends(own_form)


@router.get("/sign-in")
def form(request: Request) -> Response:
    return _form(request)


@router.post("/sign-in")
def sign_in(
    request: Request,
    username: Annotated[str, Form()],
    password: Annotated[str, Form()],
    form_token: Annotated[str, Form()] = "",
) -> Response:
    """Check the password; a wrong one and an unknown name look the same."""
    bot: Bot = request.app.state.bot
    keys, now = session_keys(bot), bot.clock()
    own = keys.key(request.cookies.get(FORM_COOKIE, ""))
    if own is None or not keys.owns(own, form_token):
        return _form(request, ForeignForm.why, 403)
    name_hash = keys.name_hash(_storable(username))
    with bot.database.writing() as session:
        if not sessions.count_attempt(session, name_hash, now):
            log.warning("sign-in refused, too many wrong passwords")
            return _form(request, "密码错了太多次，请15分钟后再试。", 429)
        login = session.exec(select(Login).where(Login.username == _storable(username))).first()
        session.commit()
    correct = HASHER.verify(_storable(password, 256), login.password_hash if login else _NOBODY)
    if login is None or not correct:
        log.warning("sign-in refused")
        return _form(request, "用户名或密码不对。", 403)
    with bot.database.writing() as session:
        sessions.forget_failures(session, name_hash)
        key = sessions.start(session, login.person_id, now)
        session.commit()
    log.info("signed in", person_id=login.person_id)
    response = RedirectResponse(_first_page(bot, login.person_id, now), status_code=303)
    _set_cookie(request, response, COOKIE, keys.cookie(key))
    return response


@router.post("/sign-out", dependencies=[OWN_FORM])
def sign_out(request: Request, staff: StaffDep) -> Response:
    """The session ends here and for every copy of its cookie."""
    bot: Bot = request.app.state.bot
    with bot.database.writing() as session:
        sessions.revoke(session, staff.key_hash, bot.clock())
        session.commit()
    response = RedirectResponse("/sign-in", status_code=303)
    response.delete_cookie(COOKIE)
    return response


def ask_to_sign_in(request: Request, error: Exception) -> Response:
    return RedirectResponse("/sign-in", status_code=303)


def say_denied(request: Request, error: Exception) -> Response:
    if not isinstance(error, Denied):
        raise error
    return HTMLResponse(render("denied.html", staff=error.staff, why=error.why), status_code=403)


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


def _form(request: Request, problem: str = "", status: int = 200) -> Response:
    """The form, good only together with a cookie of this browser.

    A session cookie that is strict about its site stops nobody from signing a visitor in under a name of their own;
    for that, what is sent must match something only our page could have set.
    """
    keys = session_keys(request.app.state.bot)
    own = keys.key(request.cookies.get(FORM_COOKIE, "")) or sessions.new_key()
    page = render("sign_in.html", problem=problem, form_token=keys.form_token(own))
    response = HTMLResponse(page, status_code=status)
    _set_cookie(request, response, FORM_COOKIE, keys.cookie(own))
    return response


def _set_cookie(request: Request, response: Response, name: str, value: str) -> None:
    """For this site and no script; over HTTPS only wherever the office has it, also behind a proxy that ends it."""
    bot: Bot = request.app.state.bot
    secure = request.url.scheme == "https" or bot.settings.public_url.startswith("https:")
    lasts = int(sessions.LASTS.total_seconds())
    response.set_cookie(name, value, max_age=lasts, httponly=True, samesite="strict", secure=secure)


def _first_page(bot: Bot, person_id: int, now: dt.datetime) -> str:
    """The board, or for who may not see it the first part of the office they may enter."""
    areas = areas_of(bot.directory().posts_of(person_id, local_day(now)))
    return "/console" if Area.BOARD in areas or not areas else f"/console/{min(areas)}"


def _storable(typed: str, longest: int = 64) -> str:
    """No database takes NUL or half a character, not even to look for it."""
    return typed.replace("\x00", "").encode("utf-8", "replace").decode()[:longest]
