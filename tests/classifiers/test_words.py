"""Cleaning and cutting texts."""

import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.corpus import read_corpus
from classifiers.words import SCORED_CHARACTERS, WordSearch, cut, normalise, read_words, shape, tokenizer


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("３号楼，停水了！", "3号楼,停水了!"),
        ("电\u200b梯\ufeff坏了", "电梯坏了"),
        ("电梯\x00坏了\x1f", "电梯坏了"),
        ("  灯坏了 \n\n 三楼\t ", "灯坏了 三楼"),
        ("坏了\ud83d", "坏了"),
        ("①号楼", "1号楼"),
        ("", ""),
    ],
    ids=["全角变半角", "零宽字符去掉", "控制字符去掉", "空白并成一个", "残缺的表情去掉", "圈码变数字", "空"],
)
def test_text_is_cleaned(written, read):
    assert normalise(written) == read


def test_long_text_is_cut_to_what_is_scored():
    assert len(normalise("水" * 20_000)) == SCORED_CHARACTERS


def test_one_character_that_unfolds_into_many_stays_bounded():
    assert len(normalise("\ufdfa" * 20_000)) <= SCORED_CHARACTERS


def test_figures_never_become_features():
    assert shape("我家3-2-501,电话13812345678") == "我家0-0-000,电话00000000000"


def test_our_words_stay_whole():
    assert "党群服务中心" in cut("党群服务中心今天开门吗")


def test_words_leave_spaces_out():
    assert cut("电梯 停了") == ["电梯", "停", "了"]


def test_tokenizer_is_shared():
    assert tokenizer() is tokenizer()


def test_importing_again_warns_of_nothing():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tokenizer().lcut("没有警告")


def test_word_list_skips_remarks(tmp_path):
    path = tmp_path / "words.txt"
    path.write_text("# 说明\n停水  # 常见\n\n电梯\n", encoding="utf-8")
    assert read_words(path) == ["停水", "电梯"]


@given(st.text(st.characters(codec=None), max_size=300))
def test_any_text_can_be_cleaned_and_cut(text):
    assert "".join(cut(normalise(text))) == normalise(text).replace(" ", "")


def _cut_by_jieba(text):
    return [word for word in tokenizer().cut(text, HMM=False) if word != " "]


def test_corpus_is_cut_as_jieba_cuts():
    texts = [shape(normalise(row.text)) for row in read_corpus()]
    assert [cut(text) for text in texts] == [_cut_by_jieba(text) for text in texts]


# Characters that start, continue and end many words, and signs that jieba treats in ways of their own.
_TRICKY = "小区电梯维修基金人大会议中国人民共和国务院长一十百年月日的了不是在有和龘𠀀aAbB0·9+#&._%-,!? "


@given(st.text(st.sampled_from(_TRICKY), max_size=60) | st.text(st.characters(codec=None), max_size=200))
def test_any_text_is_cut_as_jieba_cuts(text):
    assert cut(normalise(text)) == _cut_by_jieba(normalise(text))


@given(st.lists(st.text("电梯停水 ", min_size=1, max_size=4)), st.text("电梯停水 ", max_size=20))
def test_search_finds_exactly_the_words_that_stand_in_the_text(words, text):
    assert WordSearch(words).present(text) == {word for word in words if word in text}
