"""The shipped model as a file: learned alike twice, loaded as saved, refused when it does not fit."""

import dataclasses
import json

import numpy as np
import pytest

from classifiers.corpus import corpus_hash, read_corpus
from classifiers.intent import Intent
from classifiers.linear import Head, Heads, ModelError, write_arrays
from classifiers.model import Model, check_labels, train

TEXTS = ("又停水了", "电梯停在三楼", "谢谢师傅", "早上好", "村干部收好处费", "")


def test_learning_twice_gives_the_same_file(tiny_rows, tiny_lexicon, tiny_model, tmp_path):
    tiny_model.save(tmp_path / "first.npz")
    train(tiny_rows, lexicon=tiny_lexicon).save(tmp_path / "second.npz")
    assert (tmp_path / "first.npz").read_bytes() == (tmp_path / "second.npz").read_bytes()


def test_loaded_model_answers_like_the_learned_one(tiny_model, tmp_path):
    tiny_model.save(tmp_path / "model.npz")
    loaded = Model.load(tmp_path / "model.npz")
    for text in TEXTS:
        for question in tiny_model.heads:
            assert loaded.read(text).chances(question) == tiny_model.read(text).chances(question)
    assert loaded.rules == tiny_model.rules
    assert loaded.corpus_hash == tiny_model.corpus_hash


def test_file_holds_no_pickle(tiny_model, tmp_path):
    tiny_model.save(tmp_path / "model.npz")
    with np.load(tmp_path / "model.npz", allow_pickle=False) as file:
        assert {file[name].dtype.kind for name in file.files} <= {"f", "u"}
        assert json.loads(file["header"].tobytes())["kind"] == "suishoupai"


def test_model_of_another_taxonomy_is_refused(tiny_model, tmp_path):
    head = tiny_model.heads["category"]
    strange = Head(("M01", *(f"X{number}" for number in range(len(head.labels) - 1))), head.weights, head.bias)
    heads = Heads.of({**tiny_model.heads, "category": strange})
    dataclasses.replace(tiny_model, heads=heads).save(tmp_path / "model.npz")
    with pytest.raises(ModelError, match=r"分类表不符.*X0"):
        Model.load(tmp_path / "model.npz")


def test_model_without_a_head_is_refused():
    with pytest.raises(ModelError, match="urgency"):
        check_labels({"gate": ["none"], "intent": ["report"], "class": ["民生"], "category": ["M01"]})


def test_file_of_another_format_is_refused(tmp_path):
    write_arrays(tmp_path / "table.npz", {"kind": "table"}, {})
    with pytest.raises(ModelError, match="格式不符"):
        Model.load(tmp_path / "table.npz")


def test_file_without_word_lists_is_refused(tmp_path):
    write_arrays(tmp_path / "model.npz", {"kind": "suishoupai", "heads": {}, "rules": []}, {})
    with pytest.raises(ModelError, match="格式不符"):
        Model.load(tmp_path / "model.npz")


def test_a_broken_table_names_its_line(tmp_path):
    (tmp_path / "lines.csv").write_text(
        "text,intent,class,category,urgency\n停水,report,党建,M01,normal\n", encoding="utf-8"
    )
    with pytest.raises(ModelError, match="第 2 行"):
        read_corpus(tmp_path)


def test_an_empty_corpus_is_refused(tmp_path):
    with pytest.raises(ModelError, match="没有可用的行"):
        read_corpus(tmp_path)


def test_corpus_rows_are_read(tmp_path):
    lines = (
        "text,intent,class,category,urgency\n"
        + "停水了,report,民生,M01,urgent\n早,none,-,-,-\n停水了,report,民生,M01,normal\n"
    )
    (tmp_path / "lines.csv").write_text(lines, encoding="utf-8")
    rows = read_corpus(tmp_path)
    assert [(row.text, row.intent, row.category) for row in rows] == [
        ("停水了", Intent.REPORT, "M01"),
        ("早", Intent.NONE, None),
    ]


def test_hash_changes_with_the_words(tmp_path):
    (tmp_path / "words.txt").write_text("停水\n", encoding="utf-8")
    before = corpus_hash(tmp_path, tmp_path)
    (tmp_path / "words.txt").write_text("停电\n", encoding="utf-8")
    assert corpus_hash(tmp_path, tmp_path) != before


def test_reasons_name_rules_and_words(tiny_model):
    reading = tiny_model.read("有人被困电梯")
    assert reading.reasons("urgency", "emergency") == ["规则:电梯+被困"]
    assert any(reason.startswith("词:电梯 +") for reason in reading.strongest("category", "M04"))
