"""The page of one case: its course, its photos and its reasons, for those who lead its unit, without residents."""

import datetime as dt
import io
import re
from html import unescape

import pytest
from PIL import Image

from data.models import AccessLog, Account, Task
from tests.bot.web.office import ADMINISTRATOR, GRID_MEMBER, HEAD, READER, Office
from tests.talking import Talk

# Leader of the grid in which g001 lies, and an officer of another community.
GRID_LEADER, NEIGHBOUR = "p021", "p011"
LAMP = "3号楼2单元楼道灯坏了三天了"
LEAK = "3号楼2单元1203漏水,电话13812345678"
SCRIPT = "<script>alert('x')</script>"
PHOTOS = {"before": "maroon", "after": "green"}


def report(office: Office, words: str = LAMP, who: str = "r001", **more: object) -> Talk:
    talk = office.talk
    talk.now = dt.datetime.now(dt.UTC)
    assert talk.say(who, words, **more)
    return talk


def _jpeg(colour: str) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (80, 60), colour).save(file, "JPEG")
    return file.getvalue()


def _holder(talk: Talk) -> str:
    return str(next(sent.account for sent in talk.deliver() if "新任务 1001" in sent.text))


def _solved(office: Office) -> Talk:
    """Case 1001: reported with a photo, taken, resolved with a photo, confirmed and praised."""
    talk = office.talk
    talk.channel.photos = {name: _jpeg(colour) for name, colour in PHOTOS.items()}
    report(office, media=("before",))
    holder = _holder(talk)
    talk.say(holder, "接1001", group=None)
    talk.now += dt.timedelta(minutes=1)
    talk.say(holder, "办结 1001 换好了", group=None, media=("after",))
    talk.say("r001", "解决了 1001", group=None)
    talk.say("r001", "满意 1001", group=None)
    talk.bot.fetch_photos(talk.now)
    return talk


@pytest.mark.parametrize(
    ("code", "status"),
    [(ADMINISTRATOR, 200), (HEAD, 200), (GRID_LEADER, 200), (NEIGHBOUR, 403), (GRID_MEMBER, 403), (READER, 403)],
)
def test_a_case_is_for_those_who_lead_its_unit(office: Office, code: str, status: int) -> None:
    _solved(office)
    browser = office.signed_in(code)
    answers = [browser.get(path) for path in ("/console/cases/1001", "/console/cases/1001/photo/1")]
    assert [answer.status_code for answer in answers] == [status, status]
    if status == 403:
        assert "楼道灯" not in answers[0].text
        assert office.talk.rows(AccessLog) == []


def test_an_unknown_number(any_office: Office) -> None:
    browser = any_office.signed_in(ADMINISTRATOR)
    for number in (1, 1000, 9999, 2**31 - 1):
        answer = browser.get(f"/console/cases/{number}")
        assert (answer.status_code, f"没有编号 {number} 的案件" in answer.text) == (404, True)
        assert browser.get(f"/console/cases/{number}/photo/1").status_code == 404


def test_the_page_of_a_case_tells_its_whole_course(any_office: Office) -> None:
    talk = _solved(any_office)
    page = _text(any_office.signed_in(ADMINISTRATOR).get("/console/cases/1001").text)
    holder = talk.bot.directory().people[_task_holder(talk)].name
    for told in (LAMP, "已结案", "绿色·网格", "1 人上报", "居民确认", "解决了", "满意", "为何给这个单位", "意图"):
        assert told in page
    course = re.findall(r"(派单|接单|办结|结案|评价) (系统|承办人 \S+|上报人)", page)
    assert course == [
        ("派单", "系统"),
        ("接单", f"承办人 {holder}"),
        ("办结", f"承办人 {holder}"),
        ("结案", "上报人"),
        ("评价", "上报人"),
    ]
    assert "荷香社区第一网格 " + holder + " 已办完" in page


def _task_holder(talk: Talk) -> int:
    return int(talk.rows(Task)[0].person_id)


