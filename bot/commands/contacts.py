"""WeCom's members beside our people: who is who, who is missing, and the links between them that are beyond doubt.

A link gives somebody the rights of a post, so nothing is guessed: what is not exact is listed for a person to decide.
"""

import datetime as dt
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field

from rich.markup import escape
from rich.table import Table
from sqlmodel import Session, select

from bot.channels import ChannelError
from bot.channels.wecom.client import WecomClient
from bot.channels.wecom_app import WecomAppChannel
from bot.channels.wecom_robot import WecomRobot
from bot.platforms import wecom_client
from bot.settings import Settings
from data.database import Database
from data.models import Account, ChatGroup, Person, UnitLevel
from handlers.directory import Directory, held
from handlers.local_time import local_day

CHANNEL = WecomAppChannel.name
PAGE = 10_000
# A post in a grid is a post in its community; above that a name alone would decide.
NEAR = (UnitLevel.COMMUNITY, UnitLevel.GRID, UnitLevel.MICRO_GRID)


@dataclass(frozen=True)
class Member:
    """Somebody in WeCom, as far as the app may see them."""

    userid: str
    name: str
    departments: tuple[str, ...]


@dataclass
class Comparison:
    """Both lists side by side; `found` are the pairs that can be linked."""

    linked: list[tuple[Member, Person]] = field(default_factory=list)
    found: list[tuple[Member, Person]] = field(default_factory=list)
    doubtful: list[tuple[Member, str]] = field(default_factory=list)
    strangers: list[Member] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)
    gone: list[tuple[str, Person]] = field(default_factory=list)
    missing: list[Person] = field(default_factory=list)


def show_contacts(settings: Settings, database: Database, now: dt.datetime, *, link: bool) -> Table:
    """Ask WeCom, compare, link what is exact if that is wanted, and say what was found."""
    secrets = settings.wecom_app_secret, settings.wecom_contact_secret
    if not (settings.wecom_corp_id and all(secret.get_secret_value() for secret in secrets)):
        raise ValueError("请先设置 SUISHOUPAI_WECOM_CORP_ID、WECOM_APP_SECRET 和 WECOM_CONTACT_SECRET")
    app = wecom_client(settings, database, settings.wecom_app_secret, settings.wecom_app_agent_id)
    with closing(app), closing(wecom_client(settings, database, settings.wecom_contact_secret)) as contact:
        try:
            seen, ids = members(app), member_ids(contact)
        except ChannelError as error:
            raise ValueError(f"读不到企业微信通讯录：{error}") from None
    with database.writing() as session:
        compared = compare(seen, ids, Directory.load(session), local_day(now))
        if link:
            link_found(session, compared)
            session.commit()
    return as_table(compared, linked_now=link)


def create_group(settings: Settings, database: Database, name: str, userids: Sequence[str]) -> str:
    """A group of the app's own for these members, the first of them its owner; it only ever hears, never speaks.

    The id comes from the name, so that a group whose making was cut off is not made twice.
    """
    chatid = f"ssp{hashlib.sha256(name.encode()).hexdigest()[:24]}"
    client = wecom_client(settings, database, settings.wecom_app_secret)
    asked = {"name": name, "owner": userids[0], "userlist": list(userids), "chatid": chatid}
    with closing(client):
        try:
            client.post("appchat/create", data=asked)
        except ChannelError as error:
            raise ValueError(f"企业微信没有建群：{error}") from None
    with database.writing() as session:
        session.add(ChatGroup(channel=CHANNEL, platform_id=chatid, name=name))
        session.commit()
    return chatid


def members(app: WecomClient) -> list[Member]:
    """Everybody the app may see, with the names of their departments."""
    departments = {row["id"]: row for row in app.department.list()}
    roots = [number for number, row in departments.items() if row.get("parentid") not in departments]
    rows = {row["userid"]: row for root in roots for row in app.user.list(root, fetch_child=True, simple=True)}
    return [Member(row["userid"], row.get("name") or "", _names(row, departments)) for row in rows.values()]


def _names(row: dict[str, list[int]], departments: dict[int, dict[str, str]]) -> tuple[str, ...]:
    return tuple(departments[number]["name"] for number in row.get("department", ()) if number in departments)


def member_ids(contact: WecomClient) -> list[str]:
    """Everybody in the corporation, also whom the app may not see; WeCom tells no more than ids here."""
    found: dict[str, None] = {}
    cursor, asked = "", set[str]()
    while cursor not in asked:
        asked.add(cursor)
        page = contact.post("user/list_id", data={"cursor": cursor, "limit": PAGE})
        found |= {row["userid"]: None for row in page.get("dept_user", ())}
        cursor = page.get("next_cursor") or ""
    return list(found)


