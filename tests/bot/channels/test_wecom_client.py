"""Our client: who was reached, one token for all, and no secret in any error or log."""

import logging
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import httpx2
import pytest

from bot.channels import (
    ChannelBusy,
    ChannelError,
    ChannelMisconfigured,
    RecipientGone,
)
from bot.channels.wecom.client import API_URL, DUPLICATE_CHECK, WecomClient
from bot.channels.wecom.tokens import TokenStore
from data.database import Database
from tests.bot.channels.wecom_server import OK, Answer, Fault, Page, Platform, Request, serving
from tests.bot.channels.wecom_talking import (
    CORP,
    HTML,
    SECRET,
    T1,
    T2,
    TEXT,
    Answers,
    error_of_asking,
    hand_in,
    look,
    loud,
    refusing,
    talking,
    talking_shortly,
    tell,
)


def test_every_message_asks_for_the_duplicate_check_and_names_the_app(store: TokenStore) -> None:
    with talking(store) as (client, platform):
        tell(client)
        client.message.send_text(8, "zhang", "好")
    assert [call.json["agentid"] for call in platform.calls] == [7, 8]
    assert all(call.json.items() >= DUPLICATE_CHECK.items() for call in platform.calls)
    assert platform.calls[0].json["text"]["content"] == "已登记：楼道灯"


def test_half_a_character_costs_only_itself(store: TokenStore) -> None:
    with talking(store) as (client, platform):
        client.post("message/send", data=TEXT | {"text": {"content": "楼\ud83d道"}})
    assert platform.calls[0].json["text"]["content"] == "楼?道"


@pytest.mark.parametrize(
    ("data", "lost"),
    [
        ({"touser": "zhang"}, {"invaliduser": "zhang"}),
        ({"touser": "ZHANG|li"}, {"invaliduser": "li|zhang"}),
        ({"touser": "zhang"}, {"unlicenseduser": "zhang"}),
        ({"touser": "zhang|li"}, {"invaliduser": "li", "unlicenseduser": "zhang"}),
        ({"userids": ["zhang"]}, {"invaliduser": ["zhang"]}),
    ],
)
def test_success_that_reached_nobody_is_none(store: TokenStore, data: dict[str, Any], lost: dict[str, Any]) -> None:
    error = error_of_asking(store, OK | lost, lambda c: c.post("message/send", data=data))  # type: ignore[operator]
    assert type(error) is RecipientGone


@pytest.mark.parametrize(
    ("data", "lost"),
    [
        ({"touser": "zhang"}, {"invaliduser": ""}),
        ({"touser": "zhang"}, {"invaliduser": None}),
        ({"touser": "zhang|li"}, {"invaliduser": "li"}),
        ({"touser": "zhang", "toparty": "2"}, {"invaliduser": "zhang"}),
        ({"touser": "@all"}, {"invaliduser": "li"}),
    ],
)
def test_success_that_reached_somebody_is_one(
    store: TokenStore, capsys: pytest.CaptureFixture[str], data: dict[str, Any], lost: dict[str, Any]
) -> None:
    answer = {"errcode": 0, "msgid": "m1"} | lost
    with talking(store, answer) as (client, _platform), loud():
        assert client.post("message/send", data=data) == answer
    assert ("members not reached" in capsys.readouterr().err) == bool(lost["invaliduser"])


@pytest.mark.parametrize("code", [40014, 42001, 41001])
@pytest.mark.parametrize("ask", [tell, look, hand_in])
def test_a_refused_token_is_renewed_once(store: TokenStore, code: int, ask: Callable[[WecomClient], Any]) -> None:
    with talking(store, refusing(code, {T1})) as (client, platform):
        assert ask(client) == OK
        assert ask(client) == OK
    assert [call.query["access_token"] for call in platform.calls] == [T1, T2, T2]
    assert platform.tokens == 2
    bodies = [call.body for call in platform.calls]
    assert ask is hand_in or bodies[0] == bodies[1]


@pytest.mark.parametrize("code", [40014, 42001])
@pytest.mark.parametrize("ask", [tell, look, lambda client: client.download("m1")])
def test_a_token_refused_for_ever_makes_no_loop(
    store: TokenStore, code: int, ask: Callable[[WecomClient], Any]
) -> None:
    with talking(store, refusing(code)) as (client, platform), pytest.raises(ChannelMisconfigured, match=str(code)):
        ask(client)
    assert (len(platform.calls), platform.tokens) == (2, 2)


