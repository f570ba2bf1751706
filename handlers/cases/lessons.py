"""What people decided about cases, as lines the classifier can learn from: masked words with the decided labels."""

from collections.abc import Iterator

from sqlmodel import Session, col, select

from classifiers import Intent
from data.models import Case, Correction, RequestKind
from data.taxonomy import read_taxonomy
from handlers.cases.dossier import is_moved_out

# The kinds of requests that are no report of something wrong.
INTENTS = {
    RequestKind.INQUIRY: Intent.INQUIRY,
    RequestKind.SUGGESTION: Intent.SUGGESTION,
    RequestKind.PRAISE: Intent.PRAISE,
}
COLUMNS = ("text", "intent", "class", "category", "urgency")


def lessons(session: Session) -> Iterator[dict[str, str]]:
    """One line a case, with the last decision about its category; the words as lists show them, without numbers."""
    statement = (
        select(Correction, Case)
        .join(Case, col(Correction.case_id) == Case.id)
        .where(Correction.label == "category")
        .order_by(col(Correction.id))
    )
    decided = {case.id: (correction, case) for correction, case in session.exec(statement).all()}
    for correction, case in decided.values():
        if not is_moved_out(case) and correction.decided in read_taxonomy():
            yield {
                "text": " ".join(case.masked_text.split()),
                "intent": INTENTS.get(case.kind, Intent.REPORT).value,
                "class": read_taxonomy()[correction.decided].class_.value,
                "category": correction.decided,
                "urgency": case.urgency.value,
            }
