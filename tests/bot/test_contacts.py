"""Who is who in WeCom: exact pairs are linked once, everything in doubt is only listed, and every page is read."""

import datetime as dt
from collections.abc import Iterator
from contextlib import closing, contextmanager
from io import StringIO
from typing import Any

import pytest
from rich.console import Console
from sqlmodel import col, select

from bot.commands.contacts import PAGE, Member, create_group, show_contacts
from bot.settings import Settings
from bot.simulator.platform import Platform as StandIn
from bot.simulator.platform import served as standing_in
from data.database import Database
from data.models import Account, ChatGroup, Person, Post, Role
from handlers.directory import Directory
from tests.bot.channels.wecom_server import OK, Answer, Platform, Request, serving
from tests.bot.channels.wecom_vectors import golden_pairs, needs_vectors
from tests.databases import SqliteDatabases

NOW = dt.datetime(2026, 9, 7, 2, 0, tzinfo=dt.UTC)
# Two departments as an office has them in WeCom; the app sees both, its root is not the corporation's.
DEPARTMENTS = [
    {"id": 2, "name": "荷香社区", "parentid": 1},
    {"id": 3, "name": "区水务局", "parentid": 1},
    {"id": 4, "name": "荷香社区第一网格", "parentid": 2},
]


class Office:
    """A corporation's members behind the address of a platform, and our database."""

    def __init__(self, database: Database, address: str, platform: Platform) -> None:
        self.database, self.platform = database, platform
        self.people: list[dict[str, Any]] = []
        self.hidden: list[str] = []
        self.page = PAGE
        platform.answer = self.answer
        self.settings = Settings(
            env="test",
            wecom_api_url=address,
            wecom_corp_id="ww1",
            wecom_app_agent_id=7,
            wecom_app_secret="secret-of-the-app",
            wecom_contact_secret="secret-of-the-contacts",
        )

    def answer(self, request: Request) -> Answer:
        if request.endpoint == "department/list":
            return {"errcode": 0, "errmsg": "ok", "department": DEPARTMENTS}
        if request.endpoint == "user/simplelist":
            asked = int(request.query["department_id"])
            within = {asked, 4} if asked == 2 else {asked}
            listed = [person for person in self.people if within & set(person["department"])]
            return {"errcode": 0, "errmsg": "ok", "userlist": listed}
        if request.endpoint == "user/list_id":
            ids = [{"userid": p["userid"], "department": d} for p in self.people for d in p["department"]]
            ids += [{"userid": userid, "department": 9} for userid in self.hidden]
            start = int(request.json["cursor"] or 0)
            after = start + self.page if start + self.page < len(ids) else ""
            page = ids[start : start + self.page]
            return {"errcode": 0, "errmsg": "ok", "next_cursor": str(after), "dept_user": page}
        return OK

    def joins(self, userid: str, name: str, *departments: int) -> None:
        self.people.append({"userid": userid, "name": name, "department": list(departments), "open_userid": "x"})

    def shown(self, *, link: bool = False) -> str:
        """The table as an administrator reads it."""
        table = show_contacts(self.settings, self.database, NOW, link=link)
        written = StringIO()
        Console(width=200, file=written).print(table)
        return written.getvalue()

    def lines(self, word: str, *, link: bool = False) -> list[str]:
        return [line for line in self.shown(link=link).splitlines() if word in line]

    def links(self) -> dict[str, str]:
        """The accounts on the app's channel, and whose they are."""
        with self.database.reading() as session:
            statement = select(Account, Person).join(Person, isouter=True).where(Account.channel == "wecom_app")
            return {
                account.platform_id: person.code if person else "" for account, person in session.exec(statement).all()
            }


@contextmanager
def _office(database_url: str) -> Iterator[Office]:
    platform = Platform()
    with closing(Database(database_url)) as database, serving(platform) as address:
        yield Office(database, address, platform)


@pytest.fixture
def office(sqlite_databases: SqliteDatabases) -> Iterator[Office]:
    with sqlite_databases.seeded() as url, _office(url) as office:
        yield office


@pytest.fixture
def office_anywhere(database_url: str) -> Iterator[Office]:
    """The same on each database in turn."""
    with _office(database_url) as office:
        yield office


def add(office: Office, *rows: Any) -> None:
    with office.database.writing() as session:
        session.add_all(rows)
        session.commit()


def person(office: Office, code: str) -> Person:
    with office.database.reading() as session:
        return session.exec(select(Person).where(Person.code == code)).one()


