"""What neighbours write and what the shipped model makes of it; and that nothing they write can break it."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from classifiers import Action, Intent, PlaceNames, Thresholds, understand
from classifiers.category import judge_category
from data.taxonomy import CaseClass, Urgency, read_taxonomy

NAMES = PlaceNames.of([(f"b{number}", number, ()) for number in range(1, 10)], {"东门": None})

# what is said | intent | category
MESSAGES = [
    ("我们单元电梯又停了,老人下不了楼", "report", "M04"),
    ("3号楼停水一整天了,什么时候来水", "report", "M01"),
    ("楼道的感应灯坏了半个月没人换", "report", "M02"),
    ("消防通道让私家车堵死了,物业也不管", "report", "M08"),
    ("半夜十二点还在施工,吵得睡不着", "report", "M09"),
    ("垃圾桶满了好几天没人清,臭得很", "report", "M10"),
    ("楼下烧烤店油烟直往屋里灌", "report", "M11"),
    ("顶楼有人私搭阳光房", "report", "M14"),
    ("小区里有人遛狗不牵绳,吓哭了孩子", "report", "M16"),
    ("暖气不热,屋里才十五度", "report", "M03"),
    ("老板拖欠工资三个月不给", "report", "M21"),
    ("请问加装电梯需要什么手续", "inquiry", "M04"),
    ("咨询一下孩子上小学学区怎么划分", "inquiry", "M19"),
    ("建议小区门口增设充电桩", "suggestion", "M07"),
    ("感谢物业师傅连夜修好电梯", "praise", "M04"),
    ("请问党员组织关系怎么转到社区", "inquiry", "P01"),
    ("主题党日的学习材料能补发一份吗", "inquiry", "P02"),
    ("党员活动室老是锁着门进不去", "report", "P04"),
    ("举报村主任侵吞征地补偿款", "report", "D01"),
    ("办证窗口的工作人员上班打牌,态度恶劣", "report", "D05"),
    ("举报城管执法人员收红包", "report", "D02"),
    ("村委会换届选举有人贿选买票", "report", "D06"),
]

TALK = [
    "早上好,今天天气不错",
    "哈哈哈哈笑死我了",
    "这部电影太好看了,女主演技真棒",
    "接龙:车厘子两斤装 1. 3-502 两份",
    "谁家有打气筒借一下",
    "晚上一起吃火锅吗",
    "孩子期末考试考了第三名",
    "[玫瑰][玫瑰]",
    "👍👍👍",
    "收到",
    "+1",
]

# what is said | how urgent
URGENCIES = [
    ("快来人,电梯里有人被困住了,孩子在哭", Urgency.EMERGENCY),
    ("楼道里一股煤气味,头都晕了", Urgency.EMERGENCY),
    ("车棚着火了,快救火!", Urgency.EMERGENCY),
    ("有个老太太要跳楼,快救人", Urgency.EMERGENCY),
    ("我们小区停水三天了没人管", Urgency.URGENT),
    ("路上井盖没了,晚上看不见", Urgency.URGENT),
    ("楼道灯坏了", Urgency.NORMAL),
    ("建议电梯里装个风扇", Urgency.NORMAL),
]


@pytest.mark.parametrize(("said", "intent", "category"), MESSAGES, ids=[row[0] for row in MESSAGES])
def test_messages(shipped, said, intent, category):
    understanding = understand(said, model=shipped, addressed=True)
    assert (understanding.intent, understanding.category) == (intent, category)
    assert understanding.class_ is read_taxonomy()[category].class_
    assert understanding.action is Action.REGISTER


@pytest.mark.parametrize("said", TALK)
def test_talk_is_left_alone(shipped, said):
    understanding = understand(said, model=shipped, nickname="3-2-501 老李", names=NAMES)
    assert (understanding.intent, understanding.action) == (Intent.NONE, Action.IGNORE)
    assert (understanding.class_, understanding.category, understanding.urgency, understanding.place) == (None,) * 4


@pytest.mark.parametrize(("said", "urgency"), URGENCIES, ids=[row[0] for row in URGENCIES])
def test_urgency(shipped, said, urgency):
    assert understand(said, model=shipped).urgency is urgency


def test_overheard_emergency_is_taken(shipped):
    assert understand("快来人,电梯里有人被困住了,孩子在哭", model=shipped).action is Action.REGISTER


@pytest.mark.parametrize("said", ["", "👍", "[捂脸][捂脸]", "...", "12345"])
@pytest.mark.parametrize("has_photo", [True, False])
def test_a_photo_or_sign_alone_is_ignored(shipped, said, has_photo):
    understanding = understand(said, model=shipped, has_photo=has_photo)
    assert (understanding.intent, understanding.action) == (Intent.NONE, Action.IGNORE)


def test_overheard_talk_needs_more_certainty_than_addressed_talk(shipped):
    defaults = Thresholds()
    assert defaults.addressed < defaults.candidate < defaults.register
    assert defaults.ask < defaults.addressed


def test_addressed_but_unsure_is_asked_back(shipped):
    strict = Thresholds(addressed=1.1, ask=0.0)
    assert understand("电梯坏了", model=shipped, addressed=True, thresholds=strict).action is Action.ASK


def test_overheard_and_unsure_is_offered_to_a_person(shipped):
    strict = Thresholds(register=1.1, candidate=0.5)
    assert understand("3号楼电梯坏了没人管", model=shipped, thresholds=strict).action is Action.CANDIDATE


def test_discipline_is_chosen_from_its_threshold_on(shipped):
    reading = shipped.read("举报村主任侵吞征地补偿款")
    assert judge_category(reading, discipline=0.5).class_ is CaseClass.DISCIPLINE
    assert judge_category(reading, discipline=1.1).class_ is not CaseClass.DISCIPLINE


def test_help_for_a_person(shipped):
    assert understand("独居老人摔了没人照顾,求助社区帮忙送饭", model=shipped, addressed=True).asks_help
    assert not understand("楼道灯坏了没人修", model=shipped, addressed=True).asks_help


def test_reasons_are_for_people(shipped):
    because = understand("3号楼电梯停了两天", model=shipped, addressed=True).because
    assert any(reason.startswith("规则:电梯+停") for reason in because)
    assert all(reason.startswith(("规则:", "词:")) for reason in because)


def test_room_and_phone_are_in_no_reason(shipped):
    understanding = understand("3号楼2单元501漏水没人管,电话13812345678", model=shipped, names=NAMES, addressed=True)
    assert understanding.place is not None
    assert understanding.place.room == "501"
    assert not any(number in "".join(understanding.because) for number in ("501", "1381", "5678"))
    assert "501" not in understanding.place.text


def test_same_text_same_answer(shipped):
    first, second = (understand("3号楼停水", model=shipped, names=NAMES) for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    "said",
    [
        "水" * 20_000,
        "电梯坏了,3-2-501。" * 2_000,
        "😀" * 20_000,
        "\x00\ud800\u202e",
        "3-" * 10_000,
        "一" * 20_000,
        "\ufdfa" * 5_000,
    ],
    ids=["长", "长句", "表情", "控制字符", "横线", "数字", "连字"],
)
def test_strange_texts(shipped, said):
    understanding = understand(said, model=shipped, names=NAMES, nickname=said)
    assert 0 <= understanding.confidence.intent <= 1


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(
    said=st.one_of(
        st.text(st.characters(codec=None), max_size=120), st.text("电梯停水3号楼-单元501!? 党员举报局", max_size=60)
    ),
    addressed=st.booleans(),
    has_photo=st.booleans(),
)
def test_nothing_raises(tiny_model, said, addressed, has_photo):
    understanding = understand(
        said, model=tiny_model, names=NAMES, nickname=said, addressed=addressed, has_photo=has_photo
    )
    silent = understanding.intent is Intent.NONE
    assert (
        (understanding.class_ is None) == (understanding.category is None) == (understanding.urgency is None) == silent
    )
    assert all(0 <= value <= 1 for value in vars(understanding.confidence).values())
