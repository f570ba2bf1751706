"""Builds the whole: database, directory, classifier, channels, inbox, outbox, photos, clock, web."""

import contextlib
import datetime as dt
import threading
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from functools import partial

import structlog
from fastapi import FastAPI

from bot.channels import Channel
from bot.inbox import Inbox
from bot.live_model import LiveModel, ModelFile
from bot.outbox import Outbox
from bot.photo_store import PhotoStore
from bot.photos import Photos
from bot.platforms import build_channels
from bot.running import Bot, DirectoryCache
from bot.scheduler import build_scheduler, run
from bot.settings import Settings
from bot.shadow import Shadow
from bot.web import add_routes
from bot.web.task_page import link_signer
from classifiers import Thresholds
from classifiers.model import Model
from data import privacy
from data.database import Database
from handlers.message import IncomingMessage, Policy, Reach

log = structlog.get_logger("app")


# Under load messages are sent in rounds rather than one by one as they are queued.
SENDER_PAUSE_SECONDS = 0.2
# One photo that hangs must not keep the others waiting.
FETCHERS = 2
# Whoever stopped us will not wait for long either.
LONGEST_STOP_SECONDS = 10.0


def build(settings: Settings, *, channels: dict[str, Channel] | None = None, model: Model | None = None) -> Bot:
    """Everything wired together; the schema must be current and the model trained, unless it is given."""
    use_keys(settings)
    database = Database(settings.database_url)
    directory = DirectoryCache(database)
    channels = build_channels(settings, database, directory) if channels is None else channels
    thresholds = Thresholds.from_costs(settings.costs_path)
    live = LiveModel(settings.model_path, thresholds, model)
    shadow = Shadow(ModelFile(settings.candidate), thresholds)
    policy = build_policy(settings, channels, unsure_category=thresholds.category)
    return Bot(
        settings=settings,
        database=database,
        directory=directory,
        channels=channels,
        policy=policy,
        inbox=Inbox(database, directory, live, policy, shadow=shadow),
        outbox=Outbox(database, channels),
        photos=Photos(database, channels, PhotoStore(settings.media_dir, settings.media_url)),
        model=live,
        shadow=shadow,
    )


def use_keys(settings: Settings) -> None:
    """Install both key rings."""
    privacy.use_keys(privacy.Ring.OPEN, [key.get_secret_value() for key in settings.encryption_keys])
    privacy.use_keys(privacy.Ring.SEALED, [key.get_secret_value() for key in settings.sealed_keys])


def build_policy(settings: Settings, channels: dict[str, Channel], *, unsure_category: float) -> Policy:
    def reach(channel: str, account: str) -> Reach:
        return channels[channel].reach(account) if channel in channels else Reach.NONE

    signer = link_signer(settings.signing_key.get_secret_value())
    return Policy(
        reach=reach,
        public_url=settings.public_url.rstrip("/"),
        sign_link=lambda text: str(signer.dumps(text)),
        pending_minutes=settings.pending_minutes,
        silence_closes_days=settings.silence_closes_days,
        emergency_accept_minutes=settings.emergency_accept_minutes,
        service_target_hours=settings.service_target_hours,
        service_cap_hours=settings.service_cap_hours,
        unsure_category=unsure_category,
    )


def quiet(bot: Bot, **changes: object) -> Bot:
    """The same bot, telling nobody anything: for replays and transcripts."""
    policy = replace(bot.policy, quiet=True, **changes)  # type: ignore[arg-type]
    return replace(bot, policy=policy, inbox=replace(bot.inbox, policy=policy))


def build_app(bot: Bot) -> FastAPI:
    """The web application; its clock, its outbox and its connections run while it serves."""

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        stop = threading.Event()
        sender = threading.Thread(target=_send_forever, args=(bot, stop), name="outbox", daemon=True)
        fetchers = [threading.Thread(target=_fetch_forever, args=(bot, stop), daemon=True) for _ in range(FETCHERS)]
        scheduler = build_scheduler(_jobs(bot), bot.clock)
        scheduler.start()
        sender.start()
        for fetcher in fetchers:
            fetcher.start()
        _listen(bot)
        yield
        scheduler.shutdown(wait=False)
        app.state.callback_workers.shutdown()
        stop.set()
        bot.wake.set()
        bot.photos.wanted.set()
        _wait_for(sender, *fetchers)
        # Here, because a signal that ends the process ends it before the server returns to its caller. After the
        # sender, so that nobody has to guess what became of its last message.
        bot.hang_up()

    app = FastAPI(title="suishoupai", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    add_routes(app, bot)
    return app


def _jobs(bot: Bot) -> dict[str, tuple[float, Callable[[dt.datetime], int]]]:
    return {
        "sweep": (30, bot.sweep),
        "retry": (20, bot.retry_failed),
        "afterwards": (3, bot.change_sent),
        "purge": (60, bot.purge),
        "tidy": (120, bot.tidy_photos),
        "directory": (30, bot.reload_directory),
        "schedule": (30, bot.send_scheduled),
        "model": (15, bot.refresh_models),
        "shadow": (5, bot.compare_models),
    }


def _listen(bot: Bot) -> None:
    """Channels that fetch their messages themselves begin now."""

    def receive(message: IncomingMessage, passive: bool) -> str | None:
        answer = bot.inbox.receive(message, bot.clock(), passive=passive)
        bot.wake.set()
        return answer

    for channel in bot.channels.values():
        channel.start(receive)


def _wait_for(*threads: threading.Thread) -> None:
    """Until all of them have ended what they do, or the time is up."""
    over = time.monotonic() + LONGEST_STOP_SECONDS
    for thread in threads:
        thread.join(max(0.0, over - time.monotonic()))


def _send_forever(bot: Bot, stop: threading.Event) -> None:
    """The sender's loop: woken after every commit, else once a second. Told to stop, it ends the send under way."""
    deliver = partial(bot.deliver_all, stopping=stop.is_set)
    while not stop.is_set():
        bot.wake.wait(timeout=1)
        bot.wake.clear()
        bot.photos.wanted.set()
        run("outbox", deliver, bot.clock)
        stop.wait(SENDER_PAUSE_SECONDS)


def _fetch_forever(bot: Bot, stop: threading.Event) -> None:
    """A fetcher's loop: woken with the sender, else every two seconds."""
    while not stop.is_set():
        bot.photos.wanted.wait(timeout=2)
        bot.photos.wanted.clear()
        run("photos", bot.fetch_photos, bot.clock)
        stop.wait(SENDER_PAUSE_SECONDS)
