"""What the office may read about one case: its course, why it went so, photos, verdicts; no room, phone or resident.

Of residents only their number is told. Notes are left out, because people write names into them.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from sqlmodel import col, select

from data.models import (
    Account,
    Case,
    CaseReporter,
    Evaluation,
    Media,
    MediaState,
    Message,
    StatusChange,
    Task,
)
from data.privacy import masked
from handlers import labels
from handlers.cases.discipline import SEALED_WORDS
from handlers.cases.explain import explain
from handlers.cases.intake import photos_of
from handlers.cases.lifecycle import ActorRole
from handlers.directory import Directory
from handlers.message import Context

# Of all that `explain` tells, what is neither told in the case's heading nor in its course.
WHY = ("为何这样理解", "为何给这个单位", "哪个网格", "时限", "颜色", "下一步时钟")
SURE = {"intent": "意图", "class": "大类", "category": "类别"}
STAFF = (ActorRole.HOLDER, ActorRole.LEADER)


@dataclass(frozen=True)
class Step:
    """One line of the course: who did what, and the state it led to."""

    at: dt.datetime
    who: str
    what: str
    change: StatusChange


@dataclass(frozen=True)
class Holding:
    """A task and who holds it."""

    task: Task
    holder: str


@dataclass(frozen=True)
class Dossier:
    """Empty but for the course and the tasks where the case was moved out."""

    case: Case
    moved_out: bool
    reporters: int
    steps: list[Step]
    tasks: list[Holding]
    reasons: list[tuple[str, str]]
    verdicts: list[Evaluation]
    before: list[Media]
    after: list[Media]


def read(context: Context, case: Case) -> Dossier:
    """Everything about the case that its leaders may see."""
    session = context.session
    tasks = list(session.exec(select(Task).where(Task.case_id == case.id).order_by(col(Task.id))).all())
    verdicts = session.exec(select(Evaluation).where(Evaluation.case_id == case.id).order_by(col(Evaluation.id))).all()
    moved_out = is_moved_out(case)
    photos = [] if moved_out else stored_photos(context, case)
    after = _shown_by_holders(context, photos, tasks)
    return Dossier(
        case=case,
        moved_out=moved_out,
        reporters=len(session.exec(select(CaseReporter.id).where(CaseReporter.case_id == case.id)).all()),
        steps=_steps(context, case),
        tasks=[Holding(task, _holder(context.directory, task)) for task in tasks],
        reasons=[] if moved_out else _reasons(context, case),
        verdicts=[] if moved_out else list(verdicts),
        before=[photo for photo in photos if photo.id not in after],
        after=[photo for photo in photos if photo.id in after],
    )


def is_moved_out(case: Case) -> bool:
    """Whether the words of the case left the open store (decision 7)."""
    return case.masked_text == SEALED_WORDS


def stored_photos(context: Context, case: Case) -> list[Media]:
    return [photo for photo in photos_of(context, case) if photo.state is MediaState.STORED and photo.path]


def _reasons(context: Context, case: Case) -> list[tuple[str, str]]:
    found = explain(context.session, context.directory, case)
    sure = "，".join(f"{SURE[name]} {value:.0%}" for name, value in case.confidence.items())
    reasons = [(question, masked(answer)) for question, answer in found if question in WHY]
    return [*reasons[:1], ("把握", sure or "没有记录"), *reasons[1:]]


def _steps(context: Context, case: Case) -> list[Step]:
    statement = (
        select(StatusChange, Account.person_id)
        .join(Account, isouter=True)
        .where(StatusChange.case_id == case.id)
        .order_by(col(StatusChange.id))
    )
    return [_step(context.directory, *row) for row in context.session.exec(statement).all()]


def _step(directory: Directory, change: StatusChange, person_id: int | None) -> Step:
    """Staff are named for what they did as staff; who reported stays unnamed, whoever it was."""
    person = directory.people.get(person_id or 0) if change.actor_role in STAFF else None
    who = labels.ROLE[change.actor_role] + (f" {person.name}" if person else "")
    return Step(change.at, who, labels.ACTION[change.action], change)


def _holder(directory: Directory, task: Task) -> str:
    place = directory.departments[task.department_id].name if task.department_id else directory.units[task.unit_id].name
    return f"{place} {directory.people[task.person_id].name}" if task.person_id else place


def _shown_by_holders(context: Context, photos: Iterable[Media], tasks: list[Task]) -> set[int | None]:
    """Photos sent by somebody after they had taken the task: how it looked afterwards."""
    taken = {task.person_id: task.accepted_at for task in reversed(tasks) if task.accepted_at}
    statement = (
        select(Media.id, Account.person_id, Message.received_at)
        .join(Message, col(Media.message_id) == Message.id)
        .join(Account, col(Message.account_id) == Account.id)
        .where(col(Media.id).in_([photo.id for photo in photos]), col(Account.person_id).in_(taken))
    )
    return {photo for photo, person, at in context.session.exec(statement).all() if at >= taken[person]}
