"""The page of what was sent or not: lists, reasons, and what a person may do about it."""

import datetime as dt
from typing import Any

import pytest

from bot.outbox import breaker
from data.models import Afterwards, ChannelState, OutboxMessage, OutboxStatus
from tests.bot.web.office import ADMINISTRATOR, HEAD, Office
from tests.talking import MONDAY

PAGE = "/console/outbox"
UNTRUSTED = "errcode 60020：请登记可信 IP（from ip: 203.0.113.7）"


@pytest.fixture
def office(sqlite_talk: Any) -> Office:
    office = Office(sqlite_talk)
    office.at_talks_time()
    return office


def _row(office: Office, status: OutboxStatus, error: str = "", **more: Any) -> int:
    values: dict[str, Any] = {"channel": "console", "conversation": "console:u:r001", "account_platform_id": "r001"}
    values |= {"text": "住3-2-501", "created_at": MONDAY, "not_before": MONDAY, "attempts": 2} | more
    with office.talk.bot.database.writing() as session:
        row = OutboxMessage(**values, status=status, error=error)
        session.add(row)
        session.commit()
        return row.id or 0


def _states(office: Office) -> dict[int, tuple[OutboxStatus, int]]:
    return {row.id: (row.status, row.attempts) for row in office.talk.rows(OutboxMessage)}


def test_the_lists(office: Office) -> None:
    _row(office, OutboxStatus.DEAD, "errcode 93000：机器人被移出")
    _row(office, OutboxStatus.UNKNOWN, "连接中断")
    _row(office, OutboxStatus.QUEUED, quiet_until=MONDAY + dt.timedelta(hours=9), attempts=0)
    _row(office, OutboxStatus.SENT)
    admin = office.signed_in(ADMINISTRATOR)
    dead, unknown, waiting = (admin.get(f"{PAGE}?shown={shown}").text for shown in ("dead", "unknown", "waiting"))
    assert admin.get(PAGE).text == dead
    for page in (dead, unknown, waiting):
        assert page.count("（1）") == 3
        assert "501" not in page  # what was said is not for everybody who administers
    assert "errcode 93000：机器人被移出" in dead
    assert "再试一次" in dead
    assert "连接中断" in unknown
    assert "仍要重发" in unknown
    assert "夜间不打扰" in waiting
    assert 'name="outbox_id"' not in waiting


def test_what_could_not_be_recalled_is_listed_and_nobody_sends_it_again(office: Office) -> None:
    _row(office, OutboxStatus.SENT, "已经超过平台允许的时间。", afterwards=Afterwards.LEFT)
    _row(office, OutboxStatus.UNKNOWN, "连接中断", afterwards=Afterwards.RECALL)
    _row(office, OutboxStatus.SENT, afterwards=Afterwards.DONE)
    admin = office.signed_in(ADMINISTRATOR)
    left, unknown = (admin.get(f"{PAGE}?shown={shown}").text for shown in ("left", "unknown"))
    assert "没能收回（1）" in left
    assert "已经超过平台允许的时间。" in left
    assert "连接中断" in unknown
    assert 'name="outbox_id"' not in left + unknown


def test_whom_it_was_for(office: Office) -> None:
    office.talk.say("zhao.haitao", "帮助", group=None)
    _row(office, OutboxStatus.DEAD, "x", account_platform_id="zhao.haitao")
    _row(office, OutboxStatus.DEAD, "x")
    _row(office, OutboxStatus.DEAD, "x", group_platform_id="g001", account_platform_id=None, case_id=None)
    page = office.signed_in(ADMINISTRATOR).get(PAGE).text
    names = [group.name for group in office.talk.bot.directory().groups.values() if group.platform_id == "g001"]
    assert "赵海涛" in page
    assert "给居民，演示窗口" in page
    assert f"群「{names[0]}」" in page


