"""A long text goes out in pieces that fit, cut where one would pause, with nothing lost."""

import pytest

from bot.outbox.pieces import pieces, size_of


@pytest.mark.parametrize(
    ("text", "longest", "expected"),
    [
        ("灯坏了。", 12, ["灯坏了。"]),
        ("灯坏了。门开着！水漏了？", 24, ["灯坏了。门开着！", "水漏了？"]),
        ("第一行\n第二行\n第三行", 20, ["第一行\n第二行", "第三行"]),
        ("「灯坏了。」他说", 18, ["「灯坏了。」", "他说"]),
        ("三号楼，二单元灯坏了", 18, ["三号楼，", "二单元灯坏了"]),
        ("灯。" + "很" * 20, 30, ["灯。" + "很" * 8, "很" * 10, "很" * 2]),  # no scraps
        ("见 https://a.cn/?x=1;y=2 这里。好", 30, ["见 https://a.cn/?x=1;y=2", "这里。好"]),
        ("👍👍", 5, ["👍", "👍"]),
        ("a" * 7, 3, ["aaa", "aaa", "a"]),
    ],
)
def test_where_it_is_cut(text: str, longest: int, expected: list[str]) -> None:
    assert pieces(text, longest) == expected
    assert all(size_of(piece) <= longest for piece in expected)


def test_no_word_is_lost_and_no_piece_is_empty() -> None:
    text = "案件 1001，三号楼二单元：楼道灯坏了三天。\n\n" * 200
    found = pieces(text, 2048)
    assert "".join("".join(found).split()) == "".join(text.split())
    assert min(map(len, found)) > 0
    assert len(found) <= size_of(text) // 1024 + 1


def test_half_a_character_does_not_stop_the_rest() -> None:
    assert pieces("\ud83d灯坏了。门开着。", 13) == ["\ud83d灯坏了。", "门开着。"]


def test_a_text_without_words_stays_itself() -> None:
    assert pieces("", 10) == [""]
    assert pieces(" " * 30, 10) == [" " * 30]
