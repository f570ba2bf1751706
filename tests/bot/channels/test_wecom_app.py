"""The app's channel: what its callbacks become, what rides in the response, and what goes out as a message."""

import base64
import datetime as dt
import json
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from wechatpy.crypto import WeChatCrypto as TheirCrypto
from wechatpy.utils import to_text

from bot.channels import (
    BadCallback,
    ChangesSent,
    ChannelUnsure,
    CutOff,
    MediaGone,
    Outgoing,
    Receipt,
    Received,
    RecipientGone,
)
from bot.channels.wecom.client import WecomClient
from bot.channels.wecom.tokens import TokenStore
from bot.channels.wecom.xml import parse
from bot.channels.wecom_app import LONGEST_TEXT_BYTES, WecomAppChannel
from data.database import Database
from handlers.message import IncomingMessage, Kind, Location, Reach
from tests.bot.channels.wecom_server import OK, Answer, Fault, Page, Platform, serving
from tests.bot.channels.wecom_vectors import VECTORS, callback_files, golden_pairs, needs_vectors
from tests.databases import SqliteDatabases

CORP, TOKEN = "ww1", "token-of-the-app"
KEY = base64.b64encode(b"a" * 32).decode().rstrip("=")
OFFER = "新任务 1001|环境卫生|3号楼\n垃圾成堆没人清理\n时限 9月8日18:00。"
ORDERS = ("接 1001", "退 1001")
TEXT = "<MsgType>text</MsgType><Content><![CDATA[3号楼停水了]]></Content><MsgId>4561255354251345929</MsgId>"
CLICK = (
    "<MsgType>event</MsgType><Event>template_card_event</Event><EventKey><![CDATA[{}]]></EventKey>"
    "<TaskId>out-1</TaskId><CardType>button_interaction</CardType><ResponseCode>c1</ResponseCode>{}"
)
CHOSEN = (
    "<SelectedItems><SelectedItem><QuestionKey>reason</QuestionKey><OptionIds><OptionId>{}</OptionId></OptionIds>"
    "</SelectedItem></SelectedItems>"
)


class Scene:
    """A channel and the platform behind it, whose next answer a test may set."""

    def __init__(self, channel: WecomAppChannel, client: WecomClient, platform: Platform) -> None:
        self.channel, self.client, self.platform = channel, client, platform

    def answers(self, answer: Answer) -> None:
        self.platform.answer = lambda request: answer

    def sent(self, outgoing: Outgoing) -> dict[str, Any]:
        """The body in which a message went out."""
        self.channel.send(outgoing)
        body: dict[str, Any] = self.platform.calls[-1].json
        return body


@pytest.fixture(scope="module")
def stage(sqlite_databases: SqliteDatabases) -> Iterator[Scene]:
    platform = Platform()
    with (
        sqlite_databases.seeded() as url,
        closing(Database(url)) as database,
        serving(platform) as address,
        closing(WecomClient(CORP, "secret-of-the-app", TokenStore(database), address, 7)) as client,
        closing(WecomAppChannel(client, TOKEN, KEY)) as channel,
    ):
        yield Scene(channel, client, platform)


@pytest.fixture
def scene(stage: Scene) -> Scene:
    """The platform takes everything again and has heard nothing yet."""
    stage.answers(OK)
    stage.platform.requests.clear()
    return stage


def sealed(
    inner: str, *, corp: str = CORP, token: str = TOKEN, at: float | None = None
) -> tuple[bytes, dict[str, str]]:
    """Body and query around a callback, made by wechatpy alone."""
    timestamp = str(int(at or time.time()))
    xml = TheirCrypto(token, KEY, corp).encrypt_message(inner, "nonce", timestamp)
    fields = parse(to_text(xml).encode())
    body = f"<xml><ToUserName>{CORP}</ToUserName><AgentID>7</AgentID><Encrypt>{fields['Encrypt']}</Encrypt></xml>"
    return body.encode(), {"timestamp": timestamp, "nonce": "nonce", "msg_signature": fields["MsgSignature"]}


def said(content: str, *, sender: str = "zhao", at: str = "1788746400") -> str:
    head = f"<ToUserName>{CORP}</ToUserName><FromUserName>{sender}</FromUserName><CreateTime>{at}</CreateTime>"
    return f"<xml>{head}{content}<AgentID>7</AgentID></xml>"


def opened(scene: Scene, content: str, **more: Any) -> Received:
    return scene.channel.open(*sealed(said(content, **more)))


