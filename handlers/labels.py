"""What states, levels and kinds are called where people read them; a colour always comes with its word."""

STATUS = {
    "received": "已登记",
    "dispatched": "已派单",
    "accepted": "办理中",
    "resolved": "已办结，待您确认",
    "closed": "已结案",
    "returned": "已退回，等待重新派单",
    "reopened": "重新办理",
    "declined": "不受理",
    "withdrawn": "已撤回",
    "merged": "已并案",
}
ACTION = {
    "dispatch": "派单",
    "accept": "接单",
    "arrive": "到场",
    "resolve": "办结",
    "close": "结案",
    "acknowledge": "登记",
    "return": "退单",
    "reassign": "转派",
    "extend": "延期",
    "escalate": "上报",
    "urge": "催办",
    "supplement": "补充",
    "withdraw": "撤回",
    "reopen": "重新办理",
    "decline": "不受理",
    "merge": "并案",
    "split": "拆分",
    "seal": "转办",
    "evaluate": "评价",
    "register": "登记",
    "expire": "超期",
}
ROLE = {
    "reporter": "上报人",
    "holder": "承办人",
    "leader": "负责人",
    "system": "系统",
}
CLOCK = {
    "accept_check": "看有没有人接单",
    "remind": "提醒",
    "due": "到期检查",
    "level_up": "升级",
    "close": "沉默结案",
}
LEVEL = {
    "grid": "绿色·网格",
    "community": "黄色·社区",
    "subdistrict": "蓝色·街道",
    "district": "红色·区",
}
URGENCY = {"emergency": "【紧急】", "urgent": "【急】", "normal": ""}
KIND = {
    "inquiry": "咨询",
    "assistance": "求助",
    "complaint": "投诉",
    "irregularity": "举报",
    "suggestion": "建议",
    "praise": "表扬",
}
