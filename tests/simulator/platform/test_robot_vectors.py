"""The published robot messages: ours have the same fields, and the published answers and cards are taken."""

import json
from pathlib import Path
from typing import Any

import pytest

from bot.simulator.platform import Platform
from bot.simulator.platform.cards import check_card, option_ids
from bot.simulator.platform.long_commands import run
from bot.simulator.platform.records import TalkKind
from bot.simulator.platform.robot import begin
from bot.simulator.platform.robot_replies import Way, apply
from tests.simulator.platform.conftest import GROUP, ROBOT
from tests.simulator.platform.listening import ListeningBot

VECTORS = Path(__file__).parents[4] / "shared" / "wechat" / "vectors"
pytestmark = pytest.mark.skipif(not VECTORS.exists(), reason="the shared test material is not on this machine")
JPEG = b"\xff\xd8\xff\xe0"


def published(name: str) -> Any:
    return json.loads((VECTORS / f"{name}.json").read_text("utf-8"))


def shape(value: Any) -> Any:
    """The fields without what is in them; a list is as its first entry."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    return [shape(value[0])] if isinstance(value, list) else type(value)


def said(platform: Platform, bot: ListeningBot, chatid: str | None, **how: Any) -> Any:
    platform.say_to_robot("lisi", chatid, **how)
    return bot.heard[-1]


def pressed(platform: Platform, bot: ListeningBot, card: dict[str, Any], key: str, chosen: Any = None) -> Any:
    bot.answers = [{"msgtype": "template_card", "template_card": card}]
    platform.say_to_robot("lisi", GROUP, "待办")
    platform.click("lisi", platform.seen_in(GROUP)[-1], key, chosen)
    return bot.heard[-1]


def test_messages_have_the_published_fields(platform: Platform, bot: ListeningBot) -> None:
    words = platform.say_in_group("lisi", GROUP, "二单元")
    ours = {
        "msg_text_group": said(platform, bot, GROUP, text="你好", quote=words),
        "msg_mixed_group": said(platform, bot, GROUP, text="你好", image=JPEG, quote=words),
        "msg_image_single": said(platform, bot, None, image=JPEG),
        "msg_file_single": said(platform, bot, None, file=b"a list of things"),
        "msg_voice_single": said(platform, bot, None, text="你好", voice=True),
    }
    assert {name: shape(body) for name, body in ours.items()} == {
        name: shape(published(f"aibot/{name}")) for name in ours
    }


def test_a_refresh_and_a_welcome_have_the_published_fields(platform: Platform, bot: ListeningBot) -> None:
    bot.answers = [{"msgtype": "stream", "stream": {"id": "s", "finish": False, "content": "等等"}}]
    platform.say_to_robot("lisi", GROUP, "你好")
    platform.poll_streams()
    assert shape(bot.heard[-1]) == shape(published("aibot/msg_stream_refresh_group"))
    platform.enter_chat("lisi")
    assert shape(bot.heard[-1]) == shape(published("aibot/event_enter_chat"))


def handles(card: dict[str, Any]) -> tuple[str, dict[str, list[str]]]:
    """A key of this card, and a choice for every question on it; the menu where nothing else is to press."""
    chosen = {question: sorted(ids) for question, ids in option_ids(card).items()}
    if card["card_type"] == "vote_interaction":
        return card["submit_button"]["key"], chosen
    if card["card_type"] == "multiple_interaction":
        return card["submit_button"]["key"], {question: ids[:1] for question, ids in chosen.items()}
    return card["action_menu"]["action_list"][0]["key"], {}


@pytest.mark.parametrize(
    ("name", "event"),
    [
        ("card_vote_interaction", "event_template_card_vote"),
        ("card_multiple_interaction", "event_template_card_multiple"),
        ("card_button_interaction", "event_template_card_menu"),
        ("card_text_notice", "event_template_card_menu"),
    ],
)
def test_a_press_has_the_published_fields(platform: Platform, bot: ListeningBot, name: str, event: str) -> None:
    card, theirs = published(f"aibot/{name}"), published(f"aibot/{event}")
    theirs["from"].setdefault("corpid", "")  # the samples of the menu and the selectors leave it out
    assert shape(pressed(platform, bot, card, *handles(card))) == shape(theirs)


def test_the_envelope_has_the_published_fields(platform: Platform, bot: ListeningBot) -> None:
    platform.say_to_robot("lisi", text="你好")
    assert shape(json.loads(bot.bodies[-1][0])) == shape(published("aibot/envelope_in"))


@pytest.mark.parametrize("name", ["text_notice", "news_notice", "button", "vote", "multiple"])
def test_every_published_card_is_taken(name: str) -> None:
    kind = name if "notice" in name else f"{name}_interaction"
    check_card(published(f"aibot/card_{kind}"))


@pytest.mark.parametrize(
    ("name", "kind", "way"),
    [
        ("aibot/reply_text_welcome", TalkKind.WELCOME, Way.PASSIVE),
        ("aibot/response_url_markdown", TalkKind.MESSAGE, Way.RESPONSE_URL),
    ],
)
def test_published_answers_are_shown(platform: Platform, name: str, kind: TalkKind, way: Way) -> None:
    talk = begin(platform.state, platform.state.corp.robots[ROBOT], "lisi", None, kind)
    apply(platform.state, talk, published(name), way)
    assert talk.answer is not None
    assert platform.seen("lisi") == [talk.answer]


def test_published_long_frames(platform: Platform, bot: ListeningBot) -> None:
    robot = platform.add_robot("AIBOTID", "SECRET")
    state = platform.state
    platform.add_member("CHATID", "某人")
    heard = begin(state, robot, "CHATID", None, TalkKind.MESSAGE)
    welcome = begin(state, robot, "CHATID", None, TalkKind.WELCOME)
    card = dict(published("aibot_ws/respond_update_card_request")["body"]["template_card"])
    apply(state, heard, {"msgtype": "template_card", "template_card": card}, Way.LONG)
    assert heard.answer is not None
    frames: list[Any] = []
    press = begin(state, robot, "CHATID", None, TalkKind.CARD, heard.answer)
    for name, talk in (
        ("respond_stream", heard),
        ("respond_welcome", welcome),
        ("respond_update_card", press),
        ("send_msg", heard),
    ):
        frame = published(f"aibot_ws/{name}_request")
        assert run(state, robot, frame["cmd"], talk.id, frame) is None
        frames.append(frame["body"])
    texts = [shown.text for shown in platform.seen("CHATID")]
    stream, hello, _card, push = frames
    expected = [stream["stream"]["content"], hello["text"]["content"], push["markdown"]["content"]]
    assert texts[1:] == expected


def test_an_upload_answers_with_the_published_fields(platform: Platform) -> None:
    robot, state = platform.add_robot("AIBOTID", "SECRET"), platform.state
    frame = published("aibot_ws/upload_init_request")
    frame["body"] |= {"total_chunks": 1, "total_size": 8}  # the sample has 124 chunks, the limit is 100
    begun = run(state, robot, frame["cmd"], "", frame)
    chunk = published("aibot_ws/upload_chunk_request")
    chunk["body"] |= {**(begun or {}), "base64_data": "MTIzNDU2Nzg="}
    run(state, robot, chunk["cmd"], "", chunk)
    finish = published("aibot_ws/upload_finish_request")
    finish["body"] = begun
    done = run(state, robot, finish["cmd"], "", finish)
    assert shape(begun) == shape(published("aibot_ws/upload_init_response")["body"])
    assert shape(done) == shape(published("aibot_ws/upload_finish_response")["body"])
