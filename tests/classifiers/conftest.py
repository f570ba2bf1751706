"""A tiny corpus for how things work, and the shipped model for what it answers."""

from pathlib import Path

import pytest

from classifiers.corpus import CorpusRow
from classifiers.intent import Intent
from classifiers.model import Model, train
from data.taxonomy import CaseClass, Urgency, read_taxonomy

TINY_REPORTS = {
    "M01": ("停水两天了没人管", "自来水发黄有沙子", "下水道堵塞污水倒灌", "水压低洗不了澡", "又停水了 做不了饭"),
    "M04": ("电梯停在三楼不动", "电梯异响吓人", "电梯坏了老人下不了楼", "轿厢抖得厉害", "电梯门关不上"),
    "M09": ("半夜施工太吵", "广场舞音响扰民", "楼上打孔吵得睡不着", "夜里喇叭响到两点", "装修噪音没完没了"),
    "P01": ("组织关系转不进来", "党费没地方交", "入党材料被弄丢", "党员档案找不到", "转正的事一直拖着"),
    "D02": ("村干部收了好处费才盖章", "窗口要红包才办", "城管罚款不开票", "主任收钱办事", "所长索要茶水费"),
}
TINY_OTHERS = (
    (Intent.INQUIRY, "M01", "停水到几点"),
    (Intent.INQUIRY, "M04", "加装电梯要什么手续"),
    (Intent.INQUIRY, "P01", "党费怎么交"),
    (Intent.INQUIRY, "M09", "夜间施工归谁管"),
    (Intent.SUGGESTION, "M04", "建议电梯里装个风扇"),
    (Intent.SUGGESTION, "M09", "建议广场舞换个地方"),
    (Intent.SUGGESTION, "M01", "建议换水管"),
    (Intent.SUGGESTION, "P01", "建议每月开一次支部会"),
    (Intent.PRAISE, "M04", "谢谢师傅连夜修好电梯"),
    (Intent.PRAISE, "M01", "感谢物业及时通下水道"),
    (Intent.PRAISE, "P01", "表扬支部书记热心"),
    (Intent.PRAISE, "M09", "谢谢社区劝停了音响"),
)
TINY_TALK = (
    *(
        "早上好",
        "今天天气真好",
        "哈哈哈笑死",
        "晚上吃火锅吗",
        "我家猫会开门",
        "这部电影不错",
        "周末去爬山",
        "接龙 草莓两盒",
    ),
    *("有人拼车吗", "孩子考了满分", "明天见", "新歌很好听", "买了件衣服", "好困啊", "谁有梯子借一下", "打麻将三缺一"),
)
TINY_LEXICON = {
    "category_words.csv": "category,words\nM01,停水 水压\nM04,电梯 轿厢\nM09,噪音 施工\nP01,党费\nD02,红包\n",
    "everyday_words.csv": "kind,words\nfilm,电影 新歌\nfood,火锅 草莓\n",
    "weak_words.txt": "施工\n",
    "office_words.txt": "投诉\n没人管\n物业\n",
    "frames.csv": "intent,frame\nnone,{}真好\nreport,投诉{}\ninquiry,请问{}\nsuggestion,建议{}\npraise,感谢{}\n",
    "rules.csv": "question,label,points,words,unless\ngate,none,4,接龙\nurgency,emergency,9,电梯+被困,演习/电影\n",
}


@pytest.fixture(scope="session")
def tiny_rows() -> list[CorpusRow]:
    reports = [(Intent.REPORT, code, text) for code, texts in TINY_REPORTS.items() for text in texts]
    rows = [_row(intent, code, text) for intent, code, text in (*reports, *TINY_OTHERS)]
    return [*rows, *(CorpusRow(text, Intent.NONE) for text in TINY_TALK)]


@pytest.fixture(scope="session")
def tiny_lexicon(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lexicon")
    for name, text in TINY_LEXICON.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def tiny_model(tiny_rows: list[CorpusRow], tiny_lexicon: Path) -> Model:
    return train(tiny_rows, lexicon=tiny_lexicon)


@pytest.fixture(scope="session")
def shipped(model_path: Path) -> Model:
    """The model of the committed corpus."""
    return Model.load(model_path)


def _row(intent: Intent, code: str, text: str) -> CorpusRow:
    urgency = Urgency.URGENT if "倒灌" in text or "两天" in text else Urgency.NORMAL
    return CorpusRow(text, intent, CaseClass(read_taxonomy()[code].class_), code, urgency)
