"""纪检 never shows itself: silence in the group, nothing kept before consent, one reader, and nobody else."""

import datetime as dt
import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlmodel import select

from classifiers import Action
from data import privacy
from data.models import (
    AccessLog,
    Case,
    CaseStatus,
    ConsentState,
    DisciplineConsent,
    Media,
    Message,
    PendingMessage,
    Person,
    SealedMatter,
    SealedState,
    StatusChange,
)
from data.taxonomy import CaseClass
from handlers import replies, staff_replies
from handlers.cases import discipline
from handlers.local_time import SHANGHAI
from handlers.message import Reach
from tests.handlers.scenes import (
    ACCUSATION,
    FIRST,
    HEAD,
    LEADER,
    MEMBER,
    NEIGHBOUR,
    READER,
    RESIDENT,
    RUBBISH,
    STORY,
    heard,
    private,
    reads,
    report,
    sealed,
    steps,
    stored,
)
from tests.talking import Talk

KICKBACK = "清荷家园3号楼楼道灯坏了没人修，物业经理说没钱"
ACCUSATIONS = [ACCUSATION, "社区王主任收红包，低保名额都给了他亲戚", "网格员吃拿卡要，不送礼不给办"]


@pytest.mark.parametrize("at", [False, True])
@pytest.mark.parametrize("words", ACCUSATIONS)
def test_the_group_hears_nothing_and_the_sender_is_asked_alone(sqlite_talk: Talk, words: str, at: bool) -> None:
    assert sqlite_talk.say(RESIDENT, words, at=at) is None
    assert sqlite_talk.outcome() == "discipline"
    assert heard(sqlite_talk) == {RESIDENT: [replies.DISCIPLINE_NOTE]}
    assert sqlite_talk.rows(Case) == []


@pytest.mark.parametrize("reach", [Reach.NONE, Reach.GROUP_ONLY, Reach.STAFF_CONFIRMED, Reach.AFTER_SPEAKING])
def test_without_a_private_way_nothing_happens_at_all(sqlite_talk: Talk, reach: Reach) -> None:
    sqlite_talk.channel.reaches[RESIDENT] = reach
    assert sqlite_talk.say(RESIDENT, ACCUSATION, at=True) is None
    assert heard(sqlite_talk) == {}
    assert sqlite_talk.rows(DisciplineConsent) == []


def test_the_very_first_words_alone_open_the_private_way(sqlite_talk: Talk) -> None:
    sqlite_talk.channel.reaches[RESIDENT] = Reach.AFTER_SPEAKING
    private(sqlite_talk, RESIDENT, "你好")
    assert sqlite_talk.say(RESIDENT, ACCUSATION) is None
    assert heard(sqlite_talk) == {RESIDENT: [replies.DISCIPLINE_NOTE]}
    assert len(sqlite_talk.rows(DisciplineConsent)) == 1


@pytest.mark.parametrize("reach", list(Reach))
def test_said_alone_the_question_is_the_answer_whatever_the_channel_can_do(talk: Talk, reach: Reach) -> None:
    """A robot that only ever answers has a private chat all the same."""
    talk.channel.reaches[RESIDENT] = reach
    assert private(talk, RESIDENT, ACCUSATION) == replies.DISCIPLINE_NOTE
    assert private(talk, RESIDENT, "同意") == replies.DISCIPLINE_TELL_US
    assert "J0001" in private(talk, RESIDENT, STORY)
    assert RESIDENT not in heard(talk)


def test_several_accusations_are_one_question(sqlite_talk: Talk) -> None:
    for words in ACCUSATIONS:
        sqlite_talk.say(RESIDENT, words)
    assert private(sqlite_talk, RESIDENT, ACCUSATION) == replies.DISCIPLINE_YES_FIRST
    assert heard(sqlite_talk) == {RESIDENT: [replies.DISCIPLINE_NOTE]}
    assert len(sqlite_talk.rows(DisciplineConsent)) == 1


def test_only_id_and_hash_are_kept_before_consent(sqlite_talk: Talk) -> None:
    sqlite_talk.say(RESIDENT, ACCUSATION, media=("photo-1",))
    consent, message = sqlite_talk.rows(DisciplineConsent)[0], sqlite_talk.rows(Message)[0]
    assert (consent.message_id, consent.state) == (message.id, ConsentState.ASKED)
    assert consent.text_hash == hashlib.sha256(ACCUSATION.encode()).hexdigest()
    assert ACCUSATION not in stored(sqlite_talk)
    assert sqlite_talk.rows(Media) == []
    assert sqlite_talk.rows(PendingMessage) == []


