"""The clock: a job that fails runs again, none runs twice at a time, and the application starts and stops them all."""

import datetime as dt
import threading
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from starlette.testclient import TestClient

from bot.app import build_app
from bot.channels import ChannelError
from bot.running import wall_clock
from bot.scheduler import MISFIRE_GRACE_SECONDS, build_scheduler, run
from data.models import Media, OutboxMessage, OutboxStatus
from tests.talking import Talk

PATIENCE_SECONDS = 10


def test_a_job_that_raises_runs_again() -> None:
    runs, again = [], threading.Event()

    def job(now: dt.datetime) -> int:
        runs.append(now)
        if len(runs) < 3:
            raise ZeroDivisionError("a bug of ours")
        again.set()
        return 0

    scheduler = build_scheduler({"stumbling": (0.02, job)}, wall_clock)
    scheduler.start()
    assert again.wait(PATIENCE_SECONDS)
    scheduler.shutdown()
    assert {now.tzinfo for now in runs} == {dt.UTC}
    assert runs == sorted(runs)


def test_a_job_that_raises_does_not_stop_the_others() -> None:
    done = threading.Event()

    def stumbling(_: dt.datetime) -> int:
        raise ZeroDivisionError("a bug of ours")

    def steady(_: dt.datetime) -> int:
        done.set()
        return 1

    scheduler = build_scheduler({"stumbling": (0.02, stumbling), "steady": (0.04, steady)}, wall_clock)
    scheduler.start()
    assert done.wait(PATIENCE_SECONDS)
    scheduler.shutdown()


def test_no_job_runs_twice_at_a_time_or_is_dropped_silently() -> None:
    scheduler = build_scheduler({"sweep": (30, lambda now: 0), "purge": (60, lambda now: 0)}, wall_clock)
    jobs = scheduler.get_jobs()
    assert {job.id for job in jobs} == {"sweep", "purge"}
    assert {(job.max_instances, job.coalesce, job.misfire_grace_time) for job in jobs} == {
        (1, True, MISFIRE_GRACE_SECONDS)
    }
    assert {job.trigger.timezone for job in jobs} == {ZoneInfo("Asia/Shanghai")}


def test_what_ends_the_process_is_not_swallowed() -> None:
    def job(_: dt.datetime) -> int:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run("stopping", job, wall_clock)


def test_the_application_fetches_a_photo_as_soon_as_a_message_brought_one(sqlite_talk: Talk) -> None:
    fetched, talk = threading.Event(), sqlite_talk

    class Noticing(dict[str, bytes | ChannelError]):
        def __getitem__(self, reference: str) -> bytes | ChannelError:
            fetched.set()
            raise KeyError(reference)

    talk.channel.photos = Noticing()
    with TestClient(build_app(replace(talk.bot, clock=lambda: talk.now))):
        talk.say("r001", "3号楼2单元楼道灯坏了三天了", media=("/media/a.jpg",))
        talk.bot.wake.set()
        assert fetched.wait(PATIENCE_SECONDS)
    assert [media.refusal for media in talk.rows(Media)] == ["gone"]


def test_the_application_sends_what_is_queued_and_stops_cleanly(sqlite_talk: Talk) -> None:
    sent, talk = threading.Event(), sqlite_talk

    class Noticing(list[object]):
        def append(self, outgoing: object) -> None:
            super().append(outgoing)
            sent.set()

    talk.channel.sent = Noticing()  # type: ignore[assignment]
    with TestClient(build_app(talk.bot)):
        assert {"outbox"} <= {thread.name for thread in threading.enumerate()}
        talk.say("r001", "3号楼2单元楼道灯坏了三天了")
        talk.bot.wake.set()
        assert sent.wait(PATIENCE_SECONDS)
    assert "outbox" not in {thread.name for thread in threading.enumerate()}
    assert OutboxStatus.SENDING not in {row.status for row in talk.rows(OutboxMessage)}
