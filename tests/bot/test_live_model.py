"""A running server takes a new model file without a restart, and keeps the model it has when the file is no good."""

import shutil
from pathlib import Path

import pytest

from bot import promotion
from bot.app import _jobs, build
from bot.live_model import LiveModel, ModelFile
from bot.settings import Settings
from classifiers import ModelError, Thresholds
from tests.handlers.scenes import RUBBISH
from tests.talking import RecordingChannel, Talk


@pytest.fixture
def live(model_path: Path, tmp_path: Path) -> LiveModel:
    shutil.copyfile(model_path, tmp_path / "model.npz")
    return LiveModel(tmp_path / "model.npz", Thresholds())


def test_a_new_file_is_taken_once(live, shipped, candidate, candidate_path) -> None:
    assert (live.refresh(), live.model.hash) == (False, shipped.hash)
    _put(candidate_path, live.file.path)
    assert (live.refresh(), live.model.hash) == (True, candidate.hash)
    assert not live.refresh()


@pytest.mark.parametrize("state", ["strange", "broken", "gone"])
def test_a_file_that_is_no_good_changes_nothing(live, shipped, strange_path, tmp_path, state: str) -> None:
    if state == "gone":
        live.file.path.unlink()
    else:
        (tmp_path / "broken.npz").write_bytes(b"PK\x03\x04")
        _put(strange_path if state == "strange" else tmp_path / "broken.npz", live.file.path)
    assert (live.refresh(), live.model.hash) == (False, shipped.hash)
    assert ("X01" in live.file.trouble, "损坏" in live.file.trouble) == (state == "strange", state == "broken")


def test_a_start_with_a_model_of_another_taxonomy_is_refused(strange_path) -> None:
    with pytest.raises(ModelError, match=r"分类表不符.*X01"):
        LiveModel(strange_path, Thresholds())


def test_a_candidate_comes_is_no_good_and_goes(candidate, candidate_path, strange_path, tmp_path) -> None:
    file = ModelFile(tmp_path / "candidate.npz")
    assert not file.refresh()
    _put(candidate_path, file.path)
    assert file.refresh()
    assert file.model is not None
    assert file.model.hash == candidate.hash
    _put(strange_path, file.path)
    assert file.refresh()
    assert (file.model, "X01" in file.trouble) == (None, True)
    file.path.unlink()
    assert (file.refresh(), file.trouble) == (False, "")


def test_after_a_promotion_new_cases_come_from_the_new_model(
    database_url: str, model_path: Path, candidate_path: Path, candidate, shipped, tmp_path: Path
) -> None:
    shutil.copyfile(model_path, tmp_path / "model.npz")
    shutil.copyfile(candidate_path, tmp_path / "candidate.npz")
    settings = Settings(
        env="test", database_url=database_url, model_path=tmp_path / "model.npz", media_dir=tmp_path / "media"
    )
    channel = RecordingChannel()
    talk = Talk(build(settings, channels={"console": channel}), channel)
    talk.say("r001", RUBBISH)
    promotion.promote(settings.model_path, settings.candidate, by="周敏", now=talk.now)
    assert talk.bot.refresh_models(talk.now) == 1
    talk.say("r002", "12号楼垃圾成堆没人清理", "g012")
    first, second = talk.case(1001), talk.case(1002)
    assert (first.model_hash, first.category_code) == (shipped.hash, "M10")
    assert (second.model_hash, second.category_code) == (candidate.hash, "M04")
    talk.bot.close()


def test_the_clock_looks_at_the_files(sqlite_talk: Talk) -> None:
    jobs = _jobs(sqlite_talk.bot)
    assert jobs["model"] == (15, sqlite_talk.bot.refresh_models)
    assert jobs["shadow"] == (5, sqlite_talk.bot.compare_models)


def _put(source: Path, target: Path) -> None:
    """As a promotion does: whole, under a new inode."""
    beside = target.with_suffix(".new")
    shutil.copyfile(source, beside)
    beside.replace(target)
