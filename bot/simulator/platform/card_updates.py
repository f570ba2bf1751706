"""Changing the cards that people have on their screens: once for each response_code, within three days."""

import copy
from typing import Any

from bot.simulator.platform.answers import PlatformError, ok
from bot.simulator.platform.calls import Answer, Call, list_of, object_of, text_of
from bot.simulator.platform.cards import check_card
from bot.simulator.platform.corp import App
from bot.simulator.platform.recipients import Recipients, check_agent, resolve
from bot.simulator.platform.records import CardCode, Sent
from bot.simulator.platform.screens import Card
from bot.simulator.platform.state import State, new_id

CODE_SECONDS = 72 * 3600


def new_code(state: State, sent: Sent, code: str = "") -> str:
    code = code or new_id(40)
    state.codes[code] = CardCode(sent, state.now())
    return code


def update_card(state: State, call: Call) -> Answer:
    """POST message/update_template_card"""
    body = call.json()
    check_agent(call.app, body)
    code = state.codes.get(text_of(body, "response_code"))
    if code is None or code.sent.agentid != call.app.agentid:
        raise PlatformError(40058, "invalid response_code")
    if code.used or state.now() - code.at > CODE_SECONDS:
        raise PlatformError(40058, "response_code used or expired")
    change = _change(body)
    found = _listed(state, call.app, body, code.sent)
    code.used = True
    for userid in found.members:
        if userid in code.sent.shown:
            change_face(state, code.sent, userid, *change)
    return ok(invaliduser=found.bad_users)


def _change(body: dict[str, Any]) -> tuple[dict[str, Any] | None, str]:
    """A new card, or the words that stand where the buttons were."""
    if "template_card" in body:
        check_card(object_of(body, "template_card"), with_task=False)
        return object_of(body, "template_card"), ""
    return None, text_of(object_of(body, "button"), "replace_name")


def _listed(state: State, app: App, body: dict[str, Any], sent: Sent) -> Recipients:
    users = [str(user) for user in list_of(body, "userids")]
    parties, tags = ([str(one) for one in list_of(body, name)] for name in ("partyids", "tagids"))
    if body.get("atall") == 1:
        users += list(sent.shown)
    if not users and not parties and not tags:
        raise PlatformError(82001)
    found = resolve(state, app, users, parties, tags)
    found.bad_users += [userid for userid in found.members if userid in users and userid not in sent.shown]
    return found


def change_face(state: State, sent: Sent, userid: str, card: dict[str, Any] | None, replaced: str) -> None:
    """The card on one member's screen; the others keep theirs."""
    shown = sent.shown[userid]
    if shown.card is None:
        return
    content = shown.card.content if card is None else {"task_id": shown.card.task_id, **card}
    shown.card = Card(copy.deepcopy(content), replaced)
    state.screens.touched()
