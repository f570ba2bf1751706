"""`suishoupai transcript FILE`: a group's talk through the whole pipeline on a fresh in-memory database.

Group, buildings and people are made from what the file says (`group`, `building_hint`, nicknames); the clock
follows the messages. What was registered is printed as JSON, 纪检 included, which the group never sees.
"""

import datetime as dt
import json
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sqlmodel import Session, col, select

from bot.inbox import Inbox
from bot.running import Bot, DirectoryCache
from classifiers import Understanding
from data.database import Database
from data.models import (
    Account,
    Building,
    Case,
    CaseReporter,
    CaseStatus,
    ChatGroup,
    GroupBuilding,
    Message,
    Outcome,
    Person,
    Post,
    Role,
    Unit,
    UnitLevel,
)
from data.seed import load_street
from data.taxonomy import CaseClass
from handlers.local_time import SHANGHAI
from handlers.message import IncomingMessage, Kind, Reach

CHANNEL = "transcript"
MOST_BUILDINGS = 60
DEFAULT_BUILDINGS = 20
STAFF = re.compile(r"网格员|社区|居委|物业|管家|客服|书记|主任|街道")
_NUMBERS = re.compile(r"(\d{1,2})\s*(?:栋|幢|号楼|#|座)")
_IN_NICKNAME = re.compile(r"^(\d{1,2})-\d")
# Accusations of one speaker within this time are one matter.
ONE_MATTER = dt.timedelta(minutes=30)


@dataclass
class Playing:
    """What happened to each message of the file, by the file's own ids."""

    understood: dict[int, Understanding] = field(default_factory=dict)
    public_replies: set[int] = field(default_factory=set)


def play(bot: Bot, path: Path) -> dict[str, Any]:
    """Play one transcript and return what it registered."""
    talk = json.loads(path.read_text(encoding="utf-8"))
    database = Database("sqlite://")
    database.upgrade()
    with database.writing() as session:
        load_street(session)
        make_group(session, talk)
        session.commit()
    directory = DirectoryCache(database)
    directory.reload()
    policy = replace(bot.policy, reach=lambda channel, account: Reach.NONE)
    inbox = Inbox(database, directory, bot.inbox.understand, policy)
    playing = _play(inbox, talk)
    with database.reading() as session:
        return _registered(session, talk, playing)


def _play(inbox: Inbox, talk: dict[str, Any]) -> Playing:
    playing = Playing()
    quotes = {entry["id"]: entry for entry in talk["messages"]}
    for entry in talk["messages"]:
        if entry["kind"] == "system":
            continue
        listening = replace(inbox, understand=_remembering(inbox, playing, entry["id"]))
        message = to_message(talk, entry, quotes)
        if listening.receive(message, message.sent_at) is not None:
            playing.public_replies.add(entry["id"])
    return playing


def to_message(talk: dict[str, Any], entry: dict[str, Any], quotes: dict[int, dict[str, Any]]) -> IncomingMessage:
    """One line of the file; what a photo shows is not given to the bot."""
    photo = entry["kind"] == "image"
    return IncomingMessage(
        channel=CHANNEL,
        platform_id=str(entry["id"]),
        sender=entry["sender"],
        nickname=entry.get("nick") or "",
        sent_at=dt.datetime.fromisoformat(entry["at"]).replace(tzinfo=SHANGHAI).astimezone(dt.UTC),
        text=(entry.get("text") or "") if not photo else "",
        kind=Kind.IMAGE if photo else Kind.TEXT,
        group=talk["group"],
        media=(f"photo-{entry['id']}",) if photo else (),
        quotes=str(entry["quote_id"]) if entry.get("quote_id") else None,
    )


def _remembering(inbox: Inbox, playing: Playing, message_id: int) -> Any:
    def understand(text: str, **arguments: Any) -> Understanding:
        found = inbox.understand(text, **arguments)
        known = playing.understood.get(message_id)  # read several times where lines are read together
        if known is None or known.class_ is not CaseClass.DISCIPLINE:
            playing.understood[message_id] = found
        return found

    return understand


def make_group(session: Session, talk: dict[str, Any]) -> None:
    """A grid of its own in the sample street, the buildings that are named, and staff by their nicknames."""
    community = session.exec(select(Unit).where(Unit.level == UnitLevel.COMMUNITY)).first()
    grid = Unit(code="TRANSCRIPT", name="网格", level=UnitLevel.GRID, parent_id=community.id if community else None)
    group = ChatGroup(channel=CHANNEL, platform_id=talk["group"], name=talk["group"])
    session.add_all([grid, group])
    session.flush()
    for number in _building_numbers(talk):
        building = Building(code=f"T-{number}", unit_id=grid.id or 0, estate=talk["group"], number=number)
        session.add(building)
        session.flush()
        session.add(GroupBuilding(group_id=group.id or 0, building_id=building.id or 0))
    for sender, nick in {entry["sender"]: entry.get("nick") or "" for entry in talk["messages"]}.items():
        if STAFF.search(nick):
            _make_staff(session, grid, sender, nick)


