"""A table of texts and labels is learned with scikit-learn and served without it, with the same numbers."""

import subprocess
import sys

import numpy as np
import pytest

from classifiers.features import learn_vocabulary
from classifiers.linear import (
    Head,
    Heads,
    ModelError,
    TextClassifier,
    fit_logistic,
    fit_margins,
    head_of,
    softmax,
    train_table,
)

THINGS = ("电梯", "路灯", "水管", "楼道", "车位", "垃圾桶", "单元门", "健身器", "井盖", "花坛")
FAULTS = {
    "坏": ("坏了没人修", "又坏了", "坏了三天"),
    "吵": ("太吵了", "半夜吵人", "吵得睡不着"),
    "脏": ("脏得很", "没人扫", "又脏又臭"),
}
TABLE = [(f"{thing}{fault}", label) for label, faults in FAULTS.items() for thing in THINGS for fault in faults]
UNSEEN = [
    f"{number}号楼{thing}旁边{fault}"
    for number in range(1, 8)
    for thing in THINGS
    for fault in ("吵", "坏了", "没人扫")
]


@pytest.fixture(scope="module")
def classifier() -> TextClassifier:
    texts, labels = zip(*TABLE, strict=True)
    return train_table(texts, labels)


@pytest.mark.parametrize("labels", [["坏", "吵", "脏"], ["坏", "吵"]], ids=["三种标签", "两种标签"])
def test_probabilities_equal_those_of_scikit_learn(labels):
    rows = [(text, label) for text, label in TABLE if label in labels]
    vocabulary, union = learn_vocabulary([text for text, _ in rows])
    model = fit_logistic(union.transform([text for text, _ in rows]), [label for _, label in rows])
    ours = TextClassifier(vocabulary, head_of(model))
    assert len(UNSEEN) >= 200
    expected = model.predict_proba(union.transform(UNSEEN))
    got = np.array([list(ours.probabilities(text).values()) for text in UNSEEN])
    assert np.abs(got - expected).max() < 1e-6


@pytest.mark.parametrize("labels", [["坏", "吵", "脏"], ["坏", "吵"]], ids=["三种标签", "两种标签"])
def test_margins_equal_those_of_scikit_learn(labels):
    rows = [(text, label) for text, label in TABLE if label in labels]
    vocabulary, union = learn_vocabulary([text for text, _ in rows])
    model = fit_margins(union.transform([text for text, _ in rows]), [label for _, label in rows])
    head = head_of(model)
    expected = model.decision_function(union.transform(UNSEEN)).reshape(len(UNSEEN), -1)
    got = np.array([head.scores(vocabulary.vector(text)) for text in UNSEEN])
    assert np.abs(got[:, -expected.shape[1] :] - expected).max() < 1e-6


def test_heads_side_by_side_score_as_each_alone(classifier):
    alone = {
        "first": classifier.head,
        "second": Head(("a", "b"), classifier.head.weights[:, 1:], np.array([0.5, -2.0])),
    }
    heads, vector = Heads.of(alone), classifier.vocabulary.vector(UNSEEN[0])
    together = vector.value @ heads.rows(vector) + heads.bias
    assert list(heads) == list(alone)
    for question, head in alone.items():
        assert together[heads.columns[question]] == pytest.approx(head.scores(vector))
        assert heads[question].scores(vector) == pytest.approx(head.scores(vector))


def test_a_contrast_is_the_weight_less_the_mean_of_its_question(classifier):
    heads, vector = (
        Heads.of({"table": classifier.head, "again": classifier.head}),
        classifier.vocabulary.vector("花坛吵"),
    )
    rows = classifier.head.weights[vector.index].astype(float)
    expected = rows[:, classifier.head.labels.index("吵")] - rows.mean(axis=1)
    assert heads.rows(vector) @ heads.contrasts["again", "吵"] == pytest.approx(expected)


def test_the_first_of_several_lines_tells_more(classifier):
    assert classifier.predict("电梯坏了没人修\n路灯半夜吵人")[0] == "坏"
    assert classifier.predict("路灯半夜吵人\n电梯坏了没人修")[0] == "吵"


@pytest.mark.parametrize(("text", "label"), [("花坛旁边吵得睡不着", "吵"), ("单元门坏了", "坏"), ("没人扫地", "脏")])
def test_label_of_an_unseen_text(classifier, text, label):
    answer, probability = classifier.predict(text)
    assert answer == label
    assert 1 / 3 < probability <= 1


def test_saved_table_answers_the_same(classifier, tmp_path):
    classifier.save(tmp_path / "table.npz")
    loaded = TextClassifier.load(tmp_path / "table.npz")
    assert [loaded.probabilities(text) for text in UNSEEN[:20]] == [
        classifier.probabilities(text) for text in UNSEEN[:20]
    ]


def test_learning_twice_gives_the_same_bytes(classifier, tmp_path):
    classifier.save(tmp_path / "first.npz")
    texts, labels = zip(*TABLE, strict=True)
    train_table(texts, labels).save(tmp_path / "second.npz")
    assert (tmp_path / "first.npz").read_bytes() == (tmp_path / "second.npz").read_bytes()


def test_serving_does_not_import_scikit_learn(classifier, tmp_path):
    classifier.save(tmp_path / "table.npz")
    program = (
        "import sys; from pathlib import Path; from classifiers import understand; "
        "from classifiers.linear import TextClassifier; "
        f"TextClassifier.load(Path({str(tmp_path / 'table.npz')!r})).predict('花坛太吵'); "
        "print([name for name in sys.modules if name.split('.')[0] in ('sklearn', 'scipy', 'joblib')])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_one_label_cannot_be_learned():
    with pytest.raises(ModelError, match="两种标签"):
        train_table(["停水", "停电"], ["民生", "民生"])


def test_broken_file_is_refused(tmp_path):
    (tmp_path / "broken.npz").write_bytes(b"no model")
    with pytest.raises(ModelError, match="已损坏"):
        TextClassifier.load(tmp_path / "broken.npz")


def test_missing_file_says_what_to_do(tmp_path):
    with pytest.raises(ModelError, match="suishoupai train"):
        TextClassifier.load(tmp_path / "none.npz")


def test_softmax_survives_large_scores():
    assert softmax([1000.0, 0.0]) == [1.0, 0.0]
