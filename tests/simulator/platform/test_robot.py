"""What the robot hears over its callback, opened by wechatpy, and what it may answer."""

from typing import Any

import httpx2
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from bot.simulator.platform import Fate, Fault, NotThere, Platform
from tests.simulator.platform.conftest import GROUP, ROBOT, button_card
from tests.simulator.platform.keys import ROBOT_KEY, decoded
from tests.simulator.platform.listening import ListeningBot

JPEG = b"\xff\xd8\xff\xe0 a lift out of order"


def stream(content: str, *, finish: bool = True, stream_id: str = "s1", **more: Any) -> dict[str, Any]:
    return {"msgtype": "stream", "stream": {"id": stream_id, "finish": finish, "content": content, **more}}


def opened(content: bytes) -> bytes:
    """An encrypted file, opened step by step as the document describes it."""
    key = decoded(ROBOT_KEY)
    decryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).decryptor()
    padded = decryptor.update(content) + decryptor.finalize()
    assert len(padded) % 32 == 0
    return padded[: -padded[-1]]


def test_words_in_the_group_carry_the_at(platform: Platform, bot: ListeningBot) -> None:
    bot.answers = [stream("已收到")]
    told = platform.say_to_robot("zhangsan", GROUP, "电梯停了")
    body = bot.heard[-1]
    assert (body["chatid"], body["chattype"], body["from"]) == (GROUP, "group", {"userid": "zhangsan"})
    assert body["text"]["content"] == "@随手拍 电梯停了"
    assert told.answer is not None
    assert [shown.text for shown in platform.seen_in(GROUP)] == ["电梯停了", "已收到"]


def test_talk_without_the_at_and_a_lone_photo_are_not_heard(platform: Platform, bot: ListeningBot) -> None:
    told = [
        platform.say_to_robot("zhangsan", GROUP, "吃了吗", mention=False),
        platform.say_to_robot("zhangsan", GROUP, image=JPEG),
        platform.say_to_robot("zhangsan", GROUP, "听这个", voice=True),
    ]
    assert ([one.fate for one in told], bot.heard) == ([Fate.NOT_DELIVERED] * 3, [])
    assert platform.counters.not_delivered == 3


def test_photo_with_words_quotes_and_private_media(platform: Platform, bot: ListeningBot, web: httpx2.Client) -> None:
    platform.say_to_robot("zhangsan", GROUP, "电梯停了", image=JPEG)
    photo = platform.say_in_group("lisi", GROUP, image=JPEG)
    words = platform.say_in_group("lisi", GROUP, "又停了")
    platform.say_to_robot("zhangsan", GROUP, "看这个", quote=photo)
    platform.say_to_robot("zhangsan", GROUP, "看这个", quote=words)
    platform.say_to_robot("lisi", image=JPEG)
    platform.say_to_robot("lisi", text="电梯停了", voice=True)
    mixed, quoted, quoted_words, image, voice = bot.heard
    text, picture = mixed["mixed"]["msg_item"]
    assert (text["text"]["content"], picture["msgtype"]) == ("@随手拍 电梯停了", "image")
    assert opened(web.get(picture["image"]["url"]).content) == JPEG
    assert opened(web.get(quoted["quote"]["image"]["url"]).content) == JPEG
    assert quoted_words["quote"] == {"msgtype": "text", "text": {"content": "又停了"}}
    assert (image["chattype"], "chatid" in image, image["msgtype"]) == ("single", False, "image")
    assert voice["voice"] == {"content": "电梯停了"}


def test_a_link_is_dead_after_five_minutes(platform: Platform, bot: ListeningBot, web: httpx2.Client) -> None:
    platform.say_to_robot("lisi", image=JPEG)
    url = bot.heard[-1]["image"]["url"]
    platform.clock.advance(300)
    platform.faults.set(Fault.MEDIA_EXPIRED, times=1)
    assert [web.get(url).status_code for _ in range(2)] == [403, 200]
    platform.clock.advance(1)
    assert web.get(url).status_code == 403


@pytest.mark.parametrize(
    "spoil",
    [
        lambda bot: setattr(bot, "nonce", "other"),
        lambda bot: setattr(bot, "timestamp", "1795000000"),
        lambda bot: setattr(bot, "answers", [{"msgtype": "text", "text": {"content": "text is for the welcome"}}]),
        lambda bot: setattr(bot, "answers", [stream("汉" * 6827)]),
        lambda bot: setattr(bot, "answers", [stream("x", finish=False, msg_item=[{}])]),
        lambda bot: setattr(bot, "answers", [b"<xml/>"]),
    ],
    ids=["nonce", "timestamp", "text", "too long", "picture before the end", "no JSON"],
)
def test_an_answer_out_of_form_is_seen_by_nobody(platform: Platform, bot: ListeningBot, spoil: Any) -> None:
    bot.answers = [stream("已收到")]
    spoil(bot)
    assert platform.say_to_robot("lisi", text="电梯停了").answer is None
    assert platform.counters.bad_answers == 1


def test_a_stream_is_asked_for_until_it_ends(platform: Platform, bot: ListeningBot) -> None:
    bot.answers = [stream("正在查", finish=False), stream("正在查…", finish=False), stream("查好了")]
    platform.say_to_robot("lisi", text="我的案件")
    assert [platform.poll_streams() for _ in range(3)] == [1, 1, 0]
    refresh = bot.heard[1]
    assert (refresh["msgtype"], refresh["stream"]) == ("stream", {"id": "s1"})
    assert [shown.text for shown in platform.seen("lisi")] == ["我的案件", "查好了"]