def test_the_database_file_holds_no_word_of_it(sqlite_talk: Talk) -> None:
    sqlite_talk.say(RESIDENT, ACCUSATION)
    private(sqlite_talk, RESIDENT, "同意")
    private(sqlite_talk, RESIDENT, STORY)
    database = sqlite_talk.bot.database
    file = Path(str(database.engine.url.database))
    raw = b"".join(part.read_bytes() for part in file.parent.glob(f"{file.name}*"))
    assert len(raw) > 100_000
    assert ACCUSATION.encode() not in raw
    assert STORY.encode() not in raw


def test_an_unsure_accusation_is_not_even_held_for_company(sqlite_talk: Talk) -> None:
    reads(sqlite_talk, Action.CANDIDATE, class_=CaseClass.DISCIPLINE, category="D01")
    assert sqlite_talk.say(RESIDENT, ACCUSATION, media=("photo-1",)) is None
    assert ACCUSATION not in stored(sqlite_talk)
    assert sqlite_talk.rows(PendingMessage) == sqlite_talk.rows(Media) == []


def test_what_follows_an_unsure_accusation_joins_no_case(talk: Talk) -> None:
    report(talk)
    understand = talk.bot.inbox.understand
    reads(talk, Action.CANDIDATE, class_=CaseClass.DISCIPLINE, category="D01")
    talk.say(RESIDENT, "书记天天喝酒打牌不上班")
    talk.bot = replace(talk.bot, inbox=replace(talk.bot.inbox, understand=understand))
    assert talk.outcome() == "discipline"
    assert talk.say(RESIDENT, media=("seen",)) is None
    assert talk.say(RESIDENT, "补助到底给了谁家亲戚") is None
    assert [message.case_id for message in talk.rows(Message)] == [1, None, None, None]
    assert talk.rows(Media) == talk.rows(PendingMessage) == []


@pytest.mark.parametrize("words", ["上个月还收了我2000块", "3号楼好多人都知道这件事，没人敢说"])
def test_what_follows_an_accusation_gets_no_answer_in_the_group_and_no_case(talk: Talk, words: str) -> None:
    talk.say(RESIDENT, ACCUSATION, at=True)
    talk.now += dt.timedelta(minutes=1)
    assert talk.say(RESIDENT, words, at=True) is None
    assert talk.outcome() == "discipline"
    assert talk.rows(Case) == []
    assert words not in stored(talk)


@pytest.mark.parametrize("group", ["g001", None])
def test_what_follows_an_accusation_alone_is_neither_kept_nor_left_without_an_answer(
    sqlite_talk: Talk, group: str | None
) -> None:
    """The question comes privately, and people answer it with the story instead of a yes."""
    sqlite_talk.say(RESIDENT, ACCUSATION, group)
    for words in ("上个月还收了我2000块", "就是王书记"):
        assert private(sqlite_talk, RESIDENT, words) == replies.DISCIPLINE_YES_FIRST
    assert sqlite_talk.rows(Case) == sqlite_talk.rows(PendingMessage) == []
    private(sqlite_talk, RESIDENT, "不同意")
    assert private(sqlite_talk, RESIDENT, "上个月还收了我2000块") == replies.DISCIPLINE_NOT_KEPT


def test_another_matter_said_to_the_bot_after_an_accusation_is_a_case(sqlite_talk: Talk) -> None:
    private(sqlite_talk, RESIDENT, ACCUSATION)
    assert f"编号 {FIRST}" in private(sqlite_talk, RESIDENT, "清荷家园3号楼2单元停水了")


def test_a_yes_after_an_accusation_opens_no_case_of_what_was_asked_before(sqlite_talk: Talk) -> None:
    assert private(sqlite_talk, RESIDENT, "就是王书记") == replies.ASK_WHETHER_REPORT
    private(sqlite_talk, RESIDENT, ACCUSATION)
    private(sqlite_talk, RESIDENT, "是的")
    assert sqlite_talk.rows(Case) == sqlite_talk.rows(PendingMessage) == []
    assert "就是王书记" not in stored(sqlite_talk)


