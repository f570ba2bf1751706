"""The webhook channel: reminders into a group of colleagues, by a robot that can send and hear nothing.

The robot's key is its only credential; it is asked for at every send and appears in no error and no log.
"""

import base64
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import httpx2

from bot.channels import (
    BadCallback,
    ChannelError,
    Limit,
    MediaGone,
    NotAsked,
    Outgoing,
    Receipt,
    Receive,
    Received,
)
from bot.channels.wecom.requests import Call, WecomRequests
from bot.outbox.pieces import size_of
from handlers.message import Reach

API_URL = "https://qyapi.weixin.qq.com"
LONGEST_MARKDOWN_BYTES = 4096
LARGEST_IMAGE_BYTES = 2 * 1024 * 1024
SMALLEST_FILE_BYTES, LARGEST_FILE_BYTES = 6, 20 * 1024 * 1024
IMAGE_BEGINNINGS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")
MOST_ARTICLES = 8

Body = dict[str, Any]


@dataclass(frozen=True)
class Article:
    """One entry of a news message."""

    title: str
    url: str
    description: str = ""
    picurl: str = ""


class WecomWebhookChannel:
    """Sends to groups; `keys` gives the key of a group's robot by the group's platform id."""

    name = "wecom_webhook"
    checks_duplicates = False
    can_send_now = True
    longest_text_bytes = 2048
    limits: tuple[Limit, ...] = (Limit(20, 60),)

    def __init__(
        self,
        keys: Callable[[str], str | None],
        base_url: str = API_URL,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        self._keys = keys
        self._requests = WecomRequests(base_url, transport)

    def reach(self, account: str) -> Reach:
        return Reach.GROUP_ONLY

    def start(self, receive: Receive) -> None:
        """Nothing comes in."""

    def verify(self, query: Mapping[str, str]) -> bytes:
        raise BadCallback("群机器人只能发送，没有回调")

    def open(self, body: bytes, query: Mapping[str, str]) -> Received:
        raise BadCallback("群机器人只能发送，没有回调")

    def send(self, outgoing: Outgoing) -> Receipt:
        self.post(outgoing.group, text(outgoing.text))
        return Receipt()

    def post(self, group: str | None, body: Body) -> None:
        """Hand over a body made by one of the functions below; raises ChannelError or one of its kinds."""
        content = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
        call = Call("POST", "webhook/send", visible=True, content=content)
        self._requests.result(call, {"key": self._key(group)})

    def upload(self, group: str | None, name: str, content: bytes) -> str:
        """The media id of a file, good for three days and for this group's robot alone."""
        if not SMALLEST_FILE_BYTES <= len(content) <= LARGEST_FILE_BYTES:
            raise ChannelError(f"文件有 {len(content)} 字节，平台只收 6 字节到 20 MB 的")
        call = Call("POST", "webhook/upload_media", params={"type": "file"}, files={"media": (name, content)})
        answer = self._requests.result(call, {"key": self._key(group)})
        media_id = answer.get("media_id")
        if not isinstance(media_id, str) or not media_id:
            raise ChannelError("平台没有给文件编号")
        return media_id

    def download(self, reference: str) -> bytes:
        raise MediaGone("群机器人收不到照片")

    def close(self) -> None:
        self._requests.close()

    def _key(self, group: str | None) -> str:
        key = self._keys(group) if group else None
        if not key:
            raise NotAsked("这个群没有登记机器人的 key，或者不是群")
        return key


def text(content: str, mentioned: Iterable[str] = (), mentioned_mobiles: Iterable[str] = ()) -> Body:
    """Plain words; `mentioned` are members' ids or `@all`."""
    limited(content, WecomWebhookChannel.longest_text_bytes)
    lists = {"mentioned_list": list(mentioned), "mentioned_mobile_list": list(mentioned_mobiles)}
    return {"msgtype": "text", "text": {"content": content} | {name: who for name, who in lists.items() if who}}


def markdown(content: str) -> Body:
    limited(content, LONGEST_MARKDOWN_BYTES)
    return {"msgtype": "markdown", "markdown": {"content": content}}


def image(content: bytes) -> Body:
    """A JPEG or PNG picture; the digest is that of its own bytes, not of their base64."""
    if len(content) > LARGEST_IMAGE_BYTES or not content.startswith(IMAGE_BEGINNINGS):
        raise ChannelError("图片不是 JPG、PNG，或者超过 2 MB")
    digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
    return {"msgtype": "image", "image": {"base64": base64.b64encode(content).decode(), "md5": digest}}


def file(media_id: str) -> Body:
    return {"msgtype": "file", "file": {"media_id": media_id}}


def news(articles: Iterable[Article]) -> Body:
    """One to eight entries; what is empty in them is left out."""
    entries = [{name: value for name, value in asdict(article).items() if value} for article in articles]
    if not 1 <= len(entries) <= MOST_ARTICLES or not all({"title", "url"} <= entry.keys() for entry in entries):
        raise ChannelError("图文消息要有 1 到 8 条，每条都要有标题和网址")
    return {"msgtype": "news", "news": {"articles": entries}}


def limited(content: str, longest_bytes: int) -> None:
    if not 0 < size_of(content) <= longest_bytes:
        raise ChannelError(f"消息有 {size_of(content)} 字节，平台最多收 {longest_bytes} 字节")
