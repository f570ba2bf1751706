"""Decisions of people learned beside the corpus: they count, a bad line is named, the scores are of lines held out."""

from pathlib import Path

import pytest

from classifiers.candidate import held_out, score_rows, try_candidate
from classifiers.corpus import CorpusRow, read_corrections
from classifiers.labels import Intent
from classifiers.model import Model, train
from classifiers.office_table import TableError
from data.taxonomy import CaseClass, Urgency

HEADING = "text,intent,class,category,urgency\n"
GOOD = "楼道灯坏了,report,民生,M13,normal\n"


def decided(text: str, code: str) -> CorpusRow:
    return CorpusRow(text, Intent.REPORT, CaseClass.LIVELIHOOD, code, Urgency.NORMAL)


def written(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "decided.csv"
    path.write_text(text, encoding=encoding)
    return path


LIFT = [decided(text, "M09") for text in ("电梯广告太响", "电梯里的喇叭太响", "电梯广告声音大", "电梯广告响一夜")]


def test_what_people_decided_changes_the_answer(tiny_rows, tiny_lexicon, tiny_model) -> None:
    taught = train(tiny_rows, corrections=LIFT, lexicon=tiny_lexicon)
    before, after = (model.read("电梯广告响").chances("category") for model in (tiny_model, taught))
    assert max(before, key=lambda code: before[code]) == "M04"
    assert max(after, key=lambda code: after[code]) == "M09"


def test_a_decision_outweighs_the_same_text_of_the_corpus(tiny_rows, tiny_lexicon) -> None:
    again = train(tiny_rows, corrections=[decided("半夜施工太吵", "M01")], lexicon=tiny_lexicon)
    chances = again.read("半夜施工太吵").chances("category")
    assert max(chances, key=lambda code: chances[code]) == "M01"


def test_the_hash_tells_what_was_learned(tiny_rows, tiny_lexicon, tiny_model, tmp_path) -> None:
    taught = train(tiny_rows, corrections=LIFT, lexicon=tiny_lexicon)
    other = train(tiny_rows, corrections=LIFT[:2], lexicon=tiny_lexicon)
    assert len({tiny_model.hash, taught.hash, other.hash}) == 3
    assert taught.hash.startswith(f"{tiny_model.hash}+")
    assert train(tiny_rows, corrections=LIFT[::-1], lexicon=tiny_lexicon).hash == taught.hash
    taught.save(tmp_path / "candidate.npz")
    assert Model.load(tmp_path / "candidate.npz").hash == taught.hash


def test_scores_are_of_lines_the_scored_model_never_saw(tiny_rows, tiny_lexicon, tiny_model) -> None:
    rows = [*LIFT, *(decided(f"{number}号楼停水", "M01") for number in range(20))]
    trial = try_candidate(rows, rows=tiny_rows, live=tiny_model, lexicon=tiny_lexicon)
    asked = [row for row in tiny_rows if held_out(row)]
    judged = [row for row in rows if held_out(row)]
    assert 0 < len(asked) < len(tiny_rows)
    assert 0 < len(judged) < len(rows)
    assert (trial.corpus_lines, trial.corrections) == (len(tiny_rows), len(rows))
    assert trial.on_corpus.intent.n == len(asked)
    assert trial.on_corrections is not None
    assert trial.on_corrections.category.n == len(judged)
    assert trial.live_on_corrections == score_rows(tiny_model, judged)
    assert set(trial.as_dict()["held_out"]) == {"corpus", "corrections", "corrections_by_live_model"}
    apart = train(
        [row for row in tiny_rows if not held_out(row)],
        corrections=[row for row in rows if not held_out(row)],
        lexicon=tiny_lexicon,
    )
    assert trial.on_corpus == score_rows(apart, asked)


def test_without_held_out_corrections_there_is_no_score_of_them(tiny_rows, tiny_lexicon) -> None:
    kept = [row for row in LIFT if not held_out(row)]
    trial = try_candidate(kept, rows=tiny_rows, lexicon=tiny_lexicon)
    assert (trial.on_corrections, trial.live_on_corrections) == (None, None)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_an_export_that_went_through_excel_is_read(tmp_path, encoding: str) -> None:
    (row,) = read_corrections(written(tmp_path, HEADING + GOOD, encoding))
    assert row == decided("楼道灯坏了", "M13")


def test_the_last_decision_about_a_text_counts(tmp_path) -> None:
    (row,) = read_corrections(written(tmp_path, HEADING + GOOD + GOOD.replace("M13", "M02")))
    assert row.category == "M02"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("灯坏了,reprt,民生,M13,normal", "第 3 行.*「reprt」.*report"),
        ("灯坏了,report,民生,M77,normal", "第 3 行.*没有类别 M77"),
        ("灯坏了,report,民生,,normal", "第 3 行.*没有类别"),
        ("灯坏了,report,党建,M13,normal", "第 3 行.*M13 不属于 党建"),
        ("灯坏了,report,民生,M13,soon", "第 3 行.*「soon」"),
        (",report,民生,M13,normal", "第 3 行.*文字"),
        ("灯" * 2001 + ",report,民生,M13,normal", "第 3 行.*2000"),
        ("灯坏了,又坏了,report,民生,M13,normal", "第 3 行.*多出 1 格"),
        ("灯坏了", "第 3 行"),
    ],
)
def test_a_bad_line_is_named(tmp_path, line: str, said: str) -> None:
    with pytest.raises(TableError, match=said):
        read_corrections(written(tmp_path, f"{HEADING}{GOOD}{line}\n"))


def test_an_export_without_decisions_is_refused(tmp_path) -> None:
    with pytest.raises(TableError, match="一条更正也没有"):
        read_corrections(written(tmp_path, HEADING))
