"""Help fits who asks, and stays one line where others read."""

import pytest

from handlers import replies, staff_replies
from handlers.service.replies import HELP_MEMBER
from tests.handlers.scenes import COLLEAGUE, HEAD, LEADER, MEMBER, RESIDENT, private
from tests.talking import Talk


@pytest.mark.parametrize("ask", ["帮助", "?", "怎么用", "菜单"])
def test_residents_learn_how_to_report(sqlite_talk: Talk, ask: str) -> None:
    assert private(sqlite_talk, RESIDENT, ask) == replies.HELP_RESIDENT
    assert sqlite_talk.outcome() == "helped"


def test_staff_learn_their_own_orders(sqlite_talk: Talk) -> None:
    assert private(sqlite_talk, COLLEAGUE, "帮助") == staff_replies.HELP_GRID_MEMBER
    assert private(sqlite_talk, MEMBER, "帮助") == f"{staff_replies.HELP_GRID_MEMBER}\n{HELP_MEMBER}"  # of the party
    leading = f"{staff_replies.HELP_GRID_MEMBER}\n{staff_replies.HELP_LEADER}\n{HELP_MEMBER}"
    assert private(sqlite_talk, LEADER, "帮助") == private(sqlite_talk, HEAD, "帮助") == leading


@pytest.mark.parametrize("who", [RESIDENT, MEMBER, HEAD])
def test_in_the_group_it_is_one_line_for_everybody(sqlite_talk: Talk, who: str) -> None:
    assert sqlite_talk.say(who, "帮助", at=True) == replies.HELP_RESIDENT
    assert "\n" not in replies.HELP_RESIDENT


def test_overheard_it_is_talk(sqlite_talk: Talk) -> None:
    assert sqlite_talk.say(RESIDENT, "帮助") is None
    assert sqlite_talk.say(RESIDENT, "?") is None


def test_whoever_speaks_to_the_bot_gets_at_least_a_line_of_help(sqlite_talk: Talk) -> None:
    for nothing in ("", "哈哈", "今天天气不错"):
        assert sqlite_talk.say(RESIDENT, nothing, at=True) == replies.HELP_RESIDENT
        assert private(sqlite_talk, RESIDENT, nothing) == replies.HELP_RESIDENT
