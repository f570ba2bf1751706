"""What a fault run has shown: counted from the bot's database and from what people saw, one against the other."""

import json
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, fields
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from bot.commands.fault_run.crowd import Crowd
from bot.commands.fault_run.ledger import Known, Ledger
from bot.outbox.rows import unmerged
from bot.running import Bot
from bot.simulator.platform import Fate, Fault, Platform, Shown
from data.models import Case, FailedMessage, Media, Message, OutboxMessage, OutboxStatus
from handlers import replies

Counts = dict[str, int]
APP = "wecom_app"


@dataclass(frozen=True)
class Promises:
    """What must be empty, with the ids of messages, cases or outbox rows that broke it."""

    acknowledged_lost: list[str] = field(default_factory=list)
    reports_without_case: list[str] = field(default_factory=list)
    cases_double: list[str] = field(default_factory=list)
    answers_double: list[str] = field(default_factory=list)
    said_twice: list[str] = field(default_factory=list)
    over_limit: list[str] = field(default_factory=list)
    sent_but_never_shown: list[str] = field(default_factory=list)
    unreadable_answers: list[str] = field(default_factory=list)
    not_drained: list[str] = field(default_factory=list)

    @property
    def broken(self) -> bool:
        return any(getattr(self, one.name) for one in fields(self))


@dataclass(frozen=True)
class Figures:
    """What happened, good or bad."""

    said: int
    taken_by_platform: Counts
    acknowledged: int
    stored: int
    outcomes: Counts
    cases: int
    outbound: dict[str, Counts]
    dead_because: Counts
    unknown_because: Counts
    merged: int
    photos: Counts
    held_for_the_morning: int
    failed_left_to_a_person: int
    callback_statuses: Counts
    platform: Counts
    faults: Counts


@dataclass(frozen=True)
class Seen:
    """All that is known at the end."""

    bot: Bot
    platform: Platform
    crowd: Crowd
    ledger: Ledger


def judge(seen: Seen, left: int) -> tuple[Promises, Figures]:
    """Both, read in one transaction."""
    acknowledged = seen.ledger.acknowledged(seen.platform)
    with seen.bot.database.reading() as session:
        stored = {(m.channel, m.platform_id): m for m in session.exec(select(Message)).all()}
        cases = _cases_of(session.exec(select(Case.text)).all(), seen.crowd.reports)
        rows = session.exec(select(OutboxMessage)).all()
        promises = Promises(
            acknowledged_lost=sorted(f"{channel} {number}" for channel, number in acknowledged - stored.keys()),
            reports_without_case=_without_case(acknowledged, cases, seen.crowd),
            cases_double=[words for words, times in cases.items() if times > 1],
            answers_double=[*_app_doubles(seen.platform), *_answered_twice(rows)],
            said_twice=_said_twice(seen.platform),
            over_limit=_over_limit(seen.platform),
            sent_but_never_shown=_never_shown(seen.platform, rows),
            unreadable_answers=[f"{n} answers" for n in [seen.platform.counters.bad_answers] if n],
            not_drained=[f"{left} waiting"] if left else [],
        )
        return promises, _figures(session, seen, rows, stored, acknowledged)


def _cases_of(texts: Iterable[str], reports: set[str]) -> Counter[str]:
    """In how many cases each report is; what its reporter says soon after it becomes another line of the same case."""
    return Counter(line for text in texts for line in set(text.splitlines()) & reports)


def _without_case(acknowledged: dict[Known, str], cases: Counter[str], crowd: Crowd) -> list[str]:
    """Reports the bot has promised to have, which are in no case."""
    words = {known: text or crowd.said_to_robot.get(known[1], "") for known, text in acknowledged.items()}
    lost = [known for known, text in words.items() if text in crowd.reports and text not in cases]
    return sorted(f"{channel} {number}" for channel, number in lost)


def _app_doubles(platform: Platform) -> list[str]:
    """Messages sent to a member (not answers in a response) and seen twice: equal to the last hidden sign."""
    sent = (m for m in _by_bot(platform, "app:") if m.message_id)
    shown = Counter((m.chat, m.text, m.card.task_id if m.card else "") for m in sent)
    return [f"{chat} {text[:40]!r}" for (chat, text, _task), times in shown.items() if times > 1]


def _answered_twice(rows: Iterable[OutboxMessage]) -> list[str]:
    """Messages with more than one answer of ours; an apology and the answer that comes later are not twice."""
    apologies = (replies.APOLOGY,)
    answers = Counter(row.passive_for_id for row in rows if row.passive_for_id and row.text not in apologies)
    return [f"message {number} has {times} answers" for number, times in answers.items() if times > 1]


