"""The self-built app of WeCom: members talk to it privately, press buttons on its cards, and get its messages."""

import datetime as dt
import hashlib
import math
import time
import zlib
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from bot.channels import BadCallback, ChannelUnsure, CutOff, Limit, Outgoing, Receipt, Receive, Received
from bot.channels.cards import button_card, order_of, settles
from bot.channels.wecom.client import WecomClient
from bot.channels.wecom.crypto import WecomCrypto
from bot.channels.wecom.xml import parse, render
from handlers.message import IncomingMessage, Kind, Location, Reach

LONGEST_TEXT_BYTES = 2048
# Two characters that nobody sees; sixteen of them make two equal texts differ, see `_marked`.
INVISIBLE = ("\u200b", "\u200c")
MARK_BITS = 16
MARK_BYTES = MARK_BITS * len(INVISIBLE[0].encode())
LONGEST_ID = 128
LATEST = 4_102_444_800  # the year 2100
CUT_SHORT = "…"
PRESSED = "已提交"
WITHOUT_NUMBER = ("CreateTime", "MsgType", "EventKey", "TaskId", "Content", "MediaId")
# What a member may send that we cannot read; it gets an answer all the same.
UNREADABLE = frozenset({"video", "shortvideo", "link", "file", "miniprogram"})


class WecomAppChannel:
    """One self-built app. Its groups (appchat) only listen: what is said in them never reaches us."""

    name = "wecom_app"
    # The platform compares contents, and `_marked` makes contents differ exactly where keys do. Groups have no such
    # check: there a send that was cut off is given up instead of being tried again.
    checks_duplicates = True
    longest_text_bytes = LONGEST_TEXT_BYTES - MARK_BYTES
    # A member takes 30 a minute and 1000 an hour, what is more vanishes without an error. The margin is for answers
    # in responses and for what another replica sends in the same second.
    limits: tuple[Limit, ...] = (Limit(27, 60), Limit(950, 3600))

    can_send_now = True
    recall_within, settle_within = dt.timedelta(hours=24), dt.timedelta(hours=72)

    def __init__(self, client: WecomClient, token: str, aes_key: str) -> None:
        self._client = client
        self._crypto = WecomCrypto(token, aes_key, client.corp_id)

    def reach(self, account: str) -> Reach:
        return Reach.PRIVATE

    def start(self, receive: Receive) -> None:
        """Messages come by callback."""

    def verify(self, query: Mapping[str, str]) -> bytes:
        return self._crypto.verify_echo(query, time.time())

    def open(self, body: bytes, query: Mapping[str, str]) -> Received:
        encrypted = parse(body).get("Encrypt")
        if not isinstance(encrypted, str):
            raise BadCallback("no Encrypt")
        content = parse(self._crypto.open(encrypted, query, time.time()))
        message = incoming(content, int(query["timestamp"]))
        if message is None:
            return Received(None, _nothing, media_type="text/xml")
        if _text(content, "MsgType") != "event":
            return Received(message, partial(self._say, message.sender), media_type="text/xml")
        return Received(message, partial(self._pressed, message), passive=False, media_type="text/xml")

    def send(self, outgoing: Outgoing) -> Receipt:
        if outgoing.group is not None:
            return self._send_to_group(outgoing.group, outgoing.text)
        who = {"touser": outgoing.account or ""}
        card = button_card(outgoing.key, outgoing.text, outgoing.orders)
        if card is None:
            content: dict[str, Any] = _as_text(_marked(outgoing))
        else:
            content = {"msgtype": "template_card", "template_card": card}
        answer = self._client.post("message/send", data=who | content)
        return Receipt(str(answer.get("msgid") or ""), str(answer.get("response_code") or ""))

    def recall(self, message_id: str) -> None:
        self._client.post("message/recall", data={"msgid": message_id})

    def settle_card(self, account: str, response_code: str, words: str) -> None:
        which = {"userids": [account], "agentid": self._client.agent_id, "response_code": response_code}
        self._client.post("message/update_template_card", data=which | {"button": {"replace_name": words}})

    def download(self, reference: str) -> bytes:
        return self._client.download(reference)

    def close(self) -> None:
        self._client.close()

    def _send_to_group(self, group: str, text: str) -> Receipt:
        try:
            self._client.post("appchat/send", data={"chatid": group} | _as_text(text))
        except ChannelUnsure as error:
            raise CutOff(f"没有再发，群里可能已经收到：{error}") from error
        return Receipt()

    def _say(self, member: str, text: str | None) -> bytes:
        return b"" if not text else self._sealed(member, {"MsgType": "text", "Content": _shortened(text)})

    def _pressed(self, message: IncomingMessage, text: str | None) -> bytes:
        """What the card of the one who pressed shows: neutral words, for whether the order was taken is said apart.

        A card on which more may be pressed, such as 办结 after 到场, keeps its buttons.
        """
        if not settles(message.text):
            return b""
        return self._sealed(message.sender, {"MsgType": "update_button", "Button": {"ReplaceName": PRESSED}})

    def _sealed(self, member: str, answer: dict[str, Any]) -> bytes:
        now = time.time()
        head = {"ToUserName": member, "FromUserName": self._client.corp_id, "CreateTime": int(now)}
        encrypted, signature, timestamp, nonce = self._crypto.seal(render(head | answer), now)
        return render({"Encrypt": encrypted, "MsgSignature": signature, "TimeStamp": int(timestamp), "Nonce": nonce})