def test_after_consent_the_next_words_are_sealed_under_their_own_key(talk: Talk) -> None:
    matter = sealed(talk)
    assert (matter.text, matter.reporter, matter.number) == (STORY, f"console:{RESIDENT}", "J0001")
    assert STORY not in stored(talk, without="sealed_matters")
    with talk.bot.database.reading() as session:
        token = bytes(session.execute(text("SELECT text FROM sealed_matters")).scalar_one())
    assert privacy.decrypt(privacy.Ring.SEALED, token) == STORY
    with pytest.raises(privacy.KeyMissing):
        privacy.decrypt(privacy.Ring.OPEN, token)


def test_words_that_come_with_the_yes_are_sealed_at_once(sqlite_talk: Talk) -> None:
    sqlite_talk.say(RESIDENT, ACCUSATION)
    assert "J0001" in private(sqlite_talk, RESIDENT, f"同意，{STORY}")
    assert sqlite_talk.rows(SealedMatter)[0].text == STORY
    assert STORY not in stored(sqlite_talk, without="sealed_matters")
    assert sqlite_talk.rows(DisciplineConsent)[0].state is ConsentState.USED


def test_a_photo_after_the_yes_is_neither_kept_nor_shown_to_anybody(sqlite_talk: Talk) -> None:
    private(sqlite_talk, RESIDENT, "3号楼垃圾成堆没人清理")
    private(sqlite_talk, RESIDENT, ACCUSATION)
    private(sqlite_talk, RESIDENT, "同意")
    assert "照片" in private(sqlite_talk, RESIDENT, media=("evidence",))
    private(sqlite_talk, RESIDENT, STORY, media=("more-evidence",))
    assert sqlite_talk.rows(Media) == []


def test_the_one_reader_is_told_that_there_is_something_and_not_what(sqlite_talk: Talk) -> None:
    sealed(sqlite_talk)
    told = heard(sqlite_talk)
    assert told.pop(RESIDENT) == [replies.DISCIPLINE_NOTE]
    assert told == {READER: ["有一件密封材料 J0001 待您转交，请登录后台「密封材料」查看，9月14日18:00前转交。"]}


def test_only_the_reader_may_look_and_every_look_is_logged(sqlite_talk: Talk) -> None:
    sealed(sqlite_talk)
    with sqlite_talk.bot.database.writing() as session:
        people = session.exec(select(Person)).all()
        found = {p.code: [m.text for m in discipline.matters_for(sqlite_talk.context(session), p)] for p in people}
        session.commit()
    assert found.pop("p084") == [STORY]
    assert not any(found.values())
    assert [(log.person_id, log.what, log.reference, log.at) for log in sqlite_talk.rows(AccessLog)] == [
        (84, "sealed", 1, sqlite_talk.now)
    ]


def test_the_reader_hands_over_and_nobody_else(sqlite_talk: Talk) -> None:
    sealed(sqlite_talk)
    with sqlite_talk.bot.database.writing() as session:
        context = sqlite_talk.context(session)
        reader, head = session.get_one(Person, 84), session.get_one(Person, 5)
        assert not discipline.hand_over(context, head, 1)
        assert not discipline.hand_over(context, reader, 99)
        assert discipline.hand_over(context, reader, 1)
        session.commit()
    matter = sqlite_talk.rows(SealedMatter)[0]
    assert (matter.state, matter.handed_over_at) == (SealedState.HANDED_OVER, sqlite_talk.now)
    assert [log.what for log in sqlite_talk.rows(AccessLog)] == ["handed_over"]


@pytest.mark.parametrize(
    ("day", "due"),
    [
        pytest.param("2026-09-07", "2026-09-14", id="周一到下周一"),
        pytest.param("2026-09-30", "2026-10-13", id="跨过国庆，周六补班"),
    ],
)
def test_five_working_days_to_hand_it_over(sqlite_talk: Talk, day: str, due: str) -> None:
    sqlite_talk.now = dt.datetime.fromisoformat(f"{day}T10:00:00+08:00").astimezone(dt.UTC)
    assert sealed(sqlite_talk).transfer_due_at == dt.datetime.fromisoformat(f"{due}T18:00:00").replace(tzinfo=SHANGHAI)


