"""What is said at set times: the definitions of administrators, and who will get what in the coming days."""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from enum import StrEnum
from itertools import groupby
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import Field

from bot.running import Bot
from bot.web.pages import render
from bot.web.permissions import Area
from bot.web.sign_in import OWN_FORM, Staff, staff_in
from data.models import ChatGroup, Repeat, ScheduledMessage, Unit
from handlers.directory import LEVELS, Directory
from handlers.local_time import local_day
from handlers.message import Context
from handlers.schedule import audience, editing, rule_words
from handlers.schedule.definitions import next_time
from handlers.schedule.draft import NotAccepted, Typed
from handlers.schedule.editing import NoSuchDefinition
from handlers.schedule.fields import LONGEST_NAME
from handlers.schedule.preview import Planned, preview
from handlers.schedule.sources import SOURCES
from handlers.schedule.template import LONGEST, VARIABLES, WEEKDAYS

HOME = "/console/schedule"
router = APIRouter(prefix=HOME)

InSchedule = Annotated[Staff, Depends(staff_in(Area.SCHEDULE))]
Id = Annotated[int, Field(ge=1, le=2**31 - 1)]  # what the databases take
DAYS = 90
MOST_DAYS = 366
MOST_SHOWN = 500
REPEATS = {
    Repeat.ONCE: "只发一次",
    Repeat.DAILY: "每天",
    Repeat.WEEKLY: "每周",
    Repeat.MONTHLY: "每月几号",
    Repeat.MONTHLY_WEEKDAY: "每月第几个星期几",
}
WORDS = {
    "repeats": REPEATS,
    "nths": rule_words.NTH,
    "weekday_names": WEEKDAYS,
    "on_holiday_names": rule_words.ON_HOLIDAY,
    "role_names": audience.ROLES,
    "variables": VARIABLES,
    "longest": LONGEST,
    "longest_name": LONGEST_NAME,
}


class Step(StrEnum):
    PAUSE = "pause"
    RESUME = "resume"
    DELETE = "delete"


STEPS: dict[Step, Callable[..., None]] = {
    Step.PAUSE: editing.pause,
    Step.RESUME: editing.resume,
    Step.DELETE: editing.remove,
}


@dataclass(frozen=True)
class Line:
    """One definition as the list shows it."""

    definition: ScheduledMessage
    rule: str
    who: str
    next_at: dt.datetime | None


async def filled_in(request: Request) -> Typed:
    """The form as it was sent, each field as text; what is missing keeps its default."""
    form = await request.form()
    values: dict[str, Any] = {}
    for field in fields(Typed):
        sent = [value for value in form.getlist(field.name) if isinstance(value, str)]
        if isinstance(field.default, tuple):
            values[field.name] = tuple(sent)
        elif sent:
            values[field.name] = sent[0]
    return Typed(**values)


TypedDep = Annotated[Typed, Depends(filled_in)]


@router.get("")
def schedule(request: Request, staff: InSchedule, days: Annotated[int, Query(ge=1, le=MOST_DAYS)] = DAYS) -> Response:
    """All definitions, and what they and the service days will send."""
    bot: Bot = request.app.state.bot
    with bot.database.reading() as session:
        context = bot.context(session, bot.clock())
        lines = [_line(context, definition) for definition in editing.definitions(context)]
        coming = preview(context, SOURCES, days)
    page = render(
        "schedule.html",
        staff=staff,
        lines=lines,
        days=days,
        total=len(coming),
        most=MOST_SHOWN,
        by_day=_by_day(coming[:MOST_SHOWN]),
        weekday_names=WEEKDAYS,
    )
    return HTMLResponse(page)


@router.get("/new")
def new(request: Request, staff: InSchedule) -> Response:
    return _form(request, staff, Typed())


@router.post("/new", dependencies=[OWN_FORM])
def create(request: Request, staff: InSchedule, form: TypedDep) -> Response:
    return _saving(request, staff, form, lambda context: editing.create(context, form, staff.person))


