"""The scene of a fault run: the sample street on WeCom, as the bot knows it and as the stand-in platform knows it."""

import base64
import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx2
from sqlmodel import Session, col, select

from bot.commands.demo import HOST
from bot.commands.prepare import ready_database
from bot.settings import Settings
from bot.simulator.platform import Platform
from data.database import Database
from data.models import Account, Building, ChatGroup, GroupBuilding
from data.seed import STREET, load_street, read_lines

CORP, AGENT, ROBOT = "wwfault", 1000002, "aib-fault"
APP_SECRET, APP_TOKEN = "fault-run-app-secret", "fault-run-app-token"
ROBOT_SECRET, ROBOT_TOKEN = "fault-run-robot-secret", "fault-run-robot-token"
AES_KEY = base64.b64encode(hashlib.sha256(b"fault run").digest()).decode().rstrip("=")
APP_PATH, ROBOT_PATH = "/callback/wecom_app", "/callback/wecom_robot"
# The platform allows 200 messages a day for every member; a corporation that serves a street has more than its staff.
OTHER_MEMBERS = 400


@dataclass(frozen=True)
class Place:
    """A group and its building, in which people live."""

    chatid: str
    estate: str
    building: int
    entrances: int
    residents: tuple[str, ...]


@dataclass(frozen=True)
class Office:
    """Everybody there is, and where the bot and its database are."""

    folder: Path
    database_url: str
    port: int
    long_connection: bool
    model_path: Path | None
    staff: tuple[str, ...] = ()
    places: tuple[Place, ...] = ()
    webhooks: tuple[tuple[str, str], ...] = ()

    @property
    def bot_url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def values(self, platform_url: str) -> dict[str, Any]:
        """The bot's settings by name; what is not wanted is said, for the machine's own .env may want it."""
        robot = {"wecom_robot_token": ROBOT_TOKEN, "wecom_robot_aes_key": AES_KEY, "wecom_robot_secret": ""}
        if self.long_connection:
            robot = {"wecom_robot_token": "", "wecom_robot_aes_key": "", "wecom_robot_secret": ROBOT_SECRET}
        chosen = {"model_path": self.model_path} if self.model_path else {}
        return chosen | {
            "env": "test",
            "database_url": self.database_url,
            "media_dir": self.folder / "media",
            "host": HOST,
            "port": self.port,
            "public_url": "",
            "console_url": "",
            "wecom_api_url": platform_url,
            "wecom_corp_id": CORP,
            "wecom_app_agent_id": AGENT,
            "wecom_app_secret": APP_SECRET,
            "wecom_app_token": APP_TOKEN,
            "wecom_app_aes_key": AES_KEY,
            "wecom_contact_secret": "",
            "wecom_robot_id": ROBOT,
            "wecom_robot_url": platform_url.replace("http", "ws", 1),
            **robot,
        }


def furnished(office: Office) -> Office:
    """The street in the database: staff on the app, groups with the robot, every second group with a webhook."""
    settings = Settings(**office.values("http://127.0.0.1"))
    database = ready_database(settings, sample_street=False)
    with database.writing() as session:
        if not load_street(session, channel="wecom_robot", staff_channel="wecom_app"):
            raise ValueError(f"{office.database_url} 里已经有数据，请换一个新数据库")
        webhooks = _give_webhooks(session)
        session.commit()
    found = _read(database, office, webhooks)
    database.close()
    return found


def _give_webhooks(session: Session) -> dict[str, str]:
    groups = session.exec(select(ChatGroup).order_by(col(ChatGroup.id))).all()
    for number, group in enumerate(groups):
        group.webhook_key = f"fault-run-hook-{number}" if number % 2 else None
    return {group.platform_id: group.webhook_key for group in groups if group.webhook_key}


def _read(database: Database, office: Office, webhooks: dict[str, str]) -> Office:
    living = defaultdict(list)
    for line in read_lines(STREET, "residents.csv"):
        living[line["group"]].append(line["account"])
    of_group = (
        select(ChatGroup, Building)
        .join(GroupBuilding, col(GroupBuilding.group_id) == col(ChatGroup.id))
        .join(Building, col(Building.id) == col(GroupBuilding.building_id))
    )
    with database.reading() as session:
        staff = tuple(account.platform_id for account in session.exec(select(Account)).all())
        places = {
            group.platform_id: Place(
                group.platform_id, home.estate, home.number, home.entrances, tuple(living[group.platform_id])
            )
            for group, home in session.exec(of_group.order_by(col(ChatGroup.id))).all()
            if living[group.platform_id]
        }
    return replace(office, staff=staff, places=tuple(places.values()), webhooks=tuple(webhooks.items()))


def platform_of(office: Office, seed: int, transport: httpx2.BaseTransport) -> Platform:
    """The stand-in with the same people, groups and secrets."""
    platform = Platform(CORP, seed=seed, transport=transport)
    residents = [resident for place in office.places for resident in place.residents]
    strangers = [f"member{number}" for number in range(OTHER_MEMBERS)]
    for userid in dict.fromkeys([*office.staff, *residents, *strangers]):
        platform.add_member(userid, userid)
    _add_bots(platform, office)
    for place in office.places:
        platform.add_group(place.chatid, place.residents, robots=[ROBOT])
    for chatid, key in _of_groups(office.webhooks, platform):
        platform.add_webhook(chatid, key)
    return platform


def _add_bots(platform: Platform, office: Office) -> None:
    app_url, robot_url = office.bot_url + APP_PATH, office.bot_url + ROBOT_PATH
    platform.add_app(AGENT, APP_SECRET, token=APP_TOKEN, aes_key=AES_KEY, callback=app_url)
    if office.long_connection:
        platform.add_robot(ROBOT, ROBOT_SECRET)
    else:
        platform.add_robot(ROBOT, token=ROBOT_TOKEN, aes_key=AES_KEY, callback=robot_url)


def _of_groups(webhooks: Iterable[tuple[str, str]], platform: Platform) -> list[tuple[str, str]]:
    return [(chatid, key) for chatid, key in webhooks if platform.state.corp.group(chatid)]
