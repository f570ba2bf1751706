"""Service days in the office: plan a quarter, edit and announce its days, see who comes, keep the ledger right.

An officer sees and changes only days of units they organise; who signed up is shown by name to them alone.
"""

from collections.abc import Callable
from typing import Annotated, TypeVar

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import Field

from bot.running import Bot
from bot.web import service_forms as forms
from bot.web.pages import render
from bot.web.permissions import Area
from bot.web.service_forms import Plan, Served
from bot.web.sign_in import OWN_FORM, Denied, Staff, staff_in
from data.models import ServiceDay, ServiceHours, ServicePost, SignUp
from handlers.cases.discipline import log_access
from handlers.local_time import local_day
from handlers.message import Context
from handlers.schedule.fields import Wrong
from handlers.service import hours, planning, posts, presence, reading, replies
from handlers.service.errors import ServiceError
from handlers.service.members import organised_units, organises
from handlers.service.planning import Wanted
from handlers.service.posts import WantedPost

HOME = "/console/service"
router = APIRouter(prefix=HOME)

InService = Annotated[Staff, Depends(staff_in(Area.SERVICE))]
Id = Annotated[int, Field(ge=1, le=2**31 - 1)]  # what the databases take
Year = Annotated[int | None, Query(ge=2000, le=2099)]
Quarter = Annotated[int | None, Query(ge=1, le=4)]
Chosen = tuple[int, int]
Form = TypeVar("Form")
STATES = {"draft": "草稿", "announced": "已公布", "cancelled": "已取消", "over": "已结束"}
WORDS = {"states": STATES, "say": replies, "weekdays": replies.WEEKDAYS, "longest": forms.LONGEST_TEXT}


class Gone(Exception):
    """There is no such day any more; the list shows what there is."""


