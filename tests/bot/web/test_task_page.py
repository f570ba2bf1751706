"""The private task page: for who holds the signed link, as long as the case is open, and every look is logged."""

import io
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from starlette.testclient import TestClient

from bot.web.sign_in import COOKIE
from bot.web.task_page import link_signer
from data.models import AccessLog, CaseStatus
from tests.bot.web.office import ADMINISTRATOR, Office
from tests.talking import Talk

REPORT = "3号楼2单元501室门口漏水,找<b>老李</b>13912345678"
HOLDER = "zhao.haitao"


def _link(talk: Talk, case_id: object = 1, key: str = "") -> str:
    signer = link_signer(key or talk.bot.settings.signing_key.get_secret_value())
    return f"/task/{signer.dumps(str(case_id))}"


def _picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (20, 10), "red").save(file, "JPEG")
    return file.getvalue()


def _reported(talk: Talk) -> Talk:
    """An open case with a room, a nickname and a photo."""
    talk.channel.photos["/media/a.jpg"] = _picture()
    talk.say("r001", REPORT, nickname="3-2-501 老李", media=("/media/a.jpg",))
    talk.bot.fetch_photos(talk.now)
    return talk


def _looks(talk: Talk) -> list[tuple[str, int]]:
    return [(entry.what, entry.reference) for entry in talk.rows(AccessLog)]


@pytest.fixture
def talk_about(office: Office) -> Talk:
    return _reported(office.talk)


@pytest.fixture
def phone(office: Office) -> TestClient:
    """A browser without any session."""
    return office.browser()


def test_the_link_shows_room_contact_words_and_photo(any_office: Office) -> None:
    talk, phone = _reported(any_office.talk), any_office.browser()
    page = phone.get(_link(talk))
    assert page.status_code == 200
    assert "501室" in page.text
    assert "3-2-501 老李" in page.text
    assert "13912345678" in page.text
    photo = phone.get(f"{_link(talk)}/photo/1")
    assert (photo.status_code, photo.headers["content-type"]) == (200, "image/jpeg")
    assert Image.open(io.BytesIO(photo.content)).size == (20, 10)


def test_every_look_is_logged(office: Office) -> None:
    talk, phone = _reported(office.talk), office.browser()
    for _ in range(2):
        phone.get(_link(talk))
    phone.get(_link(talk, 99))
    phone.get("/task/forged")
    assert _looks(talk) == [("task_page", 1), ("task_page", 1)]


def test_what_residents_wrote_runs_nothing(talk_about: Talk, phone: TestClient) -> None:
    page = phone.get(_link(talk_about)).text
    assert "&lt;b&gt;老李&lt;/b&gt;" in page
    assert "<b>" not in page


def test_the_link_in_the_offer_leads_there_and_the_group_sees_none(office: Office) -> None:
    talk = office.talk
    policy = replace(talk.bot.policy, public_url="https://street.test")
    inbox = replace(talk.bot.inbox, policy=policy)
    answer = inbox.receive(talk.message("r001", REPORT), talk.now)
    offers = [sent for sent in talk.deliver() if "https://street.test/task/" in sent.text]
    assert {sent.account for sent in offers} == {HOLDER}
    address = offers[0].text.split("https://street.test")[1].split()[0]
    assert "501室" in office.browser().get(address).text
    assert "501" not in offers[0].text
    assert "/task/" not in (answer or "")


def test_without_the_signature_there_is_nothing(talk_about: Talk, phone: TestClient, office: Office) -> None:
    good = _link(talk_about)
    forged = [good[:-1], good + "x", "/task/1", "/task/IjEi.x", _link(talk_about, key="another key"), "/task/%00"]
    session = office.signed_in(ADMINISTRATOR).cookies[COOKIE]
    for path in (*forged, f"/task/{session}", "/task/" + "x" * 5_000):
        for address in (path, path + "/photo/1"):
            page = phone.get(address)
            assert page.status_code == 404, address
            assert "501" not in page.text
    assert _looks(talk_about) == []


def test_no_number_makes_the_server_stumble(talk_about: Talk, phone: TestClient) -> None:
    for case_id in ("2", "0", "-1", "x", "", "1.0", "\x00"):
        for address in (_link(talk_about, case_id), _link(talk_about, case_id) + "/photo/1"):
            assert phone.get(address).status_code == 404, address


def test_only_the_photos_of_this_case(talk_about: Talk, phone: TestClient) -> None:
    for photo_id in ("2", "0", "-1", "9" * 30):
        assert phone.get(f"{_link(talk_about)}/photo/{photo_id}").status_code == 404, photo_id


def test_a_photo_of_another_case_is_not_shown(talk_about: Talk, phone: TestClient) -> None:
    talk_about.say("r003", "3号楼电梯坏了,按了没反应")
    assert phone.get(f"{_link(talk_about, 2)}/photo/1").status_code == 404


def test_a_photo_whose_file_is_gone(talk_about: Talk, phone: TestClient) -> None:
    for file in Path(talk_about.bot.settings.media_dir).rglob("*.jpg"):
        file.unlink()
    assert phone.get(f"{_link(talk_about)}/photo/1").status_code == 404


def test_closed_it_is_gone(office: Office) -> None:
    talk, phone = _reported(office.talk), office.browser()
    for order in ("接1001", "办结 1001 修好了"):
        talk.say(HOLDER, order, group=None)
    assert talk.case().status is CaseStatus.RESOLVED
    for address in (_link(talk), f"{_link(talk)}/photo/1"):
        page = phone.get(address)
        assert (page.status_code, "501" in page.text) == (404, False)
    assert "不再显示房号" in phone.get(_link(talk)).text


def test_withdrawn_it_is_gone_and_reopened_it_is_back(talk_about: Talk, phone: TestClient) -> None:
    for order in ("接1001", "办结 1001 修好了"):
        talk_about.say(HOLDER, order, group=None)
    talk_about.say("r001", "没解决 1001", group=None)
    assert phone.get(_link(talk_about)).status_code == 200
    talk_about.say("r001", "撤回 1001 不用了", group=None)
    assert phone.get(_link(talk_about)).status_code == 404


def test_an_old_link_of_a_moved_matter_shows_nothing(any_office: Office) -> None:
    """A case that turned out to be a discipline matter left the open store."""
    talk, phone = _reported(any_office.talk), any_office.browser()
    assert talk.say("wang.xiuzhen", "转纪检 1001", group=None)
    assert "13912345678" not in talk.case().text
    for address in (_link(talk), f"{_link(talk)}/photo/1"):
        assert phone.get(address).status_code == 404
    talk.bot.tidy_photos(talk.now)
    assert list(Path(talk.bot.settings.media_dir).rglob("*.jpg")) == []


def test_the_page_is_kept_nowhere_on_the_way(talk_about: Talk, office: Office) -> None:
    headers = office.browser().get(_link(talk_about)).headers
    assert (headers["cache-control"], headers["referrer-policy"]) == ("no-store", "no-referrer")
