"""The stand-in of Tencent's servers as a test or the demo holds it: who there is, what people do, what they see."""

import secrets
import time
from collections.abc import Callable, Iterable
from typing import Any, Self

import httpx2

from bot.simulator.platform import media, tokens
from bot.simulator.platform.clock import VirtualClock
from bot.simulator.platform.corp import App, Corp, Department, Group, Member, Robot, Webhook
from bot.simulator.platform.counters import Counters
from bot.simulator.platform.envelope import encrypt, sealed_query
from bot.simulator.platform.faults import Faults
from bot.simulator.platform.long_connection import Lines
from bot.simulator.platform.people import People
from bot.simulator.platform.postman import CHECK_SECONDS, PAUSE_SECONDS, TIMEOUT_SECONDS, Postman
from bot.simulator.platform.screens import Screens, Shown, group_chat
from bot.simulator.platform.state import State


class Platform(People):
    """One corporation. `app_of(platform)` puts it on the network; `base_url` must be where that is."""

    def __init__(
        self,
        corp_id: str = "wwsample",
        *,
        seed: int = 1,
        timeout: float = TIMEOUT_SECONDS,
        pause: float = PAUSE_SECONDS,
        check_timeout: float = CHECK_SECONDS,
        transport: httpx2.BaseTransport | None = None,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """Callbacks are stamped by `wall`, for the bot knows no other time; all windows go by the virtual clock."""
        state = State(Corp(corp_id), VirtualClock(wall), Faults(seed))
        postman = Postman(state, timeout=timeout, pause=pause, check_timeout=check_timeout, transport=transport)
        super().__init__(state, postman, Lines(state), wall)
        self.add_department(1, "街道", 0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.postman.close()

    @property
    def clock(self) -> VirtualClock:
        return self.state.clock

    @property
    def faults(self) -> Faults:
        return self.state.faults

    @property
    def counters(self) -> Counters:
        return self.state.counters

    @property
    def screens(self) -> Screens:
        return self.state.screens

    @property
    def base_url(self) -> str:
        return self.state.base_url

    @base_url.setter
    def base_url(self, url: str) -> None:
        self.state.base_url = url.rstrip("/")

    def add_department(self, department_id: int, name: str, parentid: int = 1) -> Department:
        department = Department(department_id, name, parentid)
        self.state.corp.departments[department_id] = department
        return department

    def add_member(self, userid: str, name: str, departments: Iterable[int] = (1,)) -> Member:
        member = Member(userid, name, list(departments))
        self.state.corp.members[userid] = member
        return member

    def add_app(self, agentid: int, secret: str, *, token: str = "", aes_key: str = "", callback: str = "") -> App:
        """A self-built app; `callback` is the whole address of the bot."""
        app = App(agentid, secret, token, aes_key, callback)
        self.state.corp.apps[agentid] = app
        return app

    def add_contact_assistant(self, secret: str) -> App:
        """The secret that may list ids of members."""
        assistant = App(-1, secret, contacts_only=True)
        self.state.corp.apps[assistant.agentid] = assistant
        return assistant

    def add_robot(
        self, robot_id: str, secret: str = "", *, token: str = "", aes_key: str = "", callback: str = ""
    ) -> Robot:
        """An intelligent robot; without a callback address it lives on the long connection."""
        robot = Robot(robot_id, secret, token, aes_key, callback, long=not callback)
        self.state.corp.robots[robot_id] = robot
        return robot

    def add_group(self, chatid: str, members: Iterable[str], name: str = "", robots: Iterable[str] = ()) -> Group:
        """An internal group with its robots."""
        people = list(members)
        group = Group(chatid, name or chatid, people[0] if people else "", people, robots=set(robots))
        self.state.corp.groups[chatid] = group
        return group

    def add_webhook(self, chatid: str, key: str = "") -> Webhook:
        """A send-only robot of a group."""
        webhook = Webhook(key or secrets.token_hex(16), chatid)
        self.state.corp.webhooks[webhook.key] = webhook
        return webhook

    def seen(self, userid: str) -> list[Shown]:
        """This member's private chats with app and robots: what they said and what they got."""
        return self.screens.of_member(userid)

    def seen_in(self, chatid: str, userid: str | None = None) -> list[Shown]:
        """A group's messages, or what one member saw of them."""
        return [m for m in self.screens.chat(group_chat(chatid)) if userid is None or userid not in m.missed_by]

    def wait_for(
        self,
        containing: str,
        *,
        userid: str | None = None,
        chatid: str | None = None,
        after: int = 0,
        timeout: float = 5.0,
    ) -> Shown:
        """The bot's first message with these words in a private chat or a group; raises TimeoutError."""

        def read() -> Shown | None:
            seen = self.seen_in(chatid) if chatid else self.seen(userid or "")
            return next((m for m in seen if m.from_bot and m.id > after and containing in m.text), None)

        found = self.screens.wait(read, timeout)
        if found is None:
            raise TimeoutError(f"no {containing!r} for {chatid or userid} within {timeout} s")
        return found

    def trust_only(self, *ips: str) -> None:
        """Switch the list of trusted addresses on; each counts after a minute."""
        self.state.corp.trusted_ips = dict.fromkeys(ips, self.state.now())

    def revoke_tokens(self) -> None:
        tokens.revoke(self.state)

    def expire_media(self) -> None:
        media.expire_all(self.state)

    def kick(self, robot_id: str) -> None:
        """As if the robot had connected somewhere else."""
        with self.state.lock:
            self.lines.kick(robot_id)

    def drop(self, robot_id: str, *, clean: bool = True) -> None:
        """End the long connection, with a proper close or by cutting the wire."""
        with self.state.lock:
            self.lines.drop(robot_id, clean=clean)

    def flush(self) -> None:
        """Deliver the callbacks that a fault holds back."""
        self.postman.flush()
        with self.state.lock:
            self.lines.flush()

    def check_addresses(self) -> dict[str, bool]:
        """Ask every callback address for its echo, as saving it in the back office does."""
        corp = self.state.corp
        places: list[tuple[str, Any, str]] = [(f"app {app.agentid}", app, corp.corp_id) for app in corp.apps.values()]
        places += [(f"robot {robot.id}", robot, "") for robot in corp.robots.values()]
        return {name: self._echoes(place, receiver) for name, place, receiver in places if place.callback}

    def _echoes(self, place: App | Robot, receiver: str) -> bool:
        """The answer must be the plain digits within a second: no quotes, no newline."""
        digits = str(secrets.randbelow(10**19)).encode()
        encrypted = encrypt(digits, place.aes_key, receiver)
        query = sealed_query(place.token, encrypted, self._wall()) | {"echostr": encrypted}
        return self.postman.check(place.callback, query) == digits
