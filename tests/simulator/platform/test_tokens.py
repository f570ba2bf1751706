"""Tokens: the same while it lives, gone early at the platform's will, and only ever in the address."""

from typing import Any

import httpx2
import pytest

from bot.simulator.platform import Platform
from tests.simulator.platform.conftest import AGENT, CORP, SECRET, Call, text_to, token_of


def ask(web: httpx2.Client, **query: str) -> dict[str, Any]:
    return dict(web.get("/cgi-bin/gettoken", params=query).json())


def test_the_same_token_while_it_lives_and_another_after_two_hours(web: httpx2.Client, platform: Platform) -> None:
    first = ask(web, corpid=CORP, corpsecret=SECRET)
    platform.clock.advance(7000)
    again = ask(web, corpid=CORP, corpsecret=SECRET)
    assert first["expires_in"] == 7200
    assert (again["access_token"], again["expires_in"]) == (first["access_token"], 200)
    platform.clock.advance(200)
    assert ask(web, corpid=CORP, corpsecret=SECRET)["access_token"] != first["access_token"]


@pytest.mark.parametrize(
    ("query", "errcode"),
    [
        ({"corpsecret": SECRET}, 41002),
        ({"corpid": CORP}, 41004),
        ({"corpid": "ww-other", "corpsecret": SECRET}, 40013),
        ({"corpid": CORP, "corpsecret": "wrong"}, 40001),
    ],
)
def test_what_is_wrong_has_a_code(web: httpx2.Client, query: dict[str, str], errcode: int) -> None:
    assert ask(web, **query)["errcode"] == errcode


def test_who_goes_on_guessing_is_shut_out_for_an_hour(web: httpx2.Client, platform: Platform) -> None:
    for _ in range(5):
        ask(web, corpid=CORP, corpsecret="wrong")
    assert ask(web, corpid=CORP, corpsecret=SECRET)["errcode"] == 45009
    platform.clock.advance(3600)
    assert ask(web, corpid=CORP, corpsecret=SECRET)["errcode"] == 0


def test_a_token_counts_in_the_address_only(web: httpx2.Client) -> None:
    token = token_of(web)
    body = {**text_to("zhangsan"), "access_token": token}
    headers = {"authorization": f"Bearer {token}"}
    assert web.post("/cgi-bin/message/send", json=body, headers=headers).json()["errcode"] == 41001


def test_unknown_revoked_and_expired_tokens(call: Call, web: httpx2.Client, platform: Platform) -> None:
    assert call("user/get", userid="zhangsan", access_token="x")["errcode"] == 40014
    token = token_of(web)
    platform.clock.advance(7200)
    assert call("user/get", userid="zhangsan", access_token=token)["errcode"] == 42001
    fresh = token_of(web)
    platform.revoke_tokens()
    assert call("user/get", userid="zhangsan", access_token=fresh)["errcode"] == 40014
    assert call("user/get", userid="zhangsan")["errcode"] == 0


def test_an_untrusted_address_is_named_and_trusted_after_a_minute(
    call: Call, web: httpx2.Client, platform: Platform
) -> None:
    token = token_of(web)
    platform.trust_only("10.0.0.1")
    refused = call("user/get", userid="zhangsan", access_token=token)
    assert refused["errcode"] == 60020
    assert "from ip: 127.0.0.1" in refused["errmsg"]
    platform.trust_only("127.0.0.1")
    platform.clock.advance(59)
    assert call("user/get", userid="zhangsan", access_token=token)["errcode"] == 60020
    platform.clock.advance(1)
    assert call("user/get", userid="zhangsan", access_token=token)["errcode"] == 0


def test_the_wrong_method_and_a_body_that_is_no_object(call: Call, web: httpx2.Client) -> None:
    assert call("message/send", agentid=str(AGENT))["errcode"] == 43002
    assert call("user/get", {}, userid="zhangsan")["errcode"] == 43001
    broken = web.post("/cgi-bin/message/send", params={"access_token": token_of(web)}, content=b"[1]")
    assert broken.json()["errcode"] == 47001
    assert web.get("/cgi-bin/no/such").status_code == 404
