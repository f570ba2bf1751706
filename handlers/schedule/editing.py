"""What an administrator does with definitions: make, change, pause, resume, delete."""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, delete, select

from data.models import Claim, Person, ScheduledMessage
from handlers.errors import SuishoupaiError
from handlers.message import Context
from handlers.schedule.definitions import keys_of
from handlers.schedule.draft import NotAccepted, Typed
from handlers.schedule.reading import understood

log = structlog.get_logger("schedule")


class NoSuchDefinition(SuishoupaiError):
    """It was deleted, or never there."""

    def __init__(self) -> None:
        super().__init__("这条定时消息已经不在了。")


def definitions(context: Context) -> list[ScheduledMessage]:
    """All of them, by name."""
    return list(context.session.exec(select(ScheduledMessage).order_by(col(ScheduledMessage.name))).all())


def find(context: Context, definition_id: int) -> ScheduledMessage:
    """Raises NoSuchDefinition."""
    found = context.session.get(ScheduledMessage, definition_id)
    if found is None:
        raise NoSuchDefinition
    return found


def create(context: Context, form: Typed, by: Person) -> ScheduledMessage:
    """Raises NotAccepted."""
    draft = understood(context, form)
    row = ScheduledMessage(active_since=context.now, created_by_id=by.id, **draft.columns())
    with _own_name(context):
        context.session.add(row)
    # SQLite gives the number of a deleted definition again; what was said then must not silence this one.
    context.session.exec(delete(Claim).where(col(Claim.key).startswith(keys_of(row.id), autoescape=True)))
    log.info("definition created", definition=row.id, by=by.id)
    return row


def update(context: Context, definition_id: int, form: Typed, by: Person) -> None:
    """Other words go out at the next time; other times count from now on. Raises NotAccepted, NoSuchDefinition."""
    row = find(context, definition_id)
    draft = understood(context, form, row)
    with _own_name(context):
        if draft.write_to(row):
            row.active_since = context.now
        context.session.add(row)
    log.info("definition changed", definition=row.id, by=by.id)


def pause(context: Context, definition_id: int, by: Person) -> None:
    row = find(context, definition_id)
    row.active = False
    context.session.add(row)
    log.info("definition paused", definition=row.id, by=by.id)


def resume(context: Context, definition_id: int, by: Person) -> None:
    """What would have been said during the pause is not made up for."""
    row = find(context, definition_id)
    if not row.active:
        row.active, row.active_since = True, context.now
        context.session.add(row)
        log.info("definition resumed", definition=row.id, by=by.id)


def remove(context: Context, definition_id: int, by: Person) -> None:
    row = find(context, definition_id)
    context.session.delete(row)
    log.info("definition deleted", definition=definition_id, by=by.id)


@contextmanager
def _own_name(context: Context) -> Iterator[None]:
    """What is changed within is written at once, and not at all if the name belongs to another."""
    try:
        with context.session.begin_nested():
            yield
    except IntegrityError:
        raise NotAccepted({"name": "已经有一条同名的定时消息，请换个名称。"}) from None
