"""What leaders do with a case on its page: in their own name, once, with the bot's answer, and never another order."""

import re
from html import unescape

import pytest
from httpx2 import Response
from sqlmodel import col, update
from starlette.testclient import TestClient

from data.models import Account, CaseStatus, Message, StatusChange, Task
from tests.bot.web.office import ADMINISTRATOR, GRID_MEMBER, HEAD, READER, Office
from tests.bot.web.task_scenes import NONCE
from tests.talking import Talk

GRID_LEADER, NEIGHBOUR = "p021", "p011"
PAGE, LAMP = "/console/cases/1001", "3号楼2单元楼道灯坏了三天了"


@pytest.fixture
def lamp(office: Office) -> Talk:
    talk = office.at_talks_time()
    talk.say("r001", LAMP)
    return talk


def _send(office: Office, browser: TestClient, verb: str, page: str = "", **fields: str) -> Response:
    nonce = NONCE.findall(page or browser.get(PAGE).text)[0]
    return office.post(browser, f"{PAGE}/orders", verb=verb, nonce=nonce, **fields)


def _do(office: Office, browser: TestClient, verb: str, page: str = "", **fields: str) -> str:
    """Send a form of the page; what the page then answers."""
    sent = _send(office, browser, verb, page, **fields)
    assert sent.status_code == 303, sent.text
    shown = re.findall(r'<p class="answer" role="status">(.*?)</p>', browser.get(sent.headers["location"]).text)
    return unescape(shown[0]) if shown else ""


def _offered(browser: TestClient) -> list[str]:
    return re.findall(r'name="verb" value="([^"]+)"', browser.get(PAGE).text)


def _steps(talk: Talk) -> list[tuple[str, str]]:
    return [(change.actor_role, change.action) for change in talk.rows(StatusChange)]


def test_a_leader_dispatches_to_somebody_of_the_list(any_office: Office) -> None:
    talk = any_office.at_talks_time()
    talk.say("r001", LAMP)
    browser = any_office.signed_in(GRID_LEADER)
    page = browser.get(PAGE).text
    assert "<option>钱小雨</option>" in page
    assert "1001 已派单" in _do(any_office, browser, "派", page, person="钱小雨")
    people = talk.bot.directory().people
    assert people[talk.rows(Task)[-1].person_id].name == "钱小雨"
    assert any("新任务 1001" in text for text in talk.told("qian.xiaoyu"))
    change = talk.rows(StatusChange)[-1]
    account = next(a for a in talk.rows(Account) if a.id == change.account_id)
    assert (change.actor_role, account.person_id) == ("leader", any_office.person(GRID_LEADER).id)
    assert "负责人 李桂芳" in re.sub(r"<[^>]*>", "", browser.get(PAGE).text)


def test_the_page_offers_what_is_allowed_now(lamp: Talk, office: Office) -> None:
    browser = office.signed_in(HEAD)
    assert _offered(browser) == ["派", "转", "上报", "补充", "并", "不受理", "转纪检"]
    assert "已登记为不受理" in _do(office, browser, "不受理", reason="不归本街道管")
    assert _offered(browser) == ["没解决", "转纪检"]
    assert "1001" in _do(office, browser, "没解决", reason="还是归我们管")
    assert lamp.case().status is CaseStatus.DISPATCHED


def test_who_may_take_a_task_may_do_so_here(lamp: Talk, office: Office) -> None:
    browser = office.signed_in(GRID_LEADER)
    assert "已接单 1001" in _do(office, browser, "接")
    assert "已办结" in _do(office, browser, "办结", note="换了灯泡")
    assert _steps(lamp) == [("system", "dispatch"), ("holder", "accept"), ("holder", "resolve")]
    assert any("换了灯泡" in text for text in lamp.told("r001"))


def test_a_form_sent_twice_does_it_once_with_the_same_answer(any_office: Office) -> None:
    talk = any_office.at_talks_time()
    talk.say("r001", LAMP)
    browser = any_office.signed_in(HEAD)
    page = browser.get(PAGE).text
    answers = {_do(any_office, browser, "上报", page, reason="要街道协调") for _ in range(3)}
    assert len(answers) == 1
    assert "已上报" in answers.pop()
    assert _steps(talk).count(("leader", "escalate")) == 1
    assert len([m for m in talk.rows(Message) if m.platform_id.startswith("web-")]) == 1


def test_what_is_no_longer_allowed_is_answered_so(lamp: Talk, office: Office) -> None:
    browser = office.signed_in(HEAD)
    page = browser.get(PAGE).text
    lamp.say("r001", "撤回 1001", group=None)
    answer = _do(office, browser, "不受理", page, reason="重复")
    assert "1001" in answer
    assert lamp.case().status is CaseStatus.WITHDRAWN


