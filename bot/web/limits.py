"""How much a form may send: refused before a byte of it is read, so that nobody fills our disk with uploads.

Callbacks count for themselves, see callbacks.py.
"""

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

LARGEST_FORM_BYTES = 1_000_000
# One photo of a phone, and what is written beside it.
LARGEST_UPLOAD_BYTES = 21_000_000
TOO_LONG = "内容太大，没有收下。请返回，用普通尺寸的照片再试。"


class LimitedForms:
    """Answers 411 where a form does not say how long it is, as every browser does, and 413 where it is too long."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, respond: Send) -> None:
        status = _refusal(scope) if scope["type"] == "http" and scope["method"] == "POST" else None
        if status is None:
            await self.app(scope, receive, respond)
        else:
            await Response(TOO_LONG, status_code=status, media_type="text/plain")(scope, receive, respond)


def _refusal(scope: Scope) -> int | None:
    path, headers = scope["path"], Headers(scope=scope)
    if path.startswith("/callback"):
        return None
    length = headers.get("content-length", "")
    if not length.isascii() or not length.isdigit() or "transfer-encoding" in headers:
        return 411
    largest = LARGEST_UPLOAD_BYTES if path.startswith("/task/") else LARGEST_FORM_BYTES
    return 413 if int(length[:12]) > largest else None
