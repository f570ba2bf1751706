"""The posts (岗位) of a service day: added, changed and removed by its organiser."""

from dataclasses import dataclass

from data.models import ServiceDay, ServiceDayState, ServicePost
from handlers import notices
from handlers.message import Context
from handlers.service import replies
from handlers.service.days import described, ends_at, locked, post_text, posts_of, signed_up
from handlers.service.errors import ServiceError

MOST_POSTS = 30


@dataclass(frozen=True)
class WantedPost:
    """What an organiser writes into a post."""

    name: str
    place: str
    capacity: int


def add(context: Context, day: ServiceDay, wanted: WantedPost) -> ServicePost:
    """A new post with the next number; numbers are never used again, because people have read them."""
    _check_open(context, day)
    numbers = [post.number for post in posts_of(context, day)]
    if len(numbers) >= MOST_POSTS:
        raise ServiceError(replies.TOO_MANY_POSTS)
    post = ServicePost(
        service_day_id=day.id or 0,
        number=max(numbers, default=0) + 1,
        name=wanted.name,
        place=wanted.place,
        capacity=wanted.capacity,
    )
    context.session.add(post)
    context.session.flush()
    return post


def change(context: Context, day: ServiceDay, post: ServicePost, wanted: WantedPost) -> None:
    """Write it in; who signed up for it is told when its name or place is another."""
    _check_open(context, day)
    here = _people(context, day, post)
    if wanted.capacity < len(here):
        raise ServiceError(replies.TOO_FEW_PLACES)
    moved = (wanted.name, wanted.place) != (post.name, post.place)
    post.name, post.place, post.capacity = wanted.name, wanted.place, wanted.capacity
    context.session.add(post)
    if moved:
        notices.tell_people(context, here, replies.post_moved(described(context, day), post_text(post)))


def remove(context: Context, day: ServiceDay, post: ServicePost) -> None:
    """Only while nobody has chosen it."""
    _check_open(context, day)
    if _people(context, day, post):
        raise ServiceError(replies.POST_IN_USE)
    if day.state is ServiceDayState.ANNOUNCED and len(posts_of(context, day)) == 1:
        raise ServiceError(replies.NO_POSTS)
    context.session.delete(post)


def _people(context: Context, day: ServiceDay, post: ServicePost) -> list[int]:
    return [sign_up.person_id for sign_up in signed_up(context, day) if sign_up.post_id == post.id]


def _check_open(context: Context, day: ServiceDay) -> None:
    """Hold the day, so that nobody signs up meanwhile; posts may change until the day is over."""
    if locked(context, ServiceDay, day.id or 0) is None:
        raise ServiceError(replies.NOT_HERE)
    if day.state is ServiceDayState.CANCELLED:
        raise ServiceError(replies.IS_CANCELLED)
    if ends_at(day) <= context.now:
        raise ServiceError(replies.DAY_OVER)
