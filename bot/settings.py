"""Every setting, with its unit in its name and its default; read from the environment, `.env` or `suishoupai.toml`.

Settings are read in `bot/` and reach the rest as `Policy` and arguments.
"""

import base64
import hashlib
import re
from enum import StrEnum
from pathlib import Path
from typing import Self

from cryptography.fernet import Fernet
from pydantic import Field, SecretStr, ValidationInfo, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from classifiers.thresholds import COSTS


class Environment(StrEnum):
    DEMO = "demo"
    TEST = "test"
    PRODUCTION = "production"


def sample_key(name: str) -> str:
    """A Fernet key anybody can compute: for demo and test only, refused in production."""
    return base64.urlsafe_b64encode(hashlib.sha256(f"suishoupai sample {name}".encode()).digest()).decode()


SAMPLE_TOKEN = "sample-token"
SAMPLE_AES_KEY = base64.b64encode(hashlib.sha256(b"suishoupai sample aes").digest()).decode().rstrip("=")
SAMPLE_SECRETS = {SAMPLE_TOKEN, SAMPLE_AES_KEY, *(sample_key(name) for name in ("open", "sealed", "signing"))}
SHORTEST_SECRET = 16
AES_KEY = re.compile("[A-Za-z0-9+/]{43}")


class Settings(BaseSettings):
    """The settings of one process. In production the sample secrets are refused."""

    model_config = SettingsConfigDict(
        env_prefix="SUISHOUPAI_",
        env_file=".env",
        toml_file="suishoupai.toml",
        extra="ignore",
        hide_input_in_errors=True,  # what is refused may be a secret
    )

    env: Environment = Field(Environment.DEMO, description="demo, test or production")
    database_url: str = Field("sqlite:///var/suishoupai.db", description="SQLAlchemy URL of the database")
    encryption_keys: list[SecretStr] = Field(
        [SecretStr(sample_key("open"))],
        min_length=1,
        description="Fernet keys of residents' words and contacts, newest first",
    )
    sealed_keys: list[SecretStr] = Field(
        [SecretStr(sample_key("sealed"))],
        min_length=1,
        description="Fernet keys of the sealed discipline store, newest first",
    )
    signing_key: SecretStr = Field(
        SecretStr(sample_key("signing")), description="signs the console's session cookie and the task links"
    )
    host: str = Field("127.0.0.1", description="address the server listens on")
    port: int = Field(8000, description="port the server listens on")
    public_url: str = Field("", description="where phones reach this server; empty: no task links are sent")
    console_url: str = Field("", description="the console channel's platform (the simulator); empty: channel off")
    console_token: SecretStr = Field(SecretStr(SAMPLE_TOKEN), description="token of the console channel's envelope")
    console_aes_key: SecretStr = Field(
        SecretStr(SAMPLE_AES_KEY), description="43-character AES key of the console channel's envelope"
    )
    wecom_api_url: str = Field(
        "https://qyapi.weixin.qq.com", description="WeCom's servers; another one only for trials"
    )
    wecom_corp_id: str = Field("", description="the corporation's id in WeCom")
    wecom_app_agent_id: int = Field(0, description="the self-built app's AgentId; 0: channel wecom_app is off")
    wecom_app_secret: SecretStr = Field(SecretStr(""), description="the app's Secret")
    wecom_app_token: SecretStr = Field(SecretStr(""), description="Token of the app's callback")
    wecom_app_aes_key: SecretStr = Field(SecretStr(""), description="EncodingAESKey of the app's callback")
    wecom_contact_secret: SecretStr = Field(SecretStr(""), description="Secret of contact sync; empty: no such command")
    wecom_robot_id: str = Field("", description="the intelligent robot's id; empty: channel wecom_robot is off")
    wecom_robot_token: SecretStr = Field(SecretStr(""), description="Token of the robot's callback")
    wecom_robot_aes_key: SecretStr = Field(SecretStr(""), description="EncodingAESKey of the robot's callback")
    wecom_robot_secret: SecretStr = Field(SecretStr(""), description="Secret of the long connection, used if it is set")
    wecom_robot_url: str = Field("wss://openws.work.weixin.qq.com", description="address of the long connection")
    media_dir: Path = Field(Path("var/media"), description="folder in which photos are kept")
    media_url: str = Field(
        "", description="where photos are kept instead of in that folder: s3://bucket/path, memory:///"
    )
    model_path: Path = Field(Path("var/model.npz"), description="the trained classifier")
    candidate_path: Path | None = Field(
        None,
        description="a model that runs in shadow; empty: `candidate.npz` beside the model, if it is there",
    )
    costs_path: Path = Field(COSTS, description="what mistakes of the classifier cost, a table like data/costs.csv")
    pending_minutes: int = Field(15, ge=1, le=15, description="how long talk may wait to become part of a case")
    silence_closes_days: int = Field(14, ge=1, description="days of silence after which a resolved case is closed")
    emergency_accept_minutes: int = Field(5, ge=1, description="minutes until an untaken emergency goes up")
    service_target_hours: int = Field(24, ge=0, description="hours of service a year a party member aims at")
    service_cap_hours: int = Field(8, ge=1, le=24, description="hours of service that count on one day")

    @property
    def candidate(self) -> Path:
        """Where a candidate model would lie."""
        return self.candidate_path or self.model_path.with_name("candidate.npz")

    @field_validator("encryption_keys", "sealed_keys")
    @classmethod
    def _are_fernet_keys(cls, keys: list[SecretStr]) -> list[SecretStr]:
        for key in keys:
            Fernet(key.get_secret_value())
        return keys

    @field_validator("console_aes_key", "wecom_app_aes_key", "wecom_robot_aes_key")
    @classmethod
    def _is_aes_key(cls, key: SecretStr, info: ValidationInfo) -> SecretStr:
        given = key.get_secret_value() or info.field_name == "console_aes_key"
        if given and not AES_KEY.fullmatch(key.get_secret_value()):
            raise ValueError("the key must be 43 letters and digits")
        return key

    @model_validator(mode="after")
    def _own_secrets_in_production(self) -> Self:
        if self.env is not Environment.PRODUCTION:
            return self
        rings = [{key.get_secret_value() for key in keys} for keys in (self.encryption_keys, self.sealed_keys)]
        if rings[0] & rings[1]:
            raise ValueError("encryption_keys and sealed_keys must not share a key")
        secrets = rings[0] | rings[1] | {self.signing_key.get_secret_value()}
        if self.console_url:
            secrets |= {self.console_token.get_secret_value(), self.console_aes_key.get_secret_value()}
        if secrets & SAMPLE_SECRETS or min(map(len, secrets)) < SHORTEST_SECRET:
            raise ValueError(
                "sample and short secrets are refused in production: set your own keys (suishoupai keys makes some)"
            )
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """First wins: arguments, environment, `.env`, `suishoupai.toml`."""
        return init_settings, env_settings, dotenv_settings, TomlConfigSettingsSource(settings_cls)
