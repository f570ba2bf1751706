"""The commands about the model as an operator types them: one line and an exit code, never a stack trace."""

import json
import shutil
import sys
from pathlib import Path

import pytest

from bot import promotion
from bot.__main__ import main
from bot.commands.training import train_candidate
from bot.settings import Settings
from classifiers import Model
from classifiers.office_table import TableError
from tests.bot.shadowed import compared, shadowed
from tests.handlers.scenes import RUBBISH
from tests.talking import Talk

ROWS = [(f"{number}号楼电梯坏了", "电梯") for number in range(8)] + [
    (f"{number}号楼停水", "供水") for number in range(8)
]
TABLE = "内容,类别\n" + "".join(f"{text},{label}\n" for text, label in ROWS)


@pytest.fixture
def place(tmp_path: Path, model_path: Path, candidate_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with a live model, a candidate and an empty database."""
    shutil.copyfile(model_path, tmp_path / "model.npz")
    shutil.copyfile(candidate_path, tmp_path / "candidate.npz")
    monkeypatch.chdir(tmp_path)
    for name, value in {"ENV": "test", "MODEL_PATH": "model.npz", "DATABASE_URL": "sqlite:///bot.db"}.items():
        monkeypatch.setenv(f"SUISHOUPAI_{name}", value)
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path


@pytest.fixture
def run(place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Types a command; exit code, standard output, standard error."""

    def typed(*arguments: object) -> tuple[object, str, str]:
        monkeypatch.setattr(sys, "argv", ["suishoupai", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return ended.value.code or 0, out, err

    return typed


def test_promote_rollback_and_the_log(run, place: Path, shipped: Model, candidate: Model) -> None:
    code, out, _ = run("promote", "--by", "周敏")
    assert (code, f"{shipped.hash} → {candidate.hash}（周敏）" in out, "不用重启" in out) == (0, True, True)
    code, out, _ = run("rollback")
    assert (code, f"{candidate.hash} → {shipped.hash}" in out) == (0, True)
    code, out, _ = run("model", "--json")
    found = json.loads(out)
    assert (found["live"]["hash"], found["previous"]["hash"]) == (shipped.hash, candidate.hash)
    assert found["candidate"]["hash"] == promotion.NONE
    assert [done["step"] for done in found["history"]] == ["promote", "rollback"]
    assert found["history"][1]["by"]
    code, out, _ = run("model")
    assert (code, "周敏" in out, "换回" in out) == (0, True, True)


def test_what_is_not_there_is_said(run, place: Path) -> None:
    assert run("rollback")[0::2] == (1, "没有上一个模型，退不回去\n")
    (place / "candidate.npz").unlink()
    code, _, err = run("promote")
    assert (code, "没有候选模型" in err) == (1, True)


def test_a_candidate_of_another_taxonomy_is_not_promoted(run, place: Path, strange_path: Path) -> None:
    shutil.copyfile(strange_path, place / "candidate.npz")
    code, _, err = run("promote")
    assert (code, "X01" in err, err.count("\n")) == (1, True, 1)


def test_the_comparison_is_printed(run, place: Path, sqlite_talk: Talk, candidate: Model, monkeypatch) -> None:
    assert run("shadow", "--json")[:2] == (0, "null\n")
    shadowed(sqlite_talk, candidate).say("r001", RUBBISH)
    compared(sqlite_talk)
    monkeypatch.setenv("SUISHOUPAI_DATABASE_URL", sqlite_talk.bot.settings.database_url)
    found = json.loads(run("shadow", "--json")[1])
    assert (found["candidate"], found["messages"], found["discipline"]) == (candidate.hash, 1, None)
    assert [(one["number"], one["live"], one["candidate"]) for one in found["differences"]] == [
        (1001, "环境卫生", "电梯")
    ]
    code, out, _ = run("shadow")
    assert (code, "1001" in out, "不足5条" in out) == (0, True, True)


def test_the_corpus_is_sound_and_an_unsound_one_fails(run, place: Path) -> None:
    code, out, _ = run("corpus", "--json")
    assert (code, json.loads(out)["conflicting"]) == (0, [])
    heading = "text,intent,class,category,urgency\n"
    (place / "own").mkdir()
    (place / "own" / "a.csv").write_text(
        heading + "停水了,report,民生,M01,normal\n停水了,none,-,-,-\n", encoding="utf-8"
    )
    code, out, _ = run("corpus", place / "own", "--json")
    assert (code, json.loads(out)["conflicting"]) == (1, [["a.csv:2", "a.csv:3"]])
    code, out, _ = run("corpus", place / "own")
    assert (code, "停水了" in out) == (1, True)


def test_an_offices_own_table_is_learned_and_scored(run, place: Path) -> None:
    (place / "12345.csv").write_text(TABLE + "有人唱歌,噪音\n,电梯\n", encoding="gbk")
    code, out, err = run("train", "12345.csv", "--text", "内容", "--label", "类别", "--out", "own/table.npz")
    assert (code, json.loads(out)["on_training_data"]["n"]) == (0, 16)
    assert "1 行没有文字" in err
    assert "噪音" in err
    code, out, _ = run(
        "evaluate", "12345.csv", "--model", "own/table.npz", "--text", "内容", "--label", "类别", "--json"
    )
    found = json.loads(out)
    assert (code, found["n"], found["per_class"]["电梯"]["recall"]) == (0, 17, 1.0)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("内容,类型\n停水,供水\n", "没有这些列：类别"),
        ("内容,类别\n" + "停水,供水\n" * 20, "只有「供水」"),
        ("内容,类别\n停水,供水\n停电,供电\n停水,供水\n", "至少要 10 行"),
        (TABLE + '"' + "字" * 150_000, "有一格太长"),
        (b"PK\x03\x04" + b"\0" * 30, "Excel 工作簿"),
        (b"", "文件是空的"),
    ],
    ids=["column", "one label", "three rows", "huge cell", "xlsx", "empty"],
)
def test_a_table_that_cannot_be_learned_ends_with_code_two(run, place: Path, content: str | bytes, said: str) -> None:
    (place / "[b]12345.csv").write_bytes(content.encode() if isinstance(content, str) else content)
    code, out, err = run("train", "[b]12345.csv", "--text", "内容", "--label", "类别")
    assert (code, out) == (2, "")
    assert (said in err, err.startswith("[b]12345.csv"), err.count("\n")) == (True, True, 1)


@pytest.mark.parametrize("model", ["model.npz", "none.npz", "12345.csv"])
def test_a_table_scored_with_a_wrong_model_ends_with_code_two(run, place: Path, model: str) -> None:
    (place / "12345.csv").write_text(TABLE, encoding="utf-8")
    code, _, err = run("evaluate", "12345.csv", "--model", model, "--text", "内容", "--label", "类别")
    assert (code, err.count("\n")) == (2, 1)


def test_a_bad_line_among_the_corrections_is_named(run, place: Path) -> None:
    (place / "decided.csv").write_text("text,intent,class,category,urgency\n灯坏了,report,党建,M13,normal\n", "utf-8")
    before = (place / "candidate.npz").read_bytes()
    code, _, err = run("train", "--corrections", "decided.csv")
    assert (code, err) == (2, "decided.csv 第 2 行的标签有误：M13 不属于 党建\n")
    assert (place / "candidate.npz").read_bytes() == before


def test_the_live_model_is_never_trained_over(place: Path) -> None:
    before = (place / "model.npz").read_bytes()
    (place / "link.npz").symlink_to(place / "model.npz")
    for target in (Path("model.npz"), place / "model.npz", Path("link.npz")):
        with pytest.raises(TableError, match="promote"):
            train_candidate(Settings(), place / "decided.csv", target)
    assert (place / "model.npz").read_bytes() == before


def test_two_tables_at_once_are_too_many(run, place: Path) -> None:
    (place / "a.csv").write_text(TABLE, encoding="utf-8")
    assert run("train", "a.csv", "--corrections", "a.csv")[0] == 2
