"""The sample street as it lives: who says what and when, by a virtual clock that jumps from one event to the next.

Residents say lines of the corpus; grid members take, do, hand back and forget; reporters answer or stay silent; the
clock reminds, escalates and greets. How they behave is invented, but not kindly.
"""

import datetime as dt
import heapq
import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import sqlalchemy as sa
from sqlmodel import select

from bot.commands.sample_corp import GROUPS, STAFF
from bot.running import Bot
from classifiers import Intent
from classifiers.corpus import read_corpus
from data.models import Account, Case
from data.seed import STREET, read_lines
from data.taxonomy import CaseClass
from handlers.cases.actors import open_task
from handlers.cases.dispatch import in_hands
from handlers.cases.lifecycle import OPEN
from handlers.local_time import SHANGHAI, moment_of
from handlers.message import IncomingMessage

HOUR = dt.timedelta(hours=1)
SWEEP_COMES = dt.timedelta(seconds=7)
# A grid member looks at the phone by day.
AWAKE = (7 * 60, 21 * 60)


@dataclass(frozen=True)
class Habits:
    """How people behave, as shares of one; invented, but not kindly: some tasks are late and some are forgotten."""

    forgets: float = 0.05
    returns: float = 0.03
    extends: float = 0.04
    in_time: float = 0.75
    says_solved: float = 0.45
    says_unsolved: float = 0.06
    says_satisfied: float = 0.6


@dataclass
class Clock:
    """A virtual clock: now is what the simulation says it is."""

    now: dt.datetime

    def __call__(self) -> dt.datetime:
        return self.now


