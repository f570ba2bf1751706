"""Our errors; each knows what to tell the person who caused it.

SuishoupaiError
├── CaseError
│   ├── NoSuchCase       the number belongs to no case this person may know of
│   ├── NotYourCase      the person has no part in it
│   ├── NotAllowedNow    the state table has no such step from here
│   └── Overtaken        somebody else was faster
└── CommandError
    ├── NumberMissing    the order needs a number
    ├── WordsMissing     the order needs a reason, a department, a length …
    └── NotUnderstood    what was given does not fit
"""

from handlers import replies


class SuishoupaiError(Exception):
    """Something a person did wrong or too late; `reply` is the Chinese sentence for them."""

    def __init__(self, reply: str) -> None:
        super().__init__(reply)
        self.reply = reply


class CaseError(SuishoupaiError):
    """The order does not fit the case."""


class NoSuchCase(CaseError):
    def __init__(self, number: int) -> None:
        super().__init__(replies.no_such_case(number))


class NotYourCase(CaseError):
    def __init__(self, number: int) -> None:
        super().__init__(replies.not_your_case(number))


class NotAllowedNow(CaseError):
    def __init__(self, number: int, status: str, action: str) -> None:
        super().__init__(replies.not_allowed_now(number, status, action))


class Overtaken(CaseError):
    def __init__(self, number: int) -> None:
        super().__init__(replies.overtaken(number))


class CommandError(SuishoupaiError):
    """The order itself is incomplete."""


class NumberMissing(CommandError):
    def __init__(self, verb: str) -> None:
        super().__init__(replies.number_missing(verb))


class WordsMissing(CommandError):
    def __init__(self, verb: str, what: str) -> None:
        super().__init__(replies.words_missing(verb, what))


class NotUnderstood(CommandError):
    """Raised with the sentence that says what was expected."""
