"""The pages of groups: agreement and the switch to speaking, codes to bind a group, its past, its secret, its end."""

import datetime as dt
import re

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from bot.channels import RecipientGone
from data.models import AccessLog, BindingCode, Building, ChatGroup, GroupBinding, GroupMode
from handlers import staff_replies
from handlers.binding import LETTERS
from tests.bot.web.office import ADMINISTRATOR, HEAD, Office
from tests.handlers.scenes import HEAD as HEAD_OF_COMMUNITY
from tests.handlers.scenes import stored

PAGE = "/console/groups"
COMMUNITY_HEAD = "p005"
KEY = "693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa"
CODE = re.compile(rf'class="binding-code">([{LETTERS}]+)<')


def listened(office: Office) -> ChatGroup:
    groups: list[ChatGroup] = office.talk.rows(ChatGroup)
    return next(group for group in groups if group.mode is GroupMode.LISTEN)


def test_groups_are_shown_with_their_state(office: Office) -> None:
    page = office.signed_in(ADMINISTRATOR).get(PAGE).text
    assert listened(office).name in page
    assert "只听" in page
    assert "– (0/0)" in page


def test_switching_on_takes_effect_at_once(any_office: Office) -> None:
    group, admin = listened(any_office), any_office.signed_in(ADMINISTRATOR)
    assert any_office.post(admin, f"{PAGE}/{group.id}", mode="on").status_code == 303
    assert any_office.talk.say("r001", "13号楼垃圾成堆没人清理", group.platform_id)
    any_office.post(admin, f"{PAGE}/{group.id}", mode="listen")
    assert any_office.talk.say("r002", "13号楼电梯坏了，按了没反应", group.platform_id) is None


def test_only_an_administrator_may(office: Office) -> None:
    head = office.signed_in(HEAD)
    assert head.get(PAGE).status_code == 403
    assert office.post(head, f"{PAGE}/1", mode="on").status_code == 403


def test_nonsense_is_refused(office: Office) -> None:
    admin = office.signed_in(ADMINISTRATOR)
    for address, mode in ((f"{PAGE}/0", "on"), (f"{PAGE}/1", "loud"), (f"{PAGE}/{2**40}", "on")):
        assert office.post(admin, address, mode=mode).status_code == 422
    assert office.post(admin, f"{PAGE}/99999", mode="on").status_code == 303


def building_ids(office: Office, *codes: str) -> list[int]:
    ids = {building.code: building.id for building in office.talk.rows(Building)}
    return [ids[code] for code in codes]


def ask_code(office: Office, browser: TestClient, *building: int) -> Response:
    form = {"building": [str(number) for number in building], "form_token": office.form_token(browser)}
    return browser.post(f"{PAGE}/codes", data=form)


def group_row(office: Office, platform_id: str = "g001") -> ChatGroup:
    return next(one for one in office.talk.rows(ChatGroup) if one.platform_id == platform_id)


def test_a_code_is_shown_once_and_binds_a_new_group(any_office: Office) -> None:
    office, talk = any_office, any_office.at_talks_time()
    admin = office.signed_in(ADMINISTRATOR)
    answer = ask_code(office, admin, *building_ids(office, "QHJY-3"))
    (code,) = CODE.findall(answer.text)
    assert f"绑定 {code}" in answer.text
    assert "清荷家园3号楼" in answer.text
    assert code not in admin.get(PAGE).text + stored(talk)
    assert talk.rows(BindingCode)[0].made_by == office.person(ADMINISTRATOR).id
    talk.say(HEAD_OF_COMMUNITY, f"绑定 {code}", "wrNew", at=True)
    talk.bot.directory.reload()
    new, old = group_row(office, "wrNew"), group_row(office)
    page, past = (admin.get(f"{PAGE}/{one.id}").text for one in (new, old))
    assert "清荷家园3号楼" in page
    assert f"9月7日10:00起，{office.person(COMMUNITY_HEAD).name}绑定" in page
    assert ("停用" in past, "有记录以前绑定" in past, "群机器人" in past) == (True, True, False)
    assert admin.get(PAGE).text.index("清荷家园3号楼群") < admin.get(PAGE).text.index(old.name)


