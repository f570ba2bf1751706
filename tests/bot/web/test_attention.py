"""A message our code failed on for good: a person has it tried again, or gives it up and its words are deleted."""

import datetime as dt
import json
from dataclasses import replace

import pytest

from bot.commands.prepare import log_to_stderr
from data.models import Case, FailedMessage, Media, Message
from tests.bot.test_failed import LAMP, Stumbling
from tests.bot.web.office import ADMINISTRATOR, HEAD, Office
from tests.talking import Talk


def _doors(talk: Talk) -> tuple[str, str]:
    """Where it is tried again, and where it is given up."""
    number = talk.rows(FailedMessage)[0].message_id
    return f"/console/attention/failed/{number}/again", f"/console/attention/failed/{number}/give-up"


def _failing(office: Office, *, for_good: bool) -> Talk:
    """A report with a photo, on which our code stumbles every time."""
    talk = office.at_talks_time()
    inbox = replace(talk.bot.inbox, understand=Stumbling(talk.bot.inbox.understand))
    broken = replace(talk.bot, inbox=inbox)
    broken.inbox.receive(talk.message("r001", LAMP, media=("/media/a.jpg",)), talk.now)
    while for_good and (due := talk.rows(FailedMessage)[0].next_attempt_at):
        talk.now = due
        broken.retry_failed(due)
    return talk


def test_once_it_is_mended_it_becomes_a_case_after_all(any_office: Office) -> None:
    talk = _failing(any_office, for_good=True)
    again, give_up = _doors(talk)
    talk.now += dt.timedelta(days=1)
    assert talk.bot.retry_failed(talk.now) == 0
    admin = any_office.signed_in(ADMINISTRATOR)
    page = admin.get("/console/attention").text
    assert "已试 5 次，不再自动重试" in page
    assert (page.count(again), page.count(give_up)) == (1, 1)
    assert LAMP not in page
    assert any_office.post(admin, again).headers["location"] == "/console/attention"
    assert "已试 1 次" in admin.get("/console/attention").text
    assert talk.bot.retry_failed(talk.now) == 1
    assert [case.text for case in talk.rows(Case)] == [LAMP]
    assert "处理失败" in admin.get("/console/attention").text
    assert again not in admin.get("/console/attention").text


def test_what_fails_again_waits_for_a_person_again(office: Office) -> None:
    talk = _failing(office, for_good=True)
    again, _ = _doors(talk)
    admin = office.signed_in(ADMINISTRATOR)
    office.post(admin, again)
    broken = replace(talk.bot, inbox=replace(talk.bot.inbox, understand=Stumbling(talk.bot.inbox.understand)))
    while due := talk.rows(FailedMessage)[0].next_attempt_at:
        talk.now = max(talk.now, due)
        assert broken.retry_failed(talk.now) == 0
    assert talk.rows(FailedMessage)[0].attempts == 5
    assert again in admin.get("/console/attention").text


def test_given_up_its_words_and_photos_are_gone_and_it_counts_as_talk(any_office: Office) -> None:
    talk = _failing(any_office, for_good=True)
    again, give_up = _doors(talk)
    admin = any_office.signed_in(ADMINISTRATOR)
    assert any_office.post(admin, give_up).headers["location"] == "/console/attention"
    assert any_office.post(admin, again).status_code == 303  # a second click finds nothing any more
    assert talk.rows(FailedMessage) == []
    assert talk.outcome() == "ignored"
    assert talk.say("r001", LAMP, platform_id="m1") is None  # the platform delivers it again
    talk.bot.tidy_photos(talk.now)
    assert talk.rows(Media) == []
    talk.now += dt.timedelta(days=2)
    talk.bot.purge(talk.now)
    assert (talk.rows(Message), talk.rows(Case)) == ([], [])


def test_who_decided_is_logged_and_nothing_of_what_was_said(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    again, give_up = _doors(_failing(office, for_good=True))
    admin, number = office.signed_in(ADMINISTRATOR), office.person(ADMINISTRATOR).id
    log_to_stderr("INFO")
    try:
        office.post(admin, again)
        with office.talk.bot.database.writing() as session:
            session.get_one(FailedMessage, 1).next_attempt_at = None
            session.commit()
        office.post(admin, give_up)
    finally:
        log_to_stderr("CRITICAL")
    said = [json.loads(line) for line in capsys.readouterr().err.splitlines() if "by a person" in line]
    assert [(line["event"], line["message_id"], line["by"]) for line in said] == [
        ("tried again by a person", 1, number),
        ("given up by a person", 1, number),
    ]
    assert LAMP not in str(said)


def test_while_it_is_being_retried_nobody_need_decide(office: Office) -> None:
    talk = _failing(office, for_good=False)
    again, give_up = _doors(talk)
    before = talk.rows(FailedMessage)
    admin = office.signed_in(ADMINISTRATOR)
    page = admin.get("/console/attention").text
    assert "已试 1 次" in page
    assert again not in page
    assert give_up not in page
    for address in (again, give_up):
        assert office.post(admin, address).status_code == 303
    assert talk.rows(FailedMessage) == before


def test_only_who_may_see_it_may_decide(office: Office) -> None:
    talk = _failing(office, for_good=True)
    before = talk.rows(FailedMessage)
    for address in _doors(talk):
        assert office.post(office.signed_in(HEAD), address).status_code == 403
        assert office.signed_in(ADMINISTRATOR).post(address).status_code == 403  # not from our own form
    assert talk.rows(FailedMessage) == before


@pytest.mark.parametrize("number", ["999", "0", "-1", "9" * 12, "9" * 30, "x", "1.5", "%00"])
def test_no_number_makes_the_server_stumble(any_office: Office, number: str) -> None:
    talk = _failing(any_office, for_good=True)
    before = talk.rows(FailedMessage)
    admin = any_office.signed_in(ADMINISTRATOR)
    for what in ("again", "give-up"):
        answer = any_office.post(admin, f"/console/attention/failed/{number}/{what}")
        assert answer.status_code in (303, 404, 422)
    assert talk.rows(FailedMessage) == before