def message(scene: Scene, content: str, **more: Any) -> IncomingMessage:
    found = opened(scene, content, **more).message
    assert found is not None
    return found


def answered(received: Received, text: str | None) -> dict[str, Any]:
    """What is in the response, as wechatpy opens it."""
    fields = parse(received.respond(text))
    crypto = TheirCrypto(TOKEN, KEY, CORP)
    inner = crypto.decrypt_message(
        {"Encrypt": fields["Encrypt"]}, fields["MsgSignature"], fields["TimeStamp"], fields["Nonce"]
    )
    return parse(inner.encode() if isinstance(inner, str) else inner)


def test_a_text(scene: Scene) -> None:
    found = message(scene, TEXT)
    assert (found.channel, found.sender, found.text, found.kind) == ("wecom_app", "zhao", "3号楼停水了", Kind.TEXT)
    assert (found.private, found.addressed) == (True, True)
    assert found.platform_id == "zhao:4561255354251345929"
    assert found.sent_at == dt.datetime.fromtimestamp(1_788_746_400, dt.UTC)


def test_a_photo(scene: Scene) -> None:
    found = message(scene, "<MsgType>image</MsgType><PicUrl>http://p</PicUrl><MediaId>m-1</MediaId><MsgId>1</MsgId>")
    assert (found.kind, found.media, found.text) == (Kind.IMAGE, ("m-1",), "")
    assert message(scene, "<MsgType>image</MsgType><MsgId>1</MsgId>").media == ()


def test_a_voice_message(scene: Scene) -> None:
    spoken = "<MsgType>voice</MsgType><MediaId>m-1</MediaId><MsgId>1</MsgId>"
    assert (message(scene, spoken).kind, message(scene, spoken).text) == (Kind.VOICE, "")
    assert message(scene, f"{spoken}<Recognition>停水了</Recognition>").text == "停水了"
    assert message(scene, spoken).media == ()  # no photo to fetch


def test_a_location(scene: Scene) -> None:
    place = (
        "<MsgType>location</MsgType><Location_X>{}</Location_X><Location_Y>113.35</Location_Y><Label>荷花路1号</Label>"
    )
    found = message(scene, place.format("23.13"))
    assert (found.kind, found.location) == (Kind.LOCATION, Location("", "荷花路1号", 23.13, 113.35))
    for wrong in ("", "north", "nan", "inf", "91"):
        found = message(scene, place.format(wrong))
        assert (found.kind, found.location) == (Kind.OTHER, None)


@pytest.mark.parametrize("kind", ["video", "link", "file"])
def test_what_we_cannot_read_still_gets_an_answer(scene: Scene, kind: str) -> None:
    found = message(scene, f"<MsgType>{kind}</MsgType><Title>t</Title><MsgId>1</MsgId>")
    assert (found.kind, found.text, found.addressed) == (Kind.OTHER, "", True)


@pytest.mark.parametrize(
    "content",
    [
        "<MsgType>event</MsgType><Event>enter_agent</Event>",
        "<MsgType>event</MsgType><Event>subscribe</Event>",
        "<MsgType>event</MsgType><Event>template_card_event</Event>",
        "<MsgType>event</MsgType><Event>of_the_future</Event><A><B><C>1</C></B></A>",
        "<MsgType>event</MsgType>",
        "<MsgType>hologram</MsgType><MsgId>1</MsgId>",
        "<MsgType><Inner>text</Inner></MsgType>",
        "<MsgType>text</MsgType><MsgType>image</MsgType>",
        "",
    ],
)
def test_what_is_not_for_us_is_acknowledged_quietly(scene: Scene, content: str) -> None:
    received = opened(scene, content)
    assert received.message is None
    assert received.respond(None) == received.respond("words") == b""


def test_a_callback_without_anything_is_acknowledged_quietly(scene: Scene) -> None:
    assert scene.channel.open(*sealed("<xml></xml>")).message is None


def test_fields_of_the_future_change_nothing(scene: Scene) -> None:
    assert message(scene, f"{TEXT}<Mood>happy</Mood><Thread><Id>7</Id></Thread>") == message(scene, TEXT)


@pytest.mark.parametrize("content", ["<MsgType>text</MsgType><MsgId>1</MsgId>", TEXT.replace("3号楼停水了", "")])
def test_an_empty_text(scene: Scene, content: str) -> None:
    assert message(scene, content).text == ""


