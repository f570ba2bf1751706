"""Typed orders such as `查 1027` or `办结 1027 已重启`, parsed before any model is asked.

Tolerant of how people type: full-width digits, a missing space, `#1027`, and a quote of the bot's words in place
of the number.
"""

import re
import unicodedata
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
    # leaders
    DISPATCH = "派"
    DECLINE = "不受理"
    MERGE = "并"
    SPLIT = "拆"
    TO_DISCIPLINE = "转纪检"


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
    "派单": Verb.DISPATCH, "合并": Verb.MERGE, "拆分": Verb.SPLIT,
}  # fmt: skip
_NEEDS_NUMBER = frozenset(Verb) - {
    Verb.MY_REPORTS, Verb.HELP, Verb.MY_TASKS, Verb.CONSENT, Verb.REFUSE_CONSENT
}  # fmt: skip
# What may stand without a number, when the bot was spoken to: the case meant is the sender's latest.
VERDICTS = frozenset({Verb.SOLVED, Verb.NOT_SOLVED, Verb.SATISFIED, Verb.NOT_SATISFIED})

_WORDS = "|".join(re.escape(word) for word in sorted(_SPELLINGS, key=len, reverse=True))
_NUMBERED = re.compile(rf"^({_WORDS})\s*[#＃号:：]?\s*(\d{{4,9}})(?!\d)\s*号?[\s,，:：。.!！]*(.*)$", re.DOTALL)
_NUMBER_FIRST = re.compile(rf"^[#＃]?\s*(\d{{4,9}})\s*号?[\s,，:：]*({_WORDS})[\s,，:：。.!！]*(.*)$", re.DOTALL)
_BARE = re.compile(rf"^({_WORDS})(?:[\s,，:：。.!！~]+(.*))?$", re.DOTALL)
_NUMBER_IN_QUOTE = re.compile(r"(?:#|编号|案件|【)\s*(\d{4,9})(?!\d)")
_MENTION = re.compile(r"^(?:@\S+[\s\u2005]+)+")


def parse(text: str, quoted_text: str = "") -> Command | None:
    """The order in `text`, or None where there is none."""
    text = tidy(text)
    if match := _NUMBERED.match(text):
        return Command(_SPELLINGS[match[1]], int(match[2]), match[3].strip())
    if match := _NUMBER_FIRST.match(text):
        return Command(_SPELLINGS[match[2]], int(match[1]), match[3].strip())
    if match := _BARE.match(text):
        return _without_number(_SPELLINGS[match[1]], (match[2] or "").strip(), quoted_text)
    return None


def _without_number(verb: Verb, rest: str, quoted_text: str) -> Command | None:
    if verb not in _NEEDS_NUMBER:
        return Command(verb, None, rest, explicit=False)
    if quoted := _NUMBER_IN_QUOTE.search(quoted_text):
        return Command(verb, int(quoted[1]), rest, explicit=False)
    # "到 了" or "转 一下" in talk is no order; a bare order without anything behind it may be one.
    return Command(verb, None, rest, explicit=False) if not rest or verb in VERDICTS else None


def tidy(text: str) -> str:
    """Full-width forms made plain, invisible characters and leading mentions dropped."""
    plain = "".join(c for c in unicodedata.normalize("NFKC", text[:2000]) if unicodedata.category(c) != "Cf")
    return _MENTION.sub("", plain.strip()).strip()
