"""What the chat page asks for: the cast, the chats in one line each, and the messages that are new."""

import httpx2

from bot.simulator import create_app
from tests.serving import served
from tests.simulator.conftest import AES_KEY, TOKEN


def test_cast_names_people_and_groups(browser):
    cast = browser.get("/api/cast").json()
    assert cast["bot"] == "随手拍"
    assert cast["groups"][0] == {"id": "g001", "name": "清荷家园3号楼邻里群", "members": ["r001", "r003"]}
    assert cast["people"][3]["title"] == "网格员"


def test_say_answers_with_the_reply_and_polling_brings_both(browser, bot):
    bot.answers.append("已登记,编号 1027。")
    said = {"person": "r001", "group": "g001", "text": "电梯又停了"}
    assert browser.post("/api/say", json=said).json() == {"reply": "已登记,编号 1027。"}
    messages = browser.get("/api/conversations/group:g001/messages").json()
    assert [message["text"] for message in messages] == ["电梯又停了", "已登记,编号 1027。"]
    newest = max(message["revision"] for message in messages)
    assert browser.get(f"/api/conversations/group:g001/messages?after={newest}").json() == []


def test_recalled_message_is_polled_again(browser):
    browser.post("/api/say", json={"person": "r001", "group": "g001", "text": "电梯又停了"})
    (message,) = browser.get("/api/conversations/group:g001/messages").json()
    recall = {"person": "r001", "group": "g001", "message_id": message["id"]}
    assert browser.post("/api/recall", json=recall).status_code == 200
    later = browser.get(f"/api/conversations/group:g001/messages?after={message['revision']}").json()
    assert [(m["id"], m["recalled"]) for m in later] == [(message["id"], True)]


def test_chats_are_listed_with_their_last_line(browser, bot):
    bot.answers.append("我是随手拍。")
    browser.post("/api/say", json={"person": "r001", "text": "帮助"})
    browser.post("/api/say", json={"person": "r001", "group": "g001", "text": "谁家的猫"})
    chats = browser.get("/api/conversations").json()["conversations"]
    lines = [(chat["id"], chat["from_bot"], chat["total"], chat["preview"]) for chat in chats]
    assert lines == [("single:r001", 1, 2, "我是随手拍。"), ("group:g001", 0, 1, "3-2-501 老李：谁家的猫")]


def test_refusals_have_a_status(browser):
    assert browser.post("/api/say", json={"person": "x", "text": "你好"}).status_code == 404
    assert browser.post("/api/say", json={"person": "r007", "group": "g001", "text": "你好"}).status_code == 400
    assert browser.post("/api/say", json={"person": "r001", "photo": "http://elsewhere/a"}).status_code == 422


def test_page_is_served(browser):
    assert "text/html" in browser.get("/").headers["content-type"]
    for name in ("chat.css", "chat.js"):
        assert browser.get(f"/{name}").status_code == 200


def test_whole_platform_is_one_application(cast, bot):
    app = create_app(cast, bot.url, TOKEN, AES_KEY)
    bot.answers.append("我是随手拍。")
    with served(app) as url:
        said = httpx2.post(f"{url}/api/say", json={"person": "r001", "text": "帮助"}, trust_env=False)
    assert said.json() == {"reply": "我是随手拍。"}
    assert app.state.simulator.counters.replies == 1