@pytest.mark.parametrize("number", ["94966531020182955848408", "abc-1", "消息1"])
def test_message_ids_are_texts(scene: Scene, number: str) -> None:
    assert message(scene, f"<MsgType>text</MsgType><MsgId>{number}</MsgId>").platform_id == f"zhao:{number}"


def test_what_is_the_same_message(scene: Scene) -> None:
    """Delivered again it has the same id; another member's or another moment's has not. All ids fit the column."""
    nameless = "<MsgType>text</MsgType><Content>停水了</Content>"
    ids = {
        message(scene, content, **more).platform_id
        for content in (TEXT, nameless, nameless.replace("停水", "停电"), f"{nameless}<MsgId>{'9' * 200}</MsgId>")
        for more in ({}, {"sender": "qian"}, {"at": "1788746401"})
    }
    assert len(ids) == 2 + 3 + 3 + 3  # with a MsgId the moment does not count
    assert all(len(one) <= 128 for one in ids)
    assert message(scene, nameless).platform_id == message(scene, nameless).platform_id


@pytest.mark.parametrize("stated", ["", "yesterday", "-1", "99999999999999999999", "9999999999", "²"])
def test_a_moment_that_is_none_becomes_that_of_the_envelope(scene: Scene, stated: str) -> None:
    now = int(time.time())
    found = scene.channel.open(*sealed(said(TEXT, at=stated), at=now)).message
    assert found is not None
    assert found.sent_at == dt.datetime.fromtimestamp(now, dt.UTC)


def test_a_pressed_button_is_the_typed_order(scene: Scene) -> None:
    received = opened(scene, CLICK.format("接 1001", ""))
    assert received.message is not None
    assert (received.message.text, received.message.sender, received.passive) == ("接 1001", "zhao", False)
    assert (received.message.private, received.message.addressed) == (True, True)


def test_a_chosen_reason_goes_with_the_order(scene: Scene) -> None:
    assert message(scene, CLICK.format("退 1001", CHOSEN.format("same"))).text == "退 1001 与其他案件重复"
    assert message(scene, CLICK.format("接 1001", CHOSEN.format("same"))).text == "接 1001"
    two = CHOSEN.format("unknown</OptionId><OptionId>same")
    assert message(scene, CLICK.format("退 1001", two)).text == "退 1001 与其他案件重复"


@pytest.mark.parametrize("odd", ["<SelectedItems/>", "<SelectedItems>x</SelectedItems>", CHOSEN.format("<A>same</A>")])
def test_odd_choices_are_none(scene: Scene, odd: str) -> None:
    assert message(scene, CLICK.format("退 1001", odd)).text == "退 1001"


def test_a_repeated_click_is_known_and_another_button_is_not(scene: Scene) -> None:
    click = CLICK.format("接 1001", "")
    first = message(scene, click).platform_id
    assert message(scene, click.replace("c1", "c2")).platform_id == first
    others = [
        message(scene, CLICK.format("退 1001", "")),
        message(scene, click.replace("out-1", "out-2")),
        message(scene, click, sender="qian"),
        message(scene, click, at="1788746401"),
    ]
    assert len({first, *(other.platform_id for other in others)}) == 5


@pytest.mark.parametrize("order", ["接 1001", "办结 1001"])
def test_the_card_says_neutrally_that_it_was_pressed(scene: Scene, order: str) -> None:
    """Whether the order was taken only the words say, which are sent as a message."""
    answer = answered(opened(scene, CLICK.format(order, "")), None)
    assert (answer["MsgType"], answer["Button"]) == ("update_button", {"ReplaceName": "已提交"})
    assert (answer["ToUserName"], answer["FromUserName"]) == ("zhao", CORP)


@pytest.mark.parametrize("order", ["到场 1001", "转 1001", "退 1001"])
def test_a_card_on_which_more_may_be_pressed_keeps_its_buttons(scene: Scene, order: str) -> None:
    assert opened(scene, CLICK.format(order, "")).respond(None) == b""


def test_a_returned_task_is_done_with(scene: Scene) -> None:
    received = opened(scene, CLICK.format("退 1001", CHOSEN.format("not_here")))
    assert answered(received, None)["MsgType"] == "update_button"


def test_the_answer_rides_in_the_response(scene: Scene) -> None:
    received = opened(scene, TEXT)
    assert (received.passive, received.media_type) == (True, "text/xml")
    answer = answered(received, "已登记 1001。")
    assert (answer["MsgType"], answer["Content"]) == ("text", "已登记 1001。")
    assert (answer["ToUserName"], answer["FromUserName"]) == ("zhao", CORP)
    assert received.respond(None) == b""


