"""How a candidate compares with the live model on the same messages, and who was right where a person decided."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import Session, col, select

from data.models import Case, Correction, ShadowCount, ShadowDifference, ShadowRun
from data.models.cases import FIRST_NUMBER
from data.taxonomy import CaseClass, read_taxonomy
from handlers.cases.counts import Rate
from handlers.cases.discipline import SEALED_WORDS
from handlers.shadow import DISMISSED, NOTHING, RIGHT

MOST_LISTED = 200
# Of discipline matters nothing is told below this number (decision 7).
FEWEST_DISCIPLINE = 5
QUESTIONS = {"intent": "意图", "class": "大类", "category": "类别", "urgency": "紧急程度", "action": "处理方式"}
# What people decide; the name of the decision is that of the question.
DECIDED = ("intent", "category", "action")
WORDS = {
    "report": "上报",
    "inquiry": "咨询",
    "suggestion": "建议",
    "praise": "表扬",
    "none": "闲聊",
    "register": "登记",
    "ask": "追问",
    "candidate": "交人判断",
    "ignore": "不理会",
    "emergency": "紧急",
    "urgent": "较急",
    "normal": "一般",
    NOTHING: "（闲聊）",
}


@dataclass(frozen=True)
class LabelLine:
    """Of what the live model called so, how much the candidate called so too; and how much the candidate did at all."""

    name: str
    agreed: Rate
    by_candidate: int


@dataclass(frozen=True)
class QuestionLine:
    """One question: how often both gave the same answer, label by label, and who was right where people decided."""

    name: str
    agreed: Rate
    labels: list[LabelLine]
    live_right: Rate
    candidate_right: Rate


@dataclass(frozen=True)
class Difference:
    """A case on which the models disagree, and what a person decided, if anybody did."""

    number: int
    question: str
    live: str
    candidate: str
    decided: str | None


@dataclass(frozen=True)
class ShadowReport:
    run: ShadowRun
    questions: list[QuestionLine]
    differences: list[Difference]
    discipline: Rate | None
    """How many messages were a discipline matter to either model, and to both; None where they are too few to tell."""


def latest_run(session: Session) -> ShadowRun | None:
    """The pair of models that was compared last, on anything that may be told."""
    told = select(ShadowRun).where(col(ShadowRun.messages) + col(ShadowRun.failed) > 0)
    return session.exec(told.order_by(col(ShadowRun.last_at).desc()).limit(1)).first()


def report(session: Session, run: ShadowRun) -> ShadowReport:
    differences = _differences(session, run)
    counts = session.exec(
        select(ShadowCount).where(
            ShadowCount.live_hash == run.live_hash, ShadowCount.candidate_hash == run.candidate_hash
        )
    ).all()
    by_question: dict[str, list[ShadowCount]] = defaultdict(list)
    for count in counts:
        by_question[count.question].append(count)
    enough = run.discipline >= FEWEST_DISCIPLINE
    return ShadowReport(
        run=run,
        questions=[
            _line(name, by_question[name], differences, by_question[DISMISSED] if name == "intent" else ())
            for name in QUESTIONS
            if by_question[name]
        ],
        differences=[_named(found) for found in differences[:MOST_LISTED]],
        discipline=Rate(run.discipline_agreed, run.discipline) if enough else None,
    )


def word_for(question: str, label: str) -> str:
    """A label as people read it."""
    row = read_taxonomy().get(label) if question == "category" else None
    return row.name if row else WORDS.get(label, label)


def _line(
    question: str, counts: Iterable[ShadowCount], differences: Iterable[Difference], dismissed: Sequence[ShadowCount]
) -> QuestionLine:
    live: dict[str, int] = defaultdict(int)
    candidate: dict[str, int] = defaultdict(int)
    both: dict[str, int] = defaultdict(int)
    for found in counts:
        live[found.live] += found.count
        candidate[found.candidate] += found.count
        both[found.live] += found.count * (found.live == found.candidate)
    labels = sorted({*live, *candidate}, key=lambda label: (-live[label], label))
    decided = [found for found in differences if found.question == question and found.decided is not None]
    live_right, candidate_right = _rights(decided, dismissed)
    return QuestionLine(
        name=QUESTIONS[question],
        agreed=Rate(sum(both.values()), sum(live.values())),
        labels=[LabelLine(word_for(question, one), Rate(both[one], live[one]), candidate[one]) for one in labels],
        live_right=live_right,
        candidate_right=candidate_right,
    )


def _rights(decided: Sequence[Difference], dismissed: Sequence[ShadowCount]) -> tuple[Rate, Rate]:
    """How often the live model was right, and the candidate, where they differed and a person decided."""
    whole = len(decided) + sum(found.count for found in dismissed)
    live = sum(one.live == one.decided for one in decided)
    candidate = sum(one.candidate == one.decided for one in decided)
    live += sum(found.count for found in dismissed if found.live == RIGHT)
    candidate += sum(found.count for found in dismissed if found.candidate == RIGHT)
    return Rate(live, whole), Rate(candidate, whole)


def _named(found: Difference) -> Difference:
    name = found.question
    decided = word_for(name, found.decided) if found.decided is not None else None
    live, candidate = word_for(name, found.live), word_for(name, found.candidate)
    return Difference(found.number, QUESTIONS[name], live, candidate, decided)


def _differences(session: Session, run: ShadowRun) -> list[Difference]:
    """The latest first; nothing of a case that is a discipline matter by now."""
    statement = (
        select(ShadowDifference)
        .join(Case, col(ShadowDifference.case_id) == Case.id)
        .where(
            ShadowDifference.live_hash == run.live_hash,
            ShadowDifference.candidate_hash == run.candidate_hash,
            col(Case.class_) != CaseClass.DISCIPLINE,
            col(Case.masked_text) != SEALED_WORDS,
        )
        .order_by(col(ShadowDifference.id).desc())
    )
    rows = session.exec(statement).all()
    decided = _decisions(session, run)
    return [
        Difference(
            row.case_id + FIRST_NUMBER, row.question, row.live, row.candidate, decided.get((row.case_id, row.question))
        )
        for row in rows
    ]


def _decisions(session: Session, run: ShadowRun) -> dict[tuple[int | None, str], str]:
    """The last decision about each case on which the models disagree, by case and question."""
    differing = sa.select(col(ShadowDifference.case_id)).where(
        col(ShadowDifference.live_hash) == run.live_hash, col(ShadowDifference.candidate_hash) == run.candidate_hash
    )
    statement = (
        select(Correction)
        .where(col(Correction.label).in_(DECIDED), col(Correction.case_id).in_(differing))
        .order_by(col(Correction.id))
    )
    return {(found.case_id, found.label): found.decided for found in session.exec(statement).all()}
