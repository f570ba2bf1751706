"""A candidate is put in the live model's place and taken back: whole files, the one before kept, all logged."""

import datetime as dt
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bot import promotion
from bot.commands.prepare import ready_model
from bot.promotion import NONE, UNREADABLE, PromotionError, Step, previous_of
from bot.settings import Settings
from classifiers import Model, ModelError

NOW = dt.datetime(2026, 9, 7, 2, tzinfo=dt.UTC)


@dataclass
class Shelf:
    """A folder with a live model and a candidate."""

    live: Path
    candidate: Path

    def promote(self, by: str = "周敏") -> promotion.Exchange:
        return promotion.promote(self.live, self.candidate, by=by, now=NOW)

    def rollback(self) -> promotion.Exchange:
        return promotion.rollback(self.live, by="周敏", now=NOW)

    @property
    def files(self) -> set[str]:
        return {path.name for path in self.live.parent.iterdir()}


@pytest.fixture
def shelf(model_path: Path, candidate_path: Path, tmp_path: Path) -> Shelf:
    shutil.copyfile(model_path, tmp_path / "model.npz")
    shutil.copyfile(candidate_path, tmp_path / "candidate.npz")
    return Shelf(tmp_path / "model.npz", tmp_path / "candidate.npz")


def test_the_candidate_becomes_live_and_the_one_before_is_kept(shelf, shipped, candidate, model_path) -> None:
    done = shelf.promote()
    assert Model.load(shelf.live).hash == candidate.hash
    assert previous_of(shelf.live).read_bytes() == model_path.read_bytes()
    assert (done.step, done.by, done.before, done.after) == (Step.PROMOTE, "周敏", shipped.hash, candidate.hash)
    assert shelf.files == {"model.npz", "model.previous.npz", "model.log"}


def test_rolling_back_twice_ends_where_it_began(shelf, shipped, candidate, model_path, candidate_path) -> None:
    shelf.promote()
    shelf.rollback()
    assert shelf.live.read_bytes() == model_path.read_bytes()
    assert previous_of(shelf.live).read_bytes() == candidate_path.read_bytes()
    shelf.rollback()
    assert Model.load(shelf.live).hash == candidate.hash
    assert [(done.step, done.after, done.moment) for done in promotion.history(shelf.live)] == [
        (Step.PROMOTE, candidate.hash, NOW),
        (Step.ROLLBACK, shipped.hash, NOW),
        (Step.ROLLBACK, candidate.hash, NOW),
    ]
    assert shelf.files == {"model.npz", "model.previous.npz", "model.log"}


def test_a_model_of_another_taxonomy_is_not_promoted(shelf, model_path, strange_path) -> None:
    shutil.copyfile(strange_path, shelf.candidate)
    with pytest.raises(ModelError, match=r"分类表不符.*X01"):
        shelf.promote()
    assert shelf.live.read_bytes() == model_path.read_bytes()
    assert promotion.history(shelf.live) == []
    assert shelf.candidate.exists()


@pytest.mark.parametrize("broken", [b"", b"PK\x03\x04 torn", b"nonsense"])
def test_a_broken_candidate_is_not_promoted(shelf, model_path, broken: bytes) -> None:
    shelf.candidate.write_bytes(broken)
    with pytest.raises(ModelError, match="损坏"):
        shelf.promote()
    assert shelf.live.read_bytes() == model_path.read_bytes()


def test_a_file_that_was_cut_off_is_not_promoted(shelf, candidate_path) -> None:
    whole = candidate_path.read_bytes()
    for part in (100, len(whole) // 2, len(whole) - 30):
        shelf.candidate.write_bytes(whole[:part])
        with pytest.raises(ModelError):
            shelf.promote()


def test_what_cannot_be_done_is_said(shelf) -> None:
    with pytest.raises(PromotionError, match="退不回去"):
        shelf.rollback()
    shutil.copyfile(shelf.live, shelf.candidate)
    with pytest.raises(PromotionError, match="同一个"):
        shelf.promote()
    shelf.candidate.unlink()
    with pytest.raises(PromotionError, match="没有候选模型"):
        shelf.promote()
    assert promotion.history(shelf.live) == []


def test_who_did_it_must_be_named_and_stays_on_one_line(shelf) -> None:
    with pytest.raises(PromotionError, match="--by"):
        shelf.promote(by=" \n\0")
    shelf.promote(by="周敏\n假的一行\0" + "长" * 100)
    (done,) = promotion.history(shelf.live)
    assert done.by.startswith("周敏 假的一行 长")
    assert len(done.by) == promotion.LONGEST_NAME


def test_a_broken_live_model_can_be_exchanged(shelf, shipped, candidate) -> None:
    shelf.promote()
    shelf.live.write_bytes(b"broken")
    assert (shelf.rollback().before, Model.load(shelf.live).hash) == (UNREADABLE, shipped.hash)
    shelf.live.unlink()
    previous_of(shelf.live).unlink()
    candidate.save(shelf.candidate)
    assert shelf.promote().before == NONE


def test_a_torn_line_of_the_log_is_passed_over(shelf) -> None:
    shelf.promote()
    with promotion.log_of(shelf.live).open("a", encoding="utf-8") as log:
        log.write('{"at": "2026\nnull\n[]\n{"at": "x", "step": "promote", "by": "", "before": "", "after": ""}\n')
    assert len(promotion.history(shelf.live)) == 1


def test_what_a_person_put_in_place_is_not_trained_over(shelf, candidate) -> None:
    """Also a model of an older corpus, as rolling back after a new version brings it back."""
    replace(candidate, corpus_hash="fedcba9876543210").save(shelf.candidate)
    shelf.promote()
    before = shelf.live.read_bytes()
    ready_model(Settings(env="test", model_path=shelf.live))
    assert shelf.live.read_bytes() == before


def test_the_shipped_model_trained_anew_is_logged_and_no_choice(shelf, shipped, candidate) -> None:
    shelf.promote()
    promotion.put_trained(shelf.live, shipped, by="周敏", now=NOW)
    assert (Model.load(shelf.live).hash, Model.load(previous_of(shelf.live)).hash) == (shipped.hash, candidate.hash)
    assert promotion.history(shelf.live)[-1].step is Step.TRAIN
    assert promotion.chosen(shelf.live) is None
    assert shelf.files == {"model.npz", "model.previous.npz", "model.log"}


def test_what_a_person_put_in_place_and_no_longer_fits_stops_the_start(shelf, strange_path) -> None:
    shelf.promote()
    shutil.copyfile(strange_path, shelf.live)
    with pytest.raises(ModelError, match=r"X01.*周敏 换上.*rollback"):
        ready_model(Settings(env="test", model_path=shelf.live))