def test_a_case_that_turns_out_to_be_one_leaves_the_open_store(talk: Talk) -> None:
    talk.say(RESIDENT, RUBBISH, media=("photo-1",))
    for who, order in [
        (RESIDENT, "补充 {} 清洁费年年涨"),
        (MEMBER, "接 {}"),
        (MEMBER, "办结 {} 拉走了纸箱"),
        (RESIDENT, "不满意 {} 听说有人拿钱"),
    ]:
        private(talk, who, order.format(FIRST))
    private(talk, MEMBER, media=("photo-2",))
    heard(talk)
    assert talk.say(HEAD, f"转纪检 {FIRST}") is None
    case = talk.case()
    assert (case.status, case.next_action_at, case.room) == (CaseStatus.DECLINED, None, None)
    assert [words for words in ("垃圾成堆", "清洁费", "纸箱", "有人拿钱") if words in stored(talk)] == []
    assert talk.rows(Media) == []
    assert heard(talk) == {RESIDENT: [replies.DISCIPLINE_NOTE], HEAD: [staff_replies.moved_out(FIRST)]}


def test_what_was_moved_out_keeps_its_history_and_hides_its_name(sqlite_talk: Talk) -> None:
    number = report(sqlite_talk)
    private(sqlite_talk, HEAD, f"转纪检 {number}")
    assert steps(sqlite_talk) == ["system dispatch", "leader seal"]
    assert {change.note for change in sqlite_talk.rows(StatusChange)} == {""}
    assert sqlite_talk.say(NEIGHBOUR, f"查 {number}") == f"{number}：不受理。"
    assert private(sqlite_talk, RESIDENT, "我的上报") == f"{number} 不受理 [已移出]"


def test_notices_that_still_wait_are_not_sent_after_the_move(sqlite_talk: Talk) -> None:
    number = report(sqlite_talk)
    private(sqlite_talk, LEADER, f"转纪检 {number}")
    told = heard(sqlite_talk)
    assert told == {RESIDENT: [replies.DISCIPLINE_NOTE], MEMBER: [f"{number} 不用再办了。"]}


def test_after_the_move_its_reporter_may_consent_like_anybody(sqlite_talk: Talk) -> None:
    number = report(sqlite_talk)
    private(sqlite_talk, LEADER, f"转纪检 {number}")
    private(sqlite_talk, RESIDENT, "同意")
    assert "J0001" in private(sqlite_talk, RESIDENT, STORY)


def test_what_was_merged_into_it_leaves_with_it(talk: Talk) -> None:
    first = report(talk)
    talk.say(NEIGHBOUR, KICKBACK, group=None, media=("photo-2",))
    second = max(case.number for case in talk.rows(Case))
    private(talk, LEADER, f"并 {second} {first}")
    private(talk, LEADER, f"转纪检 {first}")
    assert [case.status for case in talk.rows(Case)] == [CaseStatus.DECLINED, CaseStatus.MERGED]
    assert [words for words in ("垃圾成堆", "物业经理") if words in stored(talk)] == []
    assert talk.rows(Media) == []


@pytest.mark.parametrize(
    ("order", "status"),
    [
        ("不受理 {} 不属实", CaseStatus.DECLINED),
        ("撤回 {}", CaseStatus.WITHDRAWN),
        ("并 {} {other}", CaseStatus.MERGED),
    ],
)
def test_a_case_that_is_over_can_still_be_moved_out(sqlite_talk: Talk, order: str, status: CaseStatus) -> None:
    other = report(sqlite_talk, who=NEIGHBOUR)
    sqlite_talk.say(RESIDENT, KICKBACK, group=None)
    number = max(case.number for case in sqlite_talk.rows(Case))
    private(sqlite_talk, RESIDENT if "撤回" in order else LEADER, order.format(number, other=other))
    heard(sqlite_talk)
    assert private(sqlite_talk, LEADER, f"转纪检 {number}") == staff_replies.moved_out(number)
    assert sqlite_talk.case(number).status is status
    assert "物业经理" not in stored(sqlite_talk)
    assert heard(sqlite_talk) == {RESIDENT: [replies.DISCIPLINE_NOTE]}
    assert private(sqlite_talk, LEADER, f"转纪检 {number}") == replies.not_allowed_now(number, status, "seal")
