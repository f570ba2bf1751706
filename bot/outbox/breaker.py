"""A platform that does not take messages is left alone for a while, then tried with one message.

What happened to it is a row that all replicas and the office see; no row while all is well.
"""

import datetime as dt
import random

import sqlalchemy as sa
import structlog
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from data.models import ChannelState

log = structlog.get_logger("outbox")

FAILURES_IN_A_ROW = 5
FIRST_PAUSE_SECONDS = 15.0
LONGEST_PAUSE_SECONDS = 300.0
# What only a person mends is tried every few minutes, so that it works again soon after they did.
PERSON_PAUSE_SECONDS = 180.0


def is_open(state: ChannelState) -> bool:
    """Whether the platform is left alone; a few failures are only counted."""
    return state.needs_person or state.failures >= FAILURES_IN_A_ROW


def troubled(session: Session) -> dict[str, ChannelState]:
    """Every platform that failed the last time, by its name."""
    return {state.channel: state for state in session.exec(select(ChannelState)).all()}


def messages_allowed(state: ChannelState, now: dt.datetime) -> int | None:
    """None is any number; an open breaker lets one through when its time has come."""
    if not is_open(state):
        return None
    return 1 if state.retry_at <= now else 0


def start_trial(state: ChannelState, until: dt.datetime) -> None:
    """One message is on its way; nobody else tries until its result is known or its sender is taken for dead."""
    if is_open(state):
        state.retry_at = until


def give_back_trial(session: Session, channel: str, until: dt.datetime, now: dt.datetime) -> None:
    """The trial that was to end at `until` was not made after all; another may be made at once."""
    ours = sa.update(ChannelState).where(col(ChannelState.channel) == channel, col(ChannelState.retry_at) == until)
    session.execute(ours.values(retry_at=now))


def failed(session: Session, channel: str, now: dt.datetime, error: str, *, retry_after: float = 0.0) -> bool:
    """One more failure in a row; True if the platform is left alone from now on."""
    state = _state(session, channel, now)
    state.failures += 1
    if not state.needs_person:  # what a person must do stays readable
        state.error = error[:256]
    if is_open(state):
        doubled = FIRST_PAUSE_SECONDS * 2.0 ** min(max(0, state.failures - FAILURES_IN_A_ROW), 10)
        pause = max(min(doubled, LONGEST_PAUSE_SECONDS), retry_after) * random.uniform(1.0, 1.2)
        state.retry_at = now + dt.timedelta(seconds=pause)
        log.error("platform left alone", channel=channel, failures=state.failures, seconds=round(pause), error=error)
    session.add(state)
    return is_open(state)


def needs_person(session: Session, channel: str, now: dt.datetime, error: str) -> None:
    """Nothing gets through until somebody acts."""
    state = _state(session, channel, now)
    state.failures, state.needs_person, state.error = state.failures + 1, True, error[:256]
    state.retry_at = now + dt.timedelta(seconds=PERSON_PAUSE_SECONDS * random.uniform(1.0, 1.2))
    log.error("platform needs a person", channel=channel, error=error)
    session.add(state)


def well(session: Session, channel: str) -> None:
    """The platform answers again."""
    session.execute(sa.delete(ChannelState).where(col(ChannelState.channel) == channel))


def try_now(session: Session, channel: str, now: dt.datetime) -> None:
    """A person says that it is mended."""
    later = sa.update(ChannelState).where(col(ChannelState.channel) == channel, col(ChannelState.retry_at) > now)
    session.execute(later.values(retry_at=now))


def _state(session: Session, channel: str, now: dt.datetime) -> ChannelState:
    """The row, locked; two replicas may fail at the same time."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    new = insert(ChannelState).values(
        channel=channel, failures=0, error="", needs_person=False, since=now, retry_at=now
    )
    session.execute(new.on_conflict_do_nothing(index_elements=["channel"]))
    locked = select(ChannelState).where(ChannelState.channel == channel).with_for_update()
    return session.exec(locked.execution_options(populate_existing=True)).one()
