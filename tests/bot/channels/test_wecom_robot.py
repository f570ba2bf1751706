"""The robot by callback: what it understands, what rides in the response, and the one later answer it may give."""

import json
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from wechatpy.crypto import WeChatCrypto

from bot.channels import (
    BadCallback,
    ChannelBusy,
    ChannelError,
    ChannelMisconfigured,
    ChannelUnsure,
    NotAsked,
    Outgoing,
    RecipientGone,
)
from bot.channels.cards import task_id
from bot.channels.wecom_robot import WecomRobot
from bot.channels.wecom_robot.answers import LONGEST_BYTES, LONGEST_PLAIN_BYTES, MOST_CARDS
from bot.leases import LeaseHolder
from data.database import Database
from handlers import replies
from handlers.command import Command, Verb, parse
from handlers.message import Kind, Reach
from tests.bot.channels.robot_office import API, NONCE, STAMP, opened, robot_on, sealed, unsealed
from tests.bot.channels.sealing import KEY, TOKEN
from tests.talking import MONDAY

SINGLE: dict[str, Any] = {"msgid": "m1", "aibotid": "BOT", "chattype": "single", "from": {"userid": "u1"}}
GROUP = SINGLE | {"chattype": "group", "chatid": "c1"}
TEXT = GROUP | {"msgtype": "text", "text": {"content": "@随手拍 3号楼灯坏了"}}
PHOTO = {"msgtype": "image", "image": {"url": "https://a.myqcloud.com/1"}}
TICKET = {"response_url": f"{API}/cgi-bin/aibot/response?response_code=CODE"}
TO_GROUP, TO_PERSON = Outgoing("out-1", "已登记 1001", group="c1"), Outgoing("out-2", "有新任务 1001", account="u1")
Answers = Callable[[httpx2.Request], httpx2.Response]


class Platform:
    """Takes later answers; `answers` are given first, one a request."""

    def __init__(self, *answers: Any) -> None:
        self.requests: list[httpx2.Request] = []
        self._answers = list(answers)

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        answer = self._answers.pop(0) if self._answers else {"errcode": 0, "errmsg": "ok"}
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, httpx2.Response) else httpx2.Response(200, json=answer)

    def said(self) -> list[Any]:
        return [json.loads(request.content) for request in self.requests]


def _with(robot_database: Database, platform: Platform, *codes: str) -> WecomRobot:
    """A robot to which somebody spoke in both conversations, once a code."""
    robot = robot_on(robot_database, httpx2.MockTransport(platform))
    for code in codes:
        ticket = {"response_url": TICKET["response_url"].replace("CODE", code)}
        opened(robot, TEXT | ticket)
        opened(robot, SINGLE | PHOTO | {"response_url": ticket["response_url"] + "-single"})
    return robot


def test_the_address_is_checked(robot: WecomRobot) -> None:
    echo = WeChatCrypto(TOKEN, KEY, "").encrypt_message("12345678901234567890", NONCE, STAMP)
    body, signature = (echo.split(f"<{tag}><![CDATA[")[1].split("]]")[0] for tag in ("Encrypt", "MsgSignature"))
    query = {"timestamp": STAMP, "nonce": NONCE, "msg_signature": signature, "echostr": body}
    assert robot.verify(query) == b"12345678901234567890"
    with pytest.raises(BadCallback):
        robot.verify(query | {"nonce": "another"})


def test_words_in_a_group(robot: WecomRobot) -> None:
    message = opened(robot, TEXT).message
    assert message is not None
    assert (message.channel, message.platform_id, message.sender, message.group) == ("wecom_robot", "m1", "u1", "c1")
    assert (message.text, message.kind, message.addressed) == ("3号楼灯坏了", Kind.TEXT, True)
    assert (message.sent_at, message.nickname, message.media) == (MONDAY, "", ())


