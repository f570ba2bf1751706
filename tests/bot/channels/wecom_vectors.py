"""Where the platforms' own examples lie: beside the repository, never in it."""

import json
from pathlib import Path
from typing import Any

import pytest

VECTORS = Path(__file__).parents[4] / "shared" / "wechat" / "vectors"
needs_vectors = pytest.mark.skipif(not VECTORS.is_dir(), reason="the platforms' examples in ../shared are not here")


def crypto_cases(*kinds: str) -> list[Any]:
    """The cases of these kinds, each with its id."""
    path = VECTORS / "crypto" / "vectors.json"
    cases = json.loads(path.read_text("utf-8")) if path.exists() else []
    return [pytest.param(case, id=case["id"]) for case in cases if case["kind"] in kinds]


def callback_files() -> list[Any]:
    """Every callback in XML, by its path as expected.json names it."""
    return [
        pytest.param(path, id=f"{path.parent.name}-{path.stem}")
        for path in sorted((VECTORS / "callback_xml").glob("*/*.xml"))
    ]


def golden_pairs(*files: str) -> list[Any]:
    """Requests to the API with the platform's answers: test, method, url, request, response."""
    found = []
    for name in files:
        path = VECTORS / "api_golden" / f"{name}.json"
        pairs = json.loads(path.read_text("utf-8"))["pairs"] if path.exists() else []
        found += [pytest.param(pair, id=f"{name}-{pair['test']}") for pair in pairs]
    return found
