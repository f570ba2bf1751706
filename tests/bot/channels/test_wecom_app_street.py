"""The app between the stand-in platform and the bot: a task taken, given back and finished by card and chat."""

import base64
import datetime as dt
from collections.abc import Iterator
from contextlib import closing

import httpx2
import pytest
from sqlmodel import select

from bot.channels import Outgoing
from bot.channels.wecom.client import WecomClient
from bot.channels.wecom.tokens import TokenStore
from bot.channels.wecom_app import INVISIBLE, WecomAppChannel
from bot.simulator.platform import Platform
from bot.simulator.platform import served as standing_in
from bot.simulator.platform.postman import Fate
from bot.simulator.platform.screens import Shown
from data.models import Account, Afterwards, CaseStatus, Media, OutboxMessage
from handlers.cases.discipline import SEALED_WORDS
from handlers.message import Reach
from tests.handlers.scenes import COLLEAGUE, HEAD, LEADER, MEMBER, RESIDENT, private, report
from tests.sent_messages import without_roster
from tests.talking import Talk

CORP, TOKEN, SECRET = "ww1", "token-of-the-app", "secret-of-the-app"
KEY = base64.b64encode(b"a" * 32).decode().rstrip("=")


def _seen(text: str) -> str:
    return "".join(character for character in text if character not in INVISIBLE)


class Street:
    """The sample street with the app switched on, whose grid members have both the console and WeCom."""

    def __init__(self, talk: Talk, platform: Platform, channel: WecomAppChannel) -> None:
        self.talk, self.platform, self.channel = talk, platform, channel

    def hears(self, request: httpx2.Request) -> httpx2.Response:
        """The bot's door, as the platform knocks at it."""
        received = self.channel.open(request.content, dict(request.url.params))
        answer = None
        if received.message is not None:
            answer = self.talk.bot.inbox.receive(received.message, self.talk.now, passive=received.passive)
        return httpx2.Response(200, content=received.respond(answer))

    def screen(self, member: str = "zhao") -> list[str]:
        """What the member reads from the bot, after everything queued was sent."""
        self.settle()
        return [_seen(s.text) for s in self.platform.seen(member) if s.from_bot and not s.recalled]

    def card(self, member: str = "zhao") -> Shown:
        self.settle()
        return next(shown for shown in reversed(self.platform.seen(member)) if shown.kind == "template_card")

    def face(self, member: str) -> str:
        """What stands where the buttons of the member's last card were; empty while they are there."""
        card = self.card(member).card_of(member)
        assert card is not None
        return card.replaced

    def settle(self) -> None:
        """Everything queued is sent, and everything sent is as it should be."""
        self.talk.deliver()
        self.talk.bot.change_sent(self.talk.now)


@pytest.fixture
def street(sqlite_talk: Talk) -> Iterator[Street]:
    bot = sqlite_talk.bot
    with bot.database.writing() as session:
        member = session.exec(select(Account).where(Account.platform_id == MEMBER)).one()
        colleague = session.exec(select(Account).where(Account.platform_id == COLLEAGUE)).one()
        session.add(Account(channel="wecom_app", platform_id="zhao", person_id=member.person_id))
        session.add(Account(channel="wecom_app", platform_id="qian", person_id=colleague.person_id))
        session.commit()
    bot.directory.reload()
    # They are told on WeCom, and may give orders on the console as well.
    sqlite_talk.channel.reaches |= {MEMBER: Reach.NONE, COLLEAGUE: Reach.NONE}
    made: list[Street] = []
    platform = Platform(CORP, pause=0, transport=httpx2.MockTransport(lambda request: made[0].hears(request)))
    platform.add_member("zhao", "赵海涛")
    platform.add_member("qian", "钱晓雨")
    platform.add_app(7, SECRET, token=TOKEN, aes_key=KEY, callback="http://bot.test/callback/wecom_app")
    with (
        closing(platform),
        standing_in(platform) as address,
        closing(WecomClient(CORP, SECRET, TokenStore(bot.database), address, 7)) as client,
        closing(WecomAppChannel(client, TOKEN, KEY)) as channel,
    ):
        made.append(Street(sqlite_talk, platform, channel))
        bot.channels["wecom_app"] = channel
        yield made[0]
        del bot.channels["wecom_app"]


