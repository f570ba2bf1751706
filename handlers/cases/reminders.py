"""What one round of the clock has to say, gathered per person, so that a bad morning is one message, not forty."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from data.models import Case
from data.taxonomy import Urgency
from handlers import notices, staff_replies
from handlers.message import Context


class Why(StrEnum):
    """Why somebody hears of a case, the most pressing first."""

    RAISED = "raised"
    OVERDUE = "overdue"
    SOON = "soon"


@dataclass(frozen=True)
class Reminder:
    """One line about one case; `sentence` is what is said where it is the only one."""

    case: Case
    why: Why
    sentence: str


@dataclass
class Round:
    """The reminders of one round; nothing is said before `say`."""

    _of_person: dict[int, list[Reminder]] = field(default_factory=lambda: defaultdict(list))

    def add(self, people: Iterable[int], case: Case, why: Why, sentence: str) -> None:
        for person in dict.fromkeys(people):
            self._of_person[person].append(Reminder(case, why, sentence))

    def say(self, context: Context, *, digested: Collection[int] = ()) -> None:
        """One message a person; emergencies stand alone. Who just got the digest has read the rest in it."""
        for person, reminders in self._of_person.items():
            alone = [r for r in reminders if r.case.urgency is Urgency.EMERGENCY]
            together = [r for r in reminders if r.case.urgency is not Urgency.EMERGENCY]
            if person in digested:
                together = [r for r in together if r.why is Why.RAISED]
            for reminder in alone:
                notices.tell_people(context, [person], reminder.sentence, reminder.case)
            _say_together(context, person, together)


def _say_together(context: Context, person: int, reminders: list[Reminder]) -> None:
    """Not held at night: the clock speaks only in the hours of the limit, up to and with their last minute."""
    if len(reminders) == 1:
        notices.tell_people(context, [person], reminders[0].sentence, reminders[0].case, at_once=True)
    elif reminders:
        lines = {why.value: [_line(context, r.case) for r in reminders if r.why is why] for why in Why}
        notices.tell_people(context, [person], staff_replies.reminders(lines), at_once=True)


def _line(context: Context, case: Case) -> str:
    category = context.directory.categories[case.category_code].name
    return staff_replies.task_line(case.number, case.place_text, category, case.due_at)
