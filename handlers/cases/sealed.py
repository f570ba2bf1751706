"""The sealed store: the words of one matter together, under their own key, for the one named reader (decision 7).

Time limits: handed to the discipline inspection body within 5 working days (纪检监察机关处理检举控告工作规则, 2020,
arts. 14–18).
"""

import datetime as dt

from sqlmodel import col, select

from data.models import AccessLog, Role, SealedMatter, SealedState
from handlers import notices, replies
from handlers.cases.actors import today
from handlers.cases.deadlines import working_days_after
from handlers.cases.working_days import WorkingDays
from handlers.local_time import when
from handlers.message import Context

TRANSFER_WORKING_DAYS = 5
# What came earlier than so long ago is a matter of its own.
ONE_MATTER = dt.timedelta(hours=24)


def new(context: Context, reader: int, words: str) -> SealedMatter:
    """The one reader is told that there is something, not what."""
    calendar = WorkingDays(context.directory.overrides)
    matter = SealedMatter(
        text=words,
        reporter=_sender(context),
        reader_id=reader,
        received_at=context.now,
        transfer_due_at=working_days_after(context.now, TRANSFER_WORKING_DAYS, calendar).due_at,
    )
    context.session.add(matter)
    context.session.flush()
    text = replies.DISCIPLINE_READER.format(number=matter.number, due=when(matter.transfer_due_at))
    notices.tell_people(context, [reader], text)
    return matter


def add(context: Context, matter: SealedMatter, words: str) -> SealedMatter:
    """More words; a reader who has looked already is told to look again."""
    matter.text = f"{matter.text}\n{words}"
    context.session.add(matter)
    seen = select(AccessLog.id).where(AccessLog.what == "sealed", AccessLog.reference == matter.id)
    if context.session.exec(seen).first() is not None:
        notices.tell_people(context, [matter.reader_id], replies.DISCIPLINE_READ_AGAIN.format(number=matter.number))
    return matter


def begun(context: Context, reader: int) -> SealedMatter | None:
    """What the sender sealed last and the reader still has; who they are can only be compared once deciphered."""
    statement = (
        select(SealedMatter)
        .where(
            SealedMatter.reader_id == reader,
            SealedMatter.state == SealedState.SEALED,
            col(SealedMatter.received_at) > context.now - ONE_MATTER,
        )
        .order_by(col(SealedMatter.id).desc())
    )
    sender = _sender(context)
    found = next((matter for matter in context.session.exec(statement) if matter.reporter == sender), None)
    if found is not None:
        context.session.refresh(found, with_for_update=True)  # two lines at once, or the reader hands it over
    return found if found is not None and found.state is SealedState.SEALED else None


def _sender(context: Context) -> str:
    account = context.sender.account
    return f"{account.channel}:{account.platform_id}" if account else ""


def reader_in_post(context: Context) -> int | None:
    """The one person who now holds the reader's post."""
    readers = [post for post in context.directory.posts if post.role is Role.DISCIPLINE_READER]
    on = today(context)
    return next((p.person_id for p in readers if p.since <= on and (p.until is None or on <= p.until)), None)
