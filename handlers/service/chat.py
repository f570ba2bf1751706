"""What a member types about service days: take a place, be excused, see the own hours, sign in, confirm, sign out."""

import re
from collections.abc import Sequence

from data.models import Person, ServiceDay
from handlers.errors import NotUnderstood
from handlers.local_time import local_day
from handlers.message import Context, IncomingMessage, Reply
from handlers.replies import PRIVATE_ONLY
from handlers.service import hours, presence, replies, sign_ups
from handlers.service.days import answer_of, described, leave_order, open_days, post_text, posts_of
from handlers.service.errors import ServiceError
from handlers.service.members import ORGANISING
from handlers.service.replies import short_date

MOST_LISTED = 6
_DATE = r"(?P<month>\d{1,2})\s*[月/.-]\s*(?P<day>\d{1,2})\s*[日号]?\s*"
_CHOICE = re.compile(rf"^(?:{_DATE}(?:(?P<unit>\S{{2,64}}?)(?:\s+|$))?)?(?:第?(?P<number>\d{{1,2}})\s*[号岗位]*)?$")
_DATE_FIRST = re.compile(rf"^{_DATE}(?P<rest>.*)$", re.DOTALL)


def sign_up(message: IncomingMessage, context: Context) -> Reply:
    """Without a number the posts of the next open day; with one the place is taken."""
    person_id = _member(context)
    every = open_days(context, person_id)
    chosen, number = _asked_for(context, every)
    if number is None:
        return _list(message, context, chosen, every)
    if len(chosen) > 1:
        raise NotUnderstood(replies.which_day(_handles(context, chosen, every), number))
    post = sign_ups.take(context, chosen[0], number, person_id)
    return Reply(replies.signed_up(described(context, chosen[0]), post_text(post), leave_order(chosen[0])))


def leave(message: IncomingMessage, context: Context) -> Reply:
    """The day they signed up for, else the only open one; the reason is neither needed nor kept."""
    person_id = _member(context)
    every = open_days(context, person_id)
    if not every:
        return Reply(replies.NOTHING_TO_LEAVE)
    found = _DATE_FIRST.match(context.command.rest)
    chosen = _on_date(every, found["month"], found["day"]) if found else every
    if not chosen:
        raise NotUnderstood(replies.NO_SUCH_DAY)
    chosen = (_named(context, chosen, found["rest"]) if found else []) or chosen
    coming = [day for day in chosen if _is_coming(context, day, person_id)]
    chosen = coming or chosen
    if len(chosen) > 1:
        raise NotUnderstood(replies.which_leave(_handles(context, chosen, every)))
    sign_ups.excuse(context, chosen[0], person_id)
    return Reply(
        replies.excused(chosen[0].day, context.directory.units[chosen[0].unit_id].name, had_place=bool(coming))
    )


def my_service(message: IncomingMessage, context: Context) -> Reply:
    """Hours, target and what is next, for the member alone: in a group not even the refusal holds a figure."""
    person_id = _member(context)
    year = local_day(context.now).year
    minutes = hours.hours_of(context, person_id, year)
    lines = [replies.my_hours(year, minutes, context.policy.service_target_hours * 60), _next(context, person_id)]
    return Reply("\n".join([*lines, replies.VOLUNTARY]), private=True, instead=PRIVATE_ONLY)


def sign_in(message: IncomingMessage, context: Context) -> Reply:
    day = presence.sign_in(context, _member(context))
    return Reply(replies.signed_in(day.day, context.now))


def sign_out(message: IncomingMessage, context: Context) -> Reply:
    return Reply(presence.sign_out(context, _member(context)))


def confirm(message: IncomingMessage, context: Context) -> Reply:
    """By another who comes that day, or by an organiser, who need not be a member of the party."""
    person = context.sender.person
    organises = any(post.role in ORGANISING for post in context.sender.posts)
    if person is None or not (person.party_member or organises):
        raise ServiceError(replies.CONFIRM_IS_FOR_MEMBERS)
    if not context.command.rest:
        raise ServiceError(replies.CONFIRM_WHOM)
    return Reply(presence.confirm_named(context, person.id or 0, context.command.rest.strip()))


def _member(context: Context) -> int:
    person: Person | None = context.sender.person
    if person is None or person.id is None or not person.party_member:
        raise ServiceError(replies.MEMBERS_ONLY)
    return person.id


def _asked_for(context: Context, every: list[ServiceDay]) -> tuple[list[ServiceDay], int | None]:
    """The open days that are meant, and the post's number, if there is one."""
    if not every:
        raise ServiceError(replies.NO_OPEN_DAY)
    found = _CHOICE.match(context.command.rest.strip())
    if found is None:
        raise NotUnderstood(replies.NO_SUCH_DAY)
    chosen = _on_date(every, found["month"], found["day"]) if found["month"] else every
    if found["unit"]:
        chosen = _named(context, chosen, found["unit"])
    if not chosen:
        raise NotUnderstood(replies.NO_SUCH_DAY)
    return chosen, int(found["number"]) if found["number"] else None


def _list(message: IncomingMessage, context: Context, chosen: list[ServiceDay], every: list[ServiceDay]) -> Reply:
    """The posts of the nearest of these days, and how to see the others; a single line where others read along."""
    day, further = chosen[0], chosen[1:]
    posts = sign_ups.free_posts(context, day)
    left_over = [replies.post_left(post.number, post.name, post.place, left) for post, left in posts]
    lines = [described(context, day) + "。", *(left_over if message.private else ["；".join(left_over) + "。"])]
    handle = _handles(context, [day], every)[0] + " " if len(every) > 1 else ""
    free = [post.number for post, left in posts if left]
    lines.append(replies.how_to_choose(handle, free[0]) if free else replies.ALL_FULL)
    if further:
        lines.append(replies.further_days(_handles(context, further[:MOST_LISTED], every)))
    return Reply("\n".join(lines) if message.private else "".join(lines))


def _next(context: Context, person_id: int) -> str:
    """The nearest place they took."""
    for day in open_days(context, person_id):
        answer = answer_of(context, day, person_id)
        if answer is not None and answer.post_id is not None and answer.signed_out_at is None:
            post = next(post for post in posts_of(context, day) if post.id == answer.post_id)
            return replies.my_next(described(context, day), post_text(post))
    return replies.NO_NEXT


def _is_coming(context: Context, day: ServiceDay, person_id: int) -> bool:
    answer = answer_of(context, day, person_id)
    return answer is not None and answer.post_id is not None


def _on_date(days: Sequence[ServiceDay], month: str, day: str) -> list[ServiceDay]:
    return [found for found in days if (found.day.month, found.day.day) == (int(month), int(day))]


def _named(context: Context, days: list[ServiceDay], words: str) -> list[ServiceDay]:
    """Those whose unit the words begin with; of two such names the longer one is meant."""
    names = {day.unit_id: context.directory.units[day.unit_id].name for day in days}
    fitting = [name for name in names.values() if words.startswith(name)]
    return [day for day in days if fitting and names[day.unit_id] == max(fitting, key=len)]


def _handles(context: Context, days: Sequence[ServiceDay], every: Sequence[ServiceDay]) -> list[str]:
    """How each of these days is called in an order: its date, and its unit where two share the date."""
    dates = [day.day for day in every]
    names = context.directory.units
    return [short_date(day.day) + (f" {names[day.unit_id].name}" if dates.count(day.day) > 1 else "") for day in days]