def test_after_six_minutes_nobody_asks_any_more(platform: Platform, bot: ListeningBot) -> None:
    bot.answers = [stream("正在查", finish=False)]
    platform.say_to_robot("lisi", text="我的案件")
    platform.clock.advance(361)
    assert platform.poll_streams() == 0


def test_three_in_progress_for_one_person(platform: Platform, bot: ListeningBot) -> None:
    bot.answers = [stream("正在查", finish=False, stream_id=f"s{n}") for n in range(4)]
    fates = [platform.say_to_robot("lisi", text=f"第{n}问").fate for n in range(4)]
    assert fates == [Fate.TAKEN] * 3 + [Fate.NOT_DELIVERED]
    assert platform.say_to_robot("zhangsan", text="别人").fate is Fate.TAKEN
    platform.clock.advance(361)
    assert platform.say_to_robot("lisi", text="再问").fate is Fate.TAKEN


def test_the_welcome_may_be_text(platform: Platform, bot: ListeningBot) -> None:
    bot.answers = [{"msgtype": "text", "text": {"content": "您好"}}]
    told = platform.enter_chat("lisi")
    assert told.answer is not None
    assert (told.answer.text, bot.heard[-1]["event"]) == ("您好", {"eventtype": "enter_chat"})


def shown_card(platform: Platform, bot: ListeningBot) -> Any:
    bot.answers = [{"msgtype": "template_card", "template_card": button_card()}]
    return platform.say_to_robot("zhangsan", GROUP, "待办").answer


def update(task_id: str = "case-1001", **more: Any) -> dict[str, Any]:
    return {"response_type": "update_template_card", "template_card": button_card(task_id, "办结 1001"), **more}


def test_a_pressed_card_changes_for_those_who_are_listed(platform: Platform, bot: ListeningBot) -> None:
    card = shown_card(platform, bot)
    bot.answers = [update(userids=["lisi"])]
    platform.click("lisi", card, "接 1001")
    event = bot.heard[-1]["event"]["template_card_event"]
    assert event == {"card_type": "button_interaction", "event_key": "接 1001", "task_id": "case-1001"}
    faces = {userid: [b.key for b in card.card_of(userid).buttons] for userid in ("lisi", "zhangsan")}
    assert faces == {"lisi": ["办结 1001"], "zhangsan": ["接 1001", "退 1001"]}


def test_the_event_of_a_card_is_sent_once(platform: Platform, bot: ListeningBot) -> None:
    card = shown_card(platform, bot)
    bot.answers = [500, update()]
    assert platform.click("lisi", card, "接 1001").fate is Fate.LOST
    assert [b.key for b in card.card_of("lisi").buttons] == ["接 1001", "退 1001"]


@pytest.mark.parametrize("answer", [update("another"), stream("words"), {"msgtype": "markdown"}])
def test_a_press_is_answered_by_its_own_card_only(platform: Platform, bot: ListeningBot, answer: Any) -> None:
    card = shown_card(platform, bot)
    bot.answers = [answer]
    platform.click("lisi", card, "接 1001")
    assert platform.counters.bad_answers == 1


def markdown(content: str = "**办好了**") -> dict[str, Any]:
    return {"msgtype": "markdown", "markdown": {"content": content}}


def later(web: httpx2.Client, body: dict[str, Any], bot: ListeningBot, which: int = -1) -> int:
    return int(web.post(bot.heard[which]["response_url"], json=body).json()["errcode"])


def test_one_later_answer_within_the_hour(platform: Platform, bot: ListeningBot, web: httpx2.Client) -> None:
    for words in ("一", "二"):
        platform.say_to_robot("zhangsan", GROUP, words)
    assert [later(web, markdown(), bot) for _ in range(2)] == [0, 40058]
    platform.clock.advance(3601)
    assert later(web, markdown(), bot, 0) == 40058
    assert [shown.text for shown in platform.seen_in(GROUP) if shown.from_bot] == ["**办好了**"]


def test_a_later_card_is_for_private_chats_only(platform: Platform, bot: ListeningBot, web: httpx2.Client) -> None:
    card = {"msgtype": "template_card", "template_card": button_card()}
    platform.say_to_robot("zhangsan", GROUP, "待办")
    assert later(web, card, bot) == 40008
    assert later(web, markdown("汉" * 6827), bot) == 45002
    assert later(web, markdown(), bot) == 0
    platform.say_to_robot("zhangsan", text="待办")
    assert later(web, card, bot) == 0


def test_a_robot_of_an_ordinary_administrator_sees_encrypted_ids(platform: Platform, bot: ListeningBot) -> None:
    platform.state.corp.robots[ROBOT].open_ids = True
    platform.say_to_robot("lisi", text="你好")
    assert bot.heard[-1]["from"]["userid"] == platform.state.corp.members["lisi"].open_userid


def test_who_is_not_in_the_group_cannot_speak_there(platform: Platform) -> None:
    for userid, chatid in (("wangwu", GROUP), ("lisi", "no-such"), ("nobody", None)):
        with pytest.raises(NotThere):
            platform.say_to_robot(userid, chatid, "你好")
    with pytest.raises(NotThere):
        platform.say_to_robot("lisi", text="你好", robot_id="no-such")