@pytest.mark.parametrize(
    ("said", "understood"),
    [
        ("@随手拍 查 1001", "查 1001"),
        ("@随手拍\u2005查 1001", "查 1001"),
        (" @老王 @随手拍 灯坏了", "灯坏了"),
        ("@随手拍，3号楼电梯坏了", "3号楼电梯坏了"),
        ("@随手拍3号楼电梯坏了", "3号楼电梯坏了"),
        ("@随手拍", ""),
        ("@随手拍 ", ""),
        ("灯坏了 @随手拍", "灯坏了 @随手拍"),
        ("灯坏了", "灯坏了"),
        ("", ""),
        ("@随手拍 第一行\n第二行", "第一行\n第二行"),
        ("@随手拍 半个\ud83d字", "半个?字"),
    ],
)
def test_the_mention_is_no_part_of_the_words(robot: WecomRobot, said: str, understood: str) -> None:
    content = json.dumps(TEXT | {"text": {"content": said}})
    message = opened(robot, content).message
    assert message is not None
    assert message.text == understood


def test_private_words_keep_their_mentions(robot: WecomRobot) -> None:
    message = opened(robot, SINGLE | {"msgtype": "text", "text": {"content": "@老王 没有来"}}).message
    assert message is not None
    assert (message.text, message.private) == ("@老王 没有来", True)


def test_a_photo_with_words(robot: WecomRobot) -> None:
    items = [{"msgtype": "text", "text": {"content": "@随手拍 漏水"}}, PHOTO, {"msgtype": "hologram", "hologram": 5}]
    message = opened(robot, GROUP | {"msgtype": "mixed", "mixed": {"msg_item": items}}).message
    assert message is not None
    assert (message.text, message.media, message.kind) == ("漏水", ("https://a.myqcloud.com/1",), Kind.TEXT)


@pytest.mark.parametrize(
    ("quote", "words", "photos"),
    [
        ({"msgtype": "text", "text": {"content": "编号 1001"}}, "编号 1001", ()),
        (PHOTO, "", ("https://a.myqcloud.com/1",)),
        (
            {"msgtype": "mixed", "mixed": {"msg_item": [{"text": {"content": "看"}}, PHOTO, PHOTO]}},
            "看",
            ("https://a.myqcloud.com/1",),
        ),
        ({"msgtype": "voice", "voice": {"content": "说的话"}}, "说的话", ()),
        ({"msgtype": "file", "file": {"url": "https://a.myqcloud.com/f"}}, "", ()),
        ({"msgtype": "hologram", "hologram": 5}, "", ()),
        ({"msgtype": "image", "image": {}}, "", ()),
        ({"msgtype": "image", "image": {"url": "u" * 5000}}, "", ()),
        ({"msgtype": "text", "text": {"content": None}}, "", ()),
        ("words", "", ()),
        (None, "", ()),
    ],
)
def test_a_quote(robot: WecomRobot, quote: Any, words: str, photos: tuple[str, ...]) -> None:
    message = opened(robot, TEXT | {"quote": quote}).message
    assert message is not None
    assert (message.text, message.quoted_text, message.media) == ("3号楼灯坏了", words, photos)


@pytest.mark.parametrize(
    ("quoted", "number"),
    [
        ("已登记，编号 1001：3号楼 供电照明", 1001),
        ("1001：办理中，时限 9月8日10:00", 1001),
        ("您上报的 1001 已办结", 1001),
        ("我是3号楼2单元1001室", None),
        ("编号 1001 是 1203室", 1001),
        ("1001号案件", 1001),
        ("1001室漏水今天修好没有", None),
        ("1203 室的灯坏了", None),
        ("人民路1001号门口积水", None),
        ("等1001路车的站牌倒了", None),
        ("押金2000元没退", None),
        ("2023年就报过", None),
    ],
)
def test_whoever_is_quoted_only_a_case_is_meant(robot: WecomRobot, quoted: str, number: int | None) -> None:
    """The platform does not tell whose words they are."""
    said = {"text": {"content": "@随手拍 解决了"}, "quote": {"msgtype": "text", "text": {"content": quoted}}}
    message = opened(robot, TEXT | said).message
    assert message is not None
    assert parse(message.text, message.quoted_text) == Command(Verb.SOLVED, number, explicit=False)


