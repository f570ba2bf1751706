"""Personal data at rest: keys that rotate, keys that are missing, and nothing readable for whoever steals the disk."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import text
from sqlalchemy.engine import make_url

from bot.app import use_keys
from bot.settings import Settings
from classifiers import Understanding
from data import privacy
from data.database import Database
from data.models import Case, FailedMessage, OutboxMessage, Person, SealedMatter
from data.privacy import KeyMissing, Ring, decrypt, encrypt
from tests.talking import Talk

REPORT = "3号楼2单元501室门口楼道灯坏了三天了,打13912345678"
READABLE_NOWHERE = ["13912345678", "501室门口", "老李", "收了物业的钱", "顾明川", "19900000803", "明天一起去爬山"]


@pytest.fixture(autouse=True)
def _sample_keys_again() -> Iterator[None]:
    yield
    use_keys(Settings(env="test"))


def _key() -> str:
    return Fernet.generate_key().decode()


def test_a_new_key_encrypts_and_the_old_one_still_reads() -> None:
    old, new = _key(), _key()
    privacy.use_keys(Ring.OPEN, [old])
    before = encrypt(Ring.OPEN, "三号楼")
    privacy.use_keys(Ring.OPEN, [new, old])
    after = encrypt(Ring.OPEN, "四号楼")
    assert decrypt(Ring.OPEN, before) == "三号楼"
    privacy.use_keys(Ring.OPEN, [new])
    assert decrypt(Ring.OPEN, after) == "四号楼"
    with pytest.raises(KeyMissing, match="dropped too early"):
        decrypt(Ring.OPEN, before)


def test_the_rings_do_not_read_each_other() -> None:
    with pytest.raises(KeyMissing):
        decrypt(Ring.SEALED, encrypt(Ring.OPEN, "三号楼"))


def test_a_ring_that_is_not_there_says_so() -> None:
    privacy.forget_keys(Ring.SEALED)
    with pytest.raises(KeyMissing, match="sealed ring are not set"):
        encrypt(Ring.SEALED, "三号楼")
    with pytest.raises(KeyMissing, match="sealed ring are not set"):
        decrypt(Ring.SEALED, b"anything")
    assert decrypt(Ring.OPEN, encrypt(Ring.OPEN, "三号楼")) == "三号楼"


def test_the_same_words_look_different_every_time() -> None:
    assert encrypt(Ring.OPEN, "三号楼") != encrypt(Ring.OPEN, "三号楼")


@pytest.mark.parametrize("words", ["", "🙂" * 50, "楼" * 20_000, "a\x00b", "半个\ud83d字"])
def test_any_words_survive(words: str) -> None:
    """Half a character, which no text may hold, becomes a question mark."""
    assert decrypt(Ring.OPEN, encrypt(Ring.OPEN, words)) == words.replace("\ud83d", "?")


def test_a_damaged_value_is_no_text() -> None:
    token = bytearray(encrypt(Ring.OPEN, "三号楼"))
    token[20] ^= 1
    with pytest.raises(KeyMissing):
        decrypt(Ring.OPEN, bytes(token))


def test_the_thief_of_the_disk_reads_nothing(talk: Talk) -> None:
    """Words, names, phones, rooms and sealed matters, on each database as it lies there."""
    talk.say("r001", REPORT, nickname="3-2-501 老李")
    talk.say("r001", "+1 谢谢", nickname="3-2-501 老李")
    _disclose(talk)
    _fail_on(talk, "明天一起去爬山")
    talk.deliver()
    assert talk.case().text == REPORT
    assert talk.rows(SealedMatter)[0].text == "主任收了物业的钱"
    raw = _raw(talk.bot.database)
    assert "楼道灯坏了三天了" in raw  # the masked copy: we do look at the right place
    assert [words for words in READABLE_NOWHERE if words in raw or words.encode().hex() in raw] == []


def test_what_is_encrypted_is_read_back(sqlite_talk: Talk) -> None:
    talk = sqlite_talk
    person = next(person for person in talk.rows(Person) if person.code == "p001")
    assert (person.name, person.phone) == ("顾明川", "19900000803")


def test_without_keys_the_rows_stay_closed(sqlite_talk: Talk) -> None:
    talk = sqlite_talk
    talk.say("r001", REPORT)
    privacy.forget_keys(Ring.OPEN)
    with pytest.raises(KeyMissing):
        talk.rows(Case)
    privacy.use_keys(Ring.OPEN, [_key()])
    with pytest.raises(KeyMissing):
        talk.rows(OutboxMessage)


def _disclose(talk: Talk) -> None:
    """A resident asks that a discipline matter be passed on."""
    talk.say("r002", "社区主任收了物业的钱,给亲戚办低保", group=None)
    talk.say("r002", "同意", group=None)
    talk.say("r002", "主任收了物业的钱", group=None)


def _fail_on(talk: Talk, words: str) -> None:
    """Our code fails on a message, so that it is kept whole."""

    def understand(*_: Any, **__: Any) -> Understanding:
        raise RuntimeError("a bug of ours")

    replace(talk.bot.inbox, understand=understand).receive(talk.message("r004", words), talk.now)
    assert talk.rows(FailedMessage)


def _raw(database: Database) -> str:
    """Everything the database keeps, as somebody without keys gets it; binary as hexadecimal digits."""
    if database.is_sqlite:
        path = Path(make_url(str(database.engine.url)).database or "")
        files = [path, path.with_name(path.name + "-wal")]
        return "".join(file.read_bytes().decode("utf-8", "replace") for file in files if file.exists())
    with database.engine.connect() as connection:
        names = connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).scalars().all()
        rows = [connection.execute(text(f'SELECT t::text FROM "{name}" t')).scalars().all() for name in names]
    return "\n".join(line for table in rows for line in table)
