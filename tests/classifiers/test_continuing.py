"""What a line's own words say about what was said before it."""

import pytest

from classifiers import read_continuing


@pytest.mark.parametrize(
    "text",
    [
        "+1",
        "＋1 一样",
        "同问",
        "可不是嘛",
        "我家也是",
        "我们这栋也没水了",
        "五组也没得",
        "3号楼也停电",
        "嗯 我也没有",
        "隔壁单元的 我家厕所也在冒",
    ],
)
def test_agreement(text: str) -> None:
    assert read_continuing(text).agrees


@pytest.mark.parametrize(
    "text", ["电梯也坏了", "哪一家?我也爱去", "就是不知道什么时候修", "确实不错", "孩子也睡不着", ""]
)
def test_no_agreement(text: str) -> None:
    assert not read_continuing(text).agrees


@pytest.mark.parametrize("text", ["说错了，是5号楼", "打错了 是3单元", "更正：8号楼", "不对，应该是二单元"])
def test_correction(text: str) -> None:
    assert read_continuing(text).corrects


@pytest.mark.parametrize("text", ["已经修好了", "没事了，虚惊一场", "看错了，不好意思", "刚来水了"])
def test_the_matter_is_over(text: str) -> None:
    assert read_continuing(text).settles


@pytest.mark.parametrize("text", ["上次没修好", "还没有解决了", "至今未恢复", "说修好了，今天又漏", "不好意思再说一个"])
def test_the_matter_is_not_over(text: str) -> None:
    assert not read_continuing(text).settles


@pytest.mark.parametrize("text", ["里面有人困住了", "老人摔倒了昏迷不醒", "我妈已经晕了", "老太太出不来", "一直喊救命"])
def test_danger(text: str) -> None:
    assert read_continuing(text).danger


@pytest.mark.parametrize("text", ["困死了", "车出不来", "笑晕了", "衣服掉下去了", "没有人受伤"])
def test_no_danger(text: str) -> None:
    assert not read_continuing(text).danger


@pytest.mark.parametrize(
    ("text", "characters"),
    [("谢谢", 0), ("哈哈[捂脸]", 0), ("收到！谢谢您", 1), ("得嘞", 0), ("水压也小", 4), ("\u200b👍", 0)],
)
def test_politeness_and_emoji_say_nothing(text: str, characters: int) -> None:
    assert read_continuing(text).characters == characters
