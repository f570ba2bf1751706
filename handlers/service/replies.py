"""Every sentence about service days. Taking part is voluntary, and what asks for it says so; none names anybody."""

import datetime as dt
from collections.abc import Iterable

from handlers.local_time import SHANGHAI

HELP_MEMBER = (
    "党员义工（自愿）：看服务日和岗位：报名；选岗：报名 2；去不了：请假；到场：签到；"
    "给同志作证：确认 姓名；离开：签退；自己的时长：我的服务。"
)
MEMBERS_ONLY = (
    "这是党员义工服务日用的口令，谢谢您的热心。想做志愿者请联系社区；要报问题，直接写「几号楼几单元，什么事」。"
)
CONFIRM_IS_FOR_MEMBERS = (
    "「确认」是党员义工签到用的。要确认问题已解决，请发「解决了 编号」；要报问题请直接写，不用加「确认」。"
)
VOLUNTARY = "自愿参加，时长和目标只有您自己看得到。"

NO_OPEN_DAY = "现在没有可报名的服务日。"
NO_SUCH_DAY = "没有找到这个服务日，发「报名」看看有哪些。"
ALL_FULL = "这一天的岗位都满了，谢谢您。"
DAY_OVER = "这个服务日已经结束。"
NOT_OPEN = "这个服务日现在不能报名。"
ALREADY_SIGNED_IN = "您已签到，走的时候发「签退」就行。"
NOTHING_TO_LEAVE = "现在没有需要请假的服务日，不参加也不用请假。"
SIGN_IN_WHERE = "现在没有您可以签到的服务日。开始前60分钟起可以签到，先发「报名」选岗位。"
SIGNED_IN_ELSEWHERE = "您在另一个服务日还没有签退，请先发「签退」。"
SIGNED_OUT_BEFORE = "您今天已经签退了。"
SIGN_OUT_WHERE = "没有可以签退的签到。忘了签退，请组织者在后台补记。"
SIGN_IN_TAKEN_BACK = "还没有开始，已取消签到，不计时长。"
CONFIRM_WHOM = "请写上要确认的同志的姓名，例如：确认 张三。"
CONFIRM_NOBODY = "没有找到等您确认的这位同志：要先签到，而且您也报名了同一个服务日，或是组织者。"
CONFIRM_SAME_NAME = "有同名的同志，请组织者在后台确认。"
CONFIRM_SELF = "不能自己确认，请现场另一位同志来确认。"
CONFIRM_TWICE = "已经确认过了，不用再确认。"
NOT_SIGNED_IN = "还没有签到，不能确认。"
CONFIRMED = "已确认，谢谢您。签退后自动记入时长。"
CONFIRMED_AND_BOOKED = "已确认，谢谢您。时长已记入。"
NOT_BOOKED = "这段时间已有时长记录，没有重复记。有疑问请找组织者。"

NO_POSTS = "还没有岗位，先加一个岗位再公布。"
NOT_A_DRAFT = "只有草稿可以公布。"
IN_THE_PAST = "开始时间已经过去，请换一个日期或时间。"
ALREADY_STARTED = "服务日已经开始，不能再改或取消。"
IS_CANCELLED = "服务日已经取消，不能再改。"
DAY_TAKEN = "这一天本单位已有服务日（也可能已取消），请换一天。"
WRONG_HOURS = "结束时间要在开始时间之后。"
POST_IN_USE = "已有人选了这个岗位，不能删除。"
TOO_MANY_POSTS = "岗位太多了，请合并一些。"
TOO_FEW_PLACES = "名额不能少于已报名的人数。"

SELF_CONFIRMED = "时长要由另一个人确认，不能给自己记。"
ENDS_BEFORE_START = "结束时间要在开始时间之后。"
IN_THE_FUTURE = "还没有发生的时间不能记。"
TOO_LONG = "一次最多记24小时。"
HOURS_OVERLAP = "这段时间和已有的时长记录重叠。"
REASON_MISSING = "请写明原因。"
NOT_SIGNED_UP = "这位同志没有报名这个服务日。"
NOT_HERE = "这一条已经不在了，请刷新页面。"
CORRECTED_BEFORE = "这条记录已经更正过，请更正最新的一条。"
ACROSS_MIDNIGHT = "更正不能跨零点，请按天分开记。"

WEEKDAYS = "一二三四五六日"


def date(day: dt.date) -> str:
    return f"{day.month}月{day.day}日（周{WEEKDAYS[day.weekday()]}）"


