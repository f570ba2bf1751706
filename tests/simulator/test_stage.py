"""People of the cast speak on the stand-in of WeCom: what reaches the bot, and what the platform keeps from it."""

import datetime as dt

import pytest

from bot.simulator import NotAllowed, NotInCast, words_of
from bot.simulator.platform import Fate, NotThere
from tests.simulator.conftest import PRESSED, task_card

WORDS = "3号楼2单元电梯又停了"


def stream(text: str) -> dict[str, object]:
    return {"msgtype": "stream", "stream": {"id": "s1", "finish": True, "content": text}}


def test_photo_and_words_with_the_mention_are_one_message(stage, hearing):
    hearing.answers.append(stream("已登记，编号 1027。"))
    told = stage.say("r001", stage.in_group("g001"), WORDS, photo=stage.sample_photo)
    (heard,) = hearing.heard
    assert (heard["chatid"], heard["from"], heard["msgtype"]) == ("g001", {"userid": "r001"}, "mixed")
    assert [item["msgtype"] for item in heard["mixed"]["msg_item"]] == ["text", "image"]
    assert heard["mixed"]["msg_item"][0]["text"]["content"] == f"@随手拍 {WORDS}"
    answer = stage.reply_to(told)
    assert answer is not None
    assert words_of(answer) == "已登记，编号 1027。"


@pytest.mark.parametrize(("words", "mention"), [(WORDS, False), ("", True)], ids=["no mention", "a lone photo"])
def test_what_the_platform_keeps_from_the_robot_is_noted(stage, hearing, words, mention):
    told = stage.say("r001", stage.in_group("g001"), words, photo=stage.sample_photo, mention=mention)
    assert told.fate is Fate.NOT_DELIVERED
    assert stage.note(told.shown).fate is Fate.NOT_DELIVERED
    assert hearing.heard == []


def test_a_quote_goes_with_the_words_and_only_within_its_chat(stage, hearing):
    first = stage.say("r003", stage.in_group("g001"), WORDS, mention=False).shown
    stage.say("r001", stage.in_group("g001"), "就是这个", quote=first.id)
    assert hearing.heard[0]["quote"] == {"msgtype": "text", "text": {"content": WORDS}}
    with pytest.raises(NotThere):
        stage.say("r001", stage.with_robot("r001"), "就是这个", quote=first.id)


def test_staff_speak_to_the_app_and_a_photo_is_a_message_of_its_own(stage, hearing):
    stage.say("zhao", stage.with_app("zhao"), "办结 1027 已重启", photo=stage.sample_photo)
    assert [(m.source, m.type) for m in hearing.heard] == [("zhao", "text"), ("zhao", "image")]
    assert hearing.heard[0].content == "办结 1027 已重启"


def test_a_button_is_pressed_and_the_card_changes(stage, hearing, call):
    call("message/send", task_card())
    (card,) = stage.platform.seen("zhao")
    assert words_of(card, "zhao") == "新任务 1027\n3号楼2单元电梯又停了"
    hearing.answers.append(PRESSED)
    stage.press("zhao", card.id, "接 1027", {"reason": ["far"]})
    clicked = hearing.heard[0]._data
    assert (clicked["EventKey"], clicked["TaskId"]) == ("接 1027", "task-1027")
    assert clicked["SelectedItems"]["SelectedItem"]["OptionIds"]["OptionId"] == "far"
    assert card.card_of("zhao").replaced == "已提交"
    with pytest.raises(NotThere):
        stage.press("zhao", card.id, "接 1027")


@pytest.mark.parametrize(
    ("person", "chat", "words", "error"),
    [
        ("nobody", "group:g001", WORDS, NotInCast),
        ("r001", "group:g009", WORDS, NotInCast),
        ("r007", "group:g001", WORDS, NotAllowed),
        ("r001", "robot:aib-sample:r003", WORDS, NotAllowed),
        ("r001", "app:1000002:zhao", WORDS, NotAllowed),
        ("r001", "group:g001", " ", NotAllowed),
    ],
)
def test_nobody_speaks_where_they_are_not(stage, hearing, person, chat, words, error):
    with pytest.raises(error):
        stage.say(person, chat, words)
    assert hearing.heard == []


def test_time_jumps_for_the_platform_and_its_signatures_stay_fresh(stage, hearing):
    before = stage.platform.clock.now()
    stage.pass_time(dt.timedelta(days=2))
    told = stage.say("zhao", stage.with_app("zhao"), "我的待办")
    assert told.fate is Fate.TAKEN
    assert told.shown.at - before >= 2 * 86400
    assert abs(int(hearing.bodies[0][1].split("timestamp=")[1][:10]) - before) < 600
