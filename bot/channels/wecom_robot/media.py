"""A robot's photos: encrypted files behind addresses that live five minutes."""

import time
from collections.abc import Iterable

import httpx2

from bot.channels import BadCallback, ChannelBusy, ChannelError, MediaGone
from bot.channels.wecom.crypto import WecomCrypto
from bot.channels.wecom.request_log import hide_queries
from bot.channels.wecom.requests import TIMEOUTS, WHOLE_SECONDS

LARGEST_BYTES = 20_000_000
# Where Tencent keeps media. Whoever could slip us another address would learn what our network answers.
HOSTS = (".myqcloud.com", ".qq.com", ".qpic.cn")
# The storage says 403 when the signature in the address has run out.
GONE = frozenset({401, 403, 404, 410})
PAGES = ("text/", "application/json", "application/xml")

hide_queries()


class RobotMedia:
    """Downloads what the robot was shown; `own_urls` are addresses of the platform that the settings name."""

    def __init__(self, aes_key: str, own_urls: Iterable[str], transport: httpx2.BaseTransport | None = None) -> None:
        self._aes_key = aes_key
        self._own = frozenset(map(_origin, own_urls))
        self._http = httpx2.Client(timeout=TIMEOUTS, transport=transport, follow_redirects=False)

    def download(self, reference: str) -> bytes:
        """The photo behind `address` or `key|address`; over the long connection every address has its own key."""
        key, address = _parts(reference)
        key = key or self._aes_key
        self._check(address)
        try:
            return WecomCrypto.decrypt_media(self._fetch(address), key)
        except (BadCallback, ValueError) as error:
            raise ChannelError("照片解不开：密钥不对，或文件不完整") from error

    def close(self) -> None:
        self._http.close()

    def _check(self, address: str) -> None:
        try:
            url = httpx2.URL(address)
        except httpx2.InvalidURL as error:
            raise ChannelError("照片的网址不对") from error
        ours = url.scheme == "https" and url.host.endswith(HOSTS) and not url.userinfo and url.port is None
        if not ours and _origin(address) not in self._own:
            raise ChannelError("照片的网址不在企业微信的服务器上")

    def _fetch(self, address: str) -> bytes:
        deadline = time.monotonic() + WHOLE_SECONDS
        try:
            with self._http.stream("GET", address) as response:
                _raise_for(response)
                return _limited(response, deadline)
        except httpx2.RequestError as error:
            raise ChannelBusy(f"照片没有取到（{type(error).__name__}）") from error


def _raise_for(response: httpx2.Response) -> None:
    """Everything that is no file: gone, moved, an error page that claims to be fine."""
    if response.status_code in GONE:
        raise MediaGone("照片的网址已过期")
    if response.is_redirect:
        raise ChannelError("照片的网址转到了别处")
    if response.status_code != 200:
        raise ChannelBusy(f"照片没有取到（HTTP {response.status_code}）")
    if response.headers.get("content-type", "").startswith(PAGES):
        raise ChannelBusy("平台给的不是文件")


def _limited(response: httpx2.Response, deadline: float) -> bytes:
    content = bytearray()
    for chunk in response.iter_bytes():
        content += chunk
        if len(content) > LARGEST_BYTES:
            raise ChannelError("照片太大")
        if time.monotonic() > deadline:
            raise ChannelBusy("照片传得太慢")
    return bytes(content)


def _parts(reference: str) -> tuple[str, str]:
    key, bar, address = reference.partition("|")
    return (key, address) if bar and "://" not in key else ("", reference)


def _origin(address: str) -> tuple[str, str, int | None]:
    """Scheme, host and port; a WebSocket's address stands for the HTTP address beside it."""
    url = httpx2.URL(address)
    scheme = {"wss": "https", "ws": "http"}.get(url.scheme, url.scheme)
    return scheme, url.host, url.port