@pytest.mark.parametrize(("code", "status"), [(NEIGHBOUR, 403), (GRID_MEMBER, 403), (READER, 403)])
def test_who_does_not_lead_the_unit_does_nothing(lamp: Talk, office: Office, code: str, status: int) -> None:
    browser = office.signed_in(code)
    sent = office.post(browser, f"{PAGE}/orders", verb="不受理", nonce="n" * 20, reason="x")
    assert sent.status_code == status
    assert _steps(lamp) == [("system", "dispatch")]


def test_the_forms_of_a_resident_are_not_taken_here(lamp: Talk, office: Office) -> None:
    """Only what is offered to staff: whoever leads the unit closes no case in the name of its reporter."""
    browser = office.signed_in(HEAD)
    for verb in ("解决了", "满意", "催", "撤回", "查", "我的待办", "帮助"):
        assert _send(office, browser, verb).status_code == 303
    assert [m for m in lamp.rows(Message) if m.platform_id.startswith("web-")] == []


def test_words_stay_one_order_about_this_case(lamp: Talk, office: Office) -> None:
    lamp.say("r003", "3号楼电梯坏了，按了没反应")
    browser = office.signed_in(HEAD)
    before = lamp.case(1002).status
    _do(office, browser, "不受理", reason="重复\r\n不受理 1002 x\x00\u2028不受理 1002")
    assert [lamp.case(n).status for n in (1001, 1002)] == [CaseStatus.DECLINED, before]
    assert lamp.rows(StatusChange)[-1].note == "重复 不受理 1002 x 不受理 1002"


def test_merging_and_splitting_by_number(lamp: Talk, office: Office) -> None:
    lamp.say("r003", LAMP)
    browser = office.signed_in(HEAD)
    assert "已并入 1002" in _do(office, browser, "并", into="1002")
    assert lamp.case().status is CaseStatus.MERGED
    assert "拆分" in _do(office, browser, "拆")
    for into in ("", "x", "9" * 30, "1001", "9999", "\x00"):
        assert _do(office, browser, "并", into=into), into
        assert lamp.case().status is not CaseStatus.MERGED


def test_too_many_words_are_refused_in_words(lamp: Talk, office: Office) -> None:
    browser = office.signed_in(HEAD)
    answer = _send(office, browser, "不受理", reason="楼🙂" * 101)
    assert (answer.status_code, "最多写200个字" in answer.text) == (422, True)
    assert _steps(lamp) == [("system", "dispatch")]


def test_no_form_makes_the_server_stumble(any_office: Office) -> None:
    talk = any_office.at_talks_time()
    talk.say("r001", LAMP)
    browser = any_office.signed_in(ADMINISTRATOR)
    page = browser.get(PAGE).text
    for verb in ("派", "转", "延期", "并", "补充"):
        for odd in ("\x00", " ", "'; DROP TABLE cases --", "{{7*7}}", "\ud7ff", "３"):
            fields = dict.fromkeys(("person", "department", "days", "into", "note", "reason"), odd)
            assert _send(any_office, browser, verb, **fields).status_code == 303, (verb, odd)
    assert _send(any_office, browser, "moon", page).status_code == 422
    for nonce in ("", "short", "\x00" * 20, "x" * 41, "../" * 6):
        assert any_office.post(browser, f"{PAGE}/orders", verb="派", nonce=nonce).status_code == 422, nonce
        assert browser.get(PAGE, params={"done": nonce + "\x00"}).status_code == 422
    for number in (0, 9999, 2**31):
        sent = any_office.post(browser, f"/console/cases/{number}/orders", verb="派", nonce="n" * 20)
        assert sent.status_code in (404, 422), number


def test_without_an_account_in_chat_the_page_says_so(lamp: Talk, office: Office) -> None:
    bot = lamp.bot
    with bot.database.writing() as session:
        session.exec(update(Account).where(col(Account.person_id) == office.person(HEAD).id).values(person_id=None))
        session.commit()
    bot.directory.reload()
    browser = office.signed_in(HEAD)
    page = browser.get(PAGE)
    assert (page.status_code, "还没有关联聊天账号" in page.text, 'name="verb"' in page.text) == (200, True, False)
    sent = office.post(browser, f"{PAGE}/orders", verb="不受理", nonce="n" * 20, reason="x")
    assert sent.status_code == 303
    assert _steps(lamp) == [("system", "dispatch")]


def test_moving_a_matter_out_leaves_nothing_to_do(lamp: Talk, office: Office) -> None:
    browser = office.signed_in(HEAD)
    assert "已从普通案件中删除" in _do(office, browser, "转纪检")
    page = browser.get(PAGE).text
    assert ("内容已移出" in page, "楼道灯" in page, 'name="verb"' in page) == (True, False, False)


def test_nobody_reads_the_answer_to_another(lamp: Talk, office: Office) -> None:
    browser = office.signed_in(HEAD)
    sent = _send(office, browser, "上报", reason="要街道协调")
    for code, seen in ((HEAD, True), (ADMINISTRATOR, False)):
        assert ("已上报" in office.signed_in(code).get(sent.headers["location"]).text) is seen
