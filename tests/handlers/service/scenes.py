"""Service days the tests start from: a community's Saturday with two posts, and the members who come."""

import datetime as dt

from sqlmodel import col, select

from data.models import ServiceDay, ServiceDayState, ServiceHours, ServicePost, SignUp
from handlers.local_time import SHANGHAI
from handlers.service import planning, posts
from handlers.service.planning import Proposal, Wanted
from handlers.service.posts import WantedPost
from tests.talking import Talk

# All of community HX; the first three and the head are members of the party, the last two are not.
ZHAO, LIANG, WU, HEAD = "zhao.haitao", "liang.suqin", "wu.jianjun", "wang.xiuzhen"
QIAN, STAFF = "qian.xiaoyu", "liu.ting"
ELSEWHERE = "deng.lihua"  # a member of community LD
SATURDAY = dt.date(2026, 12, 12)
NINE, HALF_PAST_ELEVEN = 540, 690


def at(talk: Talk, day: dt.date, clock: str) -> Talk:
    """Move to this local time; what is said at set times and due is queued."""
    hour, minute = map(int, clock.split(":"))
    talk.now = dt.datetime(day.year, day.month, day.day, hour, minute, tzinfo=SHANGHAI).astimezone(dt.UTC)
    talk.bot.send_scheduled(talk.now)
    return talk


def announced(
    talk: Talk, day: dt.date = SATURDAY, unit: str = "HX", capacity: int = 2, hours: tuple[int, int] = (NINE, 690)
) -> int:
    """An announced day: post 1 at the east gate with so many places, post 2 with five; its id."""
    day_id = drafted(talk, day, unit, capacity, hours)
    change(talk, day_id, planning.announce)
    return day_id


def drafted(
    talk: Talk, day: dt.date = SATURDAY, unit: str = "HX", capacity: int = 2, hours: tuple[int, int] = (NINE, 690)
) -> int:
    with talk.bot.database.writing() as session:
        context = talk.bot.context(session, talk.now)
        unit_id = unit_named(talk, unit)
        (draft,) = planning.draft(context, unit_id, [Proposal(day, "清洁楼道")], by_id=None)
        draft.starts_minute, draft.ends_minute = hours
        (post,) = session.exec(select(ServicePost).where(ServicePost.service_day_id == draft.id)).all()
        posts.change(context, draft, post, WantedPost("物资分发", "东门", capacity))
        posts.add(context, draft, WantedPost("入户走访", "", 5))
        session.commit()
        return draft.id or 0


def change(talk: Talk, day_id: int, work: object, *values: object) -> None:
    """Do what an organiser does to the day."""
    with talk.bot.database.writing() as session:
        context = talk.bot.context(session, talk.now)
        work(context, session.get_one(ServiceDay, day_id), *values)  # type: ignore[operator]
        session.commit()


def moved_to(talk: Talk, day_id: int, day: dt.date, starts: int = NINE, ends: int = HALF_PAST_ELEVEN) -> None:
    change(talk, day_id, planning.change, Wanted(day, "清洁楼道", starts, ends))


def unit_named(talk: Talk, code: str) -> int:
    return next(unit.id or 0 for unit in talk.bot.directory().units.values() if unit.code == code)


def person(talk: Talk, account: str) -> int:
    accounts = talk.bot.directory().staff_accounts
    return next(key for key, found in accounts.items() if found[0].platform_id == account)


def name(talk: Talk, account: str) -> str:
    return talk.bot.directory().people[person(talk, account)].name


def places(talk: Talk) -> dict[str, int | None]:
    """Who answered, and the number of the post they took; None for those who asked to be excused."""
    with talk.bot.database.reading() as session:
        numbers = {post.id: post.number for post in session.exec(select(ServicePost))}
        return {
            talk.bot.directory().staff_accounts[answer.person_id][0].platform_id: numbers.get(answer.post_id)
            for answer in session.exec(select(SignUp).order_by(col(SignUp.id)))
        }


def ledger(talk: Talk) -> list[tuple[str, str, str, int]]:
    """Every line: who, from, to (local), minutes."""

    def clock(moment: dt.datetime) -> str:
        return f"{moment.astimezone(SHANGHAI):%d %H:%M}"

    people = talk.bot.directory().people
    return [
        (people[line.person_id].name, clock(line.starts_at), clock(line.ends_at), line.minutes)
        for line in sorted(talk.rows(ServiceHours), key=lambda line: line.id)
    ]


def state(talk: Talk, day_id: int) -> ServiceDayState:
    with talk.bot.database.reading() as session:
        found: ServiceDayState = session.get_one(ServiceDay, day_id).state
        return found
