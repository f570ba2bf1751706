"""What the app hears of its members, opened by wechatpy, and what its answers in the response do."""

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from wechatpy.work import create_reply

from bot.simulator.platform import Fate, Fault, Location, NotThere, Platform, callback_xml
from bot.simulator.platform.postman import Postman
from tests.simulator.platform.conftest import AGENT, CORP, Call, button_card, card_to
from tests.simulator.platform.listening import HANG, ListeningBot

VECTORS = Path(__file__).parents[4] / "shared" / "wechat" / "vectors" / "callback_xml"
needs_vectors = pytest.mark.skipif(not VECTORS.exists(), reason="the shared test material is not on this machine")


def passive_text(words: str) -> str:
    """A text answer as wechatpy renders it."""
    return str(create_reply(words, render=True))


def test_words_a_picture_a_voice_and_a_place(platform: Platform, bot: ListeningBot) -> None:
    platform.say_to_app("zhangsan", "电梯停了")
    platform.say_to_app("zhangsan", image=b"\xff\xd8\xff\xe0")
    platform.say_to_app("zhangsan", voice=b"#!AMR")
    platform.say_to_app("zhangsan", location=Location(39.9, 116.4, "幸福里 3 号楼"))
    text, image, voice, place = bot.heard
    assert (text.type, text.content, text.source, text.agent) == ("text", "电梯停了", "zhangsan", AGENT)
    assert platform.state.media[image.media_id].content == b"\xff\xd8\xff\xe0"
    assert (voice.type, voice.format) == ("voice", "amr")
    assert (place.type, place.location_x, place.label) == ("location", "39.9", "幸福里 3 号楼")
    assert len({message.id for message in bot.heard}) == 4


def test_the_answer_in_the_response_is_seen(platform: Platform, bot: ListeningBot) -> None:
    bot.answers = [passive_text("已收到")]
    told = platform.say_to_app("zhangsan", "电梯停了")
    assert told.answer is not None
    assert (told.fate, told.answer.text) == (Fate.TAKEN, "已收到")
    assert [shown.text for shown in platform.seen("zhangsan")] == ["电梯停了", "已收到"]


@pytest.mark.parametrize("failure", [500, 404, HANG])
def test_three_attempts_with_the_same_body_then_it_is_lost(platform: Platform, bot: ListeningBot, failure: Any) -> None:
    bot.answers = [failure] * 3
    if failure is HANG:
        platform.postman = Postman(platform.state, timeout=0.3, pause=0)
    assert platform.say_to_app("zhangsan", "电梯停了").fate is Fate.LOST
    assert (len(bot.bodies), len(set(bot.bodies))) == (3, 1)
    assert (platform.counters.callbacks, platform.counters.retries, platform.counters.lost) == (3, 2, 1)


def test_a_later_attempt_may_be_taken(platform: Platform, bot: ListeningBot) -> None:
    bot.answers = [500, passive_text("已收到")]
    assert platform.say_to_app("zhangsan", "电梯停了").fate is Fate.TAKEN
    assert [message.id for message in bot.heard] == [bot.heard[0].id] * 2


@pytest.mark.parametrize("answer", [b"<html>", b"<xml><Encrypt>x</Encrypt></xml>", b"{}", passive_text("汉" * 683)])
def test_an_answer_the_platform_cannot_use_is_counted(platform: Platform, bot: ListeningBot, answer: Any) -> None:
    bot.answers = [answer]
    assert platform.say_to_app("zhangsan", "电梯停了").answer is None
    assert platform.counters.bad_answers == 1


def test_the_answer_to_a_duplicate_is_seen_by_nobody(platform: Platform, bot: ListeningBot) -> None:
    platform.faults.set(Fault.DUPLICATE, times=1)
    bot.answers = [passive_text("已收到"), passive_text("已收到")]
    platform.say_to_app("zhangsan", "电梯停了")
    assert (len(bot.heard), len(platform.seen("zhangsan"))) == (2, 2)
    assert platform.counters.repeated_answers == 1


def test_lost_and_held_back(platform: Platform, bot: ListeningBot) -> None:
    platform.faults.set(Fault.LOSS, times=1)
    platform.faults.set(Fault.REORDER, times=1)
    fates = [platform.say_to_app("zhangsan", words).fate for words in ("一", "二", "三")]
    assert fates == [Fate.LOST, Fate.HELD, Fate.TAKEN]
    assert [message.content for message in bot.heard] == ["三", "二"]
    platform.faults.set(Fault.REORDER, times=1)
    platform.say_to_app("zhangsan", "四")
    platform.flush()
    assert bot.heard[-1].content == "四"