@pytest.mark.parametrize(
    ("content", "kind", "text", "media"),
    [
        (PHOTO, Kind.IMAGE, "", ("https://a.myqcloud.com/1",)),
        ({"msgtype": "image", "image": {"url": "https://a/1", "aeskey": "K"}}, Kind.IMAGE, "", ("K|https://a/1",)),
        ({"msgtype": "voice", "voice": {"content": "电梯坏了"}}, Kind.VOICE, "电梯坏了", ()),
        ({"msgtype": "file", "file": {"url": "https://a/1"}}, Kind.OTHER, "", ()),
        ({"msgtype": "video", "video": {"url": "https://a/1"}}, Kind.OTHER, "", ()),
    ],
)
def test_private_messages(
    robot: WecomRobot, content: dict[str, Any], kind: Kind, text: str, media: tuple[str, ...]
) -> None:
    message = opened(robot, SINGLE | content).message
    assert message is not None
    assert (message.kind, message.text, message.media, message.group) == (kind, text, media, None)


def test_the_answer_rides_in_the_response(robot: WecomRobot) -> None:
    received = opened(robot, TEXT)
    answer = unsealed(received.respond("已登记，编号 1001"))
    stream_id = answer["stream"]["id"]
    assert answer == {
        "msgtype": "stream",
        "stream": {"id": stream_id, "finish": True, "content": "已登记，编号 1001"},
    }
    assert (received.passive, received.media_type, received.respond(None)) == (True, "application/json", b"")
    again, other = opened(robot, TEXT), opened(robot, TEXT | {"msgid": "m2"})
    assert unsealed(again.respond("x"))["stream"]["id"] == stream_id
    assert unsealed(other.respond("x"))["stream"]["id"] != stream_id


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("**急** `a` ~~b~~ _c_", "＊＊急＊＊ ｀a｀ ～～b～～ ＿c＿"),
        ("[点我](https://e.test/a_b)", "［点我］(https://e.test/a_b)"),
        ("<@u2> <font color=warning>", "＜@u2＞ ＜font color=warning＞"),
        ("https://e.test/<@u2>", "https://e.test/＜@u2＞"),
        ("# 大\n  ## 二 #1", "＃ 大\n  ＃# 二 #1"),
        ("a|b\n|--|", "a｜b\n｜--｜"),
        ("打开 https://e.test/t/a-b_c.d?e=f*g&h=1#i 办理", "打开 https://e.test/t/a-b_c.d?e=f＊g&h=1#i 办理"),
        ("查 编号；3-5 天，1+1", "查 编号；3-5 天，1+1"),
        ("半个\ud83d字", "半个?字"),
    ],
)
def test_no_words_become_markdown(robot: WecomRobot, text: str, shown: str) -> None:
    assert unsealed(opened(robot, TEXT).respond(text))["stream"]["content"] == shown


