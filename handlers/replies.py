"""Every sentence the bot says to residents, and refusals to anybody.

Plain, short, one line in a group, where no name, room or phone may appear.
"""

import datetime as dt

from handlers.labels import ACTION, KIND, LEVEL, STATUS
from handlers.local_time import when

HELP_RESIDENT = (
    "我是随手拍。拍张照、写一句「几号楼几单元，什么事」就能上报。"
    "查进度：查 编号；补充：补充 编号 内容；催办：催 编号；撤回：撤回 编号；我的记录：我的上报。"
)

GROUP_UNKNOWN = "本群还没有登记到随手拍，请联系社区工作人员。"
APOLOGY = "系统出了点问题，您的消息已保存，工作人员会处理。"
ASK_WHETHER_REPORT = "是要上报问题吗？请写明「几号楼几单元，什么事」再发一次，或回复：帮助。"
PHOTO_KEPT = "照片收到，请再写一句「几号楼几单元，什么事」。"
PHOTO_ADDED = "照片已补充到 {number}。"
NO_REPORTS = "您还没有上报过。"
LOCATION_FIRST_WORDS = "位置收到了。请先写一句什么事，再发一次位置。"
# Lists of what is somebody's own are for them alone.
PRIVATE_ONLY = "这一项只私下告诉本人，请私信我查看。"
PHOTO_REFUSED = {
    "not_an_image": "您发的照片打不开，请重新拍一张发来。",
    "too_large": "您发的照片太大，请用普通尺寸重新发一张。",
    "not_given": "您发的照片没有收到，请用普通尺寸重新拍一张发来。",
    "gone": "您发的照片已过期，没有保存下来，请重新发一张。",
}

DISCIPLINE_NOTE = (
    "您反映的情况可能涉及工作人员履职。这类问题请直接向纪检监察机关反映：电话12388，或 12388 举报网站。"
    "您说的内容我们没有保存。如果希望由本平台专人转交纪委，请在这里回复：同意，再写下情况；不需要就不用回复。"
)
DISCIPLINE_YES_FIRST = (
    "这段话没有保存，也没有登记。希望由专人转交纪委的话，请先回复：同意。要报别的事，请写明地点和问题。"
)
DISCIPLINE_NOT_KEPT = "这段话没有保存，也没有登记。这类问题请直接拨打12388。要报别的事，请写明地点和问题。"
DISCIPLINE_TELL_US = "好的。请在这里写下情况（时间、人、事），只有一位指定的专人能看到，并由他转交纪委。24小时内有效。"
DISCIPLINE_SEALED = (
    "已密封保存，编号 {number}。专人会在5个工作日内转交纪委。进展请以纪委答复为准。"
    "还有情况请在30分钟内接着写，会一起密封；没有了请回复：说完了。"
)
DISCIPLINE_ADDED = "已加到 {number}，一起密封。没有了请回复：说完了。"
DISCIPLINE_ENDED = "好的。已密封的内容由专人转交，之后在这里说的按平常的事登记。"
DISCIPLINE_READ_AGAIN = "密封材料 {number} 有补充，请登录后台「密封材料」再看一遍。"
DISCIPLINE_NO_READER = "暂时没有专人可以接收，没有保存您的内容。请直接拨打12388。"
DISCIPLINE_NO_PHOTO = "照片在这里不能密封保存，没有留下。请用文字写明，材料可当面交给专人或纪委。"
DISCIPLINE_NO_LOCATION = "位置在这里不能密封保存，没有留下。请用文字写明地点。"
DISCIPLINE_REFUSED = "好的，没有保存任何内容。需要时可直接拨打12388。"
DISCIPLINE_READER = "有一件密封材料 {number} 待您转交，请登录后台「密封材料」查看，{due}前转交。"
NOTHING_TO_CONSENT = "现在没有需要您同意的事项。"


def registered(number: int, place: str, category: str, due: dt.datetime) -> str:
    return f"已登记，编号 {number}：{_at(place)}{category}，{when(due)}前办理。发「查 {number}」看进度。"


def registered_again(number: int, place: str, category: str) -> str:
    return f"已登记，编号 {number}：{_at(place)}{category}。这件事邻居也报过，正在办理。"


def registered_where(number: int, category: str) -> str:
    return f"已登记，编号 {number}：{category}。请回一句是几号楼几单元。"


def registered_which(number: int, choices: str) -> str:
    return f"已登记，编号 {number}。请回一句是哪一处：{choices}。"


def which_place(number: int, choices: str) -> str:
    return f"{number} 是在哪一处？请回一句：{choices}。"


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


def own_part_withdrawn(number: int) -> str:
    return f"已撤回您的上报。{number} 还有邻居报过，会继续办理。"


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


def accepted_by_resident_view(number: int) -> str:
    return f"您上报的 {number} 已有人接单。"


def ask_evaluation(number: int, note: str) -> str:
    return f"您上报的 {number} 已办结：{note}。解决了请回「解决了 {number}」，没有请回「没解决 {number}」。"


def group_resolved(number: int) -> str:
    return f"{number} 已办结。上报的邻居请回「解决了 {number}」或「没解决 {number}」。"


def thanks_closed(number: int) -> str:
    return f"谢谢确认，{number} 已结案。是否满意？请回「满意 {number}」或「不满意 {number} 原因」。"


def closed_by_another(number: int) -> str:
    return f"{number} 已有上报的邻居确认解决，已结案。没解决请回「没解决 {number}」。"


def thanks_evaluation(number: int) -> str:
    return f"谢谢您的评价（{number}）。"


def sorry_evaluation(number: int) -> str:
    return f"已记下您的意见（{number}）。要重新办理请回「没解决 {number}」。"


def reopened(number: int, due: dt.datetime) -> str:
    return f"{number} 重新办理，{when(due)}前给您答复。"


def closed_in_silence(number: int) -> str:
    return f"{number} 办结已满14天没有收到意见，先行结案。有问题仍可回「没解决 {number}」。"


def delayed(number: int, due: dt.datetime) -> str:
    return f"您上报的 {number} 需要多一些时间，新的时限是 {when(due)}。"


def tell_declined(number: int, reason: str) -> str:
    return f"您上报的 {number} 未能受理：{reason}。如有疑问请联系社区。"


def tell_merged(number: int, into: int) -> str:
    return f"您上报的 {number} 与 {into} 是同一件事，已合并办理，结果一并告知。"


def group_declined(number: int) -> str:
    return f"{number} 未能受理。上报的邻居如有疑问请联系社区。"


def group_merged(number: int, into: int) -> str:
    return f"{number} 与 {into} 是同一件事，已合并办理，进度请发「查 {into}」。"


def ended_for_joiners(number: int) -> str:
    return f"您上报的 {number} 已结束，没有受理。如有疑问请联系社区。"


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


def _at(place: str) -> str:
    return f"{place} " if place else ""
