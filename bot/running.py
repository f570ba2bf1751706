"""One process of the system while it runs, without its web server: its parts, and what its clock calls."""

import datetime as dt
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from sqlmodel import Session

from bot import failed
from bot.channels import Channel
from bot.inbox import Inbox
from bot.live_model import LiveModel
from bot.outbox import Outbox
from bot.outbox.afterwards import SentMessages
from bot.photos import Photos
from bot.settings import Settings
from bot.shadow import MOST_WAITING, Shadow
from data.database import Database
from handlers import retention
from handlers import shadow as comparing
from handlers.cases import escalation
from handlers.directory import Directory
from handlers.message import Context, Policy
from handlers.schedule.sendings import send_due
from handlers.schedule.sources import SOURCES

LOT = 500


def wall_clock() -> dt.datetime:
    """Now, in UTC."""
    return dt.datetime.now(dt.UTC)


class DirectoryCache:
    """The current snapshot of the master data; reloaded by the clock, shared by all threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._current: Directory | None = None

    def __call__(self) -> Directory:
        return self._current or self.reload()

    def reload(self) -> Directory:
        with self._database.reading() as session:
            self._current = Directory.load(session)
        return self._current


@dataclass(frozen=True)
class Bot:
    """One process of the system, without its web server."""

    settings: Settings
    database: Database
    directory: DirectoryCache
    channels: dict[str, Channel]
    policy: Policy
    inbox: Inbox
    outbox: Outbox
    photos: Photos
    model: LiveModel
    shadow: Shadow
    clock: Callable[[], dt.datetime] = wall_clock
    wake: threading.Event = field(default_factory=threading.Event)

    def context(self, session: Session, now: dt.datetime) -> Context:
        """The clock's context: no sender, no message."""
        return Context(session=session, now=now, directory=self.directory(), policy=self.policy)

    def sweep(self, now: dt.datetime) -> int:
        """All cases that are due, lot by lot, each lot committed."""
        done = self._in_lots(now, escalation.sweep)
        if done:
            self.wake.set()
        return done

    def send_scheduled(self, now: dt.datetime) -> int:
        """Whatever is said at set times and is due."""
        done = self._in_lots(now, partial(send_due, sources=SOURCES))
        if done:
            self.wake.set()
        return done

    def purge(self, now: dt.datetime) -> int:
        return self._in_lots(now, retention.purge)

    def fetch_photos(self, now: dt.datetime) -> int:
        with self.database.reading() as session:
            context = self.context(session, now)
        return self.photos.fetch(context)

    def tidy_photos(self, now: dt.datetime) -> int:
        return self.photos.tidy()

    def retry_failed(self, now: dt.datetime) -> int:
        return failed.retry(self.inbox, now)

    def reload_directory(self, now: dt.datetime) -> int:
        self.directory.reload()
        return 0

    def refresh_models(self, now: dt.datetime) -> int:
        """A model that was put in place or taken back since, and a candidate that came, changed or went."""
        return self.model.refresh() + self.shadow.candidate.refresh()

    def compare_models(self, now: dt.datetime) -> int:
        """What candidate and live model made of the messages that were answered since."""
        compared, failed = self.shadow.compare()
        if compared or failed or self.shadow.differing:
            with self.database.writing() as session:
                new = comparing.record(session, compared, failed, now)
                waiting = comparing.settle(session, [*self.shadow.differing, *new], now)
                session.commit()
            self.shadow.differing = waiting[-MOST_WAITING:]
        return len(compared)

    def deliver_all(self, now: dt.datetime, *, stopping: Callable[[], bool] = lambda: False) -> int:
        """Rounds until nothing that is due is left; each claims from its own moment, however long the last one took."""
        started, total = time.monotonic(), 0
        while not stopping():
            done = self.outbox.deliver(now + dt.timedelta(seconds=time.monotonic() - started), stopping=stopping)
            if not done:
                break
            total += done
        return total

    def change_sent(self, now: dt.datetime) -> int:
        """Recalls, and cards that lose their buttons."""
        return SentMessages(self.database, self.channels).change(now)

    def hang_up(self) -> None:
        """Let go of the platforms; what they have told us is handled to its end first."""
        for channel in self.channels.values():
            channel.close()

    def close(self) -> None:
        """Let go of the platforms and the database."""
        self.hang_up()
        self.database.close()

    def _in_lots(self, now: dt.datetime, work: Callable[..., int]) -> int:
        total = 0
        while True:
            with self.database.writing() as session:
                done = work(self.context(session, now), limit=LOT)
                session.commit()
            total += done
            if done < LOT:
                return total