def test_name_and_department_together_are_enough(office_anywhere: Office) -> None:
    """The post is in a grid, the department in WeCom the community above it, or the grid itself."""
    office = office_anywhere
    member, leader = person(office, "p022"), person(office, "p021")
    office.joins("HaiTao", member.name, 2)
    office.joins("guifang", leader.name, 4)
    assert [("可对应" in line) for line in office.lines(member.name)] == [True]
    assert office.links() == {}
    assert len(office.lines("已对应", link=True)) == 3  # two people, and how many were linked before
    assert office.links() == {"HaiTao": "p022", "guifang": "p021"}
    assert "2 人" in office.shown()
    assert not office.lines("可对应")


def test_an_equal_code_is_enough_if_the_name_agrees(office: Office) -> None:
    office.joins("P022", person(office, "p022").name, 3)
    office.joins("p021", "别人", 2)
    office.shown(link=True)
    assert office.links() == {"P022": "p022"}
    [doubt] = office.lines("要人工确认")
    assert "账号与 p021 相同，姓名不同" in doubt


def test_a_name_alone_is_not_enough(office: Office) -> None:
    name = person(office, "p022").name
    office.joins("haitao", name, 3)
    [doubt] = office.lines("要人工确认", link=True)
    assert "与 p022 同名，部门对不上" in doubt
    assert office.links() == {}


def test_two_people_of_one_name_in_one_department(office: Office) -> None:
    twin = Person(code="p900", name=person(office, "p022").name)
    add(office, twin)
    add(office, Post(person_id=twin.id or 0, role=Role.GRID_MEMBER, unit_id=_unit(office), since=dt.date(2026, 1, 1)))
    office.joins("haitao", twin.name, 2)
    [doubt] = office.lines("要人工确认", link=True)
    assert "p022、p900" in doubt
    assert office.links() == {}


def _unit(office: Office) -> int:
    """The unit of the post of p022."""
    with office.database.reading() as session:
        return session.exec(select(Post.unit_id).join(Person).where(Person.code == "p022")).one() or 0


def test_two_members_of_one_name_in_one_department(office: Office) -> None:
    for userid in ("haitao", "haitao2"):
        office.joins(userid, person(office, "p022").name, 2)
    assert len(office.lines("p022 已有或不止一个账号", link=True)) == 2
    assert office.links() == {}


def test_a_post_that_is_over_counts_no_more(office: Office) -> None:
    with office.database.writing() as session:
        for post in session.exec(select(Post).join(Person).where(Person.code == "p022")).all():
            post.until = dt.date(2026, 9, 6)
            session.add(post)
        session.commit()
    office.joins("haitao", person(office, "p022").name, 2)
    assert "部门对不上" in office.lines("要人工确认")[0]


def test_who_wrote_before_keeps_the_account(office: Office) -> None:
    add(office, Account(channel="wecom_app", platform_id="haitao", nickname="老赵"))
    office.joins("haitao", person(office, "p022").name, 2)
    office.shown(link=True)
    with office.database.reading() as session:
        [account] = session.exec(select(Account).where(Account.channel == "wecom_app")).all()
        assert account.nickname == "老赵"
        assert account.person_id == person(office, "p022").id
        [of_robot] = session.exec(select(Account).where(Account.channel == "wecom_robot")).all()
        assert (of_robot.platform_id, of_robot.person_id) == ("haitao", account.person_id)


def test_a_second_account_of_somebody_is_in_doubt(office: Office) -> None:
    add(office, Account(channel="wecom_app", platform_id="old", person_id=person(office, "p022").id))
    office.joins("old", "旧名", 2)
    office.joins("haitao", person(office, "p022").name, 2)
    assert "已有或不止一个账号" in office.lines("要人工确认", link=True)[0]
    assert office.links() == {"old": "p022"}


def test_who_is_only_on_one_side(office: Office) -> None:
    add(office, Account(channel="wecom_app", platform_id="left", person_id=person(office, "p022").id))
    add(office, Account(channel="wecom_app", platform_id="unseen", person_id=person(office, "p023").id))
    office.joins("guest", "[b]来宾", 3)
    office.hidden = ["Unseen", "boss"]
    shown = office.shown()
    assert [line for line in shown.splitlines() if "已离开企业微信" in line and "left" in line]
    assert "[b]来宾（guest）区水务局" in shown
    assert sorted(line.split("│")[2].strip() for line in office.lines("应用看不到")) == ["Unseen", "boss"]
    with office.database.reading() as session:
        directory = Directory.load(session)
    absent = "\n".join(office.lines("企业微信里没有"))
    assert f"（{directory.people[21].code}）" in absent


