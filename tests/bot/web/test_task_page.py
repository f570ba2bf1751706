"""The private task page: for the one person of its link, while the case is open and theirs; every look is logged."""

import io
from dataclasses import replace
from pathlib import Path

from PIL import Image
from starlette.testclient import TestClient

from bot.web.sign_in import COOKIE
from data.models import AccessLog, CaseStatus
from tests.bot.web.office import ADMINISTRATOR, Office
from tests.bot.web.task_scenes import (
    COLLEAGUE,
    HOLDER,
    LEADER,
    REPORT,
    do,
    link_to,
    person_id,
    reported,
    signed,
)
from tests.talking import Talk


def _looks(talk: Talk) -> list[tuple[str, int, int]]:
    return [(entry.what, entry.reference, entry.person_id) for entry in talk.rows(AccessLog)]


def test_the_link_shows_room_contact_words_and_photo(any_office: Office) -> None:
    talk, phone = reported(any_office.at_talks_time()), any_office.browser()
    page = phone.get(link_to(talk))
    assert page.status_code == 200
    assert "501室" in page.text
    assert "3-2-501 老李" in page.text
    assert "13912345678" in page.text
    photo = phone.get(f"{link_to(talk)}/photo/1")
    assert (photo.status_code, photo.headers["content-type"]) == (200, "image/jpeg")
    assert Image.open(io.BytesIO(photo.content)).size == (20, 10)


def test_every_look_is_logged_with_the_person(any_office: Office) -> None:
    talk, phone = reported(any_office.at_talks_time()), any_office.browser()
    for path in (link_to(talk), link_to(talk) + "/photo/1", link_to(talk), link_to(talk, 99), "/task/forged"):
        phone.get(path)
    person = person_id(talk, HOLDER)
    assert _looks(talk) == [("task_page", 1, person), ("task_photo", 1, person), ("task_page", 1, person)]


def test_what_residents_wrote_runs_nothing(talk_about: Talk, phone: TestClient) -> None:
    page = phone.get(link_to(talk_about)).text
    assert "&lt;b&gt;老李&lt;/b&gt;" in page
    assert "<b>" not in page


def test_the_link_in_the_offer_leads_there_and_the_group_sees_none(office: Office) -> None:
    talk = office.at_talks_time()
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
    good = link_to(talk_about)
    forged = [good[:-1], good + "x", "/task/1", "/task/IjEi.x", link_to(talk_about, key="another key"), "/task/%00"]
    forged += [signed(talk_about, text) for text in ("1", 1, ["1-22"], "1-99999", "99-22", "1-22 ", "\u0661-22")]
    session = office.signed_in(ADMINISTRATOR).cookies[COOKIE]
    for path in (*forged, f"/task/{session}", "/task/" + "x" * 5_000):
        for address in (path, path + "/photo/1"):
            page = phone.get(address)
            assert page.status_code == 404, address
            assert "501" not in page.text
    assert _looks(talk_about) == []


def test_no_number_makes_the_server_stumble(talk_about: Talk, phone: TestClient) -> None:
    for case_id in ("2", "0", "-1", "x", "", "1.0", "\x00"):
        for address in (link_to(talk_about, case_id), link_to(talk_about, case_id) + "/photo/1"):
            assert phone.get(address).status_code == 404, address


def test_only_the_photos_of_this_case(talk_about: Talk, phone: TestClient) -> None:
    for photo_id in ("2", "0", "-1", "9" * 30):
        assert phone.get(f"{link_to(talk_about)}/photo/{photo_id}").status_code in (404, 422), photo_id


def test_a_photo_of_another_case_is_not_shown(talk_about: Talk, phone: TestClient) -> None:
    talk_about.say("r003", "3号楼电梯坏了,按了没反应")
    assert phone.get(f"{link_to(talk_about, 2)}/photo/1").status_code == 404


def test_a_photo_whose_file_is_gone(talk_about: Talk, phone: TestClient) -> None:
    for file in Path(talk_about.bot.settings.media_dir).rglob("*.jpg"):
        file.unlink()
    assert phone.get(f"{link_to(talk_about)}/photo/1").status_code == 404


def test_closed_it_is_gone(office: Office) -> None:
    talk, phone = reported(office.at_talks_time()), office.browser()
    for order in ("接1001", "办结 1001 修好了"):
        talk.say(HOLDER, order, group=None)
    assert talk.case().status is CaseStatus.RESOLVED
    for address in (link_to(talk), f"{link_to(talk)}/photo/1"):
        page = phone.get(address)
        assert (page.status_code, "501" in page.text) == (404, False)
    assert "不再显示房号" in phone.get(link_to(talk)).text


def test_withdrawn_it_is_gone_and_reopened_it_is_back(talk_about: Talk, phone: TestClient) -> None:
    for order in ("接1001", "办结 1001 修好了"):
        talk_about.say(HOLDER, order, group=None)
    talk_about.say("r001", "没解决 1001", group=None)
    assert phone.get(link_to(talk_about)).status_code == 200
    talk_about.say("r001", "撤回 1001 不用了", group=None)
    assert phone.get(link_to(talk_about)).status_code == 404


def test_an_old_link_of_a_moved_matter_shows_nothing(any_office: Office) -> None:
    """A case that turned out to be a discipline matter left the open store."""
    talk, phone = reported(any_office.at_talks_time()), any_office.browser()
    assert talk.say("wang.xiuzhen", "转纪检 1001", group=None)
    assert "13912345678" not in talk.case().text
    for address in (link_to(talk), f"{link_to(talk)}/photo/1"):
        assert phone.get(address).status_code == 404
    talk.bot.tidy_photos(talk.now)
    assert list(Path(talk.bot.settings.media_dir).rglob("*.jpg")) == []


def test_the_page_is_kept_nowhere_on_the_way(talk_about: Talk, office: Office) -> None:
    headers = office.browser().get(link_to(talk_about)).headers
    assert (headers["cache-control"], headers["referrer-policy"]) == ("no-store", "no-referrer")


def test_once_another_has_it_it_shows_nothing(talk_about: Talk, phone: TestClient) -> None:
    """Moved to a colleague: whoever had the link before neither sees nor does anything with it."""
    mine, theirs = link_to(talk_about), link_to(talk_about, who=COLLEAGUE)
    page = phone.get(mine).text
    assert talk_about.say(LEADER, "派 1001 钱小雨", group=None)
    moved = phone.get(mine)
    assert (moved.status_code, "已改派" in moved.text, "501" in moved.text) == (403, True, False)
    assert phone.get(mine + "/photo/1").status_code == 404
    late = do(phone, mine, "接", page)
    assert "501" not in late.text
    assert talk_about.case().status is CaseStatus.DISPATCHED
    assert "501" in phone.get(theirs).text


def test_who_came_too_late_reads_so(office: Office) -> None:
    talk, phone = office.at_talks_time(), office.browser()
    # Grid SK-02 has no duty roster, so both of its members are offered the case.
    talk.say("r074", "楼道灯坏了三天了，晚上看不见路", "g038")
    links = [link_to(talk, who=who) for who in ("ren.jie", "yao.qiuju")]
    assert [phone.get(link).status_code for link in links] == [200, 200]
    assert "已接单" in do(phone, links[0], "接").text
    assert [phone.get(link).status_code for link in links] == [200, 403]
