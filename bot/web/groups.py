"""The groups: what speaks for which buildings, codes to bind them, their secrets, and the switch to speaking."""

import re
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from bot.running import Bot
from bot.web.channel_names import CHANNELS
from bot.web.console import RowId
from bot.web.pages import render
from bot.web.permissions import Area
from bot.web.sign_in import OWN_FORM, Staff, staff_in
from data.models import ChatGroup, GroupMode
from handlers import binding, group_list, listening
from handlers.cases.discipline import log_access
from handlers.errors import NotUnderstood

router = APIRouter(prefix="/console/groups")

InGroups = Annotated[Staff, Depends(staff_in(Area.GROUPS))]
# The back office shows the key at the end of an address, and people copy the whole of it.
KEY = re.compile(r"(?:\S{1,200}[?&]key=)?([0-9A-Za-z-]{8,64})")
NO_KEY = "这不是群机器人的 key。请从群机器人的 Webhook 地址里复制 key= 后面的部分，或粘贴整个地址。"


@router.get("")
def groups(request: Request, staff: InGroups) -> Response:
    return _list(request, staff)


@router.post("/codes", dependencies=[OWN_FORM])
def code(
    request: Request, staff: InGroups, building: Annotated[list[Annotated[int, RowId]] | None, Form()] = None
) -> Response:
    """The only page that is answered to a form: it shows the code, which nobody can look up later."""
    bot: Bot = request.app.state.bot
    with bot.database.writing() as session:
        context = bot.context(session, bot.clock())
        try:
            made = binding.make_code(context, staff.person.id or 0, building or [])
        except NotUnderstood as error:
            return _list(request, staff, problem=error.reply, status=422)
        session.commit()
    place = binding.place_name(context.directory.buildings[number] for number in building or [])
    until = context.now + binding.VALID
    return HTMLResponse(render("group_code.html", staff=staff, code=made, place=place, until=until))


@router.get("/{group_id}")
def group(request: Request, staff: InGroups, group_id: Annotated[int, RowId]) -> Response:
    return _one(request, staff, group_id)


@router.post("/{group_id}", dependencies=[OWN_FORM])
def switch(
    request: Request, staff: InGroups, group_id: Annotated[int, RowId], mode: Annotated[GroupMode, Form()]
) -> Response:
    """From now on the bot speaks there, or only listens."""
    bot: Bot = request.app.state.bot
    with bot.database.writing() as session:
        listening.set_mode(bot.context(session, bot.clock()), group_id, mode)
        session.commit()
    bot.directory.reload()
    return RedirectResponse("/console/groups", status_code=303)


@router.post("/{group_id}/webhook", dependencies=[OWN_FORM])
def webhook(
    request: Request,
    staff: InGroups,
    group_id: Annotated[int, RowId],
    key: Annotated[str, Form()] = "",
    remove: Annotated[bool, Form()] = False,
) -> Response:
    """Set, replace or remove the key of the group's robot; it is never shown again."""
    bot: Bot = request.app.state.bot
    given = KEY.fullmatch(key.strip())
    if given is None and not remove:
        return _one(request, staff, group_id, problem=NO_KEY, status=422)
    with bot.database.writing() as session:
        found = session.get(ChatGroup, group_id)
        if found is not None and found.ended_at is None:
            found.webhook_key = given[1] if given and not remove else None
            session.add(found)
            log_access(bot.context(session, bot.clock()), staff.person.id, "group_webhook", group_id)
            session.commit()
    bot.directory.reload()
    return RedirectResponse(f"/console/groups/{group_id}", status_code=303)


@router.post("/{group_id}/end", dependencies=[OWN_FORM])
def end(request: Request, staff: InGroups, group_id: Annotated[int, RowId]) -> Response:
    """The group speaks for no building any more, and the bot says nothing there."""
    bot: Bot = request.app.state.bot
    with bot.database.writing() as session:
        context = bot.context(session, bot.clock())
        if binding.end(context, group_id):
            log_access(context, staff.person.id, "group_end", group_id)
            session.commit()
    bot.directory.reload()
    return RedirectResponse(f"/console/groups/{group_id}", status_code=303)


def _list(request: Request, staff: Staff, *, problem: str = "", status: int = 200) -> Response:
    bot: Bot = request.app.state.bot
    with bot.database.reading() as session:
        context = bot.context(session, bot.clock())
        page = render(
            "groups.html",
            staff=staff,
            groups=group_list.listed(context),
            estates=group_list.estates(context),
            fewest=listening.FEWEST_DECISIONS,
            hours=binding.VALID.total_seconds() // 3600,
            problem=problem,
        )
    return HTMLResponse(page, status_code=status)


def _one(request: Request, staff: Staff, group_id: int, *, problem: str = "", status: int = 200) -> Response:
    bot: Bot = request.app.state.bot
    with bot.database.reading() as session:
        context = bot.context(session, bot.clock())
        found = next((one for one in group_list.listed(context) if one.group.id == group_id), None)
        if found is None:
            return RedirectResponse("/console/groups", status_code=303)
        periods = group_list.history(context, group_id)
        page = render("group.html", staff=staff, one=found, periods=periods, channels=CHANNELS, problem=problem)
    return HTMLResponse(page, status_code=status)
