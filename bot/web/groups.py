"""The groups: who only listens, how often people agreed with what the bot would have done, and the switch."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from bot.running import Bot
from bot.web.console import RowId
from bot.web.pages import render
from bot.web.permissions import Area
from bot.web.sign_in import OWN_FORM, Staff, staff_in
from data.models import GroupMode
from handlers import listening

router = APIRouter(prefix="/console/groups")

InGroups = Annotated[Staff, Depends(staff_in(Area.GROUPS))]


@router.get("")
def groups(request: Request, staff: InGroups) -> Response:
    bot: Bot = request.app.state.bot
    with bot.database.reading() as session:
        found = listening.agreements(bot.context(session, bot.clock()))
        page = render("groups.html", staff=staff, agreements=found, fewest=listening.FEWEST_DECISIONS)
    return HTMLResponse(page)


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
