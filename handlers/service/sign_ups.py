"""A member takes a place, moves to another, or asks to be excused; all of it is voluntary, silence is no fault."""

from data.models import ServiceDay, ServiceDayState, ServicePost, SignUp
from handlers.message import Context
from handlers.service import replies
from handlers.service.days import answer_of, ends_at, locked, posts_of, starts_at, taken
from handlers.service.errors import ServiceError


def take(context: Context, day: ServiceDay, number: int, person_id: int) -> ServicePost:
    """The place is theirs, another one of that day is free again; raises ServiceError."""
    _hold(context, day)
    answer = answer_of(context, day, person_id) or _new_answer(context, day, person_id)
    post = next((post for post in posts_of(context, day) if post.number == number), None)
    if post is None:
        raise ServiceError(replies.no_such_post(number) + _others(context, day))
    if answer.post_id != post.id:
        if taken(context, day)[post.id or 0] >= post.capacity:
            raise ServiceError(replies.post_full(number) + _others(context, day))
        answer.post_id, answer.at = post.id, context.now
    context.session.add(answer)
    return post


def excuse(context: Context, day: ServiceDay, person_id: int) -> None:
    """Their place is free for others; why is not asked and not kept."""
    _hold(context, day)
    answer = answer_of(context, day, person_id) or _new_answer(context, day, person_id)
    if answer.signed_in_at is not None and starts_at(day) <= context.now:
        raise ServiceError(replies.ALREADY_SIGNED_IN)
    answer.post_id, answer.at = None, context.now
    answer.signed_in_at = answer.confirmed_at = answer.confirmed_by_id = None
    context.session.add(answer)


def free_posts(context: Context, day: ServiceDay) -> list[tuple[ServicePost, int]]:
    """Every post of the day with the places left."""
    gone = taken(context, day)
    return [(post, max(0, post.capacity - gone[post.id or 0])) for post in posts_of(context, day)]


def _hold(context: Context, day: ServiceDay) -> None:
    """Of two who want the last place the second waits here, and then sees that it is gone."""
    locked(context, ServiceDay, day.id or 0)
    if day.state is not ServiceDayState.ANNOUNCED:
        raise ServiceError(replies.NOT_OPEN)
    if ends_at(day) <= context.now:
        raise ServiceError(replies.DAY_OVER)


def _new_answer(context: Context, day: ServiceDay, person_id: int) -> SignUp:
    return SignUp(service_day_id=day.id or 0, person_id=person_id, at=context.now)


def _others(context: Context, day: ServiceDay) -> str:
    """What is still free, in one line."""
    left = [
        replies.post_left(post.number, post.name, post.place, places)
        for post, places in free_posts(context, day)
        if places
    ]
    return f"{replies.date(day.day)}还有：{'；'.join(left)}。" if left else replies.ALL_FULL
