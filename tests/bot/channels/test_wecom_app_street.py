"""The app between the stand-in platform and the bot: a task taken, given back and finished by card and chat."""

import base64
from collections.abc import Iterator
from contextlib import closing

import httpx2
import pytest
from sqlmodel import select

from bot.channels import Outgoing
from bot.channels.wecom_app import INVISIBLE, WecomAppChannel
from bot.channels.wecom_client import WecomClient
from bot.channels.wecom_tokens import TokenStore
from bot.simulator.platform import Platform
from bot.simulator.platform import served as standing_in
from bot.simulator.platform.postman import Fate
from bot.simulator.platform.screens import Shown
from data.models import Account, CaseStatus, Media
from tests.handlers.scenes import COLLEAGUE, LEADER, MEMBER, RESIDENT, private, report
from tests.talking import Talk

CORP, TOKEN, SECRET = "ww1", "token-of-the-app", "secret-of-the-app"
KEY = base64.b64encode(b"a" * 32).decode().rstrip("=")


def _seen(text: str) -> str:
    return "".join(character for character in text if character not in INVISIBLE)


class Street:
    """The sample street with the app switched on, whose grid member has both the console and WeCom."""

    def __init__(self, talk: Talk, platform: Platform, channel: WecomAppChannel) -> None:
        self.talk, self.platform, self.channel = talk, platform, channel

    def hears(self, request: httpx2.Request) -> httpx2.Response:
        """The bot's door, as the platform knocks at it."""
        received = self.channel.open(request.content, dict(request.url.params))
        answer = None
        if received.message is not None:
            answer = self.talk.bot.inbox.receive(received.message, self.talk.now, passive=received.passive)
        return httpx2.Response(200, content=received.respond(answer))

    def screen(self) -> list[str]:
        """What the member reads from the bot, after everything queued was sent."""
        self.talk.deliver()
        return [_seen(shown.text) for shown in self.platform.seen("zhao") if shown.from_bot]

    def card(self) -> Shown:
        self.talk.deliver()
        return next(shown for shown in reversed(self.platform.seen("zhao")) if shown.kind == "template_card")


@pytest.fixture
def street(sqlite_talk: Talk) -> Iterator[Street]:
    bot = sqlite_talk.bot
    with bot.database.writing() as session:
        member = session.exec(select(Account).where(Account.platform_id == MEMBER)).one()
        session.add(Account(channel="wecom_app", platform_id="zhao", person_id=member.person_id))
        session.commit()
    bot.directory.reload()
    made: list[Street] = []
    platform = Platform(CORP, pause=0, transport=httpx2.MockTransport(lambda request: made[0].hears(request)))
    platform.add_member("zhao", "赵海涛")
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
    assert "抢先" in street.screen()[-1]
    face = street.card().card_of("zhao")
    assert face is not None
    assert face.replaced == "已提交"


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
