"""A response_code changes the cards of one message, once, within three days, for those who are listed."""

from typing import Any

import pytest

from bot.simulator.platform import Card, Platform
from tests.simulator.platform.conftest import AGENT, Call, button_card, card_to, text_to

DONE = {"card_type": "text_notice", "main_title": {"title": "已接单"}, "card_action": {"type": 1, "url": "https://x"}}


def card_of(platform: Platform, userid: str) -> Card:
    card = platform.seen(userid)[-1].card_of(userid)
    assert card is not None
    return card


def change(code: str, *userids: str, **how: Any) -> dict[str, Any]:
    how = how or {"template_card": DONE}
    return {"userids": list(userids), "agentid": AGENT, "response_code": code, **how}


def test_only_the_listed_member_sees_the_change(call: Call, platform: Platform) -> None:
    code = call("message/send", card_to("zhangsan|lisi"))["response_code"]
    answer = call("message/update_template_card", change(code, "zhangsan", "wangwu", "nobody"))
    assert (answer["errcode"], sorted(answer["invaliduser"])) == (0, ["nobody", "wangwu"])
    assert (card_of(platform, "zhangsan").title, card_of(platform, "zhangsan").buttons) == ("已接单", ())
    assert [button.key for button in card_of(platform, "lisi").buttons] == ["接 1001", "退 1001"]


def test_the_words_on_the_buttons_take_their_place(call: Call, platform: Platform) -> None:
    code = call("message/send", card_to("zhangsan"))["response_code"]
    call("message/update_template_card", change(code, "zhangsan", button={"replace_name": "已接单"}))
    card = card_of(platform, "zhangsan")
    assert (card.title, card.replaced, card.buttons) == ("新任务 1001", "已接单", ())


def test_a_code_works_once(call: Call) -> None:
    code = call("message/send", card_to("zhangsan"))["response_code"]
    answers = [call("message/update_template_card", change(code, "zhangsan"))["errcode"] for _ in range(2)]
    assert answers == [0, 40058]


def test_a_refused_change_does_not_use_the_code_up(call: Call) -> None:
    code = call("message/send", card_to("zhangsan"))["response_code"]
    bad = change(code, "zhangsan", template_card={"card_type": "poster"})
    assert call("message/update_template_card", bad)["errcode"] == 40058
    assert call("message/update_template_card", change(code, "zhangsan"))["errcode"] == 0


def test_a_code_dies_after_three_days(call: Call, platform: Platform) -> None:
    code = call("message/send", card_to("zhangsan"))["response_code"]
    platform.clock.advance(72 * 3600 + 1)
    assert call("message/update_template_card", change(code, "zhangsan"))["errcode"] == 40058


@pytest.mark.parametrize(
    ("body", "errcode"), [(change("x"), 40058), ({**change("x"), "agentid": 5}, 301002), ({}, 41011)]
)
def test_what_is_refused(call: Call, body: dict[str, Any], errcode: int) -> None:
    assert call("message/update_template_card", body)["errcode"] == errcode


def test_only_cards_with_something_to_press_have_a_code(call: Call) -> None:
    assert call("message/send", text_to("zhangsan"))["response_code"] == ""
    assert call("message/send", card_to("zhangsan", {**DONE, "task_id": "t"}))["response_code"] == ""


def test_a_new_card_has_new_buttons(call: Call, platform: Platform) -> None:
    code = call("message/send", card_to("zhangsan"))["response_code"]
    call("message/update_template_card", change(code, "zhangsan", template_card=button_card("case-1001", "办结 1001")))
    assert [button.key for button in card_of(platform, "zhangsan").buttons] == ["办结 1001"]
