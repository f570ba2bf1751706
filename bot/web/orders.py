"""Orders given on a page: the same words somebody could type to the bot, taken in as their private message.

So whoever may not do a thing in chat may not do it here, the history is the same, and a form sent twice is one
message delivered twice: the page makes up the message's id, and the answer is found again by it.
"""

import re
import secrets
from dataclasses import dataclass, field, replace
from typing import Annotated, ClassVar

from fastapi import Form, Query
from pydantic import Field
from sqlmodel import Session

from bot.inbox import replayed_answer
from bot.running import Bot
from data.models import Account, Case, Person
from handlers import labels
from handlers.cases import orders
from handlers.cases.orders import Need, Order
from handlers.command import Verb
from handlers.local_time import local_day
from handlers.message import Context, IncomingMessage, Sender

LONGEST_WORDS = 200
NO_ACCOUNT = "您的账号还没有关联聊天账号，不能在这里办理。请联系管理员。"
TOO_LONG = f"最多写{LONGEST_WORDS}个字，请写短一些再提交。"
# Whatever else an order needs is typed behind its number as one line.
BY_VERB = {order.verb: order for order in orders.ORDERS}
NOT_WRITTEN = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
NAMES = {order.verb: labels.ACTION[order.action] for order in orders.ORDERS} | {Verb.TO_DISCIPLINE: "转纪检"}
HINTS = {
    Verb.RESOLVE: "说明会发给上报人，请不要写姓名、房号。",
    Verb.RETURN: "退给负责人，由负责人重新派单。",
    Verb.EXTEND: "只能延一次，上报人会收到新的时限。",
    Verb.DISPATCH: "不选姓名，就派给现在值班的人。",
    Verb.REASSIGN: "交给部门办理，部门登记的人会收到任务。",
    Verb.ESCALATE: "由上一级牵头办理。",
    Verb.SUPPLEMENT: "承办人会收到补充的内容。",
    Verb.NOT_SOLVED: "重新计时，重新派单。",
    Verb.MERGE: "并入另一件案件，上报人一起转过去。",
    Verb.SPLIT: "从并入的案件里拆出来，重新派单。",
    Verb.DECLINE: "原因会告诉上报人。",
    Verb.TO_DISCIPLINE: "案件内容会被删除，不能恢复；系统私下告知上报人反映渠道。",
}
# What ends the matter for its reporter, or for ever.
GRAVE = (Verb.DECLINE, Verb.TO_DISCIPLINE)
AT_WORK = (Verb.ACCEPT, Verb.ARRIVE, Verb.RESOLVE, Verb.RETURN, Verb.EXTEND)
GROUPS = {
    "办理": AT_WORK,
    "派办": (Verb.DISPATCH, Verb.REASSIGN, Verb.ESCALATE, Verb.SUPPLEMENT),
    "处置": (Verb.NOT_SOLVED, Verb.MERGE, Verb.SPLIT, Verb.DECLINE, Verb.TO_DISCIPLINE),
}

Nonce = Annotated[str, Form(), Field(pattern="^[A-Za-z0-9_-]{16,40}$")]
Done = Annotated[str, Query(pattern="^[A-Za-z0-9_-]{0,64}$")]


class TooLong(ValueError):
    """More words than an order takes."""


@dataclass(frozen=True)
class Filled:
    """A form of one order as it was sent; `nonce` is new for every page, so one page gives an order once."""

    verb: Annotated[Verb, Form()]
    nonce: Nonce
    person: Annotated[str, Form()] = ""
    department: Annotated[str, Form()] = ""
    days: Annotated[str, Form()] = ""
    into: Annotated[str, Form()] = ""
    note: Annotated[str, Form()] = ""
    reason: Annotated[str, Form()] = ""

    @property
    def order(self) -> Order | None:
        return BY_VERB.get(self.verb)

    @property
    def mark(self) -> str:
        """What finds the answer again."""
        return f"{self.nonce}-{self.verb.name}"

    def line(self, order: Order, case_number: int) -> str:
        """The order as it would be typed; raises TooLong. Words can neither end the line nor name another case."""
        said = [_one_line(getattr(self, need.value)) for need in order.needs]
        if sum(map(len, said)) > LONGEST_WORDS:
            raise TooLong
        if Need.DAYS in order.needs:
            said[0] += "天"
        words = " ".join(filter(None, said))
        return f"{order.verb.value} {case_number}" + (f"：{words}" if words else "")


@dataclass(frozen=True)
class Desk:
    """What a page needs to draw the forms of one person for one case; `refusal` says why there are none."""

    groups: dict[str, list[Order]]
    colleagues: list[str]
    departments: list[str]
    longest_extension_days: int
    refusal: str = ""
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    names: ClassVar = NAMES
    hints: ClassVar = HINTS
    grave: ClassVar = GRAVE
    longest_words: ClassVar = LONGEST_WORDS

    def order(self, verb: str) -> Order | None:
        """The order of this word, if it is allowed now."""
        return next((order for found in self.groups.values() for order in found if order.verb == verb), None)


def desk(context: Context, case: Case) -> Desk:
    """The forms of the context's sender, grouped."""
    now = orders.allowed_now(context, case) if context.sender.account else []
    groups = {name: [order for order in now if order.verb in verbs] for name, verbs in GROUPS.items()}
    return Desk(
        groups={name: found for name, found in groups.items() if found},
        colleagues=orders.colleagues(context, case),
        departments=orders.departments(context),
        longest_extension_days=context.policy.longest_extension_days,
        refusal="" if context.sender.account else NO_ACCOUNT,
    )


def account_of(bot: Bot, person: Person) -> Account | None:
    """The account on whose behalf the person's orders come in."""
    return next(iter(bot.directory().staff_accounts.get(person.id or 0, ())), None)


def acting(bot: Bot, session: Session, person: Person) -> Context:
    """The context in which it is asked what this person may do."""
    now = bot.clock()
    posts = bot.directory().posts_of(person.id or 0, local_day(now))
    return replace(bot.context(session, now), sender=Sender(account_of(bot, person), person, posts))


def give(bot: Bot, person: Person, case: Case, filled: Filled) -> str | None:
    """Take the order in; returns the answer, None where it cannot be given. Raises TooLong."""
    account, order = account_of(bot, person), filled.order
    if account is None or order is None:
        return None
    message = _message(bot, account, person, filled.mark, filled.line(order, case.number))
    answer = bot.inbox.receive(message, bot.clock())
    bot.wake.set()
    return answer


def answer(bot: Bot, session: Session, person: Person, mark: str) -> str:
    """What the bot answered to the order with this mark; empty where this person gave none."""
    account = account_of(bot, person)
    if account is None or not mark:
        return ""
    return replayed_answer(session, _message(bot, account, person, mark, "")) or ""


def message_id(person: Person, mark: str) -> str:
    """The person's own id is part of it, so that nobody's mark leads to another person's answer."""
    return f"web-{person.id}-{mark}"


def _message(bot: Bot, account: Account, person: Person, mark: str, text: str) -> IncomingMessage:
    return IncomingMessage(
        channel=account.channel,
        platform_id=message_id(person, mark),
        sender=account.platform_id,
        sent_at=bot.clock(),
        text=text,
        addressed=True,
    )


def _one_line(words: str) -> str:
    """The words without line ends and control characters."""
    return " ".join(NOT_WRITTEN.sub(" ", words).split())
