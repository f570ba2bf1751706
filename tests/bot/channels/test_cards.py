"""Cards: what of a text stands where, that nothing is lost, and which order a pressed button stands for."""

import json
from pathlib import Path
from typing import Any

import pytest

from bot.channels.cards import LABELS, REASONS, Size, button_card, order_of, settles
from bot.simulator.platform.cards import check_card
from handlers import staff_replies
from handlers.command import parse
from tests.bot.channels.wecom_vectors import golden_pairs, needs_vectors

OFFER = "新任务 1001|环境卫生|3号楼\n垃圾成堆没人清理\n时限 9月8日18:00。"
LINK = "https://street.example/task/abc.DEF-1_2"
OFFERED = staff_replies.offer_orders(1001)
HELD = ("到场 1001", "办结 1001", "退 1001", "转 1001")


def _card(text: str = OFFER, orders: tuple[str, ...] = OFFERED, key: str = "out-1") -> dict[str, Any]:
    """A card the platform takes."""
    card = button_card(key, text, orders)
    assert card is not None
    check_card(card)
    return card


def test_an_offer() -> None:
    card = _card()
    assert card["main_title"] == {"title": "新任务 1001|环境卫生|3号楼"}
    assert card["sub_title_text"] == "垃圾成堆没人清理\n时限 9月8日18:00。"
    assert [(button["text"], button["key"]) for button in card["button_list"]] == [
        ("接单", "接 1001"),
        ("退回", "退 1001"),
    ]
    assert "card_action" not in card


def test_the_link_at_the_end_is_what_the_card_opens() -> None:
    card = _card(f"{OFFER}\n房号和联系方式：{LINK}")
    assert card["card_action"] == {"type": 1, "url": LINK}
    assert card["sub_title_text"].endswith("房号和联系方式：点这张卡片看全部")
    assert LINK not in json.dumps({name: part for name, part in card.items() if name != "card_action"})


def test_a_link_of_a_resident_is_never_what_the_card_opens() -> None:
    bait = OFFER.replace("垃圾成堆", "看 http://bait.example/x 垃圾成堆")
    assert "card_action" not in _card(bait)
    assert "http://bait.example/x" in _card(bait)["sub_title_text"]
    assert _card(f"{bait}\n房号和联系方式：{LINK}")["card_action"]["url"] == LINK


def test_what_does_not_fit_is_no_card_but_a_text() -> None:
    long = OFFER.replace("垃圾成堆", "垃圾" * 80)
    assert button_card("out-1", long, OFFERED) is None
    assert button_card("out-1", long, OFFERED, Size(title=36, body=400)) is not None


def test_what_does_not_fit_stands_behind_the_link() -> None:
    card = _card(OFFER.replace("垃圾成堆", "垃圾" * 80) + f"\n房号和联系方式：{LINK}")
    assert len(card["sub_title_text"]) == 160
    assert card["sub_title_text"].endswith("…")
    assert card["card_action"]["url"] == LINK


@pytest.mark.parametrize(
    ("text", "title", "body"),
    [
        ("1001 已记录到场。", "1001 已记录到场。", None),
        (
            "已接单 1001，请在 9月8日18:00 前办结。到了现场可发「到场 1001」，办完请发「办结 1001」。",
            "已接单 1001，请在 9月8日18:00 前办结。",
            "到了现场可发「到场 1001」，办完请发「办结 1001」。",
        ),
        ("长" * 40, "长" * 35 + "…", "长" * 40),
        ("长" * 40 + "\n下一行", "长" * 35 + "…", "长" * 40 + "\n下一行"),
        ("  \n 1001 已派单。 ", "1001 已派单。", None),
    ],
    ids=["一行", "第一句作标题", "没有句号", "标题太长", "空白"],
)
def test_title_and_body(text: str, title: str, body: str | None) -> None:
    card = _card(text)
    assert (card["main_title"]["title"], card.get("sub_title_text")) == (title, body)


