"""A process is killed where it hurts most; what comes after it loses nothing and repeats nothing."""

import datetime as dt
import multiprocessing
import signal
from collections.abc import Callable
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

import pytest

from bot.channels import Limit
from bot.outbox.claims import CLAIM
from data.models import Case, Message, OutboxMessage, OutboxStatus, StatusChange
from tests.bot.mortal import Moment, PlatformFile, deliver, receive
from tests.talking import MONDAY, Talk

LAMP = "3号楼2单元楼道灯坏了三天了"


@pytest.fixture(scope="module")
def processes() -> ForkServerContext:
    """Children of a process that has everything imported already."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.bot.mortal"])
    return context


def _killed(processes: ForkServerContext, life: Callable[..., None], *arguments: Any) -> None:
    child = processes.Process(target=life, args=arguments)
    child.start()
    child.join()
    assert child.exitcode == -signal.SIGKILL
    child.close()


def _queue(talk: Talk, *texts: str) -> None:
    to: dict[str, Any] = {"channel": "console", "conversation": "console:u:r001", "account_platform_id": "r001"}
    with talk.bot.database.writing() as session:
        for text in texts:
            session.add(OutboxMessage(**to, text=text, created_at=talk.now, not_before=talk.now))
            session.flush()
        session.commit()


def _statuses(talk: Talk) -> list[OutboxStatus]:
    return [row.status for row in sorted(talk.rows(OutboxMessage), key=lambda row: row.id)]


def test_killed_between_commit_and_send(
    talk: Talk, processes: ForkServerContext, model_path: Path, tmp_path: Path
) -> None:
    url = talk.bot.settings.database_url
    _killed(processes, receive, url, model_path, LAMP, Moment.COMMITTED)
    assert talk.case().text == LAMP
    queued = [row.text.splitlines()[0] for row in talk.rows(OutboxMessage) if row.status is OutboxStatus.QUEUED]
    assert queued
    platform = PlatformFile(file=tmp_path / "platform.txt")
    for seconds in (0, 1, 120):
        deliver(url, platform, MONDAY + dt.timedelta(seconds=seconds))
    assert sorted(platform.texts()) == sorted(queued)
    answer = talk.say("r001", LAMP, platform_id="m1")  # the platform had no response, so it delivers again
    assert answer is not None
    assert "1001" in answer
    assert (len(talk.rows(Case)), len(talk.rows(Message))) == (1, 1)


def test_killed_in_the_middle_of_a_handler(talk: Talk, processes: ForkServerContext, model_path: Path) -> None:
    """The case, its history and its messages are all there or none of them is."""
    _killed(processes, receive, talk.bot.settings.database_url, model_path, LAMP, Moment.HANDLING)
    tables = (Message, Case, StatusChange, OutboxMessage)
    assert [talk.rows(model) for model in tables] == [[], [], [], []]
    assert talk.say("r001", LAMP, platform_id="m1")
    assert [case.text for case in talk.rows(Case)] == [LAMP]


@pytest.mark.parametrize("moment", [Moment.CLAIMED, Moment.SENT], ids=lambda moment: moment.name)
def test_killed_while_sending_where_duplicates_are_dropped(
    talk: Talk, processes: ForkServerContext, tmp_path: Path, moment: Moment
) -> None:
    url, file = talk.bot.settings.database_url, tmp_path / "platform.txt"
    _queue(talk, "一", "二")
    _killed(processes, deliver, url, PlatformFile(file=file, dies=moment), MONDAY)
    platform = PlatformFile(file=file)
    deliver(url, platform, MONDAY)
    assert _statuses(talk) == [OutboxStatus.SENDING, OutboxStatus.QUEUED]  # perhaps it is only slow
    deliver(url, platform, MONDAY + CLAIM)
    assert platform.texts() == ["一", "二"]
    assert _statuses(talk) == [OutboxStatus.SENT, OutboxStatus.SENT]


@pytest.mark.parametrize(
    ("moment", "arrived"), [(Moment.CLAIMED, ["二"]), (Moment.SENT, ["一", "二"])], ids=["CLAIMED", "SENT"]
)
def test_killed_while_sending_where_duplicates_are_not_dropped(
    talk: Talk, processes: ForkServerContext, tmp_path: Path, moment: Moment, arrived: list[str]
) -> None:
    """Nobody can know which of the two it was, so it is not sent again and a person sees it."""
    url, file = talk.bot.settings.database_url, tmp_path / "platform.txt"
    _queue(talk, "一", "二")
    _killed(processes, deliver, url, PlatformFile(file=file, checks_duplicates=False, dies=moment), MONDAY)
    platform = PlatformFile(file=file, checks_duplicates=False)
    for hours in (0, 1, 24):
        deliver(url, platform, MONDAY + CLAIM + dt.timedelta(hours=hours))
    assert platform.texts() == arrived
    assert _statuses(talk) == [OutboxStatus.UNKNOWN, OutboxStatus.SENT]


@pytest.mark.parametrize("moment", [Moment.CLAIMED, Moment.SENT], ids=lambda moment: moment.name)
def test_killed_between_the_pieces_of_a_long_text(
    talk: Talk, processes: ForkServerContext, tmp_path: Path, moment: Moment
) -> None:
    url, file = talk.bot.settings.database_url, tmp_path / "platform.txt"
    _queue(talk, "灯坏了。门开着。水漏了。", "二")
    _killed(processes, deliver, url, PlatformFile(file=file, dies=moment, spared=1, longest_text_bytes=12), MONDAY)
    platform = PlatformFile(file=file, longest_text_bytes=12)
    deliver(url, platform, MONDAY + CLAIM + dt.timedelta(seconds=1))
    assert platform.texts() == ["灯坏了。", "门开着。", "水漏了。", "二"]
    assert [line.split("\t")[0] for line in platform.given()] == ["out-1", "out-1-1", "out-1-2", "out-2"]
    assert _statuses(talk) == [OutboxStatus.SENT, OutboxStatus.SENT]


def test_killed_with_a_merged_message_in_hand(talk: Talk, processes: ForkServerContext, tmp_path: Path) -> None:
    """It goes out once more as it was, and not in parts."""
    url, file, one = talk.bot.settings.database_url, tmp_path / "platform.txt", (Limit(1, 60),)
    _queue(talk, "一", "二")
    _killed(processes, deliver, url, PlatformFile(file=file, dies=Moment.CLAIMED, limits=one), MONDAY)
    assert _statuses(talk) == [OutboxStatus.SENDING, OutboxStatus.SENDING]
    platform = PlatformFile(file=file, limits=one)
    for minutes in (3, 5):
        deliver(url, platform, MONDAY + dt.timedelta(minutes=minutes))
    assert [outgoing.split("\t")[0] for outgoing in platform.given()] == ["out-1"]
    assert _statuses(talk) == [OutboxStatus.SENT, OutboxStatus.SENT]