@router.get("/{definition_id}")
def edit(request: Request, staff: InSchedule, definition_id: Id) -> Response:
    bot: Bot = request.app.state.bot
    try:
        with bot.database.reading() as session:
            found = editing.find(bot.context(session, bot.clock()), definition_id)
    except NoSuchDefinition:
        return RedirectResponse(HOME, status_code=303)
    return _form(request, staff, Typed.of(found), definition_id=definition_id)


@router.post("/{definition_id}", dependencies=[OWN_FORM])
def update(request: Request, staff: InSchedule, definition_id: Id, form: TypedDep) -> Response:
    def change(context: Context) -> None:
        editing.update(context, definition_id, form, staff.person)

    return _saving(request, staff, form, change, definition_id=definition_id)


@router.post("/{definition_id}/{step}", dependencies=[OWN_FORM])
def switch(request: Request, staff: InSchedule, definition_id: Id, step: Step) -> Response:
    """Pause, resume or delete; what is gone already needs no more."""
    bot: Bot = request.app.state.bot
    with bot.database.writing() as session:
        try:
            STEPS[step](bot.context(session, bot.clock()), definition_id, staff.person)
            session.commit()
        except NoSuchDefinition:
            session.rollback()
    return RedirectResponse(HOME, status_code=303)


def _saving(
    request: Request,
    staff: Staff,
    form: Typed,
    save: Callable[[Context], object],
    *,
    definition_id: int | None = None,
) -> Response:
    """Back to the list, or the form again with what was typed and what is wrong with it."""
    bot: Bot = request.app.state.bot
    try:
        with bot.database.writing() as session:
            save(bot.context(session, bot.clock()))
            session.commit()
    except NotAccepted as refused:
        return _form(request, staff, form, definition_id=definition_id, problems=refused.problems)
    except NoSuchDefinition as gone:
        return _form(request, staff, form, problems={"name": f"{gone.reply}再按一次保存，就另存为新的一条。"})
    return RedirectResponse(HOME, status_code=303)


def _form(
    request: Request,
    staff: Staff,
    form: Typed,
    *,
    definition_id: int | None = None,
    problems: dict[str, str] | None = None,
) -> Response:
    bot: Bot = request.app.state.bot
    directory = bot.directory()
    page = render(
        "schedule_form.html",
        staff=staff,
        form=form,
        definition_id=definition_id,
        problems=problems or {},
        communities=_communities(directory),
        people=sorted(directory.people.values(), key=lambda person: person.code),
        units=_tree(directory),
        chosen_groups=_chosen("group", form),
        chosen_people=_chosen("person", form),
        **WORDS,
    )
    return HTMLResponse(page, status_code=422 if problems else 200)


def _line(context: Context, definition: ScheduledMessage) -> Line:
    next_at = next_time(context, definition) if definition.active else None
    return Line(definition, rule_words.in_words(definition), audience.in_words(context.directory, definition), next_at)


def _by_day(coming: Iterable[Planned]) -> list[tuple[dt.date, list[Planned]]]:
    return [(day, list(some)) for day, some in groupby(coming, key=lambda one: local_day(one.sending.at))]


def _chosen(kind: str, form: Typed) -> set[str]:
    """The ids of one kind that are ticked."""
    return {value for found, _, value in (entry.partition(":") for entry in form.audience) if found == kind}


def _communities(directory: Directory) -> list[tuple[Unit, list[ChatGroup]]]:
    """Communities with their groups, in the order of the street."""
    found = audience.groups_by_community(directory)
    return [(unit, found[unit_id]) for unit_id, unit in directory.units.items() if unit_id in found]


def _tree(directory: Directory) -> list[tuple[Unit, int]]:
    """Units from the top, each with its depth."""

    def below(parent: int | None) -> Iterable[tuple[Unit, int]]:
        for unit in directory.units.values():
            if unit.parent_id == parent:
                yield unit, LEVELS.index(unit.level)
                yield from below(unit.id)

    return list(below(None))