def test_an_answer_cannot_become_anything_but_words(scene: Scene) -> None:
    words = "]]></Content><MsgType>news</MsgType><![CDATA[ & < \ud83d 楼道\x00"
    answer = answered(opened(scene, TEXT), words)
    assert answer["MsgType"] == "text"
    assert answer["Content"].startswith("]]></Content><MsgType>news</MsgType><![CDATA[ & <")


@pytest.mark.parametrize("text", ["1001 3号楼\n" * 400, "长" * 5000])
def test_an_answer_in_the_response_is_no_longer_than_allowed(scene: Scene, text: str) -> None:
    content = answered(opened(scene, TEXT), text)["Content"]
    assert LONGEST_TEXT_BYTES - 20 <= len(content.encode()) <= LONGEST_TEXT_BYTES
    assert content.endswith("\n…")
    assert text.startswith(content.removesuffix("\n…"))


def test_the_check_of_the_address(scene: Scene) -> None:
    timestamp = str(int(time.time()))
    xml = TheirCrypto(TOKEN, KEY, CORP).encrypt_message("1616140317555161061", "nonce", timestamp)
    fields = parse(to_text(xml).encode())
    query = {"timestamp": timestamp, "nonce": "nonce", "msg_signature": fields["MsgSignature"]}
    assert scene.channel.verify(query | {"echostr": fields["Encrypt"]}) == b"1616140317555161061"
    with pytest.raises(BadCallback):
        scene.channel.verify(query | {"echostr": fields["Encrypt"], "nonce": "other"})


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><xml><Content>&b;</Content></xml>'


@pytest.mark.parametrize(
    ("inner", "how", "why"),
    [
        pytest.param(said(TEXT), {"token": "another"}, "signature", id="signature"),
        pytest.param(said(TEXT), {"corp": "ww2"}, "receiver", id="receiver"),
        pytest.param(said(TEXT), {"at": 1_600_000_000}, "timestamp", id="replay"),
        pytest.param(BOMB, {}, "DTD", id="bomb inside"),
        pytest.param("no xml", {}, "no XML", id="no xml inside"),
        pytest.param(said(TEXT, sender=""), {}, "FromUserName", id="nobody"),
        pytest.param(said(TEXT, sender="z" * 129), {}, "FromUserName", id="a long name"),
    ],
)
def test_bad_callbacks(scene: Scene, inner: str, how: dict[str, Any], why: str) -> None:
    with pytest.raises(BadCallback, match=why):
        scene.channel.open(*sealed(inner, **how))


@pytest.mark.parametrize(
    "body",
    [
        BOMB.encode(),
        b"",
        b"\xff\xfe",
        b"{}",
        b"<xml><Encrypt/></xml>",
        b"<xml><Encrypt>a</Encrypt><Encrypt>b</Encrypt></xml>",
        b"<xml><Encrypt>a</Encrypt></xml>",
    ],
)
def test_bodies_that_are_no_envelope(scene: Scene, body: bytes) -> None:
    _body, query = sealed(said(TEXT))
    for asked in (query, {}):
        with pytest.raises(BadCallback):
            scene.channel.open(body, asked)


@needs_vectors
@pytest.mark.parametrize("path", callback_files())
def test_every_example_of_the_platform(scene: Scene, path: Path) -> None:
    """Nothing breaks, and a message says what an independent parser reads."""
    expected = json.loads((VECTORS / "callback_xml" / "expected.json").read_text("utf-8"))
    fields = expected[str(path.relative_to(VECTORS))]
    found = scene.channel.open(*sealed(path.read_text("utf-8"))).message
    readable = fields["MsgType"] in ("text", "image", "voice", "location", "video", "link")
    assert (found is not None) == (readable or fields.get("Event") == "template_card_event")
    if found is None:
        return
    assert found.sender == fields["FromUserName"]
    assert found.sent_at == dt.datetime.fromtimestamp(int(fields["CreateTime"]), dt.UTC)
    said_in = {"text": "Content", "event": "EventKey"}.get(fields["MsgType"], "")
    assert found.text == (fields.get(said_in) or "").strip()
    assert "MsgId" not in fields or found.platform_id == f"{fields['FromUserName']}:{fields['MsgId']}"


