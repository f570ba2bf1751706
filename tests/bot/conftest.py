"""A second model for what exchanges and compares models: the shipped one that knows two categories by wrong names."""

from dataclasses import replace
from pathlib import Path

import pytest

from classifiers.linear import Heads
from classifiers.model import Model


@pytest.fixture(scope="session")
def shipped(model_path: Path) -> Model:
    return Model.load(model_path)


@pytest.fixture(scope="session")
def candidate(shipped: Model) -> Model:
    """It takes rubbish (M10) for the lift (M04) and the reverse, and has learned from people."""
    swap = {"M10": "M04", "M04": "M10"}
    labels = dict(shipped.heads.labels)
    labels["category"] = tuple(swap.get(label, label) for label in labels["category"])
    heads = Heads(labels, shipped.heads.weights, shipped.heads.bias)
    return replace(shipped, heads=heads, corrections_hash="0123456789abcdef")


@pytest.fixture(scope="session")
def candidate_path(candidate: Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / "candidate.npz"
    candidate.save(path)
    return path


@pytest.fixture(scope="session")
def strange_path(shipped: Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of another taxonomy."""
    labels = dict(shipped.heads.labels)
    labels["category"] = ("X01", *labels["category"][1:])
    path = tmp_path_factory.mktemp("models") / "strange.npz"
    replace(shipped, heads=Heads(labels, shipped.heads.weights, shipped.heads.bias)).save(path)
    return path
