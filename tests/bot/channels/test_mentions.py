"""Mentions: what is said behind them is all kept, with a space between or without."""

import pytest

from bot.channels.mentions import without_mentions


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("@随手拍 3号楼电梯坏了", "3号楼电梯坏了"),
        ("@随手拍\u2005查 1001", "查 1001"),
        (" @老王 @随手拍 灯坏了", "灯坏了"),
        ("@老王@随手拍 灯坏了", "灯坏了"),
        ("@清荷家园物业随手拍机器人 查 1001", "查 1001"),
        ("灯坏了 @随手拍", "灯坏了 @随手拍"),
        ("灯坏了", "灯坏了"),
        ("", ""),
    ],
)
def test_with_a_space_behind(typed: str, said: str) -> None:
    assert without_mentions(typed) == said


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("@随手拍，3号楼电梯坏了", "3号楼电梯坏了"),
        ("@随手拍：3号楼 电梯坏了", "3号楼 电梯坏了"),
        ("@随手拍！！ 3号楼电梯坏了，快来人", "3号楼电梯坏了，快来人"),
        ("@老王，@随手拍，3号楼电梯坏了", "3号楼电梯坏了"),
        ("@随手拍3号楼电梯坏了", "3号楼电梯坏了"),
        ("@随手拍3号楼电梯坏了，快来人", "3号楼电梯坏了，快来人"),
        ("@老王 @随手拍电梯坏了", "电梯坏了"),
        ("@随手拍查1001", "查1001"),
        ("@阳光小区物业电梯坏了", "@阳光小区物业电梯坏了"),
        ("@阳光小区物业电梯坏了，快来人", "@阳光小区物业电梯坏了，快来人"),
    ],
)
def test_without_one_no_report_is_lost(typed: str, said: str) -> None:
    assert without_mentions(typed) == said


@pytest.mark.parametrize(
    "typed",
    [
        "@随手拍",
        "@随手拍 ",
        "@随手拍，",
        "@老王 @随手拍",
        "@老王@随手拍",
        "@随手拍小助手",
        "@清荷家园物业随手拍机器人 ",
    ],
)
def test_who_only_calls_has_said_nothing(typed: str) -> None:
    assert without_mentions(typed) == ""


def test_a_long_row_of_mentions_takes_no_time() -> None:
    assert without_mentions("@老王  " * 5000 + "@" + "灯" * 20_000 + "@坏了") == "@" + "灯" * 20_000 + "@坏了"
