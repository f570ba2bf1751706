"""The chat platforms that the settings switch on, each with what it needs of the database."""

from collections.abc import Callable

from pydantic import SecretStr

from bot.channels import Channel
from bot.channels.console import ConsoleChannel
from bot.channels.wecom.client import WecomClient
from bot.channels.wecom.tokens import TokenStore
from bot.channels.wecom_app import WecomAppChannel
from bot.channels.wecom_robot import WecomRobot
from bot.channels.wecom_robot.long_connection import LongConnection
from bot.channels.wecom_robot.reply_tickets import TicketStore
from bot.channels.wecom_webhook import WecomWebhookChannel
from bot.leases import LeaseHolder
from bot.outbox.again import queue_answer
from bot.settings import Settings
from data.database import Database
from handlers.directory import Directory
from handlers.message import IncomingMessage


def build_channels(settings: Settings, database: Database, directory: Callable[[], Directory]) -> dict[str, Channel]:
    """The channels that are switched on; a group's webhook is switched on by its key."""
    switches = {
        _console: settings.console_url,
        _wecom_app: settings.wecom_app_agent_id,
        _wecom_robot: settings.wecom_robot_id,
    }
    channels = [channel(settings, database) for channel, is_on in switches.items() if is_on]
    if settings.wecom_corp_id:
        channels.append(WecomWebhookChannel(lambda group: directory().webhook_key(group), settings.wecom_api_url))
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
        give_back=lambda message: give_back(database, message),
    )


def give_back(database: Database, message: IncomingMessage) -> bool:
    """The answer that did not get there with its message is queued; the outbox looks once a second."""
    with database.writing() as session:
        found = queue_answer(session, message.channel, message.platform_id)
        session.commit()
    return found


def _long_connection(settings: Settings, database: Database) -> LongConnection | None:
    """Where the robot has a secret for it: one process holds the connection, the others stand by."""
    secret = settings.wecom_robot_secret.get_secret_value()
    if not secret:
        return None
    lease = LeaseHolder(database, f"{WecomRobot.name}:{settings.wecom_robot_id}"[:64])
    return LongConnection(settings.wecom_robot_url, settings.wecom_robot_id, secret, lease)
