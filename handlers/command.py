"""Typed orders such as `查 1027` or `办结 1027 已重启`, parsed before any model is asked.

Tolerant of how people type: full-width digits, a missing space, `#1027`, and a quote of the bot's words in place
of the number.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Verb(StrEnum):
    """The order itself; the value is the word people type."""

    # residents
    SHOW = "查"
    MY_REPORTS = "我的上报"
    SUPPLEMENT = "补充"
    WITHDRAW = "撤回"
    URGE = "催"
    SOLVED = "解决了"
    NOT_SOLVED = "没解决"
    SATISFIED = "满意"
    NOT_SATISFIED = "不满意"
    HELP = "帮助"
    CONSENT = "同意"
    REFUSE_CONSENT = "不同意"
    # grid members and departments
    ACCEPT = "接"
    ARRIVE = "到场"
    RESOLVE = "办结"
    RETURN = "退"
    REASSIGN = "转"
    EXTEND = "延期"
    ESCALATE = "上报"
    MY_TASKS = "我的待办"
    # party members, about service days
    SIGN_UP = "报名"
    LEAVE = "请假"
    MY_SERVICE = "我的服务"
    SIGN_IN = "签到"
    SIGN_OUT = "签退"
    CONFIRM = "确认"
    # leaders
    DISPATCH = "派"
    DECLINE = "不受理"
    MERGE = "并"
    SPLIT = "拆"
    TO_DISCIPLINE = "转纪检"
    # whoever looks after a group
    BIND = "绑定"


@dataclass(frozen=True)
class Command:
    """A parsed order; `number` is the case as typed or quoted, `rest` what follows it."""

    verb: Verb
    number: int | None = None
    rest: str = ""
    explicit: bool = True
    """False when the number came from a quote or is missing: then it only counts if the bot was addressed."""


_SPELLINGS: dict[str, Verb] = {verb.value: verb for verb in Verb} | {
    "查询": Verb.SHOW, "进度": Verb.SHOW, "查进度": Verb.SHOW, "我的报事": Verb.MY_REPORTS, "取消": Verb.WITHDRAW,
    "催办": Verb.URGE, "催一下": Verb.URGE, "已解决": Verb.SOLVED, "解决": Verb.SOLVED, "好了": Verb.SOLVED,
    "未解决": Verb.NOT_SOLVED, "没有解决": Verb.NOT_SOLVED, "还没解决": Verb.NOT_SOLVED, "非常满意": Verb.SATISFIED,
    "很满意": Verb.SATISFIED, "help": Verb.HELP, "?": Verb.HELP, "菜单": Verb.HELP, "怎么用": Verb.HELP,
    "接单": Verb.ACCEPT, "签收": Verb.ACCEPT, "到": Verb.ARRIVE, "已到场": Verb.ARRIVE, "完成": Verb.RESOLVE,
    "退单": Verb.RETURN, "退回": Verb.RETURN, "转派": Verb.REASSIGN, "转办": Verb.REASSIGN, "待办": Verb.MY_TASKS,
    "派单": Verb.DISPATCH, "合并": Verb.MERGE, "拆分": Verb.SPLIT, "我要报名": Verb.SIGN_UP, "取消报名": Verb.LEAVE,
    "我要请假": Verb.LEAVE, "服务时长": Verb.MY_SERVICE, "我的时长": Verb.MY_SERVICE, "我的义工": Verb.MY_SERVICE,
}  # fmt: skip
_NEEDS_NUMBER = frozenset(Verb) - {
    Verb.MY_REPORTS, Verb.HELP, Verb.MY_TASKS, Verb.CONSENT, Verb.REFUSE_CONSENT, Verb.BIND
}  # fmt: skip
# What may stand without a number, when the bot was spoken to: the case meant is the sender's latest.
VERDICTS = frozenset({Verb.SOLVED, Verb.NOT_SOLVED, Verb.SATISFIED, Verb.NOT_SATISFIED})

# What may follow the orders about service days; a number there is a post, never a case.
# "报名 老年大学" is a question, and what is longer than a name is no confirmation.
SERVICE_ORDERS = {
    Verb.SIGN_UP: r"(?:\d{1,2}\s*[月/.-]\s*\d{1,2}\s*[日号]?\s*(?:\S{2,64}?(?:\s+|$))?)?(?:第?\d{1,2}\s*[号岗位]*)?",
    Verb.LEAVE: r".*",
    Verb.MY_SERVICE: "",
    Verb.SIGN_IN: "",
    Verb.SIGN_OUT: "",
    Verb.CONFIRM: r"(?:[^\W\d_]{2,4}|[^\W\d_]{1,12}(?:[·.][^\W\d_]{1,12})+)?",
}

# After these a text follows so often that people leave out the space even when the number comes first.
_TELLING = ("办结", "补充", "延期", "退单", "转派", "转办", "不受理")


def _any_of(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


_SERVICE_WORDS = [word for word, verb in _SPELLINGS.items() if verb in SERVICE_ORDERS]
_CASE_WORDS = _SPELLINGS.keys() - set(_SERVICE_WORDS) - {Verb.BIND.value}
_GAP = r"\s,:。.!~"
_NUMBER = r"([0-9]{4,9})(?![0-9])"
_ASKS = r"\s*(?:吗|嘛|么|没有?)[?!。.]*$"
_NUMBERED = re.compile(rf"^({_any_of(_CASE_WORDS)})[\s#:,号]*(?:编号|案件)?[\s#:,]*{_NUMBER}(.*)$", re.DOTALL)
_NUMBER_FIRST = re.compile(
    rf"^[\s#]*{_NUMBER}\s*号?[\s,:]*(?:({_any_of(_CASE_WORDS)})(?=$|[{_GAP}]|{_ASKS})|({_any_of(_TELLING)}))(.*)$",
    re.DOTALL,
)
_BARE = re.compile(rf"^({_any_of(_CASE_WORDS)})(?:[{_GAP}]+(.*))?$", re.DOTALL)
_ABOUT_SERVICE = re.compile(rf"^({_any_of(_SERVICE_WORDS)})(?:[{_GAP}]+|(?=第?\d)|$)(.*?)[{_GAP}]*$", re.DOTALL)
# What follows is a code, which may look like a number; with other words behind it, it is talk.
_BINDING = re.compile(rf"^{Verb.BIND}码?[{_GAP}]*([0-9A-Za-z \-]{{0,16}})[{_GAP}]*$")
_QUESTION = re.compile(_ASKS)
# What makes a number behind a verb an amount, a year, a bus line or a room: 退1000块, 查2023年, 接1001路, 到1203室.
_AMOUNT = re.compile(
    r"[块元年个件]|人(?![已都没不在])|户(?!主)|室(?![内外])|路(?![灯面口边])|号(?:楼(?![道梯上下])|[院房线车])"
)
_NUMBER_IN_LINE = re.compile(r"(?<![\dA-Za-z])\d{4,9}(?!\d)")
_MENTION = re.compile(r"^(?:[@＠]\S+\s+)+|(?:\s{1,3}[@＠]\S+)+$")
_BETWEEN = re.compile(r"^\s*号?[\s,，:：。.!！~～]*")
# Full-width forms and their plain ones, character by character, so that places in the text stay the same.
_PLAIN = {full: full - 0xFEE0 for full in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}


def parse(text: str, quoted_text: str = "") -> Command | None:
    """The order in `text`, or None where there is none; what follows the order is kept as it was typed."""
    typed = tidy(text)
    plain = typed.translate(_PLAIN)
    if match := _BINDING.match(plain):
        return Command(Verb.BIND, None, re.sub(r"[ \-]", "", match[1]).upper(), explicit=False)
    if match := _ABOUT_SERVICE.match(plain):
        return _service_order(_SPELLINGS[match[1]], typed[match.start(2) : match.end(2)])
    if match := _NUMBERED.match(plain):
        return None if _is_amount(match[1], match[3]) else _with_number(match[1], match[2], typed[match.start(3) :])
    if match := _NUMBER_FIRST.match(plain):
        return _with_number(match[2] or match[3], match[1], typed[match.start(4) :])
    if match := _BARE.match(plain):
        rest = typed[match.start(2) :].strip() if match[2] else ""
        return _without_number(_SPELLINGS[match[1]], rest, quoted_text)
    return None


def _service_order(verb: Verb, rest: str) -> Command | None:
    """Always only for the bot: overheard, "签到" is talk."""
    return Command(verb, None, rest, explicit=False) if re.fullmatch(SERVICE_ORDERS[verb], rest, re.DOTALL) else None


def _is_amount(word: str, tail: str) -> bool:
    return _AMOUNT.match(tail) is not None or (word in ("转", "退") and tail.startswith("给"))


def _with_number(word: str, number: str, tail: str) -> Command:
    verb = _SPELLINGS[word]
    if verb in VERDICTS and _QUESTION.match(tail.translate(_PLAIN)):  # 1027解决了吗 is no verdict
        return Command(Verb.SHOW, int(number))
    return Command(verb, int(number), _BETWEEN.sub("", tail).strip())


def _without_number(verb: Verb, rest: str, quoted_text: str) -> Command | None:
    if verb not in _NEEDS_NUMBER:
        return Command(verb, None, rest, explicit=False)
    if (number := number_in_quote(quoted_text)) is not None:
        return Command(verb, number, rest, explicit=False)
    # "到 了" or "转 一下" in talk is no order; a bare order without anything behind it may be one.
    return Command(verb, None, rest, explicit=False) if not rest or verb in VERDICTS else None


def number_in_quote(quoted_text: str) -> int | None:
    """The case the bot spoke of: the first number of its first line; None for a list of several cases."""
    lines = quoted_text.splitlines() or [""]
    if sum(line[:4].isdigit() for line in lines) > 1:
        return None
    found = _NUMBER_IN_LINE.search(lines[0])
    return int(found[0]) if found else None


def tidy(text: str) -> str:
    """Invisible characters and mentions before and behind dropped."""
    visible = "".join(c for c in text[:2000] if unicodedata.category(c) != "Cf")
    return _MENTION.sub("", visible.strip()).strip()
