"""Who is meant by the ids, departments and tags of a message, as far as an app may see them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from bot.simulator.platform.answers import PlatformError
from bot.simulator.platform.corp import App, Member
from bot.simulator.platform.state import State


@dataclass
class Recipients:
    """Who is meant, and what of the address means nobody."""

    members: dict[str, Member] = field(default_factory=dict)
    bad_users: list[str] = field(default_factory=list)
    bad_parties: list[str] = field(default_factory=list)
    bad_tags: list[str] = field(default_factory=list)


def check_agent(app: App, body: dict[str, Any]) -> None:
    if "agentid" not in body and body.get("msgtype") == "miniprogram_notice":
        return  # the mini-programme stands for the app
    if "agentid" not in body:
        raise PlatformError(41011)
    if not isinstance(body["agentid"], int):
        raise PlatformError(40056)
    if body["agentid"] != app.agentid or app.contacts_only:
        raise PlatformError(301002)


def resolve(state: State, app: App, users: Iterable[str], parties: Iterable[str], tags: Iterable[str]) -> Recipients:
    """The members behind ids, departments and tags, as far as this app may see them."""
    found = Recipients()
    for userid in users:
        if userid == "@all":
            _add(found, app, (m for m in state.corp.members.values() if not m.left))
        elif not _add(found, app, (m for m in (state.corp.present(userid),) if m)):
            found.bad_users.append(userid)
    for party in parties:
        within = state.corp.within(int(party)) if _is_department(state, party) else set()
        people = (m for m in state.corp.members.values() if not m.left and within & set(m.departments))
        if not _add(found, app, people):
            found.bad_parties.append(party)
    for tag in tags:
        tagged = (state.corp.present(userid) for userid in state.corp.tags.get(tag, ()))
        if not _add(found, app, (m for m in tagged if m)):
            found.bad_tags.append(tag)
    return found


def _is_department(state: State, party: str) -> bool:
    return party.isdecimal() and int(party) in state.corp.departments


def _add(found: Recipients, app: App, members: Iterable[Member]) -> bool:
    """Whether there was anybody."""
    seen = {m.userid: m for m in members if app.visible is None or m.userid in app.visible}
    found.members |= seen
    return bool(seen)
