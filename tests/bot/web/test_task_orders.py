"""What the person of a task link does on the spot: once, in their own name, and nothing that is not theirs."""

import re

from starlette.testclient import TestClient

from data.models import CaseStatus, Media, Message, StatusChange, Task
from tests.bot.web.office import ADMINISTRATOR, OWN_TOKEN, Office
from tests.bot.web.task_scenes import COLLEAGUE, HOLDER, LEADER, NONCE, do, link_to, person_id, picture, reported
from tests.talking import Talk


def steps(talk: Talk) -> list[str]:
    return [f"{change.actor_role} {change.action}" for change in talk.rows(StatusChange)]


def test_a_task_from_offer_to_done_with_one_hand(any_office: Office) -> None:
    talk, phone = reported(any_office.at_talks_time()), any_office.browser()
    link = link_to(talk)
    for verb, answer in (("接", "已接单 1001"), ("到场", "1001 已记录到场")):
        assert answer in do(phone, link, verb).text
    done = do(phone, link, "办结", note="换了阀门")
    assert (done.status_code, "1001 已办结" in done.text, "501" in done.text) == (200, True, False)
    assert talk.case().status is CaseStatus.RESOLVED
    assert steps(talk) == ["system dispatch", "holder accept", "holder arrive", "holder resolve"]
    assert any("换了阀门" in text for text in talk.told("r001"))
    assert phone.get(link).status_code == 404
    assert talk.rows(Task)[0].person_id == person_id(talk, HOLDER)


def test_only_what_is_allowed_now_is_offered(talk_about: Talk, phone: TestClient) -> None:
    def offered() -> list[str]:
        return re.findall(r'name="verb" value="([^"]+)"', phone.get(link_to(talk_about)).text)

    assert offered() == ["退", "接"]
    do(phone, link_to(talk_about), "接")
    assert offered() == ["办结", "延期", "退", "到场"]
    do(phone, link_to(talk_about), "到场")
    assert "1001 时限延到" in do(phone, link_to(talk_about), "延期", days="2", reason="等配件").text
    assert offered() == ["办结", "退"]


def test_given_back_it_is_gone_with_a_word(talk_about: Talk, phone: TestClient) -> None:
    page = do(phone, link_to(talk_about), "退", reason="不是我的网格")
    assert (page.status_code, "1001 已退回" in page.text, "501" in page.text) == (200, True, False)
    assert talk_about.case().status is CaseStatus.RETURNED
    assert any("不是我的网格" in text for text in talk_about.told(LEADER))


def test_a_form_sent_twice_does_it_once(any_office: Office) -> None:
    talk, phone = reported(any_office.at_talks_time()), any_office.browser()
    page = phone.get(link_to(talk)).text
    answers = [do(phone, link_to(talk), "接", page).text for _ in range(3)]
    assert all("已接单 1001" in answer for answer in answers)
    assert steps(talk).count("holder accept") == 1
    assert len([message for message in talk.rows(Message) if message.platform_id.startswith("web-")]) == 1


def test_a_form_needs_the_token_of_its_own_link(talk_about: Talk, phone: TestClient, office: Office) -> None:
    link, other = link_to(talk_about), link_to(talk_about, who=COLLEAGUE)
    nonce = NONCE.findall(phone.get(link).text)[0]
    elsewhere = OWN_TOKEN.findall(phone.get(link_to(talk_about)).text)[0]
    session = office.form_token(office.signed_in(ADMINISTRATOR))
    for address, token in ((link, ""), (link, "x"), (link, session), (other, elsewhere), ("/task/forged", elsewhere)):
        answer = phone.post(address, data={"verb": "接", "nonce": nonce, "form_token": token})
        assert answer.status_code == 404, address
    assert talk_about.case().status is CaseStatus.DISPATCHED


def test_only_what_is_done_on_the_spot_is_done_here(talk_about: Talk, phone: TestClient) -> None:
    """A holder may hand on or pass up in chat and in the office; a link that is passed around may not."""
    page = phone.get(link_to(talk_about)).text
    own = {"form_token": OWN_TOKEN.findall(page)[0], "nonce": NONCE.findall(page)[0]}
    for verb in ("转纪检", "转", "不受理", "派", "查", "同意"):
        form = own | {"verb": verb, "reason": "供电 x", "department": "供电公司"}
        assert phone.post(link_to(talk_about), data=form).status_code == 404, verb
    assert steps(talk_about) == ["system dispatch"]


