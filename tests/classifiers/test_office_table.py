"""Tables as offices export them: read where they can be, refused in one line where they cannot."""

from pathlib import Path

import pytest

from classifiers.office_table import TableError, read_for_training, read_labelled

ROWS = [(f"{number}号楼电梯坏了", "电梯") for number in range(8)] + [
    (f"{number}号楼停水", "供水") for number in range(8)
]


def table(*rows: tuple[str, str], heading: str = "内容,类别") -> str:
    return "\n".join([heading, *(f"{text},{label}" for text, label in rows)]) + "\n"


def written(folder: Path, text: str | bytes, name: str = "12345.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding) if isinstance(text, str) else text)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
def test_every_encoding_of_excel_is_read(tmp_path, encoding: str) -> None:
    found = read_for_training(written(tmp_path, table(*ROWS), encoding=encoding), ["内容"], "类别")
    assert (found.texts[0], found.labels[0], len(found.texts), found.left_out) == ("0号楼电梯坏了", "电梯", 16, ())


@pytest.mark.parametrize("name", ["12345.tsv", "12345.csv", "12345.txt"])
def test_tabs_are_seen(tmp_path, name: str) -> None:
    path = written(tmp_path, table(*ROWS).replace(",", "\t"), name=name)
    assert len(read_for_training(path, ["内容"], "类别").texts) == 16


def test_columns_are_joined_and_headings_trimmed(tmp_path) -> None:
    path = written(tmp_path, "标题 , 内容,类别\n停水,三天了,供水\n")
    assert read_labelled(path, ["标题", "内容"], "类别").texts == ["停水\n三天了"]


def test_empty_cells_are_left_out_and_told(tmp_path) -> None:
    found = read_for_training(
        written(tmp_path, table(*ROWS, ("", "电梯"), ("灯坏了", ""), (" ", " "))), ["内容"], "类别"
    )
    assert len(found.texts) == 16
    assert found.left_out == ("3 行没有文字或没有标签，没有用",)


def test_a_label_seen_once_is_left_out_and_told(tmp_path) -> None:
    found = read_for_training(written(tmp_path, table(*ROWS, ("有人唱歌", "噪音"))), ["内容"], "类别")
    assert set(found.labels) == {"电梯", "供水"}
    assert found.left_out == ("只出现一次的标签学不会，没有用：噪音",)


def test_to_score_a_model_one_row_is_enough(tmp_path) -> None:
    assert read_labelled(written(tmp_path, table(("灯坏了", "照明"))), ["内容"], "类别").labels == ["照明"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (table(*ROWS, heading="内容,类型"), "没有这些列：类别（有的是：内容、类型）"),
        (table(*ROWS[:8]), "只有「电梯」"),
        (table(*ROWS[:2], *ROWS[8:9]), "至少要 10 行"),
        (table(*ROWS[:2], *ROWS[8:9], ("a", "b"), ("c", "d")), "至少要 10 行"),
        (table(("", "电梯"), ("灯", "")), "没有一行既有文字又有标签"),
        (table(*ROWS, ('"没有收尾的引号' + "字" * 140_000, "电梯")), "第 18 行：有一格太长"),
        (table(*ROWS, ("多,一格", "电梯")), "第 18 行：比表头多出 1 格"),
        (b"PK\x03\x04" + b"\0" * 50, "Excel 工作簿"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 50, "Excel 工作簿"),
        (b"", "文件是空的"),
        (b"\xef\xbb\xbf", "没有这些列：内容、类别（有的是：无）"),
        (b"\xff\x00\x81\xff", "编码认不出来"),
        (b"\xff\xfe\x00", "编码认不出来"),
    ],
    ids=[
        "column missing",
        "one label",
        "three rows",
        "labels seen once",
        "nothing but gaps",
        "huge cell",
        "a comma too many",
        "xlsx",
        "xls",
        "empty",
        "only a BOM",
        "no text",
        "half a character",
    ],
)
def test_what_cannot_be_learned_is_said_in_one_line(tmp_path, text: str | bytes, said: str) -> None:
    with pytest.raises(TableError) as refused:
        read_for_training(written(tmp_path, text), ["内容"], "类别")
    assert said in str(refused.value)
    assert str(refused.value).startswith("12345.csv")
    assert "\n" not in str(refused.value)
