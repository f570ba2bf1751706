"""How the office calls the channels."""

CHANNELS = {
    "console": "演示窗口",
    "wecom_app": "企业微信自建应用",
    "wecom_robot": "企业微信智能机器人",
    "wecom_webhook": "企业微信群机器人",
}
