"""Our client of WeCom's API: wechatpy's modules, but every request goes through one place that we can answer for."""

import json
from collections.abc import Callable
from typing import Any, TypeVar

import httpx2
import structlog
from wechatpy.work import WeChatClient
from wechatpy.work.client.api import WeChatMedia

from bot.channels import ChannelBusy, ChannelError, MediaGone, RecipientGone
from bot.channels.wecom.errors import StaleToken
from bot.channels.wecom.requests import TIMEOUTS, WHOLE_SECONDS, Call, WecomRequests, raise_refusal
from bot.channels.wecom.tokens import TokenStore, token_key

log = structlog.get_logger("wecom")

API_URL = "https://qyapi.weixin.qq.com"
# The platform compares the contents of messages, not a key of ours: a second send of the same words to the same
# people within four hours counts as done and is not delivered. So what was cut off can be sent again, and two
# messages that must both arrive must differ in a word.
DUPLICATE_CHECK = {"enable_duplicate_check": 1, "duplicate_check_interval": 14_400}
# Nobody notices when these are made twice; all other POSTs are seen by people or cannot be undone.
REPEATABLE = frozenset({"media/upload", "media/uploadimg", "user/list_id", "batch/openuserid_to_userid"})
MEBIBYTE = 1024 * 1024
LARGEST_UPLOADS = {"image": 10 * MEBIBYTE, "voice": 2 * MEBIBYTE, "video": 10 * MEBIBYTE, "file": 20 * MEBIBYTE}
SMALLEST_UPLOAD = 6
T = TypeVar("T")


class WecomClient(WeChatClient):  # type: ignore[misc]  # wechatpy ships no types
    """Calls the API with one secret of one corporation; safe to use from many threads.

    Nothing is repeated by itself, save once after the platform has refused an outdated token. What was cut off
    raises ChannelUnsure where people would see it twice, else ChannelBusy.
    """

    def __init__(
        self,
        corp_id: str,
        secret: str,
        tokens: TokenStore,
        base_url: str = API_URL,
        agent_id: int | str | None = None,
        transport: httpx2.BaseTransport | None = None,
        *,
        timeouts: httpx2.Timeout = TIMEOUTS,
        whole_seconds: float = WHOLE_SECONDS,
    ) -> None:
        super().__init__(corp_id, secret)
        self.API_BASE_URL = f"{base_url.rstrip('/')}/cgi-bin/"
        self.agent_id = None if agent_id is None else int(agent_id)
        self.media = _Media(self)
        self._tokens = tokens
        self._key = token_key(corp_id, secret)
        self._requests = WecomRequests(base_url, transport, timeouts, whole_seconds)

    @property
    def access_token(self) -> str:
        """The token of all replicas; raises what the platform says to a wrong secret."""
        return self._tokens.get(self._key, self._fetch_token)

    def fetch_access_token(self) -> dict[str, str]:
        """For wechatpy, which would ask a host written into it."""
        return {"access_token": self.access_token}

    def download(self, media_id: str) -> bytes:
        """The bytes of media; raises MediaGone after their three days."""
        if not media_id:
            raise MediaGone("没有文件编号")
        call = Call("GET", "media/get", params={"media_id": media_id})

        def ask(secrets: dict[str, str]) -> bytes:
            answer = self._requests.answer(call, secrets)
            if (content := answer.json(call.endpoint)) is not None:
                raise_refusal(content, secrets)
            if content is not None or answer.media_type.startswith(("text/", "application/json")):
                raise ChannelBusy("平台给的不是文件")
            return answer.body

        return self._with_token(ask)

    def close(self) -> None:
        self._requests.close()

    def _request(self, method: str, url_or_endpoint: str, **options: Any) -> Any:
        """Where wechatpy's get and post end: one call, its errors raised as ours."""
        endpoint = url_or_endpoint.removeprefix(self.API_BASE_URL)
        if "://" in endpoint:  # it would be told our token
            raise ChannelError("网址不在平台上")
        data = self._completed(endpoint, options.get("data"))
        call = Call(
            method.upper(),
            endpoint,
            visible=method.lower() == "post" and endpoint not in REPEATABLE,
            params=dict(options.get("params") or {}),
            content=_encoded(data),
            files=_read_once(options.get("files"), options.get("params") or {}),
        )
        result = self._with_token(lambda secrets: self._requests.result(call, secrets))
        _notice_lost(data, result)
        process: Callable[[Any], Any] | None = options.get("result_processor")
        return process(result) if process else result

    def _with_token(self, ask: Callable[[dict[str, str]], T]) -> T:
        token = self.access_token
        try:
            return ask({"access_token": token})
        except StaleToken as error:
            log.info("token refused, asking once for another", reason=str(error))
            self._tokens.invalidate(self._key, token)
        return ask({"access_token": self.access_token})

    def _fetch_token(self) -> tuple[str, float]:
        call = Call("GET", "gettoken", params={"corpid": self.corp_id})
        answer = self._requests.result(call, {"corpsecret": self.secret})
        token, seconds = answer.get("access_token"), answer.get("expires_in", 7200)
        if not isinstance(token, str) or not token or not isinstance(seconds, int | float):
            raise ChannelBusy("平台没有给令牌（access_token）")
        return token, float(seconds)

    def _completed(self, endpoint: str, data: Any) -> Any:
        """The body with what every message needs; see DUPLICATE_CHECK for what the check means."""
        if endpoint != "message/send" or not isinstance(data, dict):
            return data
        agent = {} if self.agent_id is None else {"agentid": self.agent_id}
        return agent | data | DUPLICATE_CHECK


