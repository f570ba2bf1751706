"""One exchange with WeCom's servers over HTTP, and what its end means: taken, surely not taken, or nobody knows."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2

from bot.channels import ChannelBusy, ChannelError, ChannelMisconfigured, ChannelUnsure
from bot.channels.wecom.errors import error_of
from bot.channels.wecom.request_log import hide_queries

TIMEOUTS = httpx2.Timeout(10.0, connect=3.0)
# A server that sends a byte now and then never meets the timeout between two bytes.
WHOLE_SECONDS = 60.0
LARGEST_ANSWER_BYTES = 32 * 1024 * 1024
# With these the server may have done its work before something on the way back broke.
AFTER_THE_WORK = frozenset({500, 502, 504})
# What an answer without an errcode must hold to be taken for one.
PROOFS = {"gettoken": "access_token", "media/upload": "media_id"}

hide_queries()


@dataclass(frozen=True)
class Call:
    """One request, complete but for the token; `visible` if people would notice that it was made twice."""

    method: str
    endpoint: str
    visible: bool = False
    params: dict[str, Any] = field(default_factory=dict)
    content: bytes | None = None
    files: dict[str, Any] | None = None


@dataclass(frozen=True)
class Answer:
    """The body of an answer with status 200, and the type its sender claims."""

    body: bytes
    media_type: str

    def json(self, endpoint: str) -> dict[str, Any] | None:
        """The object in it with an errcode that is a number; None for anything else, such as a page or a photo."""
        if not self.body[:64].lstrip().startswith(b"{"):
            return None
        try:
            content = json.loads(self.body.decode("utf-8", "replace"), strict=False)
            if not isinstance(content, dict):
                return None
            proven = PROOFS.get(endpoint) in content
            return content | {"errcode": int(content["errcode"] if "errcode" in content or not proven else 0)}
        except (KeyError, TypeError, ValueError, RecursionError):
            return None


class WecomRequests:
    """The connections to one address of the platform; safe to use from many threads."""

    def __init__(
        self,
        base_url: str,
        transport: httpx2.BaseTransport | None = None,
        timeouts: httpx2.Timeout = TIMEOUTS,
        whole_seconds: float = WHOLE_SECONDS,
    ) -> None:
        self._url = f"{base_url.rstrip('/')}/cgi-bin/"
        self._whole_seconds = whole_seconds
        self._http = httpx2.Client(timeout=timeouts, transport=transport)

    def result(self, call: Call, secrets: dict[str, str]) -> dict[str, Any]:
        """The object of an answer with errcode 0; `secrets` are parameters that appear in no error."""
        answer = self.answer(call, secrets)
        content = answer.json(call.endpoint)
        if content is None:
            raise _lost(call, "平台的回答看不懂")
        raise_refusal(content, secrets)
        return content

    def answer(self, call: Call, secrets: dict[str, str]) -> Answer:
        """The body of an answer with status 200, whatever it is."""
        with _ends(call):
            return self._exchange(call, call.params | secrets)

    def close(self) -> None:
        self._http.close()

    def _exchange(self, call: Call, params: dict[str, Any]) -> Answer:
        deadline = time.monotonic() + self._whole_seconds
        headers = {"content-type": "application/json"} if call.content is not None else None
        with self._http.stream(
            call.method,
            self._url + call.endpoint,
            params=params,
            content=call.content,
            files=call.files,
            headers=headers,
        ) as response:
            if response.status_code != 200:
                raise _unexpected(call, response.status_code)
            return Answer(_read(call, response, deadline), response.headers.get("content-type", ""))


def raise_refusal(content: dict[str, Any], secrets: dict[str, str]) -> None:
    """Raise the error of an answer's code, if it has one."""
    if code := content["errcode"]:
        raise error_of(code, str(content.get("errmsg", "")), secrets.values())


@contextmanager
def _ends(call: Call) -> Iterator[None]:
    """Say what a broken exchange means. The errors of httpx2 do not name the address, which holds the token."""
    try:
        yield
    except (httpx2.InvalidURL, httpx2.UnsupportedProtocol) as error:
        raise ChannelMisconfigured(f"平台网址不对（{type(error).__name__}）") from error
    except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.ProxyError) as error:
        raise ChannelBusy(f"连不上平台（{type(error).__name__}）") from error
    except httpx2.RequestError as error:
        raise _lost(call, f"连接中断（{type(error).__name__}）") from error


def _unexpected(call: Call, status: int) -> ChannelError:
    reason = f"平台出错（HTTP {status}）"
    return _lost(call, reason) if status in AFTER_THE_WORK else ChannelBusy(reason)


def _lost(call: Call, reason: str) -> ChannelError:
    """The request went out, no proper answer came back."""
    return ChannelUnsure(reason) if call.visible else ChannelBusy(reason)


def _read(call: Call, response: httpx2.Response, deadline: float) -> bytes:
    """The body, given up when it is too large or takes too long on the whole."""
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > LARGEST_ANSWER_BYTES:
            raise _lost(call, "平台的回答太大")
        if time.monotonic() > deadline:
            raise _lost(call, "平台的回答太慢")
    return bytes(body)
