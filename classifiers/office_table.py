"""Tables as offices export them: CSV or TSV, in the encodings Excel writes; what cannot be used is said in one line."""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

FEWEST_ROWS, FEWEST_OF_A_LABEL = 10, 2
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # xlsx and xls
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_ENCODINGS = ("utf-8-sig", "gb18030")


class TableError(ValueError):
    """A table that cannot be used, with file, line and reason."""


@dataclass(frozen=True)
class TableRow:
    """The cells of a row by column, trimmed, and the line it ends on."""

    line: int
    cells: dict[str, str]


@dataclass(frozen=True)
class LabelledTable:
    """Texts with their labels, and what was left out, in words for who gave the table."""

    texts: list[str]
    labels: list[str]
    left_out: tuple[str, ...] = ()


def read_rows(path: Path, columns: Sequence[str]) -> Iterator[TableRow]:
    """Every row of a table that has at least these columns; raises TableError."""
    text = _decoded(path)
    heading = text.partition("\n")[0]
    delimiter = "\t" if path.suffix.lower() == ".tsv" or ("\t" in heading and "," not in heading) else ","
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        names = [(name or "").strip() for name in reader.fieldnames or ()]
        if missing := [column for column in columns if column not in names]:
            raise TableError(f"{path.name}：没有这些列：{'、'.join(missing)}（有的是：{'、'.join(names) or '无'}）")
        reader.fieldnames = names
        for cells in reader:
            yield _row(path, reader.line_num, cells)
    except csv.Error:  # the line number is still that of the row before
        raise TableError(f"{path.name} 第 {reader.line_num + 1} 行：有一格太长，多半是引号没有成对") from None


def read_labelled(path: Path, text: Sequence[str], label: str) -> LabelledTable:
    """Texts, several columns joined, with their labels; rows without one of them are left out."""
    rows = [row.cells for row in read_rows(path, [*text, label])]
    joined = [("\n".join(cells[column] for column in text), cells[label]) for cells in rows]
    kept = [(words, meant) for words, meant in joined if words.strip() and meant]
    if not kept:
        raise TableError(f"{path.name}：没有一行既有文字又有标签")
    lost = len(rows) - len(kept)
    left_out = (f"{lost} 行没有文字或没有标签，没有用",) if lost else ()
    return LabelledTable([words for words, _ in kept], [meant for _, meant in kept], left_out)


def read_for_training(path: Path, text: Sequence[str], label: str) -> LabelledTable:
    """The same, and enough of it to learn from: a label seen once is left out."""
    table = read_labelled(path, text, label)
    counts = Counter(table.labels)
    if len(counts) < 2:
        raise TableError(f"{path.name}：训练至少需要两种标签，这里只有「{table.labels[0]}」")
    rare = sorted(name for name, count in counts.items() if count < FEWEST_OF_A_LABEL)
    kept = [pair for pair in zip(table.texts, table.labels, strict=True) if pair[1] not in rare]
    if len(kept) < FEWEST_ROWS or len(counts) - len(rare) < 2:
        least = f"至少要 {FEWEST_ROWS} 行、两种标签，每种 {FEWEST_OF_A_LABEL} 行"
        raise TableError(f"{path.name}：能用的只有 {len(kept)} 行，{least}")
    notes = (f"只出现一次的标签学不会，没有用：{'、'.join(rare)}",) if rare else ()
    return LabelledTable([words for words, _ in kept], [meant for _, meant in kept], (*table.left_out, *notes))


def _decoded(path: Path) -> str:
    """The text of a file, whichever encoding Excel chose."""
    raw = path.read_bytes()
    if raw.startswith(_WORKBOOKS):
        raise TableError(f"{path.name}：这是 Excel 工作簿，请在 Excel 里另存为「CSV UTF-8」再用")
    if not raw.strip():
        raise TableError(f"{path.name}：文件是空的")
    for encoding in ("utf-16",) if raw.startswith(_UTF_16) else _ENCODINGS:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise TableError(f"{path.name}：文字编码认不出来，请另存为「CSV UTF-8」再用")


def _row(path: Path, line: int, cells: dict[str, str]) -> TableRow:
    more: object = cells.pop(None, None)  # type: ignore[call-overload]
    if isinstance(more, list) and any(more):
        raise TableError(f"{path.name} 第 {line} 行：比表头多出 {len(more)} 格，文字里有逗号的要放在引号里")
    return TableRow(line, {name: (cell or "").strip() for name, cell in cells.items()})
