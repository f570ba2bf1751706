"""Inquiries, suggestions and praise: registered as such, answered by the community, counted apart."""

from collections.abc import Sequence

from data.models import PendingMessage
from handlers import replies
from handlers.cases import intake, neighbours
from handlers.message import Context, IncomingMessage, Reply


def handle(message: IncomingMessage, context: Context, *, joined: Sequence[PendingMessage] = ()) -> Reply:
    """Register an inquiry or a suggestion and say until when the community answers."""
    case = intake.register(context, message, joined=joined)
    neighbours.call(context, case)
    return Reply(replies.registered_kind(case.number, case.kind, case.due_at), case_id=case.id)


def thank(message: IncomingMessage, context: Context) -> Reply:
    """Praise is registered, passed on in the figures, and needs no task."""
    case = intake.register(context, message)
    return Reply(replies.praise_thanks(case.number), case_id=case.id)
