"""Every sentence the bot says to staff. Plain and short; read on a phone, often with one hand."""

import datetime as dt
from collections.abc import Iterator, Mapping

from data.models import TaskStatus
from handlers.labels import LEVEL, URGENCY
from handlers.local_time import when

HELP_GRID_MEMBER = (
    "接单：接 1027；到场：到场 1027；办结：办结 1027 说明（可附照片）；退单：退 1027 原因；"
    "转派：转 1027 部门 原因；延期：延期 1027 2天 原因；上报：上报 1027 原因；清单：我的待办。"
)
HELP_LEADER = "派单：派 1027 姓名；不受理：不受理 1027 原因；并案：并 1028 1027；拆分：拆 1028；涉纪检：转纪检 1027。"
WHY_HEADING = {"raised": "升级到您这里", "overdue": "已超期", "soon": "快到期", "rest": "还有时间"}
MOST_LINES = 12
NO_TASKS = "现在没有待办。"
# The words that were not found are not repeated: they may be a name, and others may read the answer.
UNKNOWN_DEPARTMENT = "没有找到这个部门，请写部门名称，例如：供电。"
UNKNOWN_PERSON = "没有找到这个人，请写本网格或社区在岗人员的姓名。"
# They stand on a card where its buttons were.
CARD_TAKEN = "已由他人接单"
CARD_REVOKED = "已收回"
CARD_ENDED = {TaskStatus.DONE: "已办结", TaskStatus.RETURNED: "已退回"}
# Said in the group, so they tell neither what the code was for nor who may use it.
BIND_IN_GROUP = "请在要绑定的群里@我发送绑定码。"
BIND_BY_STAFF = "绑定由社区工作人员操作，居民不用发送。"
BIND_WRONG = "绑定码不对、已过期或已用过，请在后台「群」里重新生成。"
BIND_NOT_YOURS = "这个绑定码不归您的岗位使用，请由管这些楼栋的工作人员发送。"
BIND_TOO_OFTEN = "不成功的次数太多，请一小时后再试。"


def accepted(number: int, due: dt.datetime) -> str:
    return f"已接单 {number}，请在 {when(due)} 前办结。到了现场可发「到场 {number}」。"


def arrived(number: int) -> str:
    return f"{number} 已记录到场。办完请发「办结 {number} 说明」，可附照片。"


def resolved(number: int) -> str:
    return f"{number} 已办结，已告知上报人，等待确认。"


def resolved_untold(number: int) -> str:
    return f"{number} 已办结，等待确认。"


def tell_them(number: int) -> str:
    return f"{number} 的上报人无法私信通知，请您当面或电话告知结果。"


def closed_untold(number: int) -> str:
    return f"{number} 办结满14天没有收到意见，已结案。有上报人无法私信通知，请当面或电话告知。"


def own_work(number: int) -> str:
    return f"{number} 是您办理的，不能由您自己确认和评价。"


def reporter_left(number: int, words: str) -> str:
    said = f"（{words}）" if words else ""
    return f"{number} 有一位上报人撤回{said}，还有邻居报过，请继续办理。"


def dispatched(number: int) -> str:
    return f"{number} 已派单。"


def moved_out(number: int) -> str:
    return f"{number} 的内容已从普通案件中删除，已按规定私下告知上报人反映渠道。"


def moved_out_untold(number: int) -> str:
    return f"{number} 的内容已从普通案件中删除。上报人无法私信，没有告知。"


def returned(number: int) -> str:
    return f"{number} 已退回，由负责人重新派单。"


def reassigned(number: int, department: str) -> str:
    return f"{number} 已转 {department}。"


def reassigned_without_staff(number: int, department: str) -> str:
    return f"{number} 已转 {department}，该单位没有登记人员，请负责人电话联系。"


def extended(number: int, due: dt.datetime) -> str:
    return f"{number} 时限延到 {when(due)}。"


def escalated(number: int, level: str) -> str:
    return f"{number} 已上报，现由{LEVEL[level]}牵头。"


def at_highest_level(number: int) -> str:
    return f"{number} 已在最高一级（{LEVEL['district']}）。"


def declined(number: int) -> str:
    return f"{number} 已登记为不受理，已告知上报人。"


def declined_untold(number: int) -> str:
    return f"{number} 已登记为不受理。有上报人无法私信通知，请您当面或电话告知。"


def merged(number: int, into: int) -> str:
    return f"{number} 已并入 {into}。"


def merged_untold(number: int, into: int) -> str:
    return f"{number} 已并入 {into}。有上报人无法私信通知，请您当面或电话告知。"


def split(number: int) -> str:
    return f"{number} 已拆分出来，重新派单。"


