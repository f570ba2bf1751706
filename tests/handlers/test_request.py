"""Inquiries, suggestions and praise: registered as such, answered by the community, praise without a task."""

import pytest

from data.models import CaseStatus, Task
from tests.handlers.scenes import FIRST, RESIDENT, heard, private, steps
from tests.talking import Talk


@pytest.mark.parametrize(
    ("words", "kind", "answer"),
    [
        ("请问老年证在哪里办理", "inquiry", f"咨询已登记，编号 {FIRST}，社区9月14日18:00前答复。"),
        ("建议在小区门口装个减速带", "suggestion", f"建议已登记，编号 {FIRST}，社区9月10日18:00前答复。"),
    ],
)
def test_the_community_answers(sqlite_talk: Talk, words: str, kind: str, answer: str) -> None:
    assert sqlite_talk.say(RESIDENT, words) == answer
    case, directory = sqlite_talk.case(), sqlite_talk.bot.directory()
    assert (case.kind, directory.units[case.unit_id].code, case.level) == (kind, "HX", "community")
    assert sorted(heard(sqlite_talk)) == ["he.jianping", "liu.ting"]


def test_an_inquiry_goes_its_way_like_any_case(sqlite_talk: Talk) -> None:
    sqlite_talk.say(RESIDENT, "请问老年证在哪里办理")
    assert "已接单" in private(sqlite_talk, "liu.ting", f"接 {FIRST}")
    private(sqlite_talk, "liu.ting", f"办结 {FIRST} 带身份证到社区二楼")
    assert "带身份证到社区二楼" in heard(sqlite_talk)[RESIDENT][-1]


def test_praise_is_thanked_for_and_closed_at_once(sqlite_talk: Talk) -> None:
    answer = sqlite_talk.say(RESIDENT, "表扬物业师傅，电梯修得又快又好", at=True)
    assert answer == f"谢谢您的肯定，已登记（{FIRST}），会转达给他们。"
    case = sqlite_talk.case()
    assert (case.kind, case.status, case.closed_at, case.closed_by) == (
        "praise",
        CaseStatus.CLOSED,
        sqlite_talk.now,
        None,
    )
    assert case.next_action_at is None
    assert steps(sqlite_talk) == ["system acknowledge"]
    assert sqlite_talk.rows(Task) == []
    assert heard(sqlite_talk) == {}
    assert sqlite_talk.say(RESIDENT, f"查 {FIRST}") == f"{FIRST}：已结案。"
