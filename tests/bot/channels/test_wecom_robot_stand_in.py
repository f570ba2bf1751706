"""The robot against the stand-in platform, both ways: what people say arrives, what we say is on their screens."""

import base64
import queue
from collections.abc import Callable, Iterator
from contextlib import closing

import httpx2
import pytest

from bot.channels import MediaGone, Outgoing, RecipientGone
from bot.channels.wecom_robot import WecomRobot
from bot.channels.wecom_robot.long_connection import LongConnection
from bot.channels.wecom_robot.reply_tickets import TicketStore
from bot.channels.wecom_robot.session import Timing
from bot.leases import LeaseHolder
from bot.simulator.platform import Fault, Platform
from bot.simulator.platform import served as standing_in
from bot.simulator.platform.postman import Fate
from data.database import Database
from handlers import replies
from handlers.message import IncomingMessage
from tests.databases import SqliteDatabases

BOT, TOKEN, SECRET, GROUP = "aib-1", "token-of-the-robot", "secret-of-the-robot", "wrGroup1"
KEY = base64.b64encode(b"r" * 32).decode().rstrip("=")
PATIENCE = 10.0
FAST = Timing(look_for_lease=0.02, first_pause=0.01, first_pause_kicked=0.01, longest_pause=0.05)
PHOTO = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 50
OFFER = Outgoing("out-7", "新任务 1001\n3号楼灯坏了", account="zhao", orders=("接 1001", "退 1001"))


class Office:
    """The robot's side: keeps what it is told and repeats the words."""

    robot: WecomRobot

    def __init__(self) -> None:
        self.received: list[IncomingMessage] = []
        self.heard: queue.Queue[str] = queue.Queue()

    def receive(self, message: IncomingMessage, passive: bool) -> str | None:
        self.received.append(message)
        self.heard.put(message.text)
        return f"收到「{message.text}」" if passive else None

    def hears(self, request: httpx2.Request) -> httpx2.Response:
        """The bot's door, as the platform knocks at it."""
        if request.method == "GET":
            return httpx2.Response(200, content=self.robot.verify(dict(request.url.params)))
        received = self.robot.open(request.content, dict(request.url.params))
        answer = None
        if received.message is not None:
            answer = self.receive(received.message, received.passive)
        return httpx2.Response(200, content=received.respond(answer))


@pytest.fixture
def database(sqlite_databases: SqliteDatabases) -> Iterator[Database]:
    with sqlite_databases.seeded() as url, closing(Database(url)) as database:
        yield database


Scene = tuple[Platform, Office]


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def platform(office: Office) -> Iterator[Platform]:
    with Platform(pause=0, transport=httpx2.MockTransport(office.hears)) as platform:
        for userid, name in (("zhao", "赵海涛"), ("qian", "钱进")):
            platform.add_member(userid, name)
        platform.add_group(GROUP, ["zhao", "qian"], robots=[BOT])
        yield platform


@pytest.fixture
def callback(platform: Platform, office: Office, database: Database) -> Iterator[Scene]:
    platform.add_robot(BOT, token=TOKEN, aes_key=KEY, callback="http://bot.test/callback/wecom_robot")
    with standing_in(platform) as address:
        tickets = TicketStore(database, "wecom_robot")
        office.robot = WecomRobot(tickets, token=TOKEN, aes_key=KEY, api_url=address)
        with closing(office.robot):
            yield platform, office


@pytest.fixture
def connected(platform: Platform, office: Office, database: Database) -> Iterator[Scene]:
    platform.add_robot(BOT, SECRET)
    with standing_in(platform) as address:
        connection = LongConnection(
            address.replace("http", "ws"), BOT, SECRET, LeaseHolder(database, "wecom_robot"), FAST
        )
        tickets = TicketStore(database, "wecom_robot")
        office.robot = WecomRobot(tickets, api_url=address, robot_url=address, connection=connection)
        office.robot.start(office.receive)
        with closing(office.robot):
            assert connection.wait_until_ready(PATIENCE)
            yield platform, office


@pytest.fixture(params=["callback", "connected"])
def scene(request: pytest.FixtureRequest) -> Scene:
    found: Scene = request.getfixturevalue(request.param)
    return found


def _said(platform: Platform, text: str, **where: str) -> str:
    return platform.wait_for(text, timeout=PATIENCE, **where).text


def test_the_address_is_accepted(callback: Scene) -> None:
    assert callback[0].check_addresses() == {f"robot {BOT}": True}


def test_a_mention_in_the_group_is_answered_there(scene: Scene) -> None:
    platform, office = scene
    assert platform.say_to_robot("zhao", GROUP, "3号楼灯坏了").fate is Fate.TAKEN
    assert _said(platform, "收到", chatid=GROUP) == "收到「3号楼灯坏了」"
    (message,) = office.received
    assert (message.sender, message.group, message.addressed) == ("zhao", GROUP, True)


