"""Counts and the rates made of them, each with numerator and denominator (design decision 11)."""

from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Rate:
    """A share that never hides what it was made of; None where the denominator is zero."""

    numerator: int
    denominator: int

    @property
    def value(self) -> float | None:
        return self.numerator / self.denominator if self.denominator else None

    def __str__(self) -> str:
        percent = "–" if self.value is None else f"{self.value:.1%}"
        return f"{percent} ({self.numerator}/{self.denominator})"


@dataclass(frozen=True)
class Counts:
    """Counts over a cohort of cases; `due`: the first limit is over; `finished`: it says when it was resolved."""

    received: int = 0
    handled: int = 0
    closed: int = 0
    finished: int = 0
    closed_by_silence: int = 0
    closed_on_time: int = 0
    due: int = 0
    due_closed: int = 0
    postponed: int = 0
    overdue_open: int = 0
    withdrawn: int = 0
    declined: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    @property
    def handled_rate(self) -> Rate:
        return Rate(self.handled, self.received)

    @property
    def closure_rate(self) -> Rate:
        return Rate(self.closed, self.received)

    @property
    def on_time_closure_rate(self) -> Rate:
        return Rate(self.closed_on_time, self.received)

    @property
    def net_closure_rate(self) -> Rate:
        return Rate(self.due_closed, self.due - self.postponed)


FORMULAS = {
    "办结率": "（已办结 + 已结案）÷ 期内受理",
    "结案率": "已结案 ÷ 期内受理",
    "按期结案率": "时限内结案 ÷ 期内受理",
    "净结案率": "到期且结案 ÷（到期 − 延期）",
}
