"""Words said after a report tell of danger: the case becomes an emergency, and people hear of it at once.

The line alone may say less than the line after the report (里面有人困住了), so the higher of both readings counts.
"""

from classifiers import Continuing, Understanding
from data.models import Case, CaseStatus, UnitLevel
from data.privacy import masked
from data.taxonomy import Urgency
from handlers import notices, staff_replies
from handlers.cases import intake
from handlers.cases.clock import start_clock
from handlers.cases.dispatch import holders, reachable_heads
from handlers.cases.lifecycle import Action, ActorRole, advance
from handlers.message import Context

RISING = (Urgency.NORMAL, Urgency.URGENT, Urgency.EMERGENCY)
LONGEST_WORDS = 200
RAISED = "补充后改为紧急"


def urgency_of(said: Continuing, *readings: Understanding) -> Urgency:
    """The highest of the readings; what is urgent and names danger for a person (昏迷, 救命) is an emergency."""
    highest = max((found.urgency or Urgency.NORMAL for found in readings), key=RISING.index)
    return Urgency.EMERGENCY if said.danger and highest is Urgency.URGENT else highest


def raised(context: Context, case: Case, urgency: Urgency, words: str) -> bool:
    """Raise the case to this urgency; True where it is an emergency only now, and everybody was told the words."""
    if RISING.index(urgency) <= RISING.index(case.urgency):
        return False
    case.urgency = urgency
    context.session.add(case)
    if urgency is not Urgency.EMERGENCY:
        return False
    advance(context, case, Action.SUPPLEMENT, frozenset({ActorRole.REPORTER}), note=RAISED)
    _hasten(context, case)
    start_clock(context, case)
    _alarm(context, case, words)
    return True


def _hasten(context: Context, case: Case) -> None:
    """The limit of an emergency, from now on; a limit that ends sooner stays."""
    before = case.due_at, case.original_due_at, case.due_provisional
    intake.set_deadline(context, case)
    if before[0] < case.due_at:
        case.due_at, case.original_due_at, case.due_provisional = before


def _alarm(context: Context, case: Case, words: str) -> None:
    """Whoever has the task in hand, or may take it, and the heads of the community; each hears it once.

    The task stays where it is: taken from one and offered to another it would only be late.
    """
    new = masked(words)
    told = f"{new[:LONGEST_WORDS]}\n{case.masked_text.removesuffix(new).rstrip()[:LONGEST_WORDS]}"
    text = staff_replies.emergency_alert(case.number, case.place_text, told)
    orders = staff_replies.offer_orders(case.number) if case.status is CaseStatus.DISPATCHED else ()
    hands = holders(context, case)
    community = context.directory.ancestor(case.unit_id, UnitLevel.COMMUNITY).id or 0
    notices.tell_people(context, hands, text, case, orders=orders)
    heads = [person for person in reachable_heads(context, community) if person not in hands]
    notices.tell_people(context, heads, text, case)