@dataclass
class Street:
    """The people of the sample street and what they are about to do."""

    bot: Bot
    clock: Clock
    chance: random.Random
    habits: Habits = field(default_factory=Habits)
    rounds: list[dt.datetime] = field(default_factory=list)
    """When the clock did its work; nobody says anything at these moments."""
    _plans: list[tuple[dt.datetime, int, Callable[[], object]]] = field(default_factory=list)
    _order: "itertools.count[int]" = field(default_factory=itertools.count)
    _said: "itertools.count[int]" = field(default_factory=itertools.count)
    _returned: set[int] = field(default_factory=set)
    _residents: "_Residents" = field(init=False)

    def __post_init__(self) -> None:
        self._residents = _Residents(self.chance)

    def pass_day(self, day: dt.date, reports_a_day: float) -> None:
        """Everything of one local day; the clock stands at its midnight before and at the next one after."""
        self._plan_reports(day, reports_a_day)
        self._until(moment_of(day + dt.timedelta(days=1), 0))
        self.bot.purge(self.clock.now)

    def _plan_reports(self, day: dt.date, reports_a_day: float) -> None:
        for _ in range(_about(self.chance, reports_a_day)):
            minute = int(self.chance.triangular(6 * 60, 23 * 60, 19 * 60))
            who, group, words = self._residents.report()
            self.plan(moment_of(day, minute), partial(self._report, who, group, words))

    def plan(self, at: dt.datetime, what: Callable[[], object]) -> None:
        heapq.heappush(self._plans, (max(at, self.clock.now), next(self._order), what))

    def _until(self, end: dt.datetime) -> None:
        """From event to event: somebody acts, a case is due, or an hour is over."""
        while (moment := min(self._next_round(), end)) < end or (self._plans and self._plans[0][0] < end):
            if self._plans and self._plans[0][0] <= moment:
                self.clock.now, _order, what = heapq.heappop(self._plans)
                what()
            else:
                self.clock.now = moment
                self._round()
        self.clock.now = end

    def _next_round(self) -> dt.datetime:
        """The next full hour, or the next case due before it; the sweep comes some seconds later than both."""
        hour = dt.datetime.fromtimestamp((self.clock.now.timestamp() // 3600 + 1) * 3600, dt.UTC)
        with self.bot.database.reading() as session:
            due = session.exec(select(sa.func.min(Case.next_action_at))).one()
        return (hour if due is None else max(self.clock.now, min(due, hour))) + SWEEP_COMES

    def _round(self) -> None:
        self.bot.sweep(self.clock.now)
        self.bot.send_scheduled(self.clock.now)
        self.rounds.append(self.clock.now)

    def say(self, who: str, text: str, group: str | None = None) -> str | None:
        """Somebody says something now, on the channels of the demo: staff on one, residents on another."""
        message = IncomingMessage(
            channel=STAFF if who in self._staff() else GROUPS,
            platform_id=f"simulated-{next(self._said)}",
            sender=who,
            sent_at=self.clock.now,
            text=text,
            group=group,
            addressed=group is None,
        )
        return self.bot.inbox.receive(message, self.clock.now)

    def _report(self, who: str, group: str, words: str) -> None:
        """A resident speaks; what became a case is somebody's work from now on."""
        before = self._newest_case()
        self.say(who, words, group)
        for case_id in range(before + 1, self._newest_case() + 1):
            self.plan(self._awake(self.chance.lognormvariate(0.3, 1.0)), partial(self._take, case_id))

    def _newest_case(self) -> int:
        with self.bot.database.reading() as session:
            return session.exec(select(sa.func.max(Case.id))).one() or 0

    def _awake(self, hours: float) -> dt.datetime:
        """So many hours from now, moved to the next morning where that is at night."""
        then = self.clock.now + hours * HOUR
        local = then.astimezone(SHANGHAI)
        if AWAKE[0] <= local.hour * 60 + local.minute < AWAKE[1]:
            return then
        day = local.date() + dt.timedelta(days=local.hour * 60 >= AWAKE[1])
        return moment_of(day, AWAKE[0]) + self.chance.random() * HOUR

    def _take(self, case_id: int) -> None:
        """Whoever is offered the task accepts, hands it back, or forgets it until the heads come into play."""
        case, who = self._hands(case_id)
        if who is None or case.status not in OPEN:
            return
        fate, number = self.chance.random(), case.number
        if fate < self.habits.forgets:
            self.plan(self._awake(24 * self.chance.uniform(5, 30)), partial(self._done, case_id))
        elif fate < self.habits.forgets + self.habits.returns and case_id not in self._returned:
            self._returned.add(case_id)
            self.say(who, f"退 {number} 不归我管")
            self.plan(self._awake(3), partial(self._dispatch_again, case_id))
        else:
            self.say(who, f"接 {number}")
            if self.chance.random() < self.habits.extends:
                self.say(who, f"延期 {number} 2天 等配件")
            self.plan(self._awake(self._hours_of_work(case)), partial(self._done, case_id))

    def _hours_of_work(self, case: Case) -> float:
        left = max((case.due_at - self.clock.now) / HOUR, 1.0)
        late = self.chance.random() > self.habits.in_time
        return left * (self.chance.uniform(1.0, 4.0) if late else self.chance.uniform(0.05, 0.9))

    def _done(self, case_id: int) -> None:
        case, who = self._hands(case_id)
        if who is None or case.status not in OPEN:
            return
        self.say(who, f"办结 {case.number} 已处理")
        self.plan(self._awake(self.chance.uniform(1, 72)), partial(self._judge, case_id))

    def _judge(self, case_id: int) -> None:
        case, _who = self._hands(case_id)
        reporter, answer = self._account(case.account_id), self.chance.random()
        if answer < self.habits.says_solved:
            self.say(reporter, f"解决了 {case.number}")
            if self.chance.random() < self.habits.says_satisfied:
                self.say(reporter, f"满意 {case.number}")
        elif answer < self.habits.says_solved + self.habits.says_unsolved:
            self.say(reporter, f"没解决 {case.number}")
            self.plan(self._awake(4), partial(self._take, case_id))

    def _dispatch_again(self, case_id: int) -> None:
        """The leader to whom the task came back gives it to somebody of the grid."""
        case, leader = self._hands(case_id)
        name = self._somebody_of(case)
        if leader is not None and name is not None:
            self.say(leader, f"派 {case.number} {name}")
        self.plan(self._awake(2), partial(self._take, case_id))

    def _somebody_of(self, case: Case) -> str | None:
        directory = self.bot.directory()
        for unit in directory.lineage(case.unit_id):
            for post in directory.posts:
                if post.unit_id == unit.id and directory.staff_accounts.get(post.person_id):
                    return directory.people[post.person_id].name
        return None

    def _hands(self, case_id: int) -> tuple[Case, str | None]:
        """The case, and the account of the first person it waits for."""
        with self.bot.database.reading() as session:
            case = session.get_one(Case, case_id)
            context = self.bot.context(session, self.clock.now)
            people = in_hands(context, case, open_task(context, case))
        reached = [person for person in people if self.bot.directory().staff_accounts.get(person)]
        return case, self.account_of(reached[0]) if reached else None

    def account_of(self, person_id: int) -> str:
        """How a member of staff is called on the platform."""
        return self.bot.directory().staff_accounts[person_id][0].platform_id

    def _staff(self) -> set[str]:
        """The accounts of everybody who works here."""
        return {a.platform_id for accounts in self.bot.directory().staff_accounts.values() for a in accounts}

    def _account(self, account_id: int) -> str:
        with self.bot.database.reading() as session:
            return session.get_one(Account, account_id).platform_id


class _Residents:
    """Who reports, in which group, in which words: residents of the sample street, lines of the corpus."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._people = [(line["account"], line["group"]) for line in read_lines(STREET, "residents.csv")]
        self._words = [
            row.text
            for row in read_corpus()
            if row.intent is not Intent.NONE and row.class_ is not CaseClass.DISCIPLINE
        ]

    def report(self) -> tuple[str, str, str]:
        return (*self._chance.choice(self._people), self._chance.choice(self._words))


def _about(chance: random.Random, mean: float) -> int:
    """How many of many independent chances come true: nearly Poisson, and never negative."""
    return sum(chance.random() < mean / 100 for _ in range(100))
