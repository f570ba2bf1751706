"""The whole system behind two real ports: the bot, and the simulated platform people talk through."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.app import build, build_app
from bot.commands.demo_running import cast_of, free_port
from bot.running import Bot
from bot.settings import Settings
from bot.simulator import Simulator, app_of
from tests.databases import PostgresqlDatabases, SqliteDatabases
from tests.serving import served
from tests.talking import MONDAY


@dataclass(frozen=True)
class System:
    bot: Bot
    platform: Simulator
    bot_url: str
    platform_url: str

    def holder_of(self, number: int) -> str:
        """Which grid member of the first group was offered the case; the roster decides."""
        for person in ("zhao.haitao", "qian.xiaoyu"):
            try:
                self.platform.wait_for(f"新任务 {number}", person=person, timeout=2.5)
            except TimeoutError:
                continue
            return person
        raise AssertionError(f"nobody was offered {number}")


@pytest.fixture
def system(databases: SqliteDatabases | PostgresqlDatabases, model_path: Path, tmp_path: Path) -> Iterator[System]:
    """Bot and platform, on each database in turn."""
    bot_port, platform_port = free_port(), free_port()
    with databases.seeded() as database_url:
        settings = Settings(
            env="test",
            database_url=database_url,
            model_path=model_path,
            media_dir=tmp_path / "media",
            public_url=f"http://127.0.0.1:{bot_port}",
            console_url=f"http://127.0.0.1:{platform_port}",
        )
        bot = build(settings)
        token, key = settings.console_token.get_secret_value(), settings.console_aes_key.get_secret_value()
        platform = Simulator(cast_of(bot.directory(), MONDAY.date()), f"http://127.0.0.1:{bot_port}", token, key)
        with served(app_of(platform), platform_port) as platform_url, served(build_app(bot), bot_port) as bot_url:
            yield System(bot, platform, bot_url, platform_url)
        bot.close()
