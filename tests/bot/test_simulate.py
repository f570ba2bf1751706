"""The sample street lives through some weeks by a virtual clock, and every promise is kept."""

import datetime as dt
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from sqlmodel import col, select

from bot.commands.simulate import Simulated, simulate
from bot.commands.simulate.promises import broken_promises
from bot.settings import Settings
from data.database import Database
from data.models import Case, EscalationLevel, LoginSession, OutboxMessage, OutboxStatus, ServiceHours
from tests.handlers.scenes import report
from tests.talking import Talk

pytestmark = pytest.mark.long

# Over the Dragon Boat Festival of 2026, and over the service days of the second quarter.
LAST, DAYS = dt.date(2026, 6, 21), 21


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory, model_path: Path) -> tuple[Simulated, Path]:
    file = tmp_path_factory.mktemp("simulated") / "street.db"
    days: list[int] = []
    found = simulate(LAST, DAYS, reports_a_day=6, seed=3, keep=file, tell=days.append, model_path=model_path)
    assert days == list(range(1, DAYS + 1))
    return found, file


def test_every_promise_is_kept(lived: tuple[Simulated, Path]) -> None:
    assert lived[0].broken == []


def test_it_is_a_life_and_not_a_silence(lived: tuple[Simulated, Path]) -> None:
    """Cases in every state that lasts, from the lowest level to the highest, hours of service, morning greetings."""
    found, file = lived
    assert found.cases > 40
    assert {"closed", "resolved", "accepted", "dispatched"} <= set(found.by_status)
    assert found.service_hours > 10
    assert sum(week["received"] for week in found.by_week) > 40
    with Database(f"sqlite:///{file}").reading() as session:
        # Whoever is at the top has passed the levels between.
        reached = set(session.exec(select(Case.level)).all())
        assert {EscalationLevel.GRID, EscalationLevel.COMMUNITY, EscalationLevel.DISTRICT} <= reached
        greetings = Counter(row.text[:3] for row in session.exec(select(OutboxMessage)).all())["早上好"]
        assert greetings > 100


def test_nobody_is_flooded(lived: tuple[Simulated, Path]) -> None:
    assert all(week["mean"] <= week["p95"] <= week["most"] for week in lived[0].messages_a_day)
    assert max(week["p95"] for week in lived[0].messages_a_day) <= 8


def test_the_kept_file_sends_nothing_when_a_server_opens_it(lived: tuple[Simulated, Path]) -> None:
    with Database(f"sqlite:///{lived[1]}").reading() as session:
        waiting = select(OutboxMessage).where(col(OutboxMessage.status) != OutboxStatus.SENT)
        assert session.exec(waiting).all() == []
        assert session.exec(select(LoginSession)).all() == []
        assert session.exec(select(ServiceHours)).first() is not None


def test_it_is_not_kept_over_something_else(lived: tuple[Simulated, Path], model_path: Path) -> None:
    with pytest.raises(ValueError, match="已经有数据"):
        simulate(LAST, 1, reports_a_day=1, seed=1, keep=lived[1], tell=lambda day: None, model_path=model_path)


def test_the_figures_are_plain_json(lived: tuple[Simulated, Path]) -> None:
    assert json.loads(lived[0].as_json())["days"] == DAYS


def test_a_broken_promise_is_told(sqlite_talk: Talk) -> None:
    """The checks can fail: a wrong due date, a message at night, the same thing said twice."""
    number = report(sqlite_talk)
    night = sqlite_talk.now + dt.timedelta(hours=14)
    with sqlite_talk.bot.database.writing() as session:
        case = session.get_one(Case, 1)
        case.original_due_at += dt.timedelta(hours=1)
        said = {"channel": "console", "conversation": "console:u:x", "account_platform_id": "x", "text": "提醒：夜里"}
        for _ in range(2):
            session.add(OutboxMessage(**said, created_at=night, not_before=night))
        session.commit()
    bot = replace(sqlite_talk.bot, settings=Settings(env="test"))
    found = broken_promises(bot, [night], night + dt.timedelta(days=2))
    assert any(f"case {number} is due" in wrong for wrong in found)
    assert sum("提醒：夜里" in wrong for wrong in found) == 3
    assert any(wrong.startswith("digest of 2026-09-09: missing") for wrong in found)
