"""A candidate model beside the live one: what both answered on the same messages is counted (decision 9).

Words are never kept. Where either model sees a discipline matter, only that there was one is counted.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel, col, select

from classifiers import Intent, Understanding
from data.models import Correction, Message, Outcome, PendingMessage, ShadowCount, ShadowDifference, ShadowRun
from data.taxonomy import CaseClass

NOTHING = "-"
# A question of its own among the counts: who had taken for talk what a person dismissed.
DISMISSED, RIGHT, WRONG = "dismissed", "right", "wrong"
Run = tuple[str, str]
Pair = tuple[str, str, str]
# The class follows from the category, so a case that differs is listed with the category alone.
LISTED = ("intent", "category", "urgency", "action")


@dataclass(frozen=True)
class Comparison:
    """What two models make of one message."""

    message_id: int
    live: Understanding
    candidate: Understanding

    @property
    def run(self) -> Run:
        return self.live.model_hash, self.candidate.model_hash

    @property
    def discipline(self) -> bool:
        return CaseClass.DISCIPLINE in (self.live.class_, self.candidate.class_)


@dataclass(frozen=True)
class Differing:
    """A message on which two models differ, without its words; kept until it is a case or nothing."""

    message_id: int
    run: Run
    live: dict[str, str]
    candidate: dict[str, str]

    @property
    def questions(self) -> list[str]:
        return [name for name in LISTED if self.live[name] != self.candidate[name]]


def record(
    session: Session, compared: Iterable[Comparison], failed: Mapping[Run, int], now: dt.datetime
) -> list[Differing]:
    """Add to the counts of each pair of models, and tell where they differ; `failed`: how often a candidate broke."""
    runs: dict[Run, list[Comparison]] = {run: [] for run in failed}
    for one in compared:
        runs.setdefault(one.run, []).append(one)
    told = []
    # In one order, so that two replicas that count at the same time never wait for each other.
    for run, found in sorted(runs.items(), key=lambda item: item[0]):
        open_ = [one for one in found if not one.discipline]
        _add_to_run(session, run, found, failed.get(run, 0), now)
        _add_to_counts(session, run, _pairs(open_))
        told += [Differing(one.message_id, run, answers(one.live), answers(one.candidate)) for one in open_]
    return [one for one in told if one.questions]


def settle(session: Session, differing: Sequence[Differing], now: dt.datetime) -> list[Differing]:
    """List what is part of a case now, count who was right about what a person dismissed; returns what still waits."""
    ids = [one.message_id for one in differing]
    kept = select(Message).where(col(Message.id).in_(ids), Message.outcome != Outcome.DISCIPLINE)
    cases = {row.id: row.case_id for row in session.exec(kept).all() if row.case_id is not None}
    waiting = set(session.exec(select(PendingMessage.message_id).where(col(PendingMessage.message_id).in_(ids))).all())
    for one in sorted(differing, key=lambda one: (cases.get(one.message_id) or 0, one.message_id)):
        if case_id := cases.get(one.message_id):
            _list_case(session, one, case_id, now)
    known = waiting | set(cases)
    _count_dismissed(session, [one for one in differing if one.message_id not in known])
    return [one for one in differing if one.message_id in waiting]


def answers(found: Understanding) -> dict[str, str]:
    """The answer to each question as a label; talk has neither class, category nor urgency."""
    return {
        "intent": found.intent.value,
        "class": found.class_ or NOTHING,
        "category": found.category or NOTHING,
        "urgency": found.urgency or NOTHING,
        "action": found.action.value,
    }


def _add_to_run(session: Session, run: Run, compared: Sequence[Comparison], failed: int, now: dt.datetime) -> None:
    sealed = [one for one in compared if one.discipline]
    counts = {
        "messages": len(compared) - len(sealed),
        "failed": failed,
        "discipline": len(sealed),
        "discipline_agreed": sum(one.live.class_ is one.candidate.class_ for one in sealed),
    }
    new = _insert(session, ShadowRun).values(**_hashes(run), **counts, since=now, last_at=now)
    more = {name: getattr(ShadowRun, name) + count for name, count in counts.items()}
    # A discipline matter moves no time that is shown: it would tell when there was one.
    latest = {"last_at": now} if counts["messages"] or failed else {}
    known = new.on_conflict_do_update(index_elements=["live_hash", "candidate_hash"], set_={**more, **latest})
    session.execute(known)


def _pairs(compared: Iterable[Comparison]) -> Counter[Pair]:
    return Counter(
        (question, label, answers(one.candidate)[question])
        for one in compared
        for question, label in answers(one.live).items()
    )


def _add_to_counts(session: Session, run: Run, pairs: Counter[Pair]) -> None:
    for (question, live, candidate), count in sorted(pairs.items()):
        row = {**_hashes(run), "question": question, "live": live, "candidate": candidate}
        new = _insert(session, ShadowCount).values(**row, count=count)
        more = {"count": col(ShadowCount.count) + count}
        session.execute(new.on_conflict_do_update(index_elements=list(row), set_=more))


def _list_case(session: Session, one: Differing, case_id: int, now: dt.datetime) -> None:
    """The first message of a case counts."""
    for question in one.questions:
        new = _insert(session, ShadowDifference).values(
            **_hashes(one.run),
            case_id=case_id,
            question=question,
            live=one.live[question],
            candidate=one.candidate[question],
            at=now,
        )
        session.execute(new.on_conflict_do_nothing())


def _count_dismissed(session: Session, over: Sequence[Differing]) -> None:
    """Talk that a person took for none leaves no case to list: only whether the models had said so too."""
    ids = [one.message_id for one in over]
    dismissals = select(Correction.message_id).where(
        col(Correction.message_id).in_(ids), Correction.label == "intent", Correction.decided == Intent.NONE.value
    )
    dismissed = set(session.exec(dismissals).all())
    found: dict[Run, Counter[Pair]] = {}
    for one in over:
        if one.message_id in dismissed and "intent" in one.questions:
            live, candidate = (RIGHT if said["intent"] == Intent.NONE else WRONG for said in (one.live, one.candidate))
            found.setdefault(one.run, Counter())[DISMISSED, live, candidate] += 1
    for run, pairs in sorted(found.items()):
        _add_to_counts(session, run, pairs)


def _hashes(run: Run) -> dict[str, str]:
    return {"live_hash": run[0], "candidate_hash": run[1]}


def _insert(session: Session, table: type[SQLModel]) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that knows ON CONFLICT, of the dialect in use."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    return insert(table)
