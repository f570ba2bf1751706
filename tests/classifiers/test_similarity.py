"""Alike or not, by pairs of characters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.similarity import similarity


@pytest.mark.parametrize(
    ("first", "second", "least", "most"),
    [
        ("3号楼电梯又停了", "3号楼电梯又停了", 1.0, 1.0),
        ("三单元电梯停了", "三单元电梯又停了", 0.7, 0.99),
        ("三单元电梯停了", "广场舞太吵", 0.0, 0.0),
        ("电梯 停了!", "电梯停了", 1.0, 1.0),
        ("", "电梯停了", 0.0, 0.0),
        ("?", "!", 0.0, 0.0),
        ("水", "水", 1.0, 1.0),
    ],
    ids=["一样", "几乎一样", "没有关系", "标点不算", "空", "只有标点", "一个字"],
)
def test_similarity(first, second, least, most):
    assert least <= similarity(first, second) <= most


@given(st.text(max_size=40), st.text(max_size=40))
def test_order_does_not_matter(first, second):
    assert similarity(first, second) == pytest.approx(similarity(second, first))
    assert 0.0 <= similarity(first, second) <= 1.0
