"""Tables for the terminal: cases and closure rates."""

import datetime as dt

from rich.table import Table
from sqlmodel import Session, col, select

from data.models import Case
from handlers import labels
from handlers.cases import statistics
from handlers.cases.counts import FORMULAS
from handlers.cases.scope import By, Scope
from handlers.directory import Directory
from handlers.local_time import Period, when

MOST_CASES = 50
BY = {By.COMMUNITY: "社区", By.GRID: "网格", By.DEPARTMENT: "部门", By.CATEGORY: "类别", By.WEEK: "周"}


def cases_table(session: Session, directory: Directory) -> Table:
    """The latest cases, without anybody's words or names."""
    table = Table(title="案件", title_justify="left")
    for heading in ("编号", "类别", "位置", "状态", "颜色", "时限", "结案"):
        table.add_column(heading)
    latest = session.exec(select(Case).order_by(col(Case.id).desc()).limit(MOST_CASES)).all()
    for case in reversed(latest):
        closed = {"reporter": "上报人确认", "silence": "沉默", "staff": "工作人员"}.get(case.closed_by or "", "")
        table.add_row(
            str(case.number),
            f"{case.class_} {directory.categories[case.category_code].name}",
            case.place_text,
            labels.STATUS[case.status],
            labels.LEVEL[case.level],
            when(case.due_at),
            closed,
        )
    return table


def closure_table(session: Session, directory: Directory, by: By, period: Period, now: dt.datetime) -> Table:
    """The rates by one dimension, each with numerator and denominator, and their sum."""
    lines = statistics.closure_table(session, directory, by, Scope(period), now)
    table = Table(title=f"结案率（按{BY[by]}，期内受理的案件）", title_justify="left", caption=_caption())
    for heading in (BY[by], "受理", "办结率", "结案率", "按期结案率", "净结案率", "超期", "沉默结案"):
        table.add_column(heading)
    named = [*((line.name, line.counts) for line in lines), ("合计", statistics.total(lines))]
    for name, counts in named:
        rates = (counts.handled_rate, counts.closure_rate, counts.on_time_closure_rate, counts.net_closure_rate)
        numbers = (str(counts.overdue_open), str(counts.closed_by_silence))
        table.add_row(name, str(counts.received), *map(str, rates), *numbers)
    return table


def _caption() -> str:
    return "\n".join(f"{name} = {formula}" for name, formula in FORMULAS.items())
