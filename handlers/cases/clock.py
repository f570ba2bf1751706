"""What the clock does next with a case, and when: set whenever the case enters a state, read by the sweep."""

import datetime as dt

from data.models import Case, CaseStatus, ClockAction
from data.taxonomy import Urgency
from handlers.cases import deadlines
from handlers.cases.lifecycle import OPEN
from handlers.cases.working_days import WorkingDays
from handlers.message import Context


def start_clock(context: Context, case: Case) -> None:
    """Set the clock for the state the case has just entered; what was replayed from a file has none."""
    if context.policy.quiet:
        set_clock(case, None, None)
    elif case.status is CaseStatus.RESOLVED:
        set_clock(case, ClockAction.CLOSE, context.now + dt.timedelta(days=context.policy.silence_closes_days))
    elif case.status not in OPEN:
        set_clock(case, None, None)
    elif case.urgency is Urgency.EMERGENCY and case.status is not CaseStatus.ACCEPTED:
        check = context.now + dt.timedelta(minutes=context.policy.emergency_accept_minutes)
        set_clock(case, ClockAction.ACCEPT_CHECK, check)
    elif context.now < case.due_at:
        category = context.directory.categories[case.category_code]
        moment = deadlines.remind_at(case, category, calendar(context))
        set_clock(case, ClockAction.REMIND, max(moment, context.now))
    elif case.next_action is None:  # it stood still while its time ran out
        set_clock(case, ClockAction.DUE, context.now)


def set_clock(case: Case, action: ClockAction | None, at: dt.datetime | None) -> None:
    case.next_action, case.next_action_at = action, at


def calendar(context: Context) -> WorkingDays:
    """Working days with the office's own overrides."""
    return WorkingDays(context.directory.overrides)
