"""The shared access tokens: one fetch whoever asks, on both databases, and nothing that tells the secret."""

import datetime as dt
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from sqlmodel import Session

from bot.channels import ChannelBusy, ChannelError, ChannelMisconfigured
from bot.channels.wecom.tokens import CLAIM, LONG_AGO, MARGIN, TokenStore, token_key
from data.database import Database
from data.models import PlatformToken

NOW = dt.datetime(2026, 11, 21, 9, 0, tzinfo=dt.UTC)
SECRET = "a-secret-whose-first-ten-are-common-1"
KEY = token_key("ww1", SECRET)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture
def replica(database_url: str) -> Iterator[Database]:
    """The same database as another process sees it."""
    database = Database(database_url)
    yield database
    database.close()


class Tokens:
    """Gives t1, t2 …, or an error, and counts; `at` is the time everybody sees."""

    def __init__(self) -> None:
        self.asked = 0
        self.at = NOW
        self.error: ChannelError | None = None
        self.before: Callable[[], object] = lambda: None

    def __call__(self) -> tuple[str, float]:
        self.asked += 1
        self.before()
        if self.error:
            raise self.error
        return f"t{self.asked}", 7200

    def clock(self) -> dt.datetime:
        return self.at


@pytest.fixture
def tokens() -> Tokens:
    return Tokens()


def _put(database: Database, key: str, claimed_until: dt.datetime) -> None:
    with database.writing() as session:
        session.add(PlatformToken(key=key, expires_at=LONG_AGO, claimed_until=claimed_until))
        session.commit()


def test_a_cold_token_is_fetched_once_for_twenty_threads(database: Database, tokens: Tokens) -> None:
    store, start = TokenStore(database, tokens.clock), threading.Barrier(20)

    def ask() -> str:
        start.wait()
        return store.get(KEY, tokens)

    with ThreadPoolExecutor(20) as pool:
        found = [future.result() for future in [pool.submit(ask) for _ in range(20)]]
    assert (set(found), tokens.asked) == ({"t1"}, 1)


def test_two_replicas_fetch_once_for_both(database: Database, replica: Database, tokens: Tokens) -> None:
    stores, start = [TokenStore(database, tokens.clock), TokenStore(replica, tokens.clock)], threading.Barrier(20)

    def ask(number: int) -> str:
        start.wait()
        return stores[number % 2].get(KEY, tokens)

    with ThreadPoolExecutor(20) as pool:
        found = [future.result() for future in [pool.submit(ask, number) for number in range(20)]]
    assert (set(found), tokens.asked) == ({"t1"}, 1)


def test_a_replica_waits_while_another_fetches(database: Database, replica: Database, tokens: Tokens) -> None:
    fetching, go_on = threading.Event(), threading.Event()

    def slowly() -> None:
        fetching.set()
        go_on.wait(10)

    tokens.before = slowly
    impatient = TokenStore(replica, tokens.clock, wait_seconds=0.1)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(TokenStore(database, tokens.clock).get, KEY, tokens)
        assert fetching.wait(10)
        with pytest.raises(ChannelBusy):
            impatient.get(KEY, tokens)
        second = pool.submit(TokenStore(replica, tokens.clock).get, KEY, tokens)
        # No transaction is open meanwhile: others can write.
        _put(replica, "another", LONG_AGO)
        go_on.set()
        assert (first.result(), second.result()) == ("t1", "t1")
    assert tokens.asked == 1


def test_a_token_is_used_until_its_last_minute(database: Database, tokens: Tokens) -> None:
    store = TokenStore(database, tokens.clock)
    assert store.get(KEY, tokens) == "t1"
    tokens.at = NOW + dt.timedelta(seconds=7200) - MARGIN - dt.timedelta(seconds=1)
    assert store.get(KEY, tokens) == "t1"
    tokens.at += dt.timedelta(seconds=1)
    assert store.get(KEY, tokens) == "t2"


