"""What README promises exists: settings, commands, files it links to."""

import re
from pathlib import Path

import pytest
from typer.main import get_command

from bot.__main__ import app
from bot.settings import Settings
from handlers.command import parse

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
README_ZH = (ROOT / "README.zh-CN.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_documented(name: str) -> None:
    description = Settings.model_fields[name].description
    assert description
    assert f"| `SUISHOUPAI_{name.upper()}` |" in README
    assert description in README


def test_no_setting_is_documented_that_does_not_exist() -> None:
    named = set(re.findall(r"\| `SUISHOUPAI_([A-Z_]+)` \|", README))
    assert named == {name.upper() for name in Settings.model_fields}


def test_commands_table_and_command_line_agree() -> None:
    documented = set(re.findall(r"`suishoupai ([a-z-]+)", README))
    assert documented == set(get_command(app).commands)  # type: ignore[attr-defined]


@pytest.mark.parametrize("text", [README, README_ZH], ids=["en", "zh"])
def test_links_lead_somewhere(text: str) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert (ROOT / target).exists(), target


def test_words_taught_to_residents_and_grid_members_are_commands() -> None:
    tables = README_ZH.split("## 居民怎么用")[1].split("## 正式运行前要做的事")[0]
    taught = re.findall(r"(?<=[|；：、 ])(\S{1,3}) \d{4}", tables)
    assert len(taught) > 12
    for word in taught:
        assert parse(f"{word} 1027 1026") is not None, word