@pytest.mark.parametrize("letter", ["字", "*", "a", "😀"])
def test_an_answer_too_long_is_cut_between_letters(robot: WecomRobot, letter: str) -> None:
    content = unsealed(opened(robot, TEXT).respond(letter * 30_000))["stream"]["content"]
    assert LONGEST_BYTES - 8 <= len(content.encode()) <= LONGEST_BYTES
    assert content.endswith("…")
    whole = letter * (LONGEST_PLAIN_BYTES // len(letter.encode()))
    assert not unsealed(opened(robot, TEXT).respond(whole))["stream"]["content"].endswith("…")


def test_who_comes_in_is_welcomed(robot: WecomRobot) -> None:
    event = {"msgtype": "event", "msgid": "m1", "from": {"userid": "u1"}, "event": {"eventtype": "enter_chat"}}
    received = opened(robot, event)
    assert received.message is None
    assert unsealed(received.respond(None)) == {"msgtype": "text", "text": {"content": replies.HELP_RESIDENT}}


@pytest.mark.parametrize(
    "content",
    [
        GROUP | {"msgtype": "stream", "stream": {"id": "S"}},
        GROUP
        | {"msgtype": "event", "event": {"eventtype": "feedback_event", "feedback_event": {"id": "F", "type": 2}}},
        GROUP | {"msgtype": "event", "event": {"eventtype": "of_the_future", "of_the_future": [5]}},
        GROUP | {"msgtype": "event", "event": {"eventtype": "template_card_event"}},
        GROUP | {"msgtype": "event", "event": {"eventtype": "template_card_event", "template_card_event": {}}},
        GROUP | {"msgtype": "event"},
        {"msgtype": "hologram"},
        {"msgtype": "hologram", "text": 5, "from": [], "msgid": None},
        TEXT | {"chattype": "channel"},
    ],
    ids=lambda content: json.dumps(content)[-60:],
)
def test_what_is_only_acknowledged(robot: WecomRobot, content: dict[str, Any]) -> None:
    received = opened(robot, content)
    assert (received.message, received.respond(None)) == (None, b"")


def test_fields_of_the_future_are_ignored(robot: WecomRobot) -> None:
    future = {"mood": "happy", "from": {"userid": "u1", "corpid": "c", "age": 70}, "stream": 5, "quote": {"by": [1]}}
    assert opened(robot, TEXT | future).message == opened(robot, TEXT).message


@pytest.mark.parametrize(
    "wrong",
    [
        {"msgid": ""},
        {"msgid": None},
        {"msgid": "m" * 129},
        {"msgid": "m\ud83d"},
        {"msgtype": ""},
        {"msgtype": 5},
        {"from": None},
        {"from": {"userid": ""}},
        {"from": "u1"},
        {"chatid": ""},
        {"chatid": "c" * 129},
        {"chattype": 5},
        {"text": "words"},
        {"text": {"content": None}},
        {"text": {"content": ["a"]}},
        {"image": {"url": ""}},
        {"image": {"url": "h" * 4001}},
        {"mixed": {"msg_item": {}}},
        {"create_time": -1},
        {"create_time": 10**15},
        {"response_url": 5},
        {"event": []},
    ],
    ids=str,
)
def test_a_wrong_field_is_refused(robot: WecomRobot, wrong: dict[str, Any]) -> None:
    with pytest.raises(BadCallback, match=r"fields missing|without an id"):
        opened(robot, json.dumps(TEXT | wrong))


@pytest.mark.parametrize(
    "inside", ["", "no JSON", "[]", "null", "5", '"text"', "{}", "[" * 50_000, '{"msgtype": "text"']
)
def test_envelopes_with_nonsense_inside(robot: WecomRobot, inside: str) -> None:
    with pytest.raises(BadCallback):
        opened(robot, inside)


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"[]", b"null", b'{"encrypt": 5}', b'{"encrypt": ""}', b"<xml/>", b"\xff", b"[" * 50_000],
    ids=lambda body: repr(body[:20]),
)
def test_bodies_that_are_no_envelope(robot: WecomRobot, body: bytes) -> None:
    with pytest.raises(BadCallback):
        robot.open(body, sealed(TEXT)[1])


def test_tampered_envelopes(robot: WecomRobot) -> None:
    body, query = sealed(TEXT)
    for wrong in ({"nonce": "x"}, {"timestamp": "1"}, {"msg_signature": "0" * 40}):
        with pytest.raises(BadCallback):
            robot.open(body, query | wrong)
    for name in query:
        with pytest.raises(BadCallback):
            robot.open(body, {key: value for key, value in query.items() if key != name})


def test_a_robot_without_a_callback_refuses_callbacks(robot_database: Database) -> None:
    robot = robot_on(robot_database, token="", aes_key="")
    with pytest.raises(BadCallback):
        opened(robot, TEXT)
    with pytest.raises(BadCallback):
        robot.verify({})


def test_what_it_declares(robot: WecomRobot) -> None:
    assert robot.reach("u1") is Reach.GROUP_ONLY
    assert (robot.can_send_now, robot.problem, robot.checks_duplicates) == (True, "", False)
    assert [(limit.count, limit.seconds, limit.scope) for limit in robot.limits] == [
        (30, 60, "conversation"),
        (1000, 3600, "conversation"),
    ]


