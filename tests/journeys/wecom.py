"""The sample street on WeCom: the bot behind one real port, the stand-in of the platform behind another."""

import base64
import datetime as dt
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import httpx2
import sqlalchemy as sa
from sqlmodel import SQLModel, select

from bot.app import build, build_app
from bot.channels import Channel
from bot.channels.wecom.client import WecomClient
from bot.channels.wecom.tokens import TokenStore
from bot.channels.wecom_app import WecomAppChannel
from bot.channels.wecom_robot import WecomRobot
from bot.channels.wecom_robot.long_connection import LongConnection
from bot.channels.wecom_robot.reply_tickets import TicketStore
from bot.channels.wecom_robot.session import Timing
from bot.channels.wecom_webhook import WecomWebhookChannel
from bot.commands.demo import free_port
from bot.commands.demo_running import ShiftedClock
from bot.leases import LeaseHolder
from bot.platforms import give_back
from bot.running import Bot, wall_clock
from bot.settings import Settings
from bot.simulator.platform import Platform, Shown
from bot.simulator.platform import served as standing_in
from data.database import Database
from data.models import Account, Case, ChatGroup, OutboxMessage
from handlers.message import IncomingMessage
from tests.serving import served
from tests.talking import MONDAY

CORP, AGENT, ROBOT, KEY = "wwjourney", 1000002, "aib-journey", "journey-hook-key"
APP_SECRET, ROBOT_SECRET = "secret-of-the-app", "secret-of-the-robot"
TOKEN = "token-of-the-callbacks"
AES_KEY = base64.b64encode(b"j" * 32).decode().rstrip("=")
GROUP, RESIDENT, NEIGHBOUR = "g001", "r001", "r002"
HOLDERS = ("zhao.haitao", "qian.xiaoyu")
# Who heads the street gets what was said privately without a group that tells the place.
HEADS = ("chen.zhiyuan", "luo.xiaobei")
PATIENCE = 20.0
# A test that hangs an answer need not wait as long as the real thing; a loaded machine needs its time all the same.
IMPATIENT_SECONDS = 2.0
FAST = Timing(ack=2.0, look_for_lease=0.02, first_pause=0.01, first_pause_kicked=0.01, longest_pause=0.05)
T = TypeVar("T")


@dataclass(frozen=True)
class System:
    """Both sides, and a clock that both go by."""

    bot: Bot
    platform: Platform
    clock: ShiftedClock

    def screen(self, userid: str) -> list[str]:
        """What this member reads from the bot, without its hidden signs."""
        return [plain(shown.text) for shown in self.platform.seen(userid) if shown.from_bot]

    def group(self) -> list[str]:
        return [plain(shown.text) for shown in self.platform.seen_in(GROUP) if shown.from_bot]

    def cards(self, userid: str) -> list[Shown]:
        return [shown for shown in self.platform.seen(userid) if shown.card]

    def pass_time(self, seconds: float = 0.0, *, at_most: int = 60) -> None:
        """Time passes for both; what is due by then goes out, and what it leads to."""
        for _round in range(at_most):
            if not self.bot.deliver_all(self.bot.clock()):
                break
        self.clock.ahead += dt.timedelta(seconds=seconds)
        self.platform.clock.advance(seconds)
        self.bot.deliver_all(self.bot.clock())

    def rows(self, model: type[SQLModel]) -> list[Any]:
        with self.bot.database.reading() as session:
            return list(session.exec(select(model)).all())

    def case(self) -> Case:
        [case] = self.rows(Case)
        return case  # type: ignore[no-any-return]

    def queue(self, *texts: str, channel: str, group: str | None = None, account: str | None = None) -> None:
        """As a handler would: rows of one conversation."""
        now, whose = self.bot.clock(), f"g:{group}" if group else f"u:{account}"
        to: dict[str, Any] = {"group_platform_id": group, "account_platform_id": account}
        to |= {"channel": channel, "conversation": f"{channel}:{whose}", "created_at": now, "not_before": now}
        rows = [OutboxMessage(text=text, **to) for text in texts]
        with self.bot.database.writing() as session:
            for row in rows:
                session.add(row)
                session.flush()
            session.commit()


def plain(text: str) -> str:
    return text.replace("\u200b", "").replace("\u200c", "")


def eventually(read: Callable[[], T], seconds: float = PATIENCE) -> T:
    """What `read` gives as soon as it gives something; looks again and again."""
    pause = threading.Event()
    for _look in range(int(seconds / 0.02)):
        if found := read():
            return found
        pause.wait(0.02)
    raise TimeoutError("it never came true")


def settings_of(database_url: str, model_path: Path, folder: Path, urls: tuple[str, str], *, long: bool) -> Settings:
    """As an administrator would fill them in for the app and one robot."""
    bot_url, platform_url = urls
    robot: dict[str, Any] = {"wecom_robot_token": TOKEN, "wecom_robot_aes_key": AES_KEY}
    if long:
        robot = {"wecom_robot_secret": ROBOT_SECRET}
    return Settings(
        env="test",
        database_url=database_url,
        model_path=model_path,
        candidate_path=folder / "candidate.npz",
        media_dir=folder / "media",
        public_url=bot_url,
        wecom_api_url=platform_url,
        wecom_corp_id=CORP,
        wecom_app_agent_id=AGENT,
        wecom_app_secret=APP_SECRET,
        wecom_app_token=TOKEN,
        wecom_app_aes_key=AES_KEY,
        wecom_robot_id=ROBOT,
        wecom_robot_url=platform_url.replace("http", "ws", 1),
        **robot,
    )


