"""The office's pages: nothing without a session, nothing beyond one's post, and numbers that can be checked."""

import datetime as dt
import re
from typing import Any

import pytest

from bot.web import HEADERS, OF_FILES
from data.models import (
    AccessLog,
    FailedMessage,
    Message,
    OutboxMessage,
    OutboxStatus,
    Outcome,
    SealedMatter,
    SealedState,
)
from tests.bot.web.office import ADMINISTRATOR, GRID_MEMBER, HEAD, READER, Office
from tests.handlers.cases.test_drift import cases
from tests.talking import Talk

# All that may be seen without a session; whatever page is added later is not among it.
PUBLIC = {"/", "/healthz", "/sign-in", "/sign-out", "/callback/{channel_name}"}
PUBLIC |= {"/task/{token}", "/task/{token}/photo/{photo_id}"}
SCRIPT = "<script>alert('x')</script>"
LAMP = "3号楼2单元楼道灯坏了三天了"


def _closed_doors(office: Office) -> list[tuple[str, str]]:
    paths = office.app.openapi()["paths"]
    return [(path, method) for path, methods in paths.items() if path not in PUBLIC for method in methods]


def _today(talk: Talk) -> None:
    """The pages show the last days, so what is told here happens today."""
    talk.now = dt.datetime.now(dt.UTC)


def _three_cases(talk: Talk) -> None:
    """One closed by its reporter, one done, one open; and an inquiry, which is counted apart."""
    _today(talk)
    for number, words in enumerate((LAMP, "3号楼电梯坏了,按了没反应", "3号楼1单元下水道堵了"), start=1001):
        assert talk.say(f"r00{number - 1000}", words)
    for number in (1001, 1002):
        for order in (f"接{number}", f"办结 {number} 修好了"):
            holder = _holder(talk, number)
            assert talk.say(holder, order, group=None)
    assert "已结案" in (talk.say("r001", "解决了 1001", group=None) or "")


def _holder(talk: Talk, number: int) -> str:
    """Somebody the task was offered to."""
    offered = [sent for sent in talk.deliver() + talk.channel.sent if f"新任务 {number}" in sent.text]
    return str(offered[0].account)


def _seal_a_matter(talk: Talk) -> None:
    _today(talk)
    talk.say("r002", "社区主任收了物业的钱,给亲戚办低保", group=None)
    talk.say("r002", "同意", group=None)
    talk.say("r002", f"主任收了物业的钱 {SCRIPT}", group=None)
    assert len(talk.rows(SealedMatter)) == 1


def test_deny_by_default(office: Office) -> None:
    doors = _closed_doors(office)
    assert len(doors) >= 5
    for path, method in doors:
        browser = office.browser()
        response = browser.request(method, re.sub(r"\{\w+\}", "1", path))
        assert (path, response.status_code, response.headers.get("location")) == (path, 303, "/sign-in")
        assert response.text == ""


def test_no_description_of_the_doors(office: Office) -> None:
    for path in ("/docs", "/redoc", "/openapi.json", "/static/", "/static/../app.py", "/console/../../etc/passwd"):
        assert office.browser().get(path).status_code in (303, 404)


@pytest.mark.parametrize(
    ("code", "seen"),
    [
        (ADMINISTRATOR, {"/console": 200, "/console/attention": 200, "/console/sealed": 403}),
        (READER, {"/console": 403, "/console/attention": 403, "/console/sealed": 200}),
        (HEAD, {"/console": 200, "/console/attention": 403, "/console/sealed": 403}),
        (GRID_MEMBER, {"/console": 403, "/console/attention": 403, "/console/sealed": 403}),
    ],
)
def test_each_post_sees_its_pages(office: Office, code: str, seen: dict[str, int]) -> None:
    browser = office.signed_in(code)
    assert {path: browser.get(path).status_code for path in seen} == seen


def test_sealed_matters_are_for_their_reader_alone(any_office: Office) -> None:
    talk = any_office.talk
    _seal_a_matter(talk)
    for code in (ADMINISTRATOR, HEAD, GRID_MEMBER):
        browser = any_office.signed_in(code)
        assert "主任收了" not in browser.get("/console/sealed").text
        assert any_office.post(browser, "/console/sealed/hand-over", matter_id=1).status_code == 403
    assert [entry for entry in talk.rows(AccessLog) if entry.what in ("sealed", "handed_over")] == []
    reader = any_office.signed_in(READER)
    page = reader.get("/console/sealed").text
    assert "J0001" in page
    assert "主任收了物业的钱 &lt;script&gt;" in page
    assert SCRIPT not in page
    assert any_office.post(reader, "/console/sealed/hand-over", matter_id=1).status_code == 303
    assert talk.rows(SealedMatter)[0].state is SealedState.HANDED_OVER
    looks = [(entry.what, entry.reference, entry.person_id) for entry in talk.rows(AccessLog)]
    reader_id = any_office.person(READER).id
    assert looks == [("sealed", 1, reader_id), ("handed_over", 1, reader_id)]