def task_offer(number: int, category: str, place: str, words: str, urgency: str, due: dt.datetime) -> str:
    return (
        f"{URGENCY[urgency]}新任务 {number}|{category}|{place or '位置待确认'}\n{words}\n"
        f"时限 {when(due)}。接单请回「接 {number}」，不归您请回「退 {number} 原因」。"
    )


def offer_orders(number: int) -> tuple[str, ...]:
    """What may be ordered for a task that is offered, as it is typed."""
    return f"接 {number}", f"退 {number}"


def task_orders(number: int, *, arrived: bool = False) -> tuple[str, ...]:
    """What may be ordered for a task in hand; who types says what was done, a button can only say that it was."""
    arrive = () if arrived else (f"到场 {number}",)
    return *arrive, f"办结 {number} 已处理", f"退 {number}", f"转 {number}"


def task_details(link: str) -> str:
    return f"房号和联系方式：{link}"


def task_line(number: int, place: str, category: str, due: dt.datetime) -> str:
    return f"{number} {_at(place)}{category}，{when(due)}前"


def task_moved(number: int) -> str:
    return f"{number} 已改派，不用再办。"


def task_over(number: int) -> str:
    return f"{number} 不用再办了。"


def emergency_alert(number: int, place: str, words: str) -> str:
    return f"【紧急】{number}|{place or '位置待确认'}\n{words}\n请立即联系现场，已提醒居民拨打119/120/110。"


def returned_to_leader(number: int, reason: str) -> str:
    choices = f"「派 {number} 姓名」「转 {number} 部门 原因」或「不受理 {number} 原因」"
    return f"{number} 被退回：{reason}。请回{choices}。"


def nobody_to_dispatch(number: int) -> str:
    return f"{number} 找不到可派的人（岗位空缺），请回「派 {number} 姓名」。"


def escalation_notice(number: int, level: str, urgency: str, place: str, category: str, why: str) -> str:
    return f"【{LEVEL[level]}】{URGENCY[urgency]}{number} {_at(place)}{category}：{why}，请牵头办理。"


def due_soon(number: int, due: dt.datetime, urgency: str) -> str:
    return f"{URGENCY[urgency]}提醒：{number} 将在 {when(due)} 到期。"


def overdue(number: int, urgency: str) -> str:
    return f"{URGENCY[urgency]}提醒：{number} 已到时限，还没有办结。"


def reminders(lines: Mapping[str, list[str]]) -> str:
    """Several cases at once, by why somebody hears of them."""
    total = sum(map(len, lines.values()))
    return "\n".join([f"提醒：{total} 件要您处理。", *_listed(lines, total)])


def digest(counts: Mapping[str, int], lines: Mapping[str, list[str]]) -> str:
    """The morning's list of one person; `lines` may be fewer than `counts` says."""
    total = sum(counts.values())
    says = f"早上好，您今天待办 {total} 件，超期 {counts['overdue']}，24小时内到期 {counts['soon']}。"
    return "\n".join([says, *_listed(lines, total)])


def undecided(cases: int, talk: int) -> str:
    """The end of a leader's morning: what waits for a decision in the office, and what nobody looked at in time."""
    says = f"\n{cases} 件的类别或地点拿不准，请到后台「待人工处理」定一下。" if cases else ""
    return says + (f"\n昨天以来群里有 {talk} 句话像是上报又拿不准，没人看就过期了。" if talk else "")


def _listed(lines: Mapping[str, list[str]], total: int) -> Iterator[str]:
    """As many lines as a phone shows, the most pressing first, and how many are left out."""
    shown = 0
    for why, cases in lines.items():
        visible = cases[: MOST_LINES - shown]
        if visible:
            yield f"{WHY_HEADING[why]}："
        yield from visible
        shown += len(visible)
    if shown < total:
        yield f"还有 {total - shown} 件，回「我的待办」看全部。"


def urge_notice(number: int) -> str:
    return f"居民催办 {number}，请尽快处理并回复进展。"


def bind_which(most: int) -> str:
    return f"请选择楼栋：同一个小区，1至{most}栋。"


def bound(place: str, *, replaced: bool, listening: bool) -> str:
    instead = "这些楼栋原来的群不再使用。" if replaced else ""
    first = "先只听不登记，由工作人员在后台开启。" if listening else ""
    return f"本群已绑定{place}，一分钟内生效。{instead}{first}"


def supplement_notice(number: int, words: str) -> str:
    return f"{number} 有补充：{words}"


def category_changed(number: int, category: str, due: dt.datetime) -> str:
    return f"{number} 的类别改为{category}，时限 {when(due)}。"


def extension_notice(number: int, due: dt.datetime, reason: str) -> str:
    return f"{number} 延期到 {when(due)}：{reason}"


def extension_form(number: int, most: int) -> str:
    return f"请这样写：延期 {number} 2天 原因。只能延一次，最多{most}个工作日。"


def _at(place: str) -> str:
    return f"{place} " if place else ""
