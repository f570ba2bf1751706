"""The page of groups: how often people agreed, and the switch from listening to speaking."""

from data.models import ChatGroup, GroupMode
from tests.bot.web.office import ADMINISTRATOR, HEAD, Office

PAGE = "/console/groups"


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
