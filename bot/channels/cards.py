"""Template cards: typed orders as buttons, and what a pressed button says as an order again.

Nothing of a text may be lost: what a card cannot show stands behind its link, or the message stays a plain text.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from handlers.command import Command, Verb, parse

LABELS = {
    Verb.ACCEPT: "接单",
    Verb.ARRIVE: "到场",
    Verb.RESOLVE: "办结",
    Verb.RETURN: "退回",
    Verb.REASSIGN: "转派",
    Verb.EXTEND: "延期",
    Verb.ESCALATE: "上报",
    Verb.DISPATCH: "派单",
    Verb.DECLINE: "不受理",
    Verb.SHOW: "查进度",
}
# The drop-down beside 退回. The ids stand in cards that lie on phones: they are added to, never given another meaning.
# The last one says nothing, so that the order is answered with how to write a reason.
REASON_QUESTION = "reason"
REASONS = {
    "not_here": "不属于本网格",
    "not_ours": "应由其他部门办理",
    "same": "与其他案件重复",
    "nothing_found": "现场没有发现",
    "no_means": "缺少人手或工具",
    "words": "",
}
OWN_WORDS = "其他原因，我来打字"
MOST_BUTTONS = 6
LONGEST_KEY_BYTES = 1024
LONGEST_KEPT_KEY = 64
FIRST_STYLE, OTHER_STYLE = 1, 2
BEHIND_THE_CARD = "点这张卡片看全部"
_NOT_IN_A_TASK_ID = re.compile(r"[^0-9A-Za-z_\-@]")
# Only at the very end: a link among a resident's words must never become what the card opens.
_LINK = re.compile(r"https?://[!-~]+\Z")
_SENTENCE = re.compile(r"^[^\n]*?[。！？；]")


@dataclass(frozen=True)
class Size:
    """How many characters the platform shows of a card's title and of the text under it."""

    title: int
    body: int


APP_CARD = Size(title=36, body=160)


def button_card(key: str, text: str, orders: Iterable[str], size: Size = APP_CARD) -> dict[str, Any] | None:
    """A card with one button an order; None where there is no button or the text does not fit."""
    orders = [order for order in orders if order and len(order.encode()) <= LONGEST_KEY_BYTES][:MOST_BUTTONS]
    body, link = _without_link(text.strip())
    title, body = _split(body, size.title)
    if not orders or not title or (len(body) > size.body and not link):
        return None
    card: dict[str, Any] = {
        "card_type": "button_interaction",
        "task_id": task_id(key, text),
        "main_title": {"title": title},
    }
    if body:
        card["sub_title_text"] = _cut(body, size.body)
    if link:
        card["card_action"] = {"type": 1, "url": link}
    if any(_lacks_reason(parse(order)) for order in orders):
        card["button_selection"] = _selection()
    card["button_list"] = [_button(order, first=order == orders[0]) for order in orders]
    return card


def task_id(key: str, text: str) -> str:
    """The same for a retry; another for another message, also when a fresh database counts its messages anew."""
    kept = _NOT_IN_A_TASK_ID.sub("-", key)[:LONGEST_KEPT_KEY]
    return f"{kept}-{hashlib.sha256(repr((key, text)).encode()).hexdigest()[:16]}"


def order_of(key: str, chosen: Iterable[str] = ()) -> str:
    """The typed order a pressed button stands for, with the reason chosen beside it."""
    reason = next((REASONS[one] for one in chosen if REASONS.get(one)), "")
    return f"{key} {reason}" if reason and _lacks_reason(parse(key)) else key


def settles(order: str) -> bool:
    """Whether a card has done its work with this order: nothing else on it could be pressed after it."""
    command = parse(order)
    if command is None:
        return False
    return command.verb in (Verb.ACCEPT, Verb.RESOLVE) or (command.verb is Verb.RETURN and bool(command.rest))


def _lacks_reason(command: Command | None) -> bool:
    return command is not None and command.verb is Verb.RETURN and not command.rest


def _button(order: str, *, first: bool) -> dict[str, Any]:
    command = parse(order)
    label = LABELS.get(command.verb, command.verb.value) if command else order[:10]
    return {"text": label, "style": FIRST_STYLE if first else OTHER_STYLE, "key": order}


def _selection() -> dict[str, Any]:
    options = [{"id": name, "text": words or OWN_WORDS} for name, words in REASONS.items()]
    return {
        "question_key": REASON_QUESTION,
        "title": "退回原因",
        "option_list": options,
        "selected_id": options[0]["id"],
    }


def _without_link(text: str) -> tuple[str, str]:
    """The text and the link at its end, which the whole card then opens."""
    found = _LINK.search(text)
    return (text[: found.start()] + BEHIND_THE_CARD, found[0]) if found else (text, "")


def _split(text: str, longest: int) -> tuple[str, str]:
    """Title and rest: the first line, else its first sentence, else as much of it as fits and the text whole."""
    line, _, rest = text.partition("\n")
    if len(line) <= longest:
        return line.strip(), rest.strip()
    sentence = _SENTENCE.match(line)
    if sentence and len(sentence[0]) <= longest:
        return sentence[0], text[sentence.end() :].strip()
    return _cut(line, longest), text


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"