@router.get("")
def service(request: Request, staff: InService, year: Year = None, quarter: Quarter = None) -> Response:
    """The days of a quarter, the form that plans one, and the year's totals."""
    today = local_day(_bot(request).clock())
    return _list_page(request, staff, (year or today.year, quarter or (today.month + 2) // 3))


@router.post("/plan", dependencies=[OWN_FORM])
def plan(request: Request, staff: InService, form: Annotated[Plan | Wrong, Depends(forms.plan)]) -> Response:
    """Proposed dates become drafts at once; each can be changed or taken away."""
    bot = _bot(request)
    today = local_day(bot.clock())
    if isinstance(form, Wrong):
        return _list_page(request, staff, (today.year, (today.month + 2) // 3), problem=str(form))
    if form.unit_id not in bot.directory().units:
        raise Denied(staff)
    _may_organise(bot, staff, form.unit_id)
    with bot.database.writing() as session:
        context = bot.context(session, bot.clock())
        found = planning.propose(
            context,
            form.unit_id,
            form.year,
            form.quarter,
            count=form.count,
            weekday=form.weekday,
            themes=form.themes,
        )
        planning.draft(context, form.unit_id, found, by_id=staff.person.id)
        session.commit()
    if not found:
        problem = f"{form.year}年{form.quarter * 3}月没有合适的日子了。"
        return _list_page(request, staff, (form.year, form.quarter), problem=problem)
    return RedirectResponse(f"{HOME}?year={form.year}&quarter={form.quarter}", status_code=303)


@router.get("/{day_id}")
def service_day(request: Request, staff: InService, day_id: Id) -> Response:
    return _day_page(request, staff, day_id)


@router.post("/{day_id}/change", dependencies=[OWN_FORM])
def change(
    request: Request, staff: InService, day_id: Id, form: Annotated[Wanted | Wrong, Depends(forms.day)]
) -> Response:
    return _saving(request, staff, day_id, lambda context, day: planning.change(context, day, _right(form)))


@router.post("/{day_id}/announce", dependencies=[OWN_FORM])
def announce(request: Request, staff: InService, day_id: Id) -> Response:
    return _saving(request, staff, day_id, planning.announce)


@router.post("/{day_id}/cancel", dependencies=[OWN_FORM])
def cancel(request: Request, staff: InService, day_id: Id) -> Response:
    return _saving(request, staff, day_id, planning.cancel)


@router.post("/{day_id}/posts", dependencies=[OWN_FORM])
def add_post(
    request: Request, staff: InService, day_id: Id, form: Annotated[WantedPost | Wrong, Depends(forms.post)]
) -> Response:
    return _saving(request, staff, day_id, lambda context, day: posts.add(context, day, _right(form)))


@router.post("/{day_id}/posts/{post_id}", dependencies=[OWN_FORM])
def change_post(
    request: Request,
    staff: InService,
    day_id: Id,
    post_id: Id,
    form: Annotated[WantedPost | Wrong, Depends(forms.post)],
) -> Response:
    def work(context: Context, day: ServiceDay) -> None:
        posts.change(context, day, _part(context, ServicePost, post_id, day), _right(form))

    return _saving(request, staff, day_id, work)


@router.post("/{day_id}/posts/{post_id}/remove", dependencies=[OWN_FORM])
def remove_post(request: Request, staff: InService, day_id: Id, post_id: Id) -> Response:
    def work(context: Context, day: ServiceDay) -> None:
        posts.remove(context, day, _part(context, ServicePost, post_id, day))

    return _saving(request, staff, day_id, work)


@router.post("/{day_id}/answers/{answer_id}/confirm", dependencies=[OWN_FORM])
def confirm(request: Request, staff: InService, day_id: Id, answer_id: Id) -> Response:
    """The organiser saw them there."""

    def work(context: Context, day: ServiceDay) -> None:
        answer = _part(context, SignUp, answer_id, day)
        if presence.confirm(context, day, answer, by_id=staff.person.id or 0) == replies.NOT_BOOKED:
            raise ServiceError(replies.HOURS_OVERLAP)

    return _saving(request, staff, day_id, work)


@router.post("/{day_id}/answers/{answer_id}/hours", dependencies=[OWN_FORM])
def book(
    request: Request,
    staff: InService,
    day_id: Id,
    answer_id: Id,
    form: Annotated[Served | Wrong, Depends(forms.served)],
) -> Response:
    """A forgotten sign-out, written by hand with a reason."""

    def work(context: Context, day: ServiceDay) -> None:
        answer, written = _part(context, SignUp, answer_id, day), _right(form)
        if answer.post_id is None:
            raise ServiceError(replies.NOT_SIGNED_UP)
        served = written.on(day.day)
        hours.book(
            context,
            answer.person_id,
            served.start,
            served.end,
            confirmed_by_id=staff.person.id or 0,
            service_day_id=day.id,
            reason=written.reason,
        )

    return _saving(request, staff, day_id, work)


@router.post("/{day_id}/hours/{line_id}/correct", dependencies=[OWN_FORM])
def correct(
    request: Request, staff: InService, day_id: Id, line_id: Id, form: Annotated[Served | Wrong, Depends(forms.served)]
) -> Response:
    def work(context: Context, day: ServiceDay) -> None:
        line, written = _part(context, ServiceHours, line_id, day), _right(form)
        served = written.on(local_day(line.starts_at))
        by_id = staff.person.id or 0
        hours.correct(context, line, served.start, served.end, by_id=by_id, reason=written.reason)

    return _saving(request, staff, day_id, work)


def _saving(request: Request, staff: Staff, day_id: int, work: Callable[[Context, ServiceDay], object]) -> Response:
    """Do it and show the day again, with what was wrong if it was not done."""
    bot = _bot(request)
    try:
        with bot.database.writing() as session:
            context = bot.context(session, bot.clock())
            work(context, _day(context, bot, staff, day_id))
            session.commit()
    except Gone:
        return RedirectResponse(HOME, status_code=303)
    except (ServiceError, Wrong) as error:
        return _day_page(request, staff, day_id, problem=str(error))
    bot.wake.set()
    return RedirectResponse(f"{HOME}/{day_id}", status_code=303)


def _list_page(request: Request, staff: Staff, chosen: Chosen, problem: str = "") -> Response:
    bot = _bot(request)
    with bot.database.reading() as session:
        context = bot.context(session, bot.clock())
        units = organised_units(bot.directory(), staff.posts)
        shown = reading.quarter(context, units, *chosen)
    page = render("service.html", staff=staff, shown=shown, problem=problem, directory=bot.directory(), **WORDS)
    return HTMLResponse(page, status_code=422 if problem else 200)


def _day_page(request: Request, staff: Staff, day_id: int, problem: str = "") -> Response:
    """One day with its people; every look at them is logged."""
    bot = _bot(request)
    try:
        with bot.database.writing() as session:
            context = bot.context(session, bot.clock())
            told = reading.read_day(context, _day(context, bot, staff, day_id))
            log_access(context, staff.person.id, "service_day", day_id)
            session.commit()
    except Gone:
        return RedirectResponse(HOME, status_code=303)
    page = render("service_day.html", staff=staff, told=told, problem=problem, directory=bot.directory(), **WORDS)
    return HTMLResponse(page, status_code=422 if problem else 200)


def _day(context: Context, bot: Bot, staff: Staff, day_id: int) -> ServiceDay:
    day = context.session.get(ServiceDay, day_id)
    if day is None:
        raise Gone
    _may_organise(bot, staff, day.unit_id)
    return day


def _may_organise(bot: Bot, staff: Staff, unit_id: int) -> None:
    if not organises(bot.directory(), staff.posts, unit_id):
        raise Denied(staff)


Part = TypeVar("Part", ServicePost, SignUp, ServiceHours)


def _part(context: Context, model: type[Part], key: int, day: ServiceDay) -> Part:
    """What belongs to this day; an id of another day is as unknown as one that never was."""
    found = context.session.get(model, key)
    if found is None or found.service_day_id != day.id:
        raise ServiceError(replies.NOT_HERE)
    return found


def _right(form: Form | Wrong) -> Form:
    if isinstance(form, Wrong):
        raise form
    return form


def _bot(request: Request) -> Bot:
    bot: Bot = request.app.state.bot
    return bot
