"""The switches: each does what it says, as often as it was told, and no more."""

from collections import Counter

import httpx2
import pytest

from bot.simulator.platform import Fault, Faults, Platform
from tests.simulator.platform.conftest import Call, text_to


def test_a_share_and_a_number_of_times() -> None:
    faults = Faults(seed=7)
    faults.set(Fault.LOSS, share=0.25)
    faults.set(Fault.BUSY, endpoint="message/send", times=2)
    lost = sum(1 for _ in range(1000) if faults.draw(Fault.LOSS))
    assert 200 < lost < 300
    assert [bool(faults.draw(Fault.BUSY, "user/get")) for _ in range(3)] == [False] * 3
    assert [bool(faults.draw(Fault.BUSY, "message/send")) for _ in range(3)] == [True, True, False]
    assert faults.happened == Counter({Fault.LOSS: lost, Fault.BUSY: 2})


def test_the_same_seed_gives_the_same_run() -> None:
    runs = []
    for _ in range(2):
        faults = Faults(seed=3)
        faults.set(Fault.LOSS, share=0.5)
        runs.append([bool(faults.draw(Fault.LOSS)) for _ in range(50)])
    assert runs[0] == runs[1]


def test_switched_off_one_by_one() -> None:
    faults = Faults()
    faults.set(Fault.LOSS)
    faults.set(Fault.HTML)
    faults.clear(Fault.LOSS)
    assert [switch.fault for switch in faults.on()] == [Fault.HTML]
    faults.clear()
    assert faults.on() == []


@pytest.mark.parametrize(
    ("fault", "errcode"), [(Fault.BUSY, -1), (Fault.RATE, 45009), (Fault.PARALLEL, 45033), (Fault.TOKEN_REVOKED, 40014)]
)
def test_codes_come_instead_of_the_message(call: Call, platform: Platform, fault: Fault, errcode: int) -> None:
    platform.faults.set(fault, endpoint="message/send", times=1)
    assert call("message/send", text_to("zhangsan"))["errcode"] == errcode
    assert platform.seen("zhangsan") == []
    assert call("message/send", text_to("zhangsan"))["errcode"] == 0


@pytest.mark.parametrize(("fault", "status"), [(Fault.SERVER_ERROR, 502), (Fault.HTML, 200)])
def test_a_page_comes_where_json_is_expected(web: httpx2.Client, platform: Platform, fault: Fault, status: int) -> None:
    platform.faults.set(fault, times=1)
    response = web.get("/cgi-bin/gettoken")
    assert (response.status_code, response.headers["content-type"]) == (status, "text/html; charset=utf-8")


@pytest.mark.parametrize(
    ("fault", "error", "shown"),
    [
        (Fault.HANG, httpx2.ReadTimeout, 0),
        (Fault.LOST_ANSWER, httpx2.ReadTimeout, 1),
        (Fault.CUT, httpx2.RemoteProtocolError, 1),
    ],
)
def test_whether_it_was_done_when_the_answer_is_missing(
    web: httpx2.Client, call: Call, platform: Platform, fault: Fault, error: type[Exception], shown: int
) -> None:
    call("user/get", userid="zhangsan")
    token = next(iter(platform.state.tokens))
    platform.faults.set(fault, endpoint="message/send", times=1, seconds=30)
    with pytest.raises(error):
        web.post("/cgi-bin/message/send", params={"access_token": token}, json=text_to("zhangsan"), timeout=2)
    assert len(platform.seen("zhangsan")) == shown


def test_late_is_still_done(call: Call, platform: Platform) -> None:
    platform.faults.set(Fault.LATENCY, endpoint="message/send", seconds=0.01)
    assert call("message/send", text_to("zhangsan"))["errcode"] == 0