def incoming(content: Mapping[str, Any], now: int) -> IncomingMessage | None:
    """The message in a callback; None for what is not for us, such as events and types of the future."""
    sender, kind = _text(content, "FromUserName"), _text(content, "MsgType")
    if kind == "event":
        fields = _click(content) if _text(content, "Event") == "template_card_event" else None
    else:
        fields = _said(content, kind)
    if fields is None:
        return None
    if not 0 < len(sender) <= LONGEST_ID:
        raise BadCallback("no proper FromUserName")
    return IncomingMessage(
        channel=WecomAppChannel.name,
        platform_id=_message_id(content),
        sender=sender,
        sent_at=dt.datetime.fromtimestamp(_moment(content, now), dt.UTC),
        addressed=True,
        **fields,
    )


def _said(content: Mapping[str, Any], kind: str) -> dict[str, Any] | None:
    if kind == "text":
        return {"text": _text(content, "Content")}
    if kind == "image":
        return {"kind": Kind.IMAGE, "media": tuple(filter(None, [_text(content, "MediaId")]))}
    if kind == "voice":
        return {"kind": Kind.VOICE, "text": _text(content, "Recognition")}
    if kind == "location":
        place = _location(content)
        return {"kind": Kind.LOCATION if place else Kind.OTHER, "location": place}
    return {"kind": Kind.OTHER} if kind in UNREADABLE else None


def _click(content: Mapping[str, Any]) -> dict[str, Any] | None:
    """The typed order behind a pressed button."""
    key = _text(content, "EventKey")
    return {"text": order_of(key, _chosen(content.get("SelectedItems")))} if key else None


def _chosen(selected: Any) -> Iterator[str]:
    """The ids of everything chosen on a card; one element or several look different in XML."""
    if isinstance(selected, str):
        yield selected
    elif isinstance(selected, list):
        for one in selected:
            yield from _chosen(one)
    elif isinstance(selected, dict):
        for name in ("SelectedItem", "OptionIds", "OptionId"):
            yield from _chosen(selected.get(name))


def _location(content: Mapping[str, Any]) -> Location | None:
    try:
        latitude, longitude = float(_text(content, "Location_X")), float(_text(content, "Location_Y"))
    except ValueError:
        return None
    on_earth = math.isfinite(latitude) and abs(latitude) <= 90 and math.isfinite(longitude) and abs(longitude) <= 180
    return Location("", _text(content, "Label"), latitude, longitude) if on_earth else None


def _message_id(content: Mapping[str, Any]) -> str:
    """What a repeated callback is known by. Events have no MsgId, and one member's id must never hide another's."""
    sender, number = _text(content, "FromUserName"), _text(content, "MsgId")
    if number and len(sender) + len(number) < LONGEST_ID:
        return f"{sender}:{number}"
    parts = [sender, number, *(_text(content, name) for name in WITHOUT_NUMBER)]
    return f"sha256:{hashlib.sha256(repr(parts).encode()).hexdigest()}"


def _moment(content: Mapping[str, Any], now: int) -> int:
    stated = _text(content, "CreateTime")
    return (
        int(stated) if stated.isascii() and stated.isdecimal() and len(stated) < 12 and int(stated) <= LATEST else now
    )


def _text(content: Mapping[str, Any], name: str) -> str:
    """The text of an element that is there once; what is missing, empty or of another shape is no text."""
    value = content.get(name)
    return value if isinstance(value, str) else ""


def _as_text(text: str) -> dict[str, Any]:
    return {"msgtype": "text", "text": {"content": text}}


def _marked(outgoing: Outgoing) -> str:
    """The text with an invisible mark of its key, so that a second equal reminder within four hours is not dropped.

    At the end of the first line, where no link can take it in; a retry carries the same mark.
    """
    bits = zlib.crc32(outgoing.key.encode()) & (2**MARK_BITS - 1)
    mark = "".join(INVISIBLE[bits >> place & 1] for place in range(MARK_BITS))
    line, newline, rest = outgoing.text.partition("\n")
    return f"{mark}{outgoing.text}" if "://" in line else f"{line}{mark}{newline}{rest}"


def _shortened(text: str) -> str:
    """What an answer in a response can hold, cut at the end of a line if there is one."""
    content = text.encode("utf-8", "replace")
    if len(content) <= LONGEST_TEXT_BYTES:
        return text
    room = LONGEST_TEXT_BYTES - len(f"\n{CUT_SHORT}".encode())
    kept = content[:room].decode("utf-8", "ignore")
    whole_lines = kept.rpartition("\n")[0]
    return f"{whole_lines or kept}\n{CUT_SHORT}"


def _nothing(text: str | None) -> bytes:
    return b""