def _said_twice(platform: Platform) -> list[str]:
    """The same words twice in a group or a robot's chat, where the platform would not notice; help may be repeated."""
    shown = Counter((m.chat, m.text) for prefix in ("group:", "robot:") for m in _by_bot(platform, prefix))
    often = (replies.HELP_RESIDENT, replies.APOLOGY, replies.GROUP_UNKNOWN)
    return [f"{chat} {text[:40]!r}" for (chat, text), times in shown.items() if times > 1 and text not in often]


def _over_limit(platform: Platform) -> list[str]:
    """Refused or dropped by the platform because there were too many; what the faults did is none of it."""
    dropped = platform.counters.dropped - platform.faults.happened[Fault.SILENT_DROP]
    found = {"refused": platform.counters.over_limit, "dropped": dropped}
    return [f"{n} {what}" for what, n in found.items() if n]


def _never_shown(platform: Platform, rows: Iterable[OutboxMessage]) -> list[str]:
    """App messages that we count as sent and nobody saw, beyond those that a fault dropped."""
    shown = {m.message_id for m in _by_bot(platform, "app:") if m.message_id}
    sent = [row for row in rows if row.channel == APP and row.status is OutboxStatus.SENT and row.attempts]
    sent = [row for row in sent if row.merged_into_id is None]
    swallowed = Counter(row.platform_message_id for row in sent)
    missing = [row for row in sent if row.platform_message_id not in shown]
    found = [f"{times} rows are one message" for times in swallowed.values() if times > 1]
    if len(missing) > platform.faults.happened[Fault.SILENT_DROP]:
        found += [f"outbox {row.id}" for row in missing]
    return found


def _by_bot(platform: Platform, prefix: str) -> list[Shown]:
    chats = [chat for chat in platform.screens.chats() if chat.startswith(prefix)]
    return [m for chat in chats for m in platform.screens.chat(chat) if m.from_bot and not m.recalled]


def _figures(
    session: Session,
    seen: Seen,
    rows: Collection[OutboxMessage],
    stored: dict[Known, Message],
    acknowledged: Collection[Known],
) -> Figures:
    now = seen.bot.clock()
    outbound: dict[str, Counter[str]] = {}
    for row in rows:
        kind = "passive" if row.passive_for_id and not row.attempts else row.status.value
        outbound.setdefault(row.channel, Counter())[kind] += 1
    given_up = select(sa.func.count()).where(col(FailedMessage.next_attempt_at).is_(None))
    merged = select(sa.func.count()).select_from(OutboxMessage).where(~unmerged())
    return Figures(
        said=seen.crowd.said,
        taken_by_platform={fate.value: seen.crowd.fates[fate] for fate in Fate if seen.crowd.fates[fate]},
        acknowledged=len(acknowledged),
        stored=len(stored),
        outcomes=dict(Counter(message.outcome.value for message in stored.values()).most_common()),
        cases=session.exec(select(sa.func.count()).select_from(Case)).one(),
        outbound={channel: dict(kinds.most_common()) for channel, kinds in outbound.items()},
        dead_because=_reasons(rows, OutboxStatus.DEAD),
        unknown_because=_reasons(rows, OutboxStatus.UNKNOWN),
        merged=session.exec(merged).one(),
        photos=dict(Counter(str(state) for state in session.exec(select(Media.state)).all())),
        held_for_the_morning=sum(
            1 for row in rows if row.status is OutboxStatus.QUEUED and (row.quiet_until or now) > now
        ),
        failed_left_to_a_person=session.exec(given_up).one(),
        callback_statuses={str(status): n for status, n in seen.ledger.statuses.items()},
        platform=dict(seen.platform.counters.__dict__),
        faults={fault.value: n for fault, n in seen.platform.faults.happened.most_common()},
    )


def _reasons(rows: Iterable[OutboxMessage], status: OutboxStatus) -> Counts:
    found = Counter(f"{row.channel}：{_reason(row.error)}" for row in rows if row.status is status)
    return dict(found.most_common(10))


def _reason(error: str) -> str:
    """Without the platform's hint, which is another one every time."""
    return error.partition("hint:")[0].rstrip(" ,，") or "进程在发送时被杀"


def as_json(what: dict[str, Any]) -> str:
    return json.dumps(what, ensure_ascii=False, indent=2)