def press(platform: Platform, call: Call, *, card: dict[str, Any] | None = None, **chosen: Any) -> None:
    card = card or button_card()
    call("message/send", card_to("zhangsan|lisi", card))
    platform.click("zhangsan", platform.seen("zhangsan")[-1], card["button_list"][0]["key"], **chosen)


def test_a_pressed_button_carries_a_code_that_works_once(call: Call, platform: Platform, bot: ListeningBot) -> None:
    press(platform, call)
    event = bot.heard[-1]._data
    assert (event["Event"], event["EventKey"], event["TaskId"]) == ("template_card_event", "接 1001", "case-1001")
    change = {"agentid": AGENT, "userids": ["zhangsan"], "response_code": event["ResponseCode"]}
    change["button"] = {"replace_name": "已接单"}
    assert [call("message/update_template_card", change)["errcode"] for _ in range(2)] == [0, 40058]
    card = platform.seen("zhangsan")[0].card_of("zhangsan")
    assert card is not None
    assert (card.replaced, card.buttons) == ("已接单", ())
    with pytest.raises(NotThere):
        platform.click("zhangsan", platform.seen("zhangsan")[0], "接 1001")


def test_the_answer_to_a_press_changes_the_presser_s_card_only(
    call: Call, platform: Platform, bot: ListeningBot
) -> None:
    button = {"MsgType": "update_button", "Button": {"ReplaceName": "已接单"}}
    bot.answers = [callback_xml.write({"ToUserName": CORP, **button})]
    press(platform, call)
    cards = [platform.seen(userid)[0].card_of(userid) for userid in ("zhangsan", "lisi")]
    assert [card.replaced for card in cards if card] == ["已接单", ""]


def test_a_card_in_the_answer_takes_the_place_of_the_old_one(call: Call, platform: Platform, bot: ListeningBot) -> None:
    card = {"CardType": "button_interaction", "MainTitle": {"Title": "处理中"}}
    card["ButtonList"] = [{"Text": "办结", "Key": "办结 1001"}, {"Text": "退回", "Key": "退 1001"}]
    bot.answers = [callback_xml.write({"MsgType": "update_template_card", "TemplateCard": card})]
    press(platform, call)
    changed = platform.seen("zhangsan")[0].card
    assert changed is not None
    assert (changed.title, [button.key for button in changed.buttons]) == ("处理中", ["办结 1001", "退 1001"])
    assert changed.task_id == "case-1001"


def test_choices_travel_with_the_press(call: Call, platform: Platform, bot: ListeningBot) -> None:
    options = [{"id": "a", "text": "物业"}, {"id": "b", "text": "社区"}]
    card = button_card() | {"button_selection": {"question_key": "unit", "option_list": options}}
    press(platform, call, card=card, selections={"unit": ["b"]})
    item = bot.heard[-1]._data["SelectedItems"]["SelectedItem"]
    assert (item["QuestionKey"], item["OptionIds"]["OptionId"]) == ("unit", "b")
    with pytest.raises(NotThere):
        platform.click("zhangsan", platform.seen("zhangsan")[0], "接 1001", {"unit": ["c"]})


def test_what_is_not_there_cannot_be_pressed(call: Call, platform: Platform) -> None:
    call("message/send", card_to("zhangsan"))
    shown = platform.seen("zhangsan")[-1]
    for userid, key in (("zhangsan", "no such"), ("lisi", "接 1001"), ("nobody", "接 1001")):
        with pytest.raises(NotThere):
            platform.click(userid, shown, key)


def test_the_address_gives_its_echo(platform: Platform, bot: ListeningBot) -> None:
    assert platform.check_addresses() == {"app 1000002": True, "robot aib-sample": True}
    platform.state.corp.apps[AGENT].token = "another"
    assert platform.check_addresses()["app 1000002"] is False


def names_in(xml: bytes) -> set[str]:
    return {element.tag for element in ElementTree.fromstring(xml).iter()}


@needs_vectors
def test_the_fields_are_those_of_published_callbacks(call: Call, platform: Platform, bot: ListeningBot) -> None:
    options = [{"id": "a", "text": "物业"}]
    card = button_card() | {"button_selection": {"question_key": "unit", "option_list": options}}
    platform.say_to_app("zhangsan", "电梯停了")
    platform.say_to_app("zhangsan", image=b"\xff\xd8\xff\xe0")
    press(platform, call, card=card, selections={"unit": ["a"]})
    published = ("work_wechatpy/parse_text_message", "work_wechatpy/parse_image_message")
    for heard, name in zip(bot.heard, (*published, "work_wxjava/testTemplateCardEvent"), strict=True):
        xml = callback_xml.write(heard._data).encode()
        assert names_in(xml) == names_in((VECTORS / f"{name}.xml").read_bytes())
