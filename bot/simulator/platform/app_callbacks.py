"""What an app hears of its members (XML), and what it may answer in the response."""

import copy
import itertools
from typing import Any

from bot.simulator.platform import callback_xml
from bot.simulator.platform.answers import PlatformError
from bot.simulator.platform.card_updates import change_face, new_code
from bot.simulator.platform.corp import App, Member
from bot.simulator.platform.envelope import BadSeal, decrypt, encrypt, sealed_query, signature
from bot.simulator.platform.media import usable
from bot.simulator.platform.postman import Letter
from bot.simulator.platform.records import Sent
from bot.simulator.platform.screens import Card, Shown, app_chat
from bot.simulator.platform.state import State

_message_ids = itertools.count(4561255354251345929)
LONGEST_TEXT_BYTES = 2048


def next_message_id() -> int:
    return next(_message_ids)


def spoken(state: State, app: App, member: Member, kind: str, fields: dict[str, Any]) -> dict[str, Any]:
    """The plain callback for a message of a member."""
    return _head(state, member, kind) | fields | {"MsgId": next_message_id(), "AgentID": app.agentid}


def happened(state: State, app: App, member: Member, event: str, fields: dict[str, Any]) -> dict[str, Any]:
    """The plain callback for an event; events have no MsgId."""
    return _head(state, member, "event") | {"Event": event} | fields | {"AgentID": app.agentid}


def clicked(state: State, app: App, member: Member, shown: Shown, key: str, chosen: dict[str, list[str]]) -> Any:
    """The plain callback for a pressed button, with a code that changes the card once."""
    card = shown.card or Card({})
    fields: dict[str, Any] = {
        "EventKey": key,
        "TaskId": card.task_id,
        "CardType": card.card_type,
        "ResponseCode": new_code(state, state.sent[shown.message_id]),
    }
    if chosen:
        fields["SelectedItems"] = {
            "SelectedItem": [{"QuestionKey": q, "OptionIds": {"OptionId": list(ids)}} for q, ids in chosen.items()]
        }
    return happened(state, app, member, "template_card_event", fields)


def _head(state: State, member: Member, kind: str) -> dict[str, Any]:
    return {
        "ToUserName": state.corp.corp_id,
        "FromUserName": member.userid,
        "CreateTime": int(state.now()),
        "MsgType": kind,
    }


def letter(state: State, app: App, member: Member, content: dict[str, Any], now: float, shown: Shown | None) -> Letter:
    """The callback sealed at the moment `now` of the wall clock."""
    encrypted = encrypt(callback_xml.write(content).encode(), app.aes_key, state.corp.corp_id)
    query = sealed_query(app.token, encrypted, now)
    body = callback_xml.write({"ToUserName": state.corp.corp_id, "AgentID": str(app.agentid), "Encrypt": encrypted})
    answered = [False]

    def on_answer(answer: bytes) -> None:
        with state.lock:
            if answer.strip() and answer.strip() != b"success":
                answered[0] = _take(state, app, member, answer, shown, again=answered[0])

    return Letter(app.callback, body.encode(), query, "text/xml", on_answer=on_answer)


def _take(state: State, app: App, member: Member, answer: bytes, shown: Shown | None, *, again: bool) -> bool:
    """Show an answer in a response; the answer to a repeated callback is shown to nobody."""
    if again:
        state.counters.repeated_answers += 1
        return True
    try:
        _apply(state, app, member, _opened(state, app, answer), shown)
    except (BadSeal, ValueError, KeyError, TypeError, PlatformError):
        state.counters.bad_answers += 1
        return False
    return True


def _opened(state: State, app: App, answer: bytes) -> dict[str, Any]:
    outer = callback_xml.read(answer)
    encrypted = outer["Encrypt"]
    if outer["MsgSignature"] != signature(app.token, outer["TimeStamp"], outer["Nonce"], encrypted):
        raise BadSeal("wrong signature")
    return callback_xml.read(decrypt(encrypted, app.aes_key, state.corp.corp_id))


def _apply(state: State, app: App, member: Member, answer: dict[str, Any], shown: Shown | None) -> None:
    kind = answer["MsgType"]
    if kind in ("update_button", "update_template_card"):
        _change_card(state, member, answer, shown)
    elif kind == "text":
        _show(state, app, member, kind, _text(answer["Content"]))
    elif kind in ("image", "voice", "video"):
        media = usable(state, answer[kind.capitalize()]["MediaId"], kind)
        _show(state, app, member, kind, "", media.id)
    elif kind == "news":
        _show(state, app, member, kind, str(answer["Articles"]))
    else:
        raise ValueError(f"no passive answer of type {kind}")


def _text(content: Any) -> str:
    if not isinstance(content, str) or not content or len(content.encode()) > LONGEST_TEXT_BYTES:
        raise ValueError("an empty or too long answer")
    return content


def _show(state: State, app: App, member: Member, kind: str, text: str, media: str = "") -> None:
    chat = app_chat(app.agentid, member.userid)
    state.screens.show(chat, app.name, kind, text, state.now(), from_bot=True, media=media)
    state.counters.shown += 1


def _change_card(state: State, member: Member, answer: dict[str, Any], shown: Shown | None) -> None:
    """Changes the card of the one who pressed, nobody else's."""
    sent = state.sent.get(shown.message_id) if shown else None
    if sent is None:
        raise ValueError("no card was pressed")
    if answer["MsgType"] == "update_button":
        change_face(state, sent, member.userid, None, answer["Button"]["ReplaceName"])
    else:
        change_face(state, sent, member.userid, _card(sent, member, answer["TemplateCard"]), "")


def _card(sent: Sent, member: Member, fields: dict[str, Any]) -> dict[str, Any]:
    """The card of an XML answer under the names of the JSON interface."""
    card = _snake(copy.deepcopy(fields))
    listed = card.get("button_list")
    if isinstance(listed, dict):
        card["button_list"] = [listed]
    if not card.get("card_type"):
        raise ValueError("a card without CardType")
    before = sent.shown[member.userid].card
    return {"task_id": before.task_id if before else "", **card}


def _snake(value: Any) -> Any:
    if isinstance(value, dict):
        return {_snake_name(name): _snake(inner) for name, inner in value.items()}
    return [_snake(one) for one in value] if isinstance(value, list) else value


def _snake_name(name: str) -> str:
    return "".join(f"_{one.lower()}" if one.isupper() else one for one in name).lstrip("_")