def test_a_text_message(scene: Scene) -> None:
    scene.answers({"errcode": 0, "errmsg": "ok", "msgid": "m-1"})
    assert scene.channel.send(Outgoing("out-1", "1001 已派单。", account="zhao")) == Receipt("m-1")
    [call] = scene.platform.calls
    assert call.endpoint == "message/send"
    text = call.json.pop("text")["content"]
    assert _seen(text) == "1001 已派单。"
    assert {k: v for k, v in call.json.items() if k != "text"} == {
        "touser": "zhao",
        "msgtype": "text",
        "agentid": 7,
        "enable_duplicate_check": 1,
        "duplicate_check_interval": 14400,
    }


def _seen(text: str) -> str:
    return text.replace("\u200b", "").replace("\u200c", "")


def test_a_second_equal_reminder_is_another_message_and_a_retry_is_the_same(scene: Scene) -> None:
    urge = "居民催办 1001，请尽快处理并回复进展。"
    first, retry, second = (scene.sent(Outgoing(key, urge, account="zhao")) for key in ("out-1", "out-1", "out-2"))
    assert first == retry
    assert first != second
    assert _seen(first["text"]["content"]) == _seen(second["text"]["content"]) == urge
    marks = {scene.sent(Outgoing(f"out-{n}", "x", account="zhao"))["text"]["content"] for n in range(50)}
    assert len(marks) == 50


def test_the_mark_never_becomes_part_of_a_link(scene: Scene) -> None:
    for text in ("看：https://street.example/a", "1001\n看：https://street.example/a"):
        content = scene.sent(Outgoing("out-1", text, account="zhao"))["text"]["content"]
        assert content.endswith("https://street.example/a")


def test_the_longest_text_fits_with_its_mark(scene: Scene) -> None:
    content = scene.sent(Outgoing("out-1", "a" * scene.channel.longest_text_bytes, account="zhao"))["text"]["content"]
    assert len(content.encode()) == LONGEST_TEXT_BYTES


def test_a_card(scene: Scene) -> None:
    scene.answers({"errcode": 0, "errmsg": "ok", "msgid": "m-1", "response_code": "code-1"})
    receipt = scene.channel.send(Outgoing("out-1", OFFER, account="zhao", orders=ORDERS))
    assert receipt == Receipt("m-1", "code-1")
    body = scene.platform.calls[-1].json
    assert (body["touser"], body["msgtype"], body["agentid"]) == ("zhao", "template_card", 7)
    assert body["template_card"]["main_title"]["title"] == "新任务 1001|环境卫生|3号楼"
    assert [button["key"] for button in body["template_card"]["button_list"]] == list(ORDERS)


def test_a_retry_is_the_same_card_and_another_message_is_not(scene: Scene) -> None:
    first, retry, second = (
        scene.sent(Outgoing(key, OFFER, account="zhao", orders=ORDERS)) for key in ("out-1", "out-1", "out-2")
    )
    assert first == retry
    assert first["template_card"]["task_id"] != second["template_card"]["task_id"]


def test_what_fits_no_card_is_sent_whole_as_a_text(scene: Scene) -> None:
    long = OFFER.replace("垃圾", "垃圾" * 100)
    body = scene.sent(Outgoing("out-1", long, account="zhao", orders=ORDERS))
    assert _seen(body["text"]["content"]) == long


def test_a_message_to_a_group_of_the_app(scene: Scene) -> None:
    assert scene.channel.send(Outgoing("out-1", "明天停水", group="chat1", orders=ORDERS)) == Receipt()
    [call] = scene.platform.calls
    assert (call.endpoint, call.json) == (
        "appchat/send",
        {"chatid": "chat1", "msgtype": "text", "text": {"content": "明天停水"}},
    )


def test_a_cut_off_message_is_unsure_for_a_person_and_given_up_for_a_group(scene: Scene) -> None:
    """The platform drops a person's duplicates, a group would read them twice."""
    scene.answers(Fault.CUT)
    with pytest.raises(ChannelUnsure):
        scene.channel.send(Outgoing("out-1", "明天停水", account="zhao"))
    with pytest.raises(CutOff):
        scene.channel.send(Outgoing("out-1", "明天停水", group="chat1"))
    assert scene.channel.checks_duplicates


def test_a_message_is_recalled(scene: Scene) -> None:
    assert isinstance(scene.channel, ChangesSent)
    scene.channel.recall("m-1")
    [call] = scene.platform.calls
    assert (call.method, call.endpoint, call.json) == ("POST", "message/recall", {"msgid": "m-1"})