def test_a_wrong_secret_is_not_tried_again(store: TokenStore) -> None:
    with talking(store, refusing(40001)) as (client, platform), pytest.raises(ChannelMisconfigured):
        tell(client)
    assert (len(platform.calls), platform.tokens) == (1, 1)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"errcode": 40001, "errmsg": "invalid credential"}, ChannelMisconfigured),
        ({"errcode": 40013, "errmsg": "invalid corpid"}, ChannelMisconfigured),
        ({"errcode": -1, "errmsg": "system busy"}, ChannelBusy),
        ({"errcode": 0, "errmsg": "ok"}, ChannelBusy),
        ({"errcode": 0, "access_token": ""}, ChannelBusy),
        ({"errcode": 0, "access_token": "x", "expires_in": "soon"}, ChannelBusy),
        (HTML, ChannelBusy),
        (Page(b"", status=502), ChannelBusy),
        (Fault.HANG, ChannelBusy),
        (Fault.CUT, ChannelBusy),
    ],
)
def test_no_token_means_nothing_was_sent(store: TokenStore, answer: Answer, error: type[ChannelError]) -> None:
    class NoTokens(Platform):
        def of(self, request: Request) -> Answer:
            self.requests.append(request)
            return answer

    platform = NoTokens()
    patience = httpx2.Timeout(0.3 if isinstance(answer, Fault) else 10)
    with serving(platform) as address:
        client = WecomClient(CORP, SECRET, store, address, timeouts=patience)
        with closing(client), pytest.raises(ChannelError) as caught:
            tell(client)
    assert type(caught.value) is error
    assert [request.endpoint for request in platform.requests] == ["gettoken"]


def test_twenty_threads_on_a_cold_token_ask_once(database_url: str) -> None:
    with (
        closing(Database(database_url)) as database,
        talking(TokenStore(database)) as (client, platform),
        ThreadPoolExecutor(20) as pool,
    ):
        assert [future.result() for future in [pool.submit(tell, client) for _ in range(20)]] == [OK] * 20
    assert (platform.tokens, len(platform.calls)) == (1, 20)


def test_twenty_threads_with_a_refused_token_ask_once_more(store: TokenStore) -> None:
    with talking(store, refusing(42001, {T1})) as (client, platform), ThreadPoolExecutor(20) as pool:
        assert client.access_token == T1
        assert [future.result() for future in [pool.submit(tell, client) for _ in range(20)]] == [OK] * 20
    assert platform.tokens == 2


def test_replicas_share_the_token(store: TokenStore) -> None:
    with talking(store) as (client, platform):
        other = WecomClient(CORP, SECRET, store, client.API_BASE_URL.removesuffix("/cgi-bin/"))
        with closing(other):
            assert (client.access_token, other.access_token) == (T1, T1)
    assert platform.tokens == 1


def _echoing(request: Request) -> Answer:
    """A server that repeats what it was told."""
    return {"errcode": 40058, "errmsg": f"wrong: access_token={request.query.get('access_token')}"}


SCENES: list[Answers | Answer] = [
    OK,
    _echoing,
    refusing(40014),
    refusing(40001),
    {"errcode": 60020, "errmsg": "from ip: 1.2.3.4"},
    HTML,
    Page(b"", status=502),
    Page(b"", status=302),
    Fault.HANG,
    Fault.CUT,
]


@pytest.mark.parametrize("scene", SCENES, ids=range(len(SCENES)))
def test_secrets_are_in_no_error_and_in_no_log(
    store: TokenStore, scene: Answers | Answer, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also not at the most talkative level, where httpx2 would write whole addresses."""
    caplog.set_level(logging.DEBUG)
    said = []
    talk = talking_shortly(store, scene) if isinstance(scene, Fault) else talking(store, scene)
    with talk as (client, platform), loud():
        for ask in (tell, look, hand_in, lambda client: client.download("m1")):
            try:
                ask(client)
            except ChannelError as error:
                said.append("".join(traceback.format_exception(error)))
    everything = caplog.text + capsys.readouterr().err + "".join(said)
    assert len(platform.calls) >= 4
    assert "/cgi-bin/gettoken" in caplog.text
    for secret in (SECRET, *(_token_of(call) for call in platform.calls)):
        assert secret not in everything


def _token_of(request: Request) -> str:
    return request.query["access_token"]


def test_a_platform_that_repeats_the_secret_is_not_quoted(store: TokenStore, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    class Repeating(Platform):
        def of(self, request: Request) -> Answer:
            return {"errcode": 40001, "errmsg": f"invalid credential: {request.query['corpsecret']}"}

    with serving(Repeating()) as address, closing(WecomClient(CORP, SECRET, store, address)) as client:
        with pytest.raises(ChannelMisconfigured, match=r"invalid credential: \*\*\*") as caught:
            tell(client)
        assert SECRET not in caplog.text + "".join(traceback.format_exception(caught.value))


def test_the_real_platform_is_the_default(store: TokenStore) -> None:
    with closing(WecomClient(CORP, SECRET, store)) as client:
        assert f"{API_URL}/cgi-bin/" == client.API_BASE_URL
