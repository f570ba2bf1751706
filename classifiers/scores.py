"""How good answers are: plain counts of right and wrong, without scikit-learn.

`score_table` serves any labelled table; `score_messages` gives the figures of the shipped model on labelled messages.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from classifiers.labels import Action, Intent
from data.taxonomy import CaseClass

if TYPE_CHECKING:
    from classifiers import Understanding

_NOTHING = "-"
_SUREST_SHARE = 0.8
_WORST = 50
_MANY = (CaseClass.LIVELIHOOD, CaseClass.DISCIPLINE)


@dataclass(frozen=True)
class ClassScore:
    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True)
class TableScores:
    """What `evaluate` prints of a table."""

    accuracy: float
    macro_f1: float
    per_class: dict[str, ClassScore]
    n: int

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class MessageScores:
    """What `evaluate --dev` prints; shares are of the messages that they speak of."""

    n: int
    gate: ClassScore  # message or talk
    intent_accuracy: float  # among messages
    class_macro_f1: float  # over the three classes; a message taken for talk counts as missed
    class_macro_f1_without_party: float  # among messages, 民生 and 纪检 alone: real 党建 messages are too few
    class_calibration_error: float
    class_confusion: dict[str, dict[str, int]]  # among messages: for each true class what was answered
    category_confusion: dict[str, dict[str, int]]  # wrong answers only
    discipline_recall: float
    livelihood_to_discipline: float  # share of 民生 sent to 纪检
    category_accuracy: float  # among messages; one taken for talk counts as wrong
    category_accuracy_surest: float  # among the surest 80 %
    urgency_recall: float  # of urgent and emergency messages, given exactly that urgency
    category_calibration_error: float
    talk: int
    talk_not_ignored: int  # lines of talk that would be registered, asked or offered to a person
    talk_registered: int
    worst: list[dict[str, Any]]  # the surest of the wrong answers

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def score_table(truth: Sequence[str], answers: Sequence[str]) -> TableScores:
    labels = per_class(truth, answers)
    return TableScores(accuracy(truth, answers), macro_f1(labels), labels, len(truth))


def score_messages(rows: Sequence[Mapping[str, str]], answers: Sequence["Understanding"]) -> MessageScores:
    """Compare rows with the columns of the corpus (`-` for none) with what was understood."""
    pairs = list(zip(rows, answers, strict=True))
    messages = [(row, answer) for row, answer in pairs if row["intent"] != Intent.NONE]
    talk = [answer for row, answer in pairs if row["intent"] == Intent.NONE]
    livelihood = [answer for row, answer in messages if row["class"] == CaseClass.LIVELIHOOD]
    classes = per_class([row["class"] for row in rows], [answer.class_ or _NOTHING for answer in answers])
    meant = [row["class"] for row, _ in messages]
    taken = [answer.class_ or _NOTHING for _, answer in messages]
    among = per_class(meant, taken)
    class_right = [class_ == answer for class_, answer in zip(meant, taken, strict=True)]
    class_sure = [answer.confidence.class_ if answer.class_ else 0.0 for _, answer in messages]
    right = [answer.category == row["category"] for row, answer in messages]
    sure = [answer.confidence.category if answer.category else 0.0 for _, answer in messages]
    pressing = [(row, answer) for row, answer in messages if row["urgency"] in ("urgent", "emergency")]
    no_score = ClassScore(0.0, 0.0, 0.0, 0)
    return MessageScores(
        n=len(pairs),
        gate=_gate(pairs),
        intent_accuracy=_share(row["intent"] == answer.intent for row, answer in messages),
        class_macro_f1=macro_f1({name: classes.get(name, no_score) for name in CaseClass}),
        class_macro_f1_without_party=macro_f1({name: among.get(name, no_score) for name in _MANY}),
        class_calibration_error=calibration_error(class_sure, class_right),
        class_confusion=confusion(meant, taken),
        category_confusion=_mistaken(messages),
        discipline_recall=classes.get(CaseClass.DISCIPLINE, no_score).recall,
        livelihood_to_discipline=_share(answer.class_ is CaseClass.DISCIPLINE for answer in livelihood),
        category_accuracy=_share(right),
        category_accuracy_surest=_share(surest(right, sure)),
        urgency_recall=_share(row["urgency"] == answer.urgency for row, answer in pressing),
        category_calibration_error=calibration_error(sure, right),
        talk=len(talk),
        talk_not_ignored=sum(answer.action is not Action.IGNORE for answer in talk),
        talk_registered=sum(answer.action is Action.REGISTER for answer in talk),
        worst=worst_errors(pairs),
    )


def worst_errors(pairs: Sequence[tuple[Mapping[str, str], "Understanding"]]) -> list[dict[str, Any]]:
    """The wrong answers that were given most surely: talk taken for a message or the reverse, then wrong categories."""
    wrong = [(_how_sure(row, answer), row, answer) for row, answer in pairs if _is_wrong(row, answer)]
    wrong.sort(key=lambda found: -found[0])
    return [
        {
            "text": row["text"][:120],
            "meant": f"{row['intent']} {row['category']}",
            "answered": f"{answer.intent} {answer.category or _NOTHING}",
            "action": answer.action.value,
            "sure": round(sure, 3),
        }
        for sure, row, answer in wrong[:_WORST]
    ]


def _is_wrong(row: Mapping[str, str], answer: "Understanding") -> bool:
    """Judged where it hurts: whether it is a message at all, else its category."""
    if row["intent"] == Intent.NONE or answer.intent is Intent.NONE:
        return (row["intent"] == Intent.NONE) != (answer.intent is Intent.NONE)
    return row["category"] != answer.category


def _how_sure(row: Mapping[str, str], answer: "Understanding") -> float:
    both = row["intent"] != Intent.NONE and answer.intent is not Intent.NONE
    return answer.confidence.category if both else answer.confidence.intent


def _mistaken(messages: Sequence[tuple[Mapping[str, str], "Understanding"]]) -> dict[str, dict[str, int]]:
    wrong = [(row["category"], answer.category or _NOTHING) for row, answer in messages]
    wrong = [pair for pair in wrong if pair[0] != pair[1]]
    return confusion([meant for meant, _ in wrong], [taken for _, taken in wrong])


def accuracy(truth: Sequence[str], answers: Sequence[str]) -> float:
    return _share(right == answer for right, answer in zip(truth, answers, strict=True))


def confusion(truth: Sequence[str], answers: Sequence[str]) -> dict[str, dict[str, int]]:
    """For each true label, how often each answer was given."""
    table: dict[str, dict[str, int]] = {}
    for (right, answer), count in sorted(Counter(zip(truth, answers, strict=True)).items()):
        table.setdefault(right, {})[answer] = count
    return table


def per_class(truth: Sequence[str], answers: Sequence[str]) -> dict[str, ClassScore]:
    """Precision, recall and F1 of every label that occurs or was answered."""
    asked, given = Counter(truth), Counter(answers)
    hits = Counter(right for right, answer in zip(truth, answers, strict=True) if right == answer)
    return {label: _score(hits[label], given[label], asked[label]) for label in sorted(asked | given)}


def macro_f1(scores: Mapping[str, ClassScore]) -> float:
    return sum(score.f1 for score in scores.values()) / len(scores) if scores else 0.0


def surest(right: Sequence[bool], sure: Sequence[float], share: float = _SUREST_SHARE) -> list[bool]:
    """Whether the answers were right among the share of them that was given most surely."""
    order = sorted(range(len(right)), key=lambda i: -sure[i])
    return [right[i] for i in order[: round(len(right) * share)]]


def calibration_error(sure: Sequence[float], right: Sequence[bool], bins: int = 10) -> float:
    """Expected calibration error: how far certainty and share of right answers differ, over bins of equal width."""
    filled: dict[int, list[int]] = {}
    for i, value in enumerate(sure):
        filled.setdefault(min(int(value * bins), bins - 1), []).append(i)
    gaps = (abs(sum(sure[i] for i in group) - sum(right[i] for i in group)) for group in filled.values())
    return sum(gaps) / len(sure) if sure else 0.0


def _gate(pairs: Sequence[tuple[Mapping[str, str], "Understanding"]]) -> ClassScore:
    asked = [row["intent"] != Intent.NONE for row, _ in pairs]
    given = [answer.intent is not Intent.NONE for _, answer in pairs]
    return _score(sum(a and g for a, g in zip(asked, given, strict=True)), sum(given), sum(asked))


def _score(hits: int, given: int, asked: int) -> ClassScore:
    precision = hits / given if given else 0.0
    recall = hits / asked if asked else 0.0
    both = precision + recall
    return ClassScore(precision, recall, 2 * precision * recall / both if both else 0.0, asked)


def _share(values: Iterable[bool]) -> float:
    listed = list(values)
    return sum(listed) / len(listed) if listed else 0.0
