"""The list of jobs: name, when, which function. No logic; deadlines are rows, not scheduler jobs (decision 3)."""

import datetime as dt
from collections.abc import Callable
from zoneinfo import ZoneInfo

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

log = structlog.get_logger("scheduler")

Job = Callable[[dt.datetime], int]
Clock = Callable[[], dt.datetime]
MISFIRE_GRACE_SECONDS = 6 * 3600


def build_scheduler(jobs: dict[str, tuple[float, Job]], clock: Clock) -> BackgroundScheduler:
    """A scheduler that runs each job every so many seconds, never twice at a time, never silently dropped."""
    scheduler = BackgroundScheduler(timezone=ZoneInfo("Asia/Shanghai"))
    for name, (seconds, job) in jobs.items():
        scheduler.add_job(
            run,
            IntervalTrigger(seconds=seconds, timezone=ZoneInfo("Asia/Shanghai")),
            args=(name, job, clock),
            id=name,
            coalesce=True,
            max_instances=1,
            misfire_grace_time=MISFIRE_GRACE_SECONDS,
        )
    return scheduler


def run(name: str, job: Job, clock: Clock) -> None:
    """One run of a job; a failing job says so and runs again at its next time."""
    try:
        done = job(clock())
    except Exception:
        log.exception("job failed, will run again at its next time", job=name)
        return
    if done:
        log.info("job", name=name, done=done)
