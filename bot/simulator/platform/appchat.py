"""Groups that an app made itself, and what it says in them. Nothing that is said there reaches the app."""

import re
from typing import Any

from bot.simulator.platform.answers import PlatformError, ok
from bot.simulator.platform.calls import Answer, Call, list_of
from bot.simulator.platform.contents import APPCHAT_KINDS, check_app_content, kind_of, words
from bot.simulator.platform.corp import App, Group
from bot.simulator.platform.faults import Fault
from bot.simulator.platform.rates import APPCHAT_CREATE, APPCHAT_MEMBER, APPCHAT_PERSONS
from bot.simulator.platform.screens import group_chat
from bot.simulator.platform.state import State, new_id

CHATID = re.compile(r"[0-9a-zA-Z]{1,32}")
FEWEST, MOST = 2, 2000
LONGEST_NAME = 50


def create(state: State, call: Call) -> Answer:
    """POST appchat/create"""
    body, app = call.json(), _whole_corp(call.app)
    chatid = body.get("chatid") or new_id(40).replace("-", "").replace("_", "")[:32]
    if not isinstance(chatid, str) or not CHATID.fullmatch(chatid):
        raise PlatformError(86001)
    if chatid in state.corp.groups:
        raise PlatformError(86215)
    members = _members(state, list_of(body, "userlist"))
    owner = body.get("owner") or members[0]
    if owner not in members:
        raise PlatformError(86005)
    if not state.rates.take_or_block("appchat/create", APPCHAT_CREATE, state.now()):
        state.counters.over_limit += 1
        raise PlatformError(45009)
    state.corp.groups[chatid] = Group(chatid, str(body.get("name", ""))[:LONGEST_NAME], owner, members, app.agentid)
    return ok(chatid=chatid)


def _whole_corp(app: App) -> App:
    """Only an app that all members can see may have groups."""
    if app.visible is not None or app.contacts_only:
        raise PlatformError(48002)
    return app


def _members(state: State, userids: list[Any]) -> list[str]:
    if not all(state.corp.present(userid) for userid in userids):
        raise PlatformError(86216)
    members = list(dict.fromkeys(userids))
    if not FEWEST <= len(members) <= MOST:
        raise PlatformError(86006)
    return members


def own_group(state: State, app: App, chatid: object) -> Group:
    """A living group of this app."""
    if not isinstance(chatid, str) or not chatid:
        raise PlatformError(86001)
    group = state.corp.group(chatid)
    if group is None:
        raise PlatformError(86003)
    if group.creator != _whole_corp(app).agentid:
        raise PlatformError(86008)
    return group


def update(state: State, call: Call) -> Answer:
    """POST appchat/update"""
    body = call.json()
    group = own_group(state, call.app, body.get("chatid"))
    leaving = list_of(body, "del_user_list")
    staying = group.members + list_of(body, "add_user_list")
    if not all(userid in staying for userid in leaving):
        raise PlatformError(86216)
    members = _members(state, [userid for userid in staying if userid not in leaving])
    owner = body.get("owner") or group.owner
    if owner not in members:
        raise PlatformError(86005)
    group.members, group.owner = members, owner
    group.name = str(body.get("name") or group.name)[:LONGEST_NAME]
    return ok()


def get(state: State, call: Call) -> Answer:
    """GET appchat/get"""
    group = own_group(state, call.app, call.query.get("chatid"))
    info = {"chatid": group.chatid, "name": group.name, "owner": group.owner, "userlist": group.members}
    return ok(chat_info=info)


def send(state: State, call: Call) -> Answer:
    """POST appchat/send"""
    body = call.json()
    group = own_group(state, call.app, body.get("chatid"))
    kind = kind_of(body, APPCHAT_KINDS)
    check_app_content(state, body, kind)
    if not state.rates.take_or_block("appchat/send", APPCHAT_PERSONS, state.now(), len(group.members)):
        state.counters.over_limit += 1
        raise PlatformError(45009)
    missed = {userid for userid in group.members if not _gets_it(state, userid)}
    state.counters.dropped += len(missed)
    if len(missed) < len(group.members):
        _show(state, call.app, group, body, kind, missed)
    return ok()


def _gets_it(state: State, userid: str) -> bool:
    within = state.rates.take(("appchat", userid), APPCHAT_MEMBER, state.now())
    return within and not state.faults.draw(Fault.SILENT_DROP, "appchat/send")


def _show(state: State, app: App, group: Group, body: dict[str, Any], kind: str, missed: set[str]) -> None:
    media = str(body[kind].get("media_id", ""))
    chat, text = group_chat(group.chatid), words(body, kind)
    state.screens.show(chat, app.name, kind, text, state.now(), from_bot=True, media=media, missed_by=missed)
    state.counters.shown += 1