@pytest.mark.parametrize(("text", "orders"), [("", OFFERED), ("  ", OFFERED), (OFFER, ()), (OFFER, ("", "长" * 400))])
def test_no_card_without_words_or_buttons(text: str, orders: tuple[str, ...]) -> None:
    assert button_card("out-1", text, orders) is None


def test_a_card_has_no_more_buttons_than_the_platform_takes() -> None:
    orders = tuple(f"查 {number}" for number in range(1001, 1010))
    assert [button["key"] for button in _card(orders=orders)["button_list"]] == list(orders[:6])


@pytest.mark.parametrize("key", ["通知:7/2@b_c-d", "k" * 500, ""])
def test_any_key_makes_a_task_id_that_the_platform_takes(key: str) -> None:
    """`_card` lets the stand-in of the platform check it."""
    assert _card(key=key)["task_id"] == _card(key=key)["task_id"]


def test_every_message_has_a_task_id_of_its_own() -> None:
    """Also where only what a task id cannot hold differs, and in a fresh database that counts from one again."""
    cards = [_card(), _card(key="out-2"), _card(text=f"{OFFER}x"), _card(key="out:1"), _card(key="out/1")]
    assert len({card["task_id"] for card in cards}) == 5


def test_only_a_card_with_a_bare_return_asks_for_a_reason() -> None:
    selection = _card()["button_selection"]
    assert [option["id"] for option in selection["option_list"]] == list(REASONS)
    assert all(option["text"] and len(option["text"]) <= 16 for option in selection["option_list"])
    assert "button_selection" not in _card(orders=("办结 1001", "退 1001 不归我管"))


@pytest.mark.parametrize(
    ("key", "chosen", "order"),
    [
        ("退 1001", ["not_here"], "退 1001 不属于本网格"),
        ("退 1001", ["unknown", "same"], "退 1001 与其他案件重复"),
        ("退 1001", ["words"], "退 1001"),
        ("退 1001", [], "退 1001"),
        ("退 1001 不归我管", ["not_here"], "退 1001 不归我管"),
        ("接 1001", ["not_here"], "接 1001"),
        ("key111", ["not_here"], "key111"),
    ],
)
def test_the_order_behind_a_button(key: str, chosen: list[str], order: str) -> None:
    assert order_of(key, chosen) == order


@pytest.mark.parametrize(
    ("order", "done"),
    [
        ("接 1001", True),
        ("办结 1001", True),
        ("退 1001 不属于本网格", True),
        ("退 1001", False),
        ("到场 1001", False),
        ("转 1001", False),
        ("key111", False),
    ],
)
def test_after_which_orders_a_card_has_done_its_work(order: str, done: bool) -> None:
    assert settles(order) is done


def test_every_label_is_an_order_people_can_type_too() -> None:
    for verb in LABELS:
        command = parse(f"{verb.value} 1001")
        assert command is not None
        assert command.verb is verb
    assert [button["text"] for button in _card(orders=HELD)["button_list"]] == ["到场", "办结", "退回", "转派"]


def test_reasons_keep_their_words() -> None:
    """Cards with these ids lie on phones; the first is what stands there before anybody chooses."""
    assert next(iter(REASONS.items())) == ("not_here", "不属于本网格")


@needs_vectors
@pytest.mark.parametrize(
    "pair", [p for p in golden_pairs("corp__message__message") if "ButtonInteraction" in str(p.id)]
)
def test_cards_have_the_shape_of_the_platforms_example(pair: dict[str, Any]) -> None:
    """Every field we fill is one of the example, of the same type, down to options and buttons."""
    golden = pair["request"]["template_card"]
    assert golden["card_type"] == _card()["card_type"]
    assert _unknown(_card(f"{OFFER}\n房号和联系方式：{LINK}"), golden) == []


def _unknown(part: Any, golden: Any, path: Path = Path()) -> list[str]:
    if isinstance(part, dict):
        if not isinstance(golden, dict):
            return [str(path)]
        return [found for name in part for found in _unknown(part[name], golden.get(name), path / name)]
    if isinstance(part, list):
        return [found for one in part for found in _unknown(one, golden[0], path)]
    return [] if type(part) is type(golden) else [str(path)]
