"""One incoming message, once: known? → what is it → handler → commit → answer; one log line.

Whatever a handler does wrong, the message is kept (see failed.py). Only when even that cannot be stored does
`receive` raise, so that the platform is not told "received" and delivers again.
"""

import datetime as dt
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import structlog
from sqlmodel import Session, col, select

from bot import failed
from bot.seen import remember, sender_of, write_outcome
from bot.shadow import Shadow
from bot.storable import storable
from classifiers import Action, Intent
from data.database import Database
from data.models import Media, Message, OutboxMessage, OutboxStatus, Outcome
from data.rows import append
from data.taxonomy import CaseClass
from handlers import HANDLERS, binding, follow_up, help, joining, notices, recall, replies, report
from handlers.command import Command, parse
from handlers.directory import Directory
from handlers.errors import SuishoupaiError
from handlers.listening import is_listening
from handlers.message import SILENCE, Context, IncomingMessage, Kind, Policy, Reply, Sender, Understand

log = structlog.get_logger("inbox")

MOST_PHOTOS = 9
LONGEST_REFERENCE = 4096


@dataclass(frozen=True)
class Inbox:
    """Takes messages in; `directory` gives the current snapshot of the master data."""

    database: Database
    directory: Callable[[], Directory]
    understand: Understand
    policy: Policy
    passive: bool = True
    """Whether the answer rides in the callback's response; else it is queued like any other message."""
    shadow: Shadow | None = None

    def receive(self, message: IncomingMessage, now: dt.datetime, *, passive: bool = True) -> str | None:
        """Take one message in and return the answer for the response, None for silence.

        The same message delivered again returns the same answer and changes nothing.
        """
        if not passive:
            return replace(self, passive=False).receive(message, now)
        started = time.perf_counter()
        message = storable(message)
        try:
            outcome, answer = self._receive_once(message, now)
        except Exception as error:
            # Whatever went wrong is ours: the words are kept, a person will see them.
            log.exception("message failed, kept for retry", id=message.platform_id, error=type(error).__name__)
            self.directory().accounts.clear()  # in case one of them is the reason
            outcome, answer = self._keep(message, now, error)
        took_ms = round((time.perf_counter() - started) * 1000, 1)
        log.info("message", id=message.platform_id, channel=message.channel, handled=outcome, ms=took_ms)
        return answer

    def handle_again(self, message: IncomingMessage, message_id: int, session: Session, now: dt.datetime) -> None:
        """Handle a message that failed before; its answer goes out as a message of its own."""
        later = replace(self, passive=False)
        record = session.get_one(Message, message_id)
        record.outcome = Outcome.IGNORED
        context = later._context(session, message, sender_of(session, self.directory(), message, now), record, now)
        try:
            with session.begin_nested():
                reply = answer_to(message, context)
        except SuishoupaiError as error:
            reply = _refusal(message, context, error)
        later._queue(message, context, reply)

    def _receive_once(self, message: IncomingMessage, now: dt.datetime) -> tuple[str, str | None]:
        with self.database.writing() as session:
            context = self._open(session, message, now)
            if context is None:
                return "duplicate", replayed_answer(session, message)
            try:
                answer = self._queue(message, context, answer_to(message, context))
            except SuishoupaiError as error:
                # A wrong order changes nothing: what the handler did so far is taken back.
                session.rollback()
                session.expunge_all()  # nothing of the first try is left, least of all the message's row
                context = self._open(session, message, now)
                if context is None:
                    return "duplicate", replayed_answer(session, message)
                answer = self._queue(message, context, _refusal(message, context, error))
            write_outcome(session, context.message_row)
            session.commit()
        if self.shadow is not None:
            self.shadow.offer(context.message_row, context.understand)
        return context.message_row.outcome.value, answer

    def _keep(self, message: IncomingMessage, now: dt.datetime, error: Exception) -> tuple[str, str | None]:
        with self.database.writing() as session:
            context = self._open(session, message, now)
            if context is None:
                return "duplicate", replayed_answer(session, message)
            failed.keep(context, message, error)
            reply = Reply(replies.APOLOGY) if message.addressed else SILENCE
            answer = self._queue(message, context, reply)
            session.commit()
            return context.message_row.outcome.value, answer

    def _open(self, session: Session, message: IncomingMessage, now: dt.datetime) -> Context | None:
        """The context of a message seen for the first time; None for one that is known."""
        sender = sender_of(session, self.directory(), message, now)
        record = remember(session, message, sender, now)
        if record is None:
            return None
        for reference in message.media[:MOST_PHOTOS]:
            session.add(
                Media(message_id=record.id or 0, channel=message.channel, reference=reference[:LONGEST_REFERENCE])
            )
        return self._context(session, message, sender, record, now)

    def _context(
        self, session: Session, message: IncomingMessage, sender: Sender, record: Message, now: dt.datetime
    ) -> Context:
        understand = self.shadow.listen(self.understand, message.text) if self.shadow else self.understand
        return Context(
            session=session,
            now=now,
            directory=self.directory(),
            policy=self.policy,
            sender=sender,
            record=record,
            understand=understand,
        )

    def _queue(self, message: IncomingMessage, context: Context, reply: Reply) -> str | None:
        """The answer is an outbox row too: sent with the response, or queued when it must go privately."""
        if not reply.text or self.policy.quiet:
            return None
        if reply.private and not message.private:
            account = context.sender.account
            told = account is not None and notices.tell_account(context, account, reply.text, orders=reply.orders)
            if told or not reply.instead or not message.addressed:
                return None
            reply = Reply(reply.instead)
        status = OutboxStatus.SENT if self.passive else OutboxStatus.QUEUED
        append(
            context.session,
            OutboxMessage,
            channel=message.channel,
            conversation=notices.conversation_key(message.channel, message.group, message.sender),
            group_platform_id=message.group,
            account_platform_id=None if message.group else message.sender,
            case_id=reply.case_id,
            passive_for_id=context.message_row.id,
            text=reply.text,
            orders=[] if message.group else list(reply.orders),
            status=status,
            created_at=context.now,
            not_before=context.now,
            sent_at=context.now if self.passive else None,
        )
        return reply.text if self.passive else None