def test_a_card_is_settled_for_one_person(scene: Scene) -> None:
    scene.channel.settle_card("zhao", "code-1", "已收回")
    [call] = scene.platform.calls
    assert (call.method, call.endpoint) == ("POST", "message/update_template_card")
    assert call.json == {
        "userids": ["zhao"],
        "agentid": 7,
        "response_code": "code-1",
        "button": {"replace_name": "已收回"},
    }
    scene.answers({"errcode": 0, "errmsg": "ok", "invaliduser": ["zhao"]})
    with pytest.raises(RecipientGone):
        scene.channel.settle_card("zhao", "code-1", "已收回")


def test_somebody_who_left(scene: Scene) -> None:
    scene.answers({"errcode": 0, "errmsg": "ok", "invaliduser": "zhao", "msgid": "m-1"})
    with pytest.raises(RecipientGone):
        scene.channel.send(Outgoing("out-1", "1001 已派单。", account="zhao"))


def test_photos(scene: Scene) -> None:
    scene.answers(Page(b"\xff\xd8\xff\xe0photo", "image/jpeg"))
    assert scene.channel.download("m-1") == b"\xff\xd8\xff\xe0photo"
    assert scene.platform.calls[-1].query["media_id"] == "m-1"
    scene.answers({"errcode": 40007, "errmsg": "invalid media_id"})
    with pytest.raises(MediaGone):
        scene.channel.download("m-1")


def test_the_limits_keep_below_what_the_platform_drops_in_silence(scene: Scene) -> None:
    assert {limit.seconds: limit.count <= {60: 30, 3600: 1000}[limit.seconds] for limit in scene.channel.limits} == {
        60: True,
        3600: True,
    }
    assert scene.channel.reach("zhao") is Reach.PRIVATE


ONLY_OURS = {"enable_duplicate_check", "duplicate_check_interval"}
TO_OTHERS = {"toparty", "totag"}


@needs_vectors
@pytest.mark.parametrize("pair", [p for p in golden_pairs("corp__message__message") if "SendText-" in f"{p.id}-"])
def test_a_text_is_the_request_of_the_example(scene: Scene, pair: dict[str, Any]) -> None:
    golden = {name: value for name, value in pair["request"].items() if name not in ONLY_OURS | TO_OTHERS}
    client = WecomClient(CORP, "s", scene.client._tokens, scene.client.API_BASE_URL.removesuffix("/cgi-bin/"), 1)
    channel = WecomAppChannel(client, TOKEN, KEY)
    channel.send(Outgoing("out-1", golden["text"]["content"], account=golden["touser"]))
    body = scene.platform.calls[-1].json
    body["text"]["content"] = _seen(body["text"]["content"])
    assert {name: value for name, value in body.items() if name not in ONLY_OURS} == golden
    channel.close()


@needs_vectors
@pytest.mark.parametrize(
    "pair", [p for p in golden_pairs("corp__message__appchat") if "SendAppchatText-" in f"{p.id}-"]
)
def test_a_group_message_is_the_request_of_the_example(scene: Scene, pair: dict[str, Any]) -> None:
    golden = pair["request"]
    assert scene.sent(Outgoing("out-1", golden["text"]["content"], group=golden["chatid"])) == golden


@needs_vectors
@pytest.mark.parametrize("pair", [p for p in golden_pairs("corp__message__message") if p.id.endswith("TestRecall")])
def test_a_recall_is_the_request_of_the_example(scene: Scene, pair: dict[str, Any]) -> None:
    scene.channel.recall(pair["request"]["msgid"])
    assert scene.platform.calls[-1].json == pair["request"]


@needs_vectors
@pytest.mark.parametrize(
    "pair", [p for p in golden_pairs("corp__message__template_card") if p.id.endswith("TestUpdateButtonDisable")]
)
def test_a_settled_card_is_the_request_of_the_example(scene: Scene, pair: dict[str, Any]) -> None:
    """But for whose cards change: with us one person's, there two people's and some parties' and tags'."""
    golden = {name: value for name, value in pair["request"].items() if name not in ("partyids", "tagids")}
    person = golden["userids"][0]
    scene.channel.settle_card(person, golden["response_code"], golden["button"]["replace_name"])
    assert scene.platform.calls[-1].json == golden | {"userids": [person], "agentid": 7}


def test_success_without_ids_is_success(scene: Scene) -> None:
    scene.answers(OK)
    assert scene.channel.send(Outgoing("out-1", "1001 已派单。", account="zhao")) == Receipt()
