"""Settings: where they come from, and what production refuses to start with."""

import base64
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from bot.platforms import build_channels
from bot.running import DirectoryCache
from bot.settings import SAMPLE_AES_KEY, SAMPLE_TOKEN, Environment, Settings, sample_key
from data.database import Database

KEY, OTHER = (base64.urlsafe_b64encode(letter * 32).decode() for letter in (b"k", b"o"))
OWN: dict[str, Any] = {"encryption_keys": [KEY], "sealed_keys": [OTHER], "signing_key": "k" * 32}
OWN_CONSOLE: dict[str, Any] = {
    "console_url": "http://127.0.0.1:8001",
    "console_token": "t" * 16,
    "console_aes_key": "A" * 43,
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to start in, and no setting in the environment."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"SUISHOUPAI_{name.upper()}", raising=False)
    return tmp_path


def test_nothing_set_is_the_demo() -> None:
    settings = Settings()
    assert (settings.env, settings.port, settings.console_url) == (Environment.DEMO, 8000, "")
    database = Database("sqlite://")
    assert build_channels(settings, database, DirectoryCache(database)) == {}


def test_environment_before_env_file_before_toml(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "suishoupai.toml").write_text('port = 1\nhost = "1.1.1.1"\npublic_url = "https://toml"\n')
    (folder / ".env").write_text("SUISHOUPAI_PORT=2\nSUISHOUPAI_HOST=2.2.2.2\nOTHER=x\n")
    monkeypatch.setenv("SUISHOUPAI_PORT", "3")
    settings = Settings()
    assert (settings.port, settings.host, settings.public_url) == (3, "2.2.2.2", "https://toml")
    assert Settings(port=4).port == 4


def test_lists_of_keys_come_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUISHOUPAI_ENCRYPTION_KEYS", f'["{KEY}", "{OTHER}"]')
    assert [key.get_secret_value() for key in Settings().encryption_keys] == [KEY, OTHER]


def test_production_starts_with_keys_of_its_own() -> None:
    assert Settings(env="production", **OWN, **OWN_CONSOLE).env is Environment.PRODUCTION


@pytest.mark.parametrize(
    "sample",
    [
        {"encryption_keys": [sample_key("open")]},
        {"encryption_keys": [KEY, sample_key("open")]},
        {"sealed_keys": [sample_key("sealed")]},
        {"sealed_keys": [sample_key("open")]},
        {"signing_key": sample_key("signing")},
        {"console_token": SAMPLE_TOKEN},
        {"console_aes_key": SAMPLE_AES_KEY},
        {"signing_key": ""},
        {"console_token": ""},
        {"encryption_keys": []},
        {"sealed_keys": []},
        {"signing_key": "short"},
    ],
    ids=str,
)
def test_production_refuses_sample_and_missing_secrets(sample: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=r"secrets are refused|at least 1 item"):
        Settings(env="production", **(OWN | OWN_CONSOLE | sample))


def test_the_rings_must_not_share_a_key() -> None:
    """Whoever reads residents' words must not read sealed matters with the same key."""
    with pytest.raises(ValidationError, match="sealed_keys"):
        Settings(env="production", **(OWN | OWN_CONSOLE | {"sealed_keys": [KEY]}))


def test_production_without_any_setting_is_refused() -> None:
    with pytest.raises(ValidationError):
        Settings(env="production")


def test_a_console_that_is_off_needs_no_secrets() -> None:
    assert Settings(env="production", **OWN).console_url == ""


@pytest.mark.parametrize("env", ["demo", "test"])
def test_samples_are_fine_elsewhere(env: Any) -> None:
    assert Settings(env=env).env.value == env


@pytest.mark.parametrize(
    "wrong",
    [
        {"env": "prod"},
        {"pending_minutes": 16},
        {"pending_minutes": 0},
        {"silence_closes_days": 0},
        {"port": "many"},
        {"encryption_keys": ["no key"]},
        {"sealed_keys": ["no key"]},
        {"console_aes_key": "too short"},
    ],
    ids=str,
)
def test_a_wrong_value_is_refused_at_the_start(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        Settings(**wrong)


def test_secrets_are_not_shown() -> None:
    settings = Settings(env="production", **OWN, **OWN_CONSOLE)
    for secret in (KEY, OTHER, "k" * 32, "t" * 16, "A" * 43):
        assert secret not in repr(settings)
        assert secret not in str(settings.model_dump())


def test_a_refusal_shows_no_secret_either() -> None:
    with pytest.raises(ValidationError) as caught:
        Settings(env="production", **(OWN | {"signing_key": "", "encryption_keys": ["my-secret-key"]}))
    assert "my-secret-key" not in str(caught.value)
    with pytest.raises(ValidationError) as caught:
        Settings(env="production", **(OWN | {"signing_key": sample_key("signing")}))
    assert KEY[:8] not in str(caught.value)
