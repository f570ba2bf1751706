"""Template cards: which are allowed where, what each must have, and how large its parts may be."""

import re
from collections.abc import Collection, Mapping
from typing import Any

from bot.simulator.platform.answers import PlatformError

NOTICES = frozenset({"text_notice", "news_notice"})
INTERACTIONS = frozenset({"button_interaction", "vote_interaction", "multiple_interaction"})
ALL_CARDS = NOTICES | INTERACTIONS
TASK_ID = re.compile(r"[0-9A-Za-z_\-@]{1,128}")
LONGEST_KEY_BYTES = 1024
# Lists that any card may have: fewest and most entries.
LISTS = {"horizontal_content_list": (0, 6), "jump_list": (0, 3), "vertical_content_list": (0, 4)}


def check_card(card: Mapping[str, Any], allowed: Collection[str] = ALL_CARDS, *, with_task: bool = True) -> None:
    """Raises PlatformError for a card the platform would not take."""
    kind = card.get("card_type")
    if kind not in allowed:
        raise PlatformError(40058, f"invalid card_type {kind!r}")
    for name, (fewest, most) in LISTS.items():
        _entries(card, name, fewest, most)
    _check_menu(card)
    if kind in INTERACTIONS:
        _check_task(card, required=with_task)
        _check_inputs(card)
    else:
        _check_notice(card, required=with_task)


def _check_notice(card: Mapping[str, Any], *, required: bool) -> None:
    title = card.get("main_title") or {}
    if not (title.get("title") or card.get("sub_title_text") or title.get("desc")):
        raise PlatformError(40058, "missing main_title.title or sub_title_text")
    if required and not isinstance(card.get("card_action"), dict):
        raise PlatformError(40058, "missing card_action")
    if card.get("action_menu"):
        _check_task(card, required=required)


def _check_task(card: Mapping[str, Any], *, required: bool) -> None:
    task_id = card.get("task_id")
    if task_id is None and not required:
        return
    if not isinstance(task_id, str) or not TASK_ID.fullmatch(task_id):
        raise PlatformError(42014)


def _check_inputs(card: Mapping[str, Any]) -> None:
    if not (card.get("main_title") or {}).get("title"):
        raise PlatformError(40058, "missing main_title.title")
    if card["card_type"] == "button_interaction":
        for button in _entries(card, "button_list", 1, 6):
            _check_press(button)
        _check_options(card.get("button_selection") or {}, 10)
        return
    _check_press(card.get("submit_button"))
    if card["card_type"] == "vote_interaction":
        _check_options(card.get("checkbox"), 20, required=True)
    else:
        for selector in _entries(card, "select_list", 1, 3):
            _check_options(selector, 10, required=True)


def _check_press(button: object) -> None:
    """Something to press needs words, and a key unless it only opens a page."""
    if not isinstance(button, dict) or not button.get("text"):
        raise PlatformError(40058, "a button without text")
    if button.get("type", 0) != 1:
        _check_key(button.get("key"))


def _check_key(key: object) -> None:
    if not isinstance(key, str) or not 0 < len(key.encode()) <= LONGEST_KEY_BYTES:
        raise PlatformError(40058, "invalid key")


def _check_options(selector: object, most: int, *, required: bool = False) -> None:
    if not selector and not required:
        return
    if not isinstance(selector, dict):
        raise PlatformError(40058, "missing options")
    _check_key(selector.get("question_key"))
    for option in _entries(selector, "option_list", 1, most):
        if not option.get("id") or not option.get("text"):
            raise PlatformError(40058, "an option without id or text")


def _check_menu(card: Mapping[str, Any]) -> None:
    menu = card.get("action_menu")
    if menu:
        for action in _entries(menu, "action_list", 1, 3):
            _check_press(action)


def _entries(card: Mapping[str, Any], name: str, fewest: int, most: int) -> list[dict[str, Any]]:
    entries = card.get(name, [])
    if not isinstance(entries, list) or not fewest <= len(entries) <= most:
        raise PlatformError(40058, f"invalid number of {name}")
    if not all(isinstance(entry, dict) for entry in entries):
        raise PlatformError(40058, f"invalid {name}")
    return entries


def option_ids(card: Mapping[str, Any]) -> dict[str, set[str]]:
    """What a person can choose on this card, by question."""
    selectors = [card.get("button_selection"), card.get("checkbox"), *card.get("select_list", ())]
    return {s["question_key"]: {o["id"] for o in s["option_list"]} for s in selectors if s}
