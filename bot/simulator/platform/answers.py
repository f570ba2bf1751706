"""The platform's answers: always HTTP 200 with errcode and errmsg, whatever went wrong."""

import secrets
from typing import Any

MEANINGS = {
    -1: "system busy",
    40001: "invalid credential",
    40003: "invalid userid",
    40004: "invalid media type",
    40007: "invalid media_id",
    40008: "invalid message type",
    40009: "invalid image size",
    40013: "invalid corpid",
    40014: "invalid access_token",
    40032: "invalid user list size",
    40056: "invalid agentid",
    40058: "invalid parameter",
    41001: "access_token missing",
    41002: "corpid missing",
    41004: "corpsecret missing",
    41011: "agentid missing",
    42001: "access_token expired",
    42014: "invalid task_id",
    43001: "require GET method",
    43002: "require POST method",
    44001: "empty media data",
    44004: "empty content",
    45001: "media size out of limit",
    45002: "content size out of limit",
    45009: "api freq out of limit",
    45033: "api concurrent out of limit",
    47001: "data format error",
    48002: "api forbidden",
    48009: "api forbidden for security reason",
    60003: "department not found",
    60011: "no privilege to access/modify contact/party/agent",
    60020: "not allow to access from your ip",
    60111: "userid not found",
    81013: "user & party & tag all invalid",
    82001: "touser & toparty & totag all empty",
    86001: "invalid chatid",
    86003: "chatid does not exist",
    86005: "invalid owner",
    86006: "invalid number of members",
    86008: "chat was not created by this app",
    86215: "chatid exists already",
    86216: "invalid chat member",
    86220: "invalid chat parameter",
    93000: "invalid webhook url",
    93004: "robot disabled",
    93006: "invalid chatid",
    93008: "not in chat",
    301002: "not allow operate another agent with this accesstoken",
    301019: "media md5 not match",
    846605: "invalid req_id",
    846608: "stream message expired",
    846609: "not subscribed",
}


class PlatformError(Exception):
    """A refusal with a code of the platform."""

    def __init__(self, errcode: int, detail: str = "") -> None:
        super().__init__(f"{errcode} {detail}")
        self.errcode, self.detail = errcode, detail


def ok(**more: Any) -> dict[str, Any]:
    """A success, with the fields of this endpoint."""
    return {"errcode": 0, "errmsg": "ok", **more}


def refusal(error: PlatformError, now: float, ip: str) -> dict[str, Any]:
    """A refusal as the platform words it: clients read the IP of 60020 out of this text."""
    what = MEANINGS.get(error.errcode, "error") + (f": {error.detail}" if error.detail else "")
    hint = f"{int(now)}_{secrets.randbelow(1000)}_{secrets.token_hex(16)}"
    more = f"https://open.work.weixin.qq.com/devtool/query?e={error.errcode}"
    return {"errcode": error.errcode, "errmsg": f"{what}, hint: [{hint}], from ip: {ip}, more info at {more}"}