def compare(seen: Iterable[Member], ids: Iterable[str], directory: Directory, today: dt.date) -> Comparison:
    """Who is who: first the links that stand, then equal codes, then name and department together."""
    compared = Comparison()
    people = People(directory, today)
    by_id = {member.userid.lower(): member for member in seen}
    compared.hidden = [userid for userid in ids if userid.lower() not in by_id]
    known = {userid.lower() for userid in compared.hidden} | set(by_id)
    for userid, person in people.linked.items():
        if userid not in known:
            compared.gone.append((userid, person))
        elif member := by_id.pop(userid, None):
            compared.linked.append((member, person))
    _pair(compared, by_id.values(), people)
    there = {person.id for _who, person in (*compared.linked, *compared.found)}
    compared.missing = [person for person in people.in_post if person.id not in there]
    return compared


class People:
    """Our people as they can be found: by the account that is linked, by code, by name."""

    def __init__(self, directory: Directory, today: dt.date) -> None:
        self._directory = directory
        self._posts = [post for post in directory.posts if held(post, today)]
        everybody = directory.people.values()
        self.by_code = {person.code.lower(): person for person in everybody}
        self.by_name: dict[str, list[Person]] = defaultdict(list)
        for person in everybody:
            self.by_name[person.name].append(person)
        self.in_post = [directory.people[number] for number in dict.fromkeys(post.person_id for post in self._posts)]
        self.linked = {
            account.platform_id.lower(): directory.people[number]
            for number, accounts in directory.staff_accounts.items()
            for account in accounts
            if account.channel == CHANNEL
        }

    def places(self, person: Person) -> set[str]:
        """The names of the units and departments of somebody's posts."""
        return set(self._places(person))

    def _places(self, person: Person) -> Iterator[str]:
        for post in self._posts:
            if post.person_id == person.id and post.department_id:
                yield self._directory.departments[post.department_id].name
            if post.person_id == person.id and post.unit_id:
                first, *above = self._directory.lineage(post.unit_id)
                yield first.name
                yield from (unit.name for unit in above if unit.level in NEAR)


def _pair(compared: Comparison, unlinked: Iterable[Member], people: People) -> None:
    """Sort the members who are not linked yet; whom two of them could be, neither of them is linked to."""
    wanted: dict[int | None, list[Member]] = defaultdict(list)
    for member in unlinked:
        found = _who(member, people)
        if isinstance(found, Person):
            wanted[found.id].append(member)
        elif found:
            compared.doubtful.append((member, found))
        else:
            compared.strangers.append(member)
    taken = {person.id for person in people.linked.values()}
    everybody = {person.id: person for person in people.by_code.values()}
    for number, claimants in wanted.items():
        if len(claimants) > 1 or number in taken:
            code = everybody[number].code
            compared.doubtful += [(member, f"{code} 已有或不止一个账号") for member in claimants]
        else:
            compared.found.append((claimants[0], everybody[number]))


def _who(member: Member, people: People) -> Person | str:
    """The person this member is, why that is in doubt, or an empty text for a stranger."""
    same_code = people.by_code.get(member.userid.lower())
    if same_code is not None:
        return same_code if same_code.name == member.name else f"账号与 {same_code.code} 相同，姓名不同"
    named = people.by_name.get(member.name, [])
    here = [person for person in named if people.places(person) & set(member.departments)]
    if len(here) == 1:
        return here[0]
    codes = "、".join(person.code for person in named)
    return f"同部门同名不止一人：{codes}" if here else (f"与 {codes} 同名，部门对不上" if named else "")


def link_found(session: Session, compared: Comparison) -> None:
    """Make the exact pairs one: the accounts a member may already have written from become those of the person.

    A robot made by a super administrator names members as the app does; of any other robot these ids never come.
    """
    for member, person in compared.found:
        for channel in (CHANNEL, WecomRobot.name):
            account = session.exec(
                select(Account).where(Account.channel == channel, Account.platform_id == member.userid)
            ).first() or Account(channel=channel, platform_id=member.userid)
            account.person_id = person.id
            session.add(account)


def as_table(compared: Comparison, *, linked_now: bool) -> Table:
    """What an administrator reads; names of members are shown as they are, whatever they hold."""
    table = Table(title="企业微信通讯录与人员名册", title_justify="left")
    for heading in ("情况", "企业微信", "名册", "说明"):
        table.add_column(heading, overflow="fold")
    for row in _rows(compared, linked_now=linked_now):
        table.add_row(*map(escape, row))
    return table


def _rows(compared: Comparison, *, linked_now: bool) -> Iterator[tuple[str, str, str, str]]:
    done = "已对应" if linked_now else "可对应，加 --link 写入"
    yield ("原已对应", f"{len(compared.linked)} 人", "", "")
    yield from ((done, _member(member), _person(person), "") for member, person in compared.found)
    yield from (("要人工确认", _member(member), "", why) for member, why in compared.doubtful)
    yield from (("名册里没有", _member(member), "", "") for member in compared.strangers)
    yield from (("应用看不到", userid, "", "不在应用可见的部门里") for userid in compared.hidden)
    yield from (("已离开企业微信", userid, _person(person), "") for userid, person in compared.gone)
    yield from (("企业微信里没有", "", _person(person), "") for person in compared.missing)


def _member(member: Member) -> str:
    return f"{member.name}（{member.userid}）{'、'.join(member.departments)}"


def _person(person: Person) -> str:
    return f"{person.name}（{person.code}）"
