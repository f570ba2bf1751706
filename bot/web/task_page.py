"""The private task page: room and contact for who holds the task, and what they do on the spot, with one hand.

Its link is personal: it names the case and the person, so every look is theirs and every order is given in their
name. It works while the case is open and its task is in their hands or open to them.
"""

import re
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, File, Form, Request, Response, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse
from itsdangerous import BadSignature, URLSafeSerializer
from sqlmodel import Session

from bot.pictures import PhotoRefused, drawn_anew
from bot.running import Bot
from bot.web import orders, sessions
from bot.web.case_page import Id, kept_photo
from bot.web.orders import AT_WORK, Done, Filled
from bot.web.pages import render
from data.models import Account, Case, Person
from handlers import replies
from handlers.cases.actors import open_task_for
from handlers.cases.discipline import log_access
from handlers.cases.dossier import stored_photos
from handlers.cases.lifecycle import OPEN
from handlers.message import Context

router = APIRouter(prefix="/task")

LARGEST_PHOTO_BYTES = 20_000_000
GONE = "链接无效，或这件事已经办完，不再显示房号和联系方式。"
MOVED = "这件事已改派，或已由别人接单，不再归您办理。"
PHONE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")
NAMED = re.compile(r"^(\d{1,9})-(\d{1,9})$", re.ASCII)


@dataclass(frozen=True)
class Link:
    """What a signed link says; `form_token` goes into the forms of its page."""

    address: str
    case_id: int
    person: Person
    form_token: str


@dataclass(frozen=True)
class Ended:
    """Why a link shows nothing any more, or never did."""

    line: str
    status: int


@router.get("/{token}")
def task(request: Request, token: str, done: Done = "") -> Response:
    """The case behind a link; what does not concern this person now shows nothing."""
    return _page(request, token, done=done)


@router.post("/{token}")
def order(
    request: Request,
    token: str,
    filled: Annotated[Filled, Depends()],
    form_token: Annotated[str, Form()] = "",
    photo: Annotated[UploadFile | None, File()] = None,
) -> Response:
    """Do one thing as the person of the link; sent twice it is done once, and the answer is shown both times."""
    bot: Bot = request.app.state.bot
    link = _link(bot, token)
    if link is None or filled.verb not in AT_WORK or not _keys(bot).owns(token, form_token):
        return _ended(Ended(GONE, 404))
    with bot.database.reading() as session:
        found = _theirs(bot, session, link)
    if not isinstance(found, Ended):
        try:
            _do(bot, link, found[1], filled, photo)
        except orders.TooLong:
            return _page(request, token, problem=orders.TOO_LONG, status=422)
        except PhotoRefused as error:
            return _page(request, token, problem=replies.PHOTO_REFUSED[error.reason], status=422)
    return RedirectResponse(f"{link.address}?done={filled.mark}", status_code=303)


@router.get("/{token}/photo/{photo_id}")
def photo(request: Request, token: str, photo_id: Id) -> Response:
    """A photo of the case; this look is logged too."""
    bot: Bot = request.app.state.bot
    link = _link(bot, token)
    with bot.database.writing() as session:
        found = _theirs(bot, session, link)
        if link is None or isinstance(found, Ended):
            return Response(status_code=404)
        path = next((photo.path for photo in stored_photos(*found) if photo.id == photo_id), None)
        if path is None:
            return Response(status_code=404)
        log_access(found[0], link.person.id, "task_photo", link.case_id)
        session.commit()
    return kept_photo(bot.photos.read, path)


def link_signer(key: str) -> URLSafeSerializer:
    """Signs the task links."""
    return URLSafeSerializer(key, salt="task")


def _page(request: Request, token: str, *, done: str = "", problem: str = "", status: int = 200) -> Response:
    bot: Bot = request.app.state.bot
    link = _link(bot, token)
    with bot.database.writing() as session:
        found = _theirs(bot, session, link)
        answer = orders.answer(bot, session, link.person, done) if link else ""
        if link is None or isinstance(found, Ended):
            return _ended(found if isinstance(found, Ended) else Ended(GONE, 404), answer)
        context, case = found
        log_access(context, link.person.id, "task_page", link.case_id)
        page = render(
            "task.html",
            link=link,
            case=case,
            category=context.directory.categories[case.category_code].name,
            reporter=session.get_one(Account, case.account_id),
            phones=list(dict.fromkeys(PHONE.findall(case.text))),
            photos=stored_photos(context, case),
            desk=orders.desk(context, case),
            answer=answer,
            problem=problem,
        )
        session.commit()
    return HTMLResponse(page, status_code=status)


def _theirs(bot: Bot, session: Session, link: Link | None) -> tuple[Context, Case] | Ended:
    """The case, if it is open and its task is this person's or open to them."""
    case = session.get(Case, link.case_id) if link else None
    if link is None or case is None or case.status not in OPEN:
        return Ended(GONE, 404)
    context = orders.acting(bot, session, link.person)
    return (context, case) if open_task_for(context, case) else Ended(MOVED, 403)


def _do(bot: Bot, link: Link, case: Case, filled: Filled, photo: UploadFile | None) -> None:
    """Give the order, and keep the photo that came with it; raises PhotoRefused before anything is done."""
    content = photo.file.read(LARGEST_PHOTO_BYTES + 1) if photo else b""
    if len(content) > LARGEST_PHOTO_BYTES:
        raise PhotoRefused("too_large")
    drawn = drawn_anew(content) if content else None
    orders.give(bot, link.person, case, filled)
    account = orders.account_of(bot, link.person)
    if drawn and account:
        bot.photos.add(account.channel, orders.message_id(link.person, filled.mark), drawn)


def _ended(ended: Ended, answer: str = "") -> Response:
    """Nothing of the case; only what the bot has just said to this person."""
    page = render("task_gone.html", line=ended.line, answer=answer)
    return HTMLResponse(page, status_code=200 if answer else ended.status)


def _link(bot: Bot, token: str) -> Link | None:
    """What the link says; None for a forged one and for a person who is gone."""
    try:
        signed = link_signer(_signing_key(bot)).loads(token)
    except (BadSignature, UnicodeError):
        return None
    named = NAMED.match(signed) if isinstance(signed, str) else None
    person = bot.directory().people.get(int(named[2])) if named else None
    if named is None or person is None:
        return None
    return Link(f"/task/{token}", int(named[1]), person, _keys(bot).form_token(token))


def _keys(bot: Bot) -> sessions.Keys:
    """Nobody is signed in here, so the forms' token is bound to the link."""
    return sessions.Keys(_signing_key(bot) + "task")


def _signing_key(bot: Bot) -> str:
    return bot.settings.signing_key.get_secret_value()
