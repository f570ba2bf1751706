"""Why a case was so understood, routed, timed, coloured and dispatched, from what is stored about it."""

from sqlmodel import Session, col, select

from data.models import Case, StatusChange, Task
from handlers import labels
from handlers.directory import Directory
from handlers.local_time import when


def explain(session: Session, directory: Directory, case: Case) -> list[tuple[str, str]]:
    """Pairs of question and answer, in Chinese, without the reporter's words or name."""
    category = directory.categories[case.category_code]
    limit = f"{category.limit_value}{'小时' if category.limit_unit.value == 'h' else '个工作日'}"
    if case.urgency.value == "emergency":
        limit = f"紧急 {category.emergency_hours}小时"
    return [
        ("案件", f"{case.number} {labels.STATUS[case.status]} {case.place_text}"),
        ("类型", f"{labels.KIND[case.kind]} · {case.class_} · {category.code} {category.name} · {case.urgency}"),
        ("为何这样理解", "；".join(case.because) or "没有记录"),
        ("把握", "，".join(f"{name} {value:.2f}" for name, value in case.confidence.items())),
        ("为何给这个单位", f"{case.routed_because} → {directory.departments[case.lead_department_id].name}"),
        ("哪个网格", directory.units[case.unit_id].name),
        ("时限", f"{limit}，到 {when(case.due_at)}{_provisional(case)}"),
        ("颜色", f"{labels.LEVEL[case.level]}"),
        ("下一步时钟", _clock(case)),
        *_tasks(session, directory, case),
        *_history(session, case),
    ]


def _provisional(case: Case) -> str:
    return "（该年放假安排未公布，为暂定）" if case.due_provisional else ""


def _clock(case: Case) -> str:
    if case.next_action is None or case.next_action_at is None:
        return "无"
    return f"{when(case.next_action_at)} {labels.CLOCK[case.next_action]}"


def _tasks(session: Session, directory: Directory, case: Case) -> list[tuple[str, str]]:
    tasks = session.exec(select(Task).where(Task.case_id == case.id).order_by(col(Task.id))).all()
    return [("派给", f"{when(t.offered_at)} {_holder(directory, t)}") for t in tasks]


def _holder(directory: Directory, task: Task) -> str:
    place = directory.departments[task.department_id].name if task.department_id else directory.units[task.unit_id].name
    return f"{place} · {directory.people[task.person_id].name}" if task.person_id else place


def _history(session: Session, case: Case) -> list[tuple[str, str]]:
    changes = session.exec(select(StatusChange).where(StatusChange.case_id == case.id).order_by(col(StatusChange.id)))
    return [("经过", _step(change)) for change in changes]


def _step(change: StatusChange) -> str:
    what = f"{labels.ROLE[change.actor_role]}{labels.ACTION[change.action]}"
    return f"{when(change.at)} {what} → {labels.STATUS[change.to_status]}"