def test_a_private_word_is_answered_privately(scene: Scene) -> None:
    platform, office = scene
    platform.say_to_robot("qian", None, "帮助")
    assert _said(platform, "收到", userid="qian") == "收到「帮助」"
    assert office.received[0].private


def test_who_comes_in_is_welcomed(scene: Scene) -> None:
    platform, _office = scene
    platform.enter_chat("zhao")
    assert _said(platform, "随手拍", userid="zhao") == replies.HELP_RESIDENT


def test_a_photo_with_words_and_a_quoted_one(scene: Scene) -> None:
    platform, office = scene
    platform.say_to_robot("zhao", GROUP, "漏水", image=PHOTO)
    _said(platform, "收到「漏水」", chatid=GROUP)
    quoted = platform.say_in_group("qian", GROUP, image=PHOTO[:1000])
    platform.say_to_robot("zhao", GROUP, "看这张", quote=quoted)
    _said(platform, "收到「看这张」", chatid=GROUP)
    references = [message.media for message in office.received]
    assert [[office.robot.download(one) for one in found] for found in references] == [[PHOTO], [PHOTO[:1000]]]
    platform.expire_media()
    with pytest.raises(MediaGone):
        office.robot.download(references[0][0])


def test_a_lone_photo_in_the_group_never_comes(scene: Scene) -> None:
    platform, office = scene
    assert platform.say_to_robot("zhao", GROUP, image=PHOTO).fate is Fate.NOT_DELIVERED
    assert office.received == []


def test_an_answer_that_would_be_markdown_reads_as_it_was_written(scene: Scene) -> None:
    platform, _office = scene
    platform.say_to_robot("zhao", GROUP, "<@qian> [点我](http://e.test)")
    assert "<@" not in _said(platform, "收到", chatid=GROUP)


def test_later_words_and_a_card_with_buttons(scene: Scene) -> None:
    platform, office = scene
    platform.say_to_robot("zhao", GROUP, "3号楼灯坏了")
    platform.say_to_robot("zhao", None, "帮助")
    _said(platform, "收到「帮助」", userid="zhao")
    _said(platform, "收到「3号楼灯坏了」", chatid=GROUP)
    office.robot.send(Outgoing("out-6", "进展：1001 已派单", group=GROUP))
    assert _said(platform, "进展", chatid=GROUP) == "进展：1001 已派单"
    office.robot.send(OFFER)
    card = next(shown for shown in platform.seen("zhao") if shown.card is not None)
    platform.click("zhao", card, "接 1001", {"reason": ["not_here"]})
    assert platform.screens.wait(lambda: _faces(platform) == ["已提交"] or None, PATIENCE)
    assert [office.heard.get(timeout=PATIENCE) for _ in range(3)][-1] == "接 1001"


def _faces(platform: Platform) -> list[str] | None:
    """The buttons on the card as it is now."""
    found = [shown.card_of("zhao") for shown in platform.seen("zhao") if shown.card]
    return [button.text for button in found[0].buttons] if found and found[0] else None


def test_by_callback_nothing_more_can_be_said(callback: Scene) -> None:
    platform, office = callback
    platform.say_to_robot("zhao", GROUP, "3号楼灯坏了")
    office.robot.send(Outgoing("out-6", "进展", group=GROUP))
    with pytest.raises(RecipientGone):
        office.robot.send(Outgoing("out-7", "又有进展", group=GROUP))
    platform.say_to_robot("zhao", GROUP, "在吗")
    platform.clock.advance(3700)
    with pytest.raises(RecipientGone):
        office.robot.send(Outgoing("out-8", "太晚了", group=GROUP))


def test_over_the_connection_only_to_whom_spoke(connected: Scene) -> None:
    _platform, office = connected
    with pytest.raises(RecipientGone):
        office.robot.send(OFFER)


def test_the_same_callback_twice_is_answered_once(connected: Scene) -> None:
    platform, _office = connected
    platform.faults.set(Fault.DUPLICATE, times=1)
    platform.say_to_robot("zhao", GROUP, "3号楼灯坏了")
    platform.say_to_robot("zhao", GROUP, "第二句")
    _said(platform, "收到「第二句」", chatid=GROUP)
    shown = [message.text for message in platform.seen_in(GROUP) if message.from_bot]
    assert shown == ["收到「3号楼灯坏了」", "收到「第二句」"]


ENDS: dict[str, Callable[[Platform], None]] = {
    "kicked": lambda platform: platform.kick(BOT),
    "clean close": lambda platform: platform.drop(BOT),
    "unclean close": lambda platform: platform.drop(BOT, clean=False),
}


@pytest.mark.parametrize("end", ENDS)
def test_after_every_end_it_comes_back_and_answers(connected: Scene, end: str) -> None:
    platform, office = connected
    for number in range(2):
        ENDS[end](platform)
        reached = False
        while not reached:  # what is said while nobody listens is lost for good
            reached = platform.say_to_robot("zhao", GROUP, f"第{number}句").fate is Fate.TAKEN
        assert _said(platform, f"收到「第{number}句」", chatid=GROUP)
    assert office.robot.can_send_now
