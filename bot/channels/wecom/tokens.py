"""Access tokens shared by all threads and replicas: one row a secret, one fetch at a time."""

import datetime as dt
import hashlib
import threading
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, field

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, select

from bot.channels import ChannelBusy, ChannelError
from data.database import Database
from data.models import PlatformToken

# What asks for a token: the token, and for how many seconds it holds.
Fetch = Callable[[], tuple[str, float]]
# A token is not used in its last minute: on its way it would grow too old.
MARGIN = dt.timedelta(seconds=60)
# Longer than a fetch may take; after that somebody else tries, because the claimer is dead.
CLAIM = dt.timedelta(seconds=30)
WAIT_SECONDS = 30.0
LOOK_SECONDS = 0.05
LONG_AGO = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)


def token_key(corp_id: str, secret: str) -> str:
    """The key of a token's row; apps of one corporation differ by the whole secret."""
    return hashlib.sha256(f"{corp_id}\n{secret}".encode()).hexdigest()


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@dataclass
class _Gate:
    """The threads of this process that want the same token: one asks, the others take over what came of it."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    rounds: int = 0
    failure: ChannelError | None = None


class TokenStore:
    """The tokens in the database. No transaction is open while a token is fetched."""

    def __init__(
        self, database: Database, clock: Callable[[], dt.datetime] = _now, *, wait_seconds: float = WAIT_SECONDS
    ) -> None:
        self._database = database
        self._clock = clock
        self._looks = int(wait_seconds / LOOK_SECONDS)
        self._gates: dict[str, _Gate] = {}

    def get(self, key: str, fetch: Fetch) -> str:
        """A token that still holds; `fetch` is called by one thread of one process only, and its error is passed on."""
        gate = self._gates.setdefault(key, _Gate())
        rounds = gate.rounds
        if token := self._stored(key):
            return token
        with gate.lock:
            # Whoever waited here while the fetch failed shares the failure: asking again would meet the same wall.
            if gate.rounds != rounds and gate.failure:
                raise copy(gate.failure)  # an exception raised twice would carry both tracebacks
            try:
                token, gate.failure = self._one_fetch(key, fetch), None
            except ChannelError as error:
                gate.failure = error
                raise
            finally:
                gate.rounds += 1
            return token

    def invalidate(self, key: str, token: str) -> None:
        """Forget this token, which the platform refused; a newer one that somebody has fetched meanwhile stays."""
        with self._database.writing() as session:
            row = _locked(session, key)
            if row is not None and row.token == token:
                row.token, row.expires_at = "", LONG_AGO
                session.commit()

    def _stored(self, key: str) -> str:
        with self._database.reading() as session:
            row = session.get(PlatformToken, key)
            return row.token if row is not None and row.expires_at - MARGIN > self._clock() else ""

    def _one_fetch(self, key: str, fetch: Fetch) -> str:
        """Fetch, unless another process is doing so: then wait for what it brings."""
        pause = threading.Event()
        for _look in range(self._looks):
            if token := self._stored(key):
                return token
            if self._claim(key):
                return self._fetched(key, fetch)
            pause.wait(LOOK_SECONDS)
        raise ChannelBusy("别的进程一直在取令牌（access_token）")

    def _claim(self, key: str) -> bool:
        now = self._clock()
        with self._database.writing() as session:
            insert = sqlite.insert if self._database.is_sqlite else postgresql.insert
            new = insert(PlatformToken).values(key=key, token="", expires_at=LONG_AGO, claimed_until=LONG_AGO)
            session.execute(new.on_conflict_do_nothing(index_elements=["key"]))
            row = _locked(session, key)
            if row is None or row.claimed_until > now or row.expires_at - MARGIN > now:
                return False
            row.claimed_until = now + CLAIM
            session.commit()
        return True

    def _fetched(self, key: str, fetch: Fetch) -> str:
        try:
            token, seconds = fetch()
        except BaseException:
            self._settle(key)
            raise
        self._settle(key, token, self._clock() + dt.timedelta(seconds=seconds))
        return token

    def _settle(self, key: str, token: str = "", expires_at: dt.datetime = LONG_AGO) -> None:
        """Give the claim back, with the token if there is one."""
        with self._database.writing() as session:
            row = _locked(session, key)
            if row is None:
                return
            row.claimed_until = LONG_AGO
            if token:
                row.token, row.expires_at = token, expires_at
            session.commit()


def _locked(session: Session, key: str) -> PlatformToken | None:
    return session.exec(select(PlatformToken).where(PlatformToken.key == key).with_for_update()).one_or_none()