def short_date(day: dt.date) -> str:
    """As people type it."""
    return f"{day.month}月{day.day}日"


def clock(minute: int) -> str:
    return f"{minute // 60}:{minute % 60:02}"


def hours(minutes: int) -> str:
    """3小时30分; never a decimal."""
    whole, rest = divmod(minutes, 60)
    return f"{whole}小时{rest}分" if whole and rest else f"{whole}小时" if whole or not rest else f"{rest}分"


def when_and_what(day: dt.date, starts: int, ends: int, unit: str, theme: str) -> str:
    return f"{date(day)}{clock(starts)}至{clock(ends)}，{unit}：{theme}"


def announcement(what: str, places: Iterable[str]) -> str:
    named = "、".join(dict.fromkeys(filter(None, places)))
    return f"【义工服务日】{what}。{'地点：' + named + '。' if named else ''}党员自愿参加，请私信我发「报名」。"


def week_before(what: str, how: str) -> str:
    return f"义工服务日：{what}。还有空位，自愿参加：发「{how}」看岗位。不方便不用回复。"


def day_before(what: str, post: str, leave: str) -> str:
    return f"您报名的义工服务日：{what}，{post}。去不了没关系，发「{leave}」就行。"


def this_morning(starts: int, unit: str, post: str) -> str:
    return f"今天{clock(starts)}义工服务（{unit}）：{post}。到了发「签到」，走时发「签退」；来不了发「请假」。"


def post(number: int, name: str, place: str) -> str:
    return f"{number}号岗 {name}{'（' + place + '）' if place else ''}"


def post_left(number: int, name: str, place: str, left: int) -> str:
    return f"{post(number, name, place)} {'余' + str(left) if left > 0 else '已满'}"


def how_to_choose(handle: str, number: int) -> str:
    return f"自愿参加，选岗请发「报名 {handle}{number}」。"


def further_days(handles: Iterable[str]) -> str:
    return "还有：" + "、".join(f"「报名 {handle}」" for handle in handles) + "。"


def which_day(handles: Iterable[str], number: int) -> str:
    return "有几个服务日，请写明是哪一天：" + "、".join(f"「报名 {handle} {number}」" for handle in handles) + "。"


def which_leave(handles: Iterable[str]) -> str:
    return "请写明是哪一天：" + "、".join(f"「请假 {handle}」" for handle in handles) + "。"


def signed_up(what: str, post: str, leave: str) -> str:
    return f"已报名：{what}，{post}。去不了发「{leave}」。"


def post_full(number: int) -> str:
    return f"{number}号岗已满。"


def no_such_post(number: int) -> str:
    return f"没有{number}号岗。"


def excused(day: dt.date, unit: str, *, had_place: bool) -> str:
    return f"好的，{date(day)}{unit}的服务日已为您请假{'，岗位已让出' if had_place else ''}。改主意了发「报名」。"


def signed_in(day: dt.date, at: dt.datetime) -> str:
    time = f"{at.astimezone(SHANGHAI):%H:%M}"
    return f"已签到（{short_date(day)} {time}）。请现场另一位报名的同志或组织者发「确认 您的姓名」。走时发「签退」。"


def signed_out(minutes: int) -> str:
    return f"已签退，记入{hours(minutes)}。谢谢您。"


SIGNED_OUT_UNCONFIRMED = "已签退。还没有人确认您到场，请另一位同志或组织者发「确认 您的姓名」，之后记入时长。"
SIGNED_OUT_NO_TIME = "已签退，不足1分钟，没有记时长。"


def my_hours(year: int, minutes: int, target: int) -> str:
    short = f"还差{hours(target - minutes)}" if minutes < target else "已达到"
    return f"{year}年服务时长：{hours(minutes)}。自己的目标{hours(target)}，{short}。"


def my_next(what: str, post: str) -> str:
    return f"下一次：{what}，{post}。"


NO_NEXT = "还没有报名下一次，发「报名」看看。"


def moved(before: str, now: str, leave: str) -> str:
    return f"您报名的义工服务日有变动：原{before}，改为{now}。不方便没关系，发「{leave}」就行。"


def post_moved(what: str, post: str) -> str:
    return f"您报名的义工服务日岗位有变动：{what}，现在是{post}。"


def cancelled(what: str) -> str:
    return f"您报名的义工服务日取消了：{what}。不用到场，谢谢您。"
