"""`suishoupai simulate-platform`: the stand-in of WeCom's servers on a port, with a small office in it."""

import threading
from typing import Annotated

import typer
from rich.console import Console

from bot.simulator.platform import Platform, served

console = Console()
PEOPLE = {"zhangsan": "张三", "lisi": "李四", "wangwu": "王五"}
GROUP = "wrSampleGroup"

# The names are those of the bot's own settings, so that both sides read the same .env.
CorpId = Annotated[str, typer.Option(envvar="SUISHOUPAI_WECOM_CORP_ID")]
AgentId = Annotated[int, typer.Option(envvar="SUISHOUPAI_WECOM_APP_AGENT_ID")]
AppSecret = Annotated[str, typer.Option(envvar="SUISHOUPAI_WECOM_APP_SECRET")]
AppToken = Annotated[str, typer.Option(envvar="SUISHOUPAI_WECOM_APP_TOKEN")]
AppKey = Annotated[str, typer.Option(envvar="SUISHOUPAI_WECOM_APP_AES_KEY")]
RobotId = Annotated[str, typer.Option(envvar="SUISHOUPAI_WECOM_ROBOT_ID")]
RobotToken = Annotated[str, typer.Option(envvar="SUISHOUPAI_WECOM_ROBOT_TOKEN")]
RobotKey = Annotated[str, typer.Option(envvar="SUISHOUPAI_WECOM_ROBOT_AES_KEY")]
RobotSecret = Annotated[str, typer.Option(envvar="SUISHOUPAI_WECOM_ROBOT_SECRET")]
SAMPLE_KEY = "c3Vpc2hvdXBhaS1zYW1wbGUta2V5LW5vdC1zZWNyZXQ"


def simulate_platform(
    port: Annotated[int, typer.Option(help="模拟平台的端口")] = 8002,
    bot_url: Annotated[str, typer.Option(help="机器人的地址")] = "http://127.0.0.1:8000",
    certificate: Annotated[str, typer.Option(help="证书文件（需要 HTTPS 时）")] = "",
    key: Annotated[str, typer.Option(help="证书的私钥文件")] = "",
    corp_id: CorpId = "wwsample",
    agent_id: AgentId = 1000002,
    app_secret: AppSecret = "sample-app-secret",
    app_token: AppToken = "sample-app-token",
    app_aes_key: AppKey = SAMPLE_KEY,
    robot_id: RobotId = "aib-sample",
    robot_token: RobotToken = "sample-robot-token",
    robot_aes_key: RobotKey = SAMPLE_KEY,
    robot_secret: RobotSecret = "",
) -> None:
    """企业微信服务器的替身：接口、回调和长连接都像真的，可以随时叫它出错。"""
    platform = Platform(corp_id)
    url = bot_url.rstrip("/")
    app_url, robot_url = f"{url}/callback/wecom_app", f"{url}/callback/wecom_robot"
    platform.add_app(agent_id, app_secret, token=app_token, aes_key=app_aes_key, callback=app_url)
    # With a secret the bot uses the long connection, and the robot has no callback.
    sealed = {} if robot_secret else {"token": robot_token, "aes_key": robot_aes_key, "callback": robot_url}
    platform.add_robot(robot_id, robot_secret, **sealed)
    webhook_key = furnish(platform, robot_id)
    with platform, served(platform, port, certificate=(certificate, key) if certificate else None) as address:
        _explain(address, webhook_key)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            console.print("再见")


def furnish(platform: Platform, robot_id: str) -> str:
    """Three members in a group with the robot and a webhook; the answer is the webhook's key."""
    for userid, name in PEOPLE.items():
        platform.add_member(userid, name)
    platform.add_group(GROUP, PEOPLE, "一号楼工作群", robots=[robot_id])
    return platform.add_webhook(GROUP, "sample-webhook-key").key


def _explain(address: str, webhook_key: str) -> None:
    console.print(f"企业微信替身：{address}")
    console.print(f"机器人的设置：SUISHOUPAI_WECOM_API_URL={address}，")
    console.print(f"长连接：SUISHOUPAI_WECOM_ROBOT_URL={address.replace('http', 'ws', 1)}")
    console.print(f"群机器人：{address}/cgi-bin/webhook/send?key={webhook_key}")
    console.print(f"状态与操作：{address}/_stand-in")
