"""The invented corporation of the demo: the settings under which the bot meets the stand-in of WeCom as its own."""

from typing import Any

from pydantic import SecretStr

from bot.channels.wecom_app import WecomAppChannel
from bot.channels.wecom_robot import WecomRobot
from bot.settings import SAMPLE_AES_KEY, SAMPLE_TOKEN

CORP_ID, AGENT_ID, ROBOT_ID = "ww-qinghe", 1000002, "aib-suishoupai"
APP_SECRET, ROBOT_SECRET = "sample-app-secret", "sample-robot-secret"
GROUPS, STAFF = WecomRobot.name, WecomAppChannel.name
"""Residents have the robot in their groups, members of staff the app."""


def sample_corp(platform_url: str) -> dict[str, Any]:
    """Settings that switch both channels on; the robot has a secret, so it uses the long connection."""
    return {
        "wecom_api_url": platform_url,
        "wecom_corp_id": CORP_ID,
        "wecom_app_agent_id": AGENT_ID,
        "wecom_app_secret": SecretStr(APP_SECRET),
        "wecom_app_token": SecretStr(SAMPLE_TOKEN),
        "wecom_app_aes_key": SecretStr(SAMPLE_AES_KEY),
        "wecom_robot_id": ROBOT_ID,
        "wecom_robot_secret": SecretStr(ROBOT_SECRET),
        "wecom_robot_url": platform_url.replace("http", "ws", 1),
    }