@pytest.mark.parametrize("status", [OutboxStatus.DEAD, OutboxStatus.UNKNOWN])
def test_what_ended_is_sent_once_more(office: Office, status: OutboxStatus) -> None:
    first = _row(office, status, "x")
    _row(office, status, "x", merged_into_id=first, text="合并的")
    admin = office.signed_in(ADMINISTRATOR)
    answer = office.post(admin, f"{PAGE}/again", outbox_id=first)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PAGE}?shown={status.value}")
    assert set(_states(office).values()) == {(OutboxStatus.QUEUED, 0)}
    assert [sent.text for sent in office.talk.deliver()] == ["住3-2-501\n\n合并的"]


@pytest.mark.parametrize("status", [OutboxStatus.SENT, OutboxStatus.SENDING, OutboxStatus.QUEUED])
def test_nothing_else_is(office: Office, status: OutboxStatus) -> None:
    row = _row(office, status)
    admin = office.signed_in(ADMINISTRATOR)
    assert office.post(admin, f"{PAGE}/again", outbox_id=row).status_code == 303
    assert _states(office) == {row: (status, 2)}


def test_a_platform_that_needs_a_person(office: Office) -> None:
    bot = office.talk.bot
    with bot.database.writing() as session:
        breaker.needs_person(session, "console", MONDAY, UNTRUSTED)
        session.commit()
    row = _row(office, OutboxStatus.QUEUED, UNTRUSTED, not_before=MONDAY + dt.timedelta(hours=1))
    admin = office.signed_in(ADMINISTRATOR)
    for path in (PAGE, "/console/attention"):
        page = admin.get(path).text
        assert "203.0.113.7" in page
        assert "要人处理" in page
    assert office.talk.deliver() == []
    assert office.post(admin, f"{PAGE}/channel", channel="console").status_code == 303
    assert len(office.talk.deliver()) == 1
    assert _states(office)[row][0] is OutboxStatus.SENT
    assert office.talk.rows(ChannelState) == []
    assert "要人处理" not in admin.get(PAGE).text


def test_a_platform_that_is_down_is_tried_again_by_itself(office: Office) -> None:
    with office.talk.bot.database.writing() as session:
        for _ in range(breaker.FAILURES_IN_A_ROW - 1):
            breaker.failed(session, "wecom_app", MONDAY, "连不上平台")
        session.commit()
    admin = office.signed_in(ADMINISTRATOR)
    assert "连不上平台" not in admin.get(PAGE).text  # a few failures are nobody's business
    with office.talk.bot.database.writing() as session:
        breaker.failed(session, "wecom_app", MONDAY, "连不上平台")
        session.commit()
    for path in (PAGE, "/console/attention"):
        page = admin.get(path).text
        assert "企业微信自建应用" in page
        assert "连不上平台" in page
        assert "自动再试" in page or "会自动再试" in page


def test_only_administrators_and_only_own_forms(office: Office) -> None:
    row = _row(office, OutboxStatus.DEAD, "x")
    head, admin = office.signed_in(HEAD), office.signed_in(ADMINISTRATOR)
    assert head.get(PAGE).status_code == 403
    assert office.post(head, f"{PAGE}/again", outbox_id=row).status_code == 403
    assert admin.post(f"{PAGE}/again", data={"outbox_id": row}).status_code == 403
    assert _states(office) == {row: (OutboxStatus.DEAD, 2)}


def test_no_input_makes_the_server_stumble(office: Office) -> None:
    admin = office.signed_in(ADMINISTRATOR)
    for value in ("0", "-1", "9" * 12, "9" * 30, "x", "", "1.5", "\x00"):
        assert office.post(admin, f"{PAGE}/again", outbox_id=value).status_code == 422, value
        assert admin.get(PAGE, params={"shown": value}).status_code == 422, value
    assert office.post(admin, f"{PAGE}/again", outbox_id=999).status_code == 303
    for name in ("", "x" * 33, "\x00", "'; drop table outbox", "群"):
        assert office.post(admin, f"{PAGE}/channel", channel=name).status_code == 422, name
    assert office.post(admin, f"{PAGE}/channel", channel="unknown").status_code == 303


def test_what_a_platform_says_is_escaped(office: Office) -> None:
    _row(office, OutboxStatus.DEAD, "<script>alert(1)</script>")
    page = office.signed_in(ADMINISTRATOR).get(PAGE).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page
