"""`simulate-platform` as a process of its own: it says where it is, answers there, and ends with Ctrl-C."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator

import httpx2
import pytest

# A background job of a shell ignores Ctrl-C, and so would what it starts.
START = """
import signal
import typer
from bot.commands.simulate_platform import simulate_platform
signal.signal(signal.SIGINT, signal.default_int_handler)
typer.run(simulate_platform)
"""


@pytest.fixture
def process() -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-X", "utf8", "-c", START, "--port", "0", "--robot-secret", "long"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8") as started:
        yield started
        if started.poll() is None:
            started.kill()


def test_it_serves_until_it_is_told_to_stop(process: "subprocess.Popen[str]") -> None:
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(5)]
    found = re.search(r"http://127\.0\.0\.1:\d+", lines[0])
    assert found is not None
    query = {"corpid": "wwsample", "corpsecret": "sample-app-secret"}
    with httpx2.Client(base_url=found.group(), trust_env=False) as web:
        assert web.get("/cgi-bin/gettoken", params=query).json()["errcode"] == 0
        assert web.get("/_stand-in").json()["groups"] == {"wrSampleGroup": "一号楼工作群"}
    process.send_signal(signal.SIGINT)
    assert (process.communicate(timeout=10)[0].strip(), process.returncode) == ("再见", 0)
