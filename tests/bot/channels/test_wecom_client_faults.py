"""What every fault of the platform comes to: refused, surely not taken, or nobody knows."""

import socket
from contextlib import closing

import pytest

from bot.channels import (
    ChannelBusy,
    ChannelError,
    ChannelMisconfigured,
    ChannelUnsure,
    MediaGone,
    RecipientGone,
)
from bot.channels.wecom.client import WecomClient
from bot.channels.wecom.tokens import TokenStore
from tests.bot.channels.wecom_server import Answer, Fault, Page
from tests.bot.channels.wecom_talking import (
    CORP,
    HTML,
    SECRET,
    error_of_asking,
    hand_in,
    look,
    talking,
    talking_shortly,
    tell,
)

CODES = [
    (-1, ChannelBusy),
    (6000, ChannelBusy),
    (45033, ChannelBusy),
    (45009, ChannelBusy),
    (40001, ChannelMisconfigured),
    (48002, ChannelMisconfigured),
    (60011, ChannelMisconfigured),
    (301002, ChannelMisconfigured),
    (60020, ChannelMisconfigured),
    (40003, RecipientGone),
    (60111, RecipientGone),
    (81013, RecipientGone),
    (82001, RecipientGone),
    (86001, RecipientGone),
    (86003, RecipientGone),
    (86008, RecipientGone),
    (93000, RecipientGone),
    (40007, MediaGone),
    (40008, ChannelError),
    (40058, ChannelError),
    (45002, ChannelError),
    (44001, ChannelError),
    (99999, ChannelError),
]


@pytest.mark.parametrize(("code", "error"), CODES)
def test_what_a_code_comes_to(store: TokenStore, code: int, error: type[ChannelError]) -> None:
    found = error_of_asking(store, {"errcode": code, "errmsg": "the platform's words"}, tell)
    assert type(found) is error
    assert str(code) in str(found)
    assert "the platform's words" in str(found)
    if isinstance(found, ChannelBusy):
        assert found.retry_after == (60.0 if code == 45009 else None)


@pytest.mark.parametrize("address", ["203.0.113.7", "2001:db8:0:0:0:0:0:7"])
def test_an_untrusted_address_is_named_at_the_front(store: TokenStore, address: str) -> None:
    words = f"not allow to access from your ip, hint: [{'1' * 26}], from ip: {address}, more info at https://x"
    found = error_of_asking(store, {"errcode": 60020, "errmsg": words}, tell)
    assert type(found) is ChannelMisconfigured
    assert address in str(found)[:80]


def test_a_code_written_as_text_is_one(store: TokenStore) -> None:
    assert type(error_of_asking(store, {"errcode": "45033", "errmsg": "busy"}, tell)) is ChannelBusy


@pytest.mark.parametrize(
    ("answer", "told", "looked"),
    [
        (HTML, ChannelUnsure, ChannelBusy),
        (Page(b"<html>", status=502), ChannelUnsure, ChannelBusy),
        (Page(b"<html>", status=500), ChannelUnsure, ChannelBusy),
        (Page(b"", status=503), ChannelBusy, ChannelBusy),
        (Page(b"", status=429), ChannelBusy, ChannelBusy),
        (Page(b"", status=302), ChannelBusy, ChannelBusy),
        (Page(b"", status=404), ChannelBusy, ChannelBusy),
        (Page(b"[]", "application/json"), ChannelUnsure, ChannelBusy),
        (Page(b"{}", "application/json"), ChannelUnsure, ChannelBusy),
        (Page(b'{"errcode": null}', "application/json"), ChannelUnsure, ChannelBusy),
        (Page(b'{"errcode":' + b"[" * 100_000, "application/json"), ChannelUnsure, ChannelBusy),
        (Page(b'{"msgid": "m1"}', "application/json"), ChannelUnsure, ChannelBusy),
        (Page(b"", "application/json"), ChannelUnsure, ChannelBusy),
        (Fault.HANG, ChannelUnsure, ChannelBusy),
        (Fault.CUT, ChannelUnsure, ChannelBusy),
        (Fault.DRIP, ChannelUnsure, ChannelBusy),
    ],
)
def test_what_a_broken_answer_comes_to(
    store: TokenStore, answer: Answer, told: type[ChannelError], looked: type[ChannelError]
) -> None:
    talk = talking_shortly(store, answer) if isinstance(answer, Fault) else talking(store, answer)
    with talk as (client, platform):
        for ask, error in ((tell, told), (look, looked), (hand_in, looked)):
            with pytest.raises(ChannelError) as caught:
                ask(client)
            assert type(caught.value) is error
    # Nothing was tried a second time by itself.
    assert [call.endpoint for call in platform.calls] == ["message/send", "user/get", "media/upload"]


def test_nobody_listening_means_surely_not_taken(store: TokenStore) -> None:
    with talking(store) as (client, _platform):
        assert client.access_token
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with closing(WecomClient(CORP, SECRET, store, f"http://127.0.0.1:{port}")) as client:
        with pytest.raises(ChannelBusy) as caught:
            tell(client)
        assert type(caught.value) is ChannelBusy


@pytest.mark.parametrize("address", ["ftp://platform.test", "nonsense", "", "http://x:y"])
def test_an_address_that_is_none_is_for_the_administrator(store: TokenStore, address: str) -> None:
    with closing(WecomClient(CORP, SECRET, store, address)) as client, pytest.raises(ChannelMisconfigured):
        tell(client)


def test_no_other_host_is_told_the_token(store: TokenStore) -> None:
    with talking(store) as (client, platform):
        for address in ("https://evil.test/cgi-bin/user/get", "http://127.0.0.1/x"):
            with pytest.raises(ChannelError):
                client.get(address)
    assert platform.requests == []
