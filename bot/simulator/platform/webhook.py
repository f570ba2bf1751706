"""The group robot that can only send: its key is everything, and twenty messages a minute are the end."""

import copy

from bot.simulator.platform.answers import PlatformError, ok
from bot.simulator.platform.calls import Answer, Call
from bot.simulator.platform.contents import WEBHOOK_KINDS, check_webhook_content, kind_of, words
from bot.simulator.platform.corp import Webhook
from bot.simulator.platform.faults import Fault
from bot.simulator.platform.rates import WEBHOOK
from bot.simulator.platform.screens import Card, group_chat
from bot.simulator.platform.state import State


def send(state: State, call: Call) -> Answer:
    """POST webhook/send"""
    webhook = _webhook(state, call.query.get("key", ""))
    if not state.rates.take_or_block(("webhook", webhook.key), WEBHOOK, state.now()):
        state.counters.over_limit += 1
        raise PlatformError(45009)
    body = call.json()
    kind = kind_of(body, WEBHOOK_KINDS)
    check_webhook_content(state, body, kind, webhook.key)
    if state.faults.draw(Fault.SILENT_DROP, "webhook/send"):
        state.counters.dropped += 1
        return ok()
    media, card = str(body[kind].get("media_id", "")), None
    if kind == "template_card":
        card = Card(copy.deepcopy(body[kind]))
    chat, text = group_chat(webhook.chatid), words(body, kind)
    state.screens.show(chat, webhook.name, kind, text, state.now(), from_bot=True, media=media, card=card)
    state.counters.shown += 1
    return ok()


def _webhook(state: State, key: str) -> Webhook:
    webhook = state.corp.webhooks.get(key)
    if webhook is None or webhook.removed:
        raise PlatformError(93000)
    if webhook.disabled:
        raise PlatformError(93004)
    if state.corp.group(webhook.chatid) is None:
        raise PlatformError(93008)
    return webhook
