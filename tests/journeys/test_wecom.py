"""Whole stories on WeCom over real HTTP and WebSocket: reported with a photo, taken and finished by card, confirmed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.simulator.platform import Fate, Shown
from data.models import Case, CaseStatus, Evaluation, Media, MediaState, OutboxMessage, OutboxStatus
from tests.databases import PostgresqlDatabases, SqliteDatabases
from tests.journeys.test_over_http import photo_with_position
from tests.journeys.wecom import GROUP, HEADS, HOLDERS, PATIENCE, RESIDENT, System, eventually, plain, whole_system

WORDS = "3号楼2单元楼道灯坏了三天了"


@pytest.fixture(params=[False, True], ids=["callback", "long"])
def system(
    databases: SqliteDatabases | PostgresqlDatabases,
    model_path: Path,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> Iterator[System]:
    """The robot by callback and over the long connection, on each database in turn."""
    with (
        databases.seeded() as url,
        whole_system(url, model_path, tmp_path, long=request.param) as system,
    ):
        yield system


def _offer(system: System) -> tuple[str, Shown]:
    """Who may take the case, and the card with which it was offered to them."""
    offered = eventually(lambda: [(who, card) for who in (*HOLDERS, *HEADS) for card in system.cards(who)])
    return offered[0]


def _key(shown: Shown, label: str) -> str:
    assert shown.card is not None
    return next(button.key for button in shown.card.buttons if button.text == label)


def _status(system: System, status: CaseStatus) -> bool:
    return eventually(lambda: system.case().status is status)


def test_reported_in_the_group_until_closed(system: System) -> None:
    platform = system.platform
    platform.say_to_robot(RESIDENT, GROUP, WORDS, image=photo_with_position())
    answer = platform.wait_for("1001", chatid=GROUP, timeout=PATIENCE)
    assert answer.text.startswith("已登记，编号 1001")
    holder, card = _offer(system)
    assert [button.text for button in card.card.buttons] == ["接单", "退回"]  # type: ignore[union-attr]
    assert platform.click(holder, card, "接 1001").fate is Fate.TAKEN
    platform.wait_for("已接单 1001", userid=holder, timeout=PATIENCE)
    assert card.card_of(holder).replaced == "已提交"  # type: ignore[union-attr]
    in_hand = eventually(lambda: system.cards(holder)[1:])[0]
    platform.click(holder, in_hand, _key(in_hand, "办结"))
    _status(system, CaseStatus.RESOLVED)
    _hears_the_result(system)
    platform.say_to_robot(RESIDENT, GROUP, "解决了 1001")
    platform.wait_for("1001 已结案", chatid=GROUP, timeout=PATIENCE)
    platform.say_to_robot(RESIDENT, GROUP, "满意 1001")
    platform.wait_for("谢谢您的评价", chatid=GROUP, timeout=PATIENCE)
    assert system.case().status is CaseStatus.CLOSED
    assert [verdict.satisfied for verdict in system.rows(Evaluation)] == [True]
    assert eventually(lambda: [m for m in system.rows(Media) if m.state is MediaState.STORED])
    assert "501" not in "".join(system.group())


def _hears_the_result(system: System) -> None:
    """As one neutral line in the group: over the long connection too, the robot was never spoken to alone."""
    line = system.platform.wait_for("1001 已办结", chatid=GROUP, timeout=PATIENCE)
    assert "解决了 1001" in plain(line.text)
    assert {row.status for row in system.rows(OutboxMessage)}.isdisjoint({OutboxStatus.DEAD, OutboxStatus.UNKNOWN})


@pytest.mark.parametrize("system", [True], ids=["long"], indirect=True)
def test_who_spoke_to_the_robot_alone_hears_the_result_alone(system: System) -> None:
    platform = system.platform
    platform.say_to_robot(RESIDENT, text="帮助")
    platform.say_to_robot(RESIDENT, GROUP, WORDS)
    holder, _card = _offer(system)
    platform.say_to_app(holder, "接 1001")
    platform.say_to_app(holder, "办结 1001 换了灯泡")
    platform.wait_for("您上报的 1001 已办结", userid=RESIDENT, timeout=PATIENCE)
    assert not [line for line in system.group() if "办结" in line]


def test_reported_privately_to_the_app_until_closed(system: System) -> None:
    platform = system.platform
    answer = platform.say_to_app(RESIDENT, f"清荷家园{WORDS}").answer
    assert answer is not None
    assert "1001" in answer.text
    holder, card = _offer(system)
    platform.click(holder, card, "接 1001")
    platform.wait_for("已接单 1001", userid=holder, timeout=PATIENCE)
    done = platform.say_to_app(holder, "办结 1001 换了灯泡").answer
    assert done is not None
    assert plain(done.text) == "1001 已办结，已告知上报人，等待确认。"
    platform.wait_for("换了灯泡", userid=RESIDENT, timeout=PATIENCE)
    closed = platform.say_to_app(RESIDENT, "解决了 1001").answer
    assert closed is not None
    assert "已结案" in closed.text
    assert system.case().status is CaseStatus.CLOSED
    assert system.group() == []  # what was reported privately stays private


def test_given_back_by_card_with_a_reason(system: System) -> None:
    platform = system.platform
    platform.say_to_robot(RESIDENT, GROUP, WORDS)
    holder, card = _offer(system)
    platform.click(holder, card, "退 1001", {"reason": ["not_ours"]})
    platform.wait_for("1001 已退回", userid=holder, timeout=PATIENCE)
    platform.wait_for("应由其他部门办理", userid="li.guifang", timeout=PATIENCE)
    assert [case.status for case in system.rows(Case)] == [CaseStatus.RETURNED]