def _building_numbers(talk: dict[str, Any]) -> list[int]:
    """Up to the largest number that hint or nicknames name; a usual estate where they name none."""
    nicks = [entry.get("nick") or "" for entry in talk["messages"]]
    named = [int(n) for text in (talk["building_hint"], *nicks) for n in _NUMBERS.findall(text)]
    named += [int(found[1]) for nick in nicks if (found := _IN_NICKNAME.match(nick))]
    return list(range(1, min(max(named, default=DEFAULT_BUILDINGS), MOST_BUILDINGS) + 1))


def _make_staff(session: Session, grid: Unit, sender: str, nick: str) -> None:
    person = Person(code=f"transcript-{sender}", name=nick)
    session.add(person)
    session.flush()
    account = Account(channel=CHANNEL, platform_id=sender, person_id=person.id, nickname=nick)
    post = Post(person_id=person.id or 0, role=Role.GRID_MEMBER, unit_id=grid.id, since=dt.date(2000, 1, 1))
    session.add_all([account, post])


def _registered(session: Session, talk: dict[str, Any], playing: Playing) -> dict[str, Any]:
    """The cases, the discipline matters, and the ids of all that led to nothing."""
    rows = session.exec(select(Message).where(Message.channel == CHANNEL).order_by(col(Message.id))).all()
    open_cases = session.exec(select(Case).where(Case.status != CaseStatus.WITHDRAWN).order_by(col(Case.id))).all()
    cases = [_case(session, case, rows, playing) for case in open_cases] + _discipline(rows, talk, playing)
    used = {message for case in cases for message in case["messages"]}
    return {"cases": cases, "ignored": [e["id"] for e in talk["messages"] if e["id"] not in used]}


def _case(session: Session, case: Case, rows: Any, playing: Playing) -> dict[str, Any]:
    messages = sorted(int(row.platform_id) for row in rows if row.case_id == case.id)
    reporters = _reporters(session, case)
    return {
        "messages": messages,
        "reporter": reporters[0],
        "class": case.class_.value,
        "category": case.category_code,
        "urgency": case.urgency.value,
        "place": case.place_text or None,
        "merged_reporters": reporters[1:],
        "public_reply": bool(playing.public_replies.intersection(messages)),
    }


def _reporters(session: Session, case: Case) -> list[str]:
    statement = (
        select(Account.platform_id)
        .join(CaseReporter, col(CaseReporter.account_id) == col(Account.id))
        .where(CaseReporter.case_id == case.id)
        .order_by(col(CaseReporter.at), col(CaseReporter.id))
    )
    return list(session.exec(statement).all())


def _discipline(rows: Any, talk: dict[str, Any], playing: Playing) -> list[dict[str, Any]]:
    """Matters that the open store does not hold: what one speaker accused within half an hour is one.

    Lines that were only set apart with them (a photo, words before or after) have no reading of their own.
    """
    entries = {entry["id"]: entry for entry in talk["messages"]}
    matters: list[dict[str, Any]] = []
    for message_id in (int(row.platform_id) for row in rows if row.outcome is Outcome.DISCIPLINE):
        entry, found = entries[message_id], playing.understood.get(message_id)
        last = next((m for m in reversed(matters) if m["reporter"] == entry["sender"]), None)
        if last is None or _moment(entry) - _moment(entries[last["messages"][-1]]) > ONE_MATTER:
            last = _new_matter(entry["sender"])
            matters.append(last)
        last["messages"].append(message_id)
        last["public_reply"] |= message_id in playing.public_replies
        if last["category"] is None and found is not None and found.class_ is CaseClass.DISCIPLINE:
            _describe(last, found)
    return matters


def _new_matter(sender: str) -> dict[str, Any]:
    return {
        "messages": [],
        "reporter": sender,
        "class": CaseClass.DISCIPLINE.value,
        "category": None,
        "urgency": "normal",
        "place": None,
        "merged_reporters": [],
        "public_reply": False,
    }


def _describe(matter: dict[str, Any], found: Understanding) -> None:
    matter["category"] = found.category
    matter["urgency"] = found.urgency.value if found.urgency else "normal"
    matter["place"] = found.place.text if found.place else None


def _moment(entry: dict[str, Any]) -> dt.datetime:
    return dt.datetime.fromisoformat(entry["at"])