def test_a_later_answer_uses_the_newest_ticket_once(robot_database: Database) -> None:
    platform = Platform()
    robot = _with(robot_database, platform, "A", "B")
    robot.send(TO_GROUP)
    robot.send(TO_GROUP)
    assert [request.url.params["response_code"] for request in platform.requests] == ["B", "A"]
    assert {(request.method, str(request.url.copy_with(query=None))) for request in platform.requests} == {
        ("POST", f"{API}/cgi-bin/aibot/response")
    }
    assert platform.said() == [{"msgtype": "markdown", "markdown": {"content": "已登记 1001"}}] * 2
    with pytest.raises(RecipientGone, match="回调方式"):
        robot.send(TO_GROUP)
    robot.send(TO_PERSON)
    assert [request.url.params["response_code"] for request in platform.requests][2:] == ["B-single"]


def test_nobody_spoke_so_nothing_can_be_said(robot: WecomRobot) -> None:
    for outgoing in (TO_GROUP, TO_PERSON):
        with pytest.raises(NotAsked):
            robot.send(outgoing)


@pytest.mark.parametrize(
    ("answer", "kind", "left"),
    [
        ({"errcode": -1}, ChannelBusy, 1),
        ({"errcode": 45009}, ChannelBusy, 1),
        ({"errcode": 60020}, ChannelMisconfigured, 1),
        (httpx2.Response(503), ChannelBusy, 1),
        (httpx2.ConnectError("no"), ChannelBusy, 1),
        ({"errcode": 93006}, RecipientGone, 0),
        (httpx2.Response(502, text="<html>"), ChannelUnsure, 0),
        (httpx2.Response(200, text="<html>"), ChannelUnsure, 0),
        (httpx2.Response(200, json={}), ChannelUnsure, 0),
        (httpx2.ReadTimeout("slow"), ChannelUnsure, 0),
        (httpx2.RemoteProtocolError("cut"), ChannelUnsure, 0),
    ],
    ids=str,
)
def test_what_became_of_the_ticket(robot_database: Database, answer: Any, kind: type[ChannelError], left: int) -> None:
    """Surely not taken: the ticket is still good. Nobody knows: it is spent."""
    platform = Platform(answer)
    robot = _with(robot_database, platform, "A")
    with pytest.raises(ChannelError) as caught:
        robot.send(TO_GROUP)
    assert type(caught.value) is kind
    assert "A" not in str(caught.value).replace("IP", "")
    if left:
        robot.send(TO_GROUP)
        assert len(platform.requests) == 2
    else:
        with pytest.raises(RecipientGone):
            robot.send(TO_GROUP)


def test_a_ticket_refused_gives_way_to_the_next(robot_database: Database) -> None:
    platform = Platform({"errcode": 40058, "errmsg": "used"})
    robot = _with(robot_database, platform, "A", "B")
    robot.send(TO_GROUP)
    assert [request.url.params["response_code"] for request in platform.requests] == ["B", "A"]


def test_not_every_ticket_is_burnt_on_what_the_platform_does_not_want(robot_database: Database) -> None:
    platform = Platform(*[{"errcode": 40058}] * 9)
    robot = _with(robot_database, platform, *"ABCDE")
    with pytest.raises(RecipientGone) as caught:
        robot.send(TO_GROUP)
    assert type(caught.value) is RecipientGone  # the platform was asked
    assert len(platform.requests) == 3


@pytest.mark.parametrize(
    "address",
    [
        "RESPONSEURL",
        "http://qyapi.weixin.qq.com/cgi-bin/aibot/response?response_code=A",
        "https://qyapi.weixin.qq.com.evil.test/cgi-bin/aibot/response?response_code=A",
        "https://evil.test/cgi-bin/aibot/response?response_code=A",
        "https://qyapi.weixin.qq.com/cgi-bin/message/send?access_token=A",
        "",
    ],
)
def test_only_the_platform_is_answered(robot_database: Database, address: str) -> None:
    platform = Platform()
    robot = robot_on(robot_database, httpx2.MockTransport(platform))
    assert opened(robot, TEXT | {"response_url": address}).message is not None
    with pytest.raises(RecipientGone):
        robot.send(TO_GROUP)
    assert platform.requests == []


OFFER = Outgoing("out-7", "新任务 1001\n3号楼灯坏了", account="u1", orders=("接 1001", "退 1001"))


