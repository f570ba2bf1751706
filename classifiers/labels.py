"""The closed words in which a message is answered: what it wants, and what is done with it."""

from enum import StrEnum


class Intent(StrEnum):
    REPORT = "report"
    INQUIRY = "inquiry"
    SUGGESTION = "suggestion"
    PRAISE = "praise"
    NONE = "none"


class Action(StrEnum):
    REGISTER = "register"
    ASK = "ask"
    CANDIDATE = "candidate"
    IGNORE = "ignore"
