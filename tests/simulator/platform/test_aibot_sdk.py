"""Tencent's own SDK for the long connection, over TLS: it signs in, hears, answers, and opens our photos."""

import asyncio
import base64
import datetime as dt
import ipaddress
import socket
import ssl
import threading
import warnings
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bot.simulator.platform import Platform, served
from bot.simulator.platform.server import HOST
from tests.simulator.platform.conftest import GROUP, button_card

with warnings.catch_warnings():
    # It imports a name that the websockets library wants to be rid of.
    warnings.simplefilter("ignore", DeprecationWarning)
    import aibot
    import aibot.api
    import aibot.ws

BOT, SECRET = "aib-long", "long-secret"
PATIENCE = 10.0
JPEG = b"\xff\xd8\xff\xe0 a lift out of order"
Frame = dict[str, Any]


class Quiet:
    """A logger that says nothing."""

    def debug(self, *_: object) -> None:
        return

    info = warn = error = debug


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """A certificate for this machine that nobody has signed but itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "stand-in")])
    now, day = dt.datetime.now(dt.UTC), dt.timedelta(days=1)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now - day).not_valid_after(now + day)
    here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    builder = builder.add_extension(here, critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    folder: Path = tmp_path_factory.mktemp("tls")
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(secret)
    (folder / "cert.pem").write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(pem))
    return str(folder / "cert.pem"), str(folder / "key.pem")


@pytest.fixture
def long_platform(
    platform: Platform, certificate: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Platform]:
    """The platform behind TLS, which the SDK insists on; it is told to trust our certificate."""
    platform.add_robot(BOT, SECRET)
    platform.state.corp.groups[GROUP].robots = {BOT}
    trusting = ssl.create_default_context(cafile=certificate[0])
    for module in (aibot.ws, aibot.api):
        monkeypatch.setattr(module, "_SSL_CONTEXT", trusting)
    with served(platform, certificate=certificate):
        yield platform


Scene = Callable[[aibot.WSClient, "asyncio.Queue[tuple[str, Any]]"], Awaitable[None]]


def play(platform: Platform, scene: Scene, secret: str = SECRET) -> None:
    """Run the SDK with every event it emits in a queue."""

    async def whole() -> None:
        url = platform.base_url.replace("https", "wss")
        options = aibot.WSClientOptions(bot_id=BOT, secret=secret, ws_url=url, logger=Quiet(), reconnect_interval=10)
        client, heard = aibot.WSClient(options), asyncio.Queue()
        for event in ("authenticated", "disconnected", "message", "event", "error"):
            client.on(event, lambda what=None, event=event: heard.put_nowait((event, what)))
        await client.connect()
        try:
            async with asyncio.timeout(PATIENCE):
                await scene(client, heard)
        finally:
            client.disconnect()
            await client._ws_manager._async_disconnect()

    asyncio.run(whole())


def test_it_signs_in_hears_and_answers(long_platform: Platform) -> None:
    async def scene(client: Any, heard: Any) -> None:
        assert (await heard.get())[0] == "authenticated"
        await asyncio.to_thread(long_platform.say_to_robot, "zhangsan", GROUP, "电梯停了", image=JPEG, robot_id=BOT)
        name, frame = await heard.get()
        text, photo = frame["body"]["mixed"]["msg_item"]
        content, filename = await client.download_file(photo["image"]["url"], photo["image"]["aeskey"])
        assert (name, text["text"]["content"]) == ("message", "@随手拍 电梯停了")
        assert (content, filename) == (JPEG, "image.jpeg")
        await client.reply_stream(frame, "s1", "正在登记")
        await client.reply_stream(frame, "s1", "已登记 1001", finish=True)
        await client.send_message(GROUP, {"msgtype": "markdown", "markdown": {"content": "已派单"}})

    play(long_platform, scene)
    said = [shown.text for shown in long_platform.seen_in(GROUP) if shown.from_bot]
    assert said == ["已登记 1001", "已派单"]


def test_welcome_card_and_its_change(long_platform: Platform) -> None:
    async def scene(client: Any, heard: Any) -> None:
        await heard.get()
        await asyncio.to_thread(long_platform.enter_chat, "lisi", BOT)
        _, frame = await heard.get()
        await client.reply_welcome(frame, {"msgtype": "text", "text": {"content": "您好"}})
        await asyncio.to_thread(long_platform.say_to_robot, "lisi", text="待办", robot_id=BOT)
        _, frame = await heard.get()
        await client.reply_template_card(frame, button_card())
        card = long_platform.seen("lisi")[-1]
        await asyncio.to_thread(long_platform.click, "lisi", card, "接 1001")
        _, frame = await heard.get()
        await client.update_template_card(frame, button_card("case-1001", "办结 1001"), ["lisi"])

    play(long_platform, scene)
    card = long_platform.seen("lisi")[-1].card_of("lisi")
    assert card is not None
    assert [button.key for button in card.buttons] == ["办结 1001"]


def test_it_comes_back_after_a_cut_and_is_told_of_refusals(long_platform: Platform) -> None:
    async def scene(client: Any, heard: Any) -> None:
        await heard.get()
        with pytest.raises(RuntimeError, match="93006"):
            await client.send_message(GROUP, {"msgtype": "markdown", "markdown": {"content": "无人说过话"}})
        long_platform.drop(BOT, clean=False)
        assert [(await heard.get())[0] for _ in range(2)] == ["disconnected", "authenticated"]

    play(long_platform, scene)


def test_a_wrong_secret(long_platform: Platform) -> None:
    async def scene(_: Any, heard: Any) -> None:
        name, error = await heard.get()
        assert (name, "40001" in str(error)) == ("error", True)

    play(long_platform, scene, secret="wrong")


def test_it_stops_while_somebody_is_hanging_up(platform: Platform, certificate: tuple[str, str]) -> None:
    trusting = ssl.create_default_context(cafile=certificate[0])
    upgrade = "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    hanging_up = b"\x88\x80\x00\x00\x00\x00"  # an empty close frame, masked with zeros
    with served(platform, certificate=certificate) as url:
        address = urlsplit(url)
        line = trusting.wrap_socket(socket.create_connection((address.hostname, address.port)), server_hostname=HOST)
        line.sendall(f"{upgrade}Sec-WebSocket-Key: {base64.b64encode(bytes(16)).decode()}\r\n\r\n".encode())
        assert b"101 Switching Protocols" in line.recv(4096)
        line.sendall(hanging_up)
        assert line.recv(4096)[:1] == b"\x88"
        threading.Timer(0.3, line.close).start()
