"""Both ends of the wire together: what the simulator says the bot's console channel reads, and the other way round."""

from collections.abc import Iterator

import httpx2
import pytest

from bot.channels import ChannelError, MediaGone, Outgoing
from bot.channels.console import ConsoleChannel
from bot.simulator import Cast, Simulator
from handlers.message import IncomingMessage, Kind
from tests.simulator.conftest import AES_KEY, TOKEN


@pytest.fixture
def channel(browser: httpx2.Client) -> Iterator[ConsoleChannel]:
    with httpx2.HTTPTransport() as transport:
        yield ConsoleChannel(str(browser.base_url), TOKEN, AES_KEY, transport)


@pytest.fixture
def incoming() -> list[IncomingMessage]:
    return []


@pytest.fixture
def heard(cast: Cast, incoming: list[IncomingMessage]) -> Simulator:
    """A simulator whose callbacks the console channel reads and answers, without a server between them."""
    channel = ConsoleChannel("http://unused", TOKEN, AES_KEY)

    def callback(request: httpx2.Request) -> httpx2.Response:
        received = channel.open(request.content, dict(request.url.params))
        assert received.message is not None
        incoming.append(received.message)
        answer = f"{len(incoming)}: 收到" if received.message.addressed else None
        return httpx2.Response(200, content=received.respond(answer))

    return Simulator(cast, "http://bot", TOKEN, AES_KEY, transport=httpx2.MockTransport(callback))


def test_words_photo_voice_and_recall_are_understood(heard, incoming):
    assert heard.say("r001", "电梯又停了", group="g001", photo=b"photo") is None
    assert heard.say("r001", "电梯又停了", group="g001", mention=True) == "2: 收到"
    assert heard.say("zhao", "接 1027", voice=True) == "3: 收到"
    heard.recall("r001", group="g001")
    photo, mention, private, recall = incoming
    assert (photo.kind, photo.text, len(photo.media), photo.group) == (Kind.TEXT, "电梯又停了", 1, "g001")
    assert (mention.addressed, mention.text) == (True, "电梯又停了")
    assert (private.kind, private.private, private.sender, private.nickname) == (Kind.VOICE, True, "zhao", "赵海涛")
    assert (recall.kind, recall.recalls) == (Kind.RECALL, mention.platform_id)


def test_quote_of_the_bot_is_addressed_to_it(heard, incoming):
    heard.say("r001", "电梯又停了", group="g001", mention=True)
    answer = heard.wait_for("收到", group="g001")
    heard.say("r001", "催", group="g001", quote=answer.id)
    assert (incoming[1].addressed, incoming[1].quoted_text) == (True, "1: 收到")


def test_send_shows_once_and_refuses_strangers(channel, simulator):
    for _ in range(2):
        channel.send(Outgoing("k1", "新任务 1027", account="zhao"))
    channel.send(Outgoing("k2", "1027 已办结。", group="g001"))
    assert (simulator.counters.sent, simulator.counters.duplicates) == (2, 1)
    with pytest.raises(ChannelError, match="40003"):
        channel.send(Outgoing("k3", "新任务 1027", account="nobody"))
    with pytest.raises(ChannelError, match="86003"):
        channel.send(Outgoing("k4", "新任务 1027", group="g999"))


def test_photo_is_fetched_too_large_is_refused_and_gone_is_gone(channel, simulator):
    assert channel.download(simulator.photos.keep(b"photo")) == b"photo"
    with pytest.raises(ChannelError, match="too_large"):
        channel.download(simulator.photos.keep(b"x" * 20_000_001))
    with pytest.raises(MediaGone):
        channel.download("/media/gone")
