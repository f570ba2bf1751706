"""Builds the whole: database, directory, classifier, channels, inbox, outbox, photos, clock, web."""

import contextlib
import datetime as dt
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import structlog
from fastapi import FastAPI
from pydantic import SecretStr

from bot.channels import Channel
from bot.channels.console import ConsoleChannel
from bot.channels.reply_tickets import TicketStore
from bot.channels.wecom_app import WecomAppChannel
from bot.channels.wecom_client import WecomClient
from bot.channels.wecom_long_connection import LongConnection
from bot.channels.wecom_robot import WecomRobot
from bot.channels.wecom_tokens import TokenStore
from bot.inbox import Inbox
from bot.leases import LeaseHolder
from bot.live_model import LiveModel, ModelFile
from bot.outbox import Outbox
from bot.photos import Photos
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


def build(settings: Settings, *, channels: dict[str, Channel] | None = None, model: Model | None = None) -> Bot:
    """Everything wired together; the schema must be current and the model trained, unless it is given."""
    use_keys(settings)
    database = Database(settings.database_url)
    directory = DirectoryCache(database)
    channels = build_channels(settings, database) if channels is None else channels
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
        photos=Photos(database, channels, settings.media_dir),
        model=live,
        shadow=shadow,
    )


def use_keys(settings: Settings) -> None:
    """Install both key rings."""
    privacy.use_keys(privacy.Ring.OPEN, [key.get_secret_value() for key in settings.encryption_keys])
    privacy.use_keys(privacy.Ring.SEALED, [key.get_secret_value() for key in settings.sealed_keys])


def build_channels(settings: Settings, database: Database) -> dict[str, Channel]:
    """The channels that are switched on."""
    switches = {
        _console: settings.console_url,
        _wecom_app: settings.wecom_app_agent_id,
        _wecom_robot: settings.wecom_robot_id,
    }
    channels = [channel(settings, database) for channel, is_on in switches.items() if is_on]
    return {channel.name: channel for channel in channels}


def _console(settings: Settings, _: Database) -> Channel:
    token, key = settings.console_token.get_secret_value(), settings.console_aes_key.get_secret_value()
    return ConsoleChannel(settings.console_url, token, key)


def _wecom_app(settings: Settings, database: Database) -> Channel:
    client = wecom_client(settings, database, settings.wecom_app_secret, settings.wecom_app_agent_id)
    token, key = settings.wecom_app_token.get_secret_value(), settings.wecom_app_aes_key.get_secret_value()
    return WecomAppChannel(client, token, key)


def wecom_client(settings: Settings, database: Database, secret: SecretStr, agent_id: int | None = None) -> WecomClient:
    """A client of WeCom under one of the corporation's secrets; tokens are shared by all processes."""
    tokens = TokenStore(database)
    return WecomClient(
        settings.wecom_corp_id, secret.get_secret_value(), tokens, settings.wecom_api_url, agent_id=agent_id
    )


def _wecom_robot(settings: Settings, database: Database) -> Channel:
    return WecomRobot(
        TicketStore(database, WecomRobot.name),
        token=settings.wecom_robot_token.get_secret_value(),
        aes_key=settings.wecom_robot_aes_key.get_secret_value(),
        api_url=settings.wecom_api_url,
        robot_url=settings.wecom_robot_url,
        connection=_long_connection(settings, database),
    )


def _long_connection(settings: Settings, database: Database) -> LongConnection | None:
    """Where the robot has a secret for it: one process holds the connection, the others stand by."""
    secret = settings.wecom_robot_secret.get_secret_value()
    if not secret:
        return None
    lease = LeaseHolder(database, f"{WecomRobot.name}:{settings.wecom_robot_id}"[:64])
    return LongConnection(settings.wecom_robot_url, settings.wecom_robot_id, secret, lease)


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
    """The web application; its clock and its outbox run while it serves."""

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        stop = threading.Event()
        sender = threading.Thread(target=_send_forever, args=(bot, stop), name="outbox", daemon=True)
        scheduler = build_scheduler(_jobs(bot), bot.clock)
        scheduler.start()
        sender.start()
        _listen(bot)
        yield
        scheduler.shutdown(wait=False)
        app.state.callback_workers.shutdown()
        stop.set()
        bot.wake.set()
        sender.join(timeout=10)

    app = FastAPI(title="suishoupai", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    add_routes(app, bot)
    return app


def _jobs(bot: Bot) -> dict[str, tuple[float, Callable[[dt.datetime], int]]]:
    return {
        "sweep": (30, bot.sweep),
        "photos": (2, bot.fetch_photos),
        "retry": (20, bot.retry_failed),
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


def _send_forever(bot: Bot, stop: threading.Event) -> None:
    """The sender's loop: woken after every commit, else once a second."""
    while not stop.is_set():
        bot.wake.wait(timeout=1)
        bot.wake.clear()
        run("outbox", bot.deliver_all, bot.clock)
        stop.wait(SENDER_PAUSE_SECONDS)
