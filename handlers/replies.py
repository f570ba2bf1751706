"""Every sentence the bot says. Plain, short, one line in a group, where no name, room or phone may appear."""

import datetime as dt

from handlers.labels import ACTION, KIND, LEVEL, STATUS, URGENCY
from handlers.local_time import when

HELP_RESIDENT = (
    "我是随手拍。拍张照、写一句「几号楼几单元，什么事」就能上报。"
    "查进度：查 编号；补充：补充 编号 内容；催办：催 编号；撤回：撤回 编号；我的记录：我的上报。"
)
HELP_GRID_MEMBER = (
    "接单：接 1027；到场：到场 1027；办结：办结 1027 说明（可附照片）；退单：退 1027 原因；"
    "转派：转 1027 部门 原因；延期：延期 1027 2天 原因；上报：上报 1027 原因；清单：我的待办。"
)
HELP_LEADER = "派单：派 1027 姓名；不受理：不受理 1027 原因；并案：并 1028 1027；拆分：拆 1028；涉纪检：转纪检 1027。"

GROUP_UNKNOWN = "本群还没有登记到随手拍，请联系社区工作人员。"
APOLOGY = "系统出了点问题，您的消息已保存，工作人员会处理。"
ASK_WHETHER_REPORT = "是要上报问题吗？请写明「几号楼几单元，什么事」再发一次，或回复：帮助。"
PHOTO_KEPT = "照片收到，请再写一句「几号楼几单元，什么事」。"
PHOTO_ADDED = "照片已补充到 {number}。"
NO_REPORTS = "您还没有上报过。"
NO_TASKS = "现在没有待办。"
PHOTO_REFUSED = {
    "not_an_image": "您发的照片打不开，请重新拍一张发来。",
    "too_large": "您发的照片太大，请用普通尺寸重新发一张。",
    "gone": "您发的照片已过期，没有保存下来，请重新发一张。",
}

DISCIPLINE_NOTE = (
    "您反映的情况可能涉及工作人员履职。这类问题请直接向纪检监察机关反映：电话12388，或 12388 举报网站。"
    "您说的内容我们没有保存。如果希望由本平台专人转交纪委，请在这里回复：同意，再写下情况；不需要就不用回复。"
)
DISCIPLINE_TELL_US = "好的。请在这里写下情况（时间、人、事），只有一位指定的专人能看到，并由他转交纪委。24小时内有效。"
DISCIPLINE_SEALED = "已密封保存，编号 {number}。专人会在5个工作日内转交纪委。进展请以纪委答复为准。"
DISCIPLINE_NO_READER = "暂时没有专人可以接收，没有保存您的内容。请直接拨打12388。"
DISCIPLINE_NO_PHOTO = "照片在这里不能密封保存，没有留下。请用文字写明，材料可当面交给专人或纪委。"
DISCIPLINE_REFUSED = "好的，没有保存任何内容。需要时可直接拨打12388。"
DISCIPLINE_READER = "有一件密封材料 {number} 待您转交，请登录后台「密封材料」查看，{due}前转交。"
NOTHING_TO_CONSENT = "现在没有需要您同意的事项。"
# The words that were not found are not repeated: they may be a name, and others may read the answer.
UNKNOWN_DEPARTMENT = "没有找到这个部门，请写部门名称，例如：供电。"
UNKNOWN_PERSON = "没有找到这个人，请写本网格或社区在岗人员的姓名。"


def registered(number: int, place: str, category: str, due: dt.datetime) -> str:
    return f"已登记，编号 {number}：{_at(place)}{category}，{when(due)}前办理。发「查 {number}」看进度。"


def registered_again(number: int, place: str, category: str) -> str:
    return f"已登记，编号 {number}：{_at(place)}{category}。这件事邻居也报过，正在办理。"


def registered_where(number: int, category: str) -> str:
    return f"已登记，编号 {number}：{category}。请回一句是几号楼几单元。"


def registered_which(number: int, choices: str) -> str:
    return f"已登记，编号 {number}。请回一句是哪一处：{choices}。"


def registered_emergency(number: int, place: str, hotline: str) -> str:
    return f"危险请先打{hotline}！已登记 {number}：{_at(place)}已通知网格员和社区负责人。"


def registered_kind(number: int, kind: str, due: dt.datetime) -> str:
    return f"{KIND[kind]}已登记，编号 {number}，社区{when(due)}前答复。"


def praise_thanks(number: int) -> str:
    return f"谢谢您的肯定，已登记（{number}），会转达给他们。"


def supplemented(number: int) -> str:
    return f"已补充到 {number}。"


def joined(number: int) -> str:
    return f"已为您加入 {number}，办结后一并告知。"


def withdrawn(number: int) -> str:
    return f"{number} 已撤回。"


def urged(number: int) -> str:
    return f"已催办 {number}，会尽快给您答复。"


def urged_already(number: int) -> str:
    return f"{number} 今天已催办过，我们在跟进。"


def progress(number: int, status: str, level: str, due: dt.datetime) -> str:
    return f"{number}：{STATUS[status]}（{LEVEL[level]}），时限 {when(due)}。"


def ended(number: int, status: str) -> str:
    return f"{number}：{STATUS[status].split('，')[0]}。"


def report_line(number: int, status: str, summary: str) -> str:
    return f"{number} {STATUS[status].split('，')[0]} {summary}"


