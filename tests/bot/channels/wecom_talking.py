"""Our client talking to the tiny server, and the usual things it asks for."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from io import BytesIO
from typing import Any

import httpx2
import pytest

from bot.channels import ChannelError
from bot.channels.wecom.client import WecomClient
from bot.channels.wecom.tokens import TokenStore
from bot.commands.prepare import log_to_stderr
from tests.bot.channels.wecom_server import OK, Answer, Fault, Page, Platform, Request, serving, token

T1, T2 = token(1), token(2)
CORP, SECRET = "ww1", "the-secret-of-the-app-0123456789"
TEXT = {"touser": "zhang", "msgtype": "text", "text": {"content": "已登记：楼道灯"}}
PHOTO = b"\xff\xd8\xff\xe0" + b"p" * 100
HTML = Page(b"<!DOCTYPE html><html>busy</html>")
Answers = Callable[[Request], Answer]


@contextmanager
def loud() -> Iterator[None]:
    """Our own log lines of every level are written, and can be captured."""
    log_to_stderr("DEBUG")
    try:
        yield
    finally:
        log_to_stderr("CRITICAL")


@contextmanager
def talking(store: TokenStore, answer: Answers | Answer = OK) -> Iterator[tuple[WecomClient, Platform]]:
    """A client, and the platform it talks to."""
    platform = Platform(answer if callable(answer) else lambda request: answer)
    with serving(platform) as address, closing(WecomClient(CORP, SECRET, store, address, 7)) as client:
        yield client, platform


@contextmanager
def talking_shortly(store: TokenStore, answer: Answer) -> Iterator[tuple[WecomClient, Platform]]:
    """A client that has a token already and soon gives up."""
    with talking(store, answer) as (patient, platform):
        assert patient.access_token
        address = patient.API_BASE_URL.removesuffix("/cgi-bin/")
        short = httpx2.Timeout(0.2, connect=5)
        with closing(WecomClient(CORP, SECRET, store, address, 7, timeouts=short, whole_seconds=0.2)) as client:
            yield client, platform


def error_of_asking(store: TokenStore, answer: Answers | Answer, ask: Callable[[WecomClient], Any]) -> ChannelError:
    talk = talking_shortly(store, answer) if isinstance(answer, Fault) else talking(store, answer)
    with talk as (client, _platform), pytest.raises(ChannelError) as caught:
        ask(client)
    return caught.value


def tell(client: WecomClient) -> Any:
    return client.post("message/send", data=TEXT)


def look(client: WecomClient) -> Any:
    return client.get("user/get", params={"userid": "zhang"})


def hand_in(client: WecomClient) -> Any:
    return client.media.upload("image", ("a.jpg", BytesIO(PHOTO), "image/jpeg"))


def refusing(code: int, tokens: set[str] | None = None) -> Answers:
    """Refuses these tokens, or all of them."""

    def answer(request: Request) -> Answer:
        refused = tokens is None or request.query["access_token"] in tokens
        return {"errcode": code, "errmsg": "no"} if refused else OK

    return answer
