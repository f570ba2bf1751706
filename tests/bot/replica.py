"""A replica that lives by a virtual clock: a file says what time it is, another that its work of that time is done."""

import datetime as dt
import os
import time
from pathlib import Path

from bot.app import build
from bot.commands.prepare import log_to_stderr
from bot.running import Bot
from bot.settings import Settings
from tests.talking import RecordingChannel

POLL_SECONDS = 0.0005


def live(url: str, model_path: Path, folder: Path, name: str, behind: dt.timedelta) -> None:
    """Do what is due at every tick until killed; `behind` is how slow this machine's own clock is."""
    log_to_stderr("CRITICAL")
    settings = Settings(env="test", database_url=url, model_path=model_path)
    bot = build(settings, channels={"console": RecordingChannel()})
    done = None
    while True:
        now = read_time(folder / "now")
        if now == done:
            time.sleep(POLL_SECONDS)
            continue
        work(bot, now - behind)
        write_time(folder / name, now)
        done = now


def work(bot: Bot, now: dt.datetime) -> None:
    """Every job that says something, until there is nothing left to do at this time."""
    while bot.sweep(now):
        pass
    bot.send_scheduled(now)
    bot.purge(now)


def read_time(file: Path) -> dt.datetime | None:
    return dt.datetime.fromisoformat(file.read_text()) if file.exists() else None


def write_time(file: Path, now: dt.datetime) -> None:
    """Whole or not at all, because somebody reads it at the same time."""
    fresh = file.with_suffix(f".{os.getpid()}")
    fresh.write_text(now.isoformat())
    fresh.replace(file)