@pytest.mark.parametrize("codes", [(), ("QHJY-3", "LTXC-1")], ids=["none", "two estates"])
def test_a_code_needs_buildings_of_one_estate(office: Office, codes: tuple[str, ...]) -> None:
    answer = ask_code(office, office.signed_in(ADMINISTRATOR), *building_ids(office, *codes))
    assert answer.status_code == 422
    assert staff_replies.bind_which(20) in answer.text
    assert office.talk.rows(BindingCode) == []


@pytest.mark.parametrize("given", [KEY, f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={KEY}", f" {KEY} "])
def test_the_key_is_kept_and_never_shown(any_office: Office, given: str) -> None:
    office, admin = any_office, any_office.signed_in(ADMINISTRATOR)
    group = group_row(office)
    assert office.post(admin, f"{PAGE}/{group.id}/webhook", key=given).status_code == 303
    assert office.talk.bot.directory().webhook_key("g001") == group_row(office).webhook_key == KEY
    page = admin.get(f"{PAGE}/{group.id}").text
    assert ("已填 key" in page, KEY in page) == (True, False)
    office.post(admin, f"{PAGE}/{group.id}/webhook", remove="true")
    assert (office.talk.bot.directory().webhook_key("g001"), group_row(office).webhook_key) == (None, None)
    assert "没有填" in admin.get(f"{PAGE}/{group.id}").text
    looks = [row for row in office.talk.rows(AccessLog) if row.what == "group_webhook"]
    assert [(row.person_id, row.reference) for row in looks] == [(office.person(ADMINISTRATOR).id, group.id)] * 2


@pytest.mark.parametrize("given", ["", "short", "a\x00b" * 9, "钥匙" * 20, "x" * 10_000, f"http://x/?key={KEY}&b=1"])
def test_what_is_no_key_is_refused_in_words(office: Office, given: str) -> None:
    admin, group = office.signed_in(ADMINISTRATOR), group_row(office)
    answer = office.post(admin, f"{PAGE}/{group.id}/webhook", key=given)
    assert answer.status_code == 422
    assert "不是群机器人的 key" in answer.text
    assert group_row(office).webhook_key is None


def test_a_group_is_ended_on_its_page(any_office: Office) -> None:
    office, admin = any_office, any_office.signed_in(ADMINISTRATOR)
    group = group_row(office)
    office.post(admin, f"{PAGE}/{group.id}/webhook", key=KEY)
    assert office.post(admin, f"{PAGE}/{group.id}/end").status_code == 303
    ended = group_row(office)
    assert (ended.ended_at is not None, ended.webhook_key, ended.mode) == (True, None, GroupMode.LISTEN)
    assert office.talk.say("r001", "3号楼垃圾成堆没人清理") is None
    assert len([row for row in office.talk.rows(AccessLog) if row.what == "group_end"]) == 1
    office.post(admin, f"{PAGE}/{group.id}/end")
    office.post(admin, f"{PAGE}/{group.id}/webhook", key=KEY)
    assert group_row(office).webhook_key is None
    assert len(office.talk.rows(GroupBinding)) == 1


def test_a_dissolved_group_is_seen_until_a_message_arrives_again(any_office: Office) -> None:
    office, talk, admin = any_office, any_office.talk, any_office.signed_in(ADMINISTRATOR)
    group = group_row(office)
    for failure in (RecipientGone("93008 群里没有机器人"), None):
        talk.channel.failures = [failure] if failure else []
        talk.bot.inbox.receive(talk.message("r001", "帮助", at=True), talk.now, passive=False)
        talk.deliver()
        page = admin.get(f"{PAGE}/{group.id}").text
        assert ("93008 群里没有机器人" in page) == (failure is not None)
        assert ("消息没送到" in admin.get(PAGE).text) == (failure is not None)
        talk.now += dt.timedelta(minutes=1)


def test_a_group_that_is_not_there(office: Office) -> None:
    admin = office.signed_in(ADMINISTRATOR)
    assert admin.get(f"{PAGE}/99999").headers["location"] == PAGE
    for what in ("end", "webhook"):
        assert office.post(admin, f"{PAGE}/99999/{what}", key=KEY).status_code == 303
        assert office.post(admin, f"{PAGE}/{2**40}/{what}", key=KEY).status_code == 422
        assert office.post(office.signed_in(HEAD), f"{PAGE}/1/{what}", key=KEY).status_code == 403
    assert ask_code(office, admin, 2**40).status_code == 422
    assert ask_code(office, office.signed_in(HEAD), 1).status_code == 403
