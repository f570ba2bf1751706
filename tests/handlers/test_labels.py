"""Every state, action, role, colour, kind and clock has a Chinese word, so that no page or reply can stumble."""

from collections.abc import Iterable

import pytest

from data.models import CaseStatus, ClockAction, EscalationLevel, RequestKind
from data.taxonomy import Urgency
from handlers import labels
from handlers.cases.lifecycle import Action, ActorRole


@pytest.mark.parametrize(
    ("words", "values"),
    [
        (labels.STATUS, CaseStatus),
        (labels.ACTION, Action),
        (labels.ROLE, ActorRole),
        (labels.LEVEL, EscalationLevel),
        (labels.KIND, RequestKind),
        (labels.CLOCK, ClockAction),
        (labels.URGENCY, Urgency),
    ],
    ids=lambda given: getattr(given, "__name__", ""),
)
def test_nothing_lacks_a_word(words: dict[str, str], values: Iterable[str]) -> None:
    assert set(values) <= set(words)


def test_every_colour_is_named_with_its_word() -> None:
    assert list(labels.LEVEL.values()) == ["绿色·网格", "黄色·社区", "蓝色·街道", "红色·区"]
