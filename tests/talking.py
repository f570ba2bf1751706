"""A bot of the sample street that tests talk to, and a channel that records instead of sending."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from sqlmodel import Session, SQLModel, col, select

from bot.app import build
from bot.channels import BadCallback, ChannelError, Limit, Outgoing, Receipt, Receive, Received
from bot.running import Bot
from bot.settings import Settings
from classifiers.model import Model
from data.models import Account, Case, Message
from data.models.cases import FIRST_NUMBER
from handlers.local_time import SHANGHAI
from handlers.message import Context, IncomingMessage, Reach, Sender

# A Monday morning on which p022 (zhao.haitao) has duty in grid HX-01.
MONDAY = dt.datetime(2026, 9, 7, 10, 0, tzinfo=SHANGHAI).astimezone(dt.UTC)


@dataclass
class RecordingChannel:
    """A channel at the seam: keeps what it is given; `failures` are raised first, one a send."""

    name: str = "console"
    checks_duplicates: bool = True
    longest_text_bytes: int = 20_000
    limits: tuple[Limit, ...] = ()
    can_send_now: bool = True
    reaches: dict[str, Reach] = field(default_factory=dict)
    sent: list[Outgoing] = field(default_factory=list)
    failures: list[ChannelError] = field(default_factory=list)
    photos: dict[str, bytes | ChannelError] = field(default_factory=dict)

    def reach(self, account: str) -> Reach:
        return self.reaches.get(account, Reach.PRIVATE)

    def start(self, receive: Receive) -> None:
        """Nothing begins: tests speak for the platform."""

    def verify(self, query: Mapping[str, str]) -> bytes:
        raise BadCallback("tests that need a callback use the console channel")

    def open(self, body: bytes, query: Mapping[str, str]) -> Received:
        raise BadCallback("tests that need a callback use the console channel")

    def send(self, outgoing: Outgoing) -> Receipt:
        if self.failures:
            raise self.failures.pop(0)
        self.sent.append(outgoing)
        return Receipt()

    def close(self) -> None:
        pass

    def download(self, reference: str) -> bytes:
        found = self.photos[reference]
        if isinstance(found, ChannelError):
            raise found
        return found


@dataclass
class Talk:
    """Somebody says something at `now`; the answer is what rode in the response."""

    bot: Bot
    channel: RecordingChannel
    now: dt.datetime = MONDAY
    _count: int = 0

    def say(self, who: str, text: str = "", group: str | None = "g001", **more: Any) -> str | None:
        """In the group, or privately with group=None; `at=True` mentions the bot."""
        return self.bot.inbox.receive(self.message(who, text, group, **more), self.now)

    def message(self, who: str, text: str = "", group: str | None = "g001", **more: Any) -> IncomingMessage:
        self._count += 1
        addressed = more.pop("at", False) or group is None or bool(more.get("quoted_text"))
        values = {"platform_id": f"m{self._count}", "sent_at": self.now, "addressed": addressed} | more
        return IncomingMessage(channel="console", sender=who, text=text, group=group, **values)

    def later(self, **duration: float) -> "Talk":
        """Time passes; the clock does what is due."""
        self.now += dt.timedelta(**duration)
        self.bot.sweep(self.now)
        return self

    def deliver(self) -> list[Outgoing]:
        """What the outbox hands to the channel now."""
        before = len(self.channel.sent)
        self.bot.deliver_all(self.now)
        return self.channel.sent[before:]

    def told(self, who: str) -> list[str]:
        """Everything this person got privately, after delivering what is queued."""
        self.deliver()
        return [outgoing.text for outgoing in self.channel.sent if outgoing.account == who]

    def case(self, number: int = FIRST_NUMBER + 1) -> Case:
        with self.bot.database.reading() as session:
            return session.get_one(Case, number - FIRST_NUMBER)

    def rows(self, model: type[SQLModel]) -> list[Any]:
        with self.bot.database.reading() as session:
            return list(session.exec(select(model)).all())

    def outcome(self, message_id: str | None = None) -> str:
        """What became of a message, by default the last one said."""
        with self.bot.database.reading() as session:
            statement = select(Message).where(Message.platform_id == (message_id or f"m{self._count}"))
            return session.exec(statement).one().outcome.value

    def context(self, session: Session, who: str | None = None) -> Context:
        """A context for calling a function of handlers directly; `who` is a platform id."""
        context = self.bot.context(session, self.now)
        if who is None:
            return context
        account = session.exec(select(Account).where(col(Account.platform_id) == who)).one()
        person = context.directory.people.get(account.person_id) if account.person_id else None
        posts = context.directory.posts_of(person.id or 0, self.now.date()) if person else ()
        return replace(context, sender=Sender(account=account, person=person, posts=posts))


def talk_on(database_url: str, model_path: Path, folder: Path) -> Talk:
    settings = Settings(
        env="test",
        database_url=database_url,
        model_path=model_path,
        media_dir=folder / "media",
        candidate_path=folder / "candidate.npz",
    )
    channel = RecordingChannel()
    return Talk(build(settings, channels={"console": channel}, model=_loaded(model_path)), channel)


@cache
def _loaded(model_path: Path) -> Model:
    """Nothing changes it, so a test process loads it once."""
    return Model.load(model_path)
