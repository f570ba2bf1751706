"""Messages of an app to members: who gets them, who is told to be unknown, and what is dropped in silence."""

import copy
import hashlib
import json
from typing import Any

from bot.simulator.platform.answers import PlatformError, ok
from bot.simulator.platform.calls import Answer, Call, text_of
from bot.simulator.platform.card_updates import new_code
from bot.simulator.platform.cards import INTERACTIONS
from bot.simulator.platform.contents import APP_KINDS, check_app_content, kind_of, words
from bot.simulator.platform.corp import App, Member
from bot.simulator.platform.faults import Fault
from bot.simulator.platform.rates import DAY, MEMBER, MESSAGES_PER_ACCOUNT_AND_DAY, Rate
from bot.simulator.platform.recipients import Recipients, check_agent, resolve
from bot.simulator.platform.records import Sent
from bot.simulator.platform.screens import Card, app_chat
from bot.simulator.platform.state import State, new_id

RECALL_SECONDS = 86400
DUPLICATES_SECONDS, LONGEST_DUPLICATES_SECONDS = 1800, 4 * 3600
MOST_USERS, MOST_PARTIES = 1000, 100


def send(state: State, call: Call) -> Answer:
    """POST message/send"""
    body = call.json()
    check_agent(call.app, body)
    kind = kind_of(body, APP_KINDS)
    recipients = _recipients(state, call.app, body)
    check_app_content(state, body, kind)
    known = _known(state, body)
    if known is not None:
        state.counters.duplicates_refused += 1
        return known
    task = _task(state, call.app, body, kind)
    _count(state, call.app, recipients)
    state.tasks |= task
    answer = _delivered(state, call.app, body, kind, recipients)
    _remember(state, body, answer)
    return answer


def _recipients(state: State, app: App, body: dict[str, Any]) -> Recipients:
    users, parties, tags = (_names(body, name) for name in ("touser", "toparty", "totag"))
    if not users and not parties and not tags:
        raise PlatformError(82001)
    if len(users) > MOST_USERS or len(parties) > MOST_PARTIES or len(tags) > MOST_PARTIES:
        raise PlatformError(40032)
    found = resolve(state, app, users, parties, tags)
    if not found.members:
        raise PlatformError(81013)
    return found


def _names(body: dict[str, Any], name: str) -> list[str]:
    value = body.get(name) or ""
    if not isinstance(value, str):
        raise PlatformError(40058, f"{name} must be a string")
    return [part for part in value.split("|") if part]


def _known(state: State, body: dict[str, Any]) -> dict[str, Any] | None:
    """The answer to the same message, if the caller asked for the check and it is not too long ago."""
    if body.get("enable_duplicate_check") != 1:
        return None
    seconds = body.get("duplicate_check_interval", DUPLICATES_SECONDS)
    if not isinstance(seconds, int) or not 0 < seconds <= LONGEST_DUPLICATES_SECONDS:
        raise PlatformError(40058, "invalid duplicate_check_interval")
    at, answer = state.recent.get(_print_of(body), (0.0, {}))
    return answer if state.now() - at < seconds else None


def _remember(state: State, body: dict[str, Any], answer: dict[str, Any]) -> None:
    state.recent[_print_of(body)] = (state.now(), answer)


def _print_of(body: dict[str, Any]) -> str:
    content = {name: value for name, value in body.items() if not name.startswith(("duplicate", "enable_dup"))}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _task(state: State, app: App, body: dict[str, Any], kind: str) -> set[tuple[str, str]]:
    """A task_id serves one card of an app."""
    task_id = body[kind].get("task_id") if kind == "template_card" else None
    task = {(f"app:{app.agentid}", task_id)} if task_id is not None else set()
    if task & state.tasks:
        raise PlatformError(42014)
    return task


def _count(state: State, app: App, recipients: Recipients) -> None:
    accounts = len(state.corp.members) if app.visible is None else len(app.visible)
    daily = (Rate(max(accounts, 1) * MESSAGES_PER_ACCOUNT_AND_DAY, DAY),)
    if not state.rates.take_or_block(("app", app.agentid), daily, state.now(), len(recipients.members)):
        state.counters.over_limit += 1
        raise PlatformError(45009)


def _delivered(state: State, app: App, body: dict[str, Any], kind: str, recipients: Recipients) -> dict[str, Any]:
    sent = Sent(new_id(48), app.agentid, state.now())
    state.sent[sent.msgid] = sent
    unlicensed = [m.userid for m in recipients.members.values() if not m.licensed]
    for member in recipients.members.values():
        if member.licensed:
            _show(state, app, member, body, kind, sent)
    answer = ok(
        invaliduser="|".join(recipients.bad_users),
        invalidparty="|".join(recipients.bad_parties),
        invalidtag="|".join(recipients.bad_tags),
        msgid=sent.msgid,
        response_code=_code_for(state, body, kind, sent),
    )
    return answer | ({"unlicenseduser": "|".join(unlicensed)} if unlicensed else {})


def _show(state: State, app: App, member: Member, body: dict[str, Any], kind: str, sent: Sent) -> None:
    """On the member's screen, or nowhere: the answer to the bot is the same."""
    within = state.rates.take(("member", app.agentid, member.userid), MEMBER, state.now())
    if not within or state.faults.draw(Fault.SILENT_DROP, "message/send"):
        state.counters.dropped += 1
        return
    card = Card(copy.deepcopy(body[kind])) if kind == "template_card" else None
    sent.shown[member.userid] = state.screens.show(
        app_chat(app.agentid, member.userid),
        app.name,
        kind,
        words(body, kind),
        state.now(),
        from_bot=True,
        message_id=sent.msgid,
        media=str(body[kind].get("media_id", "")),
        card=card,
    )
    state.counters.shown += 1


def _code_for(state: State, body: dict[str, Any], kind: str, sent: Sent) -> str:
    """Cards with something to press can be changed once, within three days."""
    if kind != "template_card" or body[kind].get("card_type") not in INTERACTIONS:
        return ""
    return new_code(state, sent)


def recall(state: State, call: Call) -> Answer:
    """POST message/recall"""
    sent = state.sent.get(text_of(call.json(), "msgid"))
    if sent is None or sent.agentid != call.app.agentid or state.now() - sent.at > RECALL_SECONDS:
        raise PlatformError(40058, "the message cannot be recalled")
    for shown in sent.shown.values():
        shown.recalled = True
    state.screens.touched()
    return ok()
