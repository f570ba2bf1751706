"""A bot in a process of its own that is killed as by a power cut, again and again, and started anew."""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx2

LONGEST_START_SECONDS = 60.0
LOOK_SECONDS = 0.02


class MortalBot:
    """`suishoupai serve` with these settings; everything it says goes into one log."""

    def __init__(self, values: dict[str, Any], url: str, log: Path) -> None:
        self._environment = {f"SUISHOUPAI_{name.upper()}": str(value) for name, value in values.items()}
        self._url, self._log = url, log
        self._process: subprocess.Popen[bytes] | None = None
        self.kills = 0

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "bot", "serve"], env=os.environ | self._environment, stdout=log, stderr=log
            )

    def wait_until_it_serves(self, at_most: float = LONGEST_START_SECONDS) -> bool:
        """False when it did not come up in time; raises if it ended by itself."""
        over = time.monotonic() + at_most
        with httpx2.Client(trust_env=False, timeout=1.0) as client:
            while time.monotonic() < over:
                if self._process is None or self._process.poll() is not None:
                    raise RuntimeError(f"机器人自己停了，原因见 {self._log}")
                try:
                    client.get(self._url + "/callback/nobody")
                except httpx2.HTTPError:
                    time.sleep(LOOK_SECONDS)
                else:
                    return True
        return False

    def must_serve(self) -> None:
        if not self.wait_until_it_serves():
            raise RuntimeError(f"机器人 {LONGEST_START_SECONDS:.0f} 秒内没有启动，日志在 {self._log}")

    def kill(self) -> None:
        """SIGKILL: nothing is closed, nothing is flushed."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
            self.kills += 1