def _text(page: str) -> str:
    """What is read, without the tags."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", page)))


def test_photos_before_and_after(any_office: Office) -> None:
    _solved(any_office)
    browser = any_office.signed_in(GRID_LEADER)
    page = browser.get("/console/cases/1001").text
    before, after = page.split("<h3>办理后</h3>")
    shown = [re.findall(r'src="(/console/cases/1001/photo/\d+)/small"', part) for part in (before, after)]
    assert [len(part) for part in shown] == [1, 1]
    for (address,), colour in zip(shown, PHOTOS.values(), strict=True):
        for size in ("", "/small"):
            answer = browser.get(address + size)
            assert answer.headers["content-type"] == "image/jpeg"
            assert _similar(Image.open(io.BytesIO(answer.content)).getpixel((40, 30)), colour)


def test_the_original_is_for_administrators_alone_and_logged_apart(any_office: Office) -> None:
    talk = _solved(any_office)
    leader, admin = any_office.signed_in(GRID_LEADER), any_office.signed_in(ADMINISTRATOR)
    address = "/console/cases/1001/photo/1/original"
    assert (leader.get(address).status_code, leader.get(address[:-1]).status_code) == (403, 404)
    assert "原图" not in leader.get("/console/cases/1001").text
    assert f'href="{address}"' in admin.get("/console/cases/1001").text
    assert "case_photo_original" not in {look.what for look in talk.rows(AccessLog)}
    assert Image.open(io.BytesIO(admin.get(address).content)).format == "JPEG"
    looks = [look for look in talk.rows(AccessLog) if look.what == "case_photo_original"]
    assert [(look.person_id, look.reference) for look in looks] == [(any_office.person(ADMINISTRATOR).id, 1)]


def _similar(pixel: object, colour: str) -> bool:
    wanted = Image.new("RGB", (1, 1), colour).getpixel((0, 0))
    return all(abs(a - b) < 12 for a, b in zip(pixel, wanted, strict=True))  # type: ignore[call-overload]


def test_the_photo_of_another_case_is_not_found(office: Office) -> None:
    talk = _solved(office)
    talk.say("r002", "3号楼电梯坏了,按了没反应")
    browser = office.signed_in(ADMINISTRATOR)
    assert browser.get("/console/cases/1002").status_code == 200
    for address in ("1002/photo/1", "1001/photo/999", "1002/photo/1/small", "1002/photo/1/original"):
        assert browser.get(f"/console/cases/{address}").status_code == 404


def test_every_look_at_a_case_is_logged_and_no_look_at_a_list(any_office: Office) -> None:
    talk = report(any_office)
    browser = any_office.signed_in(GRID_LEADER)
    browser.get("/console/cases")
    browser.get("/console/cases/9999")
    assert talk.rows(AccessLog) == []
    browser.get("/console/cases/1001")
    person = any_office.person(GRID_LEADER).id
    assert [(look.what, look.reference, look.person_id) for look in talk.rows(AccessLog)] == [("case_page", 1, person)]


def test_no_room_phone_or_name_of_a_resident(any_office: Office) -> None:
    talk = report(any_office, LEAK, nickname="3-2-1203 老李")
    assert talk.case().room == "1203"
    talk.say("r001", "补充 1001 我是老李,1203室,13812345678", group=None)
    browser = any_office.signed_in(ADMINISTRATOR)
    for path in ("/console/cases", "/console/cases/1001"):
        page = re.sub(r'20\d\d-[^"&]*', "", browser.get(path).text)  # a moment may hold any digits
        assert "漏水" in page
        for personal in ("1203", "13812345678", "老李", "r001"):
            assert personal not in page, (path, personal)


def test_staff_who_report_are_not_named_either(office: Office) -> None:
    """Whoever reports a matter is a reporter, whatever post they hold."""
    talk = office.talk
    account = next(account for account in talk.rows(Account) if account.person_id == office.person(NEIGHBOUR).id)
    report(office, who=account.platform_id, at=True)
    talk.say(account.platform_id, "催 1001", group=None)
    page = office.signed_in(ADMINISTRATOR).get("/console/cases/1001").text
    assert "上报人" in page
    assert office.person(NEIGHBOUR).name not in page


def test_a_case_that_was_moved_out_shows_no_words(any_office: Office) -> None:
    talk = _solved(any_office)
    leader = next(a for a in talk.rows(Account) if a.person_id == any_office.person(GRID_LEADER).id)
    assert talk.say(leader.platform_id, "转纪检 1001", group=None)
    assert talk.case().masked_text == "[已移出]"
    browser = any_office.signed_in(ADMINISTRATOR)
    page = browser.get("/console/cases/1001").text
    assert "内容已移出" in page
    assert "内容已移出" in browser.get("/console/cases").text
    for gone in ("楼道灯坏", "为何", "photo", "满意", "纪"):
        assert gone not in page, gone
    assert browser.get("/console/cases/1001/photo/1").status_code == 404


def test_words_run_nothing_and_pages_load_nothing_from_elsewhere(office: Office) -> None:
    report(office, f"3号楼2单元楼道灯坏了 {SCRIPT} {{{{ 7*7 }}}}")
    browser = office.signed_in(ADMINISTRATOR)
    for path in ("/console/cases", f"/console/cases?by=grid&value={SCRIPT}", "/console/cases/1001", "/console/cases/9"):
        page = browser.get(path).text
        assert re.findall(r"<script|\son\w+=|\sstyle=", page) == []
        assert re.findall(r'(?:src|href)="(?!/)[^"]*"', page) == []
    assert f"{SCRIPT} {{{{ 7*7 }}}}" in unescape(browser.get("/console/cases/1001").text)
