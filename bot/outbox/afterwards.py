"""What is done about messages after they were sent: they are recalled, or their cards lose their buttons.

Each is claimed and committed before the channel is called; if the process dies in between, the claim runs out and it
is done once more, which does no harm. A platform that is left alone is left alone here too, but what fails here says
nothing about whether messages get through.
"""

import datetime as dt
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import Session, col, select

from bot.channels import ChangesSent, Channel, ChannelBusy, ChannelError, ChannelMisconfigured, ChannelUnsure
from bot.outbox import breaker
from bot.outbox.claims import CLAIM
from data.database import Database
from data.models import Afterwards, OutboxMessage, OutboxStatus

log = structlog.get_logger("outbox")

MOST_TRIED = 200
SHORTEST_PAUSE, LONGEST_PAUSE = dt.timedelta(seconds=30), dt.timedelta(minutes=15)
WANTED = (Afterwards.RECALL, Afterwards.SETTLE)
NOT_WAITING = (OutboxStatus.SENT, OutboxStatus.UNKNOWN, OutboxStatus.DEAD)
AGAIN = (ChannelBusy, ChannelUnsure, ChannelMisconfigured)


@dataclass(frozen=True)
class SentMessages:
    database: Database
    channels: Mapping[str, Channel]

    def change(self, now: dt.datetime) -> int:
        """Whatever is due, one after the other; returns how many were tried."""
        began, tried, shut = time.monotonic(), 0, set[str]()
        while tried < MOST_TRIED:
            at = now + dt.timedelta(seconds=time.monotonic() - began)
            row = self._claim(at, shut)
            if row is None:
                break
            if not self._change(row, at):
                shut.add(row.channel)
            tried += 1
        return tried

    def _claim(self, now: dt.datetime, shut: Collection[str]) -> OutboxMessage | None:
        with self.database.reading() as session:
            if session.exec(select(OutboxMessage.id).where(*_due(now)).limit(1)).first() is None:
                return None
        with self.database.writing() as session:
            states = breaker.troubled(session)
            left_alone = [name for name, state in states.items() if breaker.messages_allowed(state, now) == 0]
            statement = select(OutboxMessage).where(*_due(now), col(OutboxMessage.channel).not_in([*shut, *left_alone]))
            oldest = statement.order_by(col(OutboxMessage.id)).limit(1).with_for_update(skip_locked=True)
            row = session.exec(oldest).first()
            if row is not None:
                row.claimed_until = now + CLAIM
            session.commit()
        return row

    def _change(self, row: OutboxMessage, now: dt.datetime) -> bool:
        """False if its platform is better left alone for the rest of the round."""
        try:
            why_not = _done(self.channels.get(row.channel), row, now)
        except AGAIN as error:
            return self._postpone(row, now, str(error))
        except ChannelError as error:
            why_not = str(error)
        except Exception as error:
            # A bug of the channel must not keep the others waiting.
            log.exception("channel failed unforeseen", outbox_id=row.id, error=type(error).__name__)
            return self._postpone(row, now, f"程序出错（{type(error).__name__}）")
        self._finish(row, now, why_not)
        return True

    def _postpone(self, row: OutboxMessage, now: dt.datetime, error: str) -> bool:
        log.warning("sent message not changed", outbox_id=row.id, wanted=row.afterwards, error=error)
        waited = (now - (row.sent_at or now)) / 8
        pause = min(max(SHORTEST_PAUSE, waited), LONGEST_PAUSE)
        with self.database.writing() as session:
            _write(session, row, error=error[:256], not_before=now + pause)
            session.commit()
        return False

    def _finish(self, row: OutboxMessage, now: dt.datetime, why_not: str) -> None:
        recalling = row.afterwards is Afterwards.RECALL
        with self.database.writing() as session:
            state = Afterwards.LEFT if recalling and why_not else Afterwards.DONE
            # Why something was not sent at all is worth more than that it cannot be changed.
            error = why_not[:256] if row.status is OutboxStatus.SENT else row.error
            _write(session, row, afterwards=state, error=error, response_code=None)
            if recalling and row.platform_message_id and not why_not:
                _send_apart(session, row, now)
            session.commit()
        if why_not:
            say = log.error if recalling else log.warning
            say("sent message stays as it is", outbox_id=row.id, wanted=row.afterwards, error=why_not)


def _done(channel: Channel | None, row: OutboxMessage, now: dt.datetime) -> str:
    """Do what is wanted; why that is not possible, or nothing. Raises what the channel raises."""
    recalling = row.afterwards is Afterwards.RECALL
    never_arrived = row.status is OutboxStatus.DEAD and not row.parts_sent
    if never_arrived or not (recalling or row.response_code):
        return ""
    if not isinstance(channel, ChangesSent):
        return "这个渠道不能收回已发的消息"
    if recalling and not row.platform_message_id:
        return "不知道平台上是哪一条消息"
    within = channel.recall_within if recalling else channel.settle_within
    if row.sent_at is None or now - row.sent_at >= within:
        return f"已经超过平台允许的时间。{row.error}"
    if not recalling:
        channel.settle_card(row.account_platform_id or "", row.response_code or "", row.card_words)
        return ""
    channel.recall(row.platform_message_id)
    return "消息分了几段，只收回了最后一段" if row.parts_sent > 1 else ""


def _due(now: dt.datetime) -> tuple[ColumnElement[bool], ...]:
    claimed_until = col(OutboxMessage.claimed_until)
    return (
        col(OutboxMessage.afterwards).in_(WANTED),
        col(OutboxMessage.status).in_(NOT_WAITING),
        col(OutboxMessage.not_before) <= now,
        sa.or_(claimed_until.is_(None), claimed_until <= now),
    )


def _write(session: Session, row: OutboxMessage, **changes: Any) -> None:
    """Unless the claim ran out, or something else is wanted meanwhile."""
    statement = sa.update(OutboxMessage).where(
        col(OutboxMessage.id) == row.id,
        col(OutboxMessage.claimed_until) == row.claimed_until,
        col(OutboxMessage.afterwards) == row.afterwards,
    )
    session.connection().execute(statement.values(claimed_until=None, **changes))


def _send_apart(session: Session, row: OutboxMessage, now: dt.datetime) -> None:
    """Texts of other cases that were merged into the recalled message go out once more, without it."""
    statement = sa.update(OutboxMessage).where(
        col(OutboxMessage.conversation) == row.conversation,
        col(OutboxMessage.status) == OutboxStatus.SENT,
        col(OutboxMessage.platform_message_id) == row.platform_message_id,
        col(OutboxMessage.afterwards).is_(None),
    )
    fresh = {"status": OutboxStatus.QUEUED, "attempts": 0, "not_before": now, "merged_into_id": None}
    session.connection().execute(statement.values(platform_message_id="", sent_at=None, **fresh))
