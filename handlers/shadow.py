"""A candidate model beside the live one: what both answered on the same messages is counted (decision 9).

Words are never kept. Where either model sees a discipline matter, only that there was one is counted.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel, col, select

from classifiers import Understanding
from data.models import Message, ShadowCount, ShadowDifference, ShadowRun
from data.taxonomy import CaseClass

NOTHING = "-"
Run = tuple[str, str]
# The class follows from the category, so a case that differs is listed with the category alone.
LISTED = ("intent", "category", "urgency", "action")


@dataclass(frozen=True)
class Comparison:
    """What two models make of one message."""

    message_id: int
    live: Understanding
    candidate: Understanding

    @property
    def discipline(self) -> bool:
        return CaseClass.DISCIPLINE in (self.live.class_, self.candidate.class_)


def record(session: Session, compared: Iterable[Comparison], failed: Mapping[Run, int], now: dt.datetime) -> None:
    """Add to the counts of each pair of models; `failed` is how often a candidate broke."""
    runs: dict[Run, list[Comparison]] = {run: [] for run in failed}
    for one in compared:
        runs.setdefault((one.live.model_hash, one.candidate.model_hash), []).append(one)
    # In one order, so that two replicas that count at the same time never wait for each other.
    for run, found in sorted(runs.items(), key=lambda item: item[0]):
        _add_to_run(session, run, found, failed.get(run, 0), now)
        _add_to_counts(session, run, [one for one in found if not one.discipline])
        _keep_differences(session, run, [one for one in found if not one.discipline], now)


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
    known = new.on_conflict_do_update(index_elements=["live_hash", "candidate_hash"], set_={**more, "last_at": now})
    session.execute(known)


def _add_to_counts(session: Session, run: Run, compared: Sequence[Comparison]) -> None:
    pairs = Counter(
        (question, label, answers(one.candidate)[question])
        for one in compared
        for question, label in answers(one.live).items()
    )
    for (question, live, candidate), count in sorted(pairs.items()):
        row = {**_hashes(run), "question": question, "live": live, "candidate": candidate}
        new = _insert(session, ShadowCount).values(**row, count=count)
        more = {"count": col(ShadowCount.count) + count}
        session.execute(new.on_conflict_do_update(index_elements=list(row), set_=more))


def _keep_differences(session: Session, run: Run, compared: Sequence[Comparison], now: dt.datetime) -> None:
    """Only of messages that are part of a case; the first message of a case counts."""
    found = {one.message_id: one for one in compared}
    parts = select(Message.id, Message.case_id).where(col(Message.id).in_(found), col(Message.case_id).is_not(None))
    for message_id, case_id in session.exec(parts.order_by(col(Message.case_id), col(Message.id))).all():
        one = found[message_id or 0]
        live, candidate = answers(one.live), answers(one.candidate)
        for question in [name for name in LISTED if live[name] != candidate[name]]:
            new = _insert(session, ShadowDifference).values(
                **_hashes(run),
                case_id=case_id,
                question=question,
                live=live[question],
                candidate=candidate[question],
                at=now,
            )
            session.execute(new.on_conflict_do_nothing())


def _hashes(run: Run) -> dict[str, str]:
    return {"live_hash": run[0], "candidate_hash": run[1]}


def _insert(session: Session, table: type[SQLModel]) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that knows ON CONFLICT, of the dialect in use."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    return insert(table)
