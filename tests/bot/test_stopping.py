"""An ordinary stop: the robot's connection is given up at once, so that the next process misses nothing."""

import datetime as dt
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from bot.app import build_app
from bot.channels.wecom_robot import WecomRobot
from bot.channels.wecom_robot.long_connection import LongConnection
from bot.channels.wecom_robot.reply_tickets import TicketStore
from bot.commands.demo import free_port
from bot.commands.fault_run.office import Office, furnished
from bot.leases import LeaseHolder
from data.database import Database
from data.models import Lease, Message
from tests.bot.channels.robot_platform import PATIENCE_SECONDS, RobotPlatform, Visit
from tests.databases import SqliteDatabases
from tests.talking import Talk

LONGEST_START_SECONDS = 60


@pytest.fixture
def platform() -> Iterator[RobotPlatform]:
    with RobotPlatform().open() as platform:
        yield platform


def _say(visit: Visit, number: int) -> None:
    text = {"msgid": f"m{number}", "msgtype": "text", "chattype": "single", "from": {"userid": "r001"}}
    body = text | {"text": {"content": "3号楼2单元楼道灯坏了三天了"}}
    visit.say({"cmd": "aibot_msg_callback", "headers": {"req_id": f"r{number}"}, "body": body})


def test_the_application_hangs_up_when_it_stops(talk: Talk, platform: RobotPlatform) -> None:
    """What came before that is handled to its end."""
    database = talk.bot.database
    connection = LongConnection(platform.url, "BOT", "secret", LeaseHolder(database, "robot"))
    talk.bot.channels["wecom_robot"] = WecomRobot(TicketStore(database, "wecom_robot"), connection=connection)
    with TestClient(build_app(talk.bot)):
        visit = platform.visit()
        assert connection.wait_until_ready(PATIENCE_SECONDS)
        for number in range(3):
            _say(visit, number)
        visit.acknowledge(visit.frame("aibot_respond_msg"))
        visit.frame("aibot_respond_msg")  # so all of them have come
    assert visit.over.wait(PATIENCE_SECONDS)
    assert not connection.ready
    assert LeaseHolder(database, "robot").take()
    assert len(talk.rows(Message)) == 3


def _left(database_url: str) -> dt.datetime:
    """Until when the connection is kept from others."""
    database = Database(database_url)
    with database.reading() as session:
        until = session.get_one(Lease, "wecom_robot:aib-fault").until
    database.close()
    return until


def test_the_server_does_so_when_it_is_told_to_end(
    sqlite_databases: SqliteDatabases, model_path: Path, platform: RobotPlatform, tmp_path: Path
) -> None:
    with sqlite_databases.empty() as url:
        office = furnished(Office(tmp_path, url, free_port(), long_connection=True, model_path=model_path))
        values = office.values("http://127.0.0.1:9") | {"wecom_robot_url": platform.url}
        environment = {f"SUISHOUPAI_{name.upper()}": str(value) for name, value in values.items()}
        with (tmp_path / "log").open("wb") as log:
            command = [sys.executable, "-m", "bot", "serve"]
            server = subprocess.Popen(command, env=os.environ | environment, stdout=log, stderr=log)
        try:
            visit = platform.visits.get(timeout=LONGEST_START_SECONDS)
            visit.acknowledge(visit.frame("aibot_subscribe"))
            server.send_signal(signal.SIGTERM)
            assert server.wait(LONGEST_START_SECONDS) == -signal.SIGTERM
        finally:
            server.kill()
            server.wait()
        assert _left(url) <= dt.datetime.now(dt.UTC)
