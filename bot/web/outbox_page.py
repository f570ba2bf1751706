"""What was sent to whom or was not, and why; what ended can be sent once more. The words are not shown here."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

import sqlalchemy as sa
import structlog
from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import Field
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import Session, col, select

from bot.outbox import again, breaker
from bot.outbox.rows import unmerged
from bot.running import Bot
from bot.web.channel_names import CHANNELS
from bot.web.console import RowId
from bot.web.pages import render
from bot.web.permissions import Area
from bot.web.sign_in import OWN_FORM, Staff, staff_in
from data.models import Afterwards, OutboxMessage, OutboxStatus
from data.models.cases import FIRST_NUMBER
from handlers.directory import Directory

log = structlog.get_logger("outbox")
router = APIRouter(prefix="/console/outbox")

InOutbox = Annotated[Staff, Depends(staff_in(Area.OUTBOX))]
ChannelName = Annotated[str, Form(), Field(pattern="^[a-z_]{1,32}$")]
MOST_LISTED = 100


class Shown(StrEnum):
    """Which messages the page lists."""

    WAITING = "waiting"
    UNKNOWN = "unknown"
    DEAD = "dead"
    LEFT = "left"


STATUSES = {
    Shown.WAITING: (OutboxStatus.QUEUED, OutboxStatus.SENDING),
    Shown.UNKNOWN: (OutboxStatus.UNKNOWN,),
    Shown.DEAD: (OutboxStatus.DEAD,),
}
TITLES = {Shown.WAITING: "等待发送", Shown.UNKNOWN: "不知是否送达", Shown.DEAD: "没有送达", Shown.LEFT: "没能收回"}
NOTES = {
    Shown.WAITING: "按平台的限额依次发送。晚上10点到早上7点，不急的消息留到早上。",
    Shown.UNKNOWN: "发送时连接断了，对方可能已经收到。请先问一下对方，再决定是否重发，以免重复。",
    Shown.DEAD: "平台拒收，或者多次尝试都没有成功。处理好原因以后可以再试一次。",
    Shown.LEFT: "这些消息的内容已从系统里删除，但没能从对方手机上收回。需要时请当面请对方删除。",
}
ENDED = (OutboxStatus.DEAD, OutboxStatus.UNKNOWN)


@dataclass(frozen=True)
class Line:
    """One message as the office sees it."""

    row: OutboxMessage
    channel: str
    to: str
    case_number: int | None
    state: str


@router.get("")
def outbox(request: Request, staff: InOutbox, shown: Annotated[Shown, Query()] = Shown.DEAD) -> Response:
    """One of the lists, the newest first; of what waits the oldest first."""
    bot: Bot = request.app.state.bot
    now = bot.clock()
    with bot.database.reading() as session:
        states = sorted(breaker.troubled(session).values(), key=lambda state: state.channel)
        counts = _counts(session)
        lines = _lines(session, bot.directory(), shown, now)
    page = render(
        "outbox.html",
        staff=staff,
        shown=shown.value,
        tabs=[(key.value, title, counts[key]) for key, title in TITLES.items()],
        note=NOTES[shown],
        lines=lines,
        down=[state for state in states if breaker.is_open(state)],
        CHANNELS=CHANNELS,
        most=MOST_LISTED,
    )
    return HTMLResponse(page)


@router.post("/again", dependencies=[OWN_FORM])
def send_again(request: Request, staff: InOutbox, outbox_id: Annotated[int, Form(), RowId]) -> Response:
    """Back to the list it came from."""
    bot: Bot = request.app.state.bot
    with bot.database.writing() as session:
        row = session.get(OutboxMessage, outbox_id)
        shown = Shown.UNKNOWN if row is not None and row.status is OutboxStatus.UNKNOWN else Shown.DEAD
        done = again.send_again(session, outbox_id, bot.clock(), ENDED)
        session.commit()
    if done:
        log.info("sent again by a person", outbox_id=outbox_id, by=staff.person.id)
    bot.wake.set()
    return RedirectResponse(f"/console/outbox?shown={shown}", status_code=303)


@router.post("/channel", dependencies=[OWN_FORM])
def try_channel(request: Request, staff: InOutbox, channel: ChannelName) -> Response:
    """An administrator has mended it and does not want to wait."""
    bot: Bot = request.app.state.bot
    with bot.database.writing() as session:
        again.try_channel_now(session, channel, bot.clock())
        session.commit()
    bot.wake.set()
    return RedirectResponse(f"/console/outbox?shown={Shown.WAITING}", status_code=303)


def _counts(session: Session) -> dict[Shown, int]:
    status = col(OutboxMessage.status)
    wanted = [one for statuses in STATUSES.values() for one in statuses]
    statement = sa.select(status, sa.func.count()).where(status.in_(wanted), unmerged()).group_by(status)
    found = {one: int(number) for one, number in session.execute(statement)}
    left = session.scalar(sa.select(sa.func.count()).select_from(OutboxMessage).where(_in(Shown.LEFT))) or 0
    counts = {shown: sum(found.get(one, 0) for one in statuses) for shown, statuses in STATUSES.items()}
    return counts | {Shown.LEFT: left}


def _in(shown: Shown) -> ColumnElement[bool]:
    """Whether a message belongs into the list."""
    if shown is Shown.LEFT:
        return col(OutboxMessage.afterwards) == Afterwards.LEFT
    return col(OutboxMessage.status).in_(STATUSES[shown]) & unmerged()


def _lines(session: Session, directory: Directory, shown: Shown, now: dt.datetime) -> list[Line]:
    number = col(OutboxMessage.id)
    statement = (
        select(OutboxMessage)
        .where(_in(shown))
        .order_by(number if shown is Shown.WAITING else number.desc())
        .limit(MOST_LISTED)
    )
    rows = session.exec(statement).all()
    staff = _staff(directory)
    groups = {group.platform_id: group.name for group in directory.groups.values()}
    return [
        Line(
            row=row,
            channel=CHANNELS.get(row.channel, row.channel),
            to=_to(row, groups, staff),
            case_number=row.case_id + FIRST_NUMBER if row.case_id else None,
            state=_state(row, now),
        )
        for row in rows
    ]


def _staff(directory: Directory) -> dict[tuple[str, str], str]:
    """Names of members of staff by channel and platform id; a resident's name is nobody's business here."""
    return {
        (account.channel, account.platform_id): directory.people[person].name
        for person, accounts in directory.staff_accounts.items()
        for account in accounts
    }


def _to(row: OutboxMessage, groups: dict[str, str], staff: dict[tuple[str, str], str]) -> str:
    if row.group_platform_id:
        return f"群「{groups.get(row.group_platform_id, row.group_platform_id)}」"
    return staff.get((row.channel, row.account_platform_id or ""), "居民")


def _state(row: OutboxMessage, now: dt.datetime) -> str:
    """Why it is where it is, in a few words."""
    if row.afterwards is Afterwards.LEFT:
        return row.error
    if row.status is OutboxStatus.SENDING:
        return "正在发送"
    if row.status is OutboxStatus.QUEUED and row.quiet_until and row.quiet_until > now:
        return "夜间不打扰，早上再发"
    if row.status is OutboxStatus.UNKNOWN:
        return row.error or "发送时系统中断"
    if row.status is OutboxStatus.QUEUED and not row.error:
        return "等平台的限额" if row.not_before > now else "马上发送"
    return row.error
