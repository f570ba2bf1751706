"""The people and scenes the tests of handlers start from: somebody reports, takes, finishes, and others hear of it."""

import datetime as dt
from collections import defaultdict
from dataclasses import replace

from sqlmodel import SQLModel, col, select, update

from classifiers import Action, Intent, Understanding
from classifiers import Confidence as Sure
from data.models import Case, Post, Role, SealedMatter, StatusChange
from data.models.cases import FIRST_NUMBER
from data.taxonomy import CaseClass, Urgency
from handlers import replies
from tests.talking import Talk

RESIDENT, NEIGHBOUR, PASSER_BY = "r001", "r002", "r003"
MEMBER, COLLEAGUE, LEADER = "zhao.haitao", "qian.xiaoyu", "li.guifang"  # grid HX-01; the first has duty on Mondays
HEAD, DEPUTY = "wang.xiuzhen", "sun.hao"  # of its community
STRANGER = "deng.lihua"  # leads a grid of another community
READER = "min.zhengqing"  # the one named reader of discipline matters

RUBBISH = "3号楼垃圾成堆没人清理"  # one working day
NO_WATER = "3号楼停水了，没人管"  # 24 hours
STUCK = "3号楼电梯困人了，快来人"  # an emergency: one hour
ACCUSATION = "居委会书记贪污低保款"  # a discipline matter
STORY = "去年三月，书记收了包工头两万块"  # what is sealed after a yes

FIRST = FIRST_NUMBER + 1


def report(talk: Talk, words: str = RUBBISH, who: str = RESIDENT, group: str | None = "g001") -> int:
    """Somebody reports; the number of the new case."""
    talk.say(who, words, group)
    return max(case.number for case in talk.rows(Case))


def accepted(talk: Talk, words: str = RUBBISH) -> int:
    """A case that the member on duty has taken."""
    number = report(talk, words)
    private(talk, MEMBER, f"接 {number}")
    return number


def resolved(talk: Talk, words: str = RUBBISH) -> int:
    """A case that waits for its reporter's verdict; what was told so far is delivered."""
    number = accepted(talk, words)
    private(talk, MEMBER, f"办结 {number} 已清理")
    talk.deliver()
    return number


def closed(talk: Talk) -> int:
    number = resolved(talk)
    private(talk, RESIDENT, f"解决了 {number}")
    return number


def private(talk: Talk, who: str, text: str = "", **more: object) -> str:
    """Said to the bot alone; the answer, empty for silence."""
    return talk.say(who, text, group=None, **more) or ""


def heard(talk: Talk) -> dict[str, list[str]]:
    """What reached whom (a person or a group) since the last look."""
    found: dict[str, list[str]] = defaultdict(list)
    for outgoing in talk.deliver():
        found[outgoing.group or outgoing.account or ""].append(outgoing.text)
    return dict(found)


def steps(talk: Talk, number: int = FIRST) -> list[str]:
    """The history of a case as `role action`, oldest first."""
    with talk.bot.database.reading() as session:
        statement = select(StatusChange).where(StatusChange.case_id == number - FIRST_NUMBER)
        changes = session.exec(statement.order_by(col(StatusChange.id))).all()
    return [f"{change.actor_role} {change.action}" for change in changes]


def reads(
    talk: Talk,
    action: Action,
    *,
    class_: CaseClass = CaseClass.LIVELIHOOD,
    category: str = "M10",
    chance: float = 0.0,
) -> None:
    """From now on every message is read like this, however sure the trained model might be of it."""
    found = Understanding(
        Intent.REPORT,
        class_,
        category,
        Urgency.NORMAL,
        None,
        Sure(0.5, 0.5, 0.5),
        action,
        because=("测试",),
        chance=chance,
    )
    talk.bot = replace(talk.bot, inbox=replace(talk.bot.inbox, understand=lambda text, **_: found))


def stored(talk: Talk, *, without: str = "") -> str:
    """Everything that lies in the database, decrypted, save for one table."""
    tables = [table for table in SQLModel.metadata.sorted_tables if table.name != without]
    with talk.bot.database.reading() as session:
        return "\n".join(str(tuple(row)) for table in tables for row in session.execute(select(table)))


def no_reader(talk: Talk) -> None:
    with talk.bot.database.writing() as session:
        session.execute(update(Post).where(col(Post.role) == Role.DISCIPLINE_READER).values(until=dt.date(2026, 9, 6)))
        session.commit()
    talk.bot.directory.reload()


def sealed(talk: Talk) -> SealedMatter:
    """An accusation, the yes, and the words."""
    talk.say(RESIDENT, ACCUSATION)
    assert private(talk, RESIDENT, "同意") == replies.DISCIPLINE_TELL_US
    assert "J0001" in private(talk, RESIDENT, STORY)
    matter: SealedMatter = talk.rows(SealedMatter)[0]
    return matter
