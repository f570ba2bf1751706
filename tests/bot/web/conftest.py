"""The office on SQLite, and on each database in turn."""

import pytest

from tests.bot.web.office import Office
from tests.talking import Talk


@pytest.fixture
def office(sqlite_talk: Talk) -> Office:
    return Office(sqlite_talk)


@pytest.fixture
def any_office(talk: Talk) -> Office:
    """The same on each database in turn."""
    return Office(talk)
