"""One line of help, fitted to who asks; residents and staff need different words."""

from data.models import Outcome
from handlers import replies, staff_replies
from handlers.cases.actors import LEADING
from handlers.message import Context, IncomingMessage, Reply


def handle(message: IncomingMessage, context: Context) -> Reply:
    context.message_row.outcome = Outcome.HELPED
    if message.private and context.sender.posts:
        leading = any(post.role in LEADING for post in context.sender.posts)
        return Reply(staff_replies.HELP_GRID_MEMBER + ("\n" + staff_replies.HELP_LEADER if leading else ""))
    return Reply(replies.HELP_RESIDENT)
