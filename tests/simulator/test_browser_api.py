"""What the chat page asks for: the cast, the chats in one line each, messages that are new, cards that changed."""

import pytest

from tests.simulator.conftest import AGENT, PRESSED, task_card

GROUP = "/api/conversations/group:g001/messages"
CARDS = f"/api/conversations/app:{AGENT}:zhao/messages"
WORDS = "3号楼2单元电梯又停了"


def say(chats, person: str, chat: str, text: str = WORDS, **more: object) -> str:
    answer = chats.post("/api/say", json={"person": person, "chat": chat, "text": text, **more})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["fate"])


def test_cast_names_people_groups_and_how_private_chats_are_called(chats):
    cast = chats.get("/api/cast").json()
    assert (cast["bot"], cast["robot"], cast["app"]) == ("随手拍", "robot:aib-sample:", f"app:{AGENT}:")
    assert cast["groups"][0] == {"id": "g001", "name": "清荷家园3号楼邻里群", "members": ["r001", "r003"]}
    assert cast["people"][3]["title"] == "网格员"
    assert chats.get(cast["sample"]).headers["content-type"] == "image/jpeg"


def test_polling_brings_words_and_answer_once(chats, hearing):
    hearing.answers.append({"msgtype": "stream", "stream": {"id": "s", "finish": True, "content": "编号 1027。"}})
    assert say(chats, "r001", "group:g001") == "taken"
    own, answer = chats.get(GROUP).json()
    assert (own["nick"], own["text"], own["mentioned"], own["from_bot"]) == ("3-2-501 老李", WORDS, True, False)
    assert (answer["nick"], answer["text"], answer["from_bot"]) == ("随手拍", "编号 1027。", True)
    assert chats.get(GROUP, params={"after": answer["revision"]}).json() == []


def test_words_without_the_mention_are_marked_as_unheard(chats, hearing):
    assert say(chats, "r001", "group:g001", mention=False) == "not_delivered"
    (own,) = chats.get(GROUP).json()
    assert (own["mentioned"], own["fate"]) == (False, "not_delivered")
    assert hearing.heard == []


def test_an_uploaded_photo_is_shown_with_its_words(chats, stage):
    path = chats.post("/api/photo", content=stage.sample_photo).json()["photo"]
    say(chats, "r001", "group:g001", photo=path)
    (own,) = chats.get(GROUP).json()
    assert (own["kind"], own["text"]) == ("image", WORDS)
    assert chats.get(own["photo"]).content == stage.sample_photo


def test_a_quote_names_who_is_quoted(chats):
    say(chats, "r003", "group:g001", mention=False)
    (first,) = chats.get(GROUP).json()
    say(chats, "r001", "group:g001", "就是这个", quote=int(first["id"]))
    assert chats.get(GROUP).json()[1]["quote"] == {"nick": "阿芳", "text": WORDS}


def test_a_card_has_its_parts_and_changes_when_it_is_pressed(chats, hearing, call):
    call("message/send", task_card())
    (message,) = chats.get(CARDS).json()
    card = message["card"]
    assert (card["title"], card["body"], card["link"]) == ("新任务 1027", WORDS, "http://127.0.0.1:9/task/x")
    assert card["fields"] == [["时限", "11月23日18:00"]]
    assert [button["text"] for button in card["buttons"]] == ["接单", "退回"]
    assert [one["text"] for one in card["selection"]["option_list"]] == ["不属于本网格", "缺少人手"]
    hearing.answers.append(PRESSED)
    pressed = {"person": "zhao", "message": int(message["id"]), "key": "退 1027", "chosen": {"reason": ["full"]}}
    assert chats.post("/api/press", json=pressed).json() == {"fate": "taken"}
    (changed,) = chats.get(CARDS, params={"after": message["revision"]}).json()
    assert (changed["card"]["done"], changed["card"]["buttons"], changed["card"]["selection"]) == ("已提交", [], None)
    assert chats.post("/api/press", json=pressed).status_code == 404


def test_what_the_app_takes_back_is_no_longer_read(chats, call):
    text = {"touser": "zhao", "msgtype": "text", "agentid": AGENT, "text": {"content": "发错了"}}
    sent = call("message/send", text)
    (message,) = chats.get(CARDS).json()
    call("message/recall", {"msgid": sent["msgid"]})
    (taken,) = chats.get(CARDS, params={"after": message["revision"]}).json()
    assert (taken["id"], taken["recalled"], taken["text"]) == (message["id"], True, "")


def test_chats_are_listed_with_their_last_line(chats, stage):
    say(chats, "r001", "robot:aib-sample:r001", "帮助")
    say(chats, "r001", "group:g001", "谁家的猫", mention=False)
    listed = chats.get("/api/conversations").json()
    lines = [(chat["id"], chat["from_bot"], chat["total"], chat["preview"]) for chat in listed["conversations"]]
    assert lines == [
        ("robot:aib-sample:r001", 0, 1, "3-2-501 老李：帮助"),
        ("group:g001", 0, 1, "3-2-501 老李：谁家的猫"),
    ]
    assert abs(listed["now"] - stage.platform.clock.now()) < 600


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"person": "x", "chat": "group:g001", "text": "你好"}, 404),
        ({"person": "r007", "chat": "group:g001", "text": "你好"}, 400),
        ({"person": "r001", "chat": "robot:aib-sample:r003", "text": "你好"}, 400),
        ({"person": "r001", "chat": "group:g001", "text": "你好", "quote": 77}, 404),
        ({"person": "r001", "chat": "group:g001", "text": "你好", "quote": 10**20}, 422),
        ({"person": "r001", "chat": "group:g001", "photo": "http://elsewhere/a"}, 422),
        ({"person": "r001", "chat": "group:g001", "photo": "/media/gone"}, 400),
    ],
)
def test_refusals_have_a_status(chats, said, status):
    assert chats.post("/api/say", json=said).status_code == status


def test_page_and_platform_are_one_server(chats):
    assert "text/html" in chats.get("/").headers["content-type"]
    for name in ("chat.css", "chat.js", "card.js"):
        assert chats.get(f"/{name}").status_code == 200
    assert chats.get("/cgi-bin/gettoken").json()["errcode"] != 0
    assert chats.get("/media/gone").status_code == 404