def _click(order: str, key: str = OFFER.key, *options: str) -> dict[str, Any]:
    card = {"card_type": "button_interaction", "task_id": task_id(key, OFFER.text)}
    click: dict[str, Any] = {"event_key": order, **card}
    if options:
        click["selected_items"] = {"selected_item": [{"question_key": "reason", "option_ids": {"option_id": options}}]}
    event = {"eventtype": "template_card_event", "template_card_event": click}
    return SINGLE | {"msgid": f"click {order}", "create_time": 1_788_746_400, "msgtype": "event", "event": event}


def test_orders_become_buttons_in_a_single_chat_only(robot_database: Database) -> None:
    platform = Platform()
    robot = _with(robot_database, platform, "A")
    robot.send(OFFER)
    robot.send(Outgoing("out-8", OFFER.text, group="c1", orders=OFFER.orders))
    card, words = platform.said()
    assert (card["msgtype"], words["msgtype"]) == ("template_card", "markdown")
    assert [button["key"] for button in card["template_card"]["button_list"]] == ["接 1001", "退 1001"]
    assert card["template_card"]["main_title"]["title"] == "新任务 1001"


def test_a_text_no_card_can_hold_stays_a_text(robot_database: Database) -> None:
    platform = Platform()
    text = "新任务 1001\n" + "灯坏了" * 60
    _with(robot_database, platform, "A").send(Outgoing("out-7", text, account="u1", orders=("接 1001",)))
    assert platform.said() == [{"msgtype": "markdown", "markdown": {"content": text}}]


def test_a_button_is_the_typed_order(robot_database: Database) -> None:
    robot = _with(robot_database, Platform(), "A")
    robot.send(OFFER)
    received = opened(robot, _click("接 1001"))
    assert received.message is not None
    assert (received.message.text, received.message.addressed, received.message.group) == ("接 1001", True, None)
    assert (received.message.platform_id, received.passive) == ("click 接 1001", False)
    assert received.message.sent_at.timestamp() == 1_788_746_400
    update = unsealed(received.respond(None))
    assert (update["response_type"], update["template_card"]["task_id"]) == (
        "update_template_card",
        task_id("out-7", OFFER.text),
    )
    assert [button["text"] for button in update["template_card"]["button_list"]] == ["已提交"]
    assert "button_selection" not in update["template_card"]
    assert update["template_card"]["sub_title_text"] == "3号楼灯坏了"


def test_a_reason_chosen_beside_the_button(robot: WecomRobot) -> None:
    message = opened(robot, _click("退 1001", "out-7", "not_here")).message
    assert message is not None
    assert message.text == "退 1001 不属于本网格"


def test_cards_that_stay_as_they_are(robot_database: Database) -> None:
    """One that is not settled by the order, and one sent before a restart: the words answer all the same."""
    robot = _with(robot_database, Platform(), "A")
    robot.send(OFFER)
    for click in (_click("到场 1001"), _click("退 1001", "out-7", "words"), _click("接 1001", "out-1")):
        received = opened(robot, click)
        assert received.message is not None
        assert received.respond(None) == b""


def test_old_cards_are_forgotten(robot_database: Database) -> None:
    platform = Platform()
    robot = _with(robot_database, platform, *map(str, range(3)))
    robot.send(OFFER)
    for number in range(MOST_CARDS):
        robot._cards.message(Outgoing(f"later-{number}", OFFER.text, account="u1", orders=OFFER.orders))
    assert opened(robot, _click("接 1001")).respond(None) == b""
    assert opened(robot, _click("接 1001", "later-0")).respond(None) != b""


def test_the_robot_of_another_replica_can_use_the_ticket(robot_database: Database) -> None:
    platform = Platform()
    opened(robot_on(robot_database), TEXT | TICKET)
    robot_on(robot_database, httpx2.MockTransport(platform)).send(TO_GROUP)
    assert len(platform.requests) == 1


def test_starting_without_a_long_connection_changes_nothing(robot: WecomRobot, robot_database: Database) -> None:
    robot.start(lambda message, passive: None)
    assert robot.can_send_now
    assert LeaseHolder(robot_database, "wecom_robot").take()