def test_a_refused_token_is_forgotten_by_all(database: Database, replica: Database, tokens: Tokens) -> None:
    store, other = TokenStore(database, tokens.clock), TokenStore(replica, tokens.clock)
    assert store.get(KEY, tokens) == other.get(KEY, tokens) == "t1"
    store.invalidate(KEY, "t1")
    assert other.get(KEY, tokens) == "t2"
    # A slow thread comes back with the news about the token before.
    store.invalidate(KEY, "t1")
    assert store.get(KEY, tokens) == "t2"


def test_an_unknown_token_cannot_be_forgotten(database: Database, tokens: Tokens) -> None:
    TokenStore(database, tokens.clock).invalidate(KEY, "t1")
    with database.reading() as session:
        assert session.get(PlatformToken, KEY) is None


def test_a_failed_fetch_is_told_and_the_next_may_try(database: Database, replica: Database, tokens: Tokens) -> None:
    tokens.error = ChannelMisconfigured("wrong secret")
    for store in (TokenStore(database, tokens.clock), TokenStore(replica, tokens.clock)):
        with pytest.raises(ChannelMisconfigured, match="wrong secret"):
            store.get(KEY, tokens)
    assert tokens.asked == 2
    tokens.error = None
    assert TokenStore(replica, tokens.clock).get(KEY, tokens) == "t3"


def test_who_waited_for_a_fetch_that_failed_does_not_try_again(database: Database, tokens: Tokens) -> None:
    """Each look at the clock is one thread that has seen that there is no token yet."""
    waiting = threading.Semaphore(0)
    first = threading.Event()

    def clock() -> dt.datetime:
        if first.is_set():
            waiting.release()
        return NOW

    def five_wait() -> None:
        first.set()
        for _ in range(5):
            assert waiting.acquire(timeout=10)

    tokens.error, tokens.before = ChannelMisconfigured("wrong secret"), five_wait
    store = TokenStore(database, clock)
    with ThreadPoolExecutor(6) as pool:
        asking = [pool.submit(store.get, KEY, tokens)]
        assert first.wait(10)
        asking += [pool.submit(store.get, KEY, tokens) for _ in range(5)]
        assert [type(future.exception()) for future in asking] == [ChannelMisconfigured] * 6
    assert tokens.asked == 1


def test_a_failed_fetch_leaves_a_token_that_somebody_else_brought(database: Database, tokens: Tokens) -> None:
    """A claim that ran out while its holder was slow."""

    def another_is_faster() -> None:
        with database.writing() as session:
            row = session.get_one(PlatformToken, KEY)
            row.token, row.expires_at = "theirs", NOW + dt.timedelta(hours=2)
            session.commit()

    tokens.before, tokens.error = another_is_faster, ChannelBusy("too late")
    store = TokenStore(database, tokens.clock)
    with pytest.raises(ChannelBusy, match="too late"):
        store.get(KEY, tokens)
    assert store.get(KEY, tokens) == "theirs"


def test_the_claim_of_a_dead_process_runs_out(database: Database, tokens: Tokens) -> None:
    _put(database, KEY, NOW + CLAIM)
    store = TokenStore(database, tokens.clock, wait_seconds=0.1)
    with pytest.raises(ChannelBusy):
        store.get(KEY, tokens)
    tokens.at = NOW + CLAIM
    assert store.get(KEY, tokens) == "t1"


def test_secrets_alike_in_their_first_letters_have_tokens_of_their_own(database: Database, tokens: Tokens) -> None:
    store = TokenStore(database, tokens.clock)
    keys = [token_key("ww1", SECRET), token_key("ww1", SECRET[:-1] + "2"), token_key("ww2", SECRET)]
    assert [store.get(key, tokens) for key in keys] == ["t1", "t2", "t3"]
    assert [store.get(key, tokens) for key in keys] == ["t1", "t2", "t3"]


def test_neither_secret_nor_token_lies_open_in_the_database(database: Database, tokens: Tokens) -> None:
    TokenStore(database).get(KEY, lambda: ("an-open-token", 7200))
    with Session(database.engine) as session:
        rows = session.execute(sa.text("SELECT * FROM platform_tokens")).all()
    assert len(rows) == 1
    assert "an-open-token" not in str([bytes(value) if isinstance(value, memoryview) else value for value in rows[0]])
    assert SECRET not in str(rows)
