"""One message at one business time, queued once among all replicas, within its hours, or skipped with a log line.

Every source says what it has for a stretch of time; the same sources make the preview and the queue, so what is
shown is what is sent.
"""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import structlog

from handlers import notices
from handlers.claims import claim, claimed
from handlers.local_time import SHANGHAI, Period, local_day, moment_of
from handlers.message import Context

log = structlog.get_logger("schedule")

CATCH_UP = dt.timedelta(days=1)
# A server that stood still for longer says nothing about what it missed before.
LOOK_BACK = dt.timedelta(days=8)
NAME = "{姓名}"


@dataclass(frozen=True)
class QuietHours:
    """Minutes of the day, Asia/Shanghai, in which nothing is said; may run over midnight; equal means never."""

    from_minute: int = 21 * 60
    to_minute: int = 8 * 60

    def covers(self, moment: dt.datetime) -> bool:
        local = moment.astimezone(SHANGHAI)
        minute = local.hour * 60 + local.minute
        if self.from_minute <= self.to_minute:
            return self.from_minute <= minute < self.to_minute
        return minute >= self.from_minute or minute < self.to_minute

    def end_after(self, moment: dt.datetime) -> dt.datetime:
        """`moment`, or the end of the quiet hours it lies in."""
        if not self.covers(moment):
            return moment
        end = moment_of(local_day(moment), self.to_minute)
        return end if end > moment else moment_of(local_day(moment) + dt.timedelta(days=1), self.to_minute)


@dataclass(frozen=True)
class Sending:
    """`key` is the fact it is sent once for and does not change when it is moved; `at` is inside its hours.

    `{姓名}` in the text becomes the person's own name; `moved` says why it is not sent on its own day or hour.
    """

    key: str
    at: dt.datetime
    name: str
    text: str
    groups: tuple[int, ...] = ()
    people: tuple[int, ...] = ()
    quiet: QuietHours = QuietHours()
    moved: str = ""


Source = Callable[[Context, Period], Iterable[Sending]]


def planned(context: Context, sources: Iterable[Source], period: Period) -> list[Sending]:
    """Everything the sources have for the period, by time."""
    found = (sending for source in sources for sending in source(context, period))
    return sorted(found, key=lambda sending: (sending.at, sending.key))


def send_due(context: Context, sources: Iterable[Source], *, limit: int = 500) -> int:
    """Queue what is due and nobody queued yet, at most `limit`; returns how many were settled."""
    past = Period(context.now - LOOK_BACK, context.now + dt.timedelta(microseconds=1))
    due = planned(context, sources, past)
    if not due:
        return 0
    done = claimed(context, {sending.key for sending in due})
    open_ = [s for s in due if s.key not in done and not s.quiet.covers(context.now)]
    return sum(_settle(context, sending) for sending in open_[:limit])


def _settle(context: Context, sending: Sending) -> bool:
    if not claim(context, sending.key):
        return False
    if context.now - sending.at > CATCH_UP:
        log.warning("missed for more than a day, skipped", sending=sending.key, due=sending.at.isoformat())
        return True
    for group in sending.groups:
        notices.tell_group(context, group, sending.text)
    for person in sending.people:
        own = context.directory.people[person].name
        # It has its own hours, and is said when its preview promised.
        notices.tell_people(context, [person], sending.text.replace(NAME, own), at_once=True)
    return True