def test_a_task_is_taken_and_finished_by_card_and_chat(street: Street) -> None:
    number = report(street.talk)
    card = street.card()
    told = street.platform.click("zhao", card, f"接 {number}")
    assert told.fate is Fate.TAKEN
    assert street.screen()[-1].startswith(f"已接单 {number}，请在")
    face = card.card_of("zhao")
    assert face is not None
    assert face.replaced == "已提交"
    assert street.talk.case(number).status is CaseStatus.ACCEPTED
    in_hand = street.card().card_of("zhao")
    assert in_hand is not None
    assert [button.text for button in in_hand.buttons] == ["到场", "办结", "退回", "转派"]
    answer = street.platform.say_to_app("zhao", f"办结 {number} 已清理").answer
    assert answer is not None
    assert answer.text == f"{number} 已办结，已告知上报人，等待确认。"
    assert any(f"{number} 已办结：已清理" in line for line in street.talk.told(RESIDENT))


def test_a_task_is_given_back_with_a_chosen_reason(street: Street) -> None:
    number = report(street.talk)
    street.platform.click("zhao", street.card(), f"退 {number}", {"reason": ["not_ours"]})
    assert street.screen()[-1] == f"{number} 已退回，由负责人重新派单。"
    assert f"{number} 被退回：应由其他部门办理。" in street.talk.told(LEADER)[-1]


def test_who_was_too_late_reads_so_and_the_card_claims_nothing(street: Street) -> None:
    number = report(street.talk)
    card = street.card()
    private(street.talk, COLLEAGUE, f"接 {number}")
    street.platform.click("zhao", card, f"接 {number}")
    face = card.card_of("zhao")
    assert face is not None
    assert face.replaced == "已提交"
    assert "抢先" in street.screen()[-1]
    assert street.face("zhao") == "已由他人接单"


def test_the_card_of_who_was_too_late_can_no_longer_be_pressed(street: Street) -> None:
    without_roster(street.talk)
    number = report(street.talk)
    assert (street.face("zhao"), street.face("qian")) == ("", "")
    street.platform.click("qian", street.card("qian"), f"接 {number}")
    street.settle()
    assert street.face("zhao") == "已由他人接单"
    in_hand = street.card("qian").card_of("qian")
    assert in_hand is not None
    assert [button.text for button in in_hand.buttons] == ["到场", "办结", "退回", "转派"]


def test_a_case_that_moves_to_discipline_disappears_from_the_members_chats(street: Street) -> None:
    without_roster(street.talk)
    number = report(street.talk)
    private(street.talk, RESIDENT, f"补充 {number} 清洁费年年涨")
    for member in ("zhao", "qian"):
        assert "垃圾成堆" in str(street.card(member).card_of(member))
        assert "清洁费" in "".join(street.screen(member))
    private(street.talk, HEAD, f"转纪检 {number}")
    for member in ("zhao", "qian"):
        assert street.screen(member) == [f"{number} 不用再办了。"]


def test_what_cannot_be_recalled_any_more_is_seen_by_the_office(street: Street) -> None:
    number = report(street.talk)
    street.settle()
    street.talk.now += dt.timedelta(hours=24, minutes=1)
    private(street.talk, HEAD, f"转纪检 {number}")
    street.settle()
    left = [row for row in street.talk.rows(OutboxMessage) if row.channel == "wecom_app" and row.afterwards]
    assert [(row.afterwards, row.account_platform_id, row.text) for row in left] == [
        (Afterwards.LEFT, "zhao", SEALED_WORDS)
    ]


def test_a_photo_sent_to_the_app_is_fetched(street: Street) -> None:
    street.platform.say_to_app("zhao", image=b"\xff\xd8\xff\xe0photo")
    [media] = street.talk.rows(Media)
    assert street.channel.download(media.reference) == b"\xff\xd8\xff\xe0photo"


def test_a_second_equal_reminder_reaches_the_member(street: Street) -> None:
    """The platform drops what is equal; what we queue twice on purpose is not."""
    urge = "居民催办 1001，请尽快处理并回复进展。"
    for key in ("out-901", "out-901", "out-902"):
        street.channel.send(Outgoing(key, urge, account="zhao"))
    assert [_seen(shown.text) for shown in street.platform.seen("zhao")] == [urge, urge]