class _Media(WeChatMedia):  # type: ignore[misc]
    """wechatpy's downloads take any answer for the media, from a host written into it, without a timeout."""

    def download(self, media_id: str) -> bytes:
        content: bytes = self._client.download(media_id)
        return content


def _encoded(data: Any) -> bytes | None:
    """JSON without \\u escapes, which the platform refuses (40033); half a character becomes a question mark."""
    if data is None or isinstance(data, bytes):
        return data
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
    return text.encode("utf-8", "replace")


def _read_once(files: dict[str, Any] | None, params: dict[str, Any]) -> dict[str, Any] | None:
    """The files with their bytes: a file that was read for the first try would be empty at the second."""
    if not files:
        return None
    return {name: _whole(file, str(params.get("type", "file"))) for name, file in files.items()}


def _whole(file: Any, kind: str) -> tuple[str, bytes] | tuple[str, bytes, str]:
    name, content, *media_type = file if isinstance(file, tuple) else (getattr(file, "name", "file"), file)
    content = content if isinstance(content, bytes) else content.read()
    if not SMALLEST_UPLOAD <= len(content) <= LARGEST_UPLOADS.get(kind, LARGEST_UPLOADS["file"]):
        raise ChannelError(f"文件有 {len(content)} 字节，平台不收这么大或这么小的")
    return (str(name).rsplit("/", 1)[-1], content, *media_type)


def _notice_lost(data: Any, result: dict[str, Any]) -> None:
    """The platform reports success also when it knew none of the people; some of them missing is only logged."""
    lost = _names(result.get("invaliduser")) | _names(result.get("unlicenseduser"))
    if not lost or not isinstance(data, dict):
        return
    wanted = _names(data.get("touser")) | _names(data.get("userids"))
    others = any(data.get(key) for key in ("toparty", "totag", "partyids", "tagids"))
    if wanted and wanted <= lost and not others:
        raise RecipientGone("平台没有这个成员，或成员没有接口许可")
    log.warning("members not reached", count=len(lost))


def _names(value: Any) -> set[str]:
    """Members as the platform lists them, `a|b` or a list; it does not tell capitals apart."""
    names = value.split("|") if isinstance(value, str) else value if isinstance(value, list) else []
    return {str(name).lower() for name in names if name}
