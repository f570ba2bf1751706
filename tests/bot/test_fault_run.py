"""A short fault run with real kills; and that its verdict would notice each promise that is broken."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlmodel import Session, col, select

from bot.app import build, build_app
from bot.commands.demo import free_port
from bot.commands.fault_run import PROMISES, Plan, run
from bot.commands.fault_run.crowd import Crowd
from bot.commands.fault_run.drain import drained
from bot.commands.fault_run.ledger import Known, Ledger
from bot.commands.fault_run.office import Office, furnished, platform_of
from bot.commands.fault_run.process import MortalBot
from bot.commands.fault_run.trouble import KINDS, Trouble
from bot.commands.fault_run.verdict import Promises, Seen, judge
from bot.settings import Settings
from bot.simulator.platform import Platform
from bot.simulator.platform import served as standing_in
from bot.simulator.platform.records import Talk, TalkKind
from data.models import Case, Message, OutboxMessage
from tests.databases import PostgresqlDatabases, SqliteDatabases
from tests.serving import served

Tamper = Callable[[Session, Platform], object]


@pytest.mark.long
def test_killed_again_and_again_under_every_fault(
    databases: SqliteDatabases | PostgresqlDatabases, model_path: Path, tmp_path: Path
) -> None:
    with databases.empty() as url:
        plan = Plan(messages=250, seed=3, kill_every=3.0, database_url=url, model_path=model_path)
        found = run(plan, tmp_path)
    assert found.broken == Promises()
    assert found.kills >= 2
    assert found.figures.said == 250
    assert 0 < found.figures.cases <= found.figures.acknowledged <= found.figures.stored
    assert found.figures.faults


@pytest.fixture
def seen(sqlite_databases: SqliteDatabases, model_path: Path, tmp_path: Path) -> Iterator[Seen]:
    """A few people have talked with a bot that nobody killed."""
    with sqlite_databases.empty() as url:
        office = furnished(Office(tmp_path, url, free_port(), long_connection=False, model_path=model_path))
        ledger = Ledger()
        with platform_of(office, 1, ledger) as platform, standing_in(platform) as platform_url:
            values = office.values(platform_url)
            bot = build(Settings(**values))
            crowd = Crowd(platform, office, 25, seed=1)
            with served(build_app(bot), office.port):
                crowd.begin().join()
            bot.close()
            last, _passed = drained(values, platform)
            yield Seen(last, platform, crowd, ledger)
            last.close()


def _lose_a_message(session: Session, _: Platform) -> None:
    row = session.exec(select(Message).where(col(Message.case_id).is_(None))).first()
    assert row is not None
    row.platform_id = "somebody:else"


def _lose_a_case(session: Session, _: Platform) -> None:
    session.exec(select(Case)).all()[1].text = "没人说过这句话"


def _open_a_case_twice(session: Session, _: Platform) -> None:
    first, *_rest, last = session.exec(select(Case)).all()
    last.text = first.text


def _send_again(_: Session, platform: Platform) -> None:
    sent = next(m for chat in platform.screens.chats() for m in platform.screens.chat(chat) if m.message_id)
    more = {"from_bot": True, "message_id": "another", "card": sent.card}
    platform.screens.show(sent.chat, sent.sender, sent.kind, sent.text, 0.0, **more)


def _say_again(_: Session, platform: Platform) -> None:
    groups = [chat for chat in platform.screens.chats() if chat.startswith("group:")]
    said = next(m for chat in groups for m in platform.screens.chat(chat) if m.from_bot)
    platform.screens.show(said.chat, said.sender, said.kind, said.text, 0.0, from_bot=True)


def _ask_too_much(_: Session, platform: Platform) -> None:
    platform.counters.over_limit += 1


def _drop_too_much(_: Session, platform: Platform) -> None:
    platform.counters.dropped += 1


def _pretend_to_have_sent(session: Session, _: Platform) -> None:
    row = session.exec(select(OutboxMessage).where(OutboxMessage.platform_message_id != "")).first()
    assert row is not None
    row.platform_message_id = "nobody-saw-this"


def _mumble(_: Session, platform: Platform) -> None:
    platform.counters.bad_answers += 1


# In this order each makes its own promise worse than the ones before have left it.
TAMPERED: list[tuple[str, Tamper]] = [
    ("acknowledged_lost", _lose_a_message),
    ("reports_without_case", _lose_a_case),
    ("cases_double", _open_a_case_twice),
    ("answers_double", _send_again),
    ("said_twice", _say_again),
    ("over_limit", _ask_too_much),
    ("over_limit", _drop_too_much),
    ("sent_but_never_shown", _pretend_to_have_sent),
    ("unreadable_answers", _mumble),
]


def test_nothing_is_broken_by_itself_and_whatever_is_broken_is_noticed(seen: Seen) -> None:
    promises, figures = judge(seen, left=0)
    assert promises == Promises()
    assert figures.acknowledged == figures.stored == figures.said == 25
    assert figures.cases == len(seen.crowd.reports) > 1
    assert judge(seen, left=3)[0].not_drained == ["3 waiting"]
    for promise, tamper in TAMPERED:
        with seen.bot.database.writing() as session:
            tamper(session, seen.platform)
            session.commit()
        before, promises = promises, judge(seen, left=0)[0]
        assert len(getattr(promises, promise)) > len(getattr(before, promise)), tamper.__name__
        assert promises.broken


def test_every_promise_has_its_words_and_its_proof() -> None:
    assert set(PROMISES) == set(Promises.__dataclass_fields__) == {"not_drained", *(name for name, _tamper in TAMPERED)}


@pytest.mark.parametrize(("long", "promised"), [(True, {("wecom_robot", "m1"): ""}), (False, {})])
def test_only_over_the_long_connection_an_answer_is_a_promise(long: bool, promised: dict[Known, str]) -> None:
    with Platform() as platform:
        platform.add_robot("robot", "secret")
        platform.state.corp.robots["robot"].long = long
        talk = Talk("m1", "robot", "u1", None, TalkKind.MESSAGE, 0.0)
        talk.answer = platform.screens.show("robot:u1", "robot", "text", "已登记", 0.0, from_bot=True)
        platform.state.talks["m1"] = talk
        assert Ledger().acknowledged(platform) == promised


def test_every_kind_of_fault_has_its_turn() -> None:
    with Platform() as platform:
        trouble = Trouble(platform, 1, long_connection=False)
        seen = set()
        for _change in range(len(KINDS)):
            trouble.change()
            seen |= {switch.fault for switch in platform.faults.on()}
        assert seen == set(KINDS)
        trouble.end()
        assert platform.faults.on() == []


def test_a_bot_that_cannot_start_is_told(tmp_path: Path) -> None:
    bot = MortalBot({"env": "nonsense", "port": free_port()}, "http://127.0.0.1:9", tmp_path / "bot.log")
    bot.start()
    with pytest.raises(RuntimeError, match=r"bot\.log"):
        bot.wait_until_it_serves()
    assert "env" in (tmp_path / "bot.log").read_text()


def test_a_database_with_data_is_refused(sqlite_databases: SqliteDatabases, tmp_path: Path) -> None:
    with sqlite_databases.seeded() as url, pytest.raises(ValueError, match="已经有数据"):
        furnished(Office(tmp_path, url, free_port(), long_connection=False, model_path=None))
