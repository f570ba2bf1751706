"""The story the product exists for: a message in the group becomes a case, and the case is closed by its reporter."""

from data.models import Case, CaseStatus, ClosedBy, Evaluation, StatusChange
from tests.talking import Talk


def test_from_message_to_closed_case(talk: Talk) -> None:
    answer = talk.say("r001", "3号楼2单元楼道灯坏了三天了")
    assert answer is not None
    assert "1001" in answer
    assert "\n" not in answer
    assert any("新任务 1001" in text for text in talk.told("zhao.haitao"))

    assert "已接单 1001" in (talk.say("zhao.haitao", "接1001", group=None) or "")
    assert "已办结" in (talk.say("zhao.haitao", "办结 1001 换了灯泡", group=None) or "")
    assert any("换了灯泡" in text for text in talk.told("r001"))

    assert "已结案" in (talk.say("r001", "解决了 1001", group=None) or "")
    talk.say("r001", "满意", group=None)
    case = talk.case()
    assert (case.status, case.closed_by) == (CaseStatus.CLOSED, ClosedBy.REPORTER)
    evaluation = talk.rows(Evaluation)[0]
    assert (evaluation.resolved, evaluation.satisfied) == (True, True)
    assert [c.action for c in talk.rows(StatusChange)] == ["dispatch", "accept", "resolve", "close", "evaluate"]


def test_the_same_message_three_times_is_one_case_and_one_answer(talk: Talk) -> None:
    message = talk.message("r001", "3号楼2单元楼道灯坏了三天了")
    answers = [talk.bot.inbox.receive(message, talk.now) for _ in range(3)]
    assert answers[0] is not None
    assert answers == [answers[0]] * 3
    assert len(talk.rows(Case)) == 1
