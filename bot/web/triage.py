"""What a person should decide, one thing at a time and with one key: talk the bot was unsure of, cases in doubt."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import Field
from sqlmodel import Session

from bot.running import Bot
from bot.web import orders
from bot.web.case_page import Id
from bot.web.pages import render
from bot.web.permissions import Area
from bot.web.sign_in import OWN_FORM, Staff, staff_in
from handlers import triage
from handlers.cases import doubts
from handlers.cases.doubts import Doubt
from handlers.message import Context
from handlers.triage import Talk

router = APIRouter(prefix="/console/triage")

# Keys 1 and 2 are the plain decisions, 0 leaves a thing for later; letters choose a category.
LETTERS = "abcdefghijklmnopqrstuvwxyz"
INTENTS = {"report": "上报", "inquiry": "咨询", "suggestion": "建议", "praise": "表扬", "none": "闲聊"}

InTriage = Annotated[Staff, Depends(staff_in(Area.TRIAGE))]
Key = Annotated[str, Query(pattern="^([tc][0-9]{1,10})?$")]
Code = Annotated[str, Form(), Field(pattern="^[A-Z][0-9]{2}$")]


class Result(StrEnum):
    """What became of the last decision."""

    REGISTERED = "registered"
    DISMISSED = "dismissed"
    CONFIRMED = "confirmed"
    CHANGED = "changed"
    PLACED = "placed"
    LATE = "late"


TOLD = {
    Result.REGISTERED: "已登记为案件，并告知了上报人。",
    Result.DISMISSED: "已记为不是上报，内容已删除。",
    Result.CONFIRMED: "已记下：类别没有错。",
    Result.CHANGED: "类别已改，主办单位和时限随之调整，承办人会收到通知。",
    Result.PLACED: "位置已定，承办人会收到通知。",
    Result.LATE: "这一条已有人处理，或者已经过时。",
}


@dataclass(frozen=True)
class Item:
    """One thing to decide: talk or a case; `key` names it in addresses."""

    key: str
    talk: Talk | None = None
    doubt: Doubt | None = None


@router.get("")
def next_item(
    request: Request, staff: InTriage, item: Key = "", result: Result | None = None, number: Id | None = None
) -> Response:
    """The first thing that waits, or the one asked for; only that one is shown with its words, and logged."""
    bot: Bot = request.app.state.bot
    with bot.database.writing() as session:
        context = _deciding(bot, session, staff)
        items = _items(context)
        at = next((i for i, found in enumerate(items) if found.key == item), 0)
        page = render(
            "triage.html",
            staff=staff,
            items=items,
            current=items[at] if items else None,
            later=items[(at + 1) % len(items)] if len(items) > 1 else None,
            told=TOLD[result] if result else "",
            number=number,
            now=context.now,
            directory=bot.directory(),
            choices=_choices(context, items[at]) if items else [],
            places=_places(context, items[at]) if items else [],
            intents=INTENTS,
        )
        if items:
            _look(context, items[at])
        session.commit()
    return HTMLResponse(page)


@router.post("/talk/{message_id}/register", dependencies=[OWN_FORM])
def register(request: Request, staff: InTriage, message_id: Id) -> Response:
    """These words were a report."""
    bot: Bot = request.app.state.bot
    with bot.database.writing() as session:
        case = triage.register(_deciding(bot, session, staff), message_id)
        session.commit()
    bot.wake.set()
    return _next(Result.REGISTERED, case.number) if case else _next(Result.LATE)


@router.post("/talk/{message_id}/dismiss", dependencies=[OWN_FORM])
def dismiss(request: Request, staff: InTriage, message_id: Id) -> Response:
    """These words were none."""
    bot: Bot = request.app.state.bot
    with bot.database.writing() as session:
        done = triage.dismiss(_deciding(bot, session, staff), message_id)
        session.commit()
    return _next(Result.DISMISSED if done else Result.LATE)


@router.post("/cases/{number}/category", dependencies=[OWN_FORM])
def decide_category(request: Request, staff: InTriage, number: Id, category: Code, shown: Code) -> Response:
    """The category is this one, the one the page had `shown` or another."""
    bot: Bot = request.app.state.bot
    with bot.database.writing() as session:
        case = doubts.decide_category(_deciding(bot, session, staff), number, category)
        session.commit()
    bot.wake.set()
    if case is None:
        return _next(Result.LATE)
    return _next(Result.CONFIRMED if category == shown else Result.CHANGED, number)


@router.post("/cases/{number}/place", dependencies=[OWN_FORM])
def decide_place(request: Request, staff: InTriage, number: Id, building: Annotated[Id, Form()]) -> Response:
    """The case is in this building."""
    bot: Bot = request.app.state.bot
    with bot.database.writing() as session:
        case = doubts.decide_place(_deciding(bot, session, staff), number, building)
        session.commit()
    bot.wake.set()
    return _next(Result.PLACED, number) if case else _next(Result.LATE)


def _deciding(bot: Bot, session: Session, staff: Staff) -> Context:
    return replace(orders.acting(bot, session, staff.person), understand=bot.inbox.understand)


def _items(context: Context) -> list[Item]:
    """Talk first, because it is gone in minutes."""
    talk = [Item(f"t{found.pending.message_id}", talk=found) for found in triage.waiting(context)]
    return talk + [Item(f"c{found.case.number}", doubt=found) for found in doubts.doubtful(context)]


def _choices(context: Context, item: Item) -> list[tuple[str, str, str]]:
    """Key, code and name of every other category; the last ones have no key."""
    if item.doubt is None:
        return []
    others = [found for found in doubts.categories(context) if found.code != item.doubt.case.category_code]
    keys = LETTERS + " " * len(others)
    return [(keys[i].strip(), found.code, found.name) for i, found in enumerate(others)]


def _places(context: Context, item: Item) -> list[tuple[int, str]]:
    if item.doubt is None or not item.doubt.place:
        return []
    return [(found.id or 0, f"{found.number}号楼") for found in doubts.buildings(context, item.doubt.case)]


def _look(context: Context, item: Item) -> None:
    if item.talk is not None:
        triage.look(context, item.talk)
    if item.doubt is not None:
        doubts.look(context, item.doubt.case)


def _next(result: Result, number: int | None = None) -> Response:
    more = f"&number={number}" if number else ""
    return RedirectResponse(f"/console/triage?result={result}{more}", status_code=303)
