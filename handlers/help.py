"""One line of help, fitted to who asks; residents and staff need different words."""

from data.models import Outcome
from handlers import replies, staff_replies
from handlers.cases.actors import LEADING
from handlers.message import Context, IncomingMessage, Reply
from handlers.service.replies import HELP_MEMBER


def handle(message: IncomingMessage, context: Context) -> Reply:
    context.message_row.outcome = Outcome.HELPED
    lines = _for_staff(context) if message.private else []
    return Reply("\n".join(lines) or replies.HELP_RESIDENT)


def _for_staff(context: Context) -> list[str]:
    """A line for what each of the person's capacities can do."""
    posts, person = context.sender.posts, context.sender.person
    leading = any(post.role in LEADING for post in posts)
    lines = {
        staff_replies.HELP_GRID_MEMBER: bool(posts),
        staff_replies.HELP_LEADER: leading,
        HELP_MEMBER: person is not None and person.party_member,
    }
    return [line for line, fits in lines.items() if fits]
