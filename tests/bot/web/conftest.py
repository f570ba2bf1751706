"""The office on SQLite, and on each database in turn."""

import pytest
from starlette.testclient import TestClient

from tests.bot.web.office import Office
from tests.bot.web.task_scenes import reported
from tests.talking import Talk


@pytest.fixture
def office(sqlite_talk: Talk) -> Office:
    return Office(sqlite_talk)


@pytest.fixture
def any_office(talk: Talk) -> Office:
    """The same on each database in turn."""
    return Office(talk)


@pytest.fixture
def talk_about(office: Office) -> Talk:
    return reported(office.at_talks_time())


@pytest.fixture
def phone(office: Office) -> TestClient:
    """A browser without any session."""
    return office.browser()
