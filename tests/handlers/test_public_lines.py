"""The group is public: whatever is asked there, no answer holds a name, a phone, a room or a second line."""

import re
from collections.abc import Iterator

import pytest

from data.models import OutboxMessage
from handlers.message import Reach
from tests.handlers.scenes import HEAD, LEADER, MEMBER, NEIGHBOUR, NO_WATER, RESIDENT, RUBBISH, STUCK
from tests.talking import Talk

NICKNAME = "3-2-501 老李"
PERSONAL = re.compile(r"1\d{10}|501|老李|[\r\n]")
# Who says what in the group, in this order; every line mentions the bot.
STORY = f"""
{RESIDENT} {RUBBISH},我是老李,住3-2-501,电话13812345678
{RESIDENT} 3号楼2单元501{NO_WATER},找13812345678
{RESIDENT} {STUCK},501的老李
{RESIDENT} 表扬物业师傅老李,电梯修得又快又好
{RESIDENT} 请问老年证在哪里办理,我是501的老李
{NEIGHBOUR} +1
{RESIDENT} 帮助
{HEAD} 帮助
{RESIDENT} 哈哈
{RESIDENT} 查 1001
{RESIDENT} 我的上报
{MEMBER} 我的待办
{RESIDENT} 补充 1001 501的老李,13812345678
{RESIDENT} 催 1001
{RESIDENT} 催 1001
{LEADER} 派 1001 老李
{LEADER} 派 1001 13812345678
{LEADER} 派 1001 钱小雨
{LEADER} 派 1001 邓丽华
{MEMBER} 接 1001
{MEMBER} 接 1002
{NEIGHBOUR} 接 1002
{MEMBER} 到场 1002
{MEMBER} 转 1002 501的老李 13812345678
{MEMBER} 延期 1002 13812345678
{MEMBER} 延期 1002 2天 等501的老李
{MEMBER} 上报 1002 501的老李不开门
{MEMBER} 办结 1002 501的老李已开门,13812345678
{RESIDENT} 不满意 1002 501的老李
{RESIDENT} 没解决 1002 501的老李
{MEMBER} 退 1002 找501的老李
{LEADER} 转 1002 供电 找501的老李
{LEADER} 不受理 1002 找501的老李
{LEADER} 并 1003 1001
{LEADER} 拆 1003
{LEADER} 并 1003 老李
{RESIDENT} 撤回 1003 老李
{RESIDENT} 解决了 1001
{RESIDENT} 满意 9999 老李
{LEADER} 转纪检 1001
{RESIDENT} 居委会书记贪污低保款,501的老李知道
{RESIDENT} 同意
{RESIDENT} 不同意
"""


def _story() -> Iterator[tuple[str, str]]:
    for line in filter(None, STORY.splitlines()):
        who, words = line.split(" ", 1)
        yield who, words


@pytest.mark.parametrize("reach", [Reach.PRIVATE, Reach.GROUP_ONLY])
def test_nothing_personal_is_ever_said_in_the_group(sqlite_talk: Talk, reach: Reach) -> None:
    sqlite_talk.channel.reaches[RESIDENT] = reach
    people = sqlite_talk.bot.directory().people.values()
    answers = []
    for who, words in _story():
        answer = sqlite_talk.say(who, words, at=True, nickname=NICKNAME if who == RESIDENT else "")
        answers.append(answer)
        public = [row.text for row in sqlite_talk.rows(OutboxMessage) if row.group_platform_id is not None]
        assert not [text for text in [answer or "", *public] if PERSONAL.search(text)], words
        assert not [person.name for person in people if any(person.name in text for text in public)], words
    assert sum(answer is not None for answer in answers) > 30  # the story is not told into a void


def test_what_was_said_in_the_group_is_answered_only_there_or_in_private(sqlite_talk: Talk) -> None:
    sqlite_talk.say(RESIDENT, RUBBISH)
    sqlite_talk.say(RESIDENT, "我的上报", at=True)
    groups = {row.group_platform_id for row in sqlite_talk.rows(OutboxMessage)}
    assert groups == {"g001", None}