@contextmanager
def whole_system(database_url: str, model_path: Path, folder: Path, *, long: bool) -> Iterator[System]:
    """As `serve` runs it: senders, fetchers and jobs in their threads."""
    port = free_port()
    bot_url = f"http://127.0.0.1:{port}"
    with _platform(bot_url, long=long) as platform, standing_in(platform) as url:
        move_to_wecom(database_url)
        bot = build(settings_of(database_url, model_path, folder, (bot_url, url), long=long))
        clock = ShiftedClock(MONDAY - wall_clock())
        with served(build_app(replace(bot, clock=clock)), port):
            eventually(lambda: bot.channels["wecom_robot"].can_send_now)
            yield System(replace(bot, clock=clock), platform, clock)
        bot.close()


@contextmanager
def still_system(
    database_url: str, model_path: Path, folder: Path, *, long: bool = False, timing: Timing = FAST
) -> Iterator[System]:
    """Only callbacks come in by themselves; what goes out, and when, is for the test to say."""
    port = free_port()
    bot_url = f"http://127.0.0.1:{port}"
    with _platform(bot_url, long=long) as platform, standing_in(platform) as url:
        move_to_wecom(database_url, webhook_key=KEY)
        settings = settings_of(database_url, model_path, folder, (bot_url, url), long=long)
        database = Database(database_url)
        channels = _impatient(database, url, timing if long else None)
        clock = ShiftedClock(MONDAY - wall_clock())
        bot = replace(build(settings, channels=channels), clock=clock)
        system = System(bot, platform, clock)
        _listen(bot)
        with served(_without_clock(build_app(bot)), port):
            eventually(lambda: channels["wecom_robot"].can_send_now)
            yield system
        bot.close()
        database.close()


def move_to_wecom(database_url: str, webhook_key: str | None = None) -> None:
    """The street's staff on the app, its groups with the robot; the first group has a webhook where that is wanted."""
    database = Database(database_url)
    with database.writing() as session:
        session.execute(sa.update(Account).values(channel="wecom_app"))
        session.execute(sa.update(ChatGroup).values(channel="wecom_robot"))
        group = session.exec(select(ChatGroup).where(ChatGroup.platform_id == GROUP)).one()
        group.webhook_key = webhook_key
        session.commit()
    database.close()


def _platform(bot_url: str, *, long: bool) -> Platform:
    platform = Platform(CORP, timeout=PATIENCE, check_timeout=PATIENCE, pause=0)
    people = (*HOLDERS, *HEADS, "li.guifang", "wang.xiuzhen", "sun.hao", RESIDENT, NEIGHBOUR)
    for userid in people:
        platform.add_member(userid, userid)
    platform.add_app(AGENT, APP_SECRET, token=TOKEN, aes_key=AES_KEY, callback=f"{bot_url}/callback/wecom_app")
    if long:
        platform.add_robot(ROBOT, ROBOT_SECRET)
    else:
        callback = f"{bot_url}/callback/wecom_robot"
        platform.add_robot(ROBOT, token=TOKEN, aes_key=AES_KEY, callback=callback)
    platform.add_group(GROUP, people, "3号楼邻里群", robots=[ROBOT])
    platform.add_webhook(GROUP, KEY)
    return platform


def _impatient(database: Database, url: str, timing: Timing | None) -> dict[str, Channel]:
    """The three channels with short waits."""
    client = WecomClient(CORP, APP_SECRET, TokenStore(database), url, AGENT, _Impatient())
    line = url.replace("http", "ws", 1)
    lease = LeaseHolder(database, "wecom_robot")
    connection = LongConnection(line, ROBOT, ROBOT_SECRET, lease, timing) if timing else None
    robot = WecomRobot(
        TicketStore(database, "wecom_robot"),
        token="" if timing else TOKEN,
        aes_key="" if timing else AES_KEY,
        api_url=url,
        robot_url=line,
        connection=connection,
        give_back=lambda message: give_back(database, message),
        transport=_Impatient(),
    )
    hook = WecomWebhookChannel(lambda group: KEY if group == GROUP else None, url, _Impatient())
    return {channel.name: channel for channel in (WecomAppChannel(client, TOKEN, AES_KEY), robot, hook)}


class _Impatient(httpx2.BaseTransport):
    """The wire, with less patience than the channels have."""

    def __init__(self) -> None:
        self._wire = httpx2.HTTPTransport(trust_env=False)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        request.extensions["timeout"] = dict.fromkeys(("connect", "read", "write", "pool"), IMPATIENT_SECONDS)
        return self._wire.handle_request(request)

    def close(self) -> None:
        self._wire.close()


def _listen(bot: Bot) -> None:
    def receive(message: IncomingMessage, passive: bool) -> str | None:
        return bot.inbox.receive(message, bot.clock(), passive=passive)

    for channel in bot.channels.values():
        channel.start(receive)


def _without_clock(app: Any) -> Any:
    """The application without its lifespan, so that nothing runs that nobody asked for."""

    async def only_http(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            raise NotImplementedError("this server has no lifespan")
        await app(scope, receive, send)

    return only_http
