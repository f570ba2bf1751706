"""Why a case is where it is, from what is stored, without the reporter's words."""

from handlers.cases.explain import explain
from tests.handlers.scenes import RUBBISH, STUCK, accepted, report
from tests.talking import Talk


def explained(talk: Talk) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    with talk.bot.database.reading() as session:
        for question, answer in explain(session, talk.bot.directory(), talk.case()):
            found.setdefault(question, []).append(answer)
    return found


def test_the_whole_way_of_a_case(sqlite_talk: Talk) -> None:
    number = accepted(sqlite_talk)
    found = explained(sqlite_talk)
    assert found["案件"] == [f"{number} 办理中 3号楼"]
    assert found["为何给这个单位"] == ["分派规则370：小区保洁归物业 → 荷畔里物业服务公司"]
    assert found["哪个网格"] == ["荷香社区第一网格"]
    assert "1个工作日" in found["时限"][0]
    assert "9月8日18:00" in found["时限"][0]
    assert found["颜色"] == ["绿色·网格"]
    assert "提醒" in found["下一步时钟"][0]
    assert len(found["派给"]) == 1
    assert [line.split()[-1] for line in found["经过"]] == ["已派单", "办理中"]
    assert found["为何这样理解"] != ["没有记录"]
    assert RUBBISH not in str(found)


def test_the_limit_of_an_emergency_and_of_a_year_without_calendar(sqlite_talk: Talk) -> None:
    report(sqlite_talk, STUCK)
    assert "紧急 1小时" in explained(sqlite_talk)["时限"][0]


def test_a_provisional_limit_says_so(sqlite_talk: Talk) -> None:
    sqlite_talk.later(days=115)  # the last day of 2026
    report(sqlite_talk)
    assert "暂定" in explained(sqlite_talk)["时限"][0]
