"""What the codes of WeCom's answers mean to us: which of our errors, and why, in words the office can act on."""

import re
from collections.abc import Iterable

from bot.channels import ChannelBusy, ChannelError, ChannelMisconfigured, MediaGone, RecipientGone

RATE, UNTRUSTED_IP = 45009, 60020
# A block lasts as long as its window, and the usual windows are minutes.
BLOCK_SECONDS = 60.0
LONGEST_HINT = 120
ADDRESS = re.compile("from ip: ?([0-9A-Fa-f.:]+)")


class StaleToken(ChannelMisconfigured):
    """The platform refuses our token. The client asks for another once; what is refused again needs a person."""


REASONS: dict[type[ChannelError], dict[int, str]] = {
    ChannelBusy: {
        -1: "平台繁忙",
        6000: "数据刚被别处修改",
        RATE: "调用太多，被平台限制",
        45033: "同时调用太多",
    },
    ChannelMisconfigured: {
        40001: "应用密钥（secret）不对，或应用已停用",
        40013: "企业编号（corpid）不对",
        40056: "应用编号（agentid）不对",
        41002: "没有填企业编号（corpid）",
        41004: "没有填应用密钥（secret）",
        48002: "应用没有调用这个接口的权限",
        48009: "不再允许从这个地址读取通讯录",
        60011: "成员或部门不在应用的可见范围内",
        UNTRUSTED_IP: "请在企业微信后台把本机地址登记为应用的可信 IP",
        301002: "密钥（secret）属于别的应用",
    },
    StaleToken: {
        40014: "平台不认令牌（access_token），换新的也不认",
        41001: "平台说没有收到令牌（access_token）",
        42001: "平台说令牌（access_token）已过期，换新的也一样",
    },
    RecipientGone: {
        40003: "没有这个成员",
        40031: "没有这些成员",
        40050: "没有这个群",
        46004: "没有这个成员",
        60111: "没有这个成员",
        81013: "收件人都不存在，或不在应用的可见范围内",
        82001: "没有收件人",
        86001: "群的编号不对",
        86003: "没有这个群",
        86008: "这个群不是本应用建的",
        86215: "这个群已经存在",
        86216: "群里有不存在的成员",
        86217: "发送人不在群里",
        86218: "平台不接受这个群",
        86219: "平台不接受这个群",
        86220: "平台不接受这个群",
        93000: "机器人已被移出群，或密钥（key）不对",
        93004: "机器人已停用",
        93006: "没有这个群",
        93008: "机器人不在群里",
    },
    MediaGone: {40007: "文件不存在，或已超过三天"},
    ChannelError: {
        40004: "文件类型不对",
        40006: "文件太大或太小",
        40008: "消息类型不对",
        40029: "登录码已用过，或已过期",
        40058: "参数不对",
        44001: "文件是空的",
        44004: "消息是空的",
        45001: "文件太大",
        45002: "消息太长",
        45007: "语音太长",
        50001: "登录后返回的网址没有登记",
    },
}
KINDS = {code: (kind, reason) for kind, reasons in REASONS.items() for code, reason in reasons.items()}


def error_of(code: int, hint: str = "", secrets: Iterable[str] = ()) -> ChannelError:
    """The error to raise for an answer; `hint` is the platform's own text, shown without our `secrets`."""
    kind, reason = KINDS.get(code, (ChannelError, "平台拒绝"))
    if code == UNTRUSTED_IP and (found := ADDRESS.search(hint)):
        # At the front, because long texts are cut and this is what must be registered.
        reason = f"{reason}：{found[1]}"
    hint = f"，{without(hint, secrets)[:LONGEST_HINT]}" if hint else ""
    text = f"{reason}（errcode {code}{hint}）"
    return ChannelBusy(text, BLOCK_SECONDS) if code == RATE else kind(text)


def without(text: str, secrets: Iterable[str]) -> str:
    """The text with our secrets blotted out, whoever put them there."""
    for secret in filter(None, secrets):
        text = text.replace(secret, "***")
    return text