def accepted(number: int, due: dt.datetime) -> str:
    return f"已接单 {number}，请在 {when(due)} 前办结。到了现场可发「到场 {number}」。"


def accepted_by_resident_view(number: int) -> str:
    return f"您上报的 {number} 已有人接单。"


def arrived(number: int) -> str:
    return f"{number} 已记录到场。办完请发「办结 {number} 说明」，可附照片。"


def resolved(number: int) -> str:
    return f"{number} 已办结，已告知上报人，等待确认。"


def ask_evaluation(number: int, note: str) -> str:
    return f"您上报的 {number} 已办结：{note}。解决了请回「解决了 {number}」，没有请回「没解决 {number}」。"


def group_resolved(number: int) -> str:
    return f"{number} 已办结。上报的邻居请回「解决了 {number}」或「没解决 {number}」。"


def thanks_closed(number: int) -> str:
    return f"谢谢确认，{number} 已结案。是否满意？请回「满意 {number}」或「不满意 {number} 原因」。"


def thanks_evaluation(number: int) -> str:
    return f"谢谢您的评价（{number}）。"


def sorry_evaluation(number: int) -> str:
    return f"已记下您的意见（{number}）。要重新办理请回「没解决 {number}」。"


def reopened(number: int, due: dt.datetime) -> str:
    return f"{number} 重新办理，{when(due)}前给您答复。"


def closed_in_silence(number: int) -> str:
    return f"{number} 办结已满14天没有收到意见，先行结案。有问题仍可回「没解决 {number}」。"


def tell_them(number: int) -> str:
    return f"{number} 的上报人无法私信通知，请您当面或电话告知结果。"


def dispatched(number: int) -> str:
    return f"{number} 已派单。"


def moved_out(number: int) -> str:
    return f"{number} 的内容已从普通案件中删除，已按规定私下告知上报人反映渠道。"


def returned(number: int) -> str:
    return f"{number} 已退回，由负责人重新派单。"


def reassigned(number: int, department: str) -> str:
    return f"{number} 已转 {department}。"


def reassigned_without_staff(number: int, department: str) -> str:
    return f"{number} 已转 {department}，该单位没有登记人员，请负责人电话联系。"


def extended(number: int, due: dt.datetime) -> str:
    return f"{number} 时限延到 {when(due)}。"


def delayed(number: int, due: dt.datetime) -> str:
    return f"您上报的 {number} 需要多一些时间，新的时限是 {when(due)}。"


def escalated(number: int, level: str) -> str:
    return f"{number} 已上报，现由{LEVEL[level]}牵头。"


def at_highest_level(number: int) -> str:
    return f"{number} 已在最高一级（{LEVEL['district']}）。"


def declined(number: int) -> str:
    return f"{number} 已登记为不受理，已告知上报人。"


def tell_declined(number: int, reason: str) -> str:
    return f"您上报的 {number} 未能受理：{reason}。如有疑问请联系社区。"


def merged(number: int, into: int) -> str:
    return f"{number} 已并入 {into}。"


def tell_merged(number: int, into: int) -> str:
    return f"您上报的 {number} 与 {into} 是同一件事，已合并办理，结果一并告知。"


def split(number: int) -> str:
    return f"{number} 已拆分出来，重新派单。"


def task_offer(number: int, category: str, place: str, words: str, urgency: str, due: dt.datetime) -> str:
    return (
        f"{URGENCY[urgency]}新任务 {number}|{category}|{place or '位置待确认'}\n{words}\n"
        f"时限 {when(due)}。接单请回「接 {number}」，不归您请回「退 {number} 原因」。"
    )


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


def escalation_notice(number: int, level: str, place: str, category: str, why: str) -> str:
    return f"【{LEVEL[level]}】{number} {_at(place)}{category}：{why}，请牵头办理。"


def due_soon(number: int, due: dt.datetime) -> str:
    return f"提醒：{number} 将在 {when(due)} 到期。"


def overdue(number: int) -> str:
    return f"提醒：{number} 已到时限，还没有办结。"


def urge_notice(number: int) -> str:
    return f"居民催办 {number}，请尽快处理并回复进展。"


def supplement_notice(number: int, words: str) -> str:
    return f"{number} 有补充：{words}"


def extension_notice(number: int, due: dt.datetime, reason: str) -> str:
    return f"{number} 延期到 {when(due)}：{reason}"


def no_such_case(number: int) -> str:
    return f"没有找到编号 {number}。"


def not_your_case(number: int) -> str:
    return f"{number} 不是您的案件，不能这样操作。"


def not_allowed_now(number: int, status: str, action: str) -> str:
    return f"{number} 现在是「{STATUS[status].split('，')[0]}」，不能{ACTION[action]}。"


def overtaken(number: int) -> str:
    return f"{number} 已被别人抢先处理，您不用再办。"


def number_missing(verb: str) -> str:
    return f"请带上编号，例如：{verb} 1027。"


def words_missing(verb: str, what: str) -> str:
    return f"请写明{what}，例如：{verb} 1027 {what}。"


def extension_form(number: int, most: int) -> str:
    return f"请这样写：延期 {number} 2天 原因。只能延一次，最多{most}个工作日。"


def _at(place: str) -> str:
    return f"{place} " if place else ""