def answer_to(message: IncomingMessage, context: Context) -> Reply:
    """What is it? A recall, a command, something that continues what was said, or words to understand."""
    if message.kind is Kind.RECALL:
        _expect_nothing_more(message, context)
        return recall.handle(message, context)
    if message.group is not None and context.sender.group is None:
        return _from_unknown_group(message, context)
    command = parse(message.text, message.quoted_text)
    if command is not None and _counts(command, message):
        context.message_row.outcome = Outcome.COMMAND
        return HANDLERS[command.verb](message, context.about(command))
    if (continued := follow_up.handle(message, context)) is not None:
        return continued
    return _understood(message, context)


def replayed_answer(session: Session, message: IncomingMessage) -> str | None:
    """The answer that rode in the response when this message came first."""
    statement = (
        select(OutboxMessage)
        .join(Message, col(OutboxMessage.passive_for_id) == col(Message.id))
        .where(
            Message.channel == message.channel,
            Message.platform_id == message.platform_id,
            OutboxMessage.status == OutboxStatus.SENT,
            OutboxMessage.attempts == 0,  # a passive answer is never handed to a channel
        )
    )
    answer = session.exec(statement).first()
    return answer.text if answer else None


def _counts(command: Command, message: IncomingMessage) -> bool:
    """Overheard, an order must be explicit: word and number. "满意" alone in a group is talk."""
    return message.addressed or command.explicit


def _refusal(message: IncomingMessage, context: Context, error: SuishoupaiError) -> Reply:
    """Who spoke to the bot is told; an overheard colleague privately; an overheard resident may just have talked."""
    context.message_row.outcome = Outcome.REFUSED
    if message.addressed:
        return Reply(error.reply)
    return Reply(error.reply, private=True) if context.sender.posts else SILENCE


def _from_unknown_group(message: IncomingMessage, context: Context) -> Reply:
    log.warning("message from a group that is not registered", group=message.group, channel=message.channel)
    return binding.from_unknown_group(message, context)


def _understood(message: IncomingMessage, context: Context) -> Reply:
    if not message.text.strip() or context.understand is None:
        return help.handle(message, context) if message.addressed else SILENCE
    if not message.addressed and context.sender.posts:  # staff answer in the group without reporting
        return SILENCE
    found = context.understand(
        message.text,
        names=context.directory.names_for(context.sender.group),
        nickname=message.nickname,
        addressed=message.addressed,
        has_photo=bool(message.media),
    )
    context = context.about(found)
    overhears = not message.addressed and is_listening(context.sender.group)
    if not overhears and (joined := joining.handle(message, context)) is not None:
        return joined
    if found.action is Action.IGNORE:
        return help.handle(message, context) if message.addressed else SILENCE
    if overhears:
        return report.keep_candidate(message, context, apart=joining.goes_on_accusing(context))
    if found.class_ is CaseClass.DISCIPLINE and found.action is not Action.CANDIDATE:
        return report.handle_discipline(message, context)
    if found.action is Action.REGISTER and found.intent is not Intent.NONE:
        return HANDLERS[found.intent](message, context)
    return report.ask(message, context) if message.addressed else report.keep_candidate(message, context)


def _expect_nothing_more(message: IncomingMessage, context: Context) -> None:
    """A recall may overtake its message: what comes in later under that id is known already and stays silent."""
    if message.recalls:
        early = replace(message, platform_id=message.recalls)
        row = remember(context.session, early, context.sender, context.now)
        if row is not None:
            row.outcome = Outcome.RECALLED
