"""What is deleted on time: ended sessions, pending talk after 15 minutes, ignored talk after a day (counts remain)."""

import datetime as dt
from collections import Counter

import sqlalchemy as sa
from sqlmodel import col, select

from data.models import (
    ChatterCount,
    ConsentState,
    DisciplineConsent,
    LoginSession,
    Message,
    Outcome,
    PendingMessage,
    SignInFailure,
)
from handlers.local_time import SHANGHAI
from handlers.message import Context

# Platforms repeat a callback within minutes; a day is plenty to recognise a duplicate of ignored talk.
KEEP_IGNORED = dt.timedelta(days=1)
# Wrong passwords count for a quarter of an hour (bot/web/sessions.py); an hour is past all use.
KEEP_FAILURES = dt.timedelta(hours=1)
TALK = (Outcome.IGNORED, Outcome.CANDIDATE)


def purge(context: Context, *, limit: int = 500) -> int:
    """Delete at most `limit` rows of each kind that are past their time; returns how many went."""
    _purge_sign_ins(context)
    return _purge_pending(context, limit) + _purge_talk(context, limit) + _purge_consents(context, limit)


def _purge_pending(context: Context, limit: int) -> int:
    statement = select(PendingMessage).where(col(PendingMessage.expires_at) <= context.now).limit(limit)
    rows = context.session.exec(statement).all()
    for row in rows:
        context.session.delete(row)
    return len(rows)


def _purge_talk(context: Context, limit: int) -> int:
    """Rows of talk hold no words; after a day even the fact that this person spoke is gone, a count remains.

    What was kept apart as an accusation is gone with it, save where its speaker consented or it once was a case.
    """
    consents = select(DisciplineConsent.message_id)
    apart = (
        (col(Message.outcome) == Outcome.DISCIPLINE) & col(Message.case_id).is_(None) & col(Message.id).not_in(consents)
    )
    statement = (
        select(Message)
        .where(col(Message.outcome).in_(TALK) | apart, col(Message.received_at) <= context.now - KEEP_IGNORED)
        .limit(limit)
    )
    rows = context.session.exec(statement).all()
    counts = Counter((row.received_at.astimezone(SHANGHAI).date(), row.group_id) for row in rows if row.group_id)
    for (day, group_id), count in counts.items():
        kept = context.session.get(ChatterCount, (day, group_id)) or ChatterCount(day=day, group_id=group_id)
        kept.messages += count
        context.session.add(kept)
    for row in rows:
        context.session.delete(row)
    return len(rows)


def _purge_consents(context: Context, limit: int) -> int:
    """Unanswered or refused requests for consent, once their day is over."""
    statement = (
        select(DisciplineConsent)
        .where(
            col(DisciplineConsent.expires_at) <= context.now,
            col(DisciplineConsent.state) != ConsentState.USED,
        )
        .limit(limit)
    )
    rows = context.session.exec(statement).all()
    for row in rows:
        context.session.delete(row)
    return len(rows)


def _purge_sign_ins(context: Context) -> None:
    """Sessions that ended, and wrong passwords that no longer count."""
    context.session.execute(sa.delete(LoginSession).where(col(LoginSession.expires_at) <= context.now))
    old = col(SignInFailure.at) <= context.now - KEEP_FAILURES
    context.session.execute(sa.delete(SignInFailure).where(old))