def test_no_number_of_a_matter_makes_the_server_stumble(office: Office) -> None:
    _seal_a_matter(office.talk)
    reader = office.signed_in(READER)
    for matter_id in ("2", "0", "-1", "x", "", "9" * 12, "9" * 30, "1.5", "\x00"):
        answer = office.post(reader, "/console/sealed/hand-over", matter_id=matter_id)
        assert answer.status_code in (403, 422), matter_id
    assert office.talk.rows(SealedMatter)[0].state is SealedState.SEALED


def test_every_page_carries_the_headers(office: Office) -> None:
    admin = office.signed_in(ADMINISTRATOR)
    for path in ("/console", "/console/attention", "/console/sealed", "/sign-in", "/task/x", "/static/pages.css", "/x"):
        headers = admin.get(path).headers
        expected = HEADERS | (OF_FILES if path.startswith("/static/") else {})
        assert {name: headers.get(name) for name in expected} == expected, path


def test_pages_load_nothing_from_elsewhere_and_run_no_inline_script(office: Office) -> None:
    _three_cases(office.talk)
    admin = office.signed_in(ADMINISTRATOR)
    for path in ("/console", "/console/attention", "/sign-in"):
        page = admin.get(path).text
        assert re.findall(r'(?:src|href)="(?!/)[^"]*"', page) == []
        inline = re.sub(r'<script (src="/static/[\w./]+"|type="application/json" [^>]*)', "", page)
        assert re.findall(r"<script|\son\w+=|\sstyle=", inline) == []


def test_what_needs_a_person_is_shown(office: Office) -> None:
    talk = office.talk
    _stuck(talk)
    admin = office.signed_in(ADMINISTRATOR)
    assert "有 3 条消息需要人工处理" in admin.get("/console").text
    page = admin.get("/console/attention").text
    assert "ZeroDivisionError" in page
    assert "errcode 40003" in page
    assert "发送中断" in page
    assert "请接单" not in page  # what was said is not for everybody who administers
    assert page.count("再发一次") == 1


def test_only_a_dead_message_is_sent_again(any_office: Office) -> None:
    talk = any_office.talk
    _stuck(talk)
    admin = any_office.signed_in(ADMINISTRATOR)
    dead, unknown = (row.id for row in sorted(talk.rows(OutboxMessage), key=lambda row: row.id))
    for number in (dead, unknown, 999):
        assert any_office.post(admin, f"/console/attention/{number}/again").status_code == 303
    rows = {row.id: (row.status, row.attempts) for row in talk.rows(OutboxMessage)}
    assert rows == {dead: (OutboxStatus.QUEUED, 0), unknown: (OutboxStatus.UNKNOWN, 1)}
    assert talk.bot.wake.is_set()


def test_no_number_of_a_message_makes_the_server_stumble(any_office: Office) -> None:
    admin = any_office.signed_in(ADMINISTRATOR)
    for number in ("0", "-1", "9" * 12, "9" * 30, "x", "1.5", "%00"):
        assert any_office.post(admin, f"/console/attention/{number}/again").status_code in (404, 422), number


def test_the_server_says_that_it_lives(office: Office) -> None:
    assert office.browser().get("/healthz").json() == {"status": "ok"}
    assert office.browser().get("/").headers["location"] == "/console"


def _stuck(talk: Talk) -> None:
    """A message our code failed on for good, a dead and an unknown outgoing one."""
    to: dict[str, Any] = {"channel": "console", "conversation": "c", "account_platform_id": "r001"}
    to |= {"text": "请接单", "attempts": 1, "created_at": talk.now, "not_before": talk.now}
    with talk.bot.database.writing() as session:
        message = Message(channel="console", platform_id="m1", sent_at=talk.now, received_at=talk.now)
        message.outcome = Outcome.FAILED
        session.add(message)
        session.flush()
        session.add(FailedMessage(message_id=message.id or 0, payload="{}", error="ZeroDivisionError", attempts=5))
        for status, error in ((OutboxStatus.DEAD, "errcode 40003"), (OutboxStatus.UNKNOWN, "ReadTimeout")):
            row = OutboxMessage(**to, status=status, error=error)
            session.add(row)
            session.flush()
        session.commit()


def test_a_drifting_classifier_is_told_to_the_administrator(office: Office) -> None:
    _today(office.talk)
    admin = office.signed_in(ADMINISTRATOR)
    assert "没有把握" not in admin.get("/console/attention").text
    cases(office.talk, 30, unsure=5, sure=95)
    cases(office.talk, 3, unsure=30, sure=10)
    assert "类别没有把握的案件有 75.0% (30/40)，之前60天是 5.0% (5/100)" in admin.get("/console/attention").text