def test_every_page_is_read(office: Office) -> None:
    office.page = 2
    office.hidden = [f"u{number}" for number in range(7)]
    assert len(office.lines("应用看不到")) == 7
    assert [call.json["cursor"] for call in office.platform.calls if call.endpoint == "user/list_id"] == [
        "", "2", "4", "6"
    ]  # fmt: skip


def test_pages_that_never_end_are_left(office: Office) -> None:
    asked = office.answer

    def circling(request: Request) -> Answer:
        found = asked(request)
        return found | {"next_cursor": "0"} if request.endpoint == "user/list_id" else found  # type: ignore[operator]

    office.platform.answer = circling
    office.hidden = ["boss"]
    assert len(office.lines("应用看不到")) == 1


def test_a_refusal_is_said_in_one_line(office: Office) -> None:
    office.platform.answer = lambda request: {"errcode": 48009, "errmsg": "api forbidden"}
    with pytest.raises(ValueError, match=r"读不到企业微信通讯录：.*48009"):
        office.shown()


@pytest.mark.parametrize("setting", ["wecom_corp_id", "wecom_app_secret", "wecom_contact_secret"])
def test_what_is_not_set_is_asked_for(office: Office, setting: str) -> None:
    blank = Settings(**(office.settings.model_dump() | {setting: ""}))
    with pytest.raises(ValueError, match="WECOM_CONTACT_SECRET"):
        show_contacts(blank, office.database, NOW, link=False)
    assert office.platform.requests == []


def test_a_group_of_the_app(office: Office) -> None:
    chatid = create_group(office.settings, office.database, "荷香网格员", ["haitao", "guifang"])
    [call] = office.platform.calls
    assert call.endpoint == "appchat/create"
    assert call.json == {
        "name": "荷香网格员",
        "owner": "haitao",
        "userlist": ["haitao", "guifang"],
        "chatid": chatid,
    }
    with office.database.reading() as session:
        group = session.exec(select(ChatGroup).where(col(ChatGroup.channel) == "wecom_app")).one()
    assert (group.platform_id, group.name) == (chatid, "荷香网格员")


def test_a_group_that_was_refused_is_not_written_down(office: Office) -> None:
    office.platform.answer = lambda request: {"errcode": 86216, "errmsg": "invalid chat member"}
    with pytest.raises(ValueError, match=r"企业微信没有建群：.*86216"):
        create_group(office.settings, office.database, "荷香网格员", ["haitao", "nobody"])
    with office.database.reading() as session:
        assert not session.exec(select(ChatGroup).where(col(ChatGroup.channel) == "wecom_app")).all()


@needs_vectors
@pytest.mark.parametrize(
    "pair", [p for p in golden_pairs("corp__message__appchat") if "TestCreateAppchat" in str(p.id)]
)
def test_a_group_is_asked_for_as_in_the_example(office: Office, pair: dict[str, Any]) -> None:
    golden = pair["request"]
    chatid = create_group(office.settings, office.database, golden["name"], golden["userlist"])
    assert office.platform.calls[-1].json == golden | {"chatid": chatid}


@needs_vectors
@pytest.mark.parametrize("pair", [p for p in golden_pairs("corp__addrbook__user") if "TestListSimpleUser" in str(p.id)])
def test_members_are_read_as_in_the_example(office: Office, pair: dict[str, Any]) -> None:
    office.people = pair["response"]["userlist"]
    shown = office.shown()
    [listed] = pair["response"]["userlist"]
    assert Member(listed["userid"], listed["name"], ("荷香社区",)).name in shown
    assert office.platform.calls[1].query.keys() >= {"department_id", "fetch_child"}


def test_the_stand_in_of_the_platform_says_the_same(office: Office) -> None:
    """Its contact assistant knows ids only, its app sees names; a group is really there afterwards."""
    leader = person(office, "p021")
    platform = StandIn("ww1")
    platform.add_department(2, "荷香社区")
    platform.add_member("guifang", leader.name, [2])
    platform.add_member("boss", "老板")
    platform.add_app(7, "secret-of-the-app")
    platform.add_contact_assistant("secret-of-the-contacts")
    with closing(platform), standing_in(platform) as address:
        office.settings = office.settings.model_copy(update={"wecom_api_url": address})
        assert [line for line in office.lines("已对应", link=True) if "guifang" in line]
        assert office.lines("老板（boss）")
        chatid = create_group(office.settings, office.database, "荷香网格员", ["guifang", "boss"])
    assert office.links() == {"guifang": "p021"}
    assert platform.state.corp.groups[chatid].members == ["guifang", "boss"]