def test_words_stay_one_order_about_this_case(talk_about: Talk, phone: TestClient) -> None:
    talk_about.say("r003", "3号楼电梯坏了，按了没反应")
    do(phone, link_to(talk_about), "接")
    note = "修好了\r\n接 1002\x00\u2028退 1002 不归我"
    do(phone, link_to(talk_about), "办结", note=note)
    assert [talk_about.case(number).status for number in (1001, 1002)] == [CaseStatus.RESOLVED, CaseStatus.DISPATCHED]
    change = talk_about.rows(StatusChange)[-1]
    assert (change.action, change.note) == ("resolve", "修好了 接 1002 退 1002 不归我")


def test_too_many_words_and_none_at_all(talk_about: Talk, phone: TestClient) -> None:
    page = phone.get(link_to(talk_about)).text
    own = {"form_token": OWN_TOKEN.findall(page)[0], "nonce": NONCE.findall(page)[0], "verb": "退"}
    too_long = phone.post(link_to(talk_about), data=own | {"reason": "楼" * 201})
    assert (too_long.status_code, "最多写200个字" in too_long.text) == (422, True)
    assert "原因" in do(phone, link_to(talk_about), "退", reason="\x00 \n").text
    assert talk_about.case().status is CaseStatus.DISPATCHED
    for nonce in ("", "x", "x" * 41, "\x00" * 20, "../" * 8):
        assert phone.post(link_to(talk_about), data=own | {"nonce": nonce}).status_code == 422, nonce
        assert phone.get(link_to(talk_about), params={"done": nonce + "\x00"}).status_code == 422


def test_done_with_a_photo(any_office: Office) -> None:
    talk, phone = reported(any_office.at_talks_time()), any_office.browser()
    do(phone, link_to(talk), "接")
    talk.later(minutes=5)
    page = phone.get(link_to(talk)).text
    own = {"form_token": OWN_TOKEN.findall(page)[0], "nonce": NONCE.findall(page)[0], "verb": "办结"}
    sizes = {"photo": ("a.jpg", picture(), "image/jpeg")}
    for _ in range(2):
        assert phone.post(link_to(talk), data=own, files=sizes).status_code == 303
    media = talk.rows(Media)
    assert [(m.state.value, m.width, m.height) for m in media] == [("stored", 20, 10)] * 2
    assert talk.bot.tidy_photos(talk.now) == 0
    assert [media.id for media in talk.rows(Media)] == [1, 2]
    office = any_office.signed_in(ADMINISTRATOR).get("/console/cases/1001").text
    assert "/photo/2" in office.split("<h3>办理后</h3>")[1]


def test_a_photo_that_is_none_stops_the_order_and_says_so(talk_about: Talk, phone: TestClient) -> None:
    do(phone, link_to(talk_about), "接")
    page = phone.get(link_to(talk_about)).text
    own = {"form_token": OWN_TOKEN.findall(page)[0], "nonce": NONCE.findall(page)[0], "verb": "办结"}
    answer = phone.post(link_to(talk_about), data=own, files={"photo": ("a.jpg", b"<html>", "image/jpeg")})
    assert (answer.status_code, "照片打不开" in answer.text) == (422, True)
    assert talk_about.case().status is CaseStatus.ACCEPTED
    empty = phone.post(link_to(talk_about), data=own, files={"photo": ("", b"", "application/octet-stream")})
    assert empty.status_code == 303
    assert talk_about.case().status is CaseStatus.RESOLVED


def test_nobody_reads_the_answer_to_another(talk_about: Talk, phone: TestClient) -> None:
    page = phone.get(link_to(talk_about)).text
    do(phone, link_to(talk_about), "接", page)
    mark = NONCE.findall(page)[0] + "-ACCEPT"
    assert "已接单 1001" in phone.get(link_to(talk_about), params={"done": mark}).text
    assert "已接单" not in phone.get(link_to(talk_about, who=COLLEAGUE), params={"done": mark}).text
